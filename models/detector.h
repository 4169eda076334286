/** dt_detector: everything between a picture scaled to the network's input and boxes in the picture, in one
 * object that training, evaluation, inference and export share: class names, preprocessing facts, network,
 * loss, decoding, NMS.
 *
 * Classes are positions 0, 1, ... in `names` everywhere in the program; class_base says how files count them.
 * A detector belongs to the context that made it. Functions that return a dt_status leave the message in the
 * context (dt_ctx_error). */
#ifndef DT_MODELS_DETECTOR_H
#define DT_MODELS_DETECTOR_H

#include "core/module.h"
#include "core/safetensors.h"
#include "core/state_dict.h"
#include "datasets/transforms/resize.h"
#include "detect/letterbox.h"
#include "losses/yolo_loss.h"

/** What a detector is beside its weights. All of it is in the weight file. */
typedef struct dt_detector_opts {
    const char *model; /* name in the registry (models/registry.h) */
    const char *const *names;
    int class_count;
    int class_base; /* 0 or 1: how annotation and result files of this data count the classes */

    /* Preprocessing: RGB; network value = (pixel / divisor - mean[c]) / std[c] */
    int imgsz; /* side of the square input; a multiple of 32 */
    dt_letterbox_mode letterbox;
    int no_upscale;
    dt_resize_filter filter;
    int fill; /* of the pads, 0..255 */
    double divisor, mean[3], std[3];

    /* Defaults of dt_detector_predict */
    double conf, iou;
    int max_det;
} dt_detector_opts;

/** No model and no names; class_base 0, imgsz 640, centred letterbox with upscaling, bilinear, fill 114,
 * divisor 255, mean 0, std 1; conf .25, iou .7, max_det 300. */
dt_detector_opts dt_detector_defaults(void);

typedef struct dt_detector dt_detector;

/** A detector with freshly initialised weights (from the context's seed and the names of the parameters).
 * Everything in opts is copied. NULL on failure. */
dt_detector *dt_detector_create(dt_ctx *ctx, const dt_detector_opts *opts);
void dt_detector_destroy(dt_detector *d); /* NULL is fine */

/** The options as they stand; the texts live as long as the detector. */
const dt_detector_opts *dt_detector_info(const dt_detector *d);
/** The network: children "backbone", "neck", "head". For optimizers, freezing, EMA, summaries. Owned by the
 * detector. */
dt_module *dt_detector_net(dt_detector *d);
/** Batch statistics on or off, as dt_module_train. A detector starts in training mode, a loaded one in
 * evaluation mode. */
void dt_detector_train(dt_detector *d, int training);

/* --- training --- */

/** Ground truth of a batch: host arrays; boxes xyxy in pixels of the network's input. */
typedef dt_yolo_labels dt_detector_labels;

/** total = box + cls + dfl with their gains, not multiplied by the number of pictures: the numbers for logs.
 */
typedef dt_yolo_losses dt_detector_losses;

/** Forward pass and loss. images (N, 3, H, W) float32, preprocessed as the options say; H and W multiples of
 * 32, of any size (multi-scale training). The result is a scalar to call dt_backward on: total times N, the
 * scale that published learning rates of this loss (SGD .01 at 64 pictures an update, gradient norm clipped
 * at 10) are made for. A class out of range or an image index that is out of order is DT_ERR_ARG naming the
 * label. */
dt_tensor *dt_detector_loss(dt_ctx *ctx, dt_detector *d, dt_tensor *images, const dt_detector_labels *labels,
                            dt_detector_losses *losses);

/* --- prediction --- */

typedef struct dt_detection {
    float box[4]; /* xyxy in pixels of the original upright picture, clipped to it */
    float score;  /* probability of the class */
    int32_t cls;
} dt_detection;

/** items of picture i: [begin[i], begin[i + 1]), by (score descending, then anchor and class ascending). */
typedef struct dt_detections {
    dt_detection *items;
    int64_t *begin;
    int64_t count, images;
    int64_t capacity, image_capacity;
} dt_detections;
void dt_detections_free(dt_detections *out);

typedef struct dt_predict_opts {
    double conf;     /* scores below are dropped */
    double iou;      /* NMS: a box goes if it overlaps a better one of its class by more than this */
    int max_det;     /* best boxes kept a picture */
    int multi_label; /* 1: every class of an anchor above conf is a detection (for AP); 0: its best class only
                      */
    int class_agnostic; /* 1: NMS over all classes together */
} dt_predict_opts;
/** What inference uses: the detector's own conf, iou and max_det, one class an anchor. */
dt_predict_opts dt_detector_predict_defaults(const dt_detector *d);
/** What AP is measured with: conf .001, multi-label; iou and max_det of the detector. */
dt_predict_opts dt_detector_eval_defaults(const dt_detector *d);

/** images as for the loss; geometry[i]: how picture i was fitted into the input (dt_letterbox_make with the
 * detector's rule). *out (zeroed, or used before: its memory is taken again) receives the detections. Runs
 * without recording and with running statistics, whatever mode the network is in, and leaves that mode as it
 * was. */
dt_status dt_detector_predict(dt_ctx *ctx, dt_detector *d, dt_tensor *images, const dt_letterbox *geometry,
                              const dt_predict_opts *opts, dt_detections *out);

/** The raw result: boxes (N, A, 4) xyxy in pixels of the input and class probabilities (N, A, classes), the
 * anchors of stride 8, then 16, then 32, each level row by row. Both belong to the open scope. */
dt_status dt_detector_forward(dt_ctx *ctx, dt_detector *d, dt_tensor *images, dt_tensor **boxes,
                              dt_tensor **scores);

/** Folds every batch norm into the convolution before it, for faster prediction (results move by rounding
 * only). From then on loss and save are DT_ERR_STATE. */
dt_status dt_detector_fuse(dt_ctx *ctx, dt_detector *d);

/* --- files --- */

/** Adds weights (names as dt_detector_net's state dict) and metadata to a writer, where a trainer may add its
 * own. */
dt_status dt_detector_write(dt_ctx *ctx, dt_detector *d, dt_st_writer *w);
/** The same as a file of its own, atomically. */
dt_status dt_detector_save(dt_ctx *ctx, dt_detector *d, const char *path);

/** Everything from the file alone. Entries that are not the network's are allowed behind the prefixes
 * "optim.", "ema." and "train.". NULL on failure, with the file named. */
dt_detector *dt_detector_load(dt_ctx *ctx, const char *path);
/** The same from a file that was read already; `path` is for messages. */
dt_detector *dt_detector_from_file(dt_ctx *ctx, const dt_st_file *file, const char *path);
/** Puts the weights of a file into a detector that exists, all of them (for resuming). */
dt_status dt_detector_read(dt_ctx *ctx, dt_detector *d, const dt_st_file *file, const char *path);

/** DT_ERR_ARG naming both files and the first difference unless the data has the detector's class names in
 * the same order. */
dt_status dt_detector_check_classes(dt_ctx *ctx, const dt_detector *d, const char *weights_path,
                                    const char *const *names, int class_count, const char *data_path);

/** Start from other weights: a detector's file (entries whose name and shape fit; a head for other classes is
 * left as it is) or a classifier's (into the backbone; its "fc.*" is passed over). Nothing that fits is
 * DT_ERR_FORMAT. report may be NULL; free it with dt_load_report_free. */
dt_status dt_detector_start_from(dt_ctx *ctx, dt_detector *d, const char *path, dt_load_report *report);

#endif
