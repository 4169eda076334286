#include "tools/eval_weights.h"

#include <string.h>

#include "core/device.h"
#include "core/mem.h"
#include "tools/eval_score.h"

static dt_status load(const dt_eval_weights_opts *o, dt_eval_weights *out, dt_error *err)
{
    DT_TRY(dt_ctx_create(&(dt_ctx_opts){.threads = o->threads}, &out->ctx, err));
    dt_device *device;
    dt_status st = dt_device_open(out->ctx, o->device, &device);
    if (st == DT_OK) {
        dt_ctx_set_device(out->ctx, device);
        out->detector = dt_detector_load(out->ctx, o->weights);
        st = dt_ctx_status(out->ctx);
    }
    if (st == DT_OK)
        st = dt_run_data_read(o->data, o->split, NULL, o->strict, dt_ctx_pool(out->ctx), &out->data,
                              dt_ctx_error(out->ctx));
    const dt_dataset *set = &out->data.set;
    if (st == DT_OK) {
        const dt_detector_opts *info = dt_detector_info(out->detector);
        st = dt_run_data_match_classes(&out->data, info->names, (size_t)info->class_count,
                                       dt_ctx_error(out->ctx));
    }
    if (st == DT_OK)
        st = dt_detector_check_classes(out->ctx, out->detector, o->weights, set->classes,
                                       (int)set->class_count, o->data);
    if (st != DT_OK) *err = *dt_ctx_error(out->ctx);
    return st;
}

static dt_status score(const dt_eval_weights_opts *o, dt_split_source *source, dt_eval_weights *out,
                       dt_error *err)
{
    dt_validate_opts vo = {.batch = o->batch,
                           .workers = o->workers,
                           .show_progress = o->show_progress,
                           .imgsz = o->imgsz,
                           .predict = dt_detector_eval_defaults(out->detector)};
    if (o->conf >= 0) vo.predict.conf = o->conf;
    if (o->iou >= 0) vo.predict.iou = o->iou;
    if (o->max_det > 0) vo.predict.max_det = o->max_det;
    out->used = vo.predict;
    dt_validation v;
    dt_status st = dt_validate(out->ctx, out->detector, source, &vo, &v);
    if (st != DT_OK) {
        *err = *dt_ctx_error(out->ctx);
        return st;
    }
    out->rows = dt_calloc((size_t)v.classes, sizeof *out->rows);
    const dt_coco_input input = {v.gts, v.gt_count, v.dts, v.dt_count, v.images, v.classes};
    st = out->rows
             ? dt_eval_score(&input, NULL, o->rule, dt_ctx_pool(out->ctx), out->report.stats, out->rows, err)
             : dt_fail_memory(err, (size_t)v.classes * sizeof *out->rows, "the report");
    for (int k = 0; k < v.classes && st == DT_OK; k++) {
        out->rows[k].id = k + out->data.set.class_base;
        out->rows[k].name = out->data.set.classes[k];
    }
    out->ms_per_image = v.ms_per_image;
    out->bad = v.bad;
    out->report.rule = o->rule;
    out->report.rows = out->rows;
    out->report.row_count = (size_t)v.classes;
    out->report.image_count = source->count - v.bad;
    dt_validation_free(&v);
    return st;
}

dt_status dt_eval_weights_run(const dt_eval_weights_opts *o, dt_eval_weights *out, dt_error *err)
{
    DT_TRY(load(o, out, err));
    dt_split_source source;
    DT_TRY(dt_split_source_make(&out->data, o->split, 1, &source, err));
    dt_status st = score(o, &source, out, err);
    dt_split_source_free(&source);
    return st;
}

void dt_eval_weights_free(dt_eval_weights *out)
{
    dt_free(out->rows);
    dt_detector_destroy(out->detector);
    dt_run_data_free(&out->data);
    dt_ctx_destroy(out->ctx);
    *out = (dt_eval_weights){0};
}
