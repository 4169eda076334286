#include "tools/replay_proof.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"

dt_status dt_replay_proof_read(const dt_train_run *run, dt_replay_proof *p, dt_error *err)
{
    *p = (dt_replay_proof){.path = dt_train_path(run, "batches.csv")};
    if (!p->path) return dt_fail_memory(err, 64, "a path");
    dt_status st = dt_train_hashes_read(p->path, INT64_MAX, &p->rows, &p->count, err);
    p->has_hashes = st == DT_OK;
    if (st == DT_OK || st == DT_ERR_NOT_FOUND) {
        dt_error_clear(err);
        st = dt_train_read_mark(run, &p->mark, err);
    }
    p->has_mark = st == DT_OK;
    p->same_data = p->has_mark && dt_train_same_data(run, &p->mark);
    if (st == DT_ERR_FORMAT && p->has_hashes) dt_cli_warn("%s", err->text);
    if (st != DT_ERR_NOT_FOUND && !(st == DT_ERR_FORMAT && p->has_hashes)) return st;
    dt_error_clear(err);
    return DT_OK;
}

void dt_replay_proof_free(dt_replay_proof *p)
{
    dt_free(p->rows);
    dt_free(p->path);
    *p = (dt_replay_proof){0};
}

dt_status dt_replay_compare(const dt_train_run *run, const dt_batch_row *row, const dt_batch *batch,
                            dt_error *err)
{
    char hash[DT_SHA256_TEXT], names[512];
    dt_batch_hash(batch, hash);
    if (strcmp(hash, row->sha256) == 0) return DT_OK;
    dt_train_name_pictures(run, batch, names, sizeof names);
    return dt_fail(
        err, DT_ERR_STATE,
        "epoch %lld, batch %lld (step %lld) has other bytes than in training (%.12s, now %.12s): %s",
        (long long)row->epoch, (long long)row->batch, (long long)row->step, row->sha256, hash, names);
}

/* The row's step has to be the one at which the data as they are now have this batch. */
static dt_status check_step(const dt_train_run *run, const dt_replay_proof *p, size_t row, dt_error *err)
{
    const int64_t batches = dt_loader_batches(run->loader);
    const dt_batch_row *r = &p->rows[row];
    if (r->batch < batches && r->step == (r->epoch - 1) * batches + r->batch) return DT_OK;
    return dt_fail(err, DT_ERR_STATE,
                   "%s:%zu: epoch %lld, batch %lld was step %lld; with the data and options as they are now "
                   "(%lld batches an epoch) it is another one",
                   p->path, row + 2, (long long)r->epoch, (long long)r->batch, (long long)r->step,
                   (long long)batches);
}

static const char *why_unproven(const dt_train_run *run, const dt_replay_proof *p)
{
    if (!p->has_mark) return "the folder of the run has no state to compare the data with";
    if (p->has_hashes) return "batches.csv has no row for this batch; the data look the same";
    if (run->opts.hash_batches) return "the run's batches.csv is missing; the data look the same";
    return "the run has no hashes of its batches (train --hash-batches); the data look the same";
}

dt_status dt_replay_prove(const dt_train_run *run, const dt_replay_proof *p, const dt_batch *batch,
                          const char **unproven, dt_error *err)
{
    const int64_t batches = dt_loader_batches(run->loader), step = batch->epoch * batches + batch->number;
    *unproven = NULL;
    for (size_t i = 0; i < p->count; i++) {
        const dt_batch_row *r = &p->rows[i];
        if (r->step != step && (r->epoch != batch->epoch + 1 || r->batch != batch->number)) continue;
        DT_TRY(check_step(run, p, i, err));
        return dt_replay_compare(run, r, batch, err);
    }
    if (p->has_mark && !p->same_data)
        return dt_fail(
            err, DT_ERR_STATE,
            "%s: other data than when the run was made, so this would not be what the network was given",
            run->opts.data);
    if (p->has_mark && p->mark.step != p->mark.epoch * batches + p->mark.batch)
        return dt_fail(err, DT_ERR_STATE,
                       "%s: %lld batches an epoch as data and options are now; the run came to epoch %lld, "
                       "batch %lld with %lld steps",
                       run->opts.data, (long long)batches, (long long)p->mark.epoch + 1,
                       (long long)p->mark.batch, (long long)p->mark.step);
    if (p->has_mark && batch->epoch > p->mark.epoch)
        return dt_fail(
            err, DT_ERR_STATE,
            "epoch %lld, batch %lld is step %lld; the run came to epoch %lld, step %lld: the network "
            "was never given it",
            (long long)batch->epoch + 1, (long long)batch->number, (long long)step,
            (long long)p->mark.epoch + 1, (long long)p->mark.step);
    *unproven = p->has_mark && step >= p->mark.step
                    ? "the state stands before this batch; the run has come to it, or not yet"
                    : why_unproven(run, p);
    return DT_OK;
}

dt_status dt_replay_check_rows(const dt_train_run *run, const dt_replay_proof *p, dt_error *err)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->rows[i].step != (int64_t)i)
            return dt_fail(err, DT_ERR_STATE,
                           "%s:%zu: a row of step %lld, not %zu: rows are missing or twice", p->path, i + 2,
                           (long long)p->rows[i].step, i);
        DT_TRY(check_step(run, p, i, err));
    }
    if (p->has_mark && (int64_t)p->count < p->mark.step)
        return dt_fail(err, DT_ERR_STATE, "%s: rows of %zu batches, but the run has made %lld", p->path,
                       p->count, (long long)p->mark.step);
    return DT_OK;
}
