#include "tools/train.h"

/* Pictures of an epoch's last batch. */
static int64_t last_batch_count(const dt_train_run *run)
{
    const int64_t batch = run->loading.batch, rest = dt_loader_places(run->loader) % batch;
    return rest == 0 || run->loading.drop_last ? batch : rest;
}

/* alone: it is one picture, which the message says if the network cannot take it. */
static dt_status try_batch(dt_train_run *trial, int64_t number, int alone, dt_error *err)
{
    const dt_batch *batch;
    double parts[DT_TRAIN_LOSSES] = {0};
    DT_TRY(dt_loader_start(trial->loader, 0, number, err));
    DT_TRY(dt_loader_next(trial->loader, &batch, err));
    dt_module_train(trial->net, 1);
    const dt_status st = dt_train_differentiate(trial, batch, parts);
    if (st == DT_OK) return DT_OK;
    *err = *dt_ctx_error(trial->ctx);
    if (!alone) return st;
    return dt_error_prefix(err,
                           "the last batch of an epoch has one picture (%lld in batches of %lld); another "
                           "--batch or --drop-last avoids it: ",
                           (long long)dt_loader_places(trial->loader), (long long)trial->opts.batch);
}

dt_status dt_train_rehearse(const dt_train_run *run, int replaces, dt_error *err)
{
    const int alone = last_batch_count(run) == 1;
    const int64_t last = dt_loader_batches(run->loader) - 1;
    if (!replaces && !alone) return DT_OK;
    dt_train_run trial = {.opts = run->opts, .task = run->task};
    trial.opts.workers = 0;
    dt_cli_mute(1);
    dt_status st = dt_train_setup(&trial, 1, err);
    if (st == DT_OK && replaces) st = try_batch(&trial, 0, alone && last == 0, err);
    if (st == DT_OK && replaces && dt_train_try_state(&trial) != DT_OK) {
        *err = *dt_ctx_error(trial.ctx);
        st = dt_error_prefix(err, "no state of the new run can be written beside the old one: ");
    }
    if (st == DT_OK && alone && !(replaces && last == 0)) st = try_batch(&trial, last, 1, err);
    dt_cli_mute(0);
    dt_train_free(&trial);
    return st;
}
