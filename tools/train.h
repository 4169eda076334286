/** Training: settings, the loop, its files. What is learned is a task (tools/train_task.h): detection or classification.
 *
 * DIR/args.json        every setting of the run
 * DIR/results.csv      a row an epoch; results.png and the TensorBoard events show the same
 * DIR/last.safetensors, best.safetensors   models that eval and infer take (averaged weights)
 * DIR/state.safetensors, state.prev.safetensors   where to go on: raw weights, optimizer, averages, counters
 * DIR/best.state.safetensors   with --best-state: the same of the best epoch. In the place of state.safetensors it lets
 *                      --resume go on from there
 *
 * DIR/batches.csv      with --hash-batches: SHA-256 of every batch
 * train_batch0.jpg     the first batch as the network sees it, with its labels
 *
 * A run is a pure function of (settings, data): neither threads nor workers nor interruptions change a bit of the
 * result. The state is written after every epoch, every save_minutes and on SIGINT or SIGTERM (a second one ends the
 * process at once); what was done after it is done again by --resume. */
#ifndef DT_TOOLS_TRAIN_H
#define DT_TOOLS_TRAIN_H

#include <dirent.h>

#include "core/device.h"
#include "core/optim.h"
#include "core/sha256.h"
#include "datasets/loader/loader.h"
#include "tools/cli.h"
#include "tools/train_task.h"

typedef struct dt_train_opts {
    int asks_split; /* --val-fraction or --split-seed was typed */
    const char *data, *model, *weights, *out, *device, *optimizer, *schedule, *lr_milestones, *sampler;
    int64_t epochs, batch, imgsz, workers, threads, seed, patience, val_interval, cache_mib, num_samples,
        lr_step;
    double lr0, lrf, lr_gamma, lr_power, momentum, weight_decay, warmup_epochs, clip, ema_decay, ema_tau,
        save_minutes;
    dt_opt_list freeze, lr;
    int strict, json, force, hash_batches, drop_last, nesterov, decay_all, best_state;
    /* detection */
    const char *mixup_style, *box_rule;
    int64_t close_mosaic;
    double multi_scale;
    dt_augment_opts aug;
    /* both */
    int reduced_decode;
    /* classification */
    const char *head, *transforms, *val_transforms;
    double label_smoothing, val_fraction;
    int64_t split_seed;
} dt_train_opts;

/** One row of results.csv. */
typedef struct dt_train_row {
    int64_t epoch; /* from 1 */
    double seconds, lr;
    int validated;
    double losses[DT_TRAIN_LOSSES], scores[DT_TRAIN_SCORES]; /* as many as the task has */
} dt_train_row;

/** Where a run stands: all that a resumed run needs beside tensors. */
typedef struct dt_train_progress {
    int64_t epoch, batch;           /* the next batch to train on */
    int64_t step;                   /* optimizer steps done */
    double best;                    /* fitness of best.safetensors; -1: none yet */
    int64_t best_epoch;             /* from 1; 0: none */
    double losses[DT_TRAIN_LOSSES]; /* sums over the pictures of this epoch so far */
    double seconds;                 /* spent on this epoch so far */
} dt_train_progress;

typedef struct dt_train_run {
    dt_train_opts opts;
    const char *args; /* text of args.json for a new run; the caller's */
    const dt_train_task *task;
    void *self; /* the task's */
    DIR *lock;  /* DIR, locked against a second process */
    dt_ctx *ctx;
    int64_t images;   /* of the training split */
    int has_val;      /* there is something to validate on */
    int state_is_bad; /* state.safetensors as it lies there was not taken */
    uint64_t data_hash;
    dt_module *net; /* the task's */
    dt_optim *optim;
    double *base_lr; /* of each group */
    dt_ema *ema;
    dt_loader *loader;
    double *sample_weights; /* of a class-balanced sampler */
    int hash_fd;            /* of batches.csv, 0: not open */
    dt_loader_opts loading; /* that the loader was made with */
    dt_schedule schedule;
    dt_train_progress at;
    dt_train_row *rows;
    size_t row_count, row_capacity;
} dt_train_run;

/** Trains to the end; run->opts and run->task are set. resume: opts come from DIR/args.json and the state in
 *  DIR is taken up; DT_ERR_STATE if the data are not those of the state. DT_ERR_INTERRUPTED after a signal,
 *  with the state written. */
dt_status dt_train(dt_train_run *run, int resume, dt_error *err);
void dt_train_free(dt_train_run *run);

/* --- train_rehearse.c --- */
/** Where a start could go wrong after it has begun: makes a run of its own of the same options and takes the
 *  gradients of the batches in question, leaving nothing behind. They are the first one of a run that takes
 *  another's place (--force), whose state must have room beside the old one, so that that is not lost for
 *  nothing; and a last one of a single picture, of which batch normalization cannot always compute.
 *  `replaces`: DIR holds a run. */
dt_status dt_train_rehearse(const dt_train_run *run, int replaces, dt_error *err);

/* --- train_loop.c, for the rehearsal --- */
/** Forward and backward pass of a batch: gradients, and the numbers of the log. */
dt_status dt_train_differentiate(dt_train_run *run, const dt_batch *batch, double parts[DT_TRAIN_LOSSES]);

/* --- train_options.c --- */
enum { DT_TRAIN_TABLE = 96 }; /* options of the command, with the end */
dt_train_opts dt_train_defaults(void);
/** The options of all tasks; *resume is no setting of a run. */
void dt_train_table(dt_train_opts *opts, const char **resume, dt_opt table[DT_TRAIN_TABLE]);
/** Those that a task has, in the order of args.json. */
void dt_train_task_table(const dt_train_task *task, const dt_opt *table, dt_opt out[DT_TRAIN_TABLE]);
/** The task that the model is for; NULL with the message of an unknown model. */
const dt_train_task *dt_train_find_task(const char *model, dt_error *err);
/** Options that were typed and would not be looked at: usage. Fills in what depends on others, and checks the
 *  rest. Both return -1 to go on, or an exit code. */
int dt_train_check_typed(const dt_train_task *task, const dt_opt *table, const dt_train_opts *opts);
int dt_train_complete(const dt_train_task *task, dt_train_opts *opts);
/** "10,20" as epochs[0..*count), rising; room for DT_SCHEDULE_MILESTONES. */
dt_status dt_train_milestones(const char *text, int64_t *epochs, int *count, dt_error *err);
/** The options of the run in `dir` from its args.json, and its task; opts->out = dir. Texts point into *keep
 *  (dt_options_free). */
dt_status dt_train_read_args(const dt_opt *table, const char *dir, dt_train_opts *opts,
                             const dt_train_task **task, void **keep, dt_error *err);
dt_status dt_train_read_opts(const char *dir, dt_train_opts *opts, const dt_train_task **task, void **keep,
                             dt_error *err);

/* --- train_setup.c: everything before the first step --- */
/** take_weights: 0 leaves --weights alone, since a state comes in their place. */
dt_status dt_train_setup(dt_train_run *run, int take_weights, dt_error *err);

/** Only what makes the batches: data, network, loader. The message of a failure is in *err. */
dt_status dt_train_setup_batches(dt_train_run *run, dt_error *err);

/* --- train_hashes.c: DIR/batches.csv, a row a batch: step (from 0), epoch (from 1), batch (from 0), SHA-256
 * --- */
typedef struct dt_batch_row {
    int64_t step, epoch, batch;
    char sha256[DT_SHA256_TEXT];
} dt_batch_row;

/** Cuts the file to the batches before run->at, so that --resume goes on where the state stands, and opens
 *  it. Does nothing without --hash-batches. */
dt_status dt_train_hashes_open(dt_train_run *run);
dt_status dt_train_hashes_add(dt_train_run *run, const dt_batch *batch);
/** The rows lie on the disk before a state that counts them. */
dt_status dt_train_hashes_sync(dt_train_run *run);
/** The first `most` whole rows; free *rows with dt_free. A last line that was cut off by a kill is left out; anything else
 *  that is not a row is DT_ERR_FORMAT naming file and line. */
dt_status dt_train_hashes_read(const char *path, int64_t most, dt_batch_row **rows, size_t *count,
                               dt_error *err);

/* --- train_groups.c --- */
/** Parameter groups: weights with decay, biases and norms without; an own pair of groups a --lr
 * PATTERN=VALUE. */
dt_status dt_train_make_groups(dt_train_run *run);

/* --- train_state.c --- */
/** 1 if DIR holds a state of either generation. */
int dt_train_has_state(const dt_train_run *run);
/** What the state in DIR says of the run. DT_ERR_NOT_FOUND: there is none. */
typedef struct dt_train_mark {
    int64_t epoch, batch, step; /* the next batch; optimizer steps done */
    char data_hash[24];
} dt_train_mark;
dt_status dt_train_read_mark(const dt_train_run *run, dt_train_mark *mark, dt_error *err);
/** 1 if the data that the run has read are those of the mark, as far as names, labels and dt_file_mark tell. */
int dt_train_same_data(const dt_train_run *run, const dt_train_mark *mark);

/** Keeps other processes out of DIR until dt_train_free or the end of the process; DT_ERR_STATE if one is in
 * there. */
dt_status dt_train_lock(dt_train_run *run);
/** Makes DIR, locks it, writes args.json and the first state. The files of a run that is written over go
 *  first, its state before all others, so that nothing of it is ever taken for this run's, whenever this one
 *  is killed. */
dt_status dt_train_begin(dt_train_run *run);
dt_status dt_train_save_state(dt_train_run *run);
/** Whether there is room for a state in DIR beside what is there: writes one and removes it. */
dt_status dt_train_try_state(dt_train_run *run);
/** Writes best.state.safetensors if the run stands at the end of its best epoch (with --best-state). */
dt_status dt_train_keep_best(dt_train_run *run);
/** From state.safetensors, else (with a warning) from the generation before it; without any (the run was
 *  killed before its first state) the beginning is written. */
dt_status dt_train_load_state(dt_train_run *run);
/** Removes what a killed process left half-written in DIR. */
dt_status dt_train_clean(dt_train_run *run);
/** DIR/<name> of the run; NULL when out of memory. */
char *dt_train_path(const dt_train_run *run, const char *name);

/* --- train_log.c --- */
/** results.csv, results.png and the TensorBoard events, all from the rows. */
dt_status dt_train_write_logs(dt_train_run *run);
void dt_train_print_row(const dt_train_run *run, const dt_train_row *row);

/* --- train_picture.c --- */
/** "a.jpg, b.jpg, ...": the pictures of a batch, for messages; those that do not fit in `size` are "...". */
void dt_train_name_pictures(const dt_train_run *run, const dt_batch *batch, char *out, size_t size);

/** A picture of a batch as bytes: the inverse of dt_image_to_planes. */
dt_status dt_train_picture(const dt_batch *batch, int picture, const dt_loader_opts *loading, dt_image *out,
                           dt_error *err);
/** DIR/train_batch0.jpg: the pictures of a batch, at most 16, with their labels. */
dt_status dt_train_draw_batch(const dt_train_run *run, const dt_batch *batch, dt_error *err);

#endif
