/** Statistics of a detection data set: counts, box sizes and shapes, picture sizes, balance. */
#ifndef DT_DATASETS_STATS_H
#define DT_DATASETS_STATS_H

#include "datasets/dataset.h"

/** Order statistics by the nearest-rank rule: the p-th percentile is the value number ceil(p n). All 0 if
 * count is 0. */
typedef struct dt_summary {
    size_t count;
    double min, p5, median, p95, max, mean;
} dt_summary;

/** COCO's size classes by area in pixels of the picture: under 32^2, under 96^2, the rest. */
enum { DT_SIZE_SMALL, DT_SIZE_MEDIUM, DT_SIZE_LARGE, DT_SIZES };

enum {
    DT_STATS_SIDE_BINS = 20,   /* sqrt(box area / picture area) in steps of 0.05 */
    DT_STATS_ASPECT_BINS = 16, /* log2(width / height) from -4 to 4 in steps of 0.5; the ends take the rest */
    DT_STATS_PER_IMAGE_BINS = 21, /* 0, 1, ... 19, 20 and more objects */
    DT_STATS_HEAT_SIDE = 16       /* cells a side of the map of box centres */
};

typedef struct dt_class_stats {
    size_t objects, images; /* images with at least one of them */
    size_t by_size[DT_SIZES];
    size_t difficult;
    dt_summary side; /* sqrt of the box's area, pixels */
} dt_class_stats;

typedef struct dt_split_stats {
    const char *name; /* belongs to the set */
    size_t images, backgrounds, objects;
    size_t *class_objects; /* (class_count) */
} dt_split_stats;

typedef struct dt_image_size {
    int32_t width, height;
    size_t images;
} dt_image_size;

/** Zero-initialised means empty. A picture in two splits counts twice. Boxes are cut to their pictures first;
 *  `measured` are those with area left in a picture of known size, and all of sizes and shapes is about them. */
typedef struct dt_stats {
    size_t images, backgrounds; /* records; those without object */
    size_t objects, measured;
    size_t difficult, crowd;
    size_t class_count, split_count, size_count;
    dt_class_stats *classes; /* (class_count) */
    dt_split_stats *splits;  /* (split_count) */
    dt_image_size *sizes;    /* (size_count), the most frequent first */
    size_t by_size[DT_SIZES];
    dt_summary side;          /* sqrt of area, pixels */
    dt_summary relative_side; /* of the picture's: 0..1 */
    dt_summary aspect;        /* width / height */
    dt_summary per_image;     /* objects */
    size_t side_bins[DT_STATS_SIDE_BINS], aspect_bins[DT_STATS_ASPECT_BINS];
    size_t per_image_bins[DT_STATS_PER_IMAGE_BINS];
    size_t heat[DT_STATS_HEAT_SIDE][DT_STATS_HEAT_SIDE]; /* [y][x]: box centres */
    double
        imbalance; /* objects of the most frequent class over those of the rarest that is used; 0: no objects */
    double
        evenness; /* Shannon entropy of the class shares over its maximum: 1 = all alike; 1 for one class */
} dt_stats;

/** Real sizes count where dt_dataset_probe found them, else the annotated ones. */
dt_status dt_dataset_stats(const dt_dataset *set, dt_stats *stats, dt_error *err);
void dt_stats_free(dt_stats *stats);

/** Width and height to measure a record by: the real size, else the annotated one, else 0. */
void dt_record_size(const dt_record *record, int32_t *width, int32_t *height);

#endif
