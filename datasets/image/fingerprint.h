/** Perceptual fingerprints of pictures and the search for near-duplicates among many. */
#ifndef DT_DATASETS_FINGERPRINT_H
#define DT_DATASETS_FINGERPRINT_H

#include <stdint.h>

#include "core/status.h"
#include "datasets/image/image.h"

enum { DT_THUMB_SIDE = 16, DT_THUMB_BYTES = DT_THUMB_SIDE * DT_THUMB_SIDE };

/** hash: dHash. The picture shrunk to 9 x 8 gray pixels with antialiasing; bit 8 y + x is set where pixel (x,
 *  y) is darker than (x + 1, y). thumb: 16 x 16 gray. known 0: there is no picture. */
typedef struct dt_fingerprint {
    uint64_t hash;
    uint8_t thumb[DT_THUMB_BYTES];
    uint8_t known;
} dt_fingerprint;

/** gray: one channel, upright. */
dt_status dt_fingerprint_make(const dt_image *gray, dt_fingerprint *print, dt_error *err);

/** Bits in which the hashes differ. */
int dt_fingerprint_distance(const dt_fingerprint *a, const dt_fingerprint *b);

/** 1 if the small pictures agree: correlation of at least 0.97 (or both without contrast) and a mean
 *  difference of at most 10 of 255. The hash alone takes pictures of the same layout for the same. */
int dt_fingerprint_agrees(const dt_fingerprint *a, const dt_fingerprint *b);

enum { DT_NEAR_DISTANCE = 4 };

/** `item` looks like the earlier `of`; crosses: they are of different groups. */
typedef struct dt_near_pair {
    size_t item, of;
    int distance, crosses;
} dt_near_pair;

/** Pairs with at most DT_NEAR_DISTANCE differing bits whose small pictures agree, sorted by item. Each
 *  picture is compared with the first of its kind only, so that a thousand copies give 999 pairs: at most the
 *  nearest of its own group and the nearest of another. groups (count): e.g. the split. The hashes are looked
 *  up by five bands of bits, of which one must be equal when four bits differ. *pairs is freed with dt_free. */
dt_status dt_fingerprint_pairs(const dt_fingerprint *prints, const int32_t *groups, size_t count,
                               dt_near_pair **pairs, size_t *pair_count, dt_error *err);

#endif
