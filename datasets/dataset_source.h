/** A split of a data set as the source of a loader. */
#ifndef DT_DATASETS_DATASET_SOURCE_H
#define DT_DATASETS_DATASET_SOURCE_H

#include "datasets/dataset.h"
#include "datasets/loader.h"

/** Keep it, and the set, as long as the source is used. */
typedef struct dt_dataset_view {
    const dt_dataset *set;
    size_t first, count;
    dt_image_load_opts load;
} dt_dataset_view;

/** source->load decodes the image upright and gives its labels in its pixels. A record without image fails with a
 *  message naming the label file. */
dt_status dt_dataset_source(const dt_dataset *set, const char *split, dt_dataset_view *view,
                            dt_source *source, dt_error *err);

#endif
