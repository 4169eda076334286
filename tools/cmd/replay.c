#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/num.h"
#include "tools/options_json.h"
#include "tools/replay_proof.h"
#include "tools/replay_sample.h"

typedef struct replay {
    int64_t epoch, step, slot; /* epoch from 1; -1: not given */
    const char *sample, *out, *data;
    int64_t workers;
    int verify, json;
} replay;

/* 1 if the path is the text, or ends in it behind a slash. */
static int ends_in(const char *path, const char *text)
{
    const size_t n = strlen(path), m = strlen(text);
    return m && m <= n && strcmp(path + n - m, text) == 0 && (m == n || path[n - m - 1] == '/');
}

/* A sample by its number or by the end of its path. */
static dt_status find_sample(const dt_train_run *run, const char *text, int64_t *index, dt_error *err)
{
    if (dt_parse_i64_all(text, index) == 0) {
        if (*index >= 0 && *index < run->images) return DT_OK;
        return dt_fail(err, DT_ERR_ARG, "--sample %s: the training split has samples 0..%lld", text,
                       (long long)run->images - 1);
    }
    char *first = NULL;
    dt_status st = DT_OK;
    for (int64_t i = 0; i < run->images && st == DT_OK; i++) {
        const char *path = run->task->record_name(run, i);
        if (!ends_in(path, text)) continue;
        if (first)
            st = dt_fail(err, DT_ERR_ARG, "--sample %s: both %s and %s end so; give more of the path", text,
                         first, path);
        else if (!(first = dt_strdup(path)))
            st = dt_fail_memory(err, strlen(path), "a path");
        else
            *index = i;
    }
    if (st == DT_OK && !first)
        st = dt_fail(err, DT_ERR_NOT_FOUND, "--sample %s: no picture of this name in the training split",
                     text);
    dt_free(first);
    return st;
}

/* The first place of the epoch that shows the sample. */
static dt_status find_place(const dt_train_run *run, int64_t epoch, int64_t index, int64_t *place,
                            dt_error *err)
{
    int64_t places = dt_loader_places(run->loader);
    dt_pick *order = dt_realloc_array(NULL, (size_t)places, sizeof *order);
    if (!order) return dt_fail_memory(err, (size_t)places * sizeof *order, "the order of an epoch");
    dt_status st = dt_loader_order(run->loader, epoch, order, err);
    int64_t shown = 0;
    *place = places;
    for (int64_t i = places - 1; i >= 0 && st == DT_OK; i--)
        if (order[i].index == index) {
            *place = i;
            shown++;
        }
    dt_free(order);
    if (shown > 1)
        dt_cli_info(
            "epoch %lld shows sample %lld %lld times; this is the first, --step and --slot name the others",
            (long long)epoch + 1, (long long)index, (long long)shown);
    if (st == DT_OK && *place == places)
        return dt_fail(err, DT_ERR_NOT_FOUND,
                       "epoch %lld does not show sample %lld: the sampler did not draw it",
                       (long long)epoch + 1, (long long)index);
    if (st == DT_OK && *place / run->loading.batch >= dt_loader_batches(run->loader))
        return dt_fail(err, DT_ERR_NOT_FOUND,
                       "epoch %lld leaves out sample %lld (its last batch is not full)", (long long)epoch + 1,
                       (long long)index);
    return st;
}

/* Epoch, batch and slot (all from 0) that the options name. */
static dt_status locate(const dt_train_run *run, const replay *r, int64_t *epoch, int64_t *batch,
                        int64_t *slot, dt_error *err)
{
    int64_t batches = dt_loader_batches(run->loader);
    if (r->step >= 0) {
        *epoch = r->step / batches;
        *batch = r->step % batches;
        *slot = r->slot;
    } else {
        int64_t index = 0, place = 0;
        *epoch = r->epoch - 1;
        DT_TRY(find_sample(run, r->sample, &index, err));
        DT_TRY(find_place(run, *epoch, index, &place, err));
        *batch = place / run->loading.batch;
        *slot = place % run->loading.batch;
    }
    if (*epoch < run->opts.epochs) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "the run has %lld epochs of %lld steps", (long long)run->opts.epochs,
                   (long long)batches);
}

static void print_place(const dt_train_run *run, const dt_batch *batch, int slot, const char *out)
{
    dt_cli_printf_safe(stdout, "epoch %lld, batch %lld, slot %d: %s; ", (long long)batch->epoch + 1,
                       (long long)batch->number, slot, run->task->record_name(run, batch->indices[slot]));
    if (batch->classes[slot] >= 0)
        dt_cli_printf_safe(stdout, "%s", run->task->class_name(run, batch->classes[slot]));
    else
        printf("%zu boxes", batch->label_begin[slot + 1] - batch->label_begin[slot]);
    dt_cli_printf_safe(stdout, "; written to %s", out);
    putchar('\n');
}

static dt_status show(const dt_train_run *run, const replay *r, const dt_replay_proof *proof, dt_error *err)
{
    int64_t epoch = 0, number = 0, slot = 0;
    const dt_batch *batch;
    const char *unproven;
    DT_TRY(locate(run, r, &epoch, &number, &slot, err));
    DT_TRY(dt_loader_start(run->loader, epoch, number, err));
    DT_TRY(dt_loader_next(run->loader, &batch, err));
    if (slot >= batch->count)
        return dt_fail(err, DT_ERR_ARG, "--slot %lld: the batch has pictures 0..%d", (long long)slot,
                       batch->count - 1);
    DT_TRY(dt_replay_prove(run, proof, batch, &unproven, err));
    if (unproven) dt_cli_warn("not proven to be what the network was given: %s", unproven);
    dt_str text = {0}, steps = {0};
    dt_status st = dt_replay_write(run, batch, (int)slot, r->out, unproven, &text, err);
    if (st == DT_OK && !r->json) st = dt_replay_explain(run, batch, (int)slot, &steps, err);
    if (st == DT_OK && r->json) {
        fputs(text.data, stdout);
    } else if (st == DT_OK) {
        print_place(run, batch, (int)slot, r->out);
        if (steps.len) fputs(steps.data, stdout);
    }
    dt_str_free(&text);
    dt_str_free(&steps);
    return st;
}

/* ---- --verify ---- */

/* The row's batch: the loader goes on where it stands, or is sent there. */
static dt_status batch_of_row(const dt_train_run *run, const dt_batch_row *row, const dt_batch_row *before,
                              const dt_batch **batch, dt_error *err)
{
    if (row->epoch > run->opts.epochs)
        return dt_fail(err, DT_ERR_STATE, "epoch %lld, batch %lld: the run has %lld epochs",
                       (long long)row->epoch, (long long)row->batch, (long long)run->opts.epochs);
    if (!before || before->epoch != row->epoch || before->batch + 1 != row->batch)
        DT_TRY(dt_loader_start(run->loader, row->epoch - 1, row->batch, err));
    return dt_loader_next(run->loader, batch, err);
}

static dt_status verify_rows(const dt_train_run *run, const replay *r, const dt_batch_row *rows, size_t count,
                             int64_t *done, dt_error *err)
{
    const dt_batch_row *before = NULL;
    dt_status st = DT_OK;
    dt_progress bar;
    dt_progress_begin(&bar, "verify", (int64_t)count);
    for (size_t i = 0; i < count && st == DT_OK; i++) {
        if (r->epoch > 0 && rows[i].epoch != r->epoch) continue;
        const dt_batch *batch;
        st = batch_of_row(run, &rows[i], before, &batch, err);
        if (st == DT_OK) st = dt_replay_compare(run, &rows[i], batch, err);
        before = &rows[i];
        *done += st == DT_OK;
        dt_progress_step(&bar, (int64_t)i + 1, " ");
    }
    dt_progress_end(&bar);
    return st;
}

static dt_status report_verified(const replay *r, int64_t done, dt_error *err)
{
    if (!r->json) {
        printf("%lld batches are the same bytes as in training\n", (long long)done);
        return DT_OK;
    }
    dt_str text = {0};
    dt_json j = dt_json_begin(&text, 2);
    dt_json_object(&j);
    dt_json_key(&j, "batches"), dt_json_int(&j, done);
    dt_json_key(&j, "equal"), dt_json_bool(&j, 1);
    dt_json_object_end(&j);
    dt_status st = text.failed ? dt_fail_memory(err, text.len, "the result") : DT_OK;
    if (st == DT_OK) puts(text.data);
    dt_str_free(&text);
    return st;
}

static dt_status verify(const dt_train_run *run, const replay *r, const dt_replay_proof *proof, dt_error *err)
{
    int64_t done = 0;
    if (!proof->has_hashes)
        return dt_fail(err, DT_ERR_NOT_FOUND, "%s: no such file%s", proof->path,
                       run->opts.hash_batches ? ", though the run was made with --hash-batches"
                                              : ": the run has no hashes; train with --hash-batches");
    DT_TRY(dt_replay_check_rows(run, proof, err));
    DT_TRY(verify_rows(run, r, proof->rows, proof->count, &done, err));
    if (done == 0 && r->epoch > 0)
        return dt_fail(err, DT_ERR_NOT_FOUND, "%s: no batch of epoch %lld", proof->path, (long long)r->epoch);
    if (done == 0) return dt_fail(err, DT_ERR_NOT_FOUND, "%s: no batch", proof->path);
    return report_verified(r, done, err);
}

/* ---- the command ---- */

/* -1: the options fit together. */
static int check_usage(const replay *r)
{
    const dt_command *c = &dt_cmd_replay;
    if (r->verify) {
        if (r->sample || r->step >= 0 || r->slot >= 0 || r->out)
            return dt_cli_usage_error(c, "--verify goes with --epoch, --data, --workers and --json only");
        return -1;
    }
    if (!r->out) return dt_cli_usage_error(c, "--out DIR is needed (or --verify)");
    int by_sample = r->sample != NULL, by_step = r->step >= 0;
    if (by_sample == by_step)
        return dt_cli_usage_error(c, "either --epoch E --sample I or --step S --slot K says which picture");
    if (by_sample && (r->epoch < 1 || r->slot >= 0))
        return dt_cli_usage_error(c, "--sample goes with --epoch and without --slot");
    if (by_step && (r->slot < 0 || r->epoch > 0))
        return dt_cli_usage_error(c, "--step goes with --slot and without --epoch");
    return -1;
}

static dt_status replay_run(const char *dir, const replay *r, dt_error *err)
{
    dt_train_run run = {0};
    void *keep = NULL;
    dt_status st = dt_train_read_opts(dir, &run.opts, &run.task, &keep, err);
    if (st == DT_OK) {
        if (r->data) run.opts.data = r->data;
        run.opts.device = "cpu"; /* batches do not depend on it */
        run.opts.workers = r->verify ? r->workers : 0;
        st = dt_train_setup_batches(&run, err);
    }
    dt_replay_proof proof = {0};
    if (st == DT_OK) st = dt_replay_proof_read(&run, &proof, err);
    if (st == DT_OK && proof.has_mark && !proof.same_data)
        dt_cli_warn("%s: the data are not those that the run was made with", run.opts.data);
    if (st == DT_OK) st = r->verify ? verify(&run, r, &proof, err) : show(&run, r, &proof, err);
    dt_replay_proof_free(&proof);
    dt_train_free(&run);
    dt_options_free(keep);
    return st;
}

static int run(int argc, char **argv)
{
    replay r = {.step = -1, .slot = -1, .workers = 1};
    const char *operands[1];
    const dt_opt opts[] = {
        {"epoch", NULL, DT_OPT_INT, &r.epoch, 0, 1000000, NULL, "E", "epoch, from 1; with --verify 0: all"},
        {"sample", NULL, DT_OPT_STR, &r.sample, 0, 0, NULL, "I",
         "picture of the training split: its number, from 0, or its file: the name, or more of the end of "
         "the path"},
        {"step", NULL, DT_OPT_INT, &r.step, 0, 9e15, NULL, "S", "optimizer step, from 0"},
        {"slot", NULL, DT_OPT_INT, &r.slot, 0, 4096, NULL, "K", "place in the batch of that step, from 0"},
        {"out", "o", DT_OPT_STR, &r.out, 0, 0, NULL, "DIR", "folder for the pictures"},
        {"verify", NULL, DT_OPT_FLAG, &r.verify, 0, 0, NULL, NULL,
         "make all batches again and compare them with RUN/batches.csv"},
        {"data", NULL, DT_OPT_STR, &r.data, 0, 0, NULL, "PATH", "where the data set lies now"},
        {"workers", NULL, DT_OPT_INT, &r.workers, 0, 256, NULL, "N", "loader threads of --verify"},
        {"json", NULL, DT_OPT_FLAG, &r.json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {0},
    };
    int count;
    int rc = dt_cli_parse(&dt_cmd_replay, opts, argc, argv, operands, 1, &count);
    if (rc >= 0) return rc;
    if (count != 1) return dt_cli_usage_error(&dt_cmd_replay, "the folder of one RUN is needed");
    rc = check_usage(&r);
    if (rc >= 0) return rc;
    if (dt_cli_typed(opts, "workers") && !r.verify)
        return dt_cli_usage_error(&dt_cmd_replay, "--workers goes with --verify");
    dt_error err = {0};
    return replay_run(operands[0], &r, &err) == DT_OK ? DT_EXIT_OK : dt_cli_fail(&dt_cmd_replay, &err);
}

const dt_command dt_cmd_replay = {
    .name = "replay",
    .usage = "dettool replay RUN --epoch E --sample I --out DIR\n"
             "       dettool replay RUN --step S --slot K --out DIR\n"
             "       dettool replay RUN --verify [--epoch E]",
    .summary = "show what the network was given in training, or prove it",
    .details =
        "Makes a picture of a training again from RUN/args.json and the data, exactly as the network got it, "
        "and "
        "writes\n"
        "DIR/epoch<E>_batch<B>_slot<K>.png (the input itself), .boxes.png (labels drawn) and .json: boxes, "
        "the "
        "files that it\n"
        "was made of with their labels, and what the augmentation drew.\n\n"
        "With train --hash-batches the batch is compared with its SHA-256; without, the data with the names, "
        "labels and\n"
        "marks of files that the run has stored, and a warning says that nothing is proven. What differs is "
        "an error.\n\n"
        "--verify makes every batch again and compares its SHA-256 with RUN/batches.csv, which train "
        "--hash-batches wrote;\n"
        "exit 1 names the first batch that differs, for example because a picture or a label has changed "
        "since.\n\n"
        "Examples:\n"
        "  dettool replay runs/voc --epoch 3 --sample 000017.jpg --out seen\n"
        "  dettool replay runs/voc --step 1234 --slot 0 --out seen --json\n"
        "  dettool train --data data/voc/data.yaml --hash-batches --out runs/voc && dettool replay runs/voc "
        "--verify",
    .run = run,
};
