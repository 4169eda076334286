#include "datasets/edit/filter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/rng.h"
#include "datasets/edit/edit.h"

typedef struct filterer {
    dt_edit edit;
    const dt_filter_opts *opts;
    uint8_t *out;   /* one a class: filtered out */
    uint8_t *drop;  /* one an object */
    uint8_t *gone;  /* one a record */
    uint32_t *left; /* one a record: objects that stay */
} filterer;

/* ---- what was asked for ---- */

static dt_status find_classes(filterer *f)
{
    const dt_dataset *set = f->edit.set;
    const dt_filter_opts *o = f->opts;
    size_t cls;
    memset(f->out, o->class_count > 0, set->class_count);
    for (size_t i = 0; i < o->class_count; i++) {
        DT_TRY(dt_edit_find_class(set, o->classes[i], &cls, f->edit.err));
        f->out[cls] = 0;
    }
    for (size_t i = 0; i < o->exclude_count; i++) {
        DT_TRY(dt_edit_find_class(set, o->exclude[i], &cls, f->edit.err));
        f->out[cls] = 1;
    }
    return DT_OK;
}

static int is_listed(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0) return 1;
    return 0;
}

static dt_status check_splits(const filterer *f)
{
    const dt_dataset *set = f->edit.set;
    for (size_t i = 0; i < f->opts->split_count; i++) {
        const char *wanted = f->opts->splits[i], *best = NULL;
        int distance = 3;
        if (dt_dataset_split(set, wanted)) continue;
        for (size_t s = 0; s < set->split_count; s++) {
            int d = dt_edit_distance(wanted, set->splits[s].name);
            if (d >= distance) continue;
            distance = d;
            best = set->splits[s].name;
        }
        return dt_fail(f->edit.err, DT_ERR_ARG, "there is no split '%s'%s%s%s", wanted,
                       best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
    }
    return DT_OK;
}

/* ---- objects ---- */

/* Why an object goes; NULL: it stays. */
static const char *reason(const filterer *f, const dt_record *r, const dt_object *o, char text[96])
{
    const dt_filter_opts *c = f->opts;
    double pw = r->real_width ? r->real_width : r->width, ph = r->real_height ? r->real_height : r->height;
    dt_box b = dt_dataset_box(f->edit.set, o, pw, ph);
    double w = b.x2 - b.x1, h = b.y2 - b.y1;
    if (f->out[o->cls]) return "its class is filtered out";
    if (c->drop_difficult && o->difficult == 1) return "marked as difficult";
    if (c->drop_crowd && o->crowd) return "a crowd, not one object";
    const struct {
        const char *what;
        double value, min, max;
    } limits[] = {
        {"shorter side", fmin(w, h), c->min_side, 0},
        {"longer side", fmax(w, h), 0, c->max_side},
        {"area", w * h, c->min_area, c->max_area},
        {"aspect", w / h, c->min_aspect, c->max_aspect},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        double v = limits[i].value, min = limits[i].min, max = limits[i].max;
        if (min > 0 && !(v >= min))
            snprintf(text, 96, "%s %.6g is under %.6g", limits[i].what, v, min);
        else if (max > 0 && !(v <= max))
            snprintf(text, 96, "%s %.6g is over %.6g", limits[i].what, v, max);
        else
            continue;
        return text;
    }
    return NULL;
}

static dt_status filter_objects(filterer *f, size_t record)
{
    const dt_dataset *set = f->edit.set;
    const dt_record *r = &set->records[record];
    char text[96];
    for (size_t k = r->first; k < r->first + r->count; k++) {
        const char *why = reason(f, r, &set->objects[k], text);
        if (!why) {
            f->left[record]++;
            continue;
        }
        f->drop[k] = 1;
        DT_TRY(dt_edit_say_object(&f->edit, r, &set->objects[k], NULL, DT_NOTE, DT_FATE_DROPPED, "filtered",
                                  "%s", why));
    }
    return DT_OK;
}

/* ---- pictures ---- */

/* A picture that goes takes its objects along. */
static dt_status drop_record(filterer *f, size_t record, const char *why)
{
    const dt_dataset *set = f->edit.set;
    const dt_record *r = &set->records[record];
    f->gone[record] = 1;
    for (size_t k = r->first; k < r->first + r->count; k++) {
        if (f->drop[k]) continue;
        f->drop[k] = 1;
        DT_TRY(dt_edit_say_object(&f->edit, r, &set->objects[k], NULL, DT_NOTE, DT_FATE_DROPPED, "filtered",
                                  "its picture goes: %s", why));
    }
    return dt_edit_say_record(&f->edit, r, DT_NOTE, DT_FATE_DROPPED, "filtered", "%s", why);
}

static int matches(const filterer *f, const dt_record *r)
{
    const char *pattern = f->opts->name, *name = dt_edit_name(r);
    if (!pattern) return 1;
    if (!strchr(pattern, '/')) return dt_glob_match(pattern, dt_path_base(name));
    return dt_glob_match(pattern, name) || (r->image && dt_glob_match(pattern, r->image));
}

static dt_status filter_record(filterer *f, size_t record, const char *split)
{
    const dt_filter_opts *o = f->opts;
    const dt_record *r = &f->edit.set->records[record];
    char text[96];
    if (o->split_count && !is_listed(split, o->splits, o->split_count)) {
        snprintf(text, sizeof text, "the split '%.60s' is filtered out", split);
        return drop_record(f, record, text);
    }
    if (!matches(f, r)) return drop_record(f, record, "its name does not match");
    DT_TRY(filter_objects(f, record));
    uint32_t left = f->left[record];
    if (!left && !r->count && o->drop_backgrounds) return drop_record(f, record, "a background");
    if (!left && r->count && o->drop_empty) return drop_record(f, record, "no object of it is left");
    if (left >= o->min_objects && (!o->max_objects || left <= o->max_objects)) return DT_OK;
    snprintf(text, sizeof text, "%u objects are %s", left, left < o->min_objects ? "too few" : "too many");
    return drop_record(f, record, text);
}

/* Keeps opts->sample of the pictures that are left. */
static dt_status take_sample(filterer *f)
{
    const dt_dataset *set = f->edit.set;
    int64_t *order = dt_calloc(set->record_count, sizeof *order);
    size_t count = 0;
    if (!order) return dt_fail_memory(f->edit.err, set->record_count * sizeof *order, "a sample");
    for (size_t i = 0; i < set->record_count; i++)
        if (!f->gone[i]) order[count++] = (int64_t)i;
    dt_rng rng = dt_rng_make(f->opts->seed, DT_RNG_SAMPLER, 0, count);
    dt_rng_shuffle(&rng, order, count);
    dt_status st = DT_OK;
    for (size_t i = f->opts->sample; i < count && st == DT_OK; i++)
        f->gone[order[i]] = 2;
    dt_free(order);
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) /* named in their order */
        if (f->gone[i] == 2) st = drop_record(f, i, "not in the sample");
    return st;
}

/* ---- the whole ---- */

static dt_status filter_all(filterer *f)
{
    dt_dataset *set = f->edit.set;
    DT_TRY(find_classes(f));
    DT_TRY(check_splits(f));
    for (size_t s = 0; s < set->split_count; s++)
        for (size_t i = set->splits[s].first; i < set->splits[s].first + set->splits[s].count; i++)
            DT_TRY(filter_record(f, i, set->splits[s].name));
    if (f->opts->sample) DT_TRY(take_sample(f));
    dt_edit_drop_objects(set, f->drop);
    dt_edit_drop_records(set, f->gone);
    DT_TRY(dt_edit_drop_splits(&f->edit));
    return f->opts->keep_names ? DT_OK : dt_edit_drop_classes(set, f->out, f->edit.err);
}

dt_status dt_filter(dt_dataset *set, const dt_filter_opts *opts, dt_findings *findings, dt_error *err)
{
    filterer f = {.edit = {.set = set, .findings = findings, .err = err}, .opts = opts};
    f.out = dt_calloc(set->class_count, 1);
    f.drop = dt_calloc(set->object_count, 1);
    f.gone = dt_calloc(set->record_count, 1);
    f.left = dt_calloc(set->record_count, sizeof *f.left);
    dt_status st =
        f.out && f.drop && f.gone && f.left ? DT_OK : dt_fail_memory(err, set->object_count, "objects");
    if (st == DT_OK) st = filter_all(&f);
    dt_edit_free(&f.edit);
    dt_free(f.out);
    dt_free(f.drop);
    dt_free(f.gone);
    dt_free(f.left);
    return st;
}
