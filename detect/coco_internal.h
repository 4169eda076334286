/** How the parts of the COCO evaluator pass their work on: group -> match -> accumulate -> summarize. */
#ifndef DT_DETECT_COCO_INTERNAL_H
#define DT_DETECT_COCO_INTERNAL_H

#include "detect/coco_eval.h"
#include "detect/grouping.h"

enum { DT_COCO_MAX_DET = 100 };

/** Detections an image and class that count at each of the M settings. */
extern const int dt_coco_max_dets[DT_COCO_M];

/** What became of a detection. Bit a * T + t: area range a, IoU threshold t. */
typedef struct coco_outcome {
    double score;
    uint64_t right, ignored;
    uint32_t rank; /* within its image and class, 0 = best */
} coco_outcome;

/** Ground truth of one class as the matcher needs it. */
typedef struct coco_target {
    double x1, y1, x2, y2, size; /* size = w * h */
    uint64_t taken;              /* bits as in coco_outcome */
    uint8_t ignored;             /* bit a */
    uint8_t crowd, counts_as_found;
} coco_target;

typedef struct coco_candidate {
    uint32_t target;
    double iou;
} coco_candidate;

/** Scratch of one worker, sized for the largest class. */
typedef struct coco_scratch {
    coco_target *targets;
    coco_candidate *candidates;
    dt_score_key *keys, *spare;
    coco_outcome *outcomes, *sorted;
    uint32_t *wrong_before; /* T rows: false positives in front of the j-th true positive */
    uint32_t *position;     /* T rows: where the j-th true positive stands; used if scores are kept */
    double *precision;      /* at the true positives of one threshold */
    size_t target_capacity, outcome_capacity;
} coco_scratch;

/** Matches all images of class k. Fills scratch->targets (all ground truth of the class) and
 * scratch->outcomes; returns the number of outcomes. */
size_t coco_match_class(const dt_coco_input *input, const dt_groups *gts, const dt_groups *dts, int k,
                        int fix_id_zero, coco_scratch *scratch);

/** Turns the outcomes of class k into its slices of precision, recall and scores. */
void coco_accumulate_class(dt_coco_result *result, int k, size_t target_count, size_t outcome_count,
                           coco_scratch *scratch);

/** The twelve numbers and the numbers of each class. */
dt_status coco_summarize(dt_coco_result *result, dt_error *err);

#endif
