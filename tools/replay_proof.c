#include "tools/replay_proof.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"

dt_status dt_replay_proof_read(const dt_train_run *run, dt_replay_proof *p, dt_error *err)
{
    *p = (dt_replay_proof){.path = dt_train_path(run, "batches.csv")};
    if (!p->path) return dt_fail_memory(err, 64, "a path");
    dt_status st = dt_train_hashes_read(p->path, &p->rows, &p->count, err);
    p->has_hashes = st == DT_OK;
    if (st == DT_OK || st == DT_ERR_NOT_FOUND) {
        dt_error_clear(err);
        st = dt_train_read_mark(run, &p->mark, err);
    }
    p->has_mark = st == DT_OK;
    p->same_data = p->has_mark && dt_train_same_data(run, &p->mark);
    if (st != DT_ERR_NOT_FOUND) return st;
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

dt_status dt_replay_prove(const dt_train_run *run, const dt_replay_proof *p, const dt_batch *batch,
                          const char **unproven, dt_error *err)
{
    *unproven = NULL;
    for (size_t i = 0; i < p->count; i++)
        if (p->rows[i].epoch == batch->epoch + 1 && p->rows[i].batch == batch->number)
            return dt_replay_compare(run, &p->rows[i], batch, err);
    if (p->has_mark && !p->same_data)
        return dt_fail(
            err, DT_ERR_STATE,
            "%s: other data than when the run was made, so this would not be what the network was given",
            run->opts.data);
    *unproven = !p->has_mark ? "the folder of the run has no state to compare the data with"
                : p->has_hashes
                    ? "batches.csv has no row for this batch"
                    : "the run has no hashes of its batches (train --hash-batches); the data look the same";
    return DT_OK;
}

dt_status dt_replay_check_rows(const dt_replay_proof *p, dt_error *err)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->rows[i].step != (int64_t)i)
            return dt_fail(err, DT_ERR_STATE,
                           "%s:%zu: a row of step %lld, not %zu: rows are missing or twice", p->path, i + 2,
                           (long long)p->rows[i].step, i);
    if (p->has_mark && (int64_t)p->count < p->mark.step)
        return dt_fail(err, DT_ERR_STATE, "%s: rows of %zu batches, but the run has made %lld", p->path,
                       p->count, (long long)p->mark.step);
    return DT_OK;
}
