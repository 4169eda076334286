/** Licences of several COCO files in one list: a picture's `license` is a number that means something in its
 * own file only. */
#ifndef DT_DATASETS_COCO_LICENSES_H
#define DT_DATASETS_COCO_LICENSES_H

#include "datasets/coco/coco_text.h"
#include "datasets/dataset.h"
#include "datasets/findings.h"

typedef struct dt_license_change {
    const char *label; /* the file */
    int64_t from, to;
} dt_license_change;

/** Zero-initialised means empty. */
typedef struct dt_coco_licenses {
    char *list; /* JSON text of the array; NULL: no member was added */
    dt_license_change *changes;
    size_t change_count, change_capacity;
} dt_coco_licenses;

/** Adds the list of another file. Entries that say the same but for their id are one; an id that stands for
 *  something else in an earlier file gets the next free number (finding id-changed). *joined = 0, and nothing
 *  is added, where a list is not an array of objects with whole numbers as ids. */
dt_status dt_coco_licenses_add(dt_coco_licenses *all, const dt_member *member, dt_coco_texts *texts,
                               int *joined, dt_findings *findings, dt_error *err);
void dt_coco_licenses_free(dt_coco_licenses *all);

/** 1 if the pictures of this file have another number now; *id is that of the picture whose record (JSON
 * text) this is. */
int dt_coco_license_changed(const dt_coco_licenses *all, const char *label, const char *record, size_t len,
                            int64_t *id);

#endif
