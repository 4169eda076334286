#include <math.h>

#include "core/mem.h"
#include "datasets/draw.h"
#include "datasets/transforms/resize.h"
#include "tools/train.h"

enum { MAX_PICTURES = 16, MAX_CELL = 400 };

/* Network values back to bytes: the inverse of dt_image_to_planes. */
static dt_status from_planes(const dt_batch *batch, int picture, const dt_detector_opts *info, dt_image *out,
                             dt_error *err)
{
    DT_TRY(dt_image_create(out, batch->width, batch->height, 3, err));
    size_t plane = (size_t)batch->width * (size_t)batch->height;
    for (size_t c = 0; c < 3; c++) {
        const float *values = batch->pixels + ((size_t)picture * 3 + c) * plane;
        for (size_t i = 0; i < plane; i++) {
            double byte = (values[i] * info->std[c] + info->mean[c]) * info->divisor;
            out->data[i * 3 + c] = (uint8_t)lround(fmin(fmax(byte, 0), 255));
        }
    }
    return DT_OK;
}

/* Boxes of one picture, ignored ones first and grey, so that they hide nothing. */
static dt_status draw_labels(dt_image *image, double scale, const dt_batch *batch, int picture,
                             const dt_detector_opts *info, dt_error *err)
{
    size_t first = batch->label_begin[picture], n = batch->label_begin[picture + 1] - first;
    if (n == 0) return DT_OK;
    dt_box *boxes = dt_malloc(n * sizeof *boxes);
    int32_t *classes = dt_malloc(n * sizeof *classes);
    int count = 0;
    dt_status st = boxes && classes ? DT_OK : dt_fail_memory(err, n * sizeof *boxes, "drawing");
    for (size_t i = 0; i < n && st == DT_OK; i++) {
        const dt_label *l = &batch->labels[first + i];
        dt_box box = {l->box.x1 * scale, l->box.y1 * scale, l->box.x2 * scale, l->box.y2 * scale};
        if (l->ignore) {
            dt_draw_rect(image, box, 1, (dt_rgb){128, 128, 128});
        } else {
            boxes[count] = box;
            classes[count++] = l->cls;
        }
    }
    if (st == DT_OK)
        st = dt_draw_detections(image, boxes, classes, NULL, info->names, info->class_count, count, err);
    dt_free(boxes);
    dt_free(classes);
    return st;
}

static dt_status make_cell(const dt_batch *batch, int picture, const dt_detector_opts *info, dt_image *cell,
                           dt_error *err)
{
    dt_image full = {0};
    dt_status st = from_planes(batch, picture, info, &full, err);
    double scale = fmin(1, (double)MAX_CELL / fmax(batch->width, batch->height));
    if (st == DT_OK)
        st = dt_image_resize(&full, (int)lround(batch->width * scale), (int)lround(batch->height * scale),
                             DT_RESIZE_BILINEAR_AA, cell, err);
    if (st == DT_OK) st = draw_labels(cell, scale, batch, picture, info, err);
    dt_image_free(&full);
    return st;
}

dt_status dt_train_draw_batch(const dt_train_run *run, const dt_batch *batch, dt_error *err)
{
    dt_image cells[MAX_PICTURES] = {0}, montage = {0};
    const dt_image *list[MAX_PICTURES] = {0};
    int count = batch->count < MAX_PICTURES ? batch->count : MAX_PICTURES;
    dt_status st = DT_OK;
    for (int i = 0; i < count && st == DT_OK; i++) {
        list[i] = &cells[i];
        st = make_cell(batch, i, dt_detector_info(run->detector), &cells[i], err);
    }
    if (st == DT_OK)
        st = dt_image_montage(list, count, 0, cells[0].width, cells[0].height, (dt_rgb){255, 255, 255},
                              &montage, err);
    char *path = dt_train_path(run, "train_batch0.jpg");
    if (st == DT_OK) st = path ? dt_image_save(path, &montage, 0, err) : dt_fail_memory(err, 64, "a path");
    dt_free(path);
    dt_image_free(&montage);
    for (int i = 0; i < count; i++)
        dt_image_free(&cells[i]);
    return st;
}
