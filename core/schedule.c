#include <math.h>

#include "core/optim.h"

static double main_factor(const dt_schedule *s, int64_t step)
{
    int64_t span = s->total_steps - s->warmup_steps;
    double t = span > 0 ? (double)(step - s->warmup_steps) / (double)span : step >= s->total_steps;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double factor = 1;
    switch (s->kind) {
    case DT_SCHED_CONSTANT:
        break;
    case DT_SCHED_LINEAR:
        factor = 1 - t * (1 - s->final_factor);
        break;
    case DT_SCHED_COSINE:
        factor = s->final_factor + (1 - s->final_factor) * (1 + cos(3.14159265358979323846 * t)) / 2;
        break;
    case DT_SCHED_POLY:
        factor = s->final_factor + (1 - s->final_factor) * pow(1 - t, s->power);
        break;
    case DT_SCHED_STEP:
        factor = pow(s->gamma, (double)(step / s->step_size));
        break;
    case DT_SCHED_MULTISTEP:
        for (int i = 0; i < s->milestone_count; i++)
            if (step >= s->milestones[i]) factor *= s->gamma;
        break;
    }
    return factor;
}

double dt_schedule_factor(const dt_schedule *s, int64_t step)
{
    double warm = 1;
    if (step < s->warmup_steps)
        warm = s->warmup_start + (1 - s->warmup_start) * (double)step / (double)s->warmup_steps;
    return warm * main_factor(s, step);
}
