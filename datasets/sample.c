#include "datasets/sample.h"

#include <string.h>

#include "core/mem.h"

void dt_sample_free(dt_sample *sample)
{
    dt_image_free(&sample->image);
    dt_free(sample->labels);
    *sample = (dt_sample){0};
}

dt_status dt_sample_add_label(dt_sample *sample, dt_label label, dt_error *err)
{
    size_t need = sample->label_count + 1;
    if (dt_grow(&sample->labels, &sample->label_capacity, need, sizeof *sample->labels) != 0)
        return dt_fail_memory(err, need * sizeof *sample->labels, "labels");
    sample->labels[sample->label_count++] = label;
    return DT_OK;
}

dt_status dt_sample_copy(const dt_sample *from, dt_sample *copy, dt_error *err)
{
    const dt_image *image = &from->image;
    *copy = *from;
    copy->image = (dt_image){0};
    copy->labels = NULL;
    copy->label_count = copy->label_capacity = 0;
    if (dt_grow(&copy->labels, &copy->label_capacity, from->label_count, sizeof *copy->labels) != 0)
        return dt_fail_memory(err, from->label_count * sizeof *copy->labels, "labels");
    if (from->label_count) memcpy(copy->labels, from->labels, from->label_count * sizeof *copy->labels);
    copy->label_count = from->label_count;
    DT_TRY(dt_image_create(&copy->image, image->width, image->height, image->channels, err));
    memcpy(copy->image.data, image->data,
           (size_t)image->width * (size_t)image->height * (size_t)image->channels);
    return DT_OK;
}

dt_status dt_sample_reshape(dt_sample *out, const dt_sample *like, int width, int height, int channels,
                            dt_error *err)
{
    const dt_image *now = &out->image;
    if (!now->data || now->width != width || now->height != height || now->channels != channels) {
        dt_image_free(&out->image);
        DT_TRY(dt_image_create(&out->image, width, height, channels, err));
    }
    out->label_count = 0;
    out->cls = like->cls;
    out->index = like->index;
    out->original_width = like->original_width;
    out->original_height = like->original_height;
    return DT_OK;
}

dt_status dt_sample_assign(const dt_sample *from, dt_sample *out, dt_error *err)
{
    const dt_image *image = &from->image;
    DT_TRY(dt_sample_reshape(out, from, image->width, image->height, image->channels, err));
    memcpy(out->image.data, image->data,
           (size_t)image->width * (size_t)image->height * (size_t)image->channels);
    if (dt_grow(&out->labels, &out->label_capacity, from->label_count, sizeof *out->labels) != 0)
        return dt_fail_memory(err, from->label_count * sizeof *out->labels, "labels");
    if (from->label_count) memcpy(out->labels, from->labels, from->label_count * sizeof *out->labels);
    out->label_count = from->label_count;
    return DT_OK;
}
