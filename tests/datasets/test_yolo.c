/* YOLO reader: data.yaml in all its forms, label rows good and bad, what is missing. */
#include "datasets/yolo/yolo.h"

#include "fixture.h"

typedef struct parsed {
    dt_dataset set;
    dt_findings findings;
} parsed;

static parsed parse_n(const char *text, size_t size, int class_base)
{
    parsed p = {0};
    dt_error err = {0};
    p.set.frame = DT_FRAME_FRACTIONS;
    CHECK_OK(dt_dataset_add_record(&p.set, "a.jpg", "a.txt", NULL, &err), &err);
    CHECK_OK(dt_yolo_parse(text, size,
                           &(dt_yolo_rows){.file = "a.txt", .class_count = 3, .class_base = class_base},
                           &p.set, &p.findings, &err),
             &err);
    CHECK_INT(p.set.records[0].count, p.set.object_count);
    return p;
}

static parsed parse(const char *text)
{
    return parse_n(text, strlen(text), 0);
}

static void release(parsed *p)
{
    dt_dataset_free(&p->set);
    dt_findings_free(&p->findings);
}

static void check_box(const dt_object *o, double x1, double y1, double x2, double y2)
{
    CHECK_NEAR(o->box.x1, x1, 1e-12);
    CHECK_NEAR(o->box.y1, y1, 1e-12);
    CHECK_NEAR(o->box.x2, x2, 1e-12);
    CHECK_NEAR(o->box.y2, y2, 1e-12);
}

static void good_rows(void)
{
    parsed p = parse("\xEF\xBB\xBF"
                     "0 0.5 0.5 0.5 0.25\r\n"
                     "\r\n"
                     "  2.0\t.25 +.5 1e-1 5e-01  \n"
                     "1 0.5 0.5 1 1");
    if (CHECK_INT(p.set.object_count, 3)) {
        check_box(&p.set.objects[0], .25, .375, .75, .625);
        CHECK_INT(p.set.objects[1].cls, 2);
        CHECK_INT(p.set.objects[1].line, 3);
        check_box(&p.set.objects[1], .2, .25, .3, .75);
        check_box(&p.set.objects[2], 0, 0, 1, 1);
        CHECK(p.set.objects[0].area < 0 && p.set.objects[0].difficult == DT_FLAG_UNKNOWN);
    }
    CHECK_INT(p.findings.count, 0);
    release(&p);
    p = parse("");
    CHECK_INT(p.set.object_count + p.findings.count, 0);
    release(&p);
    p = parse_n("1 .5 .5 .5 .5\n3 .5 .5 .5 .5\n0 .5 .5 .5 .5\n", 42, 1);
    CHECK_INT(p.set.object_count, 2);
    CHECK_INT(p.set.objects[1].cls, 2);
    CHECK_INT(dt_findings_count_rule(&p.findings, "class-range"), 1);
    release(&p);
}

/* One bad row costs that row alone, and its line is named. */
static void bad_rows(void)
{
    static const struct {
        const char *row, *rule;
    } cases[] = {
        {"0 0.5 0.5 0.5", "label-columns"},
        {"0 0.5 0.5 0.1 0.1 0.2 0.2 0.3", "label-columns"},
        {"0", "label-columns"},
        {"3 0.5 0.5 0.1 0.1", "class-range"},
        {"-1 0.5 0.5 0.1 0.1", "class-range"},
        {"1.5 0.5 0.5 0.1 0.1", "class-range"},
        {"1e300 0.5 0.5 0.1 0.1", "class-range"},
        {"cat 0.5 0.5 0.1 0.1", "label-number"},
        {"0 0,5 0.5 0.1 0.1", "label-number"},
        {"0 nan 0.5 0.1 0.1", "label-number"},
        {"0 0.5 0.5 inf 0.1", "label-number"},
        {"0 0.5 0.5 1e999 0.1", "label-number"},
        {"0 0.5 0.5 0 0.1", "box-empty"},
        {"0 0.5 0.5 -0.1 0.1", "box-empty"},
        {"0 1.5 0.5 0.1 0.1", "box-outside"},
        {"0 320 240 64 48", "box-not-normalised"},
        {"0 1 0.1 0.1 0.3 0.1 0.3 x", "label-number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "0 0.5 0.5 0.5 0.25\n%s\n1 0.5 0.5 0.5 0.25\n", cases[i].row);
        parsed p = parse(text);
        CHECK_MSG(p.set.object_count == 2, "'%s': %zu objects", cases[i].row, p.set.object_count);
        if (CHECK_MSG(p.findings.count == 1, "'%s': %zu findings", cases[i].row, p.findings.count)) {
            const dt_finding *f = &p.findings.items[0];
            CHECK_STR(f->rule, cases[i].rule);
            CHECK(f->line == 2 && f->object == 1 && f->fate == DT_FATE_DROPPED && f->severity == DT_PROBLEM);
            CHECK_STR(f->file, "a.txt");
            CHECK_STR(f->before, cases[i].row);
        }
        release(&p);
    }
    parsed p = parse("3 0.5 0.5 0.1 0.1\n");
    CHECK(strstr(p.findings.items[0].message, "class 3 of 0..2: are the numbers 1-based?") != NULL);
    release(&p);
}

static void polygons_and_clipping(void)
{
    /* A polygon row must not turn its neighbours into polygons. */
    parsed p = parse("0 0.5 0.5 0.2 0.2\n1 0.1 0.2 0.3 0.1 0.4 0.5\n2 0.2 0.2 0.4 0.2 0.4 0.6 0.2 0.6\n");
    if (CHECK_INT(p.set.object_count, 3)) {
        check_box(&p.set.objects[0], .4, .4, .6, .6);
        check_box(&p.set.objects[1], .1, .1, .4, .5);
        check_box(&p.set.objects[2], .2, .2, .4, .6);
    }
    CHECK_INT(p.findings.count, 0);
    release(&p);
    p = parse("0 0.9 0.5 0.4 0.5\n0 0.0500002 0.5 0.1000014 0.5\n0 0.5 0.5 0.1 0.1 0.9\n");
    if (CHECK_INT(p.set.object_count, 3)) {
        check_box(&p.set.objects[0], .7, .25, 1, .75);
        CHECK(p.set.objects[1].box.x1 == 0);
    }
    CHECK_INT(p.findings.count, 2); /* half a unit of six decimals is no finding, a score column is one */
    CHECK_STR(p.findings.items[0].rule, "box-outside");
    CHECK(p.findings.items[0].fate == DT_FATE_CHANGED && p.findings.items[0].severity == DT_WARNING);
    CHECK_STR(p.findings.items[0].after, "0.850000 0.500000 0.300000 0.500000");
    CHECK(p.findings.items[1].fate == DT_FATE_NONE);
    release(&p);
}

static void repeated_rows(void)
{
    parsed p = parse("0 .5 .5 .5 .5\n1 .5 .5 .5 .5\n0 0.5 .50 .5 .5\n1 .4 .5 .5 .5\n0 .5 .5 .5 .5\n");
    CHECK_INT(p.set.object_count, 3);
    CHECK(p.set.objects[0].line == 1 && p.set.objects[1].line == 2 && p.set.objects[2].line == 4);
    CHECK_INT(dt_findings_count_rule(&p.findings, "object-twice"), 2);
    CHECK(strstr(p.findings.items[1].message, "line 1") != NULL);
    release(&p);
}

static void label_paths(void)
{
    static const char *const cases[][3] = {
        {"/d/images/train/a.jpg", "labels", "/d/labels/train/a.txt"},
        {"/images/images/a.b.png", "labels", "/images/labels/a.b.txt"},
        {"/d/images/a.jpg", "ignore", "/d/ignore/a.txt"},
        {"/d/pics/a.jpeg", "labels", "/d/pics/a.txt"},
        {"/d/images%s/images/%d.jpg", "labels", "/d/images%s/labels/%d.txt"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = dt_yolo_label_path(cases[i][0], cases[i][1]);
        CHECK_STR(path, cases[i][2]);
        dt_free(path);
    }
}

static void read_set(const fixture *f, unsigned splits, parsed *p, dt_status status, const char *say)
{
    dt_error err = {0};
    dt_pool *pool = NULL;
    *p = (parsed){0};
    dt_pool_create(3, &pool, NULL);
    dt_yolo_read_opts opts = {.splits = splits, .pool = pool};
    dt_status st = dt_yolo_read(fixture_path(f, "data.yaml"), &opts, &p->set, &p->findings, &err);
    CHECK_MSG(st == status, "status %d, expected %d: %s", st, status, err.text);
    if (say) CHECK_MSG(strstr(err.text, say) != NULL, "\"%s\" is not in \"%s\"", say, err.text);
    dt_pool_destroy(pool);
}

static void folders(void)
{
    fixture f = fixture_new();
    parsed p;
    dt_error err = {0};
    fixture_text(&f, "data.yaml",
                 "# a set\npath: .\ntrain: images/train\nval: [images/val, images/more]\nnc: 2\n"
                 "names:\n  1: dog\n  0: \"cat\"\ndownload: nothing\n");
    fixture_image(&f, "images/train/b b%.png", "rgb.png");
    fixture_image(&f, "images/train/sub/c.jpg", "exif6.jpg");
    fixture_image(&f, "images/more/v1.0/d.e/m2.jpg", "exif1.jpg");
    fixture_image(&f, "images/train/a.jpg", "exif1.jpg");
    fixture_image(&f, "images/train/a.png", "rgb.png");
    fixture_text(&f, "images/train/d.webp", "x");
    fixture_text(&f, "images/train/notes.md", "x");
    fixture_image(&f, "images/val/v.jpg", "exif1.jpg");
    fixture_image(&f, "images/more/m.jpg", "exif1.jpg");
    fixture_text(&f, "labels/train/a.txt", "1 0.5 0.5 0.5 0.5\n");
    fixture_text(&f, "labels/train/b b%.txt", "0 0.5 0.5 0.5 0.5\n1 0.2 0.2 0.1 0.1\n");
    fixture_text(&f, "ignore/train/b b%.txt", "1 0.8 0.8 0.1 0.1\n");
    fixture_text(&f, "labels/train/sub/c.txt", "");
    fixture_text(&f, "labels/train/lost.txt", "0 0.5 0.5 0.5 0.5\n");
    fixture_text(&f, "images/val/v.txt", "0 0.5 0.5 0.5 0.5\n");
    CHECK(symlink(".", fixture_path(&f, "images/train/loop")) == 0);
    read_set(&f, 0, &p, DT_OK, NULL);
    CHECK_INT(p.set.class_count, 2);
    CHECK_STR(p.set.classes[0], "cat");
    CHECK_INT(p.set.split_count, 2);
    const dt_split *train = dt_dataset_split(&p.set, "train"), *val = dt_dataset_split(&p.set, "val");
    CHECK(train && val && train->count == 4 && val->count == 3);
    CHECK_INT(dt_findings_count_rule(&p.findings, "folder-skipped"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "stem-twice"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "label-orphan"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "image-unsupported"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "label-missing"), 2);
    CHECK_INT(dt_findings_count_rule(&p.findings, "label-beside"), 1);
    const dt_record *b = &p.set.records[2];
    CHECK(strstr(b->image, "b b%.png") && b->count == 3);
    CHECK(!p.set.objects[b->first + 1].ignore && p.set.objects[b->first + 2].ignore);
    dt_sample sample = {0};
    CHECK_OK(dt_dataset_labels(&p.set, 2, 16, 12, &sample, &err), &err);
    CHECK_INT(sample.label_count, 3);
    CHECK(sample.labels[0].box.x1 == 4 && sample.labels[0].box.y2 == 9 && sample.labels[2].ignore);
    dt_sample_free(&sample);
    CHECK_OK(dt_dataset_probe(&p.set, NULL, &p.findings, &err), &err);
    CHECK_INT(dt_findings_count_rule(&p.findings, "exif-orientation"), 1);
    CHECK(p.set.records[3].real_width == 12 && p.set.records[3].real_height == 16);
    release(&p);
    /* Only val: the labels of train are not taken for orphans. */
    read_set(&f, 1u << DT_YOLO_VAL, &p, DT_OK, NULL);
    CHECK_INT(p.set.record_count, 3);
    CHECK_INT(dt_findings_count_rule(&p.findings, "label-orphan"), 1);
    release(&p);
    read_set(&f, 1u << DT_YOLO_TEST, &p, DT_ERR_NOT_FOUND, "no split 'test'");
    fixture_free(&f);
}

static void list_files(void)
{
    fixture f = fixture_new();
    parsed p;
    char text[400];
    fixture_image(&f, "set/images/a.jpg", "exif1.jpg");
    fixture_image(&f, "set/images/b.jpg", "exif1.jpg");
    fixture_image(&f, "set/lists/images/c.jpg", "exif1.jpg");
    fixture_text(&f, "set/labels/a.txt", "0 .5 .5 .5 .5\n");
    fixture_text(&f, "set/lists/labels/c.txt", "0 .5 .5 .5 .5\n");
    snprintf(text, sizeof text,
             "\xEF\xBB\xBFimages/a.jpg\r\n\r\n%s/set/images/b.jpg  \n./images/c.jpg\nimages/a.jpg\n"
             "images/gone.jpg\nreadme\n",
             f.root);
    fixture_text(&f, "set/lists/train.txt", text);
    fixture_text(&f, "data.yaml", "path: set\ntrain: lists/train.txt\nnames: [thing]\nvalid: x\n");
    read_set(&f, 1u << DT_YOLO_TRAIN, &p, DT_OK, NULL);
    CHECK_INT(p.set.record_count, 4);
    CHECK_INT(p.set.object_count, 3);
    CHECK_INT(dt_findings_count_rule(&p.findings, "image-twice"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "image-missing"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "image-unsupported"), 1);
    for (size_t i = 0; i < p.findings.count; i++)
        if (strcmp(p.findings.items[i].rule, "image-missing") == 0) CHECK_INT(p.findings.items[i].line, 6);
    release(&p);
    read_set(&f, 1u << DT_YOLO_VAL, &p, DT_ERR_NOT_FOUND, "did you mean 'val'");
    fixture_free(&f);
}

/* The same set in all ways of writing its data.yaml. */
static void yaml_forms(void)
{
    static const char *const forms[] = {
        "path: .\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n",
        "train: images/train\nval: images/val\nnames: [cat, dog]\n",
        "path:\ntrain: images/train/\nval: ./images/val\nnames: [cat, dog]\n",
        "path: ~\ntrain: images//train\nval: images/val\nnames: [cat, dog]\ntest:\n",
        "path: ../%s\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n",
        "path: %s\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n", /* absolute */
        "train: [images/train]\nval:\n- images/val\nnames:\n- cat\n- dog\n",
        "train: images/train\nval: images/val\nnames:\n  1: dog\n  0: cat\nnc: 2\n",
        "train: images/train\nval: images/val\nnames: {1: dog, 0: cat}\n",
        "train: images/train\nval: images/val\nnames: {\"1\": \"dog\", '0': 'cat'}\n",
        "\xEF\xBB\xBFtrain: images/train\r\nval: images/val\r\nnames:\r\n  0: cat\r\n  1: dog\r\n",
        "train:\timages/train\t# training\nval: \t images/val\nnames: [cat,\tdog]\n",
        "---\n# comment\n\"train\": \"images/train\"\n'val': 'images/val'\n\nnames: [\"cat\", 'dog']\n...\n",
        "x: &n [cat, dog]\ntrain: &t images/train\nval: images/val\nnames: *n\nkpt_shape: {a: *t}\n",
        "val: images/val\nnames:\n    0: !!str cat\n    1: |-\n      dog\ntrain: images/train\ndownload: |\n "
        " rm\n",
        "train: lists/train.txt\nval: [lists/val.txt]\nnames: [cat, dog]\n",
        "train: [lists/train.txt, lists/none.txt]\nval: [lists/none.txt, images/val]\nnames: [cat, dog]\n",
        "train: images/train/a.jpg\nval: images/val/b.jpg\nnames: [cat, dog]\n",
        "path: ./\ntrain: lists/cvat.txt\nval: images/val\nnames: {0: cat, 1: dog}\n",
        "train: images/train\nval: images/val\n", /* labels/classes.txt */
        "train: images/train\nval: images/val\nnames:\nnc: 2\n",
    };
    fixture f = fixture_new();
    fixture_image(&f, "images/train/a.jpg", "exif1.jpg");
    fixture_image(&f, "images/val/b.jpg", "exif1.jpg");
    fixture_text(&f, "labels/train/a.txt", "1 .5 .5 .5 .5\n");
    fixture_text(&f, "labels/val/b.txt", "0 .5 .5 .5 .5\n0 .25 .25 .25 .25\n");
    fixture_text(&f, "labels/classes.txt", "cat\r\ndog\r\n");
    fixture_text(&f, "lists/train.txt", "./../images/train/a.jpg\r\n");
    fixture_text(&f, "lists/val.txt", "images/val/b.jpg");
    fixture_text(&f, "lists/none.txt", "\n\r\n");
    fixture_text(&f, "lists/cvat.txt", "data/images/train/a.jpg\n");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char text[700];
        parsed p;
        const char *hole = strstr(forms[i], "%s"),
                   *root = hole && hole[-1] == '/' ? strrchr(f.root, '/') + 1 : f.root;
        snprintf(text, sizeof text, "%.*s%s%s", hole ? (int)(hole - forms[i]) : (int)strlen(forms[i]),
                 forms[i], hole ? root : "", hole ? hole + 2 : "");
        fixture_text(&f, "data.yaml", text);
        read_set(&f, 0, &p, DT_OK, NULL);
        int ok = p.set.split_count == 2 && p.set.record_count == 2 && p.set.object_count == 3 &&
                 p.set.class_count == 2 && strcmp(p.set.classes[0], "cat") == 0 &&
                 strcmp(p.set.classes[1], "dog") == 0 && p.set.objects[0].cls == 1 &&
                 p.findings.by_severity[DT_PROBLEM] + p.findings.by_severity[DT_WARNING] == 0;
        CHECK_MSG(ok, "form %zu: %zu splits, %zu records, %zu objects, %zu findings: %s", i,
                  p.set.split_count, p.set.record_count, p.set.object_count, p.findings.count,
                  p.findings.count ? p.findings.items[0].message : "");
        release(&p);
    }
    /* One folder for both: each split has all of it. */
    parsed p;
    fixture_text(&f, "data.yaml", "train: images\nval: images\nnames: [cat, dog]\n");
    read_set(&f, 0, &p, DT_OK, NULL);
    CHECK(p.set.split_count == 2 && p.set.splits[0].count == 2 && p.set.splits[1].count == 2);
    release(&p);
    /* UTF-16 as Windows' editors write it. */
    static const char ascii[] = "train: images/train\nnames: [cat, dog]\n";
    char wide[2 * sizeof ascii] = "\xFF\xFE";
    for (size_t i = 0; i + 1 < sizeof ascii; i++) {
        wide[2 + 2 * i] = ascii[i];
        wide[3 + 2 * i] = 0;
    }
    fixture_bytes(&f, "data.yaml", wide, 2 * sizeof ascii);
    read_set(&f, 0, &p, DT_OK, NULL);
    CHECK_INT(p.set.object_count, 1);
    release(&p);
    fixture_free(&f);
}

/* `path` of a yaml file as Ultralytics has it: the set lies in a folder datasets, here or one above. */
static void yaml_elsewhere(void)
{
    static const char *const sets[] = {"cfg/toy", "cfg/datasets/toy", "datasets/toy"};
    char here[512];
    parsed p;
    if (!CHECK(getcwd(here, sizeof here) != NULL)) return;
    for (size_t i = 0; i < 2 * sizeof sets / sizeof *sets; i++) {
        fixture f = fixture_new();
        dt_error err = {0};
        char image[100], label[100];
        snprintf(image, sizeof image, "%s/images/a.jpg", sets[i % 3]);
        snprintf(label, sizeof label, "%s/labels/a.txt", sets[i % 3]);
        fixture_image(&f, image, "exif1.jpg");
        fixture_text(&f, label, "0 .5 .5 .5 .5\n");
        /* The yaml in cfg/, or far from the set and the working directory in cfg/. */
        const char *yaml = i < 3 ? "cfg/toy.yaml" : "x/y/z/toy.yaml";
        fixture_text(&f, yaml, "path: toy\ntrain: images\nnames: [cat]\n");
        fixture_text(&f, "cfg/readme", "");
        if (i >= 3) CHECK(chdir(fixture_path(&f, "cfg")) == 0);
        p = (parsed){0};
        CHECK_OK(dt_yolo_read(fixture_path(&f, yaml), NULL, &p.set, &p.findings, &err), &err);
        CHECK_MSG(p.set.object_count == 1, "case %zu: %zu objects", i, p.set.object_count);
        CHECK_INT(dt_findings_count_rule(&p.findings, "path-base"), i != 0);
        release(&p);
        CHECK(chdir(here) == 0);
        fixture_free(&f);
    }
}

static void wrong_yaml(void)
{
    static const struct {
        const char *text, *say;
        dt_status status;
    } cases[] = {
        {"", "empty", DT_ERR_FORMAT},
        {"- a\n- b\n", "data.yaml:1", DT_ERR_FORMAT},
        {"train: a\n", "names", DT_ERR_FORMAT},
        {"train: nowhere\nnames: [a]\n", "nowhere: no such folder", DT_ERR_NOT_FOUND},
        {"train: .\nnames: [a, b]\nnc: 3\n", "data.yaml:3: nc is 3, but names has 2", DT_ERR_FORMAT},
        {"train: .\nnames: {0: a, 2: b}\n", "number 2", DT_ERR_FORMAT},
        {"train: .\nnames: {0: a, 0: b}\n", "twice", DT_ERR_FORMAT},
        {"train: .\nnames: {a: 0}\n", "not a class number", DT_ERR_FORMAT},
        {"train: .\nnames: [a, a]\n", "twice", DT_ERR_FORMAT},
        {"train: .\nnames: [a, [b]]\n", "class name", DT_ERR_FORMAT},
        {"train: {a: b}\nnames: [a]\n", "path", DT_ERR_FORMAT},
        {"train: .\nnames: [a]\nclass_base: 1\n", "class_base", DT_ERR_FORMAT},
        {"train: [\nnames\n", "data.yaml:", DT_ERR_FORMAT},
        {"train: \"a\nb: 'c\n", "data.yaml:", DT_ERR_FORMAT},
        {"train: .\nnames: {0: a, 2: b, 3: c}\n", "class number 3; 3 names are numbered 0 to 2",
         DT_ERR_FORMAT},
        {"train: .\nnames: {-1: a}\n", "class number -1", DT_ERR_FORMAT},
        {"train: .\nnames: a\n", "a list or a map", DT_ERR_FORMAT},
        {"train: .\nnames: {0: ~}\n", "class 0 has no name", DT_ERR_FORMAT},
        {"train: .\nnames: {0: \"\"}\n", "class 0 has no name", DT_ERR_FORMAT},
        {"train: .\nnames: [a, ]\nnames: [b]\n", "data.yaml:3: the key 'names' stands in line 2",
         DT_ERR_FORMAT},
        {"train: .\nval: .\ntrain: x\nnames: [a]\n", "data.yaml:3: the key 'train' stands", DT_ERR_FORMAT},
        {"train: .\nnames: [a]\nnc: -1\n", "data.yaml:3: nc: a whole number", DT_ERR_FORMAT},
        {"train: .\nnames: [a]\nnc: 1e18\n", "data.yaml:3: nc: a whole number", DT_ERR_FORMAT},
        {"train: .\nnc: 2147483648\n", "data.yaml:2: nc: a whole number", DT_ERR_FORMAT},
        {"train: .\n\tval: .\nnames: [a]\n", "data.yaml:", DT_ERR_FORMAT},
        {"train: .\npath: [a]\nnames: [a]\n", "data.yaml:2: path", DT_ERR_FORMAT},
        {"train: .\nnames: [\"a\\0b\"]\n", "class name", DT_ERR_FORMAT},
        {"names: [a]\n", "no split", DT_ERR_NOT_FOUND},
        {"a: &a [*a]\nnames: *a\ntrain: .\n", "data.yaml:", DT_ERR_FORMAT},
    };
    fixture f = fixture_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parsed p;
        fixture_text(&f, "data.yaml", cases[i].text);
        read_set(&f, 0, &p, cases[i].status, cases[i].say);
        CHECK(p.set.classes == NULL);
        release(&p);
    }
    parsed p;
    fixture_text(&f, "data.yaml", "train: ../train/images\nnames: []\nnc: 2\n");
    fixture_image(&f, "train/images/a.jpg", "exif1.jpg");
    fixture_text(&f, "train/labels/a.txt", "1 .5 .5 .5 .5\n2 .5 .5 .4 .5\n");
    read_set(&f, 0, &p, DT_OK, NULL);
    CHECK_INT(p.set.object_count, 1);
    CHECK_STR(p.set.classes[1], "class_1");
    CHECK_INT(dt_findings_count_rule(&p.findings, "class-base"), 1);
    release(&p);
    fixture_text(&f, "train/labels/a.txt", "");
    unlink(fixture_path(&f, "train/labels/a.txt"));
    read_set(&f, 0, &p, DT_OK, NULL);
    CHECK_INT(dt_findings_count_rule(&p.findings, "labels-none"), 1);
    release(&p);
    fixture_free(&f);
}

static void rows_out(void)
{
    dt_str out = {0};
    dt_yolo_write_row(&out, 7, (dt_box){0, 0, 640, 240}, 640, 480, 6);
    CHECK_STR(out.data, "7 0.500000 0.250000 1.000000 0.500000\n");
    dt_str_clear(&out);
    dt_yolo_write_row(&out, 1, (dt_box){260, 177, 491, 376}, 640, 480, 0);
    CHECK_STR(out.data,
              "1 0.58671875 0.5760416666666667 0.3609375 0.41458333333333336\n"); /* Python's repr */
    dt_str_clear(&out);
    dt_yolo_write_row(&out, 1, (dt_box){0, 0, 0.0001, 64}, 8, 64, 6);
    CHECK_STR(out.data, "1 0.00000625 0.500000 0.0000125 1.000000\n");
    dt_str_clear(&out);
    dt_yolo_write_row(&out, 1, (dt_box){0, 0, 0.0001, 64}, 8, 64, 0);
    CHECK_STR(out.data, "1 6.25e-06 0.5 1.25e-05 1.0\n");
    dt_str_free(&out);
}

static void names_out_and_in(void)
{
    static const char *const names[] = {
        "cat", "no",  "2",         "traffic light", "a\"b\\c", "x: y", "\xE7\x8C\xAB",
        "-",   "# x", "tab\there", "line\nbreak",   "#",       "~"};
    enum { COUNT = sizeof names / sizeof *names };
    for (int base = 0; base <= 1; base++) {
        dt_dataset set = {0};
        dt_error err = {0};
        dt_str out = {0};
        dt_yolo_config config;
        int32_t cls;
        fixture f = fixture_new();
        for (int i = 0; i < COUNT; i++)
            CHECK_OK(dt_dataset_class(&set, names[i], strlen(names[i]), &cls, &err), &err);
        CHECK_OK(dt_dataset_add_split(&set, "train", &err), &err);
        CHECK_OK(dt_yolo_write_config(&set, base, &out, &err), &err);
        fixture_text(&f, "data.yaml", out.data);
        if (CHECK_OK(dt_yolo_config_read(fixture_path(&f, "data.yaml"), &config, &err), &err)) {
            CHECK_INT(config.class_base, base);
            CHECK_INT(config.names.count, COUNT);
            for (size_t i = 0; i < COUNT && i < config.names.count; i++)
                CHECK_STR(config.names.items[i], names[i]);
            dt_yolo_config_free(&config);
        }
        dt_str_free(&out);
        dt_dataset_free(&set);
        fixture_free(&f);
    }
}

static void every_allocation_fails(void)
{
    fixture f = fixture_new();
    fixture_image(&f, "images/a.jpg", "exif1.jpg");
    fixture_image(&f, "images/b.jpg", "exif1.jpg");
    fixture_text(&f, "labels/a.txt", "1 0.5 0.5 0.5 0.5\n9 1 1 1 1\n1 0.5 0.5 0.5 0.5\n");
    fixture_text(&f, "labels/c.txt", "");
    fixture_text(&f, "data.yaml", "train: images\nnames: [a, b]\n");
    const char *yaml = fixture_path(&f, "data.yaml");
    size_t live = dt_mem_live();
    for (uint64_t nth = 1;; nth++) {
        parsed p = {0};
        dt_error err = {0};
        dt_mem_fail_at(nth);
        dt_status st = dt_yolo_read(yaml, NULL, &p.set, &p.findings, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_MSG(st == (fired ? DT_ERR_MEMORY : DT_OK), "allocation %d: status %d: %s", (int)nth, st,
                  err.text);
        release(&p);
        if (!CHECK_INT(dt_mem_live(), live) || !fired) break;
    }
    fixture_free(&f);
}

int main(void)
{
    RUN(good_rows);
    RUN(bad_rows);
    RUN(polygons_and_clipping);
    RUN(repeated_rows);
    RUN(label_paths);
    RUN(folders);
    RUN(list_files);
    RUN(yaml_forms);
    RUN(yaml_elsewhere);
    RUN(wrong_yaml);
    RUN(rows_out);
    RUN(names_out_and_in);
    RUN(every_allocation_fails);
    return dt_test_end();
}
