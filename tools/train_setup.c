#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "tools/train.h"

static dt_status freeze(dt_train_run *run)
{
    const dt_opt_list *list = &run->opts.freeze;
    for (int i = 0; i < list->count; i++) {
        int64_t n = dt_module_freeze(run->net, list->items[i], 1);
        if (n == 0)
            return dt_ctx_fail(run->ctx, DT_ERR_ARG, "--freeze %s: no parameter of %s matches",
                               list->items[i], run->opts.model);
        dt_cli_info("frozen: %lld parameters that match %s", (long long)n, list->items[i]);
    }
    if (list->count && dt_module_count_params(run->net, 1) == 0)
        return dt_ctx_fail(run->ctx, DT_ERR_ARG, "--freeze: no parameter of %s is left to train",
                           run->opts.model);
    return DT_OK;
}

static void name_some(const char *what, char *const *names, size_t count)
{
    enum { SHOWN = 5 };
    for (size_t i = 0; i < count && i < SHOWN; i++)
        dt_cli_info("  %s: %s", what, names[i]);
    if (count > SHOWN) dt_cli_info("  ... and %zu more", count - SHOWN);
}

/* --weights, and what fitted. */
static dt_status start_from(dt_train_run *run)
{
    dt_load_report r = {0};
    dt_status st = run->task->start_from(run, &r);
    if (st == DT_OK) {
        dt_cli_info("%s: %lld tensors taken over, %zu of the model not in the file, %zu of another shape, "
                    "%zu not used",
                    run->opts.weights, (long long)r.loaded, r.missing_count, r.mismatched_count,
                    r.unexpected_count);
        name_some("not in the file", r.missing, r.missing_count);
        name_some("of another shape", r.mismatched, r.mismatched_count);
        name_some("not used", r.unexpected, r.unexpected_count);
    }
    dt_load_report_free(&r);
    return st;
}

static void report_bad(void *ctx, int64_t index, const char *message)
{
    (void)ctx;
    (void)index;
    dt_cli_warn("%s; the next image takes its place", message);
}

/* Batches lie in memory that the device copies from directly. */
static void *host_alloc(void *device, size_t bytes)
{
    dt_error err = {0};
    void *ptr;
    return ((dt_device *)device)->backend->host_alloc(device, bytes, &ptr, &err) == DT_OK ? ptr : NULL;
}

static void host_free(void *device, void *ptr)
{
    ((dt_device *)device)->backend->host_free(device, ptr);
}

/* What --sampler and --num-samples say; the weights stay with the run. */
static dt_status make_sampler(dt_train_run *run, dt_sampler_opts *sampler)
{
    const dt_train_opts *o = &run->opts;
    *sampler = (dt_sampler_opts){.kind = DT_SAMPLER_RANDOM, .num_samples = o->num_samples};
    if (strcmp(o->sampler, "sequential") == 0) sampler->kind = DT_SAMPLER_SEQUENTIAL;
    sampler->replacement = strcmp(o->sampler, "replacement") == 0;
    if (strcmp(o->sampler, "class-balanced") != 0) return DT_OK;
    run->sample_weights = dt_calloc((size_t)run->images, sizeof *run->sample_weights);
    if (!run->sample_weights)
        return dt_ctx_fail_memory(run->ctx, (size_t)run->images * sizeof *run->sample_weights, "weights");
    sampler->kind = DT_SAMPLER_WEIGHTED;
    sampler->replacement = 1;
    sampler->weights = run->sample_weights;
    return run->task->balance(run, run->sample_weights);
}

static dt_status make_loader(dt_train_run *run)
{
    const dt_train_opts *o = &run->opts;
    dt_loader_opts *lo = &run->loading;
    dt_sampler_opts sampler;
    DT_TRY(make_sampler(run, &sampler));
    *lo = dt_loader_defaults();
    lo->seed = (uint64_t)o->seed;
    lo->batch = (int)o->batch;
    lo->sampler = &sampler;
    /* A last batch that is not full has its own batch statistics; leaving it out costs nothing, since another
     * permutation comes in the next epoch. A set smaller than one batch is taken as it is. */
    lo->drop_last = o->drop_last && dt_sampler_length(&sampler, run->images, lo->batch) >= o->batch;
    lo->workers = (int)o->workers;
    lo->cache_bytes = (size_t)o->cache_mib << 20;
    lo->bad = o->strict ? DT_BAD_STOP : DT_BAD_REPLACE;
    lo->on_bad = report_bad;
    lo->alloc = host_alloc;
    lo->free = host_free;
    lo->alloc_ctx = dt_ctx_device(run->ctx);
    dt_source source;
    DT_TRY(run->task->loader(run, &source, lo));
    dt_status st = dt_loader_create(&source, lo, &run->loader, dt_ctx_error(run->ctx));
    lo->sampler = NULL; /* the loader has a copy */
    return st;
}

static dt_schedule_kind schedule_kind(const char *name)
{
    static const struct {
        const char *name;
        dt_schedule_kind kind;
    } kinds[] = {{"linear", DT_SCHED_LINEAR},    {"constant", DT_SCHED_CONSTANT},
                 {"poly", DT_SCHED_POLY},        {"step", DT_SCHED_STEP},
                 {"exponential", DT_SCHED_STEP}, {"multistep", DT_SCHED_MULTISTEP}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0) return kinds[i].kind;
    return DT_SCHED_COSINE;
}

/* Those that PyTorch steps once an epoch keep still within one. */
static dt_status make_schedule(dt_train_run *run)
{
    const dt_train_opts *o = &run->opts;
    int64_t batches = dt_loader_batches(run->loader), total = batches * o->epochs;
    int64_t warmup = llround(o->warmup_epochs * (double)batches);
    if (warmup > total / 4) warmup = total / 4;
    dt_schedule *s = &run->schedule;
    *s = (dt_schedule){.kind = schedule_kind(o->schedule),
                       .warmup_steps = warmup,
                       .total_steps = total,
                       .warmup_start = warmup > 0 ? 1.0 / (double)(warmup + 1) : 1.0,
                       .final_factor = o->lrf,
                       .power = o->lr_power,
                       .gamma = o->lr_gamma > 0 ? o->lr_gamma : .1,
                       .step_size = batches * (strcmp(o->schedule, "step") == 0 ? o->lr_step : 1)};
    if (!o->lr_milestones) return DT_OK;
    DT_TRY(dt_train_milestones(o->lr_milestones, s->milestones, &s->milestone_count, dt_ctx_error(run->ctx)));
    for (int i = 0; i < s->milestone_count; i++)
        s->milestones[i] *= batches;
    return DT_OK;
}

dt_status dt_train_setup_batches(dt_train_run *run, dt_error *err)
{
    const dt_train_opts *o = &run->opts;
    DT_TRY(dt_augment_check(&o->aug, err));
    DT_TRY(
        dt_ctx_create(&(dt_ctx_opts){.threads = (int)o->threads, .seed = (uint64_t)o->seed}, &run->ctx, err));
    dt_device *device;
    dt_status st = dt_device_open(run->ctx, o->device, &device);
    if (st == DT_OK) dt_ctx_set_device(run->ctx, device);
    if (st == DT_OK) st = run->task->read_data(run);
    if (st == DT_OK) st = run->task->make_model(run);
    if (st == DT_OK) st = make_loader(run);
    if (st != DT_OK) *err = *dt_ctx_error(run->ctx);
    return st;
}

dt_status dt_train_setup(dt_train_run *run, int take_weights, dt_error *err)
{
    const dt_train_opts *o = &run->opts;
    DT_TRY(dt_train_setup_batches(run, err));
    dt_status st = take_weights && o->weights ? start_from(run) : DT_OK;
    if (st == DT_OK) st = freeze(run);
    if (st == DT_OK) st = dt_train_make_groups(run);
    if (st == DT_OK) {
        run->ema = dt_ema_create(run->ctx, run->net, o->ema_decay, o->ema_tau);
        st = run->ema ? DT_OK : dt_ctx_status(run->ctx);
    }
    if (st == DT_OK) st = make_schedule(run);
    if (st != DT_OK) {
        *err = *dt_ctx_error(run->ctx);
        return st;
    }
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
    dt_free(run->sample_weights);
    if (run->task) run->task->close(run);
    dt_ctx_destroy(run->ctx);
    if (run->hash_fd > 0) close(run->hash_fd);
    if (run->lock) closedir(run->lock);
    *run = (dt_train_run){0};
}
