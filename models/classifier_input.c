/* From pictures to the input of a classifier. */
#include "core/mem.h"
#include "core/tensor.h"
#include "datasets/transforms/planes.h"
#include "models/classifier_impl.h"

enum { DIVISOR = 255 };

const dt_transforms *dt_classifier_steps(const dt_classifier *c)
{
    return c->steps;
}

void dt_classifier_loading(const dt_classifier *c, const dt_transforms *steps, dt_loader_opts *o)
{
    o->imgsz = c->opts.imgsz;
    o->augment = 0;
    o->pipeline = steps;
    o->divisor = DIVISOR;
    dt_transforms_normalize(steps, o->mean, o->std);
}

dt_tensor *dt_classifier_input(dt_ctx *ctx, const dt_classifier *c, const dt_image *image)
{
    if (dt_ctx_status(ctx) != DT_OK) return NULL;
    dt_error err = {0};
    const dt_sample src = {.image = *image};
    const dt_transform_place place = {.stream = dt_rng_make(0, DT_RNG_AUGMENT, 0, 0), .unprepared = 1};
    dt_sample out = {0};
    int n = c->opts.imgsz;
    size_t bytes = 3 * (size_t)n * (size_t)n * sizeof(float);
    float *planes = NULL, mean[3], std[3];
    dt_tensor *input = NULL;
    dt_status st = dt_transforms_apply(c->steps, &place, &src, &out, NULL, &err);
    if (st == DT_OK && (out.image.width != n || out.image.height != n))
        st = dt_fail(&err, DT_ERR_SHAPE,
                     "the transforms give a picture of %dx%d pixels, the network takes %dx%d",
                     out.image.width, out.image.height, n, n);
    if (st == DT_OK && !(planes = dt_malloc_aligned(bytes)))
        st = dt_fail_memory(&err, bytes, "the network's input");
    if (st == DT_OK) {
        dt_transforms_normalize(c->steps, mean, std);
        dt_image_to_planes(&out.image, DIVISOR, mean, std, planes);
        input = dt_from(ctx, DT_F32, DT_SHAPE(1, 3, n, n), planes);
    } else {
        dt_ctx_fail(ctx, st, "%s", err.text);
    }
    dt_free(planes);
    dt_sample_free(&out);
    return input;
}
