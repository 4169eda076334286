#include "datasets/edit/stratify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"

typedef struct dealer {
    const dt_strata *s;
    const dt_division *d;
    int32_t *part_of;
    int64_t *room;                       /* a part: target less what it has */
    int64_t *pictures, *objects;         /* a part and label: what it has */
    int64_t *all_pictures, *all_objects; /* a label */
    double *share;                       /* a part: of all pictures */
    size_t *order;                       /* items: larger ones first, else at random */
    dt_rng rng;
    dt_error *err;
} dealer;

/* ---- the order of work ---- */

typedef struct ranked {
    uint32_t size;
    size_t rank, item;
} ranked;

static int compare_ranked(const void *pa, const void *pb)
{
    const ranked *a = pa, *b = pb;
    if (a->size != b->size) return a->size > b->size ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

static dt_status make_order(dealer *k)
{
    const size_t n = k->s->items;
    int64_t *shuffled = dt_calloc(n, sizeof *shuffled);
    ranked *list = dt_calloc(n, sizeof *list);
    dt_status st = shuffled && list ? DT_OK : dt_fail_memory(k->err, n * sizeof *list, "blocks");
    if (st == DT_OK) {
        for (size_t i = 0; i < n; i++)
            shuffled[i] = (int64_t)i;
        dt_rng_shuffle(&k->rng, shuffled, n);
        for (size_t i = 0; i < n; i++)
            list[i] = (ranked){k->s->size[shuffled[i]], i, (size_t)shuffled[i]};
        if (n) qsort(list, n, sizeof *list, compare_ranked);
        for (size_t i = 0; i < n; i++)
            k->order[i] = list[i].item;
    }
    dt_free(shuffled);
    dt_free(list);
    return st;
}

/* ---- life ---- */

static void dealer_free(dealer *k)
{
    dt_free(k->room);
    dt_free(k->pictures);
    dt_free(k->objects);
    dt_free(k->all_pictures);
    dt_free(k->all_objects);
    dt_free(k->share);
    dt_free(k->order);
}

static dt_status dealer_init(dealer *k, const dt_strata *s, const dt_division *d, int32_t *part_of,
                             dt_error *err)
{
    const size_t cells = d->parts * s->labels;
    *k = (dealer){.s = s, .d = d, .part_of = part_of, .err = err};
    k->rng = dt_rng_make(d->seed, DT_RNG_SPLIT, 0, 0);
    k->room = dt_calloc(d->parts, sizeof *k->room);
    k->pictures = dt_calloc(cells, sizeof *k->pictures);
    k->objects = dt_calloc(cells, sizeof *k->objects);
    k->all_pictures = dt_calloc(s->labels, sizeof *k->all_pictures);
    k->all_objects = dt_calloc(s->labels, sizeof *k->all_objects);
    k->share = dt_calloc(d->parts, sizeof *k->share);
    k->order = dt_calloc(s->items, sizeof *k->order);
    if (!k->room || !k->pictures || !k->objects || !k->all_pictures || !k->all_objects || !k->share ||
        !k->order)
        return dt_fail_memory(err, cells * sizeof *k->pictures, "a division");
    int64_t total = 0;
    for (size_t p = 0; p < d->parts; p++)
        total += d->target[p];
    for (size_t p = 0; p < d->parts; p++) {
        k->room[p] = d->target[p];
        k->share[p] = total ? (double)d->target[p] / (double)total : 0;
    }
    for (size_t i = 0; i < s->begin[s->items]; i++) {
        k->all_pictures[s->has[i].label] += s->has[i].pictures;
        k->all_objects[s->has[i].label] += s->has[i].objects;
    }
    for (size_t i = 0; i < s->items; i++)
        part_of[i] = -1;
    return make_order(k);
}

/* ---- dealing out ---- */

static void count(dealer *k, size_t item, size_t part, int sign)
{
    const dt_strata *s = k->s;
    for (size_t i = s->begin[item]; i < s->begin[item + 1]; i++) {
        size_t cell = part * s->labels + (size_t)s->has[i].label;
        k->pictures[cell] += sign * (int64_t)s->has[i].pictures;
        k->objects[cell] += sign * (int64_t)s->has[i].objects;
    }
}

static void give(dealer *k, size_t item, size_t part)
{
    k->part_of[item] = (int32_t)part;
    k->room[part] -= k->s->size[item];
    count(k, item, part, 1);
}

/* The parts that have room for an item; without any, the one with the most room. */
static int has_room(const dealer *k, size_t part, uint32_t size)
{
    if (k->room[part] >= size) return 1;
    size_t most = 0;
    for (size_t p = 0; p < k->d->parts; p++) {
        if (k->room[p] >= size) return 0;
        if (k->room[p] > k->room[most]) most = p;
    }
    return part == most;
}

/* 1 if so few items of a label are left that the parts without it must have them. */
static int must_spread(const dealer *k, size_t label, uint32_t size, size_t left)
{
    size_t lacking = 0;
    for (size_t p = 0; p < k->d->wanted; p++)
        lacking += k->pictures[p * k->s->labels + label] == 0 && k->d->target[p] > 0 && has_room(k, p, size);
    return lacking > 0 && left <= lacking;
}

/* What a part still wants of a label, then room left, in whole pictures; the higher wins. */
static size_t choose_part(dealer *k, size_t item, const dt_stratum *of, size_t left)
{
    const size_t labels = k->s->labels, label = (size_t)of->label;
    const uint32_t size = k->s->size[item];
    const int spread = must_spread(k, label, size, left);
    size_t best = SIZE_MAX;
    double best_pictures = 0, best_objects = 0;
    const size_t first = dt_rng_below(&k->rng, k->d->parts); /* of equals, any may win */
    for (size_t q = 0; q < k->d->parts; q++) {
        const size_t p = (first + q) % k->d->parts;
        const size_t cell = p * labels + label;
        if (!has_room(k, p, size) || (spread && (k->pictures[cell] > 0 || p >= k->d->wanted))) continue;
        const double pictures = k->share[p] * (double)k->all_pictures[label] - (double)k->pictures[cell];
        const double objects = k->share[p] * (double)k->all_objects[label] - (double)k->objects[cell];
        const double more = pictures - best_pictures;
        /* Half a picture is noise: objects decide then. */
        if (best != SIZE_MAX && (more < -0.5 || (more <= 0.5 && objects <= best_objects))) continue;
        best = p;
        best_pictures = pictures;
        best_objects = objects;
    }
    return best;
}

static size_t roomiest(const dealer *k, uint32_t size)
{
    size_t best = SIZE_MAX;
    for (size_t p = 0; p < k->d->parts; p++)
        if (has_room(k, p, size) && (best == SIZE_MAX || k->room[p] > k->room[best])) best = p;
    return best;
}

/* The items of each label, in the order of work. */
typedef struct label_lists {
    size_t *begin, *item;
    const dt_stratum **stratum;
    size_t *left; /* items not yet dealt out */
} label_lists;

static void lists_free(label_lists *l)
{
    dt_free(l->begin);
    dt_free(l->item);
    dt_free(l->stratum);
    dt_free(l->left);
}

static dt_status make_lists(dealer *k, label_lists *l)
{
    const dt_strata *s = k->s;
    const size_t n = s->begin[s->items];
    *l = (label_lists){dt_calloc(s->labels + 2, sizeof *l->begin), dt_calloc(n, sizeof *l->item),
                       dt_calloc(n, sizeof(dt_stratum *)), dt_calloc(s->labels, sizeof *l->left)};
    if (!l->begin || !l->item || !l->stratum || !l->left)
        return dt_fail_memory(k->err, n * sizeof *l->item, "labels of blocks");
    for (size_t i = 0; i < n; i++) {
        l->begin[s->has[i].label + 2]++;
        l->left[s->has[i].label]++;
    }
    for (size_t c = 0; c < s->labels; c++)
        l->begin[c + 2] += l->begin[c + 1];
    for (size_t i = 0; i < s->items; i++) {
        const size_t item = k->order[i];
        for (size_t j = s->begin[item]; j < s->begin[item + 1]; j++) {
            size_t at = l->begin[s->has[j].label + 1]++;
            l->item[at] = item;
            l->stratum[at] = &s->has[j];
        }
    }
    return DT_OK;
}

static void deal_item(dealer *k, label_lists *l, size_t item, const dt_stratum *of)
{
    give(k, item, choose_part(k, item, of, l->left[of->label]));
    for (size_t j = k->s->begin[item]; j < k->s->begin[item + 1]; j++)
        l->left[k->s->has[j].label]--;
}

/* Items of many pictures first, while every part has room for them. */
static void deal_label(dealer *k, label_lists *l, size_t label, int large)
{
    for (size_t at = l->begin[label]; at < l->begin[label + 1]; at++) {
        const size_t item = l->item[at];
        if (k->part_of[item] < 0 && (!large || k->s->size[item] > 1)) deal_item(k, l, item, l->stratum[at]);
    }
}

static int has_work(const dealer *k, const label_lists *l, size_t label, int large)
{
    if (!large) return l->left[label] > 0;
    for (size_t at = l->begin[label]; at < l->begin[label + 1] && k->s->size[l->item[at]] > 1; at++)
        if (k->part_of[l->item[at]] < 0) return 1;
    return 0;
}

static void deal_all(dealer *k, label_lists *l)
{
    for (int large = 1; large >= 0; large--)
        for (;;) {
            size_t rarest = SIZE_MAX;
            for (size_t c = 0; c < k->s->labels; c++)
                if (l->left[c] && (rarest == SIZE_MAX || l->left[c] < l->left[rarest]) &&
                    has_work(k, l, c, large))
                    rarest = c;
            if (rarest == SIZE_MAX) break;
            deal_label(k, l, rarest, large);
        }
    for (size_t i = 0; i < k->s->items; i++)
        if (k->part_of[k->order[i]] < 0) give(k, k->order[i], roomiest(k, k->s->size[k->order[i]]));
}

/* ---- changing places ---- */

/* How far a part is from its share of a label: in units that let rare and frequent labels count alike. */
static double cell_cost(const dealer *k, size_t part, size_t label, int64_t pictures, int64_t objects)
{
    const double wp = k->share[part] * (double)k->all_pictures[label],
                 wo = k->share[part] * (double)k->all_objects[label];
    const double dp = (double)pictures - wp, d_o = (double)objects - wo;
    const double missing = pictures == 0 && part < k->d->wanted && wp > 0 ? 30 : 0;
    return dp * dp / (wp + 1) + 0.5 * d_o * d_o / (wo + 1) + missing;
}

/* Cost of the cells of `part` that the labels of the two items touch. */
static double local_cost(const dealer *k, size_t a, size_t b, size_t part)
{
    const dt_strata *s = k->s;
    double sum = 0;
    for (int second = 0; second < 2; second++) {
        const size_t item = second ? b : a;
        for (size_t j = s->begin[item]; j < s->begin[item + 1]; j++) {
            const int32_t label = s->has[j].label;
            int seen = 0;
            for (size_t i = s->begin[a]; second && i < s->begin[a + 1] && !seen; i++)
                seen = s->has[i].label == label;
            const size_t cell = part * s->labels + (size_t)label;
            if (!seen) sum += cell_cost(k, part, (size_t)label, k->pictures[cell], k->objects[cell]);
        }
    }
    return sum;
}

static void exchange(dealer *k, size_t a, size_t b)
{
    const int32_t pa = k->part_of[a], pb = k->part_of[b];
    count(k, a, (size_t)pa, -1);
    count(k, b, (size_t)pb, -1);
    count(k, a, (size_t)pb, 1);
    count(k, b, (size_t)pa, 1);
    k->part_of[a] = pb;
    k->part_of[b] = pa;
}

static void try_exchange(dealer *k, size_t a, size_t b)
{
    const size_t pa = (size_t)k->part_of[a], pb = (size_t)k->part_of[b];
    if (pa == pb || k->s->size[a] != k->s->size[b]) return;
    const double before = local_cost(k, a, b, pa) + local_cost(k, a, b, pb);
    exchange(k, a, b);
    if (local_cost(k, a, b, pa) + local_cost(k, a, b, pb) > before - 1e-9) exchange(k, a, b);
}

static void improve(dealer *k)
{
    enum { TRIES_PER_ITEM = 24, MOST_TRIES = 2000000 };
    const size_t n = k->s->items;
    const size_t tries = n < MOST_TRIES / TRIES_PER_ITEM ? n * TRIES_PER_ITEM : MOST_TRIES;
    for (size_t t = 0; t < tries && n > 1; t++) {
        size_t a = k->order[dt_rng_below(&k->rng, n)], b = k->order[dt_rng_below(&k->rng, n)];
        try_exchange(k, a, b);
    }
}

dt_status dt_stratify(const dt_strata *strata, const dt_division *division, int32_t *part_of, dt_error *err)
{
    dealer k;
    label_lists lists = {0};
    dt_status st = dealer_init(&k, strata, division, part_of, err);
    if (st == DT_OK) st = make_lists(&k, &lists);
    if (st == DT_OK) {
        deal_all(&k, &lists);
        improve(&k);
    }
    lists_free(&lists);
    dealer_free(&k);
    return st;
}

dt_status dt_divide_at_random(const dt_strata *strata, const dt_division *division, int32_t *part_of,
                              dt_error *err)
{
    dealer k;
    dt_status st = dealer_init(&k, strata, division, part_of, err);
    for (size_t i = 0; i < strata->items && st == DT_OK; i++) {
        const size_t item = k.order[i];
        const uint32_t size = strata->size[item];
        /* A part as likely as it has room. */
        int64_t total = 0;
        for (size_t p = 0; p < division->parts; p++)
            total += has_room(&k, p, size) && k.room[p] > 0 ? k.room[p] : 0;
        int64_t at = total ? (int64_t)dt_rng_below(&k.rng, (uint64_t)total) : 0;
        size_t part = roomiest(&k, size);
        for (size_t p = 0; p < division->parts && total; p++) {
            const int64_t room = has_room(&k, p, size) && k.room[p] > 0 ? k.room[p] : 0;
            if (at < room) {
                part = p;
                break;
            }
            at -= room;
        }
        give(&k, item, part);
    }
    dealer_free(&k);
    return st;
}
