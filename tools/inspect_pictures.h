/** Annotated pictures for the inspection: small ones for the page, full ones for --draw. */
#ifndef DT_TOOLS_INSPECT_PICTURES_H
#define DT_TOOLS_INSPECT_PICTURES_H

#include "datasets/image/draw.h"
#include "tools/report_inspect.h"

enum { DT_NO_RECORD = -1 };

/** A picture for the page. In: record, or DT_NO_RECORD for one that no label belongs to; file; cls (the class
 *  to stand out; -1: all alike), mark (index in the record of the object to be marked; -1: none), masks (1:
 *  the segmentation is laid over it). Out: a JPEG file in `jpeg`, empty if the picture cannot be decoded. */
typedef struct dt_small_picture {
    int64_t record;
    const char *file; /* path of the picture; belongs to the inspection */
    int32_t cls;
    int64_t mark;
    int masks;
    dt_str jpeg;
    int width, height;
} dt_small_picture;

/** Lays the masks of a record, if there are some that can be read, over its picture in the colours of their
 *  classes. The picture may be a smaller one. Fails only when memory is out. */
dt_status dt_draw_record_masks(const dt_inspection *inspection, const dt_record *record, dt_image *image,
                               dt_error *err);

/** Draws them in parallel. Fails only when memory is out. */
dt_status dt_draw_small_pictures(const dt_inspection *inspection, dt_pool *pool, dt_small_picture *pictures,
                                 size_t count, dt_error *err);

/** Writes DIR/<split>/<stem>.jpg for every picture, with masks, boxes and class names. DIR must be absent or
 *  empty. A stem that comes again gets "_2" and so on. *written, *skipped (cannot be decoded) count. */
dt_status dt_draw_set(const dt_inspection *inspection, dt_pool *pool, const char *dir, size_t *written,
                      size_t *skipped, dt_error *err);

#endif
