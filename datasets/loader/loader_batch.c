/* From finished items to the batch that the caller sees. */
#include <string.h>

#include "core/mem.h"
#include "datasets/loader/loader_internal.h"
#include "datasets/transforms/planes.h"

float *loader_alloc_pixels(const dt_loader_opts *o, size_t bytes)
{
    return o->alloc ? o->alloc(o->alloc_ctx, bytes) : dt_malloc_aligned(bytes);
}

void loader_free_pixels(const dt_loader_opts *o, float *pixels)
{
    if (pixels && o->free)
        o->free(o->alloc_ctx, pixels);
    else
        dt_free(pixels);
}

void loader_report_bad(dt_loader *l, const batch_slot *slot)
{
    for (int i = 0; i < slot->count; i++) {
        const loader_item *item = &slot->items[i];
        for (int k = 0; k < item->bad.count; k++) {
            int64_t index = item->bad.index[k];
            if (l->reported[index]) continue;
            l->reported[index] = 1;
            if (l->opts.on_bad) l->opts.on_bad(l->opts.on_bad_ctx, index, l->store.bad[index]);
        }
    }
}

static int round_up(int value, int step)
{
    return (value + step - 1) / step * step;
}

/* Pictures of their own sizes on the canvas of the largest. */
static dt_status pad_pictures(dt_loader *l, const batch_slot *slot, int *width, int *height, dt_error *err)
{
    const dt_loader_opts *o = &l->opts;
    *width = *height = 1;
    for (int i = 0; i < slot->count; i++) {
        const dt_image *image = &slot->items[i].image;
        l->valid[i] = (dt_valid_size){image->width, image->height};
        if (image->width > *width) *width = image->width;
        if (image->height > *height) *height = image->height;
    }
    *width = round_up(*width, o->pad_to_multiple);
    *height = round_up(*height, o->pad_to_multiple);
    const size_t plane = (size_t)*width * (size_t)*height;
    size_t bytes;
    if (__builtin_mul_overflow(3 * plane * sizeof(float), (size_t)o->batch, &bytes))
        return dt_fail(err, DT_ERR_ARG, "loader: batch %d at %dx%d pixels is too large", o->batch, *width,
                       *height);
    if (bytes > l->padded_bytes) {
        loader_free_pixels(o, l->padded);
        l->padded_bytes = 0;
        l->padded = loader_alloc_pixels(o, bytes);
        if (!l->padded) return dt_fail_memory(err, bytes, "batch of the loader");
        l->padded_bytes = bytes;
    }
    for (int i = 0; i < slot->count; i++) {
        const dt_canvas canvas = {.width = *width, .height = *height};
        float *planes = l->padded + 3 * plane * (size_t)i;
        dt_image_to_planes_on(&slot->items[i].image, &canvas, o->divisor, o->mean, o->std, planes);
        loader_clear_padding(l->valid[i], *width, *height, planes);
    }
    return DT_OK;
}

dt_status loader_assemble(dt_loader *l, const batch_slot *slot, dt_error *err)
{
    const int side = dt_loader_side(l, l->epoch, slot->number), pad = l->opts.pad_to_multiple;
    int width = side, height = side;
    size_t total = 0;
    for (int i = 0; i < slot->count; i++) {
        const loader_item *item = &slot->items[i];
        if (item->err.status != DT_OK) return dt_fail(err, item->err.status, "%s", item->err.text);
        l->label_begin[i] = total;
        l->classes[i] = item->cls;
        l->indices[i] = item->index;
        l->geometry[i] = item->geometry;
        l->valid[i] = (dt_valid_size){side, side};
        total += item->label_count;
    }
    l->label_begin[slot->count] = total;
    if (dt_grow(&l->labels, &l->label_capacity, total, sizeof *l->labels) != 0)
        return dt_fail_memory(err, total * sizeof *l->labels, "labels of a batch");
    for (int i = 0; i < slot->count; i++) {
        const loader_item *item = &slot->items[i];
        if (item->label_count)
            memcpy(l->labels + l->label_begin[i], item->labels, item->label_count * sizeof *item->labels);
    }
    if (pad) DT_TRY(pad_pictures(l, slot, &width, &height, err));
    l->batch = (dt_batch){.epoch = l->epoch,
                          .number = slot->number,
                          .count = slot->count,
                          .channels = 3,
                          .height = height,
                          .width = width,
                          .pixels = pad ? l->padded : slot->pixels,
                          .pixel_bytes = pad ? l->padded_bytes : l->pixel_bytes,
                          .labels = l->labels,
                          .label_begin = l->label_begin,
                          .classes = l->classes,
                          .indices = l->indices,
                          .geometry = l->geometry,
                          .valid = l->valid};
    return DT_OK;
}
