/* torch.optim.Adagrad:  g += wd p;  s += g g;  p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps). */
#include <math.h>

#include "core/cpu.h"
#include "core/optim_impl.h"

static int states(const dt_group_opts *opts)
{
    (void)opts;
    return 1;
}

DT_CLONES static void run(float *restrict p, const float *restrict g, float *restrict s, int64_t n, float lr,
                          float wd, float eps)
{
    for (int64_t i = 0; i < n; i++) {
        float d = g[i] + wd * p[i];
        s[i] += d * d;
        p[i] -= lr * d / (sqrtf(s[i]) + eps);
    }
}

static void update(const dt_optim_update *u, int64_t begin, int64_t end)
{
    const dt_group_opts *o = &u->opts;
    double lr = o->lr / (1 + (double)(u->step - 1) * o->lr_decay);
    run(u->p + begin, u->g + begin, u->state[0] + begin, end - begin, (float)lr, (float)o->weight_decay,
        (float)o->eps);
}

const dt_optim_rule dt_optim_adagrad = {"Adagrad", {"sum"}, states, update};
