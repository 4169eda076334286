/** What core/optim*.c and clip.c share. */
#ifndef DT_CORE_OPTIM_IMPL_H
#define DT_CORE_OPTIM_IMPL_H

#include "core/optim.h"

enum { DT_OPTIM_STATES = 2 };

/** Elements a chunk of work: results of reductions depend on it, so it never changes. */
enum { DT_OPTIM_GRAIN = 1 << 14 };

typedef struct dt_optim_param {
    char *name;
    dt_tensor *tensor;
    int group;
    int64_t steps;                     /* updates so far */
    dt_tensor *state[DT_OPTIM_STATES]; /* of the tensor's shape; NULL until needed */
} dt_optim_param;

/** One update of one parameter, `step` counted from 1. */
typedef struct dt_optim_update {
    dt_group_opts opts;
    int64_t step;
    float *p, *state[DT_OPTIM_STATES];
    const float *g;
    int fresh; /* state[0] did not exist before: PyTorch's first momentum is the gradient itself */
} dt_optim_update;

/** An algorithm. */
typedef struct dt_optim_rule {
    const char *name;
    const char *state_names[DT_OPTIM_STATES];
    /** How many states these options need. */
    int (*states)(const dt_group_opts *opts);
    /** Elements [begin, end). */
    void (*update)(const dt_optim_update *u, int64_t begin, int64_t end);
} dt_optim_rule;

extern const dt_optim_rule dt_optim_sgd, dt_optim_adam, dt_optim_adamw, dt_optim_rmsprop, dt_optim_adagrad;

typedef struct dt_optim_group_data {
    char *name;
    dt_group_opts opts;
} dt_optim_group_data;

struct dt_optim {
    dt_optim_kind kind;
    const dt_optim_rule *rule;
    dt_optim_group_data *groups;
    size_t group_count, group_capacity;
    dt_optim_param *params;
    size_t count, capacity;
};

/** The gradient that would be used, or NULL: frozen parameters have none. */
static inline dt_tensor *dt_optim_grad(const dt_optim_param *p)
{
    return p->tensor->requires_grad ? p->tensor->grad : NULL;
}

/** DT_OK if p and its gradient are float32, contiguous, of one shape and on the CPU. */
dt_status dt_optim_check(dt_ctx *ctx, const dt_optim *o, const dt_optim_param *p);

#endif
