#include "tools/validate.h"

#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "tools/cli.h"

void dt_validation_free(dt_validation *v)
{
    dt_free(v->gts);
    dt_free(v->dts);
    *v = (dt_validation){0};
}

static dt_status add_truth(dt_validation *v, const dt_split_source *source, int64_t index,
                           const dt_letterbox *lb, dt_error *err)
{
    dt_sample labels = {0};
    dt_status st =
        dt_dataset_labels(source->set, source->records[index], lb->src_width, lb->src_height, &labels, err);
    if (st == DT_OK &&
        dt_grow(&v->gts, &v->gt_capacity, v->gt_count + labels.label_count, sizeof *v->gts) != 0)
        st = dt_fail_memory(err, labels.label_count * sizeof *v->gts, "the ground truth");
    for (size_t i = 0; i < labels.label_count && st == DT_OK; i++) {
        const dt_label *l = &labels.labels[i];
        const dt_object *object =
            &source->set->objects[dt_split_source_record(source, index)->first + (size_t)l->source];
        /* As annotated, as other programs score it: not clipped, with COCO's own area. */
        const dt_box box = dt_dataset_box(source->set, object, lb->src_width, lb->src_height);
        double w = box.x2 - box.x1, h = box.y2 - box.y1;
        v->gts[v->gt_count] = (dt_coco_gt){.image = (int32_t)index,
                                           .cls = l->cls,
                                           .id = (int64_t)v->gt_count + 1,
                                           .x = box.x1,
                                           .y = box.y1,
                                           .w = w,
                                           .h = h,
                                           .area = object->area >= 0 ? object->area : w * h,
                                           .crowd = l->ignore};
        v->gt_count++;
    }
    dt_sample_free(&labels);
    return st;
}

static dt_status add_detections(dt_validation *v, int64_t index, const dt_detection *items, int64_t n,
                                dt_error *err)
{
    if (dt_grow(&v->dts, &v->dt_capacity, v->dt_count + (size_t)n, sizeof *v->dts) != 0)
        return dt_fail_memory(err, (size_t)n * sizeof *v->dts, "the detections");
    for (int64_t i = 0; i < n; i++) {
        const float *b = items[i].box;
        v->dts[v->dt_count++] = (dt_coco_dt){.image = (int32_t)index,
                                             .cls = items[i].cls,
                                             .x = b[0],
                                             .y = b[1],
                                             .w = (double)b[2] - b[0],
                                             .h = (double)b[3] - b[1],
                                             .score = items[i].score};
    }
    return DT_OK;
}

static dt_status run_batch(dt_ctx *ctx, dt_detector *d, const dt_split_source *source, const dt_batch *batch,
                           const dt_validate_opts *opts, dt_detections *found, dt_validation *v)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *images = dt_from(
        ctx, DT_F32, DT_SHAPE(batch->count, batch->channels, batch->height, batch->width), batch->pixels);
    double before = dt_seconds();
    dt_status st = images ? dt_detector_predict(ctx, d, images, batch->geometry, &opts->predict, found)
                          : dt_ctx_status(ctx);
    v->ms_per_image += (dt_seconds() - before) * 1e3;
    dt_error *err = dt_ctx_error(ctx);
    for (int i = 0; i < batch->count && st == DT_OK; i++) {
        int64_t index = batch->indices[i];
        if (source->bad[index]) {
            v->bad++;
            continue;
        }
        st = add_truth(v, source, index, &batch->geometry[i], err);
        if (st == DT_OK)
            st = add_detections(v, index, found->items + found->begin[i],
                                found->begin[i + 1] - found->begin[i], err);
    }
    dt_scope_close(ctx, scope);
    return st;
}

dt_status dt_validate(dt_ctx *ctx, dt_detector *d, dt_split_source *source, const dt_validate_opts *opts,
                      dt_validation *v)
{
    const dt_detector_opts *info = dt_detector_info(d);
    dt_error *err = dt_ctx_error(ctx);
    *v = (dt_validation){.images = (int32_t)source->count, .classes = info->class_count};
    dt_loader_opts lo = dt_loader_defaults();
    lo.batch = opts->batch;
    lo.imgsz = opts->imgsz ? opts->imgsz : info->imgsz;
    lo.workers = opts->workers;
    lo.letterbox = info->letterbox;
    lo.no_upscale = info->no_upscale;
    lo.filter = info->filter;
    lo.fill = (uint8_t)info->fill;
    lo.divisor = (float)info->divisor;
    for (int c = 0; c < 3; c++) {
        lo.mean[c] = (float)info->mean[c];
        lo.std[c] = (float)info->std[c];
    }
    dt_source src = dt_split_source_as_source(source);
    dt_loader *loader;
    DT_TRY(dt_loader_create(&src, &lo, &loader, err));
    dt_detections found = {0};
    dt_progress progress;
    if (opts->show_progress) dt_progress_begin(&progress, "evaluating", source->count);
    dt_status st = dt_loader_start(loader, 0, 0, err);
    int64_t done = 0;
    while (st == DT_OK) {
        const dt_batch *batch;
        st = dt_loader_next(loader, &batch, err);
        if (st != DT_OK || !batch) break;
        st = run_batch(ctx, d, source, batch, opts, &found, v);
        done += batch->count;
        if (opts->show_progress) dt_progress_step(&progress, done, "%s", "");
    }
    if (opts->show_progress) dt_progress_end(&progress);
    if (source->count) v->ms_per_image /= (double)source->count;
    dt_detections_free(&found);
    dt_loader_destroy(loader);
    if (st != DT_OK) dt_validation_free(v);
    return st;
}

/* Precision and recall of one class at its best F1, from the 101-point curve at IoU .5. */
static int best_f1(const dt_coco_result *r, int cls, double *precision, double *recall)
{
    double best = -1;
    for (int i = 0; i < DT_COCO_R; i++) {
        double p = dt_coco_precision(r, 0, i, cls, 0, DT_COCO_M - 1), q = dt_coco_recall_threshold(i);
        if (p < 0) return 0;
        double f1 = p + q > 0 ? 2 * p * q / (p + q) : 0;
        if (f1 > best) {
            best = f1;
            *precision = p;
            *recall = q;
        }
    }
    return 1;
}

dt_status dt_validation_score(const dt_validation *v, dt_pool *pool, dt_coco_result *result,
                              dt_score_summary *summary, dt_error *err)
{
    const dt_coco_input input = {v->gts, v->gt_count, v->dts, v->dt_count, v->images, v->classes};
    DT_TRY(dt_coco_evaluate(&input, &(dt_coco_opts){.pool = pool}, result, err));
    *summary = (dt_score_summary){.ap50 = result->stats[DT_COCO_AP50], .ap = result->stats[DT_COCO_AP]};
    int counted = 0;
    for (int c = 0; c < v->classes; c++) {
        double p = 0, q = 0;
        if (!best_f1(result, c, &p, &q)) continue;
        summary->precision += p;
        summary->recall += q;
        counted++;
    }
    if (counted) {
        summary->precision /= counted;
        summary->recall /= counted;
    }
    return DT_OK;
}
