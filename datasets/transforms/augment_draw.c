/* Options of the augmentation, and what is drawn from them. */
#include <math.h>
#include <string.h>

#include "datasets/transforms/augment.h"
#include "datasets/transforms/mixing.h"

dt_augment_opts dt_augment_none(void)
{
    return (dt_augment_opts){.rule = {.min_side = 2, .min_area_ratio = 0.1, .max_aspect = 100},
                             .fill = DT_LETTERBOX_FILL};
}

dt_augment_opts dt_augment_defaults(void)
{
    dt_augment_opts o = dt_augment_none();
    o.hsv_h = 0.015;
    o.hsv_s = 0.7;
    o.hsv_v = 0.4;
    o.translate = 0.1;
    o.scale = 0.5;
    o.fliplr = 0.5;
    o.mosaic = 1;
    return o;
}

dt_status dt_augment_check(const dt_augment_opts *o, dt_error *err)
{
    const struct {
        const char *name;
        double value, min, max;
    } limits[] = {
        {"hsv_h", o->hsv_h, 0, 1},
        {"hsv_s", o->hsv_s, 0, 1},
        {"hsv_v", o->hsv_v, 0, 1},
        {"degrees", o->degrees, 0, DT_AUG_MOST_DEGREES},
        {"translate", o->translate, 0, 1},
        {"scale", o->scale, 0, DT_AUG_MOST_SCALE},
        {"shear", o->shear, 0, DT_AUG_MOST_SHEAR},
        {"flipud", o->flipud, 0, 1},
        {"fliplr", o->fliplr, 0, 1},
        {"mosaic", o->mosaic, 0, 1},
        {"mixup", o->mixup, 0, 1},
        {"mosaic9", o->mosaic9, 0, 1},
        {"perspective", o->perspective, 0, DT_AUG_MOST_PERSPECTIVE},
        {"cutmix", o->cutmix, 0, 1},
        {"copy_paste", o->copy_paste, 0, 1},
        {"min_side", o->rule.min_side, 0, 1e6},
        {"min_area", o->rule.min_area, 0, 1e12},
        {"min_area_ratio", o->rule.min_area_ratio, 0, 1},
        {"max_aspect", o->rule.max_aspect, 1, INFINITY},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (!(limits[i].value >= limits[i].min && limits[i].value <= limits[i].max))
            return dt_fail(err, DT_ERR_ARG, "augmentation %s = %g is not in %g..%g", limits[i].name,
                           limits[i].value, limits[i].min, limits[i].max);
    }
    return DT_OK;
}

/* ---- drawing the parameters ---- */

/* Beta(32, 32): the median of 63 uniform numbers has exactly this distribution. */
static double draw_mix_ratio(dt_rng *rng)
{
    enum { N = 63 };
    double v[N];
    for (int n = 0; n < N; n++) {
        double x = dt_rng_f64(rng);
        int i = n;
        for (; i > 0 && v[i - 1] > x; i--)
            v[i] = v[i - 1];
        v[i] = x;
    }
    return v[N / 2];
}

static dt_aug_view draw_view(const dt_augment_opts *o, int mosaic, int64_t index, int64_t count, dt_rng *rng)
{
    dt_aug_view view = {.index = {index}};
    view.mosaic = dt_rng_f64(rng) < o->mosaic && mosaic ? 4 : 0;
    for (int i = 1; i < 4; i++)
        view.index[i] = (int64_t)dt_rng_below(rng, (uint64_t)count);
    view.center_y = dt_rng_uniform(rng, 0.5, 1.5);
    view.center_x = dt_rng_uniform(rng, 0.5, 1.5);
    view.degrees = dt_rng_uniform(rng, -o->degrees, o->degrees);
    view.scale = dt_rng_uniform(rng, 1 - o->scale, 1 + o->scale);
    view.shear_x = dt_rng_uniform(rng, -o->shear, o->shear);
    view.shear_y = dt_rng_uniform(rng, -o->shear, o->shear);
    view.translate_x = dt_rng_uniform(rng, 0.5 - o->translate, 0.5 + o->translate);
    view.translate_y = dt_rng_uniform(rng, 0.5 - o->translate, 0.5 + o->translate);
    return view;
}

/* Streams beside the main one. Values end up in results: never renumber. */
enum { FORK_PERSPECTIVE = 0, FORK_NINE = 10, FORK_SINGLE = 20, FORK_CUTMIX = 30, FORK_PASTE = 40 };

static void draw_perspective(const dt_augment_opts *o, dt_aug_params *p, const dt_rng *base)
{
    for (uint64_t v = 0; v < DT_AUG_PASTE && o->perspective > 0; v++) {
        dt_rng rng = dt_rng_fork(base, FORK_PERSPECTIVE + v);
        p->view[v].perspective_x = dt_rng_uniform(&rng, -o->perspective, o->perspective);
        p->view[v].perspective_y = dt_rng_uniform(&rng, -o->perspective, o->perspective);
    }
}

static void draw_nine(const dt_augment_opts *o, dt_aug_params *p, int64_t count, const dt_rng *base)
{
    for (uint64_t v = 0; v < DT_AUG_PASTE; v++) {
        dt_aug_view *view = &p->view[v];
        dt_rng rng = dt_rng_fork(base, FORK_NINE + v);
        if (!view->mosaic || !(dt_rng_f64(&rng) < o->mosaic9)) continue;
        view->mosaic = 9;
        for (int i = 4; i < 9; i++)
            view->index[i] = (int64_t)dt_rng_below(&rng, (uint64_t)count);
    }
}

/* YOLOX: the picture lies in the top left corner; of one that is larger than the output a random part is
 * seen. */
static void draw_single(dt_aug_params *p, const dt_rng *base)
{
    dt_rng rng = dt_rng_fork(base, FORK_SINGLE);
    dt_aug_view *view = &p->view[DT_AUG_MIXUP];
    const double scale = dt_rng_uniform(&rng, 0.5, 1.5), hidden = fmax(scale - 1, 0);
    const int mirror = dt_rng_f64(&rng) < 0.5;
    const double x = dt_rng_uniform(&rng, 0, hidden), y = dt_rng_uniform(&rng, 0, hidden);
    *view = (dt_aug_view){.index = {view->index[0]},
                          .scale = scale,
                          .translate_x = scale / 2 - x,
                          .translate_y = scale / 2 - y,
                          .mirror = mirror};
    p->mix_ratio = 0.5;
}

static void draw_cutmix(const dt_augment_opts *o, dt_aug_params *p, int64_t count, const dt_rng *base)
{
    dt_rng rng = dt_rng_fork(base, FORK_CUTMIX);
    p->cutmix = dt_rng_f64(&rng) < o->cutmix;
    if (!p->cutmix) return;
    for (int i = 0; i < DT_AUG_CUTS; i++)
        p->cut[i] = dt_cut_draw(&rng);
    int64_t other = (int64_t)dt_rng_below(&rng, (uint64_t)count);
    p->view[DT_AUG_CUTMIX] = draw_view(o, 1, other, count, &rng);
}

static void draw_paste(const dt_augment_opts *o, dt_aug_params *p, int64_t count, const dt_rng *base)
{
    dt_rng rng = dt_rng_fork(base, FORK_PASTE);
    p->paste = o->copy_paste > 0;
    if (!p->paste) return;
    p->view[DT_AUG_PASTE].index[0] = (int64_t)dt_rng_below(&rng, (uint64_t)count);
    p->paste_seed = dt_rng_u64(&rng);
}

dt_aug_params dt_aug_draw(const dt_augment_opts *o, int mosaic, int64_t index, int64_t count, dt_rng *rng)
{
    const dt_rng base = *rng;
    dt_aug_params p = {.mix_ratio = 1};
    p.view[DT_AUG_MAIN] = draw_view(o, mosaic, index, count, rng);
    p.flip_lr = dt_rng_f64(rng) < o->fliplr;
    p.flip_ud = dt_rng_f64(rng) < o->flipud;
    p.hue = dt_rng_uniform(rng, -1, 1) * o->hsv_h;
    p.sat = dt_rng_uniform(rng, -1, 1) * o->hsv_s;
    p.val = dt_rng_uniform(rng, -1, 1) * o->hsv_v;
    /* Last, so that turning mixup on leaves the pictures that it does not touch as they were. Without mosaic
     * there is no mixup either, as in the closing epochs elsewhere. */
    p.mixup = dt_rng_f64(rng) < o->mixup && mosaic;
    if (p.mixup) {
        p.mix_ratio = draw_mix_ratio(rng);
        int64_t other = (int64_t)dt_rng_below(rng, (uint64_t)count);
        p.view[DT_AUG_MIXUP] = draw_view(o, mosaic, other, count, rng);
    }
    if (mosaic) {
        draw_cutmix(o, &p, count, &base);
        draw_paste(o, &p, count, &base);
        draw_nine(o, &p, count, &base);
    }
    draw_perspective(o, &p, &base);
    if (p.mixup && o->mixup_single) draw_single(&p, &base);
    return p;
}

void dt_aug_from_pool(dt_aug_params *p, const int64_t *pool)
{
    for (int v = 0; v < DT_AUG_VIEWS; v++)
        for (int i = v == DT_AUG_MAIN; i < DT_AUG_TILES; i++)
            p->view[v].index[i] = pool[p->view[v].index[i]];
}

int dt_aug_sources(const dt_aug_params *p, dt_aug_source list[DT_AUG_SOURCES])
{
    const int used[DT_AUG_VIEWS] = {1, p->mixup, p->cutmix, p->paste};
    int n = 0;
    for (int v = 0; v < DT_AUG_VIEWS; v++) {
        const int tiles = !used[v] ? 0 : p->view[v].mosaic ? p->view[v].mosaic : 1;
        for (int i = 0; i < tiles; i++)
            list[n++] = (dt_aug_source){v * DT_AUG_TILES + i, p->view[v].index[i]};
    }
    return n;
}
