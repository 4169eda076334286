#include <math.h>
#include <string.h>

#include "datasets/transforms/sample_transforms.h"

static dt_status check_source(const dt_image *in, const dt_letterbox *lb, dt_error *err)
{
    if (in->width == lb->src_width && in->height == lb->src_height) return DT_OK;
    return dt_fail(err, DT_ERR_SHAPE, "letterbox for %dx%d applied to an image of %dx%d", lb->src_width,
                   lb->src_height, in->width, in->height);
}

/* 0 if nothing of the box is in the picture. */
static int place_box(const dt_letterbox *lb, dt_box *box)
{
    dt_box_clip(box, lb->src_width, lb->src_height);
    if (dt_box_area(*box) <= 0) return 0;
    *box = dt_letterbox_forward(lb, *box);
    return 1;
}

dt_status dt_sample_fit(dt_sample *s, const dt_letterbox *lb, dt_resize_filter filter, dt_error *err)
{
    size_t kept = 0;
    DT_TRY(check_source(&s->image, lb, err));
    if (lb->new_width != lb->src_width || lb->new_height != lb->src_height) {
        dt_image fitted;
        DT_TRY(dt_image_resize(&s->image, lb->new_width, lb->new_height, filter, &fitted, err));
        dt_image_free(&s->image);
        s->image = fitted;
    }
    for (size_t i = 0; i < s->label_count; i++) {
        dt_label label = s->labels[i];
        if (place_box(lb, &label.box)) s->labels[kept++] = label;
    }
    s->label_count = kept;
    return DT_OK;
}

dt_status dt_sample_letterbox(const dt_sample *src, const dt_letterbox *lb, dt_resize_filter filter,
                              uint8_t fill, dt_sample *out, dt_error *err)
{
    const dt_image *in = &src->image;
    DT_TRY(check_source(in, lb, err));
    DT_TRY(dt_sample_reshape(out, src, lb->dst_width, lb->dst_height, in->channels, err));
    const size_t channels = (size_t)in->channels, stride = (size_t)lb->dst_width * channels;
    memset(out->image.data, fill, stride * (size_t)lb->dst_height);
    uint8_t *corner = out->image.data + (size_t)lb->top * stride + (size_t)lb->left * channels;
    DT_TRY(dt_image_resize_into(in, lb->new_width, lb->new_height, filter, corner, stride, err));
    for (size_t i = 0; i < src->label_count; i++) {
        dt_label label = src->labels[i];
        if (place_box(lb, &label.box)) DT_TRY(dt_sample_add_label(out, label, err));
    }
    return DT_OK;
}

void dt_sample_flip_lr(dt_sample *sample)
{
    const dt_image *image = &sample->image;
    const size_t channels = (size_t)image->channels, stride = (size_t)image->width * channels;
    for (int y = 0; y < image->height; y++) {
        uint8_t *a = image->data + (size_t)y * stride, *b = a + stride - channels;
        for (; a < b; a += channels, b -= channels) {
            for (size_t c = 0; c < channels; c++) {
                uint8_t t = a[c];
                a[c] = b[c];
                b[c] = t;
            }
        }
    }
    for (size_t i = 0; i < sample->label_count; i++) {
        dt_box *box = &sample->labels[i].box;
        double x1 = image->width - box->x2;
        box->x2 = image->width - box->x1;
        box->x1 = x1;
    }
}

void dt_sample_flip_ud(dt_sample *sample)
{
    const dt_image *image = &sample->image;
    const size_t stride = (size_t)image->width * (size_t)image->channels;
    for (int y = 0; y < image->height / 2; y++) {
        uint8_t *a = image->data + (size_t)y * stride,
                *b = image->data + (size_t)(image->height - 1 - y) * stride;
        for (size_t i = 0; i < stride; i++) {
            uint8_t t = a[i];
            a[i] = b[i];
            b[i] = t;
        }
    }
    for (size_t i = 0; i < sample->label_count; i++) {
        dt_box *box = &sample->labels[i].box;
        double y1 = image->height - box->y2;
        box->y2 = image->height - box->y1;
        box->y1 = y1;
    }
}
