/** Inside of voc_*.c: which segmentation files a folder of annotations has. */
#ifndef DT_DATASETS_VOC_MASK_FILES_H
#define DT_DATASETS_VOC_MASK_FILES_H

#include "core/arena.h"
#include "core/file.h"
#include "core/strmap.h"
#include "datasets/dataset.h"
#include "datasets/voc/voc.h"

typedef struct dt_voc_mask_files {
    char *folders[DT_MASKS]; /* SegmentationClass, SegmentationObject; NULL: not there */
    char *lists;             /* ImageSets/Segmentation, or NULL */
    dt_names names[DT_MASKS];
    dt_strmap by_stem[DT_MASKS]; /* stem -> index in names */
    dt_arena stems;
} dt_voc_mask_files;

extern const char *const dt_voc_mask_folders[DT_MASKS];

/** Lists and indexes the folders; fill `folders` and `lists` first. */
dt_status dt_voc_mask_index(dt_voc_mask_files *files, dt_error *err);
void dt_voc_mask_files_free(dt_voc_mask_files *files);

/** Gives the last record of the set its masks, if there are some. */
dt_status dt_voc_mask_give(const dt_voc_mask_files *files, const char *id, const dt_voc_file *info,
                           dt_dataset *set, dt_error *err);

/** Findings about files alone: mask-missing (a list names it), mask-single, mask-orphan (no annotation in
 *  `annotations`, stem
 *  -> any value). */
dt_status dt_voc_mask_check(const dt_voc_mask_files *files, const dt_strmap *annotations,
                            dt_findings *findings, dt_error *err);

#endif
