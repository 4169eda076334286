/** Near-duplicates among many pictures, without gaps: what may not be on two sides of a split. */
#ifndef DT_DATASETS_NEAR_H
#define DT_DATASETS_NEAR_H

#include "datasets/image/fingerprint.h"

/** Two pictures are a near pair if at most DT_NEAR_DISTANCE bits of their hashes differ and
 * dt_fingerprint_agrees. */
typedef struct dt_near_visitor {
    int (*wants)(void *ctx, size_t a,
                 size_t b); /* asked before the small pictures are compared: is the pair news? */
    void (*found)(void *ctx, size_t a, size_t b, int distance); /* a near pair, a < b */
    void *ctx;
} dt_near_visitor;

/** Visits near pairs in a fixed order. Every near pair that is wanted is visited, but of pictures whose
 *  fingerprints are equal only the first meets others: the visited pairs connect all that belongs together,
 *  and if no visited pair crosses a border, none does. Pictures that are not known are left out. */
dt_status dt_near_visit(const dt_fingerprint *prints, size_t count, const dt_near_visitor *visitor,
                        dt_error *err);

/** Joins what belongs together: parent (count) is a forest in which each element leads to the smallest of its
 *  component. Start with parent[i] = i. */
size_t dt_union_find(size_t *parent, size_t i);
void dt_union_join(size_t *parent, size_t a, size_t b);

/** Joins the connected components of near pairs: a picture that looks like one of a component belongs to it. */
dt_status dt_near_join(const dt_fingerprint *prints, size_t count, size_t *parent, dt_error *err);

/** Counts visited pairs whose groups differ. 0: there is none. `first` (may be NULL) gets one of them. */
dt_status dt_near_across(const dt_fingerprint *prints, const int32_t *groups, size_t count, size_t *pairs,
                         dt_near_pair *first, dt_error *err);

#endif
