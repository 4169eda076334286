#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/synthetic.h"
#include "test.h"

static void pictures_are_a_function_of_seed_and_index(void)
{
    dt_error err = {0};
    int classes[DT_SYNTHETIC_CLASSES] = {0};
    for (int i = 0; i < 30; i++) {
        dt_sample a = {0}, b = {0}, other = {0};
        CHECK_OK(dt_synthetic_render(4, i, &a, &err), &err);
        CHECK_OK(dt_synthetic_render(4, i, &b, &err), &err);
        CHECK_OK(dt_synthetic_render(5, i, &other, &err), &err);
        size_t bytes = (size_t)a.image.width * (size_t)a.image.height * 3;
        CHECK(a.image.width >= 320 && a.image.width <= 480 && a.image.height >= 240 && a.image.height <= 360);
        CHECK(memcmp(a.image.data, b.image.data, bytes) == 0);
        CHECK(other.image.width != a.image.width || memcmp(a.image.data, other.image.data, bytes) != 0);
        CHECK(a.label_count >= 2 && a.label_count <= 7);
        for (size_t k = 0; k < a.label_count; k++) {
            dt_box box = a.labels[k].box;
            classes[a.labels[k].cls]++;
            CHECK(box.x1 >= 0 && box.y1 >= 0 && box.x2 <= a.image.width && box.y2 <= a.image.height);
            CHECK(box.x2 - box.x1 >= 8 && box.y2 - box.y1 >= 8);
            CHECK(box.x1 == floor(box.x1) && box.y2 == floor(box.y2));
        }
        dt_sample_free(&a);
        dt_sample_free(&b);
        dt_sample_free(&other);
    }
    for (int c = 0; c < DT_SYNTHETIC_CLASSES; c++)
        CHECK(classes[c] > 10);
}

static void folder_holds_a_voc_set(void)
{
    dt_error err = {0};
    char dir[] = "/tmp/dt_synthetic_XXXXXX", path[256];
    if (!CHECK(mkdtemp(dir) != NULL)) return;
    CHECK_OK(dt_synthetic_write_voc(dir, 1, 22, NULL, NULL, &err), &err);
    const struct {
        const char *name;
        int lines;
    } splits[] = {{"train", 16}, {"val", 3}, {"test", 3}};
    for (int i = 0; i < 3; i++) {
        char *text;
        size_t size;
        snprintf(path, sizeof path, "%s/ImageSets/Main/%s.txt", dir, splits[i].name);
        if (!CHECK_OK(dt_file_read(path, 1 << 20, &text, &size, &err), &err)) continue;
        CHECK_INT(size, splits[i].lines * 7);
        dt_free(text);
    }
    dt_image_info info;
    dt_sample sample = {0};
    char *xml, expected[200];
    size_t size;
    snprintf(path, sizeof path, "%s/JPEGImages/000003.jpg", dir);
    CHECK_OK(dt_image_probe(path, &info, &err), &err);
    CHECK_OK(dt_synthetic_render(1, 2, &sample, &err), &err);
    CHECK_INT(info.width, sample.image.width);
    snprintf(path, sizeof path, "%s/Annotations/000003.xml", dir);
    CHECK_OK(dt_file_read(path, 1 << 20, &xml, &size, &err), &err);
    snprintf(expected, sizeof expected, "<xmin>%d</xmin>\n\t\t\t<ymin>%d</ymin>\n\t\t\t<xmax>%d</xmax>",
             (int)sample.labels[0].box.x1 + 1, (int)sample.labels[0].box.y1 + 1,
             (int)sample.labels[0].box.x2);
    CHECK(strstr(xml, expected) != NULL);
    dt_free(xml);
    dt_sample_free(&sample);
    CHECK_INT(dt_synthetic_write_voc(dir, 1, 5, NULL, NULL, &err), DT_ERR_STATE);
    CHECK(strstr(err.text, dir) != NULL);
    CHECK_INT(dt_synthetic_write_voc("/dev/null/x", 1, 0, NULL, NULL, &err), DT_ERR_ARG);
    CHECK(dt_synthetic_write_voc("/dev/null/x", 1, 5, NULL, NULL, &err) != DT_OK);
    snprintf(path, sizeof path, "rm -r '%s'", dir);
    CHECK_INT(system(path), 0);
}

int main(void)
{
    RUN(pictures_are_a_function_of_seed_and_index);
    RUN(folder_holds_a_voc_set);
    return dt_test_end();
}
