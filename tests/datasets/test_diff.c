/* Two sets compared: conversions are equal, every kind of difference is found, pictures are paired, memory
 * runs out. */
#include "datasets/edit/diff.h"

#include <math.h>

#include "datasets/convert.h"
#include "datasets/target/fit.h"
#include "fixture.h"

#define OBJECT(name, more, a, b, c, d)                                                                       \
    "<object><name>" name "</name>" more "<bndbox><xmin>" #a "</xmin><ymin>" #b "</ymin><xmax>" #c           \
    "</xmax><ymax>" #d "</ymax></bndbox></object>"
#define XML(objects) "<annotation><size><width>16</width><height>12</height></size>" objects "</annotation>"

typedef struct pair {
    dt_dataset sets[2];
    dt_set_source sources[2];
    dt_findings findings;
    dt_diff diff;
    dt_error err;
} pair;

static void pair_free(pair *p)
{
    for (int i = 0; i < 2; i++)
        dt_dataset_free(&p->sets[i]);
    dt_findings_free(&p->findings);
    dt_diff_free(&p->diff);
}

static uint64_t fail_at; /* allocation of dt_diff_sets; 0: none */

static dt_status compare_with(const char *a, const char *b, dt_diff_opts o, pair *p)
{
    const char *const paths[2] = {a, b};
    dt_status st = DT_OK;
    *p = (pair){0};
    for (int i = 0; i < 2 && st == DT_OK; i++) {
        const dt_set_source_opts opts = {
            .path = paths[i], .no_images = 1, .as_is = 1, .voc_rule = DT_VOC_RULE_AUTO};
        st = dt_set_source_open(&opts, &p->sources[i], &p->sets[i], &p->findings, &p->err);
        o.formats[i] = p->sources[i].format;
    }
    dt_mem_fail_at(fail_at);
    return st == DT_OK ? dt_diff_sets(&p->sets[0], &p->sets[1], &o, &p->diff, &p->err) : st;
}

static dt_status compare(const char *a, const char *b, pair *p)
{
    return compare_with(a, b, (dt_diff_opts){.tolerance = -1}, p);
}

static int expect_equal(const char *a, const char *b)
{
    pair p;
    int ok = CHECK_OK(compare(a, b, &p), &p.err) &&
             CHECK_MSG(p.diff.count == 0, "%s and %s: %zu differences", a, b, p.diff.count);
    if (ok) {
        CHECK_INT(p.diff.pairs, p.sets[0].record_count);
        CHECK_INT(p.diff.equal, p.sets[0].object_count);
        CHECK(p.diff.equal > 0);
    }
    pair_free(&p);
    return ok;
}

/* ---- conversions ---- */

static void convert(dt_convert_format from, dt_convert_format to, const char *source, const char *target)
{
    char path[800];
    snprintf(path, sizeof path, "%s%s", source, from == DT_FORMAT_YOLO ? "/data.yaml" : "");
    const dt_convert_opts o = {.from = from,
                               .to = to,
                               .source = path,
                               .target = target,
                               .difficult = DT_DIFFICULT_KEEP,
                               .crowd = DT_CROWD_KEEP};
    dt_convert_report r;
    dt_error err = {0};
    CHECK_OK(dt_convert(&o, &r, &err), &err);
    dt_convert_report_free(&r);
}

/* All six pairs, from a set of each format, and the conversions among each other. */
static void conversions_of(const fixture *f, dt_convert_format format, const char *source)
{
    char made[DT_FORMATS][700];
    pair p;
    for (int to = 0; to < DT_FORMATS; to++) {
        snprintf(made[to], sizeof made[to], "%s", source);
        if (to == (int)format) continue;
        snprintf(made[to], sizeof made[to], "%s/%s_%s", f->root, dt_format_names[format],
                 dt_format_names[to]);
        convert(format, (dt_convert_format)to, source, made[to]);
    }
    for (int a = 0; a < DT_FORMATS; a++)
        for (int b = 0; b < DT_FORMATS; b++)
            expect_equal(made[a], made[b]);
    /* A second generation: nothing but attributes that the format between cannot hold is other. */
    for (int from = 0; from < DT_FORMATS; from++)
        for (int to = 0; to < DT_FORMATS; to++) {
            char next[800];
            if (from == to || from == (int)format) continue;
            snprintf(next, sizeof next, "%s/%s_%s_%s", f->root, dt_format_names[format],
                     dt_format_names[from], dt_format_names[to]);
            convert((dt_convert_format)from, (dt_convert_format)to, made[from], next);
            expect_equal(made[from], next);
            if (!CHECK_OK(compare(source, next, &p), &p.err)) continue;
            CHECK_INT(p.diff.count, p.diff.attributes);
            CHECK_INT(p.diff.moved + p.diff.relabelled, 0);
            CHECK_INT(p.diff.equal + p.diff.attributes, p.sets[0].object_count);
            pair_free(&p);
        }
}

static void make_voc(const fixture *f, const char *set)
{
    char path[100];
    snprintf(path, sizeof path, "%s/Annotations/a.xml", set);
    fixture_text(
        f, path,
        XML(OBJECT("cat", "<pose>Left</pose><truncated>1</truncated><difficult>0</difficult>", 1, 1, 16, 12)
                OBJECT("dog &amp; &lt;co>", "<difficult>1</difficult><occluded>1</occluded>", 3, 4.25, 7.125,
                       9) OBJECT("cat", "", 2, 2, 9, 10)));
    snprintf(path, sizeof path, "%s/Annotations/b c.xml", set);
    fixture_text(f, path, XML(OBJECT("cat", "", 5, 4, 8, 11)));
    snprintf(path, sizeof path, "%s/Annotations/d.xml", set);
    fixture_text(f, path, XML(""));
    snprintf(path, sizeof path, "%s/JPEGImages/a.jpg", set);
    fixture_image(f, path, "exif1.jpg");
    snprintf(path, sizeof path, "%s/JPEGImages/b c.png", set);
    fixture_image(f, path, "rgb.png");
    snprintf(path, sizeof path, "%s/JPEGImages/d.jpg", set);
    fixture_image(f, path, "exif1.jpg");
    snprintf(path, sizeof path, "%s/ImageSets/Main/train.txt", set);
    fixture_text(f, path, "a\nd\n");
    snprintf(path, sizeof path, "%s/ImageSets/Main/val.txt", set);
    fixture_text(f, path, "b c\n");
}

static void conversions(void)
{
    fixture f = fixture_new();
    char voc[600], yolo[600], coco[600];
    make_voc(&f, "voc");
    snprintf(voc, sizeof voc, "%s", fixture_path(&f, "voc"));
    snprintf(yolo, sizeof yolo, "%s", fixture_path(&f, "yolo"));
    snprintf(coco, sizeof coco, "%s", fixture_path(&f, "coco"));
    convert(DT_FORMAT_VOC, DT_FORMAT_YOLO, voc, yolo);
    convert(DT_FORMAT_VOC, DT_FORMAT_COCO, voc, coco);
    conversions_of(&f, DT_FORMAT_VOC, voc);
    conversions_of(&f, DT_FORMAT_YOLO, yolo);
    conversions_of(&f, DT_FORMAT_COCO, coco);
    fixture_free(&f);
}

/* BCCD has two boxes without area: no conversion carries them over, and nothing else is other. */
static void real_sets(void)
{
    const char *coco = dt_test_data("coco-tiny"), *voc = dt_test_data("bccd");
    fixture f = fixture_new();
    pair p;
    char yolo[600];
    if (coco) conversions_of(&f, DT_FORMAT_COCO, coco);
    if (voc) {
        snprintf(yolo, sizeof yolo, "%s", fixture_path(&f, "bccd"));
        convert(DT_FORMAT_VOC, DT_FORMAT_YOLO, voc, yolo);
        if (CHECK_OK(compare(voc, yolo, &p), &p.err)) {
            CHECK_INT(p.diff.count, 2);
            CHECK_INT(p.diff.kinds[DT_DIFF_OBJECT_REMOVED], 2);
            CHECK_INT(p.diff.equal, 4886);
        }
        pair_free(&p);
        conversions_of(&f, DT_FORMAT_YOLO, yolo);
    }
    fixture_free(&f);
}

/* ---- tolerance ---- */

static void put_yolo(const fixture *f, const char *set, const char *names, const char *image,
                     const char *rows)
{
    char path[200], text[300];
    snprintf(path, sizeof path, "%s/data.yaml", set);
    snprintf(text, sizeof text, "path: .\ntrain: images/train\nval: images/val\nnames: [%s]\n", names);
    fixture_text(f, path, text);
    snprintf(path, sizeof path, "%s/images/%s.jpg", set, image);
    fixture_image(f, path, "exif1.jpg");
    snprintf(path, sizeof path, "%s/labels/%s.txt", set, image);
    fixture_text(f, path, rows);
    snprintf(path, sizeof path, "%s/images/val/x.jpg", set);
    fixture_image(f, path, "exif1.jpg");
}

static void expect_moved(const fixture *f, const char *a, const char *b, dt_diff_opts o, size_t moved)
{
    char first[700], second[700];
    pair p;
    snprintf(first, sizeof first, "%s", fixture_path(f, a));
    snprintf(second, sizeof second, "%s", fixture_path(f, b));
    if (CHECK_OK(compare_with(first, second, o, &p), &p.err)) {
        CHECK_INT(p.diff.moved, moved);
        CHECK_INT(p.diff.kinds[DT_DIFF_OBJECT_CHANGED], moved);
    }
    pair_free(&p);
}

/* VOC in whole pixels: half a pixel. YOLO: half of 1e-6 of a side, in centre and size. The edges of the VOC
 * box 3, 4, 9, 9 are 2, 3, 9, 9: centre 5.5, 6 of 16 x 12. */
static void tolerance(void)
{
    fixture f = fixture_new();
    const dt_diff_opts automatic = {.tolerance = -1};
    fixture_text(&f, "v/Annotations/a.xml", XML(OBJECT("cat", "", 3, 4, 9, 9)));
    fixture_image(&f, "v/JPEGImages/a.jpg", "exif1.jpg");
    fixture_text(&f, "v/ImageSets/Main/train.txt", "a\n");
    fixture_text(&f, "w/Annotations/a.xml", XML(OBJECT("cat", "", 3, 4, 10, 9)));
    fixture_image(&f, "w/JPEGImages/a.jpg", "exif1.jpg");
    fixture_text(&f, "w/ImageSets/Main/train.txt", "a\n");
    fixture_text(&f, "g/Annotations/a.xml", XML(OBJECT("cat", "", 3, 4, 9.25, 9)));
    fixture_image(&f, "g/JPEGImages/a.jpg", "exif1.jpg");
    fixture_text(&f, "g/ImageSets/Main/train.txt", "a\n");
    put_yolo(&f, "exact", "cat", "train/a", "0 .34375 .5 .4375 .5\n");
    put_yolo(&f, "near", "cat", "train/a", "0 .3593 .5 .4688 .5\n"); /* the right edge 0.5 further: 9.4996 */
    put_yolo(&f, "far", "cat", "train/a", "0 .3610 .5 .4721 .5\n");
    put_yolo(&f, "tick", "cat", "train/a", "0 .3437504 .5 .4375 .5\n");
    put_yolo(&f, "tock", "cat", "train/a", "0 .3437516 .5 .4375 .5\n");
    for (int i = 0; i < 5; i++) { /* the VOC sets have no second picture */
        static const char *const sets[] = {"exact", "near", "far", "tick", "tock"};
        char path[100];
        snprintf(path, sizeof path, "%s/images/val/x.jpg", sets[i]);
        remove(fixture_path(&f, path));
    }
    expect_moved(&f, "v", "exact", automatic, 0);
    expect_moved(&f, "v", "near", automatic, 0);
    expect_moved(&f, "v", "far", automatic, 1);
    expect_moved(&f, "exact", "tick", automatic, 0);
    expect_moved(&f, "exact", "tock", automatic, 1);
    expect_moved(&f, "v", "w", automatic, 1);
    expect_moved(&f, "v", "g", automatic, 1); /* of one format the finer unit counts */
    expect_moved(&f, "v", "w", (dt_diff_opts){.tolerance = 1}, 0);
    expect_moved(&f, "v", "near", (dt_diff_opts){.tolerance = 0.25}, 1);
    expect_moved(&f, "v", "w", (dt_diff_opts){.tolerance = -1, .same_iou = .8}, 0);
    expect_moved(&f, "v", "w", (dt_diff_opts){.tolerance = -1, .same_iou = .9}, 1);
    fixture_free(&f);
}

/* ---- kinds ---- */

static const char COCO_A[] =
    "{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\", \"width\": 160, \"height\": 120},"
    "{\"id\": 2, \"file_name\": \"gone.jpg\", \"width\": 160, \"height\": 120},"
    "{\"id\": 3, \"file_name\": \"size.jpg\", \"width\": 160, \"height\": 120}],"
    "\"categories\": [{\"id\": 1, \"name\": \"cat\"}, {\"id\": 2, \"name\": \"dog\"}, {\"id\": 3, \"name\": "
    "\"old\"}],"
    "\"annotations\": ["
    "{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [10, 10, 40, 40], \"area\": 7,"
    " \"segmentation\": [[10, 10, 50, 10, 50, 50]], \"note\": {\"x\": 1.0, \"t\": \"a b\"}},"
    "{\"id\": 2, \"image_id\": 1, \"category_id\": 1, \"bbox\": [60, 10, 40, 40]},"
    "{\"id\": 3, \"image_id\": 1, \"category_id\": 1, \"bbox\": [110, 10, 40, 40]},"
    "{\"id\": 4, \"image_id\": 1, \"category_id\": 2, \"bbox\": [10, 70, 40, 40]},"
    "{\"id\": 5, \"image_id\": 1, \"category_id\": 2, \"bbox\": [60, 70, 40, 40], \"iscrowd\": 1},"
    "{\"id\": 6, \"image_id\": 2, \"category_id\": 2, \"bbox\": [60, 70, 40, 40]}]}";

static const char COCO_B[] =
    "{\"images\": [{\"id\": 9, \"file_name\": \"a.jpg\", \"width\": 160, \"height\": 120},"
    "{\"id\": 2, \"file_name\": \"new.jpg\", \"width\": 160, \"height\": 120},"
    "{\"id\": 3, \"file_name\": \"size.jpg\", \"width\": 160, \"height\": 122}],"
    "\"categories\": [{\"id\": 2, \"name\": \"dog\"}, {\"id\": 7, \"name\": \"cat\"}, {\"id\": 8, \"name\": "
    "\"fresh\"}],"
    "\"annotations\": ["
    /* the same, written in another way */
    "{\"id\": 7, \"image_id\": 9, \"category_id\": 7, \"bbox\": [10.0, 10, 4e1, 40], \"area\": 7.0,"
    " \"segmentation\": [[10,10,50.0,10,50,50]], \"note\": {\"x\":1, \"t\": \"a b\"}},"
    /* moved, IoU 0.6; an added one at the place of the first, whose IoU with annotation 3 is too small */
    "{\"id\": 2, \"image_id\": 9, \"category_id\": 7, \"bbox\": [70, 10, 40, 40]},"
    "{\"id\": 3, \"image_id\": 9, \"category_id\": 7, \"bbox\": [135, 10, 25, 40]},"
    /* relabelled */
    "{\"id\": 4, \"image_id\": 9, \"category_id\": 7, \"bbox\": [10, 70, 40, 40]},"
    /* no crowd any more */
    "{\"id\": 5, \"image_id\": 9, \"category_id\": 2, \"bbox\": [60, 70, 40, 40], \"iscrowd\": 0}]}";

static void kinds(void)
{
    fixture f = fixture_new();
    pair p;
    char a[600], b[600];
    fixture_text(&f, "a/annotations/instances_train.json", COCO_A);
    fixture_text(&f, "b/annotations/instances_train.json", COCO_B);
    snprintf(a, sizeof a, "%s", fixture_path(&f, "a"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "b"));
    if (CHECK_OK(compare(a, b, &p), &p.err)) {
        static const size_t want[DT_DIFF_KINDS] = {
            [DT_DIFF_CLASS_REMOVED] = 1, [DT_DIFF_CLASS_ADDED] = 1,   [DT_DIFF_IMAGE_REMOVED] = 1,
            [DT_DIFF_IMAGE_ADDED] = 1,   [DT_DIFF_IMAGE_SIZE] = 1,    [DT_DIFF_OBJECT_REMOVED] = 1,
            [DT_DIFF_OBJECT_ADDED] = 1,  [DT_DIFF_OBJECT_CHANGED] = 3};
        for (int k = 0; k < DT_DIFF_KINDS; k++)
            CHECK_MSG(p.diff.kinds[k] == want[k], "kind %d: %zu, expected %zu", k, p.diff.kinds[k], want[k]);
        CHECK(p.diff.moved == 1 && p.diff.relabelled == 1 && p.diff.attributes == 1 && p.diff.equal == 1);
        CHECK(p.diff.lone[0] == 1 && p.diff.lone[1] == 0 && p.diff.pairs == 2);
        for (size_t i = 0; i < p.diff.count; i++) {
            const dt_diff_entry *e = &p.diff.items[i];
            if (e->what == DT_DIFF_MOVED) CHECK_NEAR(e->iou, 0.6, 1e-12);
            if (e->what == DT_DIFF_ATTRIBUTES) CHECK_INT(e->fields, 1u << DT_FIELD_CROWD);
            if (e->what == DT_DIFF_RELABELLED) CHECK_INT(p.sets[0].objects[e->object_a].cls, 1);
        }
    }
    pair_free(&p);
    /* Backwards: the same with the roles exchanged. */
    if (CHECK_OK(compare(b, a, &p), &p.err))
        CHECK(p.diff.kinds[DT_DIFF_OBJECT_REMOVED] == 1 && p.diff.moved == 1 && p.diff.lone[1] == 1);
    pair_free(&p);
    /* A higher threshold parts what has moved. */
    if (CHECK_OK(compare_with(a, b, (dt_diff_opts){.tolerance = -1, .iou = .7}, &p), &p.err))
        CHECK(p.diff.moved == 0 && p.diff.kinds[DT_DIFF_OBJECT_REMOVED] == 2 &&
              p.diff.kinds[DT_DIFF_OBJECT_ADDED] == 2);
    pair_free(&p);
    fixture_free(&f);
}

static void replace(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    if (CHECK(at != NULL) && CHECK(strlen(from) == strlen(to))) memcpy(at, to, strlen(to));
}

/* One attribute after the other. */
static void attributes(void)
{
    static const struct {
        const char *from, *to;
        unsigned field;
    } cases[] = {
        {"\"area\": 7", "\"area\": 8", DT_FIELD_AREA},
        {"50, 10, 50, 50]]", "50, 10, 50, 51]]", DT_FIELD_SEGMENTATION},
        {"\"x\": 1.0", "\"x\": 1.5", DT_FIELD_OTHER},
        {"\"a b\"", "\"a,b\"", DT_FIELD_OTHER},
        {"\"iscrowd\": 1", "\"iscrowd\": 0", DT_FIELD_CROWD},
    };
    fixture f = fixture_new();
    char a[600], b[600], text[sizeof COCO_A];
    fixture_text(&f, "a/annotations/instances_train.json", COCO_A);
    snprintf(a, sizeof a, "%s", fixture_path(&f, "a"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "b"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pair p;
        memcpy(text, COCO_A, sizeof text);
        replace(text, cases[i].from, cases[i].to);
        fixture_text(&f, "b/annotations/instances_train.json", text);
        if (CHECK_OK(compare(a, b, &p), &p.err) && CHECK_INT(p.diff.count, 1)) {
            CHECK_INT(p.diff.items[0].what, DT_DIFF_ATTRIBUTES);
            CHECK_INT(p.diff.items[0].fields, 1u << cases[i].field);
        }
        pair_free(&p);
    }
    fixture_free(&f);
}

/* VOC's own, and what is the same though it is written in another way. */
static void voc_attributes(void)
{
    static const struct {
        const char *a, *b;
        unsigned fields;
    } cases[] = {
        {"<pose>Left</pose>", "<pose>Right</pose>", 1u << DT_FIELD_POSE},
        {"<pose>Unspecified</pose><truncated>0</truncated>", "", 0},
        {"<truncated>1</truncated><difficult>1</difficult>", "<occluded>1</occluded>",
         1u << DT_FIELD_TRUNCATED | 1u << DT_FIELD_DIFFICULT | 1u << DT_FIELD_OCCLUDED},
        {"<colour>red</colour>", "<colour>blue</colour>", 1u << DT_FIELD_OTHER},
        {"<colour>red</colour>", "<colour>red</colour>", 0},
        {"",
         "<part><name>head</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></"
         "part>",
         1u << DT_FIELD_PARTS},
    };
    fixture f = fixture_new();
    char a[600], b[600], text[700];
    snprintf(a, sizeof a, "%s", fixture_path(&f, "a"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "b"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pair p;
        for (int side = 0; side < 2; side++) {
            snprintf(
                text, sizeof text,
                "<annotation><size><width>16</width><height>12</height></size><object><name>x</"
                "name>%s<bndbox>"
                "<xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>",
                side ? cases[i].b : cases[i].a);
            fixture_text(&f, side ? "b/Annotations/p.xml" : "a/Annotations/p.xml", text);
        }
        fixture_image(&f, "a/JPEGImages/p.jpg", "exif1.jpg");
        fixture_image(&f, "b/JPEGImages/p.jpg", "exif1.jpg");
        if (CHECK_OK(compare(a, b, &p), &p.err) && CHECK_INT(p.diff.count, cases[i].fields != 0) &&
            p.diff.count)
            CHECK_INT(p.diff.items[0].fields, cases[i].fields);
        pair_free(&p);
    }
    fixture_free(&f);
}

/* ---- pairing ---- */

/* Objects: the same box and another class before a near one of the same class; repeated ones pair by their
 * order. */
static void pairs_objects(void)
{
    fixture f = fixture_new();
    pair p;
    char a[600], b[600];
    put_yolo(&f, "a", "cat, dog", "train/p", "0 .5 .5 .5 .5\n0 .2 .2 .2 .2\n0 .2 .2 .2 .2\n");
    put_yolo(&f, "b", "cat, dog", "train/p", "0 .2 .2 .2 .2\n0 .55 .5 .5 .5\n1 .5 .5 .5 .5\n");
    snprintf(a, sizeof a, "%s", fixture_path(&f, "a"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "b"));
    if (CHECK_OK(compare(a, b, &p), &p.err) && CHECK_INT(p.diff.count, 3)) {
        CHECK_INT(p.diff.items[0].what, DT_DIFF_RELABELLED);
        CHECK_INT(p.diff.items[0].object_b - p.sets[1].records[0].first, 2);
        CHECK_INT(p.diff.items[1].kind, DT_DIFF_OBJECT_REMOVED);
        CHECK_INT(p.diff.items[1].object_a - p.sets[0].records[0].first, 2);
        CHECK_INT(p.diff.items[2].kind, DT_DIFF_OBJECT_ADDED);
    }
    pair_free(&p);
    fixture_free(&f);
}

/* Pictures: the same names in two splits and in two folders; one that moves to another split; one with
 * another name. */
static void pairs_pictures(void)
{
    fixture f = fixture_new();
    pair p;
    char a[600], b[600];
    put_yolo(&f, "a", "cat", "train/p", "0 .5 .5 .5 .5\n");
    put_yolo(&f, "a", "cat", "val/p", "0 .4 .4 .5 .5\n");
    put_yolo(&f, "a", "cat", "train/u/q", "0 .3 .3 .1 .1\n");
    put_yolo(&f, "a", "cat", "train/v/q", "0 .6 .6 .1 .1\n");
    put_yolo(&f, "a", "cat", "train/moves", "0 .6 .6 .1 .1\n");
    put_yolo(&f, "b", "cat", "train/v/q", "0 .6 .6 .1 .1\n");
    put_yolo(&f, "b", "cat", "train/u/q", "0 .3 .3 .1 .1\n");
    put_yolo(&f, "b", "cat", "val/p", "0 .4 .4 .5 .5\n");
    put_yolo(&f, "b", "cat", "train/p", "0 .5 .5 .5 .5\n");
    put_yolo(&f, "b", "cat", "val/moves", "0 .6 .6 .1 .1\n");
    snprintf(a, sizeof a, "%s", fixture_path(&f, "a"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "b"));
    if (CHECK_OK(compare(a, b, &p), &p.err) && CHECK_INT(p.diff.count, 1)) {
        CHECK_INT(p.diff.items[0].kind, DT_DIFF_IMAGE_SPLIT);
        CHECK_INT(p.diff.equal, 5);
    }
    pair_free(&p);
    /* Of two of a name the one of the same split, whether the folders are the same or not. */
    remove(fixture_path(&f, "b/images/train/p.jpg"));
    if (CHECK_OK(compare(a, b, &p), &p.err))
        CHECK(p.diff.count == 2 && p.diff.kinds[DT_DIFF_IMAGE_REMOVED] == 1 &&
              p.diff.kinds[DT_DIFF_IMAGE_SPLIT] == 1);
    pair_free(&p);
    put_yolo(&f, "c", "cat", "train/x/p", "0 .5 .5 .5 .5\n");
    put_yolo(&f, "c", "cat", "train/o", "0 .5 .5 .5 .5\n");
    put_yolo(&f, "c", "cat", "val/y/p", "0 .5 .5 .5 .5\n");
    put_yolo(&f, "d", "cat", "train/o", "0 .5 .5 .5 .5\n");
    put_yolo(&f, "d", "cat", "val/p", "0 .5 .5 .5 .5\n");
    snprintf(a, sizeof a, "%s", fixture_path(&f, "c"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "d"));
    if (CHECK_OK(compare(a, b, &p), &p.err))
        CHECK(p.diff.count == 1 && p.diff.kinds[DT_DIFF_IMAGE_REMOVED] == 1);
    pair_free(&p);
    snprintf(a, sizeof a, "%s", fixture_path(&f, "a"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "b"));
    fixture_image(&f, "b/images/train/p.jpg", "exif1.jpg");
    fixture_image(&f, "a/images/train/name1.png", "rgb.png");
    fixture_image(&f, "b/images/train/name2.png", "rgb.png");
    if (CHECK_OK(compare(a, b, &p), &p.err)) CHECK_INT(p.diff.count, 3);
    pair_free(&p);
    if (CHECK_OK(compare_with(a, b, (dt_diff_opts){.tolerance = -1, .by_content = 1}, &p), &p.err)) {
        CHECK_INT(p.diff.count, 2); /* the others have the same bytes: their names decide */
        CHECK_INT(p.diff.kinds[DT_DIFF_IMAGE_NAME], 1);
    }
    pair_free(&p);
    fixture_free(&f);
}

/* Classes without objects are none of VOC's. */
static void unused_classes(void)
{
    fixture f = fixture_new();
    char a[600], b[600];
    pair p;
    put_yolo(&f, "a", "cat, dog", "train/p", "0 .5 .5 .5 .5\n");
    put_yolo(&f, "b", "cat", "train/p", "0 .5 .5 .5 .5\n");
    snprintf(a, sizeof a, "%s", fixture_path(&f, "a"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "b"));
    if (CHECK_OK(compare(a, b, &p), &p.err)) CHECK_INT(p.diff.kinds[DT_DIFF_CLASS_REMOVED], 1);
    CHECK_INT(p.diff.count, 1);
    pair_free(&p);
    convert(DT_FORMAT_YOLO, DT_FORMAT_VOC, a, fixture_path(&f, "v"));
    expect_equal(a, fixture_path(&f, "v"));
    fixture_free(&f);
}

static void memory(void)
{
    fixture f = fixture_new();
    pair p;
    char a[600], b[600];
    fixture_text(&f, "a/annotations/instances_train.json", COCO_A);
    fixture_text(&f, "b/annotations/instances_train.json", COCO_B);
    fixture_image(&f, "a/images/train/a.jpg", "exif1.jpg");
    fixture_image(&f, "b/images/train/a.jpg", "exif1.jpg");
    snprintf(a, sizeof a, "%s", fixture_path(&f, "a"));
    snprintf(b, sizeof b, "%s", fixture_path(&f, "b"));
    size_t before = dt_mem_live();
    for (fail_at = 1;; fail_at++) {
        dt_status st = compare_with(a, b, (dt_diff_opts){.tolerance = -1, .by_content = 1}, &p);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        pair_free(&p);
        if (!CHECK_INT(dt_mem_live(), before) || !fired) break;
        if (st == DT_OK) CHECK_MSG(0, "allocation %llu failed unseen", (unsigned long long)fail_at);
    }
    CHECK(fail_at > 20);
    fail_at = 0;
    fixture_free(&f);
}

int main(void)
{
    RUN(conversions);
    RUN(real_sets);
    RUN(tolerance);
    RUN(kinds);
    RUN(attributes);
    RUN(voc_attributes);
    RUN(pairs_objects);
    RUN(pairs_pictures);
    RUN(unused_classes);
    RUN(memory);
    return dt_test_end();
}
