/** Inside of voc_*.c: where the parts of a VOC data set lie. */
#ifndef DT_DATASETS_VOC_LAYOUT_H
#define DT_DATASETS_VOC_LAYOUT_H

#include "core/arena.h"
#include "core/file.h"
#include "core/strmap.h"
#include "datasets/findings.h"
#include "datasets/voc/voc_mask_files.h"

/** One folder of annotations ("year"). */
typedef struct dt_voc_year {
    char *annotations, *images, *lists; /* lists: ImageSets/Main, or NULL */
    dt_names xml_names;                 /* in the annotation folder */
    dt_names image_names;
    dt_strmap xml_by_stem, image_by_stem; /* stem -> index in the two lists */
    dt_arena stems;
    dt_names split_names;
    dt_names *split_ids; /* one list a split */
    dt_voc_mask_files masks;
} dt_voc_year;

typedef struct dt_voc_layout {
    dt_voc_year *years;
    size_t year_count;
} dt_voc_layout;

dt_status dt_voc_find_layout(const char *path, dt_voc_layout *layout, dt_findings *findings, dt_error *err);
void dt_voc_layout_free(dt_voc_layout *layout);

/** 1 if a name from a file may be joined to a folder: not absolute, no ".." piece, no control characters. */
int dt_voc_is_safe_name(const char *name);

#endif
