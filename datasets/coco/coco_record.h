/** Records of a COCO file in the making. */
#ifndef DT_DATASETS_COCO_RECORD_H
#define DT_DATASETS_COCO_RECORD_H

#include "datasets/coco/coco_licenses.h"
#include "datasets/coco/coco_text.h"
#include "datasets/target/output_split.h"

/** What a record is written with. Records that come from a COCO file keep all members that nobody changed as
 *  their file has them. Each call writes one value. */
typedef struct dt_coco_record {
    const dt_dataset *set;
    dt_json *json;
    dt_coco_texts texts; /* begin with fd = -1 */
    dt_coco_licenses licenses;
    dt_error *err;
} dt_coco_record;

dt_status dt_coco_put_image(dt_coco_record *w, const dt_record *r, int64_t id, const char *file_name);

/** Where the box was changed, polygons are cut at the picture's edge and the area is theirs, or that of the
 * box. */
dt_status dt_coco_put_annotation(dt_coco_record *w, const dt_record *r, const dt_object *o, int64_t id,
                                 int64_t image, int64_t category);
dt_status dt_coco_put_category(dt_coco_record *w, const char *name, int64_t id);
dt_status dt_coco_put_member(dt_coco_record *w, const dt_member *member);
dt_status dt_coco_put_licenses(dt_coco_record *w);

#endif
