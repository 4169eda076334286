/* Sets that are opened, changed and written again: nothing is lost on the way, repairs, filters, maps of
 * classes. */
#include <math.h>
#include <sys/stat.h>

#include "datasets/edit/filter.h"
#include "datasets/edit/fix.h"
#include "datasets/edit/remap.h"
#include "datasets/target/target.h"
#include "fixture.h"

/* ---- a set on its way ---- */

typedef struct trip {
    fixture f;
    dt_set_source source;
    dt_dataset set;
    dt_target_report report;
    dt_error err;
    char from[600], to[600];
    const char *format; /* NULL: found */
} trip;

static dt_status open_set(trip *t, const char *name)
{
    snprintf(t->from, sizeof t->from, "%s", strchr("./", *name) ? name : fixture_path(&t->f, name));
    const dt_set_source_opts opts = {.path = t->from,
                                     .format = t->format,
                                     .no_images = 1,
                                     .as_is = 1,
                                     .numbers_from_1 = DT_NUMBERS_AUTO,
                                     .voc_rule = DT_VOC_RULE_AUTO};
    return dt_set_source_open(&opts, &t->source, &t->set, &t->report.findings, &t->err);
}

/* Writes to out/ in the format it came in; `changes` may be NULL. */
static dt_status write_set(trip *t, const dt_target_opts *changes)
{
    dt_target_opts o = changes ? *changes : (dt_target_opts){.format = t->source.format};
    snprintf(t->to, sizeof t->to, "%s", fixture_path(&t->f, "out"));
    o.tool = "test";
    o.sources = &t->source;
    o.source_count = 1;
    o.path = t->to;
    o.voc_rule = t->source.voc_rule;
    o.keep_invalid = o.keep_imageless = 1;
    if (!changes) o.difficult = DT_DIFFICULT_KEEP;
    if (!changes) o.crowd = DT_CROWD_KEEP;
    return dt_target_write(&t->set, &o, &t->report, &t->err);
}

static void end(trip *t)
{
    dt_dataset_free(&t->set);
    dt_target_report_free(&t->report);
}

static char *read_text(const trip *t, const char *name)
{
    char *data = NULL;
    size_t size;
    dt_error err = {0};
    CHECK_OK(dt_file_read(fixture_path(&t->f, name), 64 << 20, &data, &size, &err), &err);
    return data;
}

static int has(const trip *t, const char *name, const char *part)
{
    char *data = read_text(t, name);
    int found = data && strstr(data, part) != NULL;
    if (!found) printf("  %s has no %s:\n%s\n", name, part, data ? data : "");
    dt_free(data);
    return found;
}

static size_t count_of(const dt_findings *findings, const char *rule, dt_fate fate)
{
    size_t n = 0;
    for (size_t i = 0; i < findings->count; i++)
        n += findings->items[i].fate == fate && strcmp(findings->items[i].rule, rule) == 0;
    return n;
}

/* ---- VOC ---- */

static const char VOC_A[] =
    "<annotation verified=\"yes\" note=\"a&amp;&quot;b\">\n"
    "\t<folder>my &lt;folder&gt;</folder>\n"
    "\t<filename>other.jpeg</filename>\n"
    "\t<path>/data/a.jpg</path>\n"
    "\t<source><database>The VOC2007 Database</database><image>flickr</image></source>\n"
    "\t<owner><flickrid>Fried Camels</flickrid><name>J\xC3\xBCrgen</name></owner>\n"
    "\t<size><width>16</width><height>12</height><depth>1</depth></size>\n"
    "\t<segmented>1</segmented>\n"
    "\t<object id=\"7\"><name>person</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>"
    "<bndbox><xmin>1.23456789012</xmin><ymin>1</ymin><xmax>16</xmax><ymax>12</ymax></bndbox>"
    "<actions><jumping>1</jumping><other>0</other></actions><point><x>5</x><y>6</y></point>"
    "<part><name>head</name><bndbox><xmin>3</xmin><ymin>2</ymin><xmax>5</xmax><ymax>40</ymax></bndbox>"
    "<visible>1</visible></part>"
    "<part><name>no box</name></part></object>\n"
    "\t<object><name>dog</name><bndbox><xmin>10</xmin><ymin>4</ymin><xmax>8</xmax><ymax>9</ymax></bndbox>"
    "<bndbox><xmin>1</xmin></bndbox></object>\n"
    "\t<object><name>dog</name><pose>Unspecified</pose><occluded>1</occluded>"
    "<bndbox><xmin>-3</xmin><ymin>4</ymin><xmax>8</xmax><ymax>900</ymax></bndbox></object>\n"
    "</annotation>\n";

static void make_voc(const fixture *f)
{
    fixture_text(f, "voc/Annotations/a.xml", VOC_A);
    fixture_text(f, "voc/Annotations/gone.xml",
                 "<annotation><filename>gone.jpg</filename><size><width>9</width><height>9</height></size>"
                 "</annotation>");
    fixture_image(f, "voc/JPEGImages/a.jpg", "exif1.jpg");
    fixture_text(f, "voc/ImageSets/Main/train.txt", "a\n");
    fixture_text(f, "voc/ImageSets/Main/val.txt", "gone\n");
}

static void voc_keeps(void)
{
    trip t = {.f = fixture_new()};
    make_voc(&t.f);
    if (CHECK_OK(open_set(&t, "voc"), &t.err) && CHECK_OK(write_set(&t, NULL), &t.err)) {
        static const char *const kept[] = {
            "<annotation verified=\"yes\" note=\"a&amp;&#34;b\">",
            "\t<folder>my &lt;folder&gt;</folder>\n",
            "\t<filename>other.jpeg</filename>\n",
            "\t<path>/data/a.jpg</path>\n",
            "\t<source><database>The VOC2007 Database</database><image>flickr</image></source>\n",
            "\t<owner><flickrid>Fried Camels</flickrid><name>J\xC3\xBCrgen</name></owner>\n",
            "\t\t<width>16</width>\n\t\t<height>12</height>\n\t\t<depth>1</depth>\n",
            "\t<segmented>1</segmented>\n",
            "\t<object id=\"7\">\n\t\t<name>person</name>\n\t\t<pose>Left</pose>\n"
            "\t\t<truncated>1</truncated>\n\t\t<difficult>0</difficult>\n",
            "<xmin>1.23456789012</xmin>",
            "\t\t<actions><jumping>1</jumping><other>0</other></actions>\n",
            "\t\t<point><x>5</x><y>6</y></point>\n",
            "\t\t\t<visible>1</visible>\n\t\t</part>\n",
            "\t\t<part><name>no box</name></part>\n",
            "\t\t<bndbox><xmin>1</xmin></bndbox>\n",
            "\t<object>\n\t\t<name>dog</name>\n\t\t<bndbox>\n\t\t\t<xmin>10</xmin>",
            "\t\t<name>dog</name>\n\t\t<pose>Unspecified</pose>\n\t\t<occluded>1</occluded>\n\t\t<bndbox>",
        };
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            CHECK(has(&t, "out/Annotations/a.xml", kept[i]));
        CHECK(has(&t, "out/Annotations/gone.xml", "<width>9</width>"));
        CHECK(has(&t, "out/ImageSets/Main/val.txt", "gone\n"));
        CHECK(has(&t, "out/ImageSets/Main/trainval.txt", "a\ngone\n"));
    }
    end(&t);
    /* What another format cannot hold is counted and named. */
    if (CHECK_OK(open_set(&t, "voc"), &t.err)) {
        const dt_target_opts yolo = {.format = DT_FORMAT_YOLO, .difficult = DT_DIFFICULT_KEEP};
        CHECK_OK(write_set(&t, &yolo), &t.err);
        CHECK_INT(t.report.boxes.lost[DT_FIELD_OTHER], 2);
        CHECK(count_of(&t.report.findings, "fields-lost", DT_FATE_CHANGED) == 3);
    }
    end(&t);
    fixture_free(&t.f);
}

static void voc_fixed(void)
{
    trip t = {.f = fixture_new()};
    dt_fix_opts o = {
        .clip = 1, .drop_empty = 1, .swap = 1, .dedupe = 1, .size = 1, .filename = 1, .drop_missing = 1};
    make_voc(&t.f);
    if (CHECK_OK(open_set(&t, "voc"), &t.err) &&
        CHECK_OK(dt_fix(&t.set, &o, &t.report.findings, &t.err), &t.err) &&
        CHECK_OK(write_set(&t, NULL), &t.err)) {
        CHECK(has(&t, "out/Annotations/a.xml", "<filename>a.jpg</filename>"));
        /* (-3, 4, 8, 900) in numbers from 1 becomes (1, 4, 8, 12); 10 > 8 is exchanged. */
        CHECK(has(&t, "out/Annotations/a.xml",
                  "<xmin>1</xmin>\n\t\t\t<ymin>4</ymin>\n\t\t\t<xmax>8</xmax>\n\t\t\t<ymax>12</ymax>"));
        CHECK(
            has(&t, "out/Annotations/a.xml", "<xmin>8</xmin>\n\t\t\t<ymin>4</ymin>\n\t\t\t<xmax>10</xmax>"));
        CHECK_INT(count_of(&t.report.findings, "box-inverted", DT_FATE_CHANGED), 1);
        CHECK_INT(count_of(&t.report.findings, "box-outside", DT_FATE_CHANGED), 1);
        CHECK_INT(count_of(&t.report.findings, "filename-differs", DT_FATE_CHANGED), 1);
        CHECK_INT(count_of(&t.report.findings, "image-missing", DT_FATE_DROPPED), 1);
        CHECK_INT(count_of(&t.report.findings, "split-empty", DT_FATE_DROPPED), 1);
        CHECK(access(fixture_path(&t.f, "out/Annotations/gone.xml"), F_OK) != 0);
        for (size_t i = 0; i < t.report.findings.count; i++) {
            const dt_finding *f = &t.report.findings.items[i];
            if (strcmp(f->rule, "box-outside") != 0) continue;
            CHECK_STR(f->before, "dog xmin -3 ymin 4 xmax 8 ymax 900");
            CHECK_STR(f->after, "dog xmin 1 ymin 4 xmax 8 ymax 12");
        }
    }
    end(&t);
    fixture_free(&t.f);
}

/* The parts of an object that is cut are cut with it; one of which nothing is left goes. */
static void parts_are_cut(void)
{
    trip t = {.f = fixture_new()};
    dt_fix_opts o = {.clip = 1};
    fixture_text(
        &t.f, "voc/Annotations/a.xml",
        "<annotation><object><name>x</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>90</xmax><ymax>90</ymax>"
        "</bndbox><part><name>in</name><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>80</xmax><ymax>80</ymax>"
        "</bndbox></part><part><name>out</name><bndbox><xmin>50</xmin><ymin>1</ymin><xmax>60</xmax>"
        "<ymax>9</ymax></bndbox></part></object></annotation>");
    fixture_image(&t.f, "voc/JPEGImages/a.jpg", "exif1.jpg");
    if (CHECK_OK(open_set(&t, "voc"), &t.err) &&
        CHECK_OK(dt_fix(&t.set, &o, &t.report.findings, &t.err), &t.err)) {
        const dt_object *x = t.set.objects;
        CHECK(x->box.x2 == 16 && x->box.y2 == 12 && x->edited == DT_EDITED_BOX);
        if (CHECK_INT(x->extra->part_count, 1))
            CHECK(x->extra->parts[0].box.x1 == 9 && x->extra->parts[0].box.x2 == 16 &&
                  x->extra->parts[0].box.y2 == 12);
    }
    end(&t);
    fixture_free(&t.f);
}

/* ---- COCO ---- */

static const char COCO_IMAGE[] = "\"license\": 4, \"file_name\": \"sub/a.jpg\", \"coco_url\": "
                                 "\"http:\\/\\/x\\/a\", \"height\": 12, \"width\": 16, "
                                 "\"big\": 12345678901234567890, \"id\": 397133";
static const char COCO_PERSON[] = "\"segmentation\": [[-4.0, 1.5, 20, 1.50, 20.0, 6.5, -4, 6.5]], "
                                  "\"num_keypoints\": 2, \"area\": 120.25, \"iscrowd\": 0, "
                                  "\"keypoints\": [1, 2, 2, 3e0, 4, 1], \"image_id\": 397133, \"bbox\": "
                                  "[-4.00, 1.5, 24.0, 5.0], \"category_id\": 90, "
                                  "\"id\": 9007199254740995, \"attributes\": {\"a\": [null, true]}";
static const char COCO_CROWD[] =
    "\"id\": 5, \"image_id\": 397133, \"category_id\": 3, \"bbox\": [0.10, 0.20, 4.30, 5.40], "
    "\"iscrowd\": 1, \"segmentation\": {\"counts\": [7, 3], \"size\": [12, 16]}, \"area\": 3";

static void make_coco(const fixture *f, const char *split)
{
    char text[4096], name[64];
    snprintf(text, sizeof text,
             "{\"info\": {\"year\": 2017}, \"licenses\": [{\"id\": 4, \"name\": \"by\"}], \"extra\": [1.0, "
             "\"x\"],\n"
             "\"images\": [{%s}], \"annotations\": [{%s}, {%s}],\n"
             "\"categories\": [{\"id\": 90, \"name\": \"p\\u00e9rson\", \"supercategory\": \"s\", "
             "\"skeleton\": [[1, 2]]}, "
             "{\"supercategory\": \"v\", \"id\": 3, \"name\": \"car\"}]}",
             COCO_IMAGE, COCO_PERSON, COCO_CROWD);
    snprintf(name, sizeof name, "coco/annotations/instances_%s.json", split);
    fixture_text(f, name, text);
    snprintf(name, sizeof name, "coco/images/%s/sub/a.jpg", split);
    fixture_image(f, name, "exif1.jpg");
}

static void coco_keeps(void)
{
    trip t = {.f = fixture_new()};
    make_coco(&t.f, "train");
    if (CHECK_OK(open_set(&t, "coco"), &t.err) && CHECK_OK(write_set(&t, NULL), &t.err)) {
        static const char *const kept[] = {
            "\"info\": {\"year\": 2017}",
            "\"licenses\": [{\"id\": 4, \"name\": \"by\"}]",
            "\"extra\": [1.0, \"x\"]",
            "{\"supercategory\": \"v\", \"id\": 3, \"name\": \"car\"}",
            "{\"id\": 90, \"name\": \"p\xC3\xA9rson\", \"supercategory\": \"s\", \"skeleton\": [[1, 2]]}",
            COCO_IMAGE,
            COCO_PERSON,
            COCO_CROWD,
        };
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            CHECK(has(&t, "out/annotations/instances_train.json", kept[i]));
        CHECK(access(fixture_path(&t.f, "out/images/train/sub/a.jpg"), R_OK) == 0);
    }
    end(&t);
    /* New ids on request; other formats number from 1 anyway. */
    if (CHECK_OK(open_set(&t, "coco"), &t.err)) {
        const dt_target_opts o = {.format = DT_FORMAT_COCO, .new_ids = 1, .crowd = DT_CROWD_KEEP};
        CHECK_OK(write_set(&t, &o), &t.err);
        CHECK(has(&t, "out/annotations/instances_train.json",
                  "\"image_id\": 1, \"bbox\": [-4.00, 1.5, 24.0, 5.0], \"category_id\": 2, \"id\": 1,"));
        CHECK(has(&t, "out/annotations/instances_train.json", "\"id\": 1, \"name\": \"car\""));
    }
    end(&t);
    fixture_free(&t.f);
}

/* The box (-4, 1.5, 20, 6.5) of a picture of 16 x 12 is cut, and its polygon to 16 x 5. */
static void coco_fixed(void)
{
    trip t = {.f = fixture_new()};
    dt_fix_opts o = {.clip = 1};
    make_coco(&t.f, "train");
    if (CHECK_OK(open_set(&t, "coco"), &t.err) &&
        CHECK_OK(dt_fix(&t.set, &o, &t.report.findings, &t.err), &t.err) &&
        CHECK_OK(write_set(&t, NULL), &t.err)) {
        CHECK(has(&t, "out/annotations/instances_train.json", "\"bbox\": [0, 1.5, 16, 5]"));
        CHECK(has(&t, "out/annotations/instances_train.json", "\"area\": 80,"));
        CHECK(has(&t, "out/annotations/instances_train.json", "\"keypoints\": [1, 2, 2, 3e0, 4, 1]"));
        CHECK(has(&t, "out/annotations/instances_train.json", COCO_CROWD));
        char *text = read_text(&t, "out/annotations/instances_train.json");
        const char *at = text ? strstr(text, "\"segmentation\": [[") : NULL;
        double v[8] = {0}, left = 99, right = -99;
        if (CHECK(at != NULL) && CHECK(sscanf(at + 18, "%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", v, v + 1, v + 2,
                                              v + 3, v + 4, v + 5, v + 6, v + 7) == 8))
            for (int i = 0; i < 8; i += 2) {
                left = fmin(left, v[i]);
                right = fmax(right, v[i]);
            }
        CHECK(left == 0 && right == 16);
        dt_free(text);
    }
    end(&t);
    fixture_free(&t.f);
}

/* Two files with the same ids in one split: the second gives way, and says so. */
static void ids_collide(void)
{
    trip t = {.f = fixture_new()};
    make_coco(&t.f, "train");
    make_coco(&t.f, "val");
    if (CHECK_OK(open_set(&t, "coco"), &t.err) && CHECK_INT(t.set.split_count, 2)) {
        t.set.split_count = 1;
        t.set.splits[0].count = 2;
        CHECK_OK(write_set(&t, NULL), &t.err);
        CHECK_INT(dt_findings_count_rule(&t.report.findings, "id-changed"), 3);
        CHECK(has(&t, "out/annotations/instances_train.json", "\"id\": 397134"));
        CHECK(has(&t, "out/annotations/instances_train.json", "\"image_id\": 397134"));
        CHECK(has(&t, "out/annotations/instances_train.json", "\"id\": 9007199254740996"));
        CHECK(has(&t, "out/annotations/instances_train.json", "\"file_name\": \"sub/a_2.jpg\""));
        dt_dataset again;
        end(&t);
        CHECK_OK(open_set(&t, "out"), &t.err);
        again = t.set;
        CHECK_INT(again.object_count, 4);
    }
    end(&t);
    fixture_free(&t.f);
}

/* ---- YOLO ---- */

static void make_yolo(const fixture *f)
{
    fixture_text(
        f, "yolo/data.yaml",
        "path: .\ntrain: images/train\nnames: [a, b, c]\nkpt_shape: [2, 3]\n# why\ndownload: |\n  x\n  y\n");
    fixture_text(
        f, "yolo/labels/train/a.txt",
        "0 .5 .5 .3 .3\n\n  2\t0.50 0.5e0 0.100000000000000000001 .1  \n"
        "1 0.1 0.1 0.2 0.1 0.2 0.2\n1 .5 .5 .2 .2 0.875\n0 .9 .5 .4 .2\n0 .9 .1 1.2 .1 1.2 .3 .9 .3\n"
        "0 .5 .5 0 .2\n0 .5 .5 .3 .3\n");
    fixture_text(f, "yolo/ignore/train/a.txt", "0 .25 .25 .1 .1\n");
    fixture_image(f, "yolo/images/train/a.jpg", "exif1.jpg");
}

static void yolo_keeps(void)
{
    trip t = {.f = fixture_new()};
    make_yolo(&t.f);
    if (CHECK_OK(open_set(&t, "yolo"), &t.err) && CHECK_INT(t.set.object_count, 9) &&
        CHECK_OK(write_set(&t, NULL), &t.err)) {
        char *text = read_text(&t, "out/labels/train/a.txt");
        CHECK_STR(text, "0 .5 .5 .3 .3\n2 0.50 0.5e0 0.100000000000000000001 .1\n"
                        "1 0.1 0.1 0.2 0.1 0.2 0.2\n1 .5 .5 .2 .2 0.875\n0 .9 .5 .4 .2\n"
                        "0 .9 .1 1.2 .1 1.2 .3 .9 .3\n0 .5 .5 0 .2\n0 .5 .5 .3 .3\n");
        dt_free(text);
        CHECK(has(&t, "out/ignore/train/a.txt", "0 .25 .25 .1 .1\n"));
        CHECK(has(&t, "out/data.yaml", "\nkpt_shape: [2, 3]\n"));
        CHECK(has(&t, "out/data.yaml", "\ndownload: |\n  x\n  y\n"));
    }
    end(&t);
    fixture_free(&t.f);
}

static void yolo_fixed(void)
{
    trip t = {.f = fixture_new()};
    dt_fix_opts o = {.clip = 1, .drop_empty = 1, .dedupe = 1};
    make_yolo(&t.f);
    if (CHECK_OK(open_set(&t, "yolo"), &t.err) &&
        CHECK_OK(dt_fix(&t.set, &o, &t.report.findings, &t.err), &t.err) &&
        CHECK_OK(write_set(&t, NULL), &t.err)) {
        char *text = read_text(&t, "out/labels/train/a.txt");
        double cx, w;
        const char *row = text ? strstr(text, "0.875\n") : NULL;
        if (CHECK(row && sscanf(row + 6, "0 %lf %*f %lf", &cx, &w) == 2))
            CHECK(fabs(cx - .85) < 1e-12 && fabs(w - .3) < 1e-12);
        CHECK(text &&
              strstr(text, "\n0 0.900000 0.100000 1.000000 0.100000 1.000000 0.300000 0.900000 0.300000\n"));
        CHECK(text && !strstr(text, "0 .5 .5 0 .2") && strstr(text, "0 .5 .5 .3 .3") == text &&
              !strstr(text + 5, "0 .5 .5 .3 .3"));
        dt_free(text);
        CHECK_INT(count_of(&t.report.findings, "box-outside", DT_FATE_CHANGED), 2);
        CHECK_INT(count_of(&t.report.findings, "box-empty", DT_FATE_DROPPED), 1);
        CHECK_INT(count_of(&t.report.findings, "object-twice", DT_FATE_DROPPED), 1);
    }
    end(&t);
    fixture_free(&t.f);
}

/* No object has class 0 and one has 3 of 0..2: the numbers count from 1. */
static void numbers_from_1(void)
{
    trip t = {.f = fixture_new()};
    make_yolo(&t.f);
    fixture_text(&t.f, "yolo/labels/train/a.txt", "1 .5 .5 .3 .3\n3 .5 .5 .2 .2\n");
    fixture_text(&t.f, "yolo/ignore/train/a.txt", "");
    if (CHECK_OK(open_set(&t, "yolo"), &t.err) && CHECK(t.source.numbers_from_1)) {
        dt_fix_opts o = {.renumbered = 1};
        CHECK_OK(dt_fix(&t.set, &o, &t.report.findings, &t.err), &t.err);
        CHECK_INT(count_of(&t.report.findings, "class-base", DT_FATE_CHANGED), 2);
        CHECK_INT(dt_findings_count_rule(&t.report.findings, "class-range"), 0);
        CHECK_OK(write_set(&t, NULL), &t.err);
        char *text = read_text(&t, "out/labels/train/a.txt");
        CHECK_STR(text, "0 .5 .5 .3 .3\n2 .5 .5 .2 .2\n");
        dt_free(text);
    }
    end(&t);
    fixture_free(&t.f);
}

/* ---- repeated objects ---- */

static void near_ones(void)
{
    trip t = {.f = fixture_new()};
    make_yolo(&t.f);
    /* IoU of the first two 0.905, of first and third 0.818, of second and third 0.905. */
    fixture_text(&t.f, "yolo/labels/train/a.txt",
                 "1 .5 .5 .2 .2\n1 .51 .5 .2 .2\n1 .52 .5 .2 .2\n2 .5 .5 .2 .2\n1 .5 .5 .2 .2\n");
    for (int turn = 0; turn < 3; turn++) {
        dt_fix_opts o = {.dedupe = turn == 0, .near_iou = turn == 1 ? .9 : turn == 2 ? .8 : 0};
        if (!CHECK_OK(open_set(&t, "yolo"), &t.err) ||
            !CHECK_OK(dt_fix(&t.set, &o, &t.report.findings, &t.err), &t.err))
            break;
        /* One ignored object stays, too. */
        static const size_t left[3] = {5, 4, 3};
        CHECK_INT(t.set.object_count, left[turn]);
        CHECK_INT(dt_findings_count_rule(&t.report.findings, turn ? "object-near" : "object-twice"),
                  6 - left[turn]);
        end(&t);
    }
    fixture_free(&t.f);
}

/* ---- filters ---- */

static void filters(void)
{
    trip t = {.f = fixture_new()};
    make_yolo(&t.f);
    fixture_text(&t.f, "yolo/data.yaml", "train: images/train\nval: images/val\nnames: [a, b, c]\n");
    fixture_image(&t.f, "yolo/images/train/b.jpg", "exif1.jpg");
    fixture_image(&t.f, "yolo/images/val/c.jpg", "exif1.jpg");
    fixture_text(&t.f, "yolo/labels/train/a.txt",
                 "0 .5 .5 .5 .5\n2 .5 .5 .25 .5\n"); /* 8 x 6, 4 x 6 pixels */
    fixture_text(&t.f, "yolo/ignore/train/a.txt", "");
    fixture_text(&t.f, "yolo/labels/val/c.txt", "1 .5 .5 1 1\n");
    const char *const a[] = {"a"}, *const c[] = {"c"}, *const wrong[] = {"d"}, *const val[] = {"val"},
                      *const far[] = {"vall"};
    const struct {
        dt_filter_opts o;
        dt_status st;
        size_t records, objects, classes, splits;
    } cases[] = {
        {{.classes = a, .class_count = 1}, DT_OK, 3, 1, 1, 2},
        {{.classes = a, .class_count = 1, .keep_names = 1}, DT_OK, 3, 1, 3, 2},
        {{.classes = a, .class_count = 1, .drop_empty = 1}, DT_OK, 2, 1, 1, 1},
        {{.classes = a, .class_count = 1, .drop_empty = 1, .drop_backgrounds = 1}, DT_OK, 1, 1, 1, 1},
        {{.exclude = c, .exclude_count = 1}, DT_OK, 3, 2, 2, 2},
        {{.classes = wrong, .class_count = 1}, DT_ERR_ARG, 0, 0, 0, 0},
        {{.splits = val, .split_count = 1}, DT_OK, 1, 1, 3, 1},
        {{.splits = far, .split_count = 1}, DT_ERR_ARG, 0, 0, 0, 0},
        {{.min_side = 5}, DT_OK, 3, 2, 3, 2},
        {{.min_side = 4}, DT_OK, 3, 3, 3, 2},
        {{.max_side = 8}, DT_OK, 3, 2, 3, 2},
        {{.min_area = 25}, DT_OK, 3, 2, 3, 2},
        {{.max_area = 24}, DT_OK, 3, 1, 3, 2},
        {{.min_aspect = 1}, DT_OK, 3, 2, 3, 2},
        {{.max_aspect = 1}, DT_OK, 3, 1, 3, 2},
        {{.name = "[ab].jpg"}, DT_OK, 2, 2, 3, 1},
        {{.name = "*/val/*"}, DT_OK, 1, 1, 3, 1},
        {{.name = "x*"}, DT_ERR_STATE, 0, 0, 0, 0},
        {{.min_objects = 1}, DT_OK, 2, 3, 3, 2},
        {{.max_objects = 1}, DT_OK, 2, 1, 3, 2},
        {{.sample = 2, .seed = 3}, DT_OK, 2, SIZE_MAX, 3, SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!CHECK_OK(open_set(&t, "yolo"), &t.err)) break;
        size_t objects = t.set.object_count, records = t.set.record_count;
        dt_status st = dt_filter(&t.set, &cases[i].o, &t.report.findings, &t.err);
        if (CHECK_MSG(st == cases[i].st, "case %zu: %d %s", i, st, t.err.text) && st == DT_OK) {
            CHECK_MSG(t.set.record_count == cases[i].records, "case %zu: %zu records", i, t.set.record_count);
            CHECK_MSG(cases[i].objects == SIZE_MAX || t.set.object_count == cases[i].objects,
                      "case %zu: %zu objects", i, t.set.object_count);
            CHECK_MSG(t.set.class_count == cases[i].classes, "case %zu: %zu classes", i, t.set.class_count);
            CHECK_MSG(cases[i].splits == SIZE_MAX || t.set.split_count == cases[i].splits,
                      "case %zu: %zu splits", i, t.set.split_count);
            /* Everything that went is named. */
            CHECK_INT(count_of(&t.report.findings, "filtered", DT_FATE_DROPPED),
                      objects - t.set.object_count + records - t.set.record_count);
        }
        t.err = (dt_error){0};
        end(&t);
    }
    fixture_free(&t.f);
}

/* ---- maps ---- */

static dt_status map_set(trip *t, const char *const *pairs, size_t count, const dt_remap_opts *more)
{
    dt_remap_list list = {0};
    dt_remap_opts o = more ? *more : (dt_remap_opts){0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < count && st == DT_OK; i++)
        st = dt_remap_add(&list, pairs[i], &t->err);
    o.map = &list;
    if (st == DT_OK) st = dt_remap(&t->set, &o, &t->report.findings, &t->err);
    dt_remap_free(&list);
    return st;
}

static void maps(void)
{
    trip t = {.f = fixture_new()};
    make_yolo(&t.f);
    fixture_text(&t.f, "yolo/labels/train/a.txt", "0 .5 .5 .5 .5\n1 .5 .5 .25 .5\n2 .1 .1 .1 .1\n");
    fixture_text(&t.f, "yolo/ignore/train/a.txt", "");
    const char *const first[] = {"z", "c"};
    const dt_remap_opts only = {.only_mapped = 1}, order = {.order = first, .order_count = 2};
    const struct {
        const char *pairs[3];
        const dt_remap_opts *more;
        dt_status st;
        const char *names, *rows;
        size_t changed, dropped;
    } cases[] = {
        {{"a=x", " c = x "},
         NULL,
         DT_OK,
         "  0: x\n  1: b\n",
         "0 .5 .5 .5 .5\n1 .5 .5 .25 .5\n0 .1 .1 .1 .1\n",
         2,
         0},
        {{"a=c"}, NULL, DT_OK, "  0: c\n  1: b\n", "0 .5 .5 .5 .5\n1 .5 .5 .25 .5\n0 .1 .1 .1 .1\n", 1, 0},
        {{"a=b", "b=a"},
         NULL,
         DT_OK,
         "  0: b\n  1: a\n  2: c\n",
         "0 .5 .5 .5 .5\n1 .5 .5 .25 .5\n2 .1 .1 .1 .1\n",
         2,
         0},
        {{"b="}, NULL, DT_OK, "  0: a\n  1: c\n", "0 .5 .5 .5 .5\n1 .1 .1 .1 .1\n", 0, 1},
        {{"b=\"x=y\""}, &only, DT_OK, "  0: \"x=y\"\n", "0 .5 .5 .25 .5\n", 1, 2},
        {{NULL},
         &order,
         DT_OK,
         "  0: z\n  1: c\n  2: a\n  3: b\n",
         "2 .5 .5 .5 .5\n3 .5 .5 .25 .5\n1 .1 .1 .1 .1\n",
         0,
         0},
        {{"aa=x"}, NULL, DT_ERR_ARG, "", "", 0, 0},
        {{"a=x", "a=y"}, NULL, DT_ERR_ARG, "", "", 0, 0},
        {{"a"}, NULL, DT_ERR_ARG, "", "", 0, 0},
        {{"=a"}, NULL, DT_ERR_ARG, "", "", 0, 0},
        {{"a=", "b=", "c="}, NULL, DT_ERR_STATE, "", "", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = 0;
        while (count < 3 && cases[i].pairs[count])
            count++;
        if (!CHECK_OK(open_set(&t, "yolo"), &t.err)) break;
        dt_status st = map_set(&t, cases[i].pairs, count, cases[i].more);
        if (CHECK_MSG(st == cases[i].st, "case %zu: %d %s", i, st, t.err.text) && st == DT_OK &&
            CHECK_OK(write_set(&t, NULL), &t.err)) {
            char *text = read_text(&t, "out/labels/train/a.txt");
            CHECK_STR(text, cases[i].rows);
            dt_free(text);
            CHECK(has(&t, "out/data.yaml", cases[i].names));
            CHECK_INT(count_of(&t.report.findings, "class-mapped", DT_FATE_CHANGED), cases[i].changed);
            CHECK_INT(count_of(&t.report.findings, "class-mapped", DT_FATE_DROPPED), cases[i].dropped);
        }
        t.err = (dt_error){0};
        end(&t);
    }
    /* COCO categories keep their ids and keys under the new name. */
    make_coco(&t.f, "train");
    const char *const pairs[] = {"p\xC3\xA9rson=human"};
    if (CHECK_OK(open_set(&t, "coco"), &t.err) && CHECK_OK(map_set(&t, pairs, 1, NULL), &t.err) &&
        CHECK_OK(write_set(&t, NULL), &t.err)) {
        CHECK(has(&t, "out/annotations/instances_train.json",
                  "{\"id\": 90, \"name\": \"human\", \"supercategory\": \"s\", \"skeleton\": [[1, 2]]}"));
        CHECK(has(&t, "out/annotations/instances_train.json", COCO_PERSON));
    }
    end(&t);
    fixture_text(&t.f, "map.txt", "# a comment\n\na=x\n\"b=c\" = y\nno pair\n");
    dt_remap_list list = {0};
    CHECK_INT(dt_remap_read(&list, fixture_path(&t.f, "map.txt"), &t.err), DT_ERR_ARG);
    CHECK(strstr(t.err.text, "map.txt:5: ") != NULL);
    if (CHECK_INT(list.count, 2)) CHECK_STR(list.items[1].from, "b=c");
    dt_remap_free(&list);
    fixture_free(&t.f);
}

/* ---- targets ---- */

static void targets(void)
{
    trip t = {.f = fixture_new()};
    char source[600], inside[700], above[600];
    make_yolo(&t.f);
    snprintf(source, sizeof source, "%s", fixture_path(&t.f, "yolo/data.yaml"));
    snprintf(inside, sizeof inside, "%s", fixture_path(&t.f, "yolo/new/deep"));
    snprintf(above, sizeof above, "%s/", t.f.root);
    const char *const sources[] = {source};
    CHECK_INT(dt_target_check(inside, sources, 1, 1, &t.err), DT_ERR_STATE);
    CHECK(strstr(t.err.text, "lies in the source") != NULL);
    CHECK_INT(dt_target_check(above, sources, 1, 1, &t.err), DT_ERR_STATE);
    CHECK(strstr(t.err.text, "holds the source") != NULL);
    CHECK_INT(dt_target_check(fixture_path(&t.f, "yolo"), sources, 1, 1, &t.err), DT_ERR_STATE);
    CHECK_OK(symlink(fixture_path(&t.f, "yolo"), fixture_path(&t.f, "link")) == 0 ? DT_OK : DT_ERR_IO,
             &t.err);
    CHECK_INT(dt_target_check(fixture_path(&t.f, "link/new"), sources, 1, 1, &t.err), DT_ERR_STATE);
    CHECK_OK(dt_target_check(fixture_path(&t.f, "yolo2"), sources, 1, 1, &t.err), &t.err);
    fixture_free(&t.f);
}

/* ---- memory ---- */

static dt_status whole(trip *t, const char *name)
{
    static const dt_fix_opts fix = {.clip = 1,
                                    .drop_empty = 1,
                                    .swap = 1,
                                    .dedupe = 1,
                                    .near_iou = .5,
                                    .size = 1,
                                    .filename = 1,
                                    .drop_unused = 1};
    static const char *const pairs[] = {"dog=cat", "a=b", "car=bus"};
    static const dt_filter_opts filter = {.min_side = 1, .sample = 1};
    DT_TRY(open_set(t, name));
    DT_TRY(dt_fix(&t->set, &fix, &t->report.findings, &t->err));
    for (int i = 0; i < 3; i++)
        if (dt_strmap_get_n(&t->set.class_index, pairs[i], strcspn(pairs[i], "="), -1) >= 0)
            DT_TRY(map_set(t, pairs + i, 1, NULL));
    DT_TRY(dt_filter(&t->set, &filter, &t->report.findings, &t->err));
    return write_set(t, NULL);
}

static void every_allocation_fails(void)
{
    static const char *const names[] = {"voc", "coco", "yolo"};
    trip t = {.f = fixture_new()};
    make_voc(&t.f);
    make_coco(&t.f, "train");
    make_yolo(&t.f);
    size_t live = dt_mem_live();
    for (size_t p = 0; p < 3; p++)
        for (uint64_t nth = 1;; nth++) {
            t.err = (dt_error){0};
            t.format = names[p];
            dt_mem_fail_at(nth);
            dt_status st = whole(&t, names[p]);
            int fired = dt_mem_fail_fired();
            dt_mem_fail_at(0);
            end(&t);
            if (!CHECK_INT(dt_mem_live(), live)) return;
            if (!fired) {
                CHECK_OK(st, &t.err);
                dt_undo_report u;
                CHECK_OK(dt_convert_undo(t.to, &u, &t.err), &t.err);
                dt_undo_report_free(&u);
                break;
            }
            CHECK_MSG(st != DT_OK, "%s: allocation %d failed unseen", names[p], (int)nth);
            CHECK_MSG(access(fixture_path(&t.f, "out"), F_OK) != 0, "%s: allocation %d left a folder",
                      names[p], (int)nth);
        }
    fixture_free(&t.f);
}

/* ---- BCCD ---- */

static int same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* All that the model has of both sets is the same. */
static void expect_same(const dt_dataset *a, const dt_dataset *b)
{
    size_t differ = 0;
    if (!CHECK_INT(a->record_count, b->record_count) || !CHECK_INT(a->object_count, b->object_count)) return;
    for (size_t i = 0; i < a->record_count; i++) {
        const dt_record *x = &a->records[i], *y = &b->records[i];
        const dt_record_extra none = {0}, *p = x->extra ? x->extra : &none, *q = y->extra ? y->extra : &none;
        differ += strcmp(dt_path_base(x->image), dt_path_base(y->image)) != 0 || x->width != y->width ||
                  x->height != y->height || x->count != y->count || !same_text(p->other, q->other) ||
                  !same_text(p->size_other, q->size_other) || !same_text(p->attributes, q->attributes) ||
                  !same_text(p->filename, q->filename);
    }
    for (size_t i = 0; i < a->object_count; i++) {
        const dt_object *x = &a->objects[i], *y = &b->objects[i];
        differ += memcmp(&x->box, &y->box, sizeof x->box) != 0 || x->difficult != y->difficult ||
                  x->truncated != y->truncated || x->occluded != y->occluded || x->posed != y->posed ||
                  strcmp(a->classes[x->cls], b->classes[y->cls]) != 0;
    }
    CHECK_INT(differ, 0);
}

static void bccd(void)
{
    const char *path = dt_test_data("bccd");
    trip t = {0}, again = {0};
    if (!path) return;
    t.f = again.f = fixture_new();
    if (CHECK_OK(open_set(&t, path), &t.err) && CHECK_OK(write_set(&t, NULL), &t.err) &&
        CHECK_OK(open_set(&again, "out"), &again.err))
        expect_same(&t.set, &again.set);
    end(&t);
    end(&again);
    fixture_free(&t.f);
}

int main(void)
{
    RUN(voc_keeps);
    RUN(voc_fixed);
    RUN(parts_are_cut);
    RUN(coco_keeps);
    RUN(coco_fixed);
    RUN(ids_collide);
    RUN(yolo_keeps);
    RUN(yolo_fixed);
    RUN(numbers_from_1);
    RUN(near_ones);
    RUN(filters);
    RUN(maps);
    RUN(targets);
    RUN(every_allocation_fails);
    RUN(bccd);
    return dt_test_end();
}
