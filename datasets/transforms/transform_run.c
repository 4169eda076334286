/* A pipeline at work: draws, other pictures, frames. */
#include <stdio.h>

#include "core/mem.h"
#include "datasets/transforms/transform_impl.h"

/* ---- what a pipeline is ---- */

int dt_transforms_normalize(const dt_transforms *t, float mean[3], float std[3])
{
    const dt_step *last = t->steps.count ? &t->steps.items[t->steps.count - 1] : NULL;
    const int there = last && last->kind->flow == DT_FLOW_NORMALIZE;
    for (int c = 0; c < 3; c++) {
        mean[c] = there ? (float)dt_step_nth(last, 0, c) : 0;
        std[c] = there ? (float)dt_step_nth(last, 1, c) : 1;
    }
    return there;
}

int dt_transforms_mix(const dt_transforms *t)
{
    for (int i = 0; i < t->steps.count; i++)
        if (t->steps.items[i].kind->others != DT_OTHERS_NONE) return 1;
    return 0;
}

static double chance_of(const dt_step *s)
{
    for (int i = 0; s->kind->args && s->kind->args[i].name; i++)
        if (s->kind->args[i].chance) return s->args[i].v[0];
    return 1;
}

/* Which branch it takes, or in which order. */
static int draws_branches(const dt_step *s)
{
    return s->branch_count > 1 && s->kind->flow != DT_FLOW_APPLY;
}

static const char *random_step(const dt_steps *steps)
{
    for (int i = 0; i < steps->count; i++) {
        const dt_step *s = &steps->items[i];
        const double chance = chance_of(s);
        if (chance == 0) continue;
        if (chance < 1 || s->kind->draw || s->kind->others != DT_OTHERS_NONE || draws_branches(s))
            return s->kind->name;
        for (int b = 0; b < s->branch_count; b++) {
            const char *name = random_step(&s->branches[b]);
            if (name) return name;
        }
    }
    return NULL;
}

const char *dt_transforms_random(const dt_transforms *t)
{
    return random_step(&t->steps);
}

static void steps_size(const dt_steps *steps, int *width, int *height);

/* The size behind a step that is applied. */
static void applied_size(const dt_step *s, int *width, int *height)
{
    const int w = *width, h = *height;
    if (s->kind->size) s->kind->size(s, width, height);
    for (int b = 0; b < s->branch_count; b++) {
        int bw = w, bh = h;
        steps_size(&s->branches[b], &bw, &bh);
        const int differ = b > 0 && (bw != *width || bh != *height);
        *width = differ ? 0 : bw;
        *height = differ ? 0 : bh;
    }
}

static void steps_size(const dt_steps *steps, int *width, int *height)
{
    for (int i = 0; i < steps->count; i++) {
        const dt_step *s = &steps->items[i];
        const int w = *width, h = *height;
        const double chance =
            s->kind->others == DT_OTHERS_ALWAYS ? .5 : chance_of(s); /* they may be left out */
        if (chance == 0) continue;
        applied_size(s, width, height);
        if (chance < 1 && (*width != w || *height != h)) *width = *height = 0;
    }
}

void dt_transforms_size(const dt_transforms *t, int *width, int *height)
{
    *width = *height = 0;
    steps_size(&t->steps, width, height);
}

/* ---- frames ---- */

/* The picture as it stands: borrowed, or in one of two buffers that take turns. */
typedef struct frames {
    const dt_sample *now;
    dt_sample *a, *b;
} frames;

static void take_over_facts(dt_sample *out, const dt_sample *from)
{
    out->cls = from->cls;
    out->index = from->index;
    out->original_width = from->original_width;
    out->original_height = from->original_height;
}

static dt_status change_in_place(frames *f, const dt_step *s, const dt_drawn *d, dt_error *err)
{
    dt_sample *mine = f->now == f->b ? f->b : f->a;
    if (f->now != mine) DT_TRY(dt_sample_assign(f->now, mine, err));
    f->now = mine;
    return s->kind->in_place(s, d, mine, err);
}

static dt_status make_next(frames *f, const dt_step *s, const dt_drawn *d, const dt_sample *const *others,
                           dt_error *err)
{
    dt_sample *next = f->now == f->a ? f->b : f->a;
    DT_TRY(s->kind->apply(s, d, f->now, others, next, err));
    take_over_facts(next, f->now);
    f->now = next;
    return DT_OK;
}

/* ---- steps ---- */

/* Streams that begin at a step's own. Values end up in results: never renumber. */
enum { FORK_CHANCE = 1, FORK_DRAW = 2, FORK_BRANCH = 100, FORK_OTHER = 1000 };

typedef struct runner {
    const dt_transforms *transforms;
    const dt_transform_records *records;
    int mixing;
    dt_explain *explain;
    dt_error *err;
} runner;

static dt_status run_steps(runner *r, const dt_steps *steps, int first, int end, const dt_rng *stream,
                           frames *f);

/* Records that a step takes in, after the steps before it. */
typedef struct others {
    const dt_sample *list[DT_AUG_SOURCES];
    dt_sample *mine[DT_AUG_SOURCES]; /* borrowed from nobody */
    dt_sample made[DT_AUG_SOURCES];
    int count;
} others;

static void free_record(dt_sample *sample)
{
    if (!sample) return;
    dt_sample_free(sample);
    dt_free(sample);
}

static void others_free(others *o)
{
    for (int i = 0; i < o->count; i++) {
        free_record(o->mine[i]);
        dt_sample_free(&o->made[i]);
    }
    dt_free(o);
}

static dt_status make_other(runner *r, int before, const dt_rng *stream, int64_t index, others *o)
{
    const int i = o->count++;
    const dt_sample *record = NULL;
    DT_TRY(r->records->borrow(r->records->self, index, &record, &o->mine[i], r->err));
    o->list[i] = record;
    dt_explain_record(r->explain, index);
    dt_status st = DT_OK;
    if (before > r->transforms->constant) {
        dt_sample spare = {0};
        frames f = {record, &o->made[i], &spare};
        const dt_rng own = dt_rng_fork(stream, FORK_OTHER + (uint64_t)i);
        st = run_steps(r, &r->transforms->steps, r->transforms->constant, before, &own, &f);
        if (f.now == &spare) {
            const dt_sample t = o->made[i];
            o->made[i] = spare;
            spare = t;
        }
        if (f.now != record) o->list[i] = &o->made[i];
        dt_sample_free(&spare);
    }
    dt_explain_record_end(r->explain);
    return st;
}

static dt_status run_with_others(runner *r, const dt_step *s, const dt_drawn *d, int before,
                                 const dt_rng *stream, frames *f)
{
    others *o = dt_calloc(1, sizeof *o);
    if (!o) return dt_fail_memory(r->err, sizeof *o, "other pictures");
    dt_status st = DT_OK;
    if (r->explain && r->explain->json) {
        dt_json_key(r->explain->json, "others");
        dt_json_array(r->explain->json);
    }
    for (int i = 0; i < d->other_count && st == DT_OK; i++)
        st = make_other(r, before, stream, d->other[i], o);
    if (r->explain && r->explain->json) dt_json_array_end(r->explain->json);
    if (st == DT_OK) st = make_next(f, s, d, o->list, r->err);
    others_free(o);
    return st;
}

static dt_status run_branches(runner *r, const dt_step *s, dt_rng *rng, const dt_rng *stream, frames *f)
{
    int64_t order[DT_ARG_VALUES];
    int count = s->branch_count;
    for (int b = 0; b < count; b++)
        order[b] = b;
    if (s->kind->flow == DT_FLOW_ORDER) dt_rng_shuffle(rng, order, (size_t)count);
    if (s->kind->flow == DT_FLOW_ONE_OF) {
        double sum = 0;
        for (int b = 0; b < count; b++)
            sum += dt_step_nth(s, 0, b);
        double left = dt_rng_f64(rng) * sum;
        int b = 0;
        while (b + 1 < count && (left -= dt_step_nth(s, 0, b)) >= 0)
            b++;
        order[0] = b;
        count = 1;
    }
    dt_explain *e = r->explain;
    for (int i = 0; i < count && e && s->kind->flow != DT_FLOW_APPLY; i++) {
        char name[24];
        snprintf(name, sizeof name, count > 1 ? "branch %d" : "branch", i + 1);
        dt_explain_int(e, name, order[i] + 1);
    }
    dt_explain_drawn_end(e);
    if (e) e->depth++;
    if (e && e->json) dt_json_key(e->json, "steps"), dt_json_array(e->json);
    dt_status st = DT_OK;
    for (int i = 0; i < count && st == DT_OK; i++) {
        const dt_rng own = dt_rng_fork(stream, FORK_BRANCH + (uint64_t)order[i]);
        const dt_steps *branch = &s->branches[order[i]];
        st = run_steps(r, branch, 0, branch->count, &own, f);
    }
    if (e) e->depth--;
    if (e && e->json) dt_json_array_end(e->json);
    return st;
}

static dt_status run_active(runner *r, const dt_step *s, int before, dt_rng *rng, const dt_rng *stream,
                            frames *f)
{
    if (s->branch_count) return run_branches(r, s, rng, stream, f);
    dt_drawn d;
    d.other_count = 0;
    const int64_t count = r->records ? r->records->count : 0;
    const dt_draw_at at = {f->now, count, r->mixing && count > 0};
    if (s->kind->draw) s->kind->draw(s, &at, rng, &d);
    for (int i = 0; i < d.other_count && r->records->pool; i++)
        d.other[i] = r->records->pool[d.other[i]];
    if (r->explain && s->kind->explain) s->kind->explain(s, &d, r->explain);
    dt_explain_drawn_end(r->explain);
    if (s->kind->others == DT_OTHERS_ALWAYS && !d.other_count) return DT_OK;
    if (d.other_count) return run_with_others(r, s, &d, before, stream, f);
    if (s->kind->in_place) return change_in_place(f, s, &d, r->err);
    if (s->kind->apply) return make_next(f, s, &d, NULL, r->err);
    return DT_OK;
}

static dt_status run_step(runner *r, const dt_step *s, int before, const dt_rng *place, frames *f)
{
    const dt_rng stream = dt_rng_fork(place, s->tag);
    dt_rng chance = dt_rng_fork(&stream, FORK_CHANCE), rng = dt_rng_fork(&stream, FORK_DRAW);
    int active = dt_rng_f64(&chance) < chance_of(s);
    if (s->kind->others == DT_OTHERS_ALWAYS && !(r->mixing && r->records && r->records->count > 0))
        active = 0;
    dt_explain_begin(r->explain, s, active);
    const int width = f->now->image.width, height = f->now->image.height;
    const size_t boxes = f->now->label_count;
    dt_status st = DT_OK;
    if (active)
        st = run_active(r, s, before, &rng, &stream, f);
    else
        dt_explain_drawn_end(r->explain);
    dt_explain_size(r->explain, width, height, boxes, f->now);
    dt_explain_end(r->explain, f->now);
    return st;
}

static dt_status run_steps(runner *r, const dt_steps *steps, int first, int end, const dt_rng *stream,
                           frames *f)
{
    for (int i = first; i < end; i++) {
        const dt_step *s = &steps->items[i];
        if (s->kind->flow == DT_FLOW_NORMALIZE) continue;
        const dt_status st = run_step(r, s, i, stream, f);
        if (st != DT_OK) return dt_error_prefix(r->err, "step %d (%s): ", i + 1, s->kind->name);
    }
    return DT_OK;
}

/* ---- the pipeline ---- */

/* The result into *out, whichever buffer it is in. */
static dt_status finish(dt_status st, frames *f, dt_sample *out, dt_sample *spare, dt_error *err)
{
    if (st == DT_OK && f->now == spare) {
        const dt_sample t = *out;
        *out = *spare;
        *spare = t;
    } else if (st == DT_OK && f->now != out) {
        st = dt_sample_assign(f->now, out, err);
    }
    dt_sample_free(spare);
    return st;
}

dt_status dt_transforms_prepare(const dt_transforms *t, dt_sample *sample, dt_error *err)
{
    runner r = {.transforms = t, .err = err};
    dt_sample out = {0}, spare = {0};
    if (t->constant) {
        frames f = {sample, &out, &spare};
        const dt_rng none = dt_rng_make(0, DT_RNG_AUGMENT, 0, 0); /* nothing is drawn */
        dt_status st = finish(run_steps(&r, &t->steps, 0, t->constant, &none, &f), &f, &out, &spare, err);
        if (st != DT_OK) {
            dt_sample_free(&out);
            return st;
        }
        dt_sample_free(sample);
        *sample = out;
    }
    const dt_step *next = t->constant < t->steps.count ? &t->steps.items[t->constant] : NULL;
    return next && next->kind->prepare ? next->kind->prepare(next, sample, err) : DT_OK;
}

dt_status dt_transforms_apply(const dt_transforms *t, const dt_transform_place *place, const dt_sample *src,
                              dt_sample *out, dt_explain *explain, dt_error *err)
{
    runner r = {t, place->records, place->mixing, explain, err};
    const int first = place->unprepared ? 0 : t->constant;
    for (int i = 0; i < first && explain; i++) {
        dt_explain_begin(explain, &t->steps.items[i], 1);
        dt_explain_drawn_end(explain);
        if (explain->json) dt_json_object_end(explain->json);
    }
    dt_sample spare = {0};
    frames f = {src, out, &spare};
    dt_status st = run_steps(&r, &t->steps, first, t->steps.count, &place->stream, &f);
    return finish(st, &f, out, &spare, err);
}
