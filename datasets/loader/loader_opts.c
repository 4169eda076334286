#include "datasets/loader/loader_internal.h"

dt_loader_opts dt_loader_defaults(void)
{
    return (dt_loader_opts){.batch = 16,
                            .imgsz = 640,
                            .prefetch = 2,
                            .aug = dt_augment_defaults(),
                            .mosaic_epochs = -1,
                            .fill = DT_LETTERBOX_FILL,
                            .divisor = 255,
                            .std = {1, 1, 1}};
}

static dt_status check_pipeline(const dt_loader_opts *o, dt_error *err)
{
    int width, height;
    if (o->size_max) return dt_fail(err, DT_ERR_ARG, "loader: multi-scale does not go with a pipeline");
    dt_transforms_size(o->pipeline, &width, &height);
    if (o->pad_to_multiple || !width || (width == o->imgsz && height == o->imgsz)) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "the transforms give pictures of %dx%d pixels, the network takes %dx%d",
                   width, height, o->imgsz, o->imgsz);
}

dt_status loader_check_opts(const dt_source *source, const dt_loader_opts *o, dt_error *err)
{
    const struct {
        const char *name;
        int64_t value, min, max;
    } limits[] = {
        {"batch", o->batch, 1, 1 << 16},
        {"imgsz", o->imgsz, 1, 1 << 14},
        {"workers", o->workers, 0, 1024},
        {"prefetch", o->prefetch, 1, 1 << 10},
        {"records", source->count, 1, (int64_t)1 << 40},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].value < limits[i].min || limits[i].value > limits[i].max)
            return dt_fail(err, DT_ERR_ARG, "loader: %s = %lld is not in %lld..%lld", limits[i].name,
                           (long long)limits[i].value, (long long)limits[i].min, (long long)limits[i].max);
    }
    if (!(o->divisor > 0) || !(o->std[0] > 0 && o->std[1] > 0 && o->std[2] > 0))
        return dt_fail(err, DT_ERR_ARG, "loader: divisor %g and std %g %g %g must be above 0",
                       (double)o->divisor, (double)o->std[0], (double)o->std[1], (double)o->std[2]);
    if (!o->alloc != !o->free) return dt_fail(err, DT_ERR_ARG, "loader: alloc and free go together");
    if (o->size_max && (o->size_step < 1 || o->size_min < 1 || o->size_max > 1 << 14 ||
                        o->size_max / o->size_step * o->size_step < o->size_min))
        return dt_fail(err, DT_ERR_ARG, "loader: no multiple of size_step = %d in %d..%d", o->size_step,
                       o->size_min, o->size_max);
    if (o->pad_to_multiple < 0 || o->pad_to_multiple > 1 << 12 || (o->pad_to_multiple && !o->pipeline))
        return dt_fail(err, DT_ERR_ARG, "loader: pad_to_multiple = %d (0..4096) goes with a pipeline",
                       o->pad_to_multiple);
    return o->pipeline ? check_pipeline(o, err) : dt_augment_check(&o->aug, err);
}
