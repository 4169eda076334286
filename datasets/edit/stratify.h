/** Dividing things that carry labels into parts of given sizes so that every label is spread like the whole.
 *
 * Iterative stratification (Sechidis, Tsoumakas, Vlahavas, "On the stratification of multi-label data", ECML
 * PKDD 2011): the label with the fewest things left is dealt out first, each thing to the part that still
 * wants most of it. Afterwards things of equal size change places as long as that brings the labels nearer to
 * their shares. */
#ifndef DT_DATASETS_STRATIFY_H
#define DT_DATASETS_STRATIFY_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** How often a label occurs in an item. */
typedef struct dt_stratum {
    int32_t label;
    uint32_t pictures, objects;
} dt_stratum;

/** Items are blocks of pictures that stay together. */
typedef struct dt_strata {
    size_t items, labels;
    const uint32_t *size;  /* pictures of each item, >= 1 */
    const size_t *begin;   /* items + 1: strata of item i are [begin[i], begin[i + 1]) */
    const dt_stratum *has; /* each label at most once an item */
} dt_strata;

typedef struct dt_division {
    const int64_t *target; /* pictures of each part; their sum is the sum of the sizes */
    size_t parts;
    size_t wanted; /* the first so many parts should see every label; those behind take what is left out */
    uint64_t seed;
} dt_division;

/** part_of (items): a part for each item. A part is never larger than its target by more than the largest
 *  item less one; with items of size 1 sizes are exact. Labels are balanced by pictures first, then by
 *  objects; a label with enough items reaches every wanted part. */
dt_status dt_stratify(const dt_strata *strata, const dt_division *division, int32_t *part_of, dt_error *err);

/** The same sizes without looking at labels. */
dt_status dt_divide_at_random(const dt_strata *strata, const dt_division *division, int32_t *part_of,
                              dt_error *err);

#endif
