/* ColorJitter and RandomPhotometricDistort: what is drawn, and in which order it is applied. */
#include <math.h>
#include <string.h>

#include "datasets/transforms/adjust.h"

static dt_status adjust(dt_image *image, int which, double factor, dt_error *err)
{
    static dt_status (*const functions[DT_ADJUSTS])(dt_image *, double, dt_error *) = {
        dt_image_adjust_brightness, dt_image_adjust_contrast, dt_image_adjust_saturation,
        dt_image_adjust_hue};
    return functions[which](image, factor, err);
}

static dt_factor_range around(double center, double v)
{
    return (dt_factor_range){fmax(center - v, 0), center + v};
}

dt_color_jitter_opts dt_color_jitter_around(double brightness, double contrast, double saturation, double hue)
{
    return (dt_color_jitter_opts){
        {around(1, brightness), around(1, contrast), around(1, saturation), {-hue, hue}}};
}

dt_status dt_color_jitter_check(const dt_color_jitter_opts *o, dt_error *err)
{
    static const char *const names[DT_ADJUSTS] = {"brightness", "contrast", "saturation", "hue"};
    for (int i = 0; i < DT_ADJUSTS; i++) {
        double lo = o->range[i].lo, hi = o->range[i].hi, least = i == DT_ADJUST_HUE ? -0.5 : 0,
               most = i == DT_ADJUST_HUE ? 0.5 : 1e9;
        if (!(lo >= least && lo <= hi && hi <= most))
            return dt_fail(err, DT_ERR_ARG, "colour jitter: %s %g..%g is not a range within %g..%g", names[i],
                           lo, hi, least, most);
    }
    return DT_OK;
}

static void draw_order(int *order, int n, dt_rng *rng)
{
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int k = (int)dt_rng_below(rng, (uint64_t)i + 1), t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
}

dt_color_jitter_params dt_color_jitter_draw(const dt_color_jitter_opts *o, dt_rng *rng)
{
    dt_color_jitter_params p;
    draw_order(p.order, DT_ADJUSTS, rng);
    for (int i = 0; i < DT_ADJUSTS; i++) {
        const double neutral = i == DT_ADJUST_HUE ? 0 : 1;
        p.factor[i] = dt_rng_uniform(rng, o->range[i].lo, o->range[i].hi);
        p.active[i] = o->range[i].lo != neutral || o->range[i].hi != neutral;
    }
    return p;
}

dt_status dt_color_jitter_apply(dt_image *image, const dt_color_jitter_params *p, dt_error *err)
{
    for (int i = 0; i < DT_ADJUSTS; i++) {
        int which = p->order[i];
        if (p->active[which]) DT_TRY(adjust(image, which, p->factor[which], err));
    }
    return DT_OK;
}

dt_photometric_opts dt_photometric_defaults(void)
{
    return (dt_photometric_opts){{{.875, 1.125}, {.5, 1.5}, {.5, 1.5}, {-.05, .05}}, .5};
}

dt_photometric_params dt_photometric_draw(const dt_photometric_opts *o, dt_rng *rng)
{
    dt_photometric_params p;
    for (int i = 0; i < DT_ADJUSTS; i++) {
        p.active[i] = dt_rng_f64(rng) < o->p;
        p.factor[i] = dt_rng_uniform(rng, o->range[i].lo, o->range[i].hi);
    }
    p.contrast_first = dt_rng_f64(rng) < 0.5;
    int permute = dt_rng_f64(rng) < o->p;
    draw_order(p.order, 3, rng);
    for (int c = 0; c < 3 && !permute; c++)
        p.order[c] = c;
    return p;
}

dt_status dt_photometric_apply(dt_image *image, const dt_photometric_params *p, dt_error *err)
{
    const int first[DT_ADJUSTS] = {DT_ADJUST_BRIGHTNESS, DT_ADJUST_CONTRAST, DT_ADJUST_SATURATION,
                                   DT_ADJUST_HUE};
    const int last[DT_ADJUSTS] = {DT_ADJUST_BRIGHTNESS, DT_ADJUST_SATURATION, DT_ADJUST_HUE,
                                  DT_ADJUST_CONTRAST};
    dt_color_jitter_params steps;
    memcpy(steps.order, p->contrast_first ? first : last, sizeof steps.order);
    memcpy(steps.active, p->active, sizeof steps.active);
    memcpy(steps.factor, p->factor, sizeof steps.factor);
    DT_TRY(dt_color_jitter_apply(image, &steps, err));
    if (image->channels != 3) return DT_OK;
    return dt_image_permute_channels(image, p->order, err);
}
