#include "datasets/edit/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/check/near.h"
#include "datasets/edit/edit.h"
#include "datasets/edit/regroup.h"
#include "datasets/edit/stratify.h"

enum { OUT = -1, OPEN = -2 };

typedef struct splitter {
    dt_edit edit;
    const dt_split_opts *opts;
    dt_split_blocks blocks;
    int32_t *old_split; /* one a record */
    int32_t *part_of;   /* one a record: OPEN, OUT, a part, or part_count + a kept split */
    size_t *by_name;    /* records that are divided, by name */
    size_t open_count;
    int64_t *item_of; /* one a record that is the root of a block */
    size_t items;
    uint32_t *size;
    size_t *begin;
    dt_stratum *has;
    int32_t *item_part;
    int64_t *target; /* the parts, then what is left out */
    const char **names;
    size_t *kept; /* index in set->splits of the splits that stay */
} splitter;

/* ---- what stays ---- */

static dt_status find_kept(splitter *s)
{
    const dt_dataset *set = s->edit.set;
    for (size_t k = 0; k < s->opts->keep_count; k++) {
        const char *wanted = s->opts->keep[k], *best = NULL;
        int distance = 3;
        const dt_split *split = dt_dataset_split(set, wanted);
        for (size_t i = 0; i < s->opts->part_count; i++)
            if (strcmp(s->opts->parts[i].name, wanted) == 0)
                return dt_fail(s->edit.err, DT_ERR_ARG, "the split '%s' cannot both stay and be made anew",
                               wanted);
        for (size_t i = 0; i < set->split_count && !split; i++) {
            int d = dt_edit_distance(wanted, set->splits[i].name);
            if (d >= distance) continue;
            distance = d;
            best = set->splits[i].name;
        }
        if (!split)
            return dt_fail(s->edit.err, DT_ERR_ARG, "there is no split '%s' to keep%s%s%s", wanted,
                           best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
        s->kept[k] = (size_t)(split - set->splits);
        for (size_t i = 0; i < k; i++)
            if (s->kept[i] == s->kept[k])
                return dt_fail(s->edit.err, DT_ERR_ARG, "the split '%s' is to be kept twice", wanted);
    }
    for (size_t i = 0; i < set->record_count; i++) {
        s->part_of[i] = OPEN;
        for (size_t k = 0; k < s->opts->keep_count; k++)
            if (s->old_split[i] == (int32_t)s->kept[k]) s->part_of[i] = (int32_t)(s->opts->part_count + k);
    }
    return DT_OK;
}

/* Takes a picture with its objects out of the set. */
static dt_status leave_out(splitter *s, size_t record, dt_severity severity, const char *why)
{
    const dt_dataset *set = s->edit.set;
    const dt_record *r = &set->records[record];
    s->part_of[record] = OUT;
    for (size_t k = r->first; k < r->first + r->count; k++)
        DT_TRY(dt_edit_say_object(&s->edit, r, &set->objects[k], NULL, severity, DT_FATE_DROPPED, "left-out",
                                  "its picture goes: %s", why));
    return dt_edit_say_record(&s->edit, r, severity, DT_FATE_DROPPED, "left-out", "%s", why);
}

/* A kept split is not touched, and nothing that looks like it may be trained on: such pictures go. */
static dt_status leave_out_relatives(splitter *s)
{
    const dt_dataset *set = s->edit.set;
    size_t *kept_in = dt_calloc(set->record_count, sizeof *kept_in); /* one a root: a kept record, + 1 */
    if (!kept_in) return dt_fail_memory(s->edit.err, set->record_count * sizeof *kept_in, "blocks");
    dt_status st = DT_OK;
    for (size_t i = 0; i < set->record_count; i++) {
        size_t root = dt_union_find(s->blocks.parent, i);
        if (s->part_of[i] != OPEN && !kept_in[root]) kept_in[root] = i + 1;
    }
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        size_t with = kept_in[dt_union_find(s->blocks.parent, i)];
        if (s->part_of[i] != OPEN || !with) continue;
        char *why =
            dt_format("it belongs together with %s of '%s', which stays as it is",
                      dt_edit_name(&set->records[with - 1]), set->splits[s->old_split[with - 1]].name);
        st = why ? leave_out(s, i, DT_WARNING, why) : dt_fail_memory(s->edit.err, 64, "a message");
        dt_free(why);
    }
    dt_free(kept_in);
    return st;
}

/* ---- items ---- */

typedef struct named {
    const char *name, *path;
    size_t record;
} named;

static int compare_named(const void *pa, const void *pb)
{
    const named *a = pa, *b = pb;
    int order = strcmp(a->name, b->name);
    if (!order) order = strcmp(a->path, b->path);
    return order ? order : (a->record > b->record) - (a->record < b->record);
}

static dt_status sort_by_name(splitter *s)
{
    const dt_dataset *set = s->edit.set;
    named *list = dt_calloc(set->record_count, sizeof *list);
    if (!list) return dt_fail_memory(s->edit.err, set->record_count * sizeof *list, "names");
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        if (s->part_of[i] == OPEN)
            list[s->open_count++] = (named){dt_edit_name(r),
                                            r->image   ? r->image
                                            : r->label ? r->label
                                                       : "",
                                            i};
    }
    if (s->open_count) qsort(list, s->open_count, sizeof *list, compare_named);
    for (size_t i = 0; i < s->open_count; i++)
        s->by_name[i] = list[i].record;
    dt_free(list);
    if (s->open_count) return DT_OK;
    return dt_fail(s->edit.err, DT_ERR_STATE, "no picture is left to be divided");
}

static size_t item_of(const splitter *s, size_t record)
{
    return (size_t)s->item_of[dt_union_find(s->blocks.parent, record)];
}

/* Blocks are numbered in the order of their first names. */
static dt_status make_items(splitter *s)
{
    const dt_dataset *set = s->edit.set;
    for (size_t i = 0; i < set->record_count; i++)
        s->item_of[i] = -1;
    for (size_t i = 0; i < s->open_count; i++) {
        int64_t *item = &s->item_of[dt_union_find(s->blocks.parent, s->by_name[i])];
        if (*item < 0) *item = (int64_t)s->items++;
    }
    s->size = dt_calloc(s->items, sizeof *s->size);
    s->item_part = dt_calloc(s->items, sizeof *s->item_part);
    if (!s->size || !s->item_part) return dt_fail_memory(s->edit.err, s->items * 8, "blocks");
    for (size_t i = 0; i < s->open_count; i++)
        s->size[item_of(s, s->by_name[i])]++;
    return DT_OK;
}

typedef struct tag {
    size_t item;
    int32_t label;
    uint32_t pictures, objects;
} tag;

static int compare_tags(const void *pa, const void *pb)
{
    const tag *a = pa, *b = pb;
    if (a->item != b->item) return a->item < b->item ? -1 : 1;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    return (b->pictures > a->pictures) - (b->pictures < a->pictures);
}

/* The classes of each picture, a picture once a class; pictures without objects have a label of their own. */
static size_t tag_pictures(const splitter *s, tag *tags)
{
    const dt_dataset *set = s->edit.set;
    size_t n = 0;
    for (size_t i = 0; i < s->open_count; i++) {
        const dt_record *r = &set->records[s->by_name[i]];
        const size_t item = item_of(s, s->by_name[i]), first = n;
        if (!r->count) tags[n++] = (tag){item, (int32_t)set->class_count, 1, 0};
        for (size_t k = r->first; k < r->first + r->count; k++) {
            size_t at = first;
            while (at < n && tags[at].label != set->objects[k].cls)
                at++;
            if (at == n) tags[n++] = (tag){item, set->objects[k].cls, 1, 0};
            tags[at].objects++;
        }
    }
    return n;
}

static dt_status make_strata(splitter *s)
{
    const dt_dataset *set = s->edit.set;
    size_t most = set->object_count + s->open_count, count = 0;
    tag *tags = dt_calloc(most, sizeof *tags);
    s->begin = dt_calloc(s->items + 1, sizeof *s->begin);
    s->has = dt_calloc(most, sizeof *s->has);
    if (!tags || !s->begin || !s->has) {
        dt_free(tags);
        return dt_fail_memory(s->edit.err, most * sizeof *tags, "classes of blocks");
    }
    size_t n = tag_pictures(s, tags);
    qsort(tags, n, sizeof *tags, compare_tags);
    for (size_t i = 0, item = 0; i < n; i++) {
        while (item < tags[i].item)
            s->begin[++item] = count;
        if (count > s->begin[item] && s->has[count - 1].label == tags[i].label) {
            s->has[count - 1].pictures += tags[i].pictures;
            s->has[count - 1].objects += tags[i].objects;
        } else {
            s->has[count++] = (dt_stratum){tags[i].label, tags[i].pictures, tags[i].objects};
        }
    }
    s->begin[s->items] = count;
    dt_free(tags);
    return DT_OK;
}

/* ---- sizes ---- */

/* Whole pictures whose sum is right: the largest remainders are rounded up. */
static void round_shares(const dt_split_part *parts, size_t count, int64_t total, int64_t out,
                         int64_t *target)
{
    double exact = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(parts[i].share > 0)) continue;
        exact += parts[i].share * (double)total;
        target[i] = (int64_t)floor(parts[i].share * (double)total + 1e-9);
        sum += target[i];
    }
    int64_t missing = out ? (int64_t)llround(exact) - sum : total - sum;
    for (; missing > 0; missing--) {
        size_t best = SIZE_MAX;
        double most = -1;
        for (size_t i = 0; i < count; i++) {
            double rest = parts[i].share * (double)total - (double)target[i];
            if (parts[i].share > 0 && rest > most + 1e-9) {
                best = i;
                most = rest;
            }
        }
        if (best == SIZE_MAX) return;
        target[best]++;
    }
}

static dt_status set_targets(splitter *s)
{
    const dt_split_opts *o = s->opts;
    const int64_t total = (int64_t)s->open_count;
    double shares = 0;
    int64_t counted = 0, left = total;
    size_t rest = SIZE_MAX;
    for (size_t i = 0; i < o->part_count; i++) {
        for (size_t k = 0; k < i; k++)
            if (strcmp(o->parts[i].name, o->parts[k].name) == 0)
                return dt_fail(s->edit.err, DT_ERR_ARG, "the part '%s' is given twice", o->parts[i].name);
        if (o->parts[i].rest && rest != SIZE_MAX)
            return dt_fail(s->edit.err, DT_ERR_ARG, "both '%s' and '%s' are to take the rest",
                           o->parts[rest].name, o->parts[i].name);
        if (o->parts[i].rest) rest = i;
        counted += s->target[i] = o->parts[i].count;
        shares += o->parts[i].share;
    }
    if (shares > 1 + 1e-9) return dt_fail(s->edit.err, DT_ERR_ARG, "the shares add up to %g, over 1", shares);
    if (counted > total)
        return dt_fail(s->edit.err, DT_ERR_ARG, "%lld pictures are asked for, %lld are there",
                       (long long)counted, (long long)total);
    const int out = rest == SIZE_MAX && (shares < 1 - 1e-9);
    /* Shares are of all that is divided; what counts have taken goes first. */
    round_shares(o->parts, o->part_count, total, out || rest != SIZE_MAX || counted > 0, s->target);
    for (size_t i = 0; i < o->part_count; i++)
        left -= s->target[i];
    if (left < 0)
        return dt_fail(s->edit.err, DT_ERR_ARG,
                       "counts of %lld and shares of %g are more than the %lld pictures", (long long)counted,
                       shares, (long long)total);
    s->target[rest == SIZE_MAX ? o->part_count : rest] += left;
    for (size_t i = 0; i < o->part_count; i++)
        if (s->target[i] == 0)
            return dt_fail(s->edit.err, DT_ERR_STATE, "no picture is left for '%s': %lld are divided",
                           o->parts[i].name, (long long)total);
    return DT_OK;
}

/* ---- the result ---- */

static dt_status take_over(splitter *s)
{
    const size_t parts = s->opts->part_count;
    for (size_t i = 0; i < s->open_count; i++) {
        const size_t record = s->by_name[i], item = item_of(s, record);
        const int32_t part = s->item_part[item];
        if ((size_t)part < parts)
            s->part_of[record] = part;
        else
            DT_TRY(leave_out(s, record, DT_NOTE, "the shares leave it out"));
        if (s->opts->blocks.group && s->blocks.ungrouped[record])
            DT_TRY(dt_edit_say_record(&s->edit, &s->edit.set->records[record], DT_NOTE, DT_FATE_NONE,
                                      "group-none", "its name does not match '%s'", s->opts->blocks.group));
    }
    for (size_t i = 0; i < s->open_count; i++) { /* once a block, at its first picture */
        const size_t record = s->by_name[i], item = item_of(s, record);
        const int32_t part = s->item_part[item];
        if ((size_t)part >= parts || s->item_part[item] < 0 || s->size[item] <= s->target[part]) continue;
        DT_TRY(dt_edit_say_record(&s->edit, &s->edit.set->records[record], DT_WARNING, DT_FATE_NONE,
                                  "group-large", "%u pictures belong together with it; '%s' was to have %lld",
                                  s->size[item] - 1, s->opts->parts[part].name, (long long)s->target[part]));
        s->size[item] = 0;
    }
    return DT_OK;
}

static dt_status count_parts(const splitter *s, dt_split_table *t)
{
    const dt_dataset *set = s->edit.set;
    t->parts = s->opts->part_count + s->opts->keep_count;
    t->classes = set->class_count;
    t->wanted = dt_calloc(t->parts, sizeof *t->wanted);
    t->pictures = dt_calloc(t->parts, sizeof *t->pictures);
    t->objects = dt_calloc(t->parts, sizeof *t->objects);
    t->class_pictures = dt_calloc(t->parts * t->classes, sizeof *t->class_pictures);
    t->class_objects = dt_calloc(t->parts * t->classes, sizeof *t->class_objects);
    size_t *seen = dt_calloc(t->classes, sizeof *seen); /* record + 1 */
    if (!t->wanted || !t->pictures || !t->objects || !t->class_pictures || !t->class_objects || !seen) {
        dt_free(seen);
        return dt_fail_memory(s->edit.err, t->parts * t->classes * 16, "counts");
    }
    for (size_t i = 0; i < set->record_count; i++) {
        if (s->part_of[i] < 0) continue;
        const size_t part = (size_t)s->part_of[i];
        const dt_record *r = &set->records[i];
        t->pictures[part]++;
        t->objects[part] += r->count;
        for (size_t k = r->first; k < r->first + r->count; k++) {
            const size_t cls = (size_t)set->objects[k].cls;
            t->class_objects[part * t->classes + cls]++;
            t->class_pictures[part * t->classes + cls] += seen[cls] != i + 1;
            seen[cls] = i + 1;
        }
    }
    dt_free(seen);
    for (size_t p = 0; p < t->parts; p++)
        t->wanted[p] = p < s->opts->part_count ? (double)s->target[p] : (double)t->pictures[p];
    for (size_t p = 0; p < t->parts; p++)
        if (!t->pictures[p])
            return dt_fail(s->edit.err, DT_ERR_STATE,
                           "'%s' got no picture: %zu blocks that belong together, the "
                           "largest of %zu pictures",
                           s->names[p], t->blocks, t->largest);
    return DT_OK;
}

/* ---- the whole ---- */

static dt_status allocate(splitter *s)
{
    const size_t n = s->edit.set->record_count, parts = s->opts->part_count, keep = s->opts->keep_count;
    s->part_of = dt_calloc(n, sizeof *s->part_of);
    s->by_name = dt_calloc(n, sizeof *s->by_name);
    s->item_of = dt_calloc(n, sizeof *s->item_of);
    s->target = dt_calloc(parts + 1, sizeof *s->target);
    s->names = dt_calloc(parts + keep, sizeof *s->names);
    s->kept = dt_calloc(keep, sizeof *s->kept);
    if (!s->part_of || !s->by_name || !s->item_of || !s->target || !s->names || !s->kept)
        return dt_fail_memory(s->edit.err, n * 16, "a split");
    for (size_t i = 0; i < parts + keep; i++)
        s->names[i] = i < parts ? s->opts->parts[i].name : s->opts->keep[i - parts];
    return dt_dataset_split_of(s->edit.set, &s->old_split, s->edit.err);
}

static dt_status split_all(splitter *s, dt_split_table *table)
{
    const dt_split_opts *o = s->opts;
    dt_dataset *set = s->edit.set;
    DT_TRY(allocate(s));
    DT_TRY(find_kept(s));
    DT_TRY(dt_split_blocks_make(set, &o->blocks, &s->blocks, s->edit.err));
    DT_TRY(leave_out_relatives(s));
    DT_TRY(sort_by_name(s));
    DT_TRY(set_targets(s));
    DT_TRY(make_items(s));
    DT_TRY(make_strata(s));
    const dt_strata strata = {s->items, set->class_count + 1, s->size, s->begin, s->has};
    const int out = s->target[o->part_count] > 0;
    const dt_division division = {s->target, o->part_count + (size_t)out, o->part_count, o->seed};
    DT_TRY((o->random ? dt_divide_at_random : dt_stratify)(&strata, &division, s->item_part, s->edit.err));
    table->blocks = s->items;
    table->near = s->blocks.near;
    for (size_t i = 0; i < s->items; i++)
        if (s->size[i] > table->largest) table->largest = s->size[i];
    DT_TRY(take_over(s));
    DT_TRY(count_parts(s, table));
    return dt_dataset_regroup(set, s->part_of, s->names, o->part_count + o->keep_count, s->edit.err);
}

dt_status dt_split_set(dt_dataset *set, const dt_split_opts *opts, dt_split_table *table,
                       dt_findings *findings, dt_error *err)
{
    splitter s = {.edit = {.set = set, .findings = findings, .err = err}, .opts = opts};
    *table = (dt_split_table){0};
    dt_status st = split_all(&s, table);
    if (st != DT_OK) dt_split_table_free(table);
    dt_edit_free(&s.edit);
    dt_split_blocks_free(&s.blocks);
    dt_free(s.old_split);
    dt_free(s.part_of);
    dt_free(s.by_name);
    dt_free(s.item_of);
    dt_free(s.size);
    dt_free(s.begin);
    dt_free(s.has);
    dt_free(s.item_part);
    dt_free(s.target);
    dt_free(s.names);
    dt_free(s.kept);
    return st;
}

void dt_split_table_free(dt_split_table *t)
{
    dt_free(t->wanted);
    dt_free(t->pictures);
    dt_free(t->objects);
    dt_free(t->class_pictures);
    dt_free(t->class_objects);
    *t = (dt_split_table){0};
}
