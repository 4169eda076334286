/* Data sets as train and eval read them: the same labels from every format, flags, coordinate base, splits,
 * classes. */
#include <math.h>

#include "datasets/convert.h"
#include "datasets/fixture.h"
#include "tools/run_data.h"

#define BOX(a, b, c, d)                                                                                      \
    "<bndbox><xmin>" #a "</xmin><ymin>" #b "</ymin><xmax>" #c "</xmax><ymax>" #d "</ymax></bndbox>"
#define OBJECT(name, more, box) "<object><name>" name "</name>" more box "</object>"
#define XML(objects)            "<annotation><size><width>16</width><height>12</height></size>" objects "</annotation>"

/* Three splits; in `test` there are neither all classes nor the first of them. */
static void make_voc(const fixture *f)
{
    fixture_text(f, "voc/Annotations/a.xml",
                 XML(OBJECT("cat", "", BOX(1, 1, 16, 12))
                         OBJECT("ant", "<difficult>1</difficult>", BOX(3, 4.25, 7.125, 9))
                             OBJECT("bee", "", BOX(2, 3, 5, 7))));
    fixture_text(f, "voc/Annotations/b.xml", XML(OBJECT("cat", "", BOX(5, 4, 8, 11))));
    fixture_text(f, "voc/Annotations/c.xml", XML(OBJECT("bee", "", BOX(6, 5, 9, 11))));
    fixture_image(f, "voc/JPEGImages/a.jpg", "exif1.jpg");
    fixture_image(f, "voc/JPEGImages/b.png", "rgb.png");
    fixture_image(f, "voc/JPEGImages/c.jpg", "exif1.jpg");
    fixture_text(f, "voc/ImageSets/Main/train.txt", "a\n");
    fixture_text(f, "voc/ImageSets/Main/val.txt", "b\n");
    fixture_text(f, "voc/ImageSets/Main/test.txt", "c\n");
}

static void convert(const fixture *f, dt_convert_format to, const char *name)
{
    dt_convert_opts o = {.from = DT_FORMAT_VOC,
                         .to = to,
                         .source = fixture_path(f, "voc"),
                         .target = fixture_path(f, name),
                         .difficult = to == DT_FORMAT_YOLO ? DT_DIFFICULT_IGNORE : DT_DIFFICULT_KEEP};
    dt_convert_report r;
    dt_error err = {0};
    CHECK_OK(dt_convert(&o, &r, &err), &err);
    dt_convert_report_free(&r);
}

static void check_same(const dt_run_data *a, const dt_run_data *b, double tolerance)
{
    dt_error err = {0};
    if (!CHECK_INT(a->set.record_count, b->set.record_count)) return;
    for (size_t i = 0; i < a->set.record_count; i++) {
        dt_sample x = {0}, y = {0};
        CHECK_OK(dt_dataset_labels(&a->set, i, 16, 12, &x, &err), &err);
        CHECK_OK(dt_dataset_labels(&b->set, i, 16, 12, &y, &err), &err);
        CHECK_INT(x.label_count, y.label_count);
        for (size_t k = 0; k < x.label_count && k < y.label_count; k++) {
            /* YOLO has ignored objects in a file of their own, behind the others. */
            size_t m = 0;
            while (m + 1 < y.label_count && y.labels[m].cls != x.labels[k].cls)
                m++;
            CHECK_INT(x.labels[k].cls, y.labels[m].cls);
            CHECK_INT(x.labels[k].ignore, y.labels[m].ignore);
            CHECK_NEAR(x.labels[k].box.x1, y.labels[m].box.x1, tolerance);
            CHECK_NEAR(x.labels[k].box.y1, y.labels[m].box.y1, tolerance);
            CHECK_NEAR(x.labels[k].box.x2, y.labels[m].box.x2, tolerance);
            CHECK_NEAR(x.labels[k].box.y2, y.labels[m].box.y2, tolerance);
        }
        dt_sample_free(&x);
        dt_sample_free(&y);
    }
}

static void test_formats(void)
{
    static const struct {
        const char *path;
        double tolerance;
    } forms[] = {{"coco", 0}, {"yolo", 1e-9}, {"yolo/data.yaml", 1e-9}};
    fixture f = fixture_new();
    dt_run_data voc, other;
    dt_error err = {0};
    make_voc(&f);
    convert(&f, DT_FORMAT_COCO, "coco");
    convert(&f, DT_FORMAT_YOLO, "yolo");
    if (CHECK_OK(dt_run_data_read(fixture_path(&f, "voc"), "train", "val", 0, NULL, &voc, &err), &err)) {
        CHECK_INT(voc.set.split_count, 2);
        CHECK_INT(voc.set.record_count, 2);
        CHECK_INT(voc.set.class_count, 3);
        CHECK_INT(voc.set.objects[1].ignore, 1);
        CHECK_INT(voc.set.objects[0].ignore, 0);
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
            const char *path = fixture_path(&f, forms[i].path);
            if (!CHECK_OK(dt_run_data_read(path, "train", "val", 0, NULL, &other, &err), &err)) continue;
            CHECK_INT(other.set.split_count, 2);
            for (int c = 0; c < 3; c++)
                CHECK_STR(other.set.classes[c], voc.set.classes[c]);
            check_same(&voc, &other, forms[i].tolerance);
            dt_run_data_free(&other);
        }
        dt_run_data_free(&voc);
    }
    fixture_free(&f);
}

static void test_crowd_and_area(void)
{
    fixture f = fixture_new();
    dt_run_data data;
    dt_error err = {0};
    fixture_image(&f, "a.jpg", "exif1.jpg");
    fixture_text(&f, "instances_val.json",
                 "{\"images\":[{\"id\":7,\"file_name\":\"a.jpg\",\"width\":16,\"height\":12}],"
                 "\"categories\":[{\"id\":3,\"name\":\"cat\"}],\"annotations\":["
                 "{\"id\":1,\"image_id\":7,\"category_id\":3,\"bbox\":[1,2,3,4],\"area\":5.5,\"iscrowd\":0},"
                 "{\"id\":2,\"image_id\":7,\"category_id\":3,\"bbox\":[4,2,3,4],\"area\":9,\"iscrowd\":1}]}");
    const char *path = fixture_path(&f, "instances_val.json");
    if (CHECK_OK(dt_run_data_read(path, "val", NULL, 0, NULL, &data, &err), &err)) {
        CHECK_INT(data.set.objects[0].ignore, 0);
        CHECK_INT(data.set.objects[1].ignore, 1);
        CHECK_NEAR(data.set.objects[0].area, 5.5, 0);
        dt_run_data_free(&data);
    }
    fixture_free(&f);
}

/* A single 0 says that pixels are counted from 0: no box is moved then. */
static void test_coordinate_base(void)
{
    fixture f = fixture_new();
    dt_run_data data;
    dt_error err = {0};
    fixture_image(&f, "JPEGImages/a.jpg", "exif1.jpg");
    for (int from = 1; from >= 0; from--) {
        fixture_text(&f, "Annotations/a.xml",
                     from ? XML(OBJECT("cat", "", BOX(1, 2, 9, 11)) OBJECT("cat", "", BOX(4, 5, 9, 11)))
                          : XML(OBJECT("cat", "", BOX(0, 2, 9, 11)) OBJECT("cat", "", BOX(4, 5, 9, 11))));
        if (!CHECK_OK(dt_run_data_read(f.root, "train", "val", 0, NULL, &data, &err), &err)) break;
        dt_box b = dt_dataset_box(&data.set, &data.set.objects[1], 16, 12);
        CHECK_NEAR(b.x1, 4 - from, 0);
        CHECK_NEAR(b.y1, 5 - from, 0);
        CHECK_NEAR(b.x2, 9, 0);
        dt_run_data_free(&data);
    }
    fixture_free(&f);
}

static void test_splits_and_classes(void)
{
    static const char *const names[] = {"cat", "bee", "ant", "owl"};
    fixture f = fixture_new();
    dt_run_data data;
    dt_error err = {0};
    make_voc(&f);
    convert(&f, DT_FORMAT_YOLO, "yolo");
    const char *voc = fixture_path(&f, "voc");
    CHECK_INT(dt_run_data_read(voc, "vall", NULL, 0, NULL, &data, &err), DT_ERR_NOT_FOUND);
    CHECK_MSG(strstr(err.text, "'vall'") && strstr(err.text, "train, val, test"), "%s", err.text);
    dt_error_clear(&err);
    if (CHECK_OK(dt_run_data_read(voc, "test", NULL, 0, NULL, &data, &err), &err)) {
        CHECK_INT(data.set.record_count, 1);
        CHECK_STR(data.set.classes[1], "bee");
        /* A detector's order counts where files name their classes... */
        CHECK_OK(dt_run_data_match_classes(&data, names, 4, &err), &err);
        CHECK_INT(data.set.class_count, 4);
        CHECK_STR(data.set.classes[0], "cat");
        CHECK_INT(data.set.objects[data.set.records[0].first].cls, 1);
        dt_run_data_free(&data);
    }
    if (CHECK_OK(dt_run_data_read(fixture_path(&f, "yolo"), "test", NULL, 0, NULL, &data, &err), &err)) {
        /* ... and not where they number them. */
        CHECK_OK(dt_run_data_match_classes(&data, names, 4, &err), &err);
        CHECK_INT(data.set.class_count, 3);
        CHECK_STR(data.set.classes[0], "ant");
        dt_run_data_free(&data);
    }
    fixture_free(&f);
}

int main(void)
{
    RUN(test_formats);
    RUN(test_crowd_and_area);
    RUN(test_coordinate_base);
    RUN(test_splits_and_classes);
    return dt_test_end();
}
