#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/autograd.h"
#include "core/file.h"
#include "core/mem.h"
#include "tools/train.h"

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
}

dt_status dt_train_differentiate(dt_train_run *run, const dt_batch *batch, double parts[DT_TRAIN_LOSSES])
{
    dt_ctx *ctx = run->ctx;
    dt_scope scope = dt_scope_open(ctx);
    dt_shape shape = DT_SHAPE(batch->count, batch->channels, batch->height, batch->width);
    dt_tensor *images = dt_ctx_device(ctx)->type == DT_CPU
                            ? dt_from_borrowed(ctx, DT_F32, shape, batch->pixels)
                            : dt_from(ctx, DT_F32, shape, batch->pixels);
    double total = 0;
    dt_tensor *loss = run->task->loss(run, images, batch, parts, &total);
    dt_status st = dt_ctx_status(ctx);
    if (st == DT_OK && !isfinite(total)) {
        char names[512];
        dt_train_name_pictures(run, batch, names, sizeof names);
        st = dt_ctx_fail(
            ctx, DT_ERR_STATE,
            "the loss is not finite at step %lld (epoch %lld, batch %lld: %s); a lower --lr0 may help",
            (long long)run->at.step, (long long)run->at.epoch + 1, (long long)batch->number, names);
    }
    if (st == DT_OK) st = dt_backward(ctx, loss, NULL);
    dt_scope_close(ctx, scope);
    return st;
}

static dt_status step(dt_train_run *run, const dt_batch *batch)
{
    dt_ctx *ctx = run->ctx;
    double factor = dt_schedule_factor(&run->schedule, run->at.step);
    for (int g = 0; g < dt_optim_group_count(run->optim); g++)
        dt_optim_group(run->optim, g)->lr = run->base_lr[g] * factor;

    dt_ctx_set_step(ctx, (uint64_t)run->at.step);
    double parts[DT_TRAIN_LOSSES] = {0}, norm;
    dt_status st = dt_train_differentiate(run, batch, parts);
    if (st == DT_OK && run->opts.clip > 0) st = dt_optim_clip_norm(ctx, run->optim, run->opts.clip, &norm);
    if (st == DT_OK) st = dt_optim_step(ctx, run->optim);
    if (st == DT_OK) st = dt_ema_update(ctx, run->ema);
    dt_optim_zero_grad(run->optim);
    if (st != DT_OK) return st;
    for (int i = 0; i < run->task->losses; i++)
        run->at.losses[i] += parts[i] * batch->count;
    run->at.step++;
    run->at.batch++;
    return DT_OK;
}

/* Pictures of this epoch so far: only its last batch may not be full. */
static double pictures_seen(const dt_train_run *run)
{
    const int64_t n = run->at.batch * run->loading.batch, places = dt_loader_places(run->loader);
    return n > 0 ? (double)(n < places ? n : places) : 1;
}

static dt_status save_model(dt_train_run *run, const char *name)
{
    char *path = dt_train_path(run, name);
    dt_status st = path ? run->task->save(run, path) : dt_ctx_fail_memory(run->ctx, 64, "a path");
    dt_free(path);
    return st;
}

/* Writes in the order that a kill at any point allows: the state, which says that the epoch is over, after
 * the weights of this epoch. The logs are made from the rows in the state, and anew when a run is resumed. */
static dt_status end_epoch(dt_train_run *run, double seconds)
{
    dt_train_progress *at = &run->at;
    int last = at->epoch + 1 == run->opts.epochs;
    dt_train_row row = {.epoch = at->epoch + 1,
                        .lr = run->opts.lr0 * dt_schedule_factor(&run->schedule, at->step - 1)};
    for (int i = 0; i < run->task->losses; i++)
        row.losses[i] = at->losses[i] / pictures_seen(run);
    double begin = dt_seconds();
    DT_TRY(dt_ema_swap(run->ctx, run->ema));
    dt_status st = DT_OK;
    if (run->has_val && (last || (at->epoch + 1) % run->opts.val_interval == 0)) {
        st = run->task->validate(run, row.scores);
        row.validated = st == DT_OK;
    }
    double fitness = row.validated ? run->task->fitness(row.scores) : run->has_val ? -1 : 0;
    int better = row.validated ? fitness > at->best : !run->has_val;
    if (st == DT_OK) st = save_model(run, "last.safetensors");
    if (st == DT_OK && better) st = save_model(run, "best.safetensors");
    dt_status swapped = dt_ema_swap(run->ctx, run->ema);
    if (st == DT_OK) st = swapped;
    if (st != DT_OK) return st;
    if (better) {
        at->best = fitness;
        at->best_epoch = row.epoch;
    }
    row.seconds = seconds + dt_seconds() - begin;
    if (dt_grow(&run->rows, &run->row_capacity, run->row_count + 1, sizeof *run->rows) != 0)
        return dt_ctx_fail_memory(run->ctx, sizeof *run->rows, "the results");
    run->rows[run->row_count++] = row;
    at->epoch++;
    at->batch = 0;
    memset(at->losses, 0, sizeof at->losses);
    at->seconds = 0;
    DT_TRY(dt_train_save_state(run));
    DT_TRY(dt_train_keep_best(run));
    dt_train_print_row(run, &row);
    return dt_train_write_logs(run);
}

/* The state is written. */
static dt_status stopped(dt_train_run *run)
{
    return dt_ctx_fail(run->ctx, DT_ERR_INTERRUPTED,
                       "stopped by a signal after step %lld; go on with --resume %s", (long long)run->at.step,
                       run->opts.out);
}

static void show_progress(const dt_train_run *run, dt_progress *bar)
{
    char note[sizeof bar->note] = "";
    int n = 0;
    for (int i = 0; i < run->task->losses && n >= 0 && (size_t)n < sizeof note; i++)
        n += snprintf(note + n, sizeof note - (size_t)n, "%s%s %.3f", i ? " " : "",
                      run->task->columns[i].name, run->at.losses[i] / pictures_seen(run));
    dt_progress_step(bar, run->at.batch, "%s", note);
}

static dt_status train_epoch(dt_train_run *run, double *saved_at)
{
    dt_error *err = dt_ctx_error(run->ctx);
    double begin = dt_seconds(), before = run->at.seconds;
    DT_TRY(dt_loader_start(run->loader, run->at.epoch, run->at.batch, err));
    dt_progress bar;
    char title[48];
    snprintf(title, sizeof title, "epoch %lld/%lld", (long long)run->at.epoch + 1,
             (long long)run->opts.epochs);
    dt_progress_begin(&bar, title, dt_loader_batches(run->loader));
    dt_status st = DT_OK;
    for (;;) {
        const dt_batch *batch;
        st = dt_loader_next(run->loader, &batch, err);
        if (st != DT_OK || !batch) break;
        st = dt_train_hashes_add(run, batch);
        if (st == DT_OK && run->at.step == 0) st = dt_train_draw_batch(run, batch, err);
        if (st == DT_OK) st = step(run, batch);
        if (st != DT_OK) break;
        show_progress(run, &bar);
        run->at.seconds = before + dt_seconds() - begin;
        int due = dt_seconds() - *saved_at > 60 * run->opts.save_minutes;
        if (stop_signal || due) {
            st = dt_train_save_state(run);
            *saved_at = dt_seconds();
        }
        if (st == DT_OK && stop_signal) st = stopped(run);
        if (st != DT_OK) break;
    }
    dt_progress_end(&bar);
    return st == DT_OK ? end_epoch(run, run->at.seconds) : st;
}

/* Epochs that were not evaluated say nothing. */
static int patience_over(const dt_train_run *run)
{
    return run->has_val && run->row_count > 0 && run->rows[run->row_count - 1].validated &&
           run->opts.patience > 0 && run->at.best_epoch > 0 &&
           run->at.epoch - run->at.best_epoch >= run->opts.patience;
}

/* The state of a new run, or that of the run in DIR. */
static dt_status begin(dt_train_run *run, int resume)
{
    if (!resume) return dt_train_begin(run);
    DT_TRY(dt_train_lock(run));
    DT_TRY(dt_train_clean(run));
    DT_TRY(dt_train_load_state(run));
    DT_TRY(dt_train_keep_best(run)); /* in case the kill came between the two */
    return run->row_count ? dt_train_write_logs(run) : DT_OK;
}

static void say_what_begins(const dt_train_run *run, int resume)
{
    const dt_train_progress *at = &run->at;
    if (resume && at->epoch >= run->opts.epochs) {
        dt_cli_info("%s: this training is finished", run->opts.out);
        return;
    }
    if (resume)
        dt_cli_info("resuming %s at epoch %lld, batch %lld", run->opts.out, (long long)at->epoch + 1,
                    (long long)at->batch + 1);
    dt_cli_info("%s: %lld parameters, %lld images, batches of %lld, %lld an epoch; threads: %d",
                run->opts.model, (long long)dt_module_count_params(run->net, 0), (long long)run->images,
                (long long)run->opts.batch, (long long)dt_loader_batches(run->loader),
                dt_pool_threads(dt_ctx_pool(run->ctx)));
}

static dt_status train_epochs(dt_train_run *run)
{
    dt_module_train(run->net, 1);
    double saved_at = dt_seconds();
    dt_status st = DT_OK;
    while (st == DT_OK && run->at.epoch < run->opts.epochs) {
        if (patience_over(run)) {
            dt_cli_info("no better result for %lld epochs: stopping early (--patience)",
                        (long long)run->opts.patience);
            break;
        }
        if (stop_signal) {
            st = stopped(run);
            break;
        }
        st = train_epoch(run, &saved_at);
    }
    return st == DT_OK && run->task->finish ? run->task->finish(run) : st;
}

dt_status dt_train(dt_train_run *run, int resume, dt_error *err)
{
    char *args = dt_train_path(run, "args.json");
    if (!args) return dt_fail_memory(err, 64, "a path");
    const int replaces = !resume && dt_is_file(args);
    dt_free(args);
    const int goes_on = resume && dt_train_has_state(run);
    DT_TRY(dt_train_setup(run, !goes_on, err));
    if (!goes_on) DT_TRY(dt_train_rehearse(run, replaces, err));
    dt_status st = begin(run, resume);
    if (st == DT_OK) st = dt_train_hashes_open(run);
    if (st == DT_OK) {
        say_what_begins(run, resume);
        /* The first signal saves, the next one ends the process: a kill loses no more than what --resume does
         * again. */
        stop_signal = 0;
        struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND | SA_RESTART}, old_int,
                         old_term;
        sigaction(SIGINT, &act, &old_int);
        sigaction(SIGTERM, &act, &old_term);
        st = train_epochs(run);
        sigaction(SIGINT, &old_int, NULL);
        sigaction(SIGTERM, &old_term, NULL);
    }
    if (st != DT_OK) *err = *dt_ctx_error(run->ctx);
    return st;
}
