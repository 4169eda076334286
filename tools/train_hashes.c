#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/str.h"
#include "tools/train.h"

static const char header[] = "step,epoch,batch,sha256\n";
enum { MAX_BYTES = 1 << 30 };

static int parse_row(const char *line, dt_batch_row *row)
{
    long long step, epoch, batch;
    int end = 0;
    if (sscanf(line, "%lld,%lld,%lld,%64[0-9a-f]%n", &step, &epoch, &batch, row->sha256, &end) != 4 ||
        line[end] || strlen(row->sha256) != 64 || step < 0 || epoch < 1 || batch < 0)
        return 0;
    row->step = step;
    row->epoch = epoch;
    row->batch = batch;
    return 1;
}

static dt_status parse(const char *path, char *text, int64_t most, dt_batch_row **rows, size_t *count,
                       dt_error *err)
{
    size_t capacity = 0;
    if (strncmp(text, header, sizeof header - 1) != 0)
        return dt_fail(err, DT_ERR_FORMAT, "%s:1: not a list of batches", path);
    char *line = text + sizeof header - 1;
    for (char *end; (int64_t)*count < most && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        if (dt_grow(rows, &capacity, *count + 1, sizeof **rows) != 0)
            return dt_fail_memory(err, sizeof **rows, "the list of batches");
        if (!parse_row(line, &(*rows)[*count]))
            return dt_fail(err, DT_ERR_FORMAT, "%s:%zu: not a row of step, epoch, batch, SHA-256", path,
                           *count + 2);
        ++*count;
    }
    return DT_OK;
}

dt_status dt_train_hashes_read(const char *path, int64_t most, dt_batch_row **rows, size_t *count,
                               dt_error *err)
{
    *rows = NULL;
    *count = 0;
    char *text;
    size_t size;
    DT_TRY(dt_file_read(path, MAX_BYTES, &text, &size, err));
    dt_status st = parse(path, text, most, rows, count, err);
    dt_free(text);
    if (st != DT_OK) {
        dt_free(*rows);
        *rows = NULL;
        *count = 0;
    }
    return st;
}

static void write_row(dt_str *out, const dt_batch_row *r)
{
    dt_str_printf(out, "%lld,%lld,%lld,%s\n", (long long)r->step, (long long)r->epoch, (long long)r->batch,
                  r->sha256);
}

/* The rows of an earlier part of this run that its state counts. */
static dt_status keep_rows(const dt_train_run *run, const char *path, dt_str *out, dt_error *err)
{
    dt_batch_row *rows = NULL;
    size_t count = 0, kept = 0;
    if (dt_is_file(path)) DT_TRY(dt_train_hashes_read(path, run->at.step, &rows, &count, err));
    dt_str_append(out, header);
    for (size_t i = 0; i < count && rows[i].step < run->at.step; i++, kept++)
        write_row(out, &rows[i]);
    dt_free(rows);
    if ((int64_t)kept < run->at.step)
        dt_cli_warn("%s: %lld of the %lld batches before are not in it", path,
                    (long long)run->at.step - (long long)kept, (long long)run->at.step);
    return out->failed ? dt_fail_memory(err, out->len, "the list of batches") : DT_OK;
}

dt_status dt_train_hashes_open(dt_train_run *run)
{
    if (!run->opts.hash_batches) return DT_OK;
    dt_error *err = dt_ctx_error(run->ctx);
    dt_str text = {0};
    char *path = dt_train_path(run, "batches.csv");
    dt_status st = path ? keep_rows(run, path, &text, err) : dt_fail_memory(err, 64, "a path");
    if (st == DT_OK) st = dt_file_write_atomic(path, text.data, text.len, err);
    if (st == DT_OK) {
        run->hash_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (run->hash_fd < 0) st = dt_fail(err, DT_ERR_IO, "%s: %s", path, strerror(errno));
    }
    dt_str_free(&text);
    dt_free(path);
    return st;
}

dt_status dt_train_hashes_add(dt_train_run *run, const dt_batch *batch)
{
    if (run->hash_fd <= 0) return DT_OK;
    dt_batch_row row = {run->at.step, batch->epoch + 1, batch->number, ""};
    dt_batch_hash(batch, row.sha256);
    char line[160];
    int n = snprintf(line, sizeof line, "%lld,%lld,%lld,%s\n", (long long)row.step, (long long)row.epoch,
                     (long long)row.batch, row.sha256);
    for (ssize_t done = 0, part; done < n; done += part) {
        part = write(run->hash_fd, line + done, (size_t)(n - done));
        if (part < 0 && errno == EINTR)
            part = 0;
        else if (part < 0)
            return dt_ctx_fail(run->ctx, DT_ERR_IO, "%s/batches.csv: %s", run->opts.out, strerror(errno));
    }
    return DT_OK;
}

dt_status dt_train_hashes_sync(dt_train_run *run)
{
    if (run->hash_fd <= 0 || fsync(run->hash_fd) == 0) return DT_OK;
    return dt_ctx_fail(run->ctx, DT_ERR_IO, "%s/batches.csv: %s", run->opts.out, strerror(errno));
}
