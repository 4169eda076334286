#include <stdio.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/str.h"
#include "datasets/synthetic.h"

/* Of twenty pictures in a row: 14 for training, 3 for validation, 3 for the test. */
static int split_of(int64_t i)
{
    int k = (int)(i % 20);
    return k == 6 || k == 12 || k == 18 ? 1 : k == 3 || k == 9 || k == 15 ? 2 : 0;
}

static dt_status write_text(const char *dir, const char *name, dt_str *text, dt_error *err)
{
    char *path = dt_path_join(dir, name);
    dt_status status = path && !text->failed ? DT_OK : dt_fail_memory(err, text->len, name);
    if (status == DT_OK) status = dt_file_write_atomic(path, text->len ? text->data : "", text->len, err);
    dt_free(path);
    return status;
}

static void annotation(const dt_sample *s, const char *stem, dt_str *xml)
{
    const int w = s->image.width, h = s->image.height;
    dt_str_printf(xml,
                  "<annotation>\n\t<folder>JPEGImages</folder>\n\t<filename>%s.jpg</filename>\n\t<size>\n"
                  "\t\t<width>%d</width>\n\t\t<height>%d</height>\n\t\t<depth>3</depth>\n\t</size>\n"
                  "\t<segmented>0</segmented>\n",
                  stem, w, h);
    for (size_t i = 0; i < s->label_count; i++) {
        const dt_label *l = &s->labels[i];
        int cut = l->box.x1 <= 0 || l->box.y1 <= 0 || l->box.x2 >= w || l->box.y2 >= h;
        dt_str_printf(
            xml,
            "\t<object>\n\t\t<name>%s</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>%d</truncated>\n"
            "\t\t<difficult>0</difficult>\n\t\t<bndbox>\n\t\t\t<xmin>%d</xmin>\n\t\t\t<ymin>%d</ymin>\n"
            "\t\t\t<xmax>%d</xmax>\n\t\t\t<ymax>%d</ymax>\n\t\t</bndbox>\n\t</object>\n",
            dt_synthetic_class_names[l->cls], cut, (int)l->box.x1 + 1, (int)l->box.y1 + 1, (int)l->box.x2,
            (int)l->box.y2);
    }
    dt_str_append(xml, "</annotation>\n");
}

static dt_status write_picture(const char *images, const char *annotations, uint64_t seed, int64_t index,
                               const char *stem, dt_error *err)
{
    dt_sample sample = {0};
    dt_str xml = {0};
    char name[40];
    dt_status status = dt_synthetic_render(seed, index, &sample, err);
    snprintf(name, sizeof name, "%s.jpg", stem);
    char *path = dt_path_join(images, name);
    if (status == DT_OK && !path) status = dt_fail_memory(err, sizeof name, "path");
    if (status == DT_OK) status = dt_image_save(path, &sample.image, 92, err);
    if (status == DT_OK) {
        annotation(&sample, stem, &xml);
        snprintf(name, sizeof name, "%s.xml", stem);
        status = write_text(annotations, name, &xml, err);
    }
    dt_free(path);
    dt_str_free(&xml);
    dt_sample_free(&sample);
    return status;
}

static dt_status require_empty(const char *dir, dt_error *err)
{
    if (!dt_is_dir(dir)) return DT_OK;
    dt_names names = {0};
    DT_TRY(dt_dir_list(dir, &names, err));
    size_t count = names.count;
    dt_names_free(&names);
    return count ? dt_fail(err, DT_ERR_STATE, "%s: the folder is not empty", dir) : DT_OK;
}

dt_status dt_synthetic_write_voc(const char *dir, uint64_t seed, int64_t count,
                                 void (*progress)(void *ctx, int64_t done), void *ctx, dt_error *err)
{
    static const char *const split_names[3] = {"train.txt", "val.txt", "test.txt"};
    if (count < 1 || count > 999999)
        return dt_fail(err, DT_ERR_ARG, "sample set of %lld pictures: 1 to 999999 are possible",
                       (long long)count);
    DT_TRY(require_empty(dir, err));
    dt_str splits[3] = {{0}};
    char *images = dt_path_join(dir, "JPEGImages"), *annotations = dt_path_join(dir, "Annotations");
    char *sets = dt_path_join(dir, "ImageSets/Main");
    dt_status status = images && annotations && sets ? DT_OK : dt_fail_memory(err, 64, "paths");
    if (status == DT_OK) status = dt_mkdirs(images, err);
    if (status == DT_OK) status = dt_mkdirs(annotations, err);
    if (status == DT_OK) status = dt_mkdirs(sets, err);
    for (int64_t i = 0; i < count && status == DT_OK; i++) {
        char stem[24];
        snprintf(stem, sizeof stem, "%06lld", (long long)i + 1);
        status = write_picture(images, annotations, seed, i, stem, err);
        dt_str_printf(&splits[split_of(i)], "%s\n", stem);
        if (progress && status == DT_OK) progress(ctx, i + 1);
    }
    /* Last, so that a set that was cut short is seen to be incomplete. */
    for (int k = 0; k < 3; k++) {
        if (status == DT_OK) status = write_text(sets, split_names[k], &splits[k], err);
        dt_str_free(&splits[k]);
    }
    dt_free(images);
    dt_free(annotations);
    dt_free(sets);
    return status;
}
