/* Weights and metadata of a detector, to and from safetensors. */
#include <string.h>

#include "core/mem.h"
#include "models/detector_impl.h"
#include "models/file_meta.h"

#define FORMAT "dettool-detector-1"

dt_status dt_detector_write(dt_ctx *ctx, dt_detector *d, dt_st_writer *w)
{
    const dt_detector_opts *o = &d->opts;
    if (d->fused)
        return dt_ctx_fail(ctx, DT_ERR_STATE,
                           "this detector's batch norms are folded away: it can not be saved");
    DT_TRY(dt_meta_add(ctx, w, "format", FORMAT));
    DT_TRY(dt_meta_add(ctx, w, "version", DT_VERSION));
    DT_TRY(dt_meta_add(ctx, w, "model", o->model));
    DT_TRY(dt_meta_add_texts(ctx, w, "names", o->names, o->class_count));
    DT_TRY(dt_meta_add_int(ctx, w, "class_base", o->class_base));
    DT_TRY(dt_meta_add_int(ctx, w, "imgsz", o->imgsz));
    DT_TRY(dt_meta_add(ctx, w, "letterbox", dt_letterbox_mode_name(o->letterbox)));
    DT_TRY(dt_meta_add_int(ctx, w, "no_upscale", o->no_upscale));
    DT_TRY(dt_meta_add(ctx, w, "resize", dt_resize_filter_name(o->filter)));
    DT_TRY(dt_meta_add_int(ctx, w, "fill", o->fill));
    DT_TRY(dt_meta_add(ctx, w, "color", "rgb"));
    DT_TRY(dt_meta_add_num(ctx, w, "divisor", o->divisor));
    DT_TRY(dt_meta_add_numbers(ctx, w, "mean", o->mean, 3));
    DT_TRY(dt_meta_add_numbers(ctx, w, "std", o->std, 3));
    DT_TRY(dt_meta_add_num(ctx, w, "conf", o->conf));
    DT_TRY(dt_meta_add_num(ctx, w, "iou", o->iou));
    DT_TRY(dt_meta_add_int(ctx, w, "max_det", o->max_det));
    return dt_state_dict_save(ctx, d->net, "", w);
}

dt_status dt_detector_save(dt_ctx *ctx, dt_detector *d, const char *path)
{
    dt_st_writer w = {0};
    dt_error err = {0};
    dt_status st = dt_detector_write(ctx, d, &w);
    if (st == DT_OK && (st = dt_st_save(&w, path, &err)) != DT_OK) dt_ctx_fail(ctx, st, "%s", err.text);
    dt_st_writer_free(&w);
    return st;
}

static void get_kinds(dt_meta_reader *r, dt_detector_opts *o)
{
    dt_error err = {0};
    if (dt_letterbox_mode_parse(dt_meta_text(r, "letterbox"), &o->letterbox, &err) != DT_OK ||
        dt_resize_filter_parse(dt_meta_text(r, "resize"), &o->filter, &err) != DT_OK) {
        if (r->err.status == DT_OK) dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata: %s", r->path, err.text);
    }
    if (strcmp(dt_meta_text(r, "color"), "rgb") != 0 && r->err.status == DT_OK)
        dt_fail(&r->err, DT_ERR_UNSUPPORTED, "%s: metadata \"color\": \"%.40s\" is not \"rgb\"", r->path,
                dt_meta_text(r, "color"));
}

/* --- loading --- */

dt_status dt_detector_read(dt_ctx *ctx, dt_detector *d, const dt_st_file *file, const char *path)
{
    if (d->fused) return dt_ctx_fail(ctx, DT_ERR_STATE, "%s: can not be loaded into a folded detector", path);
    return dt_meta_load_net(ctx, d->net, file, path, d->opts.model);
}

dt_detector *dt_detector_from_file(dt_ctx *ctx, const dt_st_file *file, const char *path)
{
    if (dt_ctx_status(ctx) != DT_OK) return NULL;
    const char *format = dt_st_get_meta(file, "format");
    if (!format || strcmp(format, FORMAT) != 0) {
        dt_meta_fail_format(ctx, file, path, "detector");
        return NULL;
    }
    dt_meta_reader r = {.file = file, .path = path};
    dt_detector_opts o = dt_detector_defaults();
    cJSON *json = NULL;
    const char **names = dt_meta_texts(&r, "names", &json, &o.class_count);
    o.names = names;
    o.model = dt_meta_text(&r, "model");
    o.class_base = dt_meta_int(&r, "class_base");
    o.imgsz = dt_meta_int(&r, "imgsz");
    o.no_upscale = dt_meta_int(&r, "no_upscale");
    o.fill = dt_meta_int(&r, "fill");
    o.divisor = dt_meta_num(&r, "divisor");
    dt_meta_numbers(&r, "mean", o.mean, 3);
    dt_meta_numbers(&r, "std", o.std, 3);
    o.conf = dt_meta_num(&r, "conf");
    o.iou = dt_meta_num(&r, "iou");
    o.max_det = dt_meta_int(&r, "max_det");
    get_kinds(&r, &o);

    dt_detector *d = NULL;
    if (r.err.status != DT_OK) {
        dt_ctx_fail(ctx, r.err.status, "%s", r.err.text);
    } else if ((d = dt_detector_create(ctx, &o)) == NULL) {
        dt_error_prefix(dt_ctx_error(ctx), "%s: ", path);
    } else if (dt_detector_read(ctx, d, file, path) != DT_OK) {
        dt_detector_destroy(d);
        d = NULL;
    }
    if (d) dt_detector_train(d, 0);
    cJSON_Delete(json);
    dt_free(names);
    return d;
}

dt_detector *dt_detector_load(dt_ctx *ctx, const char *path)
{
    dt_st_file file;
    if (dt_meta_read(ctx, path, &file) != DT_OK) return NULL;
    dt_detector *d = dt_detector_from_file(ctx, &file, path);
    dt_st_free(&file);
    return d;
}

dt_status dt_detector_check_classes(dt_ctx *ctx, const dt_detector *d, const char *weights_path,
                                    const char *const *names, int class_count, const char *data_path)
{
    int n = d->opts.class_count;
    if (class_count != n)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "%s has %d classes, %s has %d", weights_path, n, data_path,
                           class_count);
    for (int i = 0; i < n; i++)
        if (strcmp(d->opts.names[i], names[i]) != 0)
            return dt_ctx_fail(ctx, DT_ERR_ARG, "class %d is \"%s\" in %s but \"%s\" in %s", i,
                               d->opts.names[i], weights_path, names[i], data_path);
    return DT_OK;
}

/* Entries that fit, of a detector (into the whole network) or of a classifier (into its backbone). */
static dt_status start_from(dt_ctx *ctx, dt_detector *d, const dt_st_file *file, const char *path,
                            dt_load_report *report)
{
    int whole = 0;
    for (size_t i = 0; i < file->count && !whole; i++)
        whole = strncmp(file->entries[i].name, "backbone.", 9) == 0;
    dt_module *into = whole ? d->net : dt_module_find(d->net, "backbone");
    dt_load_opts opts = {.drop = whole ? NULL : "fc.*", .skip_mismatched = 1};
    DT_TRY(dt_state_dict_load(ctx, into, file, &opts, report));
    if (report->loaded > 0) return DT_OK;
    return dt_ctx_fail(ctx, DT_ERR_FORMAT, "%s: none of its %zu entries fits model \"%s\"%s%s", path,
                       file->count, d->opts.model, file->count ? "; the first is " : "",
                       file->count ? file->entries[0].name : "");
}

dt_status dt_detector_start_from(dt_ctx *ctx, dt_detector *d, const char *path, dt_load_report *report)
{
    dt_load_report own = {0};
    dt_st_file file;
    DT_TRY(dt_meta_read(ctx, path, &file));
    dt_status st = start_from(ctx, d, &file, path, &own);
    dt_st_free(&file);
    if (report && st == DT_OK)
        *report = own;
    else
        dt_load_report_free(&own);
    return st;
}
