#include <string.h>

#include "datasets/loader/loader_internal.h"

size_t dt_batch_most_labels(const dt_batch *batch)
{
    size_t most = 0;
    for (int i = 0; i < batch->count; i++) {
        size_t n = batch->label_begin[i + 1] - batch->label_begin[i];
        if (n > most) most = n;
    }
    return most;
}

dt_status dt_batch_pad_labels(const dt_batch *batch, size_t max, float *boxes, uint8_t *mask, dt_error *err)
{
    for (int i = 0; i < batch->count; i++) {
        const dt_label *labels = batch->labels + batch->label_begin[i];
        size_t n = batch->label_begin[i + 1] - batch->label_begin[i];
        if (n > max)
            return dt_fail(err, DT_ERR_ARG, "batch %lld: picture %d has %zu labels; there is room for %zu",
                           (long long)batch->number, i, n, max);
        for (size_t k = 0; k < max; k++) {
            static const dt_label none = {.cls = -1};
            const dt_label *l = k < n ? &labels[k] : &none;
            float *row = boxes + ((size_t)i * max + k) * 5;
            row[0] = (float)l->cls;
            row[1] = (float)l->box.x1;
            row[2] = (float)l->box.y1;
            row[3] = (float)l->box.x2;
            row[4] = (float)l->box.y2;
            mask[(size_t)i * max + k] = (uint8_t)(k >= n ? 0 : l->ignore ? 2 : 1);
        }
    }
    return DT_OK;
}

void loader_clear_padding(dt_valid_size valid, int width, int height, float *planes)
{
    const size_t row = (size_t)width, right = (size_t)(width - valid.width);
    for (int c = 0; c < 3; c++, planes += row * (size_t)height) {
        for (int y = 0; y < valid.height && right; y++)
            memset(planes + (size_t)y * row + valid.width, 0, right * sizeof *planes);
        memset(planes + (size_t)valid.height * row, 0,
               (size_t)(height - valid.height) * row * sizeof *planes);
    }
}

void dt_batch_pixel_mask(const dt_batch *batch, uint8_t *mask)
{
    for (int i = 0; i < batch->count; i++) {
        const dt_valid_size v = batch->valid[i];
        for (int y = 0; y < batch->height; y++, mask += batch->width) {
            memset(mask, 1, (size_t)batch->width);
            if (y < v.height) memset(mask, 0, (size_t)v.width);
        }
    }
}
