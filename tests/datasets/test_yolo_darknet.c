/* YOLO sets without a data.yaml: Darknet's obj.data, CVAT's export of it, labelImg's classes.txt. Writing
 * obj.data. */
#include "datasets/convert.h"
#include "datasets/detect_format.h"
#include "datasets/yolo/yolo.h"
#include "fixture.h"

typedef struct parsed {
    dt_dataset set;
    dt_findings findings;
} parsed;

static dt_status read_at(const char *path, parsed *p, const char *say)
{
    dt_error err = {0};
    *p = (parsed){0};
    dt_status st = dt_yolo_read(path, NULL, &p->set, &p->findings, &err);
    if (say)
        CHECK_MSG(strstr(err.text, say) != NULL, "\"%s\" is not in \"%s\"", say, err.text);
    else
        CHECK_MSG(st == DT_OK, "%s: %s", path, err.text);
    return st;
}

static void release(parsed *p)
{
    dt_dataset_free(&p->set);
    dt_findings_free(&p->findings);
}

static const dt_finding *find_rule(const parsed *p, const char *rule)
{
    for (size_t i = 0; i < p->findings.count; i++)
        if (strcmp(p->findings.items[i].rule, rule) == 0) return &p->findings.items[i];
    return NULL;
}

/* As Darknet's users have it: run in the folder above data/, from which all paths start. */
static void make_darknet(const fixture *f)
{
    fixture_text(f, "run/data/obj.data",
                 "\xEF\xBB\xBF# a set\r\n\r\n; another comment\r\n classes=2\r\ntrain  =  data/train.txt \r\n"
                 "valid = data/valid list.txt\r\nnames=data/obj.names\r\nbackup = backup/\r\neval=coco\r\n");
    fixture_text(f, "run/data/obj.names", "traffic light\r\ndog\r\n\r\n");
    fixture_text(f, "run/data/train.txt",
                 "data/obj/a b.jpg\r\n\r\n data/voc/JPEGImages/c.jpg \r\ndata/coco/images/train2017/d.jpg\r\n"
                 "data/obj/gone.jpg\r\ndata\\obj\\w.jpg\r\n");
    fixture_image(f, "run/data/obj/w.jpg", "exif1.jpg");
    fixture_text(f, "run/data/obj/w.txt", "0 .5 .5 .5 .5\n");
    fixture_text(f, "run/data/valid list.txt", "data/obj/e.png");
    fixture_image(f, "run/data/obj/a b.jpg", "exif1.jpg");
    fixture_image(f, "run/data/obj/e.png", "rgb.png");
    fixture_image(f, "run/data/voc/JPEGImages/c.jpg", "exif1.jpg");
    fixture_image(f, "run/data/coco/images/train2017/d.jpg", "exif1.jpg");
    fixture_text(f, "run/data/obj/a b.txt", "1 .5 .5 .5 .5\n");
    fixture_text(f, "run/data/obj/e.txt", "0 .5 .5 .25 .5\n0 .25 .25 .25 .25\n");
    fixture_text(f, "run/data/voc/labels/c.txt", "0 .5 .5 .5 .5\n");
    fixture_text(f, "run/data/coco/labels/train2017/d.txt", "0 .5 .5 .5 .5\n1 .5 .5 .5 .25\n");
}

static void darknet(void)
{
    static const char *const paths[] = {"run/data/obj.data", "run/data"};
    fixture f = fixture_new();
    parsed p;
    make_darknet(&f);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (read_at(fixture_path(&f, paths[i]), &p, NULL) != DT_OK) continue;
        CHECK(p.set.class_count == 2 && strcmp(p.set.classes[0], "traffic light") == 0);
        CHECK_INT(p.set.split_count, 2);
        CHECK_INT(p.set.splits[0].count, 4);
        CHECK_STR(p.set.splits[1].name, "val");
        if (CHECK_INT(p.set.record_count, 5))
            for (size_t r = 0; r < 5; r++)
                CHECK_INT(p.set.records[r].count, ((const size_t[]){1, 1, 2, 1, 2})[r]);
        CHECK_INT(p.set.objects[0].cls, 1);
        const dt_finding *missing = find_rule(&p, "image-missing");
        CHECK(missing && missing->line == 5 && strstr(missing->message, "obj/gone.jpg"));
        /* names, both lists, and what stands in them start at the folder above. */
        CHECK_INT(dt_findings_count_rule(&p.findings, "path-base"), 5);
        const dt_finding *base = find_rule(&p, "path-base");
        CHECK(base && strstr(base->message, "/run, not from "));
        CHECK_INT(p.findings.by_severity[DT_PROBLEM], 1);
        CHECK_INT(p.findings.by_severity[DT_WARNING], 0);
        release(&p);
    }
    fixture_free(&f);
}

/* The folder of obj.data comes first, the working directory last. */
static void bases(void)
{
    fixture f = fixture_new();
    parsed p;
    char here[512], above[700];
    if (!CHECK(getcwd(here, sizeof here) != NULL)) return;
    fixture_text(&f, "a/set/obj.data", "train = list.txt\nnames = obj.names\n");
    fixture_text(&f, "a/set/list.txt", "./pics/x.jpg\n");
    fixture_text(&f, "a/list.txt", "pics/y.jpg\n");
    fixture_text(&f, "cwd/obj.names", "thing\n");
    fixture_image(&f, "a/set/pics/x.jpg", "exif1.jpg");
    fixture_text(&f, "a/set/pics/x.txt", "0 .5 .5 .5 .5\n");
    CHECK(chdir(fixture_path(&f, "cwd")) == 0);
    if (read_at(fixture_path(&f, "a/set/obj.data"), &p, NULL) == DT_OK) {
        CHECK(p.set.record_count == 1 && p.set.object_count == 1);
        CHECK_STR(dt_path_base(p.set.records[0].image), "x.jpg");
        CHECK_INT(dt_findings_count_rule(&p.findings, "path-base"), 1);
        CHECK(strstr(p.findings.items[0].message, "found from the folder ., not from"));
    }
    release(&p);
    /* A relative path, and the same without the nearer list. */
    unlink(fixture_path(&f, "a/set/list.txt"));
    fixture_image(&f, "a/pics/y.jpg", "exif1.jpg");
    fixture_text(&f, "a/pics/y.txt", "");
    fixture_text(&f, "a/set/obj.names", "thing\n");
    snprintf(above, sizeof above, "%s", fixture_path(&f, "a"));
    CHECK(chdir(above) == 0);
    if (read_at("set/obj.data", &p, NULL) == DT_OK) {
        CHECK_INT(p.set.record_count, 1);
        CHECK_STR(p.set.records[0].image, "./pics/y.jpg");
    }
    release(&p);
    CHECK(chdir(here) == 0);
    fixture_free(&f);
}

static void cvat(void)
{
    fixture f = fixture_new();
    parsed p;
    fixture_text(&f, "export/obj.data",
                 "classes = 1\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n");
    fixture_text(&f, "export/obj.names", "cell\n");
    fixture_text(&f, "export/train.txt",
                 "data/obj_train_data/frame_000000.png\ndata/obj_train_data/sub/frame_000001.png\n");
    fixture_image(&f, "export/obj_train_data/frame_000000.png", "rgb.png");
    fixture_image(&f, "export/obj_train_data/sub/frame_000001.png", "rgb.png");
    fixture_text(&f, "export/obj_train_data/frame_000000.txt", "0 .5 .5 .5 .5\n");
    fixture_text(&f, "export/obj_train_data/sub/frame_000001.txt", "0 .5 .5 .5 .5\n0 .1 .1 .1 .1\n");
    if (read_at(fixture_path(&f, "export"), &p, NULL) == DT_OK) {
        CHECK(p.set.record_count == 2 && p.set.object_count == 3);
        CHECK_INT(dt_findings_count_rule(&p.findings, "path-base"), 3);
        CHECK_INT(dt_findings_count_rule(&p.findings, "label-orphan"), 0);
        CHECK(strstr(p.findings.items[0].message, "without the leading 'data/'"));
        CHECK_INT(p.findings.by_severity[DT_PROBLEM] + p.findings.by_severity[DT_WARNING], 0);
    }
    release(&p);
    fixture_free(&f);
}

static void wrong_data(void)
{
    static const struct {
        const char *text, *say;
    } cases[] = {
        {"", "the key 'names' is missing"},
        {"train = list.txt\nnames = a.names\nnonsense\n", "obj.data:3: 'nonsense': key = value"},
        {"train = list.txt\nnames = a.names\ntrain = list.txt\n",
         "obj.data:3: the key 'train' stands in line 1"},
        {"classes = 3\nnames = a.names\n", "obj.data:1: classes = 3, but "},
        {"classes = -1\nnames = a.names\n", "obj.data:1: classes = -1: a whole number"},
        {"classes = 1e18\n", "a whole number"},
        {"classes = x\n", "a whole number"},
        {"\n\nnames = b.names\n", "obj.data:3: names = b.names: there is no such file from "},
        {"names = hole.names\n", "hole.names:2: an empty line"},
        {"names = nul.names\n", "nul.names:1: a NUL byte"},
        {"names = twice.names\ntrain = list.txt\n", "stands twice"},
        {"names = .\n", "not a regular file"},
        {"names = a.names\nclass_base = 2\n", "from 0 to 1"},
        {"names = one.names\nclass_base = 1\n", "class_base is 1, but"},
        {"names = a.names\ntrain = nowhere.txt\n", "train: nowhere.txt: no such folder or file from "},
    };
    fixture f = fixture_new();
    parsed p;
    fixture_text(&f, "a.names", "x\ny\n");
    fixture_text(&f, "one.names", "x\n");
    fixture_text(&f, "twice.names", "x\nx\n");
    fixture_text(&f, "hole.names", "x\n\ny\n");
    fixture_bytes(&f, "nul.names", "x\0\ny\n", 5);
    fixture_text(&f, "list.txt", "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_text(&f, "obj.data", cases[i].text);
        CHECK_MSG(read_at(fixture_path(&f, "obj.data"), &p, cases[i].say) != DT_OK, "case %zu", i);
        CHECK(p.set.classes == NULL);
        release(&p);
    }
    fixture_bytes(&f, "obj.data", "names = a\0.names\n", 17);
    read_at(fixture_path(&f, "obj.data"), &p, "obj.data:1: a NUL byte");
    release(&p);
    /* A split by another tool's name is not overlooked. */
    dt_error err = {0};
    fixture_text(&f, "obj.data", "names = a.names\nval = list.txt\n");
    CHECK_INT(dt_yolo_read(fixture_path(&f, "obj.data"), &(dt_yolo_read_opts){.splits = 1u << DT_YOLO_VAL},
                           &p.set, NULL, &err),
              DT_ERR_NOT_FOUND);
    CHECK_MSG(strstr(err.text, "did you mean 'valid'"), "%s", err.text);
    /* Without names there are as many classes as the file says. */
    fixture_text(&f, "obj.data", "classes = 2\ntrain = list.txt\n");
    if (read_at(fixture_path(&f, "obj.data"), &p, NULL) == DT_OK) CHECK_STR(p.set.classes[1], "class_1");
    release(&p);
    fixture_free(&f);
}

static void bare_folders(void)
{
    static const struct {
        const char *classes, *image, *label;
    } forms[] = {
        {"set/classes.txt", "set/images/a.jpg", "set/labels/a.txt"},
        {"set/labels/classes.txt", "set/images/a.jpg", "set/labels/a.txt"},
        {"set/labels/train/classes.txt", "set/images/train/a.jpg", "set/labels/train/a.txt"},
        {"set/classes.txt", "set/train/images/a.jpg", "set/train/labels/a.txt"},
        {"set/classes.txt", "set/a.jpg", "set/a.txt"}, /* as labelImg leaves a folder */
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        fixture f = fixture_new();
        parsed p;
        const dt_set_format *format;
        char *source;
        dt_error err = {0};
        fixture_text(&f, forms[i].classes, "cat\ndog\n");
        fixture_image(&f, forms[i].image, "exif1.jpg");
        fixture_text(&f, forms[i].label, "1 .5 .5 .5 .5\n");
        CHECK_OK(dt_set_format_detect(fixture_path(&f, "set"), NULL, &format, &source, &err), &err);
        CHECK_STR(format ? format->name : "none", "yolo");
        dt_free(source);
        if (read_at(fixture_path(&f, "set"), &p, NULL) == DT_OK) {
            CHECK_INT(p.set.split_count, 1);
            CHECK_STR(p.set.splits[0].name, "train");
            CHECK(p.set.record_count == 1 && p.set.object_count == 1 && p.set.objects[0].cls == 1);
            CHECK_INT(dt_findings_count_rule(&p.findings, "config-missing"), 1);
            CHECK_INT(p.findings.count, 1);
        }
        release(&p);
        fixture_free(&f);
    }
    /* Splits by folders; without class names it says what is missing. */
    fixture f = fixture_new();
    parsed p;
    fixture_text(&f, "classes.txt", "cat\n");
    fixture_image(&f, "images/train2017/a.jpg", "exif1.jpg");
    fixture_image(&f, "images/val2017/b.jpg", "exif1.jpg");
    fixture_text(&f, "labels/train2017/a.txt", "0 .5 .5 .5 .5\n");
    fixture_text(&f, "labels/val2017/b.txt", "0 .5 .5 .5 .5\n");
    if (read_at(f.root, &p, NULL) == DT_OK) {
        CHECK_INT(p.set.split_count, 2);
        CHECK_INT(p.set.object_count, 2);
    }
    release(&p);
    unlink(fixture_path(&f, "classes.txt"));
    read_at(f.root, &p, "neither data.yaml, obj.data nor classes.txt");
    release(&p);
    fixture_free(&f);
}

/* data.yaml counts before obj.data; of several files only those by the usual names. */
static void choice(void)
{
    static const struct {
        const char *file, *text, *found;
    } steps[] = {
        {"compose.yml", "services:\n  train_data: x\n", NULL},
        {"x.data", "\xEF\xBB\xBFtrain\t= x\n", "x.data"},
        {"noise.data", "1 2 3\ntraining = 2\n", "x.data"},
        {"y.data", "names=x\r\n", NULL},
        {"obj.data", "", "obj.data"},
        {"a.yaml", "# a set\n'val' : x\n", "a.yaml"},
        {"b.yml", "names:\n- x\n", "obj.data"},
        {"data.yaml", "", "data.yaml"},
    };
    fixture f = fixture_new();
    dt_error err = {0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char *source;
        fixture_text(&f, steps[i].file, steps[i].text);
        CHECK_OK(dt_yolo_find(f.root, &source, &err), &err);
        CHECK_STR(source ? dt_path_base(source) : "", steps[i].found ? steps[i].found : "");
        dt_free(source);
    }
    fixture_free(&f);
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
    fixture f = fixture_new();
    char source[600], target[600];
    parsed before, after;
    dt_convert_report r;
    dt_undo_report u;
    dt_error err = {0};
    fixture_text(&f, "set/data.yaml",
                 "train: images/train\nval: images/val\ntest: images/test\nnames: [cat, traffic light]\n");
    fixture_image(&f, "set/images/train/a b.jpg", "exif1.jpg");
    fixture_image(&f, "set/images/train/c\n.png", "rgb.png");
    fixture_image(&f, "set/images/val/a b.jpg", "exif1.jpg");
    fixture_image(&f, "set/images/test/d.jpg", "exif1.jpg");
    fixture_text(&f, "set/labels/train/a b.txt", "1 0.5 0.5 0.5 0.5\n");
    fixture_text(&f, "set/ignore/train/a b.txt", "0 0.25 0.25 0.125 0.125\n");
    fixture_text(&f, "set/labels/train/c\n.txt", "0 0.5 0.5 0.5 0.5\n");
    fixture_text(&f, "set/labels/val/a b.txt", "");
    fixture_text(&f, "set/labels/test/d.txt", "0 0.5 0.5 0.25 0.25\n");
    snprintf(source, sizeof source, "%s", fixture_path(&f, "set"));
    snprintf(target, sizeof target, "%s", fixture_path(&f, "out"));
    for (int base = 0; base < 2; base++) {
        dt_convert_opts o = {.from = DT_FORMAT_YOLO,
                             .to = DT_FORMAT_YOLO,
                             .layout = DT_LAYOUT_DARKNET,
                             .class_base = base,
                             .source = source,
                             .target = target,
                             .difficult = DT_DIFFICULT_IGNORE};
        if (!CHECK_OK(dt_convert(&o, &r, &err), &err)) break;
        CHECK_INT(dt_findings_count_rule(&r.findings, "name-changed"), 1);
        dt_convert_report_free(&r);
        expect_text(&f, "out/obj.data",
                    base ? "classes = 3\ntrain = train.txt\nvalid = valid.txt\ntest = test.txt\nnames = "
                           "obj.names\nbackup = backup\nclass_base = 1\n"
                         : "classes = 2\ntrain = train.txt\nvalid = valid.txt\ntest = test.txt\nnames = "
                           "obj.names\nbackup = backup\n");
        expect_text(&f, "out/obj.names", base ? "background\ncat\ntraffic light\n" : "cat\ntraffic light\n");
        expect_text(&f, "out/train.txt", "obj_train_data/a b.jpg\nobj_train_data/c_.png\n");
        expect_text(&f, "out/valid.txt", "obj_valid_data/a b.jpg\n");
        /* Values that nobody changed stand as they did. */
        expect_text(&f, "out/obj_train_data/a b.txt", base ? "2 0.5 0.5 0.5 0.5\n" : "1 0.5 0.5 0.5 0.5\n");
        expect_text(&f, "out/obj_train_data/ignore/a b.txt",
                    base ? "1 0.25 0.25 0.125 0.125\n" : "0 0.25 0.25 0.125 0.125\n");
        CHECK(dt_is_dir(fixture_path(&f, "out/backup")));
        read_at(source, &before, NULL);
        read_at(target, &after, NULL);
        CHECK_INT(after.findings.count, 0);
        CHECK(after.set.class_base == base && after.set.split_count == 3);
        if (CHECK_INT(after.set.object_count, before.set.object_count))
            for (size_t i = 0; i < after.set.object_count; i++) {
                const dt_object *a = &before.set.objects[i], *b = &after.set.objects[i];
                CHECK(a->cls == b->cls && a->ignore == b->ignore);
                CHECK_NEAR(a->box.x1, b->box.x1, 1e-12);
                CHECK_NEAR(a->box.y2, b->box.y2, 1e-12);
            }
        release(&before);
        release(&after);
    }
    CHECK_OK(dt_convert_undo(target, &u, &err), &err);
    CHECK_INT(u.removed, 14);
    dt_undo_report_free(&u);
    CHECK(access(target, F_OK) != 0);
    fixture_free(&f);
}

/* Real data there and back: no box is lost, none moves. */
static void bccd(void)
{
    const char *source = dt_test_data("bccd");
    if (!source) return;
    fixture f = fixture_new();
    dt_convert_report r;
    dt_dataset voc;
    dt_error err = {0};
    parsed p;
    dt_convert_opts o = {.from = DT_FORMAT_VOC,
                         .to = DT_FORMAT_YOLO,
                         .layout = DT_LAYOUT_DARKNET,
                         .source = source,
                         .target = fixture_path(&f, "out")};
    CHECK_OK(dt_convert(&o, &r, &err), &err);
    CHECK_INT(r.boxes.kept, 4886);
    dt_convert_report_free(&r);
    CHECK_OK(dt_voc_read(source, NULL, &voc, NULL, &err), &err);
    if (read_at(fixture_path(&f, "out"), &p, NULL) == DT_OK &&
        CHECK_INT(p.set.record_count, voc.record_count)) {
        CHECK_INT(p.set.object_count, 4886);
        CHECK_INT(p.findings.count, 0);
        for (size_t i = 0; i < voc.record_count; i++) {
            const dt_record *a = &voc.records[i], *b = &p.set.records[i];
            if (a->count != b->count) continue; /* one of the two boxes without area */
            for (size_t k = 0; k < a->count; k++) {
                dt_box x = dt_dataset_box(&voc, &voc.objects[a->first + k], 640, 480),
                       y = dt_dataset_box(&p.set, &p.set.objects[b->first + k], 640, 480);
                CHECK_STR(voc.classes[voc.objects[a->first + k].cls],
                          p.set.classes[p.set.objects[b->first + k].cls]);
                CHECK(fabs(x.x1 - y.x1) < 1e-9 && fabs(x.y1 - y.y1) < 1e-9 && fabs(x.x2 - y.x2) < 1e-9 &&
                      fabs(x.y2 - y.y2) < 1e-9);
            }
        }
    }
    release(&p);
    dt_dataset_free(&voc);
    fixture_free(&f);
}

static void unwritable_names(void)
{
    fixture f = fixture_new();
    char source[600];
    dt_convert_report r;
    dt_error err = {0};
    fixture_text(&f, "set/data.yaml", "train: images\nnames: [\"a\\nb\"]\n");
    fixture_image(&f, "set/images/a.jpg", "exif1.jpg");
    snprintf(source, sizeof source, "%s", fixture_path(&f, "set/data.yaml"));
    dt_convert_opts o = {.from = DT_FORMAT_YOLO,
                         .to = DT_FORMAT_YOLO,
                         .layout = DT_LAYOUT_DARKNET,
                         .source = source,
                         .target = fixture_path(&f, "out")};
    CHECK_INT(dt_convert(&o, &r, &err), DT_ERR_UNSUPPORTED);
    CHECK_MSG(strstr(err.text, "cannot stand in a line of obj.names"), "%s", err.text);
    CHECK(access(fixture_path(&f, "out"), F_OK) != 0);
    dt_convert_report_free(&r);
    fixture_free(&f);
}

static void every_allocation_fails(void)
{
    fixture f = fixture_new();
    make_darknet(&f);
    size_t before = dt_mem_live();
    for (uint64_t n = 1;; n++) {
        dt_dataset set;
        dt_findings findings = {0};
        dt_error err = {0};
        dt_mem_fail_at(n);
        dt_status st = dt_yolo_read(fixture_path(&f, "run/data"), NULL, &set, &findings, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        dt_dataset_free(&set);
        dt_findings_free(&findings);
        CHECK_MSG(!fired || st == DT_ERR_MEMORY, "allocation %llu: %d %s", (unsigned long long)n, st,
                  err.text);
        CHECK_MSG(dt_mem_live() == before, "allocation %llu leaks", (unsigned long long)n);
        if (!fired || dt_test_failures > 10) break;
    }
    fixture_free(&f);
}

int main(void)
{
    RUN(darknet);
    RUN(bases);
    RUN(cvat);
    RUN(wrong_data);
    RUN(bare_folders);
    RUN(choice);
    RUN(written);
    RUN(bccd);
    RUN(unwritable_names);
    RUN(every_allocation_fails);
    return dt_test_end();
}
