#include "tools/inspect_set.h"

#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/check/check.h"
#include "datasets/classes/class_dataset.h"

static void step(void *ctx, int64_t done, int64_t total)
{
    dt_progress *progress = ctx;
    progress->total = total;
    dt_progress_step(progress, done, " ");
}

/* All pictures of a class set: nothing is held out. */
static dt_status read_classes(const char *path, dt_inspection *in, dt_error *err)
{
    static const dt_set_format format = {.name = "classes", .title = "pictures by class"};
    const dt_class_opts opts = {.val_share = 0};
    dt_class_set classes;
    in->format = &format;
    in->whole = 1;
    DT_TRY(dt_class_set_open(path, &opts, &classes, &in->findings, err));
    dt_status st = dt_class_set_to_dataset(&classes, &in->set, &in->findings, err);
    dt_class_set_free(&classes);
    return st;
}

static dt_status read_set(const char *path, const dt_inspect_opts *o, dt_pool *pool, dt_inspection *in,
                          dt_error *err)
{
    int found = !o->format || strcmp(o->format, "auto") == 0;
    if (found ? dt_class_set_is(path) : strcmp(o->format, "classes") == 0) return read_classes(path, in, err);
    return dt_dataset_read(path, o->format, pool, &in->set, &in->format, &in->findings, err);
}

dt_status dt_inspect_set(const char *path, const dt_inspect_opts *o, dt_pool *pool, dt_inspection *in,
                         dt_error *err)
{
    dt_progress progress;
    dt_check_opts check = {.pool = pool,
                           .no_decode = !o->decode,
                           .imgsz = (int)o->imgsz,
                           .stride = (int)o->stride,
                           .progress = o->quiet ? NULL : step,
                           .progress_ctx = &progress,
                           .masks = &in->masks};
    *in = (dt_inspection){.path = path, .decoded = o->decode};
    DT_TRY(read_set(path, o, pool, in, err));
    int shown = !o->quiet && o->decode;
    if (shown) dt_progress_begin(&progress, "pictures", (int64_t)in->set.record_count);
    dt_status st = dt_dataset_check(&in->set, &check, &in->findings, err);
    if (shown) dt_progress_end(&progress);
    return st == DT_OK ? dt_dataset_stats(&in->set, &in->stats, err) : st;
}

void dt_inspection_free(dt_inspection *in)
{
    dt_dataset_free(&in->set);
    dt_findings_free(&in->findings);
    dt_stats_free(&in->stats);
    dt_mask_stats_free(&in->masks);
}

dt_status dt_inspect_print(const dt_inspection *in, const dt_inspect_opts *o, int problems_only,
                           dt_error *err)
{
    if (o->json) {
        dt_str text = {0};
        dt_report_inspect_json(in, problems_only, &text);
        dt_status st = DT_OK;
        if (text.failed)
            st = dt_fail_memory(err, text.len, "the report");
        else
            fwrite(text.data, 1, text.len, stdout);
        dt_str_free(&text);
        DT_TRY(st);
    } else {
        DT_TRY(dt_report_inspect_text(in, problems_only, (size_t)o->shown, stdout, err));
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        return dt_fail(err, DT_ERR_IO, "the report could not be printed: %s", strerror(errno));
    return DT_OK;
}
