/* torch.optim.SGD:  g += wd p;  b = g at first, then  m b + (1 - dampening) g;  nesterov: g += m b, else g =
 * b; p -= lr g. */
#include "core/cpu.h"
#include "core/optim_impl.h"

static int states(const dt_group_opts *opts)
{
    return opts->momentum != 0;
}

DT_CLONES static void plain(float *restrict p, const float *restrict g, int64_t n, float lr, float wd)
{
    for (int64_t i = 0; i < n; i++)
        p[i] -= lr * (g[i] + wd * p[i]);
}

DT_CLONES static void with_momentum(float *restrict p, const float *restrict g, float *restrict b, int64_t n,
                                    float lr, float wd, float m, float take, int nesterov)
{
    for (int64_t i = 0; i < n; i++) {
        float d = g[i] + wd * p[i];
        b[i] = m * b[i] + take * d;
        p[i] -= lr * (nesterov ? d + m * b[i] : b[i]);
    }
}

static void update(const dt_optim_update *u, int64_t begin, int64_t end)
{
    const dt_group_opts *o = &u->opts;
    float lr = (float)o->lr, wd = (float)o->weight_decay, m = (float)o->momentum;
    if (o->momentum == 0) {
        plain(u->p + begin, u->g + begin, end - begin, lr, wd);
        return;
    }
    float take = u->fresh ? 1 : (float)(1 - o->dampening); /* a new b is 0 */
    with_momentum(u->p + begin, u->g + begin, u->state[0] + begin, end - begin, lr, wd, m, take, o->nesterov);
}

const dt_optim_rule dt_optim_sgd = {"SGD", {"momentum"}, states, update};
