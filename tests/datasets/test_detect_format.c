/* Finding the format of a set. */
#include "datasets/detect_format.h"

#include "fixture.h"

/* Name of the format found at `path` below the fixture, or "" if none is; *source as a path below the
 * fixture. */
static const char *found(const fixture *f, const char *path, const char *name, const char *source)
{
    const dt_set_format *format;
    char *at;
    dt_error err = {0};
    dt_status st = dt_set_format_detect(fixture_path(f, path), name, &format, &at, &err);
    if (st != DT_OK) {
        CHECK(at == NULL);
        CHECK(err.text[0] != '\0');
        return "";
    }
    if (source) CHECK_STR(at, fixture_path(f, source));
    dt_free(at);
    return format->name;
}

static void formats(void)
{
    fixture f = fixture_new();
    fixture_text(&f, "yolo/data.yaml", "names: [a]\n");
    fixture_text(&f, "yolo/other.yaml", "x: 1\n");
    fixture_text(&f, "named/blood.yml", "names: [a]\n");
    fixture_text(&f, "two/a.yaml", "names: [a]\n");
    fixture_text(&f, "two/b.yaml", "names: [a]\n");
    fixture_text(&f, "voc/Annotations/a.xml", "<annotation/>");
    fixture_text(&f, "lower/annotations/a.XML", "<annotation/>");
    fixture_text(&f, "flat/a.xml", "<annotation/>");
    fixture_text(&f, "kit/VOC2007/Annotations/a.xml", "<annotation/>");
    fixture_text(&f, "above/VOCdevkit/VOC2012/Annotations/a.xml", "<annotation/>");
    fixture_text(&f, "coco/annotations/instances_val2017.json", "{}");
    fixture_text(&f, "nothing/readme.txt", "x");
    CHECK_STR(found(&f, "yolo", NULL, "yolo/data.yaml"), "yolo");
    CHECK_STR(found(&f, "yolo/other.yaml", NULL, "yolo/other.yaml"), "yolo");
    CHECK_STR(found(&f, "named", "auto", "named/blood.yml"), "yolo");
    CHECK_STR(found(&f, "two", NULL, NULL), "");
    CHECK_STR(found(&f, "voc", NULL, "voc"), "voc");
    CHECK_STR(found(&f, "lower", NULL, "lower"), "voc");
    CHECK_STR(found(&f, "flat", NULL, "flat"), "voc");
    CHECK_STR(found(&f, "kit", NULL, "kit"), "voc");
    CHECK_STR(found(&f, "above", NULL, "above"), "voc");
    CHECK_STR(found(&f, "coco", NULL, "coco"), "coco");
    CHECK_STR(found(&f, "coco/annotations/instances_val2017.json", NULL, NULL), "coco");
    CHECK_STR(found(&f, "nothing", NULL, NULL), "");
    CHECK_STR(found(&f, "absent", NULL, NULL), "");
    CHECK_STR(found(&f, "nothing/readme.txt", NULL, NULL), "");
    fixture_free(&f);
}

/* A folder that is both: the order of the table decides, a name overrules it. */
static void forced(void)
{
    fixture f = fixture_new();
    fixture_text(&f, "both/data.yaml", "names: [a]\n");
    fixture_text(&f, "both/Annotations/a.xml", "<annotation/>");
    CHECK_STR(found(&f, "both", NULL, NULL), "yolo");
    CHECK_STR(found(&f, "both", "voc", "both"), "voc");
    CHECK_STR(found(&f, "both", "coco", NULL), "");
    CHECK_STR(found(&f, "both", "tfrecord", NULL), "");
    fixture_free(&f);
}

static void reading(void)
{
    fixture f = fixture_new();
    dt_dataset set;
    dt_findings findings = {0};
    dt_error err = {0};
    const dt_set_format *format = NULL;
    fixture_text(&f, "data.yaml", "path: .\ntrain: images\nnames: [a, b]\n");
    fixture_image(&f, "images/i.png", "rgb.png");
    fixture_text(&f, "labels/i.txt", "1 .5 .5 .5 .5\n");
    CHECK_OK(dt_dataset_read(f.root, NULL, NULL, &set, &format, &findings, &err), &err);
    CHECK_STR(format->name, "yolo");
    CHECK_INT(set.object_count, 1);
    CHECK_INT(set.objects[0].cls, 1);
    dt_dataset_free(&set);
    dt_findings_free(&findings);
    fixture_free(&f);
}

int main(void)
{
    RUN(formats);
    RUN(forced);
    RUN(reading);
    return dt_test_end();
}
