#include "datasets/sample.h"

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
