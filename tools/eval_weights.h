/** Scoring a detector on a split of a data set. */
#ifndef DT_TOOLS_EVAL_WEIGHTS_H
#define DT_TOOLS_EVAL_WEIGHTS_H

#include "models/detector.h"
#include "tools/report_eval.h"
#include "tools/run_data.h"
#include "tools/validate.h"

typedef struct dt_eval_weights_opts {
    const char *weights, *data, *split, *rule, *device;
    double conf, iou; /* -1: conf .001, iou as stored */
    int max_det;      /* 0: as stored */
    int imgsz;        /* 0: as stored */
    int batch, workers, threads, strict, show_progress;
} dt_eval_weights_opts;

/** Zero-initialise; free with dt_eval_weights_free, also after a failure. */
typedef struct dt_eval_weights {
    dt_eval_report report;
    dt_eval_row *rows;
    double ms_per_image;
    int64_t bad;          /* pictures that did not decode */
    dt_predict_opts used; /* conf, iou, max_det that were used: AP means nothing without them */
    dt_ctx *ctx;
    dt_run_data data;
    dt_detector *detector;
} dt_eval_weights;

dt_status dt_eval_weights_run(const dt_eval_weights_opts *opts, dt_eval_weights *out, dt_error *err);
void dt_eval_weights_free(dt_eval_weights *out);

#endif
