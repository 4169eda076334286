/* Merging: classes, pictures that are the same or only have the same name, objects, splits, memory that runs
 * out. */
#include "datasets/edit/merge.h"

#include <math.h>

#include "datasets/edit/diff.h"
#include "datasets/target/target.h"
#include "fixture.h"

#define OBJECT(name, more, a, b, c, d)                                                                       \
    "<object><name>" name "</name>" more "<bndbox><xmin>" #a "</xmin><ymin>" #b "</ymin><xmax>" #c           \
    "</xmax><ymax>" #d "</ymax></bndbox></object>"
#define XML(objects) "<annotation><size><width>16</width><height>12</height></size>" objects "</annotation>"

enum { MOST = 3 };

typedef struct merged {
    dt_dataset sets[MOST];
    dt_set_source sources[MOST];
    dt_merge_count counts[MOST];
    dt_findings findings;
    dt_error err;
} merged;

static void merged_free(merged *m)
{
    for (int i = 0; i < MOST; i++)
        dt_dataset_free(&m->sets[i]);
    dt_findings_free(&m->findings);
}

/* The allocation of dt_merge that fails; 0: none. */
static uint64_t fail_at;

/* Opens folders of the fixture and merges them. Findings of the readers are not kept. */
static dt_status merge(const fixture *f, const char *const *folders, size_t count, dt_merge_opts o, merged *m)
{
    dt_status st = DT_OK;
    *m = (merged){0};
    for (size_t i = 0; i < count && st == DT_OK; i++) {
        dt_findings unused = {0};
        char path[700];
        snprintf(path, sizeof path, "%s/%s", f->root, folders[i]);
        const dt_set_source_opts opts = {
            .path = path, .no_images = 1, .as_is = 1, .voc_rule = DT_VOC_RULE_AUTO};
        st = dt_set_source_open(&opts, &m->sources[i], &m->sets[i], &unused, &m->err);
        dt_findings_free(&unused);
    }
    o.names = folders;
    if (!o.holds) o.holds = ~0u;
    dt_mem_fail_at(fail_at);
    return st == DT_OK ? dt_merge(m->sets, count, &o, m->counts, &m->findings, &m->err) : st;
}

static void put_yaml(const fixture *f, const char *set, const char *names)
{
    char path[100], text[400];
    snprintf(path, sizeof path, "%s/data.yaml", set);
    snprintf(text, sizeof text, "path: .\ntrain: images/train\nval: images/val\nnames: [%s]\n", names);
    fixture_text(f, path, text);
    snprintf(path, sizeof path, "%s/images/train", set);
    dt_error err = {0};
    CHECK_OK(dt_mkdirs(fixture_path(f, path), &err), &err);
    snprintf(path, sizeof path, "%s/images/val", set);
    CHECK_OK(dt_mkdirs(fixture_path(f, path), &err), &err);
}

/* A picture of a YOLO set: one of the golden ones, with so many bytes behind its end; rows may be NULL. */
static void put(const fixture *f, const char *set, const char *split, const char *name, const char *golden,
                int tail, const char *rows)
{
    char path[200], from[100], *data;
    size_t size;
    dt_error err = {0};
    snprintf(path, sizeof path, "%s/images/%s/%s", set, split, name);
    snprintf(from, sizeof from, "images/%s", golden);
    if (!CHECK_OK(dt_file_read(dt_test_golden(from), 1 << 20, &data, &size, &err), &err)) return;
    char *more = dt_calloc(size + (size_t)tail, 1);
    memcpy(more, data, size);
    fixture_bytes(f, path, more, size + (size_t)tail);
    dt_free(more);
    dt_free(data);
    if (!rows) return;
    snprintf(path, sizeof path, "%s/labels/%s/%.*s.txt", set, split, (int)(dt_path_extension(name) - name),
             name);
    fixture_text(f, path, rows);
}

static size_t find(const dt_dataset *set, const char *part)
{
    for (size_t i = 0; i < set->record_count; i++)
        if (set->records[i].image && strstr(set->records[i].image, part)) return i;
    return SIZE_MAX;
}

static size_t count_rule(const dt_findings *findings, const char *rule, dt_severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < findings->count; i++)
        n += findings->items[i].severity == severity && strcmp(findings->items[i].rule, rule) == 0;
    return n;
}

/* ---- classes ---- */

static void check_classes(const char *a, const char *b, dt_merge_opts o, const char *want)
{
    static const char *const folders[] = {"a", "b"};
    fixture f = fixture_new();
    merged m;
    char have[200] = "";
    put_yaml(&f, "a", a);
    put_yaml(&f, "b", b);
    put(&f, "a", "train", "a.jpg", "exif1.jpg", 0, "0 .5 .5 .2 .2\n");
    put(&f, "b", "train", "b.png", "rgb.png", 0, "0 .5 .5 .2 .2\n1 .4 .4 .2 .2\n");
    if (CHECK_OK(merge(&f, folders, 2, o, &m), &m.err)) {
        for (size_t i = 0; i < m.sets[0].class_count; i++)
            snprintf(have + strlen(have), sizeof have - strlen(have), "%s%s", i ? " " : "",
                     m.sets[0].classes[i]);
        size_t at = m.sets[0].records[find(&m.sets[0], "b.png")].first;
        snprintf(have + strlen(have), sizeof have - strlen(have), " | %s %s",
                 m.sets[0].classes[m.sets[0].objects[at].cls],
                 m.sets[0].classes[m.sets[0].objects[at + 1].cls]);
        CHECK_STR(have, want);
    }
    merged_free(&m);
    fixture_free(&f);
}

static void classes(void)
{
    dt_remap_list list = {0};
    dt_error err = {0};
    check_classes("cat, dog", "dog, bird", (dt_merge_opts){0}, "cat dog bird | dog bird");
    check_classes("cat, dog", "Dog, bird", (dt_merge_opts){0}, "cat dog Dog bird | Dog bird");
    check_classes("cat, dog", "Dog, bird", (dt_merge_opts){.ignore_case = 1}, "cat dog bird | dog bird");
    check_classes("'0', '1'", "'1', '00', '7'", (dt_merge_opts){0}, "0 1 7 | 1 0");
    check_classes("class_0, class_1", "'1', '0'", (dt_merge_opts){0}, "class_0 class_1 | class_1 class_0");
    CHECK_OK(dt_remap_add(&list, "dog=hound", &err), &err);
    check_classes("cat, dog", "hound, bird", (dt_merge_opts){.rename = &list}, "cat hound bird | hound bird");
    dt_remap_free(&list);
}

static void classes_refused(void)
{
    static const char *const folders[] = {"a", "b"};
    fixture f = fixture_new();
    merged m;
    dt_remap_list list = {0};
    dt_error err = {0};
    put_yaml(&f, "a", "cat, dog");
    put_yaml(&f, "b", "'0', '1'");
    put(&f, "a", "train", "a.jpg", "exif1.jpg", 0, NULL);
    put(&f, "b", "train", "b.png", "rgb.png", 0, NULL);
    CHECK_INT(merge(&f, folders, 2, (dt_merge_opts){0}, &m), DT_ERR_ARG);
    CHECK(strstr(m.err.text, "the classes of b are only numbers") && strstr(m.err.text, "--rename 0=NAME"));
    merged_free(&m);
    CHECK_OK(dt_remap_add(&list, "0=cat", &err), &err);
    CHECK_OK(dt_remap_add(&list, "1=bird", &err), &err);
    CHECK_OK(merge(&f, folders, 2, (dt_merge_opts){.rename = &list}, &m), &m.err);
    CHECK_INT(m.sets[0].class_count, 3);
    merged_free(&m);
    CHECK_OK(dt_remap_add(&list, "dgo=x", &err), &err);
    CHECK_INT(merge(&f, folders, 2, (dt_merge_opts){.rename = &list}, &m), DT_ERR_ARG);
    CHECK(strstr(m.err.text, "did you mean 'dog'"));
    merged_free(&m);
    dt_remap_free(&list);
    fixture_free(&f);
}

/* ---- pictures ---- */

/* Two pictures with the same bytes in one set stay two; the other set's go to those of their names. */
static void same_bytes(void)
{
    static const char *const folders[] = {"a", "b", "c"};
    fixture f = fixture_new();
    merged m;
    for (int i = 0; i < 3; i++)
        put_yaml(&f, folders[i], "cat");
    put(&f, "a", "train", "p.jpg", "exif1.jpg", 0, "0 .2 .2 .1 .1\n");
    put(&f, "a", "train", "q.jpg", "exif1.jpg", 0, "0 .4 .4 .1 .1\n");
    put(&f, "b", "train", "q.jpg", "exif1.jpg", 0, "0 .4 .4 .1 .1\n0 .6 .6 .1 .1\n");
    put(&f, "b", "val", "other.jpg", "exif1.jpg", 0, "0 .8 .8 .1 .1\n");
    put(&f, "c", "val", "q.jpg", "exif1.jpg", 0, "0 .6 .6 .1 .1\n");
    put(&f, "c", "val", "new.png", "rgb.png", 0, NULL);
    if (CHECK_OK(merge(&f, folders, 3, (dt_merge_opts){0}, &m), &m.err)) {
        const dt_dataset *set = &m.sets[0];
        CHECK_INT(set->record_count, 3);
        CHECK_INT(set->splits[0].count, 2);
        CHECK_STR(set->splits[1].name, "val");
        CHECK_INT(set->splits[1].count, 1);
        CHECK_INT(set->records[find(set, "a/images/train/p.jpg")].count,
                  2); /* its own, and that of other.jpg */
        CHECK_INT(set->records[find(set, "a/images/train/q.jpg")].count, 2);
        CHECK_INT(count_rule(&m.findings, "image-joined", DT_NOTE), 3);
        CHECK_INT(count_rule(&m.findings, "object-joined", DT_NOTE), 2);
        CHECK_INT(count_rule(&m.findings, "split-leak", DT_WARNING), 2);
        CHECK(m.counts[1].same == 2 && m.counts[1].objects_same == 1 && m.counts[1].objects_joined == 2 &&
              m.counts[1].conflicts == 1);
        CHECK(m.counts[2].same == 1 && m.counts[2].objects_same == 1 && m.counts[2].conflicts == 1);
        CHECK_INT(set->records[find(set, "new.png")].source, 2);
    }
    merged_free(&m);
    CHECK_OK(merge(&f, folders, 3, (dt_merge_opts){.into = "all"}, &m), &m.err);
    CHECK(m.sets[0].split_count == 1 && m.sets[0].splits[0].count == 3);
    CHECK_STR(m.sets[0].splits[0].name, "all");
    CHECK_INT(count_rule(&m.findings, "split-leak", DT_WARNING), 0);
    merged_free(&m);
    fixture_free(&f);
}

/* Bytes behind a JPEG's end change the file, not the picture. */
static void same_pixels(void)
{
    static const char *const folders[] = {"a", "b"};
    fixture f = fixture_new();
    merged m;
    put_yaml(&f, "a", "cat");
    put_yaml(&f, "b", "cat");
    put(&f, "a", "train", "p.jpg", "exif1.jpg", 0, NULL);
    put(&f, "a", "train", "q.jpg", "exif1.jpg", 0, NULL);
    put(&f, "a", "train", "r.jpg", "exif1.jpg", 0, NULL);
    put(&f, "b", "train", "p.jpg", "exif1.jpg", 5, NULL); /* the same */
    put(&f, "b", "train", "other.jpg", "exif1.jpg", 6,
        NULL);                                          /* the same pixels by another name: another picture */
    put(&f, "b", "train", "q.jpg", "rgb.png", 0, NULL); /* another one of this name */
    if (CHECK_OK(merge(&f, folders, 2, (dt_merge_opts){0}, &m), &m.err)) {
        CHECK_INT(m.sets[0].record_count, 5);
        CHECK_INT(m.counts[1].same, 1);
        CHECK_INT(find(&m.sets[0], "b/images/train/p.jpg"), SIZE_MAX);
    }
    merged_free(&m);
    CHECK_OK(merge(&f, folders, 2, (dt_merge_opts){.same_name = 1}, &m), &m.err);
    CHECK_INT(m.sets[0].record_count, 4);
    merged_free(&m);
    fixture_free(&f);
}

/* ---- objects ---- */

/* 0.95 and 0.94 of a box; another class; boxes without area. */
static void objects(void)
{
    static const char *const folders[] = {"a", "b"};
    fixture f = fixture_new();
    merged m;
    put_yaml(&f, "a", "cat, dog");
    put_yaml(&f, "b", "cat, dog");
    put(&f, "a", "train", "p.jpg", "exif1.jpg", 0, "0 .5 .5 1 1\n0 .5 .5 0 0\n");
    put(&f, "b", "train", "p.jpg", "exif1.jpg", 0,
        "0 .5 .48 1 .96\n0 .5 .4725 1 .945\n1 .5 .5 1 1\n0 .5 .5 0 0\n0 .5 .5 0 0\n1 .5 .5 1 1\n");
    if (CHECK_OK(merge(&f, folders, 2, (dt_merge_opts){0}, &m), &m.err)) {
        const dt_dataset *set = &m.sets[0];
        CHECK_INT(set->record_count, 1);
        CHECK_INT(set->object_count, 5); /* a set's own repetitions are not its neighbour's business */
        CHECK_INT(m.counts[1].objects_same, 3);
        CHECK(set->objects[0].extra == NULL);
        const dt_object *o = &set->objects[2];
        CHECK_STR(strstr(dt_object_label(&set->records[0], o), "/b/"), "/b/labels/train/p.txt");
        CHECK_NEAR(o->box.y2, .945 * 12, 1e-9);
        CHECK_INT(dt_object_origin(&set->records[0], o), DT_ORIGIN_YOLO);
    }
    merged_free(&m);
    fixture_free(&f);
}

static void make_voc(const fixture *f)
{
    fixture_text(
        f, "voc/Annotations/p.xml",
        XML(OBJECT(
            "cat", "<difficult>1</difficult>", 1, 1, 16,
            12) "<object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>10</ymax>"
                "</bndbox><part><name>head</name><bndbox><xmin>3</xmin><ymin>2</ymin><xmax>5</xmax>"
                "<ymax>4</ymax></bndbox></part></object>"));
    fixture_image(f, "voc/JPEGImages/p.jpg", "exif1.jpg");
    fixture_text(f, "voc/ImageSets/Main/train.txt", "p\n");
}

/* Coordinates of VOC files count from 1: objects and their parts keep their place beside a set that counts
 * from 0. What only the dropped twin held is a warning, unless the target cannot hold it either. */
static void rules_of_voc(void)
{
    static const char *const folders[] = {"yolo", "voc"};
    fixture f = fixture_new();
    merged m;
    make_voc(&f);
    put_yaml(&f, "yolo", "cat");
    put(&f, "yolo", "train", "p.jpg", "exif1.jpg", 0, "0 .5 .5 1 1\n");
    if (CHECK_OK(merge(&f, folders, 2, (dt_merge_opts){0}, &m), &m.err) &&
        CHECK_INT(m.sets[0].object_count, 2)) {
        const dt_object *o = &m.sets[0].objects[1];
        dt_box b = dt_dataset_box(&m.sets[0], o, 16, 12);
        CHECK(b.x1 == 1 && b.y1 == 1 && b.x2 == 9 && b.y2 == 10);
        CHECK(o->box.x1 == 1 && o->extra->parts[0].box.x1 == 2 && o->extra->parts[0].box.x2 == 5);
        CHECK_INT(count_rule(&m.findings, "object-joined", DT_WARNING), 1);
        CHECK(m.findings.count && strstr(m.findings.items[1].message, "which lacks: difficult"));
    }
    merged_free(&m);
    CHECK_OK(merge(&f, folders, 2, (dt_merge_opts){.holds = dt_format_fields(DT_FORMAT_YOLO)}, &m), &m.err);
    CHECK_INT(count_rule(&m.findings, "object-joined", DT_NOTE), 1);
    merged_free(&m);
    fixture_free(&f);
}

/* ---- the whole ---- */

static void near_duplicates(void)
{
    static const char *const folders[] = {"a", "b"};
    fixture f = fixture_new();
    merged m;
    put_yaml(&f, "a", "cat");
    put_yaml(&f, "b", "cat");
    put(&f, "a", "train", "p.jpg", "exif1.jpg", 0, NULL);
    put(&f, "b", "val", "q.jpg", "exif1.jpg", 9, NULL);
    CHECK_OK(merge(&f, folders, 2, (dt_merge_opts){.near = 1}, &m), &m.err);
    CHECK_INT(m.sets[0].record_count, 2);
    CHECK_INT(count_rule(&m.findings, "split-leak", DT_WARNING), 1);
    merged_free(&m);
    CHECK_OK(merge(&f, folders, 2, (dt_merge_opts){0}, &m), &m.err);
    CHECK_INT(count_rule(&m.findings, "split-leak", DT_WARNING), 0);
    merged_free(&m);
    fixture_free(&f);
}

/* Every allocation fails once: an error each time, and nothing is left over. */
static void memory(void)
{
    static const char *const folders[] = {"a", "voc", "b"};
    fixture f = fixture_new();
    merged m;
    make_voc(&f);
    put_yaml(&f, "a", "Cat");
    put_yaml(&f, "b", "dog");
    put(&f, "a", "train", "p.jpg", "exif1.jpg", 3, "0 .5 .5 1 1\n");
    put(&f, "b", "val", "p.jpg", "exif1.jpg", 0, "0 .5 .5 1 1\n");
    const dt_merge_opts o = {.ignore_case = 1, .near = 1};
    CHECK_OK(merge(&f, folders, 3, o, &m), &m.err);
    CHECK_INT(m.sets[0].record_count, 1);
    CHECK_INT(m.sets[0].object_count, 3);
    merged_free(&m);
    size_t before = dt_mem_live();
    for (fail_at = 1;; fail_at++) {
        dt_status st = merge(&f, folders, 3, o, &m);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        merged_free(&m);
        if (!CHECK_INT(dt_mem_live(), before)) break;
        if (!fired) break;
        if (st == DT_OK) CHECK_MSG(0, "allocation %llu failed unseen", (unsigned long long)fail_at);
    }
    CHECK(fail_at > 50);
    fail_at = 0;
    fixture_free(&f);
}

/* Each half of a set keeps every second picture; together they are the set again. */
static void halves(const char *path)
{
    dt_dataset sets[2] = {{0}}, whole = {0};
    dt_set_source source;
    dt_error err = {0};
    static const char *const names[] = {"odd", "even"};
    const dt_set_source_opts opts = {.path = path, .no_images = 1, .as_is = 1, .voc_rule = DT_VOC_RULE_AUTO};
    dt_findings findings = {0};
    if (!CHECK_OK(dt_set_source_open(&opts, &source, &whole, &findings, &err), &err)) return;
    for (int h = 0; h < 2; h++) {
        CHECK_OK(dt_set_source_open(&opts, &source, &sets[h], &findings, &err), &err);
        size_t n = 0, objects = 0;
        for (size_t s = 0; s < sets[h].split_count; s++) {
            dt_split *split = &sets[h].splits[s];
            size_t first = n;
            for (size_t i = split->first; i < split->first + split->count; i++) {
                dt_record r = sets[h].records[i];
                if ((i & 1) != (size_t)h) continue;
                memmove(sets[h].objects + objects, sets[h].objects + r.first,
                        r.count * sizeof *sets[h].objects);
                r.first = objects;
                objects += r.count;
                sets[h].records[n++] = r;
            }
            split->first = first;
            split->count = n - first;
        }
        sets[h].record_count = n;
        sets[h].object_count = objects;
    }
    const dt_merge_opts o = {.names = names, .holds = ~0u};
    dt_diff diff;
    CHECK_OK(dt_merge(sets, 2, &o, NULL, &findings, &err), &err);
    const dt_diff_opts d = {.formats = {source.format, source.format}, .tolerance = 0};
    CHECK_OK(dt_diff_sets(&whole, &sets[0], &d, &diff, &err), &err);
    CHECK_INT(diff.count, 0);
    CHECK_INT(diff.pairs, whole.record_count);
    CHECK_INT(diff.equal, whole.object_count);
    dt_diff_free(&diff);
    dt_dataset_free(&sets[0]);
    dt_dataset_free(&sets[1]);
    dt_dataset_free(&whole);
    dt_findings_free(&findings);
}

static void real_sets(void)
{
    const char *voc = dt_test_data("bccd"), *coco = dt_test_data("coco-tiny");
    if (voc) halves(voc);
    if (coco) halves(coco);
}

int main(void)
{
    RUN(classes);
    RUN(classes_refused);
    RUN(same_bytes);
    RUN(same_pixels);
    RUN(objects);
    RUN(rules_of_voc);
    RUN(near_duplicates);
    RUN(memory);
    RUN(real_sets);
    return dt_test_end();
}
