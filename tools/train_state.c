#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/state_dict.h"
#include "core/str.h"
#include "tools/train.h"

static const char format_name[] = "dettool-train-2";

/* Rows and counters are kept as raw doubles: text would have to be proven exact. */
enum { MAX_COUNTERS = 6 + DT_TRAIN_LOSSES, MAX_ROW = 4 + DT_TRAIN_COLUMNS };

static int counter_values(const dt_train_run *run)
{
    return 6 + run->task->losses;
}

static int row_values(const dt_train_run *run)
{
    return 4 + run->task->losses + run->task->scores;
}

char *dt_train_path(const dt_train_run *run, const char *name)
{
    return dt_path_join(run->opts.out, name);
}

static void pack_row(const dt_train_run *run, const dt_train_row *r, double *out)
{
    int n = run->task->losses, m = run->task->scores;
    *out++ = (double)r->epoch;
    *out++ = r->seconds;
    memcpy(out, r->losses, (size_t)n * sizeof *out);
    out += n;
    *out++ = r->validated;
    memcpy(out, r->scores, (size_t)m * sizeof *out);
    out[m] = r->lr;
}

static void unpack_row(const dt_train_run *run, const double *v, dt_train_row *r)
{
    int n = run->task->losses, m = run->task->scores;
    *r = (dt_train_row){
        .epoch = (int64_t)v[0], .seconds = v[1], .validated = v[2 + n] != 0, .lr = v[3 + n + m]};
    memcpy(r->losses, v + 2, (size_t)n * sizeof *v);
    memcpy(r->scores, v + 3 + n, (size_t)m * sizeof *v);
}

static void pack_counters(const dt_train_run *run, double *out)
{
    const dt_train_progress *p = &run->at;
    const double counters[] = {(double)p->epoch, (double)p->batch, (double)p->step, p->best,
                               (double)p->best_epoch};
    memcpy(out, counters, sizeof counters);
    memcpy(out + 5, p->losses, (size_t)run->task->losses * sizeof *out);
    out[5 + run->task->losses] = p->seconds;
}

static void unpack_counters(const double *v, dt_train_run *run)
{
    run->at = (dt_train_progress){.epoch = (int64_t)v[0],
                                  .batch = (int64_t)v[1],
                                  .step = (int64_t)v[2],
                                  .best = v[3],
                                  .best_epoch = (int64_t)v[4],
                                  .seconds = v[5 + run->task->losses]};
    memcpy(run->at.losses, v + 5, (size_t)run->task->losses * sizeof *v);
}

static void hash_text(const dt_train_run *run, char text[24])
{
    snprintf(text, 24, "%016llx", (unsigned long long)run->data_hash);
}

static dt_status add_progress(dt_train_run *run, dt_st_writer *w, dt_error *err)
{
    int64_t counters = counter_values(run), columns = row_values(run), count = (int64_t)run->row_count;
    double *values = dt_malloc((size_t)counters * sizeof *values),
           *rows = dt_malloc((size_t)(count * columns) * sizeof *rows);
    if (!values || !rows) {
        dt_free(values);
        dt_free(rows);
        return dt_fail_memory(err, (size_t)(counters + count * columns) * sizeof *rows, "the training state");
    }
    pack_counters(run, values);
    for (int64_t i = 0; i < count; i++)
        pack_row(run, &run->rows[i], rows + i * columns);
    dt_status st = dt_st_add(w, "train.counters", DT_F64, &DT_SHAPE(counters), values, 1, err);
    if (st == DT_OK)
        st = dt_st_add(w, "train.rows", DT_F64, &DT_SHAPE(count, columns), rows, 1, err);
    else
        dt_free(rows);
    if (st == DT_OK) st = dt_st_add_meta(w, "format", format_name, err);
    char hash[24];
    hash_text(run, hash);
    if (st == DT_OK) st = dt_st_add_meta(w, "data_hash", hash, err);
    if (st == DT_OK) st = dt_st_add_meta(w, "model", run->opts.model, err);
    return st;
}

/* The generation before keeps its name through every moment: a second name is made, then moved over the old
 * one. Where the file system knows no second names, the file is moved: until the new state stands, loading
 * goes back to it. */
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

/* prev: the name that the generation before gets; NULL: none. */
static dt_status write_state(dt_train_run *run, const char *path, const char *prev)
{
    dt_error *err = dt_ctx_error(run->ctx);
    dt_st_writer w = {.checksum = 1};
    dt_status st = dt_state_dict_save(run->ctx, run->net, "model.", &w);
    if (st == DT_OK) st = dt_optim_save(run->ctx, run->optim, &w);
    if (st == DT_OK) st = dt_ema_save(run->ctx, run->ema, &w);
    if (st == DT_OK) st = add_progress(run, &w, err);
    if (st == DT_OK && prev) keep_previous(path, prev);
    if (st == DT_OK) st = dt_st_save(&w, path, err);
    dt_st_writer_free(&w);
    return st;
}

dt_status dt_train_save_state(dt_train_run *run)
{
    char *path = dt_train_path(run, "state.safetensors"),
         *prev = dt_train_path(run, "state.prev.safetensors");
    dt_status st = path && prev ? dt_train_hashes_sync(run) : dt_ctx_fail_memory(run->ctx, 64, "a path");
    if (st == DT_OK) st = write_state(run, path, run->state_is_bad ? NULL : prev);
    if (st == DT_OK) run->state_is_bad = 0;
    dt_free(path);
    dt_free(prev);
    return st;
}

dt_status dt_train_try_state(dt_train_run *run)
{
    char *path =
        dt_train_path(run, "rehearsal.safetensors.tmp"); /* dt_train_clean removes what a kill leaves */
    dt_status st = path ? write_state(run, path, NULL) : dt_ctx_fail_memory(run->ctx, 64, "a path");
    if (path) unlink(path);
    dt_free(path);
    return st;
}

dt_status dt_train_keep_best(dt_train_run *run)
{
    if (!run->opts.best_state || run->at.batch > 0 || run->at.epoch != run->at.best_epoch ||
        run->at.epoch == 0)
        return DT_OK;
    char *path = dt_train_path(run, "best.state.safetensors");
    dt_status st = path ? write_state(run, path, NULL) : dt_ctx_fail_memory(run->ctx, 64, "a path");
    dt_free(path);
    return st;
}

/* Whole numbers within what this run can have reached; a file that was tampered with must not send it
 * anywhere else. */
static int plausible(const dt_train_run *run, const double *v, size_t rows)
{
    for (int i = 0; i < counter_values(run); i++)
        if (!isfinite(v[i])) return 0;
    const double epochs = (double)run->opts.epochs, batches = (double)dt_loader_batches(run->loader);
    const double epoch = v[0], batch = v[1], step = v[2], best_epoch = v[4];
    return epoch >= 0 && epoch <= epochs && epoch == (double)rows && batch >= 0 && batch <= batches &&
           batch == floor(batch) && step == epoch * batches + batch && best_epoch >= 0 &&
           best_epoch <= epoch && best_epoch == floor(best_epoch);
}

static dt_status take_progress(dt_train_run *run, const dt_st_file *file, const char *path, dt_error *err)
{
    const dt_st_entry *c = dt_st_find(file, "train.counters"), *r = dt_st_find(file, "train.rows");
    const char *format = dt_st_get_meta(file, "format"), *hash = dt_st_get_meta(file, "data_hash");
    size_t counter_bytes = (size_t)counter_values(run) * sizeof(double),
           row_bytes = (size_t)row_values(run) * sizeof(double);
    if (!format || strcmp(format, format_name) != 0 || !hash || !c || !r || c->dtype != DT_F64 ||
        r->dtype != DT_F64 || c->bytes != counter_bytes || r->bytes % row_bytes != 0)
        return dt_fail(err, DT_ERR_FORMAT, "%s: not a training state of this version", path);
    char have[24];
    hash_text(run, have);
    if (strcmp(have, hash) != 0)
        return dt_fail(err, DT_ERR_STATE, "%s was made with other data than %s holds now (hash %s, now %s)",
                       path, run->opts.data, hash, have);
    double v[MAX_COUNTERS];
    memcpy(v, c->data, counter_bytes);
    size_t rows = r->bytes / row_bytes;
    if (!plausible(run, v, rows))
        return dt_fail(err, DT_ERR_FORMAT, "%s: its counters are not those of a training of %lld epochs",
                       path, (long long)run->opts.epochs);
    unpack_counters(v, run);
    if (dt_grow(&run->rows, &run->row_capacity, rows, sizeof *run->rows) != 0)
        return dt_fail_memory(err, rows * sizeof *run->rows, "the results");
    run->row_count = rows;
    for (size_t i = 0; i < rows; i++) {
        double row[MAX_ROW];
        memcpy(row, (const char *)r->data + i * row_bytes, row_bytes);
        unpack_row(run, row, &run->rows[i]);
    }
    return DT_OK;
}

/* A state always has a checksum: one without was damaged there, or is another version's. */
static dt_status read_state(const char *path, dt_st_file *file, dt_error *err)
{
    DT_TRY(dt_st_read(path, file, err));
    if (file->has_checksum) return DT_OK;
    dt_st_free(file);
    return dt_fail(err, DT_ERR_FORMAT, "%s: no checksum: damaged, or not a training state of this version",
                   path);
}

static dt_status mark_of(const char *path, dt_train_mark *mark, dt_error *err)
{
    dt_st_file file = {0};
    DT_TRY(read_state(path, &file, err));
    const dt_st_entry *c = dt_st_find(&file, "train.counters");
    const char *hash = dt_st_get_meta(&file, "data_hash");
    double values[3];
    dt_status st = c && hash && c->dtype == DT_F64 && c->bytes >= sizeof values
                       ? DT_OK
                       : dt_fail(err, DT_ERR_FORMAT, "%s: not a training state of this version", path);
    if (st == DT_OK) {
        memcpy(values, c->data, sizeof values);
        for (int i = 0; i < 3 && st == DT_OK; i++)
            if (!(values[i] >= 0 && values[i] < 0x1p53 && values[i] == floor(values[i])))
                st = dt_fail(err, DT_ERR_FORMAT, "%s: counter %d is %g", path, i, values[i]);
    }
    if (st == DT_OK) {
        mark->epoch = (int64_t)values[0];
        mark->batch = (int64_t)values[1];
        mark->step = (int64_t)values[2];
        snprintf(mark->data_hash, sizeof mark->data_hash, "%s", hash);
    }
    dt_st_free(&file);
    return st;
}

dt_status dt_train_read_mark(const dt_train_run *run, dt_train_mark *mark, dt_error *err)
{
    char *path = dt_train_path(run, "state.safetensors"),
         *prev = dt_train_path(run, "state.prev.safetensors");
    dt_status st = path && prev ? mark_of(path, mark, err) : dt_fail_memory(err, 64, "a path");
    if ((st == DT_ERR_FORMAT || st == DT_ERR_NOT_FOUND) && prev && dt_is_file(prev)) {
        dt_error_clear(err);
        st = mark_of(prev, mark, err);
    }
    dt_free(path);
    dt_free(prev);
    return st;
}

int dt_train_same_data(const dt_train_run *run, const dt_train_mark *mark)
{
    char have[24];
    hash_text(run, have);
    return strcmp(have, mark->data_hash) == 0;
}

static dt_status load_from(dt_train_run *run, const char *path)
{
    dt_error *err = dt_ctx_error(run->ctx);
    dt_st_file file = {0};
    DT_TRY(read_state(path, &file, err));
    dt_load_report report = {0};
    dt_status st = take_progress(run, &file, path, err);
    if (st == DT_OK) {
        st = dt_state_dict_load(run->ctx, run->net, &file, &(dt_load_opts){.prefix = "model.", .strict = 1},
                                &report);
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
        run->state_is_bad = 1; /* it must not take the place of the one before it */
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
        static const char *const patterns[] = {
            "*.safetensors.tmp*",        "results.*.tmp-*", "events.*.tmp-*",
            "train_batch0.jpg.tmp-*",    "args.json.tmp-*", "batches.csv.tmp-*",
            "confusion_matrix.png.tmp-*"};
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
    static const char *const old[] = {
        "state.safetensors", "state.prev.safetensors", "best.state.safetensors",
        "best.safetensors",  "last.safetensors",       "results.csv",
        "results.png",       "confusion_matrix.png",   "events.out.tfevents.0.dettool",
        "batches.csv",       "train_batch0.jpg"};
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
