/* torch.optim.Adam and AdamW:  Adam: g += wd p;  AdamW: p *= 1 - lr wd;  m += (1 - beta1) (g - m);
 * v = beta2 v + (1 - beta2) g g;  p -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps). */
#include <math.h>

#include "core/cpu.h"
#include "core/optim_impl.h"

static int states(const dt_group_opts *opts)
{
    (void)opts;
    return 2;
}

typedef struct factors {
    float decay, wd, take1, beta2, take2, root, eps, size;
} factors;

DT_CLONES static void run(float *restrict p, const float *restrict g, float *restrict m, float *restrict v,
                          int64_t n, factors f)
{
    for (int64_t i = 0; i < n; i++) {
        float x = p[i] * f.decay, d = g[i] + f.wd * x;
        float mean = m[i] + f.take1 * (d - m[i]);
        float square = f.beta2 * v[i] + f.take2 * d * d;
        m[i] = mean;
        v[i] = square;
        p[i] = x - f.size * mean / (sqrtf(square) / f.root + f.eps);
    }
}

static void update(const dt_optim_update *u, int64_t begin, int64_t end, double decay, double wd)
{
    const dt_group_opts *o = &u->opts;
    double t = (double)u->step;
    factors f = {.decay = (float)decay,
                 .wd = (float)wd,
                 .take1 = (float)(1 - o->beta1),
                 .beta2 = (float)o->beta2,
                 .take2 = (float)(1 - o->beta2),
                 .root = (float)sqrt(1 - pow(o->beta2, t)),
                 .eps = (float)o->eps,
                 .size = (float)(o->lr / (1 - pow(o->beta1, t)))};
    run(u->p + begin, u->g + begin, u->state[0] + begin, u->state[1] + begin, end - begin, f);
}

static void update_adam(const dt_optim_update *u, int64_t begin, int64_t end)
{
    update(u, begin, end, 1, u->opts.weight_decay);
}

static void update_adamw(const dt_optim_update *u, int64_t begin, int64_t end)
{
    update(u, begin, end, 1 - u->opts.lr * u->opts.weight_decay, 0);
}

const dt_optim_rule dt_optim_adam = {"Adam", {"exp_avg", "exp_avg_sq"}, states, update_adam};
const dt_optim_rule dt_optim_adamw = {"AdamW", {"exp_avg", "exp_avg_sq"}, states, update_adamw};
