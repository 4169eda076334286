/** Optimizers, learning-rate schedules, gradient clipping, weight averaging. */
#ifndef DT_CORE_OPTIM_H
#define DT_CORE_OPTIM_H

#include "core/module.h"
#include "core/safetensors.h"

typedef enum dt_optim_kind { DT_SGD, DT_ADAMW, DT_ADAM, DT_RMSPROP, DT_ADAGRAD } dt_optim_kind;

/** Options of one group of parameters; PyTorch's meaning and formulas. */
typedef struct dt_group_opts {
    double lr, weight_decay;
    double momentum, dampening; /* SGD; momentum also RMSprop */
    int nesterov;               /* SGD */
    double beta1, beta2, eps;   /* Adam, AdamW; eps also RMSprop and Adagrad */
    double alpha;               /* RMSprop */
    double lr_decay;            /* Adagrad */
} dt_group_opts;
dt_group_opts dt_group_defaults(dt_optim_kind kind); /* PyTorch's */
const char *dt_optim_kind_name(dt_optim_kind kind);  /* "AdamW" */

typedef struct dt_optim dt_optim;
dt_optim *dt_optim_create(dt_ctx *ctx, dt_optim_kind kind);
void dt_optim_destroy(dt_optim *o);

/** New group; `name` shows in logs. Returns its index, -1 on failure: options out of PyTorch's ranges are
 *  DT_ERR_ARG. */
int dt_optim_add_group(dt_ctx *ctx, dt_optim *o, const char *name, const dt_group_opts *opts);
/** A float32 parameter under its full name (the key of its state in checkpoints), once. Retained by the
 * optimizer. */
dt_status dt_optim_add_param(dt_ctx *ctx, dt_optim *o, int group, const char *full_name, dt_tensor *param);
int dt_optim_group_count(const dt_optim *o);
dt_group_opts *dt_optim_group(dt_optim *o, int group); /* change lr, momentum between steps */
const char *dt_optim_group_name(const dt_optim *o, int group);

/** One update of every parameter that requires a gradient and has one. Frozen parameters do not move, not
 * even by decay or momentum. Results are the same bits for any number of threads. On failure no parameter has
 * moved. On the CPU only. */
dt_status dt_optim_step(dt_ctx *ctx, dt_optim *o);
void dt_optim_zero_grad(dt_optim *o);

/** Scales all gradients so that their common 2-norm is at most max_norm (torch.nn.utils.clip_grad_norm_);
 * returns the norm before in *norm. Not finite: DT_ERR_STATE naming the first parameter whose gradient is
 * not. */
dt_status dt_optim_clip_norm(dt_ctx *ctx, dt_optim *o, double max_norm, double *norm);

/** State (step counts, momenta) under names "optim.<full name>.<kind>" and the optimizer's name as metadata;
 * exact bytes. Loading wants the same kind of optimizer and every parameter; on failure the state stays as it
 * was. */
dt_status dt_optim_save(dt_ctx *ctx, dt_optim *o, dt_st_writer *w);
dt_status dt_optim_load(dt_ctx *ctx, dt_optim *o, const dt_st_file *file);

/** Learning-rate factor as a pure function of the step: nothing to save.
 *
 * factor(step) = warm(step) * main(step). warm goes linearly from warmup_start at step 0 to 1 at
 * warmup_steps. With t = (step - warmup_steps) / (total_steps - warmup_steps) in [0, 1] main is
 *   constant   1
 *   linear     1 - t (1 - final_factor)                                       (LinearLR)
 *   cosine     final_factor + (1 - final_factor) (1 + cos(pi t)) / 2          (CosineAnnealingLR)
 *   poly       final_factor + (1 - final_factor) (1 - t)^power                (PolynomialLR, with final_factor 0)
 * and, counted from step 0,
 *   step       gamma ^ floor(step / step_size)                                (StepLR; ExponentialLR with step_size 1)
 *   multistep  gamma ^ (number of milestones <= step)                         (MultiStepLR)
 * with torch.optim.lr_scheduler's names in brackets. Theirs count what they are stepped by, as a rule epochs: step_size
 * and milestones are then multiples of the steps of an epoch. */
typedef enum dt_schedule_kind {
    DT_SCHED_CONSTANT,
    DT_SCHED_COSINE,
    DT_SCHED_LINEAR,
    DT_SCHED_POLY,
    DT_SCHED_STEP,
    DT_SCHED_MULTISTEP,
} dt_schedule_kind;
enum { DT_SCHEDULE_MILESTONES = 64 };
typedef struct dt_schedule {
    dt_schedule_kind kind;
    int64_t warmup_steps, total_steps;
    double warmup_start; /* factor at step 0 */
    double final_factor; /* lrf: factor at the end (cosine, linear, poly) */
    double power;        /* poly */
    double gamma;        /* step, multistep: factor each time */
    int64_t step_size;   /* step: >= 1 */
    int64_t milestones[DT_SCHEDULE_MILESTONES];
    int milestone_count;
} dt_schedule;
double dt_schedule_factor(const dt_schedule *s, int64_t step);

/** Exponential moving average of a module's parameters and float buffers: e += (1 - d) (m - e) with
 *  d = decay (1 - exp(-updates / tau)), updates counted from 1 (tau 0: d = decay); other buffers are copied,
 * frozen parameters too. Starts as a copy. The module must not be changed by surgery meanwhile. On the CPU
 * only. */
typedef struct dt_ema dt_ema;
dt_ema *dt_ema_create(dt_ctx *ctx, dt_module *m, double decay, double tau);
void dt_ema_destroy(dt_ema *e);
dt_status dt_ema_update(dt_ctx *ctx, dt_ema *e);
int64_t dt_ema_updates(const dt_ema *e);
/** Exchanges the module's values with the averages (twice: as before); costs nothing. No update or save in
 * between. */
dt_status dt_ema_swap(dt_ctx *ctx, dt_ema *e);
/** Under "ema.<full name>" (a state dict with the prefix "ema."), the number of updates under "ema_updates".
 * Loading is all or nothing. */
dt_status dt_ema_save(dt_ctx *ctx, dt_ema *e, dt_st_writer *w);
dt_status dt_ema_load(dt_ctx *ctx, dt_ema *e, const dt_st_file *file);

#endif
