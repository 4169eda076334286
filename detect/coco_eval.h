/** COCO's detection metrics, equal to pycocotools 2.0.11 (iouType "bbox", useCats 1) in every bit of
 * precision, recall, scores and the twelve summary numbers, for any number of threads.
 *
 * Rules (Lin et al., "Microsoft COCO: Common Objects in Context", 2014, and the published evaluation code):
 * - Per image and class the max_det = 100 best detections count (stable sort by score, descending). In that
 * order each takes the free ground truth of largest IoU >= min(t, 1 - 1e-10); of equal IoUs the later one
 * wins. Ground truth that counts goes before ignored one.
 * - Ignored: crowd, or `area` outside the area range (both ends inclusive). A crowd may be taken many times;
 * its IoU is intersection / area of the detection. A detection that took ignored ground truth, or took none
 * and has w * h outside the range, counts neither as right nor as wrong.
 * - Precision is made monotone from the right and read at 101 recalls (first point that reaches the recall).
 * - A class without counting ground truth has -1 and is left out of the means; no class at all gives -1.
 * - pycocotools marks "unmatched" by 0 in an array of annotation ids, so a ground truth with id 0 is found in
 * vain: the detection counts as wrong. That is reproduced unless `fix_id_zero` is set. */
#ifndef DT_DETECT_COCO_EVAL_H
#define DT_DETECT_COCO_EVAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/pool.h"
#include "core/status.h"

enum {
    DT_COCO_T = 10,  /* IoU thresholds .50, .55, ... .95 */
    DT_COCO_R = 101, /* recalls 0, .01, ... 1 */
    DT_COCO_A = 4,   /* areas: all, small, medium, large */
    DT_COCO_M = 3,   /* detections an image and class: 1, 10, 100 */
};

/** Boxes are (x, y, w, h) as in the files: corner, width and height in pixels of the original image. (Corners
 * and sizes give other last bits than two corners would.) image and cls are positions in the lists of image
 * ids and category ids, each sorted ascending: the order of images decides between equal scores. */
typedef struct dt_coco_gt {
    int32_t image, cls;
    int64_t id; /* annotation id; only 0 has a meaning, see above */
    double x, y, w, h;
    double area; /* of the object's mask; decides its size class */
    int32_t crowd;
} dt_coco_gt;

typedef struct dt_coco_dt {
    int32_t image, cls;
    double x, y, w, h;
    double score;
} dt_coco_dt;

typedef struct dt_coco_input {
    const dt_coco_gt *gts; /* in the order of the file */
    size_t gt_count;
    const dt_coco_dt *dts;
    size_t dt_count;
    int32_t image_count, class_count;
} dt_coco_input;

typedef struct dt_coco_opts {
    dt_pool *pool;   /* NULL: one thread */
    int keep_scores; /* 1: fill `scores`, too */
    int fix_id_zero; /* 1: annotation id 0 is an id as any other (differs from pycocotools) */
} dt_coco_opts;

typedef struct dt_coco_class {
    double ap, ap50;  /* area all, 100 detections; -1 without counting ground truth */
    int64_t gt_count; /* without crowds */
    int64_t crowd_count;
    int64_t dt_count; /* all detections of the class */
} dt_coco_class;

#define DT_COCO_STAT_LIST(X)                                                                                 \
    X(AP) X(AP50) X(AP75) X(APs) X(APm) X(APl) X(AR1) X(AR10) X(AR100) X(ARs) X(ARm) X(ARl)

typedef enum dt_coco_stat {
#define DT_COCO_STAT_ENUM(name) DT_COCO_##name,
    DT_COCO_STAT_LIST(DT_COCO_STAT_ENUM)
#undef DT_COCO_STAT_ENUM
        DT_COCO_STATS
} dt_coco_stat;

/** Owns its arrays. precision and scores are (K, A, M, T, R), recall is (K, A, M, T): read them with the
 * functions below, in pycocotools' order of indices. */
typedef struct dt_coco_result {
    double stats[DT_COCO_STATS];
    int32_t class_count;
    dt_coco_class *classes;
    double *precision, *recall;
    double *scores; /* NULL unless asked for */
} dt_coco_result;

/** Fails with DT_ERR_ARG where an image or class is out of range, a score is NaN (naming the detection), a
 * box or area is not finite; DT_ERR_MEMORY. On failure *result is empty. */
dt_status dt_coco_evaluate(const dt_coco_input *input, const dt_coco_opts *opts, dt_coco_result *result,
                           dt_error *err);
void dt_coco_result_free(dt_coco_result *result);

static inline size_t dt_coco_index(int t, int k, int a, int m)
{
    return (((size_t)k * DT_COCO_A + (size_t)a) * DT_COCO_M + (size_t)m) * DT_COCO_T + (size_t)t;
}
static inline double dt_coco_recall(const dt_coco_result *e, int t, int k, int a, int m)
{
    return e->recall[dt_coco_index(t, k, a, m)];
}
static inline double dt_coco_precision(const dt_coco_result *e, int t, int r, int k, int a, int m)
{
    return e->precision[dt_coco_index(t, k, a, m) * DT_COCO_R + (size_t)r];
}
static inline double dt_coco_score(const dt_coco_result *e, int t, int r, int k, int a, int m)
{
    return e->scores[dt_coco_index(t, k, a, m) * DT_COCO_R + (size_t)r];
}

/** Names of the statistics: "AP", "AP50", ... */
const char *dt_coco_stat_name(dt_coco_stat stat);

/** The grids, with the bits of numpy.linspace. */
double dt_coco_iou_threshold(int t);
double dt_coco_recall_threshold(int r);

/** Mean with numpy's order of additions (blocks of 128, eight partial sums, halves). NaN for n == 0. */
double dt_coco_mean(const double *values, size_t n);

#endif
