/** Checks of a data set that was read: what the readers cannot see because it takes the pictures, or the
 * whole set. */
#ifndef DT_DATASETS_CHECK_H
#define DT_DATASETS_CHECK_H

#include "core/pool.h"
#include "datasets/dataset.h"
#include "datasets/image/fingerprint.h"

typedef struct dt_check_opts {
    dt_pool *pool; /* NULL: serially */
    int no_decode; /* 1: read only the pictures' headers; no damage and no near-duplicates are found then */
    int imgsz;     /* side that training scales the longer side of a picture to; 0: 640 */
    int stride;    /* cell of the finest grid in pixels at that size; 0: 8 */
    void (*progress)(void *ctx, int64_t done, int64_t total); /* pictures decoded; may be NULL */
    void *progress_ctx;
    struct dt_mask_stats *masks; /* filled, if not NULL, by dt_dataset_check: datasets/check/masks.h */
} dt_check_opts;

/** All of the checks below, in this order, then those of datasets/check/masks.h. Changes nothing in the set
 *  but what dt_dataset_probe fills in. The findings do not depend on the number of threads. */
dt_status dt_dataset_check(dt_dataset *set, const dt_check_opts *opts, dt_findings *findings, dt_error *err);

/** class-unused, class-similar, class-untrained (objects in another split but none in train), class-untested
 *  (in train but in no other). */
dt_status dt_check_classes(const dt_dataset *set, dt_findings *findings, dt_error *err);

/** label-missing: pictures beside those of a COCO set that none of its files lists; where they are more than
 *  half of a folder, which then serves other sets, too, one note says how many. */
dt_status dt_check_unlisted(const dt_dataset *set, dt_findings *findings, dt_error *err);

/** size-missing; box-inverted, box-empty, box-outside (error when nothing is left in the picture, else
 *  warning), box-small (both sides under a stride when the longer side of the picture is imgsz); object-twice
 *  (same class, same numbers), object-near (same class, IoU over 0.95), object-conflict (other class, IoU
 *  over 0.95); crowds are left out of the last three. */
dt_status dt_check_boxes(const dt_dataset *set, const dt_check_opts *opts, dt_findings *findings,
                         dt_error *err);

/** image-unreadable, image-truncated from a full decode; image-near (note) and split-leak (warning) from
 *  fingerprints, with the earlier picture in dt_finding.other. JPEG files are decoded to a gray picture of at
 *  least 64 pixels a side: every coefficient is read, so that damage shows, but few are turned into pixels. */
dt_status dt_check_pictures(const dt_dataset *set, const dt_check_opts *opts, dt_findings *findings,
                            dt_error *err);

/** The first half of it: decodes (a file that several records have once) and fills prints (zeroed, one a
 * record of the set; not known where there is no picture). */
dt_status dt_check_decode(const dt_dataset *set, const dt_check_opts *opts, dt_fingerprint *prints,
                          dt_findings *findings, dt_error *err);

#endif
