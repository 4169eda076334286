#include "datasets/dataset_source.h"

static dt_status load(void *self, int64_t index, dt_sample *out, dt_error *err)
{
    const dt_dataset_view *view = self;
    if (index < 0 || (size_t)index >= view->count)
        return dt_fail(err, DT_ERR_ARG, "sample %lld of %zu", (long long)index, view->count);
    const dt_record *record = &view->set->records[view->first + (size_t)index];
    if (!record->image)
        return dt_fail(err, DT_ERR_NOT_FOUND, "%s: there is no image for this label", record->label);
    DT_TRY(dt_image_load(record->image, &view->load, &out->image, NULL, err));
    out->original_width = out->image.width;
    out->original_height = out->image.height;
    return dt_dataset_labels(view->set, view->first + (size_t)index, out->image.width, out->image.height, out,
                             err);
}

dt_status dt_dataset_source(const dt_dataset *set, const char *split, dt_dataset_view *view,
                            dt_source *source, dt_error *err)
{
    const dt_split *found = dt_dataset_split(set, split);
    if (!found) return dt_fail(err, DT_ERR_NOT_FOUND, "there is no split '%s'", split);
    *view = (dt_dataset_view){.set = set, .first = found->first, .count = found->count};
    *source = (dt_source){.count = (int64_t)found->count, .load = load, .self = view};
    return DT_OK;
}
