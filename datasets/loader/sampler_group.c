/* Batches of pictures of one group, in the order in which they fill up. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/loader/sampler_internal.h"

/* A group's places as they come; those of batches already given out are kept to complete its last one. */
typedef struct group {
    dt_pick *places;
    size_t count, capacity, given;
} group;

/* Groups with the most pictures left over first, among equals the lower number. */
typedef struct rest {
    size_t count;
    int32_t number;
} rest;

static int by_rest(const void *a, const void *b)
{
    const rest *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* The rest of a group and, to fill the batch, its records again from the first on: as places that no rank has
 * yet. */
static void complete(const group *g, int batch, const dt_repeats *repeats, dt_pick *out)
{
    const size_t left = g->count - g->given;
    for (size_t i = 0; i < (size_t)batch; i++) {
        out[i] = g->places[i < left ? g->given + i : (i - left) % g->count];
        if (i < left) continue;
        int64_t *next = &repeats->seen[out[i].index];
        out[i].repeat = *next + repeats->rank;
        *next += repeats->world;
    }
}

static dt_status give_rests(const group *all, int32_t groups, int batch, int64_t missing,
                            const dt_repeats *repeats, dt_pick *out, dt_error *err)
{
    rest *rests = dt_calloc((size_t)groups, sizeof *rests);
    if (!rests) return dt_fail_memory(err, (size_t)groups * sizeof *rests, "groups");
    for (int32_t i = 0; i < groups; i++)
        rests[i] = (rest){all[i].count - all[i].given, i};
    qsort(rests, (size_t)groups, sizeof *rests, by_rest);
    for (int64_t k = 0; k < missing; k++)
        complete(&all[rests[k].number], batch, repeats, out + k * batch);
    dt_free(rests);
    return DT_OK;
}

dt_status dt_sampler_group(const dt_pick *in, int64_t count, const int32_t *groups, int batch,
                           const dt_repeats *repeats, dt_pick *out, dt_error *err)
{
    int32_t group_count = 0;
    for (int64_t i = 0; i < count; i++)
        if (groups[in[i].index] >= group_count) group_count = groups[in[i].index] + 1;
    group *all = dt_calloc((size_t)group_count, sizeof *all);
    if (!all) return dt_fail_memory(err, (size_t)group_count * sizeof *all, "groups");
    dt_status st = DT_OK;
    int64_t batches = count / batch, done = 0;
    for (int64_t i = 0; i < count && st == DT_OK; i++) {
        group *g = &all[groups[in[i].index]];
        if (dt_grow(&g->places, &g->capacity, g->count + 1, sizeof *g->places) != 0) {
            st = dt_fail_memory(err, sizeof *g->places, "groups");
            break;
        }
        g->places[g->count++] = in[i];
        if (g->count - g->given < (size_t)batch) continue;
        memcpy(out + done++ * batch, g->places + g->given, (size_t)batch * sizeof *out);
        g->given = g->count;
    }
    /* What is left makes less than one batch a group; all of it together at least the batches that are
     * missing, so there are as many groups with a rest as batches to fill. */
    if (st == DT_OK)
        st = give_rests(all, group_count, batch, batches - done, repeats, out + done * batch, err);
    for (int32_t i = 0; i < group_count; i++)
        dt_free(all[i].places);
    dt_free(all);
    return st;
}
