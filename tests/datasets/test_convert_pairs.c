/* All six pairs, there and back: the same boxes, classes, splits and flags. Undo. */
#include <math.h>
#include <sys/stat.h>

#include "datasets/coco/coco.h"
#include "datasets/convert.h"
#include "datasets/yolo/yolo.h"
#include "fixture.h"

#define OBJECT(name, more, a, b, c, d)                                                                       \
    "<object><name>" name "</name>" more "<bndbox><xmin>" #a "</xmin><ymin>" #b "</ymin><xmax>" #c           \
    "</xmax><ymax>" #d "</ymax></bndbox></object>"
#define XML(objects) "<annotation><size><width>16</width><height>12</height></size>" objects "</annotation>"

static void make_voc(const fixture *f)
{
    fixture_text(
        f, "voc/Annotations/a.xml",
        XML(OBJECT("cat", "<pose>Left</pose><truncated>1</truncated><difficult>0</difficult>", 1, 1, 16, 12)
                OBJECT(
                    "dog &amp; &lt;co>", "<difficult>1</difficult><occluded>1</occluded>", 3, 4.25, 7.125,
                    9) "<object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>10</"
                       "ymax></bndbox><part><name>head</name><bndbox><xmin>3</xmin><ymin>2</ymin><xmax>5</"
                       "xmax>"
                       "<ymax>4</ymax></bndbox></part></object>"));
    fixture_text(f, "voc/Annotations/b c.xml", XML(OBJECT("cat", "", 5, 4, 8, 11)));
    fixture_text(f, "voc/Annotations/d.xml", XML(""));
    fixture_image(f, "voc/JPEGImages/a.jpg", "exif1.jpg");
    fixture_image(f, "voc/JPEGImages/b c.png", "rgb.png");
    fixture_image(f, "voc/JPEGImages/d.jpg", "exif1.jpg");
    fixture_text(f, "voc/ImageSets/Main/train.txt", "a\nd\n");
    fixture_text(f, "voc/ImageSets/Main/val.txt", "b c\n");
}

static const char *source_of(dt_convert_format format, const char *folder)
{
    static char path[2][700];
    static int next;
    char *out = path[next++ % 2];
    snprintf(out, sizeof path[0], "%s%s", folder, format == DT_FORMAT_YOLO ? "/data.yaml" : "");
    return out;
}

static int convert(dt_convert_format from, dt_convert_format to, const char *source, const char *target)
{
    dt_convert_opts o = {.from = from,
                         .to = to,
                         .source = source_of(from, source),
                         .target = target,
                         .difficult = DT_DIFFICULT_KEEP,
                         .crowd = DT_CROWD_KEEP};
    dt_convert_report r;
    dt_error err = {0};
    int ok = CHECK_OK(dt_convert(&o, &r, &err), &err);
    CHECK_INT(r.boxes.clipped + r.boxes.dropped + r.reader_dropped, 0);
    dt_convert_report_free(&r);
    return ok;
}

static int read_set(dt_convert_format format, const char *folder, dt_dataset *set)
{
    dt_error err = {0};
    const char *path = source_of(format, folder);
    dt_status st = format == DT_FORMAT_VOC    ? dt_voc_read(path, NULL, set, NULL, &err)
                   : format == DT_FORMAT_YOLO ? dt_yolo_read(path, NULL, set, NULL, &err)
                                              : dt_coco_read(path, NULL, set, NULL, &err);
    if (!CHECK_OK(st, &err)) return 0;
    CHECK_OK(dt_dataset_probe(set, NULL, NULL, &err), &err);
    dt_dataset_to_pixels(set);
    return 1;
}

static double distance(const dt_dataset *a, const dt_object *x, const dt_dataset *b, const dt_object *y)
{
    dt_box p = dt_dataset_box(a, x, 1, 1), q = dt_dataset_box(b, y, 1, 1);
    return fmax(fmax(fabs(p.x1 - q.x1), fabs(p.y1 - q.y1)), fmax(fabs(p.x2 - q.x2), fabs(p.y2 - q.y2)));
}

/* `flags`: difficult must have survived, too. */
static void expect_same(const dt_dataset *a, const dt_dataset *b, int flags)
{
    if (!CHECK_INT(a->split_count, b->split_count) || !CHECK_INT(a->record_count, b->record_count) ||
        !CHECK_INT(a->object_count, b->object_count))
        return;
    for (size_t s = 0; s < a->split_count; s++) {
        CHECK_STR(a->splits[s].name, b->splits[s].name);
        CHECK_INT(a->splits[s].count, b->splits[s].count);
    }
    double worst = 0;
    size_t classes = 0, hard = 0;
    for (size_t i = 0; i < a->record_count; i++) {
        const dt_record *ra = &a->records[i], *rb = &b->records[i];
        for (size_t k = 0; k < b->record_count; k++) { /* folders are read in the order of names */
            char *p = dt_path_stem(ra->image), *q = dt_path_stem(b->records[k].image);
            if (strcmp(p, q) == 0) rb = &b->records[k];
            dt_free(p);
            dt_free(q);
        }
        if (!CHECK_INT(ra->count, rb->count)) return;
        for (size_t k = 0; k < ra->count; k++) {
            const dt_object *x = &a->objects[ra->first + k], *y = &b->objects[rb->first + k];
            worst = fmax(worst, distance(a, x, b, y));
            classes += strcmp(a->classes[x->cls], b->classes[y->cls]) != 0;
            hard += (x->difficult == 1) != (y->difficult == 1);
        }
    }
    CHECK_MSG(worst <= 1e-9, "boxes differ by up to %g pixels", worst);
    CHECK_INT(classes, 0);
    if (flags) CHECK_INT(hard, 0);
}

/* Converts a set in one format to each of the others and back. */
static void there_and_back(const fixture *f, dt_convert_format format, const char *folder)
{
    dt_dataset before, after;
    if (!read_set(format, folder, &before)) return;
    for (int to = 0; to < DT_FORMATS; to++) {
        char there[700], back[720];
        if (to == (int)format) continue;
        snprintf(there, sizeof there, "%s/%s_%s", f->root, dt_format_names[format], dt_format_names[to]);
        snprintf(back, sizeof back, "%s_back", there);
        if (!convert(format, (dt_convert_format)to, folder, there) ||
            !convert((dt_convert_format)to, format, there, back) || !read_set(format, back, &after))
            continue;
        expect_same(&before, &after, format != DT_FORMAT_YOLO && to != DT_FORMAT_YOLO);
        dt_dataset_free(&after);
    }
    dt_dataset_free(&before);
}

static void small(void)
{
    fixture f = fixture_new();
    char voc[600], yolo[600], coco[600];
    make_voc(&f);
    snprintf(voc, sizeof voc, "%s", fixture_path(&f, "voc"));
    snprintf(yolo, sizeof yolo, "%s", fixture_path(&f, "yolo"));
    snprintf(coco, sizeof coco, "%s", fixture_path(&f, "coco"));
    there_and_back(&f, DT_FORMAT_VOC, voc);
    if (convert(DT_FORMAT_VOC, DT_FORMAT_YOLO, voc, yolo)) there_and_back(&f, DT_FORMAT_YOLO, yolo);
    if (convert(DT_FORMAT_VOC, DT_FORMAT_COCO, voc, coco)) there_and_back(&f, DT_FORMAT_COCO, coco);
    fixture_free(&f);
}

static void coco_tiny(void)
{
    const char *path = dt_test_data("coco-tiny");
    if (!path) return;
    fixture f = fixture_new();
    there_and_back(&f, DT_FORMAT_COCO, path);
    fixture_free(&f);
}

/* Two boxes of BCCD have no area and no conversion carries them over: the set after one trip is compared. */
static void bccd(void)
{
    const char *path = dt_test_data("bccd");
    if (!path) return;
    fixture f = fixture_new();
    char clean[600], voc[600];
    snprintf(clean, sizeof clean, "%s", fixture_path(&f, "clean"));
    snprintf(voc, sizeof voc, "%s", fixture_path(&f, "yolo_voc"));
    const dt_convert_opts o = {.from = DT_FORMAT_VOC,
                               .to = DT_FORMAT_YOLO,
                               .source = path,
                               .target = clean,
                               .difficult = DT_DIFFICULT_KEEP};
    dt_convert_report r;
    dt_error err = {0};
    CHECK_OK(dt_convert(&o, &r, &err), &err);
    CHECK_INT(r.boxes.kept, 4886);
    dt_convert_report_free(&r);
    there_and_back(&f, DT_FORMAT_YOLO, clean);
    there_and_back(&f, DT_FORMAT_VOC, voc);
    fixture_free(&f);
}

static int text_has(const fixture *f, const char *name, const char *part)
{
    char *data = NULL;
    size_t size;
    dt_error err = {0};
    int has = CHECK_OK(dt_file_read(fixture_path(f, name), 1 << 20, &data, &size, &err), &err) &&
              strstr(data, part) != NULL;
    if (!has) printf("  %s has no %s:\n%s\n", name, part, data ? data : "");
    dt_free(data);
    return has;
}

static const char COCO[] =
    "{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\", \"width\": 16, \"height\": 12},"
    "{\"id\": 2, \"file_name\": \"x/a.jpg\", \"width\": 16, \"height\": 12}],"
    "\"categories\": [{\"id\": 90, \"name\": \"b<&>\"}, {\"id\": 7, \"name\": \"a\"}],"
    "\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 90, \"bbox\": [1, 2, 4, 5.5], "
    "\"segmentation\": [[1,2,3,4,5,6]], \"area\": 3},"
    "{\"id\": 2, \"image_id\": 1, \"category_id\": 7, \"bbox\": [0, 0, 16, 12], \"iscrowd\": 1}]}";

/* What a format cannot hold is counted by kind and named object by object. */
static void not_held(void)
{
    fixture f = fixture_new();
    char source[600], target[600];
    fixture_text(&f, "c/annotations/instances_train.json", COCO);
    fixture_image(&f, "c/images/train/a.jpg", "exif1.jpg");
    fixture_image(&f, "c/images/train/x/a.jpg", "exif1.jpg");
    snprintf(source, sizeof source, "%s", fixture_path(&f, "c"));
    snprintf(target, sizeof target, "%s", fixture_path(&f, "out"));
    dt_convert_opts o = {.from = DT_FORMAT_COCO, .to = DT_FORMAT_VOC, .source = source, .target = target};
    dt_convert_report r;
    dt_error err = {0};
    CHECK_OK(dt_convert(&o, &r, &err), &err);
    CHECK(r.images == 2 && r.boxes.kept == 1 && r.boxes.crowd == 1);
    CHECK(r.boxes.lost[DT_FIELD_SEGMENTATION] == 1 && r.boxes.lost[DT_FIELD_AREA] == 1);
    CHECK_INT(dt_findings_count_rule(&r.findings, "fields-lost"), 1);
    CHECK_INT(dt_findings_count_rule(&r.findings, "crowd"), 1);
    CHECK_INT(dt_findings_count_rule(&r.findings, "stem-twice"), 1);
    dt_convert_report_free(&r);
    CHECK(text_has(&f, "out/Annotations/a.xml", "<name>b&lt;&amp;&gt;</name>"));
    CHECK(text_has(&f, "out/Annotations/a.xml",
                   "<xmin>2</xmin>\n\t\t\t<ymin>3</ymin>\n\t\t\t<xmax>5</xmax>\n\t\t\t<ymax>7.5</ymax>"));
    CHECK(text_has(&f, "out/Annotations/a_2.xml", "<filename>a_2.jpg</filename>"));
    CHECK(text_has(&f, "out/conversion.json", "\"not_held\": {\n   \"segmentation\": 1,\n   \"area\": 1"));
    CHECK(text_has(&f, "out/conversion.json", "annotation 1 of a.jpg"));
    o.to = DT_FORMAT_YOLO;
    o.crowd = DT_CROWD_IGNORE;
    CHECK_OK(dt_convert(&o, &r, &err), &err);
    CHECK(r.boxes.kept == 2 && r.boxes.ignored == 1);
    dt_convert_report_free(&r);
    /* Ids 7 and 90 become 0 and 1. */
    CHECK(text_has(&f, "out/labels/train/a.txt", "1 0.187500 "));
    CHECK(text_has(&f, "out/ignore/train/a.txt", "0 0.500000 0.500000 1.000000 1.000000\n"));
    fixture_free(&f);
}

/* VOC -> COCO keeps difficult and writes what pycocotools wants; VOC fields come back from VOC's own writer. */
static void fields(void)
{
    fixture f = fixture_new();
    char source[600], target[600];
    make_voc(&f);
    snprintf(source, sizeof source, "%s", fixture_path(&f, "voc"));
    snprintf(target, sizeof target, "%s", fixture_path(&f, "out"));
    dt_convert_opts o = {.from = DT_FORMAT_VOC,
                         .to = DT_FORMAT_COCO,
                         .source = source,
                         .target = target,
                         .difficult = DT_DIFFICULT_IGNORE};
    dt_convert_report r;
    dt_error err = {0};
    CHECK_OK(dt_convert(&o, &r, &err), &err);
    CHECK(r.boxes.lost[DT_FIELD_POSE] == 1 && r.boxes.lost[DT_FIELD_TRUNCATED] == 1 &&
          r.boxes.lost[DT_FIELD_PARTS] == 1 && r.boxes.lost[DT_FIELD_OCCLUDED] == 1);
    dt_convert_report_free(&r);
    CHECK(text_has(
        &f, "out/annotations/instances_train.json",
        "{\"id\": 2, \"image_id\": 1, \"category_id\": 2, \"bbox\": [2, 3.25, 5.125, 5.75], \"area\": "
        "29.46875, \"iscrowd\": 0, \"difficult\": 1, \"ignore\": 1, \"segmentation\": []}"));
    CHECK(text_has(&f, "out/annotations/instances_train.json",
                   "{\"id\": 2, \"file_name\": \"d.jpg\", \"width\": 16, \"height\": 12}"));
    /* The writer of VOC by itself. */
    dt_dataset set, again;
    dt_output_list files = {0};
    char root[600];
    snprintf(root, sizeof root, "%s", fixture_path(&f, "copy"));
    CHECK_OK(dt_mkdirs(root, &err), &err);
    CHECK_OK(dt_voc_read(source, NULL, &set, NULL, &err), &err);
    const dt_target_opts copy = {.format = DT_FORMAT_VOC, .images = DT_IMAGES_COPY};
    r = (dt_convert_report){0};
    CHECK_OK(dt_voc_write(&set, &copy, root, NULL, &files, &r, &err), &err);
    CHECK_OK(dt_voc_read(root, NULL, &again, NULL, &err), &err);
    if (CHECK_INT(again.object_count, 4)) {
        const dt_object *x = again.objects;
        CHECK(x[0].truncated == 1 && x[0].extra && strcmp(x[0].extra->pose, "Left") == 0);
        CHECK(x[1].difficult == 1 && x[1].occluded == 1 && x[1].box.y1 == 4.25);
        CHECK_STR(again.classes[x[1].cls], "dog & <co>");
        if (CHECK(x[2].extra && x[2].extra->part_count == 1)) {
            CHECK_STR(x[2].extra->parts[0].name, "head");
            CHECK(x[2].extra->parts[0].box.x1 == 3 && x[2].extra->parts[0].box.y2 == 4);
        }
    }
    dt_convert_report_free(&r);
    dt_output_free(&files);
    dt_dataset_free(&set);
    dt_dataset_free(&again);
    fixture_free(&f);
}

static void undone(void)
{
    fixture f = fixture_new();
    char voc[600], out[600];
    dt_undo_report u;
    dt_error err = {0};
    make_voc(&f);
    snprintf(voc, sizeof voc, "%s", fixture_path(&f, "voc"));
    snprintf(out, sizeof out, "%s", fixture_path(&f, "out"));
    CHECK_INT(dt_convert_undo(voc, &u, &err), DT_ERR_NOT_FOUND);
    dt_undo_report_free(&u);
    if (!convert(DT_FORMAT_VOC, DT_FORMAT_YOLO, voc, out)) return;
    CHECK_OK(dt_convert_undo(out, &u, &err), &err);
    CHECK(u.removed == 7 && u.missing == 0 && u.kept.count == 0); /* 3 links, 3 labels, data.yaml */
    dt_undo_report_free(&u);
    CHECK(access(out, F_OK) != 0 && access(fixture_path(&f, "voc/JPEGImages/a.jpg"), F_OK) == 0);
    /* Names of bytes that JSON cannot hold. */
    fixture_text(&f, "raw/Annotations/a\xff\xfe.xml", XML(OBJECT("cat", "", 5, 4, 8, 11)));
    fixture_image(&f, "raw/JPEGImages/a\xff\xfe.jpg", "exif1.jpg");
    for (int to = 0; to < DT_FORMATS; to++) {
        char raw[600];
        snprintf(raw, sizeof raw, "%s", fixture_path(&f, "raw"));
        if (to == DT_FORMAT_VOC) continue;
        CHECK(convert(DT_FORMAT_VOC, (dt_convert_format)to, raw, out));
        CHECK(convert(DT_FORMAT_VOC, (dt_convert_format)to, raw, out)); /* in its own place */
        CHECK_OK(dt_convert_undo(out, &u, &err), &err);
        CHECK(u.removed > 1 && u.missing == 0 && u.kept.count == 0);
        CHECK(access(out, F_OK) != 0);
        dt_undo_report_free(&u);
    }
    /* A changed file, one that is gone, a foreign one, a link in place of a folder. */
    if (!convert(DT_FORMAT_VOC, DT_FORMAT_YOLO, voc, out)) return;
    fixture_text(&f, "out/labels/train/a.txt", "0 0.5 0.5 1 1\n");
    fixture_text(&f, "out/labels/train/mine.txt", "x");
    unlink(fixture_path(&f, "out/labels/train/d.txt"));
    rename(fixture_path(&f, "out/labels/val"), fixture_path(&f, "elsewhere"));
    CHECK(symlink("../../elsewhere", fixture_path(&f, "out/labels/val")) == 0);
    CHECK_OK(dt_convert_undo(out, &u, &err), &err);
    CHECK(u.removed == 4 && u.missing == 2);
    if (CHECK_INT(u.kept.count, 1)) CHECK_STR(u.kept.items[0], "labels/train/a.txt");
    dt_undo_report_free(&u);
    CHECK(access(fixture_path(&f, "out/labels/train/a.txt"), F_OK) == 0);
    CHECK(access(fixture_path(&f, "out/labels/train/mine.txt"), F_OK) == 0);
    CHECK(access(fixture_path(&f, "elsewhere/b c.txt"), F_OK) == 0);
    CHECK(access(fixture_path(&f, "out/images"), F_OK) != 0);
    CHECK(access(fixture_path(&f, "out/conversion.json"), F_OK) != 0);
    fixture_free(&f);
}

#define HASH "\"0000000000000000000000000000000000000000000000000000000000000000\""

/* Certificates that are not what was written remove nothing, whatever stands in them, and the message says
 * where. */
static void hostile_certificates(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"tool\": \"dettool convert\", \"files\": [{\"path\": \"a\", \"sha256\": " HASH "}, {\"path\": "
         "\"../elsewhere/b.txt\", \"sha256\": " HASH "}]}",
         "leads out"},
        {"{\"tool\": \"dettool convert\", \"files\": [{\"path\": \"a\", \"path_bytes\": \"2f746d70\", "
         "\"sha256\": " HASH "}]}",
         "'/tmp' leads out"},
        {"{\"tool\": \"dettool convert\", \"files\": [{\"path\": \"a\", \"path_bytes\": \"6x\"}]}",
         "hexadecimal"},
        {"{\"tool\": \"dettool convert\", \"files\": [{\"path\": \"a\", \"sha256\": \"00\"}]}", "64 digits"},
        {"{\"tool\": \"dettool convert\", \"files\": [{\"path\": \"a\", \"sha256\": " HASH "}]", "line 1"},
        {"{\"tool\": \"dettool convert\", \"files\": [{\"path\": \"a\"}], \"folders\": [{\"path\": \"..\"}]}",
         "leads out"},
        {"{\"tool\": \"another\", \"files\": []}", "not the certificate"},
        {"{\"tool\": \"dettool convert\"}", "not the certificate"},
    };
    fixture f = fixture_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_undo_report u;
        dt_error err = {0};
        fixture_text(&f, "evil/a", "");
        fixture_text(&f, "elsewhere/b.txt", "");
        fixture_text(&f, "evil/conversion.json", cases[i].text);
        CHECK_INT(dt_convert_undo(fixture_path(&f, "evil"), &u, &err), DT_ERR_FORMAT);
        CHECK_MSG(strstr(err.text, cases[i].message) != NULL, "case %zu: %s", i, err.text);
        CHECK_INT(u.removed, 0);
        dt_undo_report_free(&u);
        CHECK(access(fixture_path(&f, "evil/a"), F_OK) == 0);
        CHECK(access(fixture_path(&f, "elsewhere/b.txt"), F_OK) == 0);
        CHECK(access(fixture_path(&f, "evil/conversion.json"), F_OK) == 0);
    }
    fixture_free(&f);
}

static void every_allocation_fails(void)
{
    fixture f = fixture_new();
    char source[600], voc[600], target[600];
    fixture_text(&f, "c/annotations/instances_train.json", COCO);
    fixture_image(&f, "c/images/train/a.jpg", "exif1.jpg");
    fixture_image(&f, "c/images/train/x/a.jpg", "exif1.jpg");
    make_voc(&f);
    snprintf(source, sizeof source, "%s", fixture_path(&f, "c"));
    snprintf(voc, sizeof voc, "%s", fixture_path(&f, "voc"));
    snprintf(target, sizeof target, "%s", fixture_path(&f, "out"));
    const dt_convert_opts pairs[] = {
        {.from = DT_FORMAT_COCO, .to = DT_FORMAT_VOC, .source = source, .target = target, .jobs = 1},
        {.from = DT_FORMAT_VOC, .to = DT_FORMAT_COCO, .source = voc, .target = target, .jobs = 1},
    };
    size_t live = dt_mem_live();
    for (size_t p = 0; p < 2; p++)
        for (uint64_t nth = 1;; nth++) {
            dt_convert_report r;
            dt_error err = {0};
            dt_mem_fail_at(nth);
            dt_status st = dt_convert(&pairs[p], &r, &err);
            int fired = dt_mem_fail_fired();
            dt_mem_fail_at(0);
            dt_convert_report_free(&r);
            if (!CHECK_INT(dt_mem_live(), live)) return;
            if (!fired) {
                CHECK_OK(st, &err);
                dt_undo_report u;
                CHECK_OK(dt_convert_undo(target, &u, &err), &err);
                dt_undo_report_free(&u);
                break;
            }
            CHECK_MSG(st != DT_OK, "pair %zu: allocation %d failed unseen", p, (int)nth);
            CHECK_MSG(access(target, F_OK) != 0, "pair %zu: allocation %d left a folder", p, (int)nth);
        }
    fixture_free(&f);
}

int main(void)
{
    RUN(small);
    RUN(coco_tiny);
    RUN(bccd);
    RUN(not_held);
    RUN(fields);
    RUN(undone);
    RUN(hostile_certificates);
    RUN(every_allocation_fails);
    return dt_test_end();
}
