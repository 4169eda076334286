#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "tools/train.h"

/* Objects that are neither ignored nor without picture. */
static int64_t count_objects(const dt_split_source *source)
{
    int64_t n = 0;
    for (int64_t i = 0; i < source->count; i++) {
        const dt_record *r = dt_split_source_record(source, i);
        for (size_t k = r->first; k < r->first + r->count; k++)
            n += !source->set->objects[k].ignore;
    }
    return n;
}

static dt_status read_data(dt_train_run *run)
{
    dt_error *err = dt_ctx_error(run->ctx);
    DT_TRY(dt_run_data_read(run->opts.data, "train", "val", run->opts.strict, dt_ctx_pool(run->ctx),
                            &run->data, err));
    run->has_val = dt_dataset_split(&run->data.set, "val") != NULL;
    DT_TRY(dt_split_source_make(&run->data, "train", 0, &run->train, err));
    if (count_objects(&run->train) == 0)
        return dt_fail(err, DT_ERR_FORMAT, "%s: no object in the split 'train': there is nothing to learn",
                       run->opts.data);
    run->data_hash = dt_split_source_hash(&run->train, 0);
    if (!run->has_val) {
        dt_cli_warn("%s: no split 'val': best.safetensors will be the last epoch's", run->opts.data);
        return DT_OK;
    }
    DT_TRY(dt_split_source_make(&run->data, "val", 1, &run->val, err));
    run->data_hash = dt_split_source_hash(&run->val, run->data_hash);
    if (count_objects(&run->val) == 0) {
        run->has_val = 0;
        dt_cli_warn("%s: no object in the split 'val': best.safetensors will be the last epoch's",
                    run->opts.data);
    }
    return DT_OK;
}

static dt_status make_detector(dt_train_run *run)
{
    dt_detector_opts opts = dt_detector_defaults();
    const dt_dataset *set = &run->data.set;
    opts.model = run->opts.model;
    opts.names = set->classes;
    opts.class_count = (int)set->class_count;
    opts.class_base = set->class_base;
    opts.imgsz = (int)run->opts.imgsz;
    run->detector = dt_detector_create(run->ctx, &opts);
    return run->detector ? DT_OK : dt_ctx_status(run->ctx);
}

static dt_status start_from(dt_train_run *run)
{
    if (!run->opts.weights) return DT_OK;
    dt_load_report report = {0};
    dt_status st = dt_detector_start_from(run->ctx, run->detector, run->opts.weights, &report);
    if (st == DT_OK) {
        dt_cli_info("%s: %lld tensors taken over, %zu of the model not in the file, %zu of another shape, "
                    "%zu not used",
                    run->opts.weights, (long long)report.loaded, report.missing_count,
                    report.mismatched_count, report.unexpected_count);
        for (size_t i = 0; i < report.mismatched_count && i < 5; i++)
            dt_cli_info("  of another shape: %s", report.mismatched[i]);
    }
    dt_load_report_free(&report);
    return st;
}

static dt_status freeze(dt_train_run *run)
{
    const dt_opt_list *list = &run->opts.freeze;
    for (int i = 0; i < list->count; i++) {
        int64_t n = dt_module_freeze(dt_detector_net(run->detector), list->items[i], 1);
        if (n == 0)
            return dt_ctx_fail(run->ctx, DT_ERR_ARG, "--freeze %s: no parameter of %s matches",
                               list->items[i], run->opts.model);
        dt_cli_info("frozen: %lld parameters that match %s", (long long)n, list->items[i]);
    }
    return DT_OK;
}

static void report_bad(void *ctx, int64_t index, const char *message)
{
    (void)ctx;
    (void)index;
    dt_cli_warn("%s; the next image takes its place", message);
}

static dt_status make_loader(dt_train_run *run)
{
    const dt_train_opts *o = &run->opts;
    const dt_detector_opts *info = dt_detector_info(run->detector);
    dt_loader_opts lo = dt_loader_defaults();
    lo.seed = (uint64_t)o->seed;
    lo.batch = (int)o->batch;
    lo.imgsz = info->imgsz;
    lo.shuffle = 1;
    /* A last batch that is not full has its own batch statistics; leaving it out costs nothing, since another
     * permutation comes in the next epoch. A set smaller than one batch is taken as it is. */
    lo.drop_last = run->train.count >= o->batch;
    lo.workers = (int)o->workers;
    lo.augment = 1;
    lo.aug = o->aug;
    lo.mosaic_epochs = o->epochs > o->close_mosaic ? o->epochs - o->close_mosaic : 0;
    lo.filter = info->filter;
    lo.fill = (uint8_t)info->fill;
    lo.divisor = (float)info->divisor;
    for (int c = 0; c < 3; c++) {
        lo.mean[c] = (float)info->mean[c];
        lo.std[c] = (float)info->std[c];
    }
    lo.cache_bytes = (size_t)o->cache_mib << 20;
    lo.bad = o->strict ? DT_BAD_STOP : DT_BAD_REPLACE;
    lo.on_bad = report_bad;
    dt_source source = dt_split_source_as_source(&run->train);
    return dt_loader_create(&source, &lo, &run->loader, dt_ctx_error(run->ctx));
}

static dt_schedule_kind schedule_kind(const char *name)
{
    if (strcmp(name, "linear") == 0) return DT_SCHED_LINEAR;
    return strcmp(name, "constant") == 0 ? DT_SCHED_CONSTANT : DT_SCHED_COSINE;
}

static void make_schedule(dt_train_run *run)
{
    const dt_train_opts *o = &run->opts;
    int64_t batches = dt_loader_batches(run->loader), total = batches * o->epochs;
    int64_t warmup = llround(o->warmup_epochs * (double)batches);
    if (warmup > total / 4) warmup = total / 4;
    run->schedule = (dt_schedule){.kind = schedule_kind(o->schedule),
                                  .warmup_steps = warmup,
                                  .total_steps = total,
                                  .warmup_start = warmup > 0 ? 1.0 / (double)(warmup + 1) : 1.0,
                                  .final_factor = o->lrf};
}

dt_status dt_train_setup(dt_train_run *run, int take_weights, dt_error *err)
{
    const dt_train_opts *o = &run->opts;
    DT_TRY(dt_augment_check(&o->aug, err));
    DT_TRY(
        dt_ctx_create(&(dt_ctx_opts){.threads = (int)o->threads, .seed = (uint64_t)o->seed}, &run->ctx, err));
    dt_device *device;
    dt_status st = dt_device_open(run->ctx, o->device, &device);
    if (st == DT_OK) dt_ctx_set_device(run->ctx, device);
    if (st == DT_OK) st = read_data(run);
    if (st == DT_OK) st = make_detector(run);
    if (st == DT_OK && take_weights) st = start_from(run);
    if (st == DT_OK) st = freeze(run);
    if (st == DT_OK) st = dt_train_make_groups(run);
    if (st == DT_OK) {
        run->ema = dt_ema_create(run->ctx, dt_detector_net(run->detector), o->ema_decay, o->ema_tau);
        st = run->ema ? DT_OK : dt_ctx_status(run->ctx);
    }
    if (st == DT_OK) st = make_loader(run);
    if (st != DT_OK) {
        *err = *dt_ctx_error(run->ctx);
        return st;
    }
    make_schedule(run);
    run->at.best = -1;
    return DT_OK;
}

void dt_train_free(dt_train_run *run)
{
    dt_loader_destroy(run->loader);
    dt_ema_destroy(run->ema);
    dt_optim_destroy(run->optim);
    dt_free(run->base_lr);
    dt_free(run->rows);
    dt_detector_destroy(run->detector);
    dt_split_source_free(&run->train);
    dt_split_source_free(&run->val);
    dt_run_data_free(&run->data);
    dt_ctx_destroy(run->ctx);
    if (run->lock) closedir(run->lock);
    *run = (dt_train_run){0};
}
