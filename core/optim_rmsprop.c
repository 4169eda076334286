/* torch.optim.RMSprop:  g += wd p;  v = alpha v + (1 - alpha) g g;  d = g / (sqrt(v) + eps);
 * with momentum  b = momentum b + d,  p -= lr b;  else  p -= lr d. */
#include <math.h>

#include "core/cpu.h"
#include "core/optim_impl.h"

static int states(const dt_group_opts *opts)
{
    return opts->momentum > 0 ? 2 : 1;
}

typedef struct factors {
    float lr, wd, alpha, take, eps, momentum;
} factors;

DT_CLONES static void plain(float *restrict p, const float *restrict g, float *restrict v, int64_t n,
                            factors f)
{
    for (int64_t i = 0; i < n; i++) {
        float d = g[i] + f.wd * p[i];
        v[i] = f.alpha * v[i] + f.take * d * d;
        p[i] -= f.lr * d / (sqrtf(v[i]) + f.eps);
    }
}

DT_CLONES static void with_momentum(float *restrict p, const float *restrict g, float *restrict v,
                                    float *restrict b, int64_t n, factors f)
{
    for (int64_t i = 0; i < n; i++) {
        float d = g[i] + f.wd * p[i];
        v[i] = f.alpha * v[i] + f.take * d * d;
        b[i] = f.momentum * b[i] + d / (sqrtf(v[i]) + f.eps);
        p[i] -= f.lr * b[i];
    }
}

static void update(const dt_optim_update *u, int64_t begin, int64_t end)
{
    const dt_group_opts *o = &u->opts;
    factors f = {(float)o->lr,          (float)o->weight_decay, (float)o->alpha,
                 (float)(1 - o->alpha), (float)o->eps,          (float)o->momentum};
    if (o->momentum > 0)
        with_momentum(u->p + begin, u->g + begin, u->state[0] + begin, u->state[1] + begin, end - begin, f);
    else
        plain(u->p + begin, u->g + begin, u->state[0] + begin, end - begin, f);
}

const dt_optim_rule dt_optim_rmsprop = {"RMSprop", {"square_avg", "momentum"}, states, update};
