/* Options of a step as its kind uses them. */
#include "datasets/transforms/transform_impl.h"

double dt_step_draw_around(const dt_step *s, int arg, dt_rng *rng)
{
    const dt_values *a = &s->args[arg];
    const double u = dt_rng_f64(rng), lo = a->count == 1 ? -a->v[0] : a->v[0], hi = dt_step_nth(s, arg, 1);
    return lo + (hi - lo) * u;
}

double dt_step_draw_range(const dt_step *s, int arg, dt_rng *rng)
{
    const double u = dt_rng_f64(rng), lo = dt_step_num(s, arg), hi = dt_step_nth(s, arg, 1);
    return lo + (hi - lo) * u;
}

dt_status dt_step_check_range(const dt_step *s, int arg, dt_error *err)
{
    const dt_values *a = &s->args[arg];
    if (a->count != 2 || a->v[0] <= a->v[1]) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "%s = (%g, %g) is not a rising range", s->kind->args[arg].name, a->v[0],
                   a->v[1]);
}

dt_status dt_step_check_around(const dt_step *s, int arg, dt_error *err)
{
    const dt_values *a = &s->args[arg];
    if (a->count != 1 || a->v[0] >= 0) return dt_step_check_range(s, arg, err);
    return dt_fail(err, DT_ERR_ARG, "%s = %g: one value v stands for -v to v", s->kind->args[arg].name,
                   a->v[0]);
}

void dt_step_fill(const dt_step *s, int arg, uint8_t fill[4])
{
    for (int c = 0; c < 4; c++)
        fill[c] = (uint8_t)dt_step_nth(s, arg, c);
}

void dt_step_size(const dt_step *s, int arg, int *width, int *height)
{
    *height = (int)dt_step_nth(s, arg, 0);
    *width = (int)dt_step_nth(s, arg, 1);
}

void dt_size_unknown(const dt_step *s, int *width, int *height)
{
    (void)s;
    *width = *height = 0;
}
