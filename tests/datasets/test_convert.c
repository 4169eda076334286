/* Conversion as a library: what is written, what is refused, what survives failures. */
#include "datasets/convert.h"

#include <sys/stat.h>

#include "core/sha256.h"
#include "datasets/yolo/yolo.h"
#include "fixture.h"

#define XML(objects) "<annotation><size><width>16</width><height>12</height></size>" objects "</annotation>"
#define CAT(a, b, c, d)                                                                                      \
    "<object><name>cat</name><bndbox><xmin>" #a "</xmin><ymin>" #b "</ymin><xmax>" #c "</xmax><ymax>" #d     \
    "</ymax></bndbox></object>"
#define HARD                                                                                                 \
    "<object><name>dog</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</"          \
    "xmax><ymax>6</ymax></bndbox></object>"

static fixture make_voc(void)
{
    fixture f = fixture_new();
    fixture_text(&f, "voc/Annotations/a.xml", XML(CAT(1, 1, 16, 12) HARD));
    fixture_text(&f, "voc/Annotations/b\n%s.xml", XML(CAT(5, 4, 8, 30) CAT(3, 3, 3, 3)));
    fixture_text(&f, "voc/Annotations/c.xml", XML(""));
    fixture_text(&f, "voc/Annotations/d.xml", XML(CAT(1, 1, 2, 2)));
    fixture_image(&f, "voc/JPEGImages/a.jpg", "exif1.jpg");
    fixture_image(&f, "voc/JPEGImages/b\n%s.png", "rgb.png");
    fixture_image(&f, "voc/JPEGImages/c.jpg", "exif1.jpg");
    fixture_text(&f, "voc/JPEGImages/d.jpg", "");
    return f;
}

static dt_status convert(const fixture *f, const dt_convert_opts *changes, dt_convert_report *report,
                         dt_error *err)
{
    dt_convert_opts o = *changes;
    char source[600], target[600];
    snprintf(source, sizeof source, "%s", fixture_path(f, "voc"));
    snprintf(target, sizeof target, "%s", fixture_path(f, "out"));
    o.from = DT_FORMAT_VOC;
    o.to = DT_FORMAT_YOLO;
    o.source = source;
    o.target = target;
    return dt_convert(&o, report, err);
}

static void expect_text(const fixture *f, const char *name, const char *text)
{
    char *data = NULL;
    size_t size;
    dt_error err = {0};
    if (CHECK_OK(dt_file_read(fixture_path(f, name), 1 << 20, &data, &size, &err), &err))
        CHECK_STR(data, text);
    dt_free(data);
}

static void written(void)
{
    fixture f = make_voc();
    dt_convert_report r;
    dt_error err = {0};
    CHECK_OK(convert(&f, &(dt_convert_opts){.difficult = DT_DIFFICULT_IGNORE}, &r, &err), &err);
    CHECK(r.images == 3 && r.backgrounds == 1 && r.skipped == 1);
    CHECK(r.boxes.kept == 3 && r.boxes.clipped == 1 && r.boxes.dropped == 2 && r.boxes.ignored == 1);
    CHECK_INT(dt_findings_count_rule(&r.findings, "image-unreadable"), 1);
    dt_convert_report_free(&r);
    expect_text(&f, "out/labels/train/a.txt", "7 0.500000 0.500000 1.000000 1.000000\n");
    expect_text(&f, "out/ignore/train/a.txt", "11 0.125000 0.250000 0.250000 0.500000\n");
    expect_text(&f, "out/labels/train/b\n%s.txt", "7 0.375000 0.625000 0.250000 0.750000\n");
    expect_text(&f, "out/labels/train/c.txt", "");
    CHECK(access(fixture_path(&f, "out/labels/train/d.txt"), F_OK) != 0);
    /* Our own reader finds the same again, the picture through the link included. */
    dt_dataset set;
    dt_findings findings = {0};
    CHECK_OK(dt_yolo_read(fixture_path(&f, "out/data.yaml"), NULL, &set, &findings, &err), &err);
    CHECK(set.record_count == 6 && set.object_count == 6); /* one split, used as train and val */
    CHECK(set.objects[0].cls == 7 && set.objects[1].ignore == 1);
    dt_dataset_probe(&set, NULL, &findings, &err);
    CHECK_INT(findings.by_severity[DT_PROBLEM], 0);
    dt_dataset_free(&set);
    dt_findings_free(&findings);
    /* Once more over the untouched output, with other options. */
    CHECK_OK(convert(&f, &(dt_convert_opts){.images = DT_IMAGES_COPY, .class_base = 1}, &r, &err), &err);
    CHECK_INT(r.boxes.difficult, 1);
    dt_convert_report_free(&r);
    struct stat st;
    CHECK(lstat(fixture_path(&f, "out/images/train/a.jpg"), &st) == 0 && S_ISREG(st.st_mode));
    CHECK(access(fixture_path(&f, "out/ignore"), F_OK) != 0);
    expect_text(&f, "out/labels/train/a.txt", "8 0.500000 0.500000 1.000000 1.000000\n");
    /* A file of somebody else, or a changed one, is never removed. */
    fixture_text(&f, "out/mine.txt", "x");
    CHECK_INT(convert(&f, &(dt_convert_opts){0}, &r, &err), DT_ERR_STATE);
    CHECK(strstr(err.text, "mine.txt") != NULL);
    dt_convert_report_free(&r);
    unlink(fixture_path(&f, "out/mine.txt"));
    fixture_text(&f, "out/labels/train/a.txt", "8 0.5 0.5 1 1\n");
    CHECK_INT(convert(&f, &(dt_convert_opts){0}, &r, &err), DT_ERR_STATE);
    CHECK(strstr(err.text, "labels/train/a.txt was changed") != NULL);
    dt_convert_report_free(&r);
    fixture_free(&f);
}

static void classes(void)
{
    fixture f = make_voc();
    dt_convert_report r;
    dt_error err = {0};
    char list[600];
    fixture_text(&f, "names.txt",
                 "\xEF\xBB\xBF"
                 "zebra\r\n\n  cat \n");
    snprintf(list, sizeof list, "%s", fixture_path(&f, "names.txt"));
    dt_convert_opts o = {.classes_file = list, .images = DT_IMAGES_NONE, .difficult = DT_DIFFICULT_KEEP};
    CHECK_OK(convert(&f, &o, &r, &err), &err);
    CHECK(r.classes == 2 && r.images == 4 && dt_findings_count_rule(&r.findings, "class-unknown") == 1);
    dt_convert_report_free(&r);
    expect_text(&f, "out/labels/train/d.txt",
                "1 0.062500 0.08333333333333333 0.125000 0.16666666666666666\n");
    fixture_text(&f, "names.txt", "cat\ncat\n");
    CHECK_INT(convert(&f, &o, &r, &err), DT_ERR_FORMAT);
    CHECK(strstr(err.text, "names.txt:2") != NULL);
    dt_convert_report_free(&r);
    fixture_free(&f);
}

static void targets(void)
{
    fixture f = make_voc();
    dt_convert_report r;
    dt_error err = {0};
    fixture_text(&f, "out", "a file");
    CHECK_INT(convert(&f, &(dt_convert_opts){0}, &r, &err), DT_ERR_IO);
    dt_convert_report_free(&r);
    expect_text(&f, "out", "a file");
    unlink(fixture_path(&f, "out"));
    /* What a killed run left is cleared away; an empty folder is taken. */
    fixture_text(&f, ".out.dettool-partial/labels/train/x.txt", "half");
    mkdir(fixture_path(&f, "out"), 0777);
    CHECK_OK(convert(&f, &(dt_convert_opts){0}, &r, &err), &err);
    dt_convert_report_free(&r);
    CHECK(access(fixture_path(&f, ".out.dettool-partial"), F_OK) != 0);
    CHECK(access(fixture_path(&f, "out/labels/train/x.txt"), F_OK) != 0);
    CHECK(access(fixture_path(&f, "out/conversion.json"), F_OK) == 0);
    fixture_free(&f);
}

static void every_allocation_fails(void)
{
    fixture f = make_voc();
    size_t live = dt_mem_live();
    for (uint64_t nth = 1;; nth++) {
        dt_convert_report r;
        dt_error err = {0};
        dt_mem_fail_at(nth);
        dt_status st = convert(&f, &(dt_convert_opts){.jobs = 1, .difficult = DT_DIFFICULT_IGNORE}, &r, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        dt_convert_report_free(&r);
        if (!CHECK_INT(dt_mem_live(), live)) break;
        if (!fired) {
            CHECK_OK(st, &err);
            break;
        }
        CHECK_MSG(st != DT_OK, "allocation %d failed unseen", (int)nth);
        CHECK_MSG(access(fixture_path(&f, "out"), F_OK) != 0, "allocation %d left a folder", (int)nth);
    }
    fixture_free(&f);
}

static void sha256(void)
{
    static const struct {
        const char *text, *hash;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[DT_SHA256_TEXT];
        dt_sha256 s;
        dt_sha256_begin(&s);
        for (const char *p = cases[i].text; *p; p++)
            dt_sha256_add(&s, p, 1);
        dt_sha256_end(&s, text);
        CHECK_STR(text, cases[i].hash);
    }
    dt_sha256 s;
    char text[DT_SHA256_TEXT], block[1000];
    memset(block, 'a', sizeof block);
    dt_sha256_begin(&s);
    for (int i = 0; i < 1000; i++)
        dt_sha256_add(&s, block, sizeof block);
    dt_sha256_end(&s, text);
    CHECK_STR(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
    RUN(sha256);
    RUN(written);
    RUN(classes);
    RUN(targets);
    RUN(every_allocation_fails);
    return dt_test_end();
}
