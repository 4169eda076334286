/** Repairs of a set, each with a switch. */
#ifndef DT_DATASETS_EDIT_FIX_H
#define DT_DATASETS_EDIT_FIX_H

#include "datasets/set_source.h"

typedef struct dt_fix_opts {
    int clip;          /* boxes over the picture's edge are cut; those outside go: box-outside */
    int drop_empty;    /* boxes without area go: box-empty */
    int drop_inverted; /* boxes with a maximum below its minimum go: box-inverted */
    int swap;          /* ... but their corners are exchanged first */
    int dedupe;        /* objects that repeat an earlier one of their picture exactly go: object-twice */
    double near_iou;   /* > 0: so do those of the same class with an IoU above: object-near */
    int size;          /* annotated sizes become the pictures': size-mismatch */
    int filename;      /* VOC's <filename> becomes the picture's: filename-differs */
    int drop_unused;   /* classes without objects leave the list: class-unused */
    int drop_missing; /* records whose picture is missing or cannot be opened go: image-missing, image-unreadable */
    int drop_damaged; /* pictures are decoded; so do those that are damaged: image-truncated */
    int renumbered;   /* the labels' class numbers count from 1 and are written from 0: every row is named */
    dt_pool *pool;
} dt_fix_opts;

/** Repairs in the order above, numbers first. The set is in pixels, its pictures' headers were read. Every
 *  object and picture that is changed or dropped becomes a finding (warning) with its row before and after.
 *  Findings of the readers that a repair settles go. DT_ERR_STATE if no picture is left. */
dt_status dt_fix(dt_dataset *set, const dt_fix_opts *opts, dt_findings *findings, dt_error *err);

#endif
