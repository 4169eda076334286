#include "detect/grouping.h"

#include <string.h>

#include "core/mem.h"

static int32_t member_field(const dt_members *m, size_t i, size_t offset)
{
    int32_t value;
    memcpy(&value, (const char *)m->base + i * m->stride + offset, sizeof value);
    return value;
}

/* One stable counting sort: items of `from` (NULL: 0, 1, ...) into `to`; begin[b] becomes the start of bucket
 * b. */
static void counting_pass(const dt_members *m, size_t field, const uint32_t *from, uint32_t *to,
                          size_t *begin, size_t buckets)
{
    for (size_t i = 0; i < m->count; i++)
        begin[(size_t)member_field(m, i, field) + 1]++;
    for (size_t b = 0; b < buckets; b++)
        begin[b + 1] += begin[b];
    for (size_t i = 0; i < m->count; i++) {
        uint32_t item = from ? from[i] : (uint32_t)i;
        to[begin[member_field(m, item, field)]++] = item;
    }
    /* begin[b] is now the end of bucket b: shift back. */
    memmove(begin + 1, begin, buckets * sizeof *begin);
    begin[0] = 0;
}

dt_status dt_groups_create(dt_groups *g, const dt_members *m, size_t class_count, size_t image_count,
                           dt_error *err)
{
    *g = (dt_groups){0};
    g->order = dt_realloc_array(NULL, m->count, sizeof *g->order);
    g->class_begin = dt_calloc(class_count + 1, sizeof *g->class_begin);
    uint32_t *by_image = dt_realloc_array(NULL, m->count, sizeof *by_image);
    size_t *image_begin = dt_calloc(image_count + 1, sizeof *image_begin);
    int ok = g->order && g->class_begin && by_image && image_begin;
    if (ok) {
        counting_pass(m, m->image_offset, NULL, by_image, image_begin, image_count);
        counting_pass(m, m->class_offset, by_image, g->order, g->class_begin, class_count);
        for (size_t k = 0; k < class_count; k++) {
            size_t n = g->class_begin[k + 1] - g->class_begin[k];
            if (n > g->largest) g->largest = n;
        }
    }
    dt_free(by_image);
    dt_free(image_begin);
    if (ok) return DT_OK;
    dt_groups_free(g);
    return dt_fail_memory(err, m->count * 2 * sizeof(uint32_t), "grouping by class and image");
}

void dt_groups_free(dt_groups *g)
{
    dt_free(g->order);
    dt_free(g->class_begin);
    *g = (dt_groups){0};
}

static void insertion_sort(dt_score_key *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        dt_score_key key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1].score < key.score; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

void dt_score_sort(dt_score_key *keys, dt_score_key *spare, size_t n)
{
    enum { RUN = 8 };
    for (size_t begin = 0; begin < n; begin += RUN)
        insertion_sort(keys + begin, n - begin < RUN ? n - begin : RUN);
    dt_score_key *from = keys, *to = spare;
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t begin = 0; begin < n; begin += 2 * width) {
            size_t middle = begin + width < n ? begin + width : n;
            size_t end = begin + 2 * width < n ? begin + 2 * width : n;
            size_t i = begin, j = middle, o = begin;
            while (i < middle && j < end) {
                int take_right = from[j].score > from[i].score; /* without a branch: scores are random */
                to[o++] = *(take_right ? &from[j] : &from[i]);
                j += (size_t)take_right;
                i += (size_t)!take_right;
            }
            while (i < middle)
                to[o++] = from[i++];
            while (j < end)
                to[o++] = from[j++];
        }
        dt_score_key *t = from;
        from = to;
        to = t;
    }
    if (from != keys)
        for (size_t i = 0; i < n; i++)
            keys[i] = from[i];
}
