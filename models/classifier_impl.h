/** Inside of dt_classifier, for models/classifier*.c only. */
#ifndef DT_MODELS_CLASSIFIER_IMPL_H
#define DT_MODELS_CLASSIFIER_IMPL_H

#include "models/classifier.h"

struct dt_classifier {
    dt_classifier_opts opts; /* texts are owned */
    dt_transforms *steps;    /* of opts.transforms */
    dt_module *net;
    int fused;
};

#endif
