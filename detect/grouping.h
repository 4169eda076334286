/** What the evaluators share: members grouped by class and image, and stable sorting by score. */
#ifndef DT_DETECT_GROUPING_H
#define DT_DETECT_GROUPING_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** An array of structs with an int32_t class and an int32_t image somewhere in them. */
typedef struct dt_members {
    const void *base;
    size_t stride, count; /* count < 2^32 - 1 */
    size_t class_offset, image_offset;
} dt_members;

/** Indices in the order (class, image, position in the input). */
typedef struct dt_groups {
    uint32_t *order;
    size_t *class_begin; /* class_count + 1 */
    size_t largest;      /* members of the largest class */
} dt_groups;

/** Classes and images must be in range already. Fails with DT_ERR_MEMORY only. */
dt_status dt_groups_create(dt_groups *groups, const dt_members *members, size_t class_count,
                           size_t image_count, dt_error *err);
void dt_groups_free(dt_groups *groups);

typedef struct dt_score_key {
    double score; /* not NaN */
    uint32_t item;
} dt_score_key;

/** Descending by score, equal scores in their old order. spare: room for n. */
void dt_score_sort(dt_score_key *keys, dt_score_key *spare, size_t n);

#endif
