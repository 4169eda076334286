/** Inside of report_inspect_*.c: the page while it is made. */
#ifndef DT_TOOLS_REPORT_INSPECT_PAGE_H
#define DT_TOOLS_REPORT_INSPECT_PAGE_H

#include "core/strmap.h"
#include "tools/inspect_pictures.h"

typedef struct dt_page {
    const dt_inspection *in;
    dt_str *out;
    dt_rule_group *groups; /* of the findings */
    size_t group_count;
    dt_strmap by_file; /* image and label paths -> record */
    dt_small_picture *pictures;
    size_t picture_count, picture_capacity;
    /* Where the pictures of each finding group and of each class begin; one entry more than there are. */
    size_t *group_pictures, *class_pictures;
    size_t mask_pictures, mask_pictures_end; /* those of the segmentation */
    size_t *picture_findings;                /* the finding that a picture of a group belongs to */
    size_t finding_capacity;
} dt_page;

void dt_page_overview(dt_page *page);
void dt_page_problems(dt_page *page);
void dt_page_classes(dt_page *page);
void dt_page_boxes(dt_page *page);
void dt_page_masks(dt_page *page); /* nothing where there is no segmentation */
void dt_page_samples(dt_page *page);

/** A path without the set's own folder in front. */
const char *dt_page_short_path(const dt_page *page, const char *path);

/** A picture with its name below. */
void dt_page_picture(dt_page *page, const dt_small_picture *picture, const char *alt);

/** The first two cells of a row about a class: its colour (cls < 0: none) and name, and a bar of `length`
 * (0..1). */
void dt_page_class_head(dt_str *out, int32_t cls, const char *name, double length);

/** A cell with a count; a number with so many decimals. */
void dt_page_cell(dt_str *out, size_t value);
void dt_page_number(dt_str *out, double value, int decimals);

extern const char dt_page_style[];

#endif
