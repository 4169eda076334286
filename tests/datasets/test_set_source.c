/* Sets of every format are opened whole or not at all: each allocation of the readers fails once, none of
 * them unseen. */
#include "datasets/set_source.h"

#include "datasets/convert.h"
#include "fixture.h"

static dt_status open_set(const char *path, size_t *findings, dt_error *err)
{
    dt_dataset set = {0};
    dt_findings list = {0};
    dt_set_source source;
    const dt_set_source_opts opts = {.path = path, .as_is = 1, .voc_rule = DT_VOC_RULE_AUTO};
    dt_status st = dt_set_source_open(&opts, &source, &set, &list, err);
    if (st == DT_OK) CHECK(set.record_count > 0);
    *findings = list.count;
    dt_dataset_free(&set);
    dt_findings_free(&list);
    return st;
}

static void expect_all_seen(const char *path)
{
    dt_error err = {0};
    size_t findings, before = dt_mem_live();
    uint64_t nth = 1, unseen = 0;
    CHECK_OK(open_set(path, &findings, &err), &err); /* libraries' first allocations */
    for (;; nth++) {
        dt_error failed = {0};
        dt_mem_fail_at(nth);
        dt_status st = open_set(path, &findings, &failed);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        if (!CHECK_INT(dt_mem_live(), before) || !fired) break;
        if (st != DT_ERR_MEMORY && unseen++ < 20)
            CHECK_MSG(0, "%s: allocation %llu failed unseen (%s)", path, (unsigned long long)nth,
                      failed.text);
    }
    CHECK(nth > 20);
}

static void convert_to(dt_convert_format to, dt_yolo_layout layout, const char *source, const char *target)
{
    const dt_convert_opts o = {
        .from = DT_FORMAT_VOC, .to = to, .layout = layout, .source = source, .target = target};
    dt_convert_report r;
    dt_error err = {0};
    CHECK_OK(dt_convert(&o, &r, &err), &err);
    dt_convert_report_free(&r);
}

/* Two pictures, a part, text around the objects, faults in the second one. */
static void make_voc(const fixture *f)
{
    fixture_image(f, "voc/JPEGImages/a.jpg", "exif1.jpg");
    fixture_image(f, "voc/JPEGImages/b.jpg", "exif1.jpg");
    fixture_text(f, "voc/ImageSets/Main/train.txt", "a\nb\n");
    fixture_text(
        f, "voc/Annotations/a.xml",
        "<annotation><folder>x</folder><filename>a.jpg</filename><source><database>d</database></source>"
        "<size><width>16</width><height>12</height><depth>3</depth></size><segmented>0</segmented>"
        "<object><name>cat</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>"
        "<bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
        "<part><name>head</name><bndbox><xmin>3</xmin><ymin>3</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></"
        "part>"
        "</object></annotation>");
    fixture_text(f, "voc/Annotations/b.xml",
                 "<annotation><filename>other.jpg</filename><size><width>17</width><height>12</height></size>"
                 "<object><name>dog</name><bndbox><xmin>2.5</xmin><ymin>2</ymin><xmax>9</xmax><ymax>99</"
                 "ymax></bndbox></object>"
                 "<object><name>dog</name></object></annotation>");
}

static void memory(void)
{
    fixture f = fixture_new();
    char voc[100], coco[100], yolo[100], darknet[100], yaml[120];
    make_voc(&f);
    snprintf(voc, sizeof voc, "%s/voc", f.root);
    snprintf(coco, sizeof coco, "%s/coco", f.root);
    snprintf(yolo, sizeof yolo, "%s/yolo", f.root);
    snprintf(darknet, sizeof darknet, "%s/darknet", f.root);
    snprintf(yaml, sizeof yaml, "%s/data.yaml", yolo);
    convert_to(DT_FORMAT_COCO, DT_LAYOUT_ULTRALYTICS, voc, coco);
    convert_to(DT_FORMAT_YOLO, DT_LAYOUT_ULTRALYTICS, voc, yolo);
    convert_to(DT_FORMAT_YOLO, DT_LAYOUT_DARKNET, voc, darknet);
    fixture_text(&f, "yolo/labels/train/b.txt", "0 .5 .5 .2 .2\n9 .5 .5 .2 .2\n0 x\n1 .5 .5 1.5 .2\n");
    expect_all_seen(voc);
    expect_all_seen(coco);
    expect_all_seen(yaml);
    expect_all_seen(yolo);
    expect_all_seen(darknet);
    expect_all_seen(dt_test_golden("segmentation/voc"));
    fixture_free(&f);
}

int main(void)
{
    RUN(memory);
    return dt_test_end();
}
