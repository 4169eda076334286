#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/str.h"
#include "tools/train.h"

/* Rows and counters are kept as raw doubles: text would have to be proven exact. */
enum { COUNTERS = 9, ROW_VALUES = 11 };
static const char format_name[] = "dettool-train-1";

char *dt_train_path(const dt_train_run *run, const char *name)
{
    return dt_path_join(run->opts.out, name);
}

static void pack_row(const dt_train_row *r, double out[ROW_VALUES])
{
    const double v[ROW_VALUES] = {
        (double)r->epoch,   r->seconds,      r->box,        r->cls,      r->dfl, r->validated,
        r->score.precision, r->score.recall, r->score.ap50, r->score.ap, r->lr};
    memcpy(out, v, sizeof v);
}

static void unpack_row(const double v[ROW_VALUES], dt_train_row *r)
{
    *r = (dt_train_row){(int64_t)v[0], v[1], v[2], v[3], v[4], v[5] != 0, {v[6], v[7], v[8], v[9]}, v[10]};
}

static dt_status add_progress(dt_train_run *run, dt_st_writer *w, dt_error *err)
{
    const dt_train_progress *p = &run->at;
    const double counters[COUNTERS] = {
        (double)p->epoch, (double)p->batch, (double)p->step, p->best,   (double)p->best_epoch,
        p->box,           p->cls,           p->dfl,          p->seconds};
    double *values = dt_malloc(sizeof counters),
           *rows = dt_malloc(run->row_count * ROW_VALUES * sizeof *rows);
    if (!values || !rows) {
        dt_free(values);
        dt_free(rows);
        return dt_fail_memory(err, sizeof counters, "the training state");
    }
    memcpy(values, counters, sizeof counters);
    for (size_t i = 0; i < run->row_count; i++)
        pack_row(&run->rows[i], rows + i * ROW_VALUES);
    dt_status st = dt_st_add(w, "train.counters", DT_F64, &DT_SHAPE(COUNTERS), values, 1, err);
    if (st != DT_OK) {
        dt_free(values);
        dt_free(rows);
        return st;
    }
    st = dt_st_add(w, "train.rows", DT_F64, &DT_SHAPE((int64_t)run->row_count, ROW_VALUES), rows, 1, err);
    if (st != DT_OK) dt_free(rows);
    if (st == DT_OK) st = dt_st_add_meta(w, "format", format_name, err);
    char hash[24];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)run->data_hash);
    if (st == DT_OK) st = dt_st_add_meta(w, "data_hash", hash, err);
    if (st == DT_OK) st = dt_st_add_meta(w, "model", run->opts.model, err);
    return st;
}

/* The generation before keeps its name through every moment: a second name is made, then moved over the old one. Where
 * the file system knows no second names, the file is moved: until the new state stands, loading goes back to it. */
static void keep_previous(const char *path, const char *prev)
{
    char *tmp = dt_format("%s.tmp", prev);
    if (!tmp) return;
    unlink(tmp);
    if (link(path, tmp) == 0) {
        rename(tmp, prev);
        unlink(tmp); /* still there if both were names of one file: rename() leaves them alone then */
    } else if (errno != ENOENT) {
        rename(path, prev);
    }
    dt_free(tmp);
}

dt_status dt_train_save_state(dt_train_run *run)
{
    dt_error *err = dt_ctx_error(run->ctx);
    dt_st_writer w = {0};
    char *path = dt_train_path(run, "state.safetensors"),
         *prev = dt_train_path(run, "state.prev.safetensors");
    dt_status st = path && prev ? DT_OK : dt_fail_memory(err, strlen(run->opts.out), "a path");
    if (st == DT_OK) st = dt_state_dict_save(run->ctx, dt_detector_net(run->detector), "model.", &w);
    if (st == DT_OK) st = dt_optim_save(run->ctx, run->optim, &w);
    if (st == DT_OK) st = dt_ema_save(run->ctx, run->ema, &w);
    if (st == DT_OK) st = add_progress(run, &w, err);
    if (st == DT_OK) {
        keep_previous(path, prev);
        st = dt_st_save(&w, path, err);
    }
    dt_st_writer_free(&w);
    dt_free(path);
    dt_free(prev);
    return st;
}

/* Whole numbers within what this run can have reached; a file that was tampered with must not send it anywhere else. */
static int plausible(const dt_train_run *run, const double v[COUNTERS], size_t rows)
{
    for (int i = 0; i < COUNTERS; i++)
        if (!isfinite(v[i])) return 0;
    double epochs = (double)run->opts.epochs, batches = (double)dt_loader_batches(run->loader);
    return v[0] >= 0 && v[0] <= epochs && v[0] == (double)rows && v[1] >= 0 && v[1] <= batches && v[2] >= 0 &&
           v[2] <= epochs * batches && v[4] >= 0 && v[4] <= v[0];
}

static dt_status take_progress(dt_train_run *run, const dt_st_file *file, const char *path, dt_error *err)
{
    const dt_st_entry *c = dt_st_find(file, "train.counters"), *r = dt_st_find(file, "train.rows");
    const char *format = dt_st_get_meta(file, "format"), *hash = dt_st_get_meta(file, "data_hash");
    if (!format || strcmp(format, format_name) != 0 || !hash || !c || !r || c->dtype != DT_F64 ||
        r->dtype != DT_F64 || c->bytes != COUNTERS * sizeof(double) ||
        r->bytes % (ROW_VALUES * sizeof(double)) != 0)
        return dt_fail(err, DT_ERR_FORMAT, "%s: not a training state of this version", path);
    char have[24];
    snprintf(have, sizeof have, "%016llx", (unsigned long long)run->data_hash);
    if (strcmp(have, hash) != 0)
        return dt_fail(err, DT_ERR_STATE, "%s was made with other data than %s holds now (hash %s, now %s)",
                       path, run->opts.data, hash, have);
    double v[COUNTERS];
    memcpy(v, c->data, sizeof v);
    size_t rows = r->bytes / (ROW_VALUES * sizeof(double));
    if (!plausible(run, v, rows))
        return dt_fail(err, DT_ERR_FORMAT, "%s: its counters are not those of a training of %lld epochs",
                       path, (long long)run->opts.epochs);
    run->at = (dt_train_progress){(int64_t)v[0], (int64_t)v[1], (int64_t)v[2], v[3], (int64_t)v[4],
                                  v[5],          v[6],          v[7],          v[8]};
    if (dt_grow(&run->rows, &run->row_capacity, rows, sizeof *run->rows) != 0)
        return dt_fail_memory(err, rows * sizeof *run->rows, "the results");
    run->row_count = rows;
    for (size_t i = 0; i < rows; i++) {
        double row[ROW_VALUES];
        memcpy(row, (const char *)r->data + i * sizeof row, sizeof row);
        unpack_row(row, &run->rows[i]);
    }
    return DT_OK;
}

static dt_status load_from(dt_train_run *run, const char *path)
{
    dt_error *err = dt_ctx_error(run->ctx);
    dt_st_file file = {0};
    DT_TRY(dt_st_read(path, &file, err));
    dt_load_report report = {0};
    dt_status st = take_progress(run, &file, path, err);
    if (st == DT_OK) {
        st = dt_state_dict_load(run->ctx, dt_detector_net(run->detector), &file,
                                &(dt_load_opts){.prefix = "model.", .strict = 1}, &report);
        if (st != DT_OK) dt_error_prefix(err, "%s: ", path);
    }
    if (st == DT_OK) st = dt_optim_load(run->ctx, run->optim, &file);
    if (st == DT_OK) st = dt_ema_load(run->ctx, run->ema, &file);
    dt_load_report_free(&report);
    dt_st_free(&file);
    return st;
}

dt_status dt_train_load_state(dt_train_run *run)
{
    char *path = dt_train_path(run, "state.safetensors"),
         *prev = dt_train_path(run, "state.prev.safetensors");
    dt_status st = path && prev ? load_from(run, path) : dt_ctx_fail_memory(run->ctx, 64, "a path");
    if ((st == DT_ERR_FORMAT || st == DT_ERR_NOT_FOUND) && prev && dt_is_file(prev)) {
        dt_cli_warn("%s; going back to %s", dt_ctx_error(run->ctx)->text, prev);
        dt_ctx_clear_error(run->ctx);
        st = load_from(run, prev);
    } else if (st == DT_ERR_NOT_FOUND) {
        /* Killed before the first state was written: nothing was done yet. */
        dt_ctx_clear_error(run->ctx);
        st = dt_train_save_state(run);
    }
    dt_free(path);
    dt_free(prev);
    return st;
}

int dt_train_has_state(const dt_train_run *run)
{
    static const char *const names[] = {"state.safetensors", "state.prev.safetensors"};
    int found = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = dt_train_path(run, names[i]);
        found |= path && dt_is_file(path);
        dt_free(path);
    }
    return found;
}

dt_status dt_train_lock(dt_train_run *run)
{
    dt_error *err = dt_ctx_error(run->ctx);
    const char *out = run->opts.out;
    run->lock = opendir(out);
    if (!run->lock) return dt_fail(err, DT_ERR_IO, "%s: %s", out, strerror(errno));
    /* A file system that knows no locks is no reason not to train. */
    if (flock(dirfd(run->lock), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return DT_OK;
    return dt_fail(err, DT_ERR_STATE, "%s: another process is training in this folder", out);
}

dt_status dt_train_clean(dt_train_run *run)
{
    dt_error *err = dt_ctx_error(run->ctx);
    dt_names names;
    DT_TRY(dt_dir_list(run->opts.out, &names, err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < names.count && st == DT_OK; i++) {
        static const char *const patterns[] = {"*.safetensors.tmp*", "results.*.tmp-*", "events.*.tmp-*",
                                               "train_batch0.jpg.tmp-*", "args.json.tmp-*"};
        int ours = 0;
        for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++)
            ours |= dt_glob_match(patterns[k], names.items[i]);
        if (!ours) continue;
        char *path = dt_train_path(run, names.items[i]);
        if (path)
            unlink(path);
        else
            st = dt_fail_memory(err, 64, "a path");
        dt_free(path);
    }
    dt_names_free(&names);
    return st;
}

dt_status dt_train_begin(dt_train_run *run)
{
    dt_error *err = dt_ctx_error(run->ctx);
    DT_TRY(dt_mkdirs(run->opts.out, err));
    DT_TRY(dt_train_lock(run));
    DT_TRY(dt_train_clean(run));
    static const char *const old[] = {"state.safetensors",
                                      "state.prev.safetensors",
                                      "best.safetensors",
                                      "last.safetensors",
                                      "results.csv",
                                      "results.png",
                                      "events.out.tfevents.0.dettool",
                                      "train_batch0.jpg"};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
        char *path = dt_train_path(run, old[i]);
        if (!path) return dt_fail_memory(err, 64, "a path");
        unlink(path);
        dt_free(path);
    }
    char *path = dt_train_path(run, "args.json");
    dt_status st = path ? dt_file_write_atomic(path, run->args, strlen(run->args), err)
                        : dt_fail_memory(err, 64, "a path");
    dt_free(path);
    return st == DT_OK ? dt_train_save_state(run) : st;
}
