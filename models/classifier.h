/** dt_classifier: what training, evaluation and inference of a classifier share: class names, preprocessing,
 *  network, loss, probabilities, files. The counterpart of dt_detector (models/detector.h).
 *
 * Classes are positions 0, 1, ... in `names`. A classifier belongs to the context that made it. Functions
 * that return a dt_status leave the message in the context (dt_ctx_error). */
#ifndef DT_MODELS_CLASSIFIER_H
#define DT_MODELS_CLASSIFIER_H

#include "core/module.h"
#include "core/safetensors.h"
#include "core/state_dict.h"
#include "datasets/loader/loader.h"
#include "datasets/transforms/transform.h"

typedef enum dt_classifier_head {
    /** The network with a last layer of as many outputs as there are classes; names as the network's own
     * ("fc.weight"). */
    DT_HEAD_LINEAR,
    /** nn.Sequential(network with its 1000 outputs, ReLU, Dropout(0.5), Linear(1000, classes)): names
     * "0.fc.weight", ..., "3.weight". */
    DT_HEAD_RELU_DROPOUT,
} dt_classifier_head;
/** "linear", "relu-dropout" */
const char *dt_classifier_head_name(dt_classifier_head head);
dt_status dt_classifier_head_parse(const char *name, dt_classifier_head *head, dt_error *err);

/** What a classifier is beside its weights. All of it is in the weight file. */
typedef struct dt_classifier_opts {
    const char *model; /* name in the registry (models/registry.h) */
    dt_classifier_head head;
    const char *const *names;
    int class_count;
    int imgsz; /* side of the square input */
    /* From a picture (RGB, upright) to the input in evaluation: datasets/transforms/transform.h; they end at
     * imgsz x imgsz pixels. */
    const char *transforms;
    /* Of a set without splits: which part of it was kept apart in training (dt_class_opts). Kept with the
     * weights, so that evaluation does not score pictures of training. val_share 0: none was. */
    double val_share;
    uint64_t split_seed;
    uint64_t val_hash; /* dt_class_split_hash of that part: a folder that has grown holds another one out */
} dt_classifier_opts;

typedef struct dt_classifier dt_classifier;

/** A classifier with freshly initialised weights (from the context's seed and the names of the parameters).
 *  Everything in opts is copied. NULL on failure. */
dt_classifier *dt_classifier_create(dt_ctx *ctx, const dt_classifier_opts *opts);
void dt_classifier_destroy(dt_classifier *c); /* NULL is fine */

/** The options as they stand; the texts live as long as the classifier. */
const dt_classifier_opts *dt_classifier_info(const dt_classifier *c);
/** For optimizers, freezing, EMA, summaries. Owned by the classifier. */
dt_module *dt_classifier_net(dt_classifier *c);

/* --- input --- */

/** The evaluation's steps. */
const dt_transforms *dt_classifier_steps(const dt_classifier *c);

/** Sets what a loader needs to make input with these steps (the evaluation's, or others in training), which
 *  must outlive it: picture size, transforms, normalisation. */
void dt_classifier_loading(const dt_classifier *c, const dt_transforms *steps, dt_loader_opts *opts);

/** One RGB picture as (1, 3, imgsz, imgsz) by the evaluation's steps. NULL on failure. */
dt_tensor *dt_classifier_input(dt_ctx *ctx, const dt_classifier *c, const dt_image *image);

/* --- training --- */

typedef struct dt_classifier_losses {
    double loss;    /* mean cross entropy */
    double correct; /* share of the pictures whose best class is theirs */
} dt_classifier_losses;

/** Forward pass and mean cross entropy (a scalar to call dt_backward on). images (N, 3, H, W) float32; N
 *  classes; label smoothing in [0, 1). A class out of range is DT_ERR_ARG naming the row. */
dt_tensor *dt_classifier_loss(dt_ctx *ctx, dt_classifier *c, dt_tensor *images, const int32_t *classes,
                              int64_t n, double smoothing, dt_classifier_losses *losses);

/* --- prediction --- */

/** Natural logarithms of the probabilities (log_softmax of the logits) in evaluation mode: N * class_count
 *  values in row-major order. */
dt_status dt_classifier_predict(dt_ctx *ctx, dt_classifier *c, dt_tensor *images, float *log_probabilities);

/** The k largest of n values as indices: by value descending, then index ascending. k <= n. */
void dt_top_k(const float *values, int n, int k, int *indices);

/** Folds every batch norm into the convolution before it, for faster prediction (results move by rounding
 *  only). From then on loss and save are DT_ERR_STATE. */
dt_status dt_classifier_fuse(dt_ctx *ctx, dt_classifier *c);

/* --- files --- */

dt_status dt_classifier_save(dt_ctx *ctx, dt_classifier *c, const char *path);
/** Everything from the file alone; in evaluation mode. Entries that are not the network's are allowed behind
 *  the prefixes "optim.", "ema." and "train.". NULL on failure, with the file named. */
dt_classifier *dt_classifier_load(dt_ctx *ctx, const char *path);
/** 1 if the file of weights says that it holds a classifier; what is wrong with a file is left to loading. */
int dt_classifier_is_file(const char *path);

/** map[i] = the classifier's number of names[i]. DT_ERR_ARG naming both files and the class that the
 *  classifier does not know. */
dt_status dt_classifier_map_classes(dt_ctx *ctx, const dt_classifier *c, const char *weights_path,
                                    const char *const *names, int class_count, const char *data_path,
                                    int32_t *map);

/** Start from other weights: entries whose name and shape fit, of a classifier with either head, of one of
 *  torchvision, of a detector's backbone; a layer of another shape (the head for other classes) is left as it
 *  is. Nothing that fits is DT_ERR_FORMAT. report may be NULL; free it with dt_load_report_free. */
dt_status dt_classifier_start_from(dt_ctx *ctx, dt_classifier *c, const char *path, dt_load_report *report);

#endif
