#include "detect/nms.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "detect/nms_block.h"

typedef int (*suppressed_fn)(const dt_nms_kept *k, const dt_nms_candidate *c, float threshold);

int dt_nms_suppressed_base(const dt_nms_kept *k, const dt_nms_candidate *c, float threshold)
{
    return nms_suppressed(k, c, threshold);
}

static suppressed_fn choose_suppressed(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return dt_nms_suppressed_avx2;
#endif
    return dt_nms_suppressed_base;
}

/* A key whose unsigned order is the descending order of the scores; -0 and +0 are one score. */
static uint32_t descending_key(float score)
{
    uint32_t bits;
    score += 0.0f;
    memcpy(&bits, &score, sizeof bits);
    return bits & 0x80000000u ? bits : ~bits & 0x7fffffffu;
}

/* Stable radix sort of items by key[item], ascending. The result is in `items`; `spare` is scratch. */
static void sort_by_key(const uint32_t *key, int32_t *items, int32_t *spare, int64_t n)
{
    uint32_t histogram[4][256];
    memset(histogram, 0, sizeof histogram);
    for (int64_t i = 0; i < n; i++)
        for (int byte = 0; byte < 4; byte++)
            histogram[byte][key[items[i]] >> 8 * byte & 255]++;
    int32_t *from = items, *to = spare;
    for (int byte = 0; byte < 4; byte++) {
        uint32_t *count = histogram[byte];
        if (n > 0 && count[key[from[0]] >> 8 * byte & 255] == (uint32_t)n) continue; /* all equal here */
        uint32_t start = 0;
        for (int v = 0; v < 256; v++) {
            uint32_t c = count[v];
            count[v] = start;
            start += c;
        }
        for (int64_t i = 0; i < n; i++)
            to[count[key[from[i]] >> 8 * byte & 255]++] = from[i];
        int32_t *t = from;
        from = to;
        to = t;
    }
    if (from != items) memcpy(items, from, (size_t)n * sizeof *items);
}

typedef struct nms_work {
    uint32_t *key;            /* per box */
    int32_t *order, *grouped; /* by score; by class, then score */
    int32_t *spare;
    uint8_t *keep; /* per box */
    dt_nms_kept kept;
    void *block;
} nms_work;

static dt_status work_create(nms_work *w, int64_t n, dt_error *err)
{
    size_t count = ((size_t)n + 15) & ~(size_t)15; /* each array on its own cache line */
    size_t bytes = count * (sizeof *w->key + 3 * sizeof(int32_t) + 5 * sizeof(float) + 1);
    char *p = w->block = dt_malloc_aligned(bytes);
    if (!p) return dt_fail_memory(err, bytes, "NMS");
    float **floats[] = {&w->kept.x1, &w->kept.y1, &w->kept.x2, &w->kept.y2, &w->kept.area};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++, p += count * sizeof(float))
        *floats[i] = (float *)p;
    int32_t **ints[] = {&w->order, &w->grouped, &w->spare};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++, p += count * sizeof(int32_t))
        *ints[i] = (int32_t *)p;
    w->key = (uint32_t *)p;
    w->keep = (uint8_t *)(p + count * sizeof *w->key);
    return DT_OK;
}

/* One class: items sorted by score. Marks the kept ones; at most `limit`. */
static void suppress_group(nms_work *w, const float *boxes, const int32_t *items, int64_t n, int64_t limit,
                           float threshold, suppressed_fn suppressed)
{
    dt_nms_kept *k = &w->kept;
    k->count = 0;
    for (int64_t i = 0; i < n && k->count < limit; i++) {
        const float *b = boxes + 4 * (int64_t)items[i];
        dt_nms_candidate c = {b[0], b[1], b[2], b[3], (b[2] - b[0]) * (b[3] - b[1])};
        if (suppressed(k, &c, threshold)) continue;
        k->x1[k->count] = c.x1;
        k->y1[k->count] = c.y1;
        k->x2[k->count] = c.x2;
        k->y2[k->count] = c.y2;
        k->area[k->count++] = c.area;
        w->keep[items[i]] = 1;
    }
}

dt_status dt_nms(const float *boxes, const float *scores, const int32_t *classes, int64_t n,
                 const dt_nms_opts *opts, int32_t *keep, int64_t *kept, dt_error *err)
{
    *kept = 0;
    if (n < 0 || n > INT32_MAX)
        return dt_fail(err, DT_ERR_ARG, "nms: %lld boxes; 0 to 2^31 - 1 are possible", (long long)n);
    if (!(opts->iou >= 0 && opts->iou <= 1))
        return dt_fail(err, DT_ERR_ARG, "nms: IoU threshold %g is outside 0 to 1", opts->iou);
    if (opts->max_det < 0) return dt_fail(err, DT_ERR_ARG, "nms: max_det %lld", (long long)opts->max_det);
    if (n == 0) return DT_OK;

    nms_work w;
    DT_TRY(work_create(&w, n, err));
    int64_t live = 0;
    for (int64_t i = 0; i < n; i++) {
        w.keep[i] = 0;
        if (isnan(scores[i])) continue;
        w.key[i] = descending_key(scores[i]);
        w.order[live++] = (int32_t)i;
    }
    sort_by_key(w.key, w.order, w.spare, live);

    int64_t limit = opts->max_det ? opts->max_det : live;
    float threshold = nms_threshold(opts->iou);
    suppressed_fn suppressed = choose_suppressed();
    if (!classes || opts->class_agnostic) {
        suppress_group(&w, boxes, w.order, live, limit, threshold, suppressed);
    } else {
        memcpy(w.grouped, w.order, (size_t)live * sizeof *w.grouped);
        for (int64_t i = 0; i < n; i++)
            w.key[i] = (uint32_t)classes[i];
        sort_by_key(w.key, w.grouped, w.spare, live);
        for (int64_t begin = 0, end; begin < live; begin = end) {
            for (end = begin + 1; end < live && w.key[w.grouped[end]] == w.key[w.grouped[begin]];)
                end++;
            suppress_group(&w, boxes, w.grouped + begin, end - begin, limit, threshold, suppressed);
        }
    }
    for (int64_t i = 0; i < live && *kept < limit; i++)
        if (w.keep[w.order[i]]) keep[(*kept)++] = w.order[i];
    dt_free(w.block);
    return DT_OK;
}
