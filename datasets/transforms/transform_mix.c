/* Steps that take in other pictures. */
#include "datasets/transforms/crops.h"
#include "datasets/transforms/mixing.h"
#include "datasets/transforms/transform_impl.h"

static void draw_other(const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    out->other[out->other_count++] = (int64_t)dt_rng_below(rng, (uint64_t)at->count);
}

/* ---- mixup ---- */

enum { MIXUP_P, MIXUP_ALPHA };
static const dt_arg mixup_args[] = {DT_ARG_P("0.5", 1),
                                    {.name = "alpha",
                                     .type = DT_ARG_F64,
                                     .max = 1000,
                                     .usual = "32",
                                     .help = "share of the picture: Beta(alpha, alpha); 0: half and half"},
                                    {0}};

typedef struct mixup_drawn {
    double ratio;
} mixup_drawn;

static void mixup_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    DT_DRAWN(mixup_drawn, m, out);
    draw_other(at, rng, out);
    const double alpha = dt_step_num(s, MIXUP_ALPHA);
    m->ratio = alpha > 0 ? dt_mix_ratio_draw(alpha, rng) : .5;
}

static void mixup_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(mixup_drawn, m, d);
    dt_explain_num(e, "ratio", m->ratio);
}

static dt_status mixup_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                             const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    (void)s;
    DT_DRAWN_CONST(mixup_drawn, m, d);
    return dt_sample_mix(in, others[0], m->ratio, out, err);
}

const dt_transform dt_transform_mixup = {
    .name = "mixup",
    .help = "Blended with another picture after the same steps; the labels of both.",
    .args = mixup_args,
    .others = DT_OTHERS_ALWAYS,
    .geometry = 1,
    .draw = mixup_draw,
    .explain = mixup_explain,
    .apply = mixup_apply,
};

/* ---- cutmix ---- */

enum { CUTMIX_P, CUTMIX_RULE };
static const dt_arg cutmix_args[] = {DT_ARG_P("0.5", 1), DT_ARG_RULE, {0}};

typedef struct cutmix_drawn {
    dt_box cut; /* pixels */
} cutmix_drawn;

/* Three rectangles are tried; without one the picture stays. */
static void cutmix_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    (void)s;
    DT_DRAWN(cutmix_drawn, c, out);
    dt_box cuts[DT_AUG_CUTS];
    draw_other(at, rng, out);
    for (int i = 0; i < DT_AUG_CUTS; i++)
        cuts[i] = dt_cut_draw(rng);
    if (dt_cut_choose(cuts, DT_AUG_CUTS, at->sample, &c->cut)) return;
    out->other_count = 0;
    c->cut = (dt_box){0};
}

static void cutmix_explain(const dt_step *s, const dt_drawn *d, dt_explain *e)
{
    (void)s;
    DT_DRAWN_CONST(cutmix_drawn, c, d);
    dt_explain_num(e, "x1", c->cut.x1);
    dt_explain_num(e, "y1", c->cut.y1);
    dt_explain_num(e, "x2", c->cut.x2);
    dt_explain_num(e, "y2", c->cut.y2);
}

/* The boxes of the patch by the share of the whole object that is left. */
static dt_status cut_labels(const dt_sample *other, dt_box cut, const dt_box_rule *rule, dt_sample *patch,
                            dt_error *err)
{
    patch->label_count = 0;
    for (size_t i = 0; i < other->label_count; i++) {
        dt_label label = other->labels[i];
        const dt_box b = label.box;
        label.box = (dt_box){b.x1 - cut.x1, b.y1 - cut.y1, b.x2 - cut.x1, b.y2 - cut.y1};
        dt_box_clip(&label.box, patch->image.width, patch->image.height);
        if (dt_box_rule_keep(rule, label.box, dt_box_area(b))) DT_TRY(dt_sample_add_label(patch, label, err));
    }
    return DT_OK;
}

static dt_status cutmix_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                              const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    static const uint8_t gray[4] = {DT_LETTERBOX_FILL, DT_LETTERBOX_FILL, DT_LETTERBOX_FILL,
                                    DT_LETTERBOX_FILL};
    DT_DRAWN_CONST(cutmix_drawn, c, d);
    const dt_window window = {(int)c->cut.x1, (int)c->cut.y1, (int)(c->cut.x2 - c->cut.x1),
                              (int)(c->cut.y2 - c->cut.y1)};
    const dt_box_rule rule = dt_step_rule(s, CUTMIX_RULE);
    dt_sample patch = {0};
    dt_status st = dt_sample_assign(in, out, err);
    if (st == DT_OK) st = dt_sample_window(others[0], window, gray, &patch, err);
    if (st == DT_OK) st = cut_labels(others[0], c->cut, &rule, &patch, err);
    if (st == DT_OK) st = dt_sample_cover(out, window.left, window.top, &patch, err);
    dt_sample_free(&patch);
    return st;
}

const dt_transform dt_transform_cutmix = {
    .name = "cutmix",
    .help = "A rectangle shows the same place of another picture after the same steps.",
    .args = cutmix_args,
    .others = DT_OTHERS_ALWAYS,
    .geometry = 1,
    .draw = cutmix_draw,
    .explain = cutmix_explain,
    .apply = cutmix_apply,
};

/* ---- copy-paste ---- */

enum { PASTE_SHARE, PASTE_P, PASTE_RULE };
static const dt_arg paste_args[] = {{.name = "share",
                                     .type = DT_ARG_F64,
                                     .max = 1,
                                     .usual = "0.5",
                                     .help = "of the other picture's objects that are pasted",
                                     .shown = 1},
                                    DT_ARG_P("1", 0),
                                    DT_ARG_RULE,
                                    {0}};

typedef struct paste_drawn {
    uint64_t seed;
} paste_drawn;

static void paste_draw(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out)
{
    (void)s;
    DT_DRAWN(paste_drawn, p, out);
    draw_other(at, rng, out);
    p->seed = dt_rng_u64(rng);
}

static dt_status paste_apply(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                             const dt_sample *const *others, dt_sample *out, dt_error *err)
{
    DT_DRAWN_CONST(paste_drawn, p, d);
    const dt_paste_opts o = {
        .share = dt_step_num(s, PASTE_SHARE), .seed = p->seed, .fit = 1, .rule = dt_step_rule(s, PASTE_RULE)};
    DT_TRY(dt_sample_assign(in, out, err));
    return dt_sample_paste_objects(&o, others[0], out, err);
}

const dt_transform dt_transform_copy_paste = {
    .name = "copy-paste",
    .help = "Objects of another picture after the same steps are cut out by their boxes and pasted in.",
    .args = paste_args,
    .others = DT_OTHERS_ALWAYS,
    .geometry = 1,
    .draw = paste_draw,
    .apply = paste_apply,
};
