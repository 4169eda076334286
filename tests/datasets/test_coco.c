/* COCO instances as a data set: layouts, ids, flags, segmentations, bad input. */
#include "datasets/coco/coco.h"

#include "datasets/convert.h"
#include "fixture.h"

#define IMAGES                                                                                               \
    "\"images\": [{\"id\": 900, \"file_name\": \"b.jpg\", \"width\": 16, \"height\": 12},"                   \
    "{\"id\": -7, \"file_name\": \"sub/a.png\", \"width\": 16, \"height\": 12},"                             \
    "{\"id\": 12, \"file_name\": \"none.jpg\", \"width\": 16, \"height\": 12}]"
#define CATEGORIES                                                                                           \
    "\"categories\": [{\"id\": 90, \"name\": \"zebra\"}, {\"id\": 3, \"name\": \"car\"}, {\"id\": 18, "      \
    "\"name\": \"\"}]"
#define FILE_WITH(annotations) "{" IMAGES ", \"annotations\": [" annotations "], " CATEGORIES "}"
#define GOOD                                                                                                 \
    "{\"id\": 5, \"image_id\": -7, \"category_id\": 3, \"bbox\": [1.5, 2, 3.25, 4], \"area\": 7.5, "         \
    "\"iscrowd\": 0,"                                                                                        \
    "\"segmentation\": [[1.5, 2, 4.75, 2, 4, 6]]},"                                                          \
    "{\"id\": 4, \"image_id\": 900, \"category_id\": 90, \"bbox\": [10.1, 0, 5.2, 12], \"iscrowd\": 1, "     \
    "\"area\": 9, \"segmentation\": {\"counts\": [3, 4], \"size\": [12, 16]}},"                              \
    "{\"id\": 6, \"image_id\": -7, \"category_id\": 18, \"bbox\": [0, 0, 16, 12], \"segmentation\": []}"

static fixture make_set(const char *json)
{
    fixture f = fixture_new();
    fixture_text(&f, "coco/annotations/instances_val2017.json", json);
    fixture_image(&f, "coco/val2017/b.jpg", "exif1.jpg");
    fixture_image(&f, "coco/val2017/sub/a.png", "rgb.png");
    fixture_image(&f, "coco/val2017/none.jpg", "exif1.jpg");
    return f;
}

static void check_good(const dt_dataset *set)
{
    if (!CHECK_INT(set->record_count, 3) || !CHECK_INT(set->object_count, 3)) return;
    CHECK_STR(set->splits[0].name, "val");
    CHECK_INT(set->class_count, 3);
    CHECK_STR(set->classes[0], "car");
    CHECK_STR(set->classes[1], "category_18");
    CHECK_STR(set->classes[2], "zebra");
    const dt_record *b = &set->records[0], *a = &set->records[1], *none = &set->records[2];
    CHECK(b->count == 1 && a->count == 2 && none->count == 0);
    CHECK_STR(a->name, "sub/a.png");
    const dt_object *crowd = &set->objects[b->first], *poly = &set->objects[a->first], *full = poly + 1;
    CHECK(crowd->crowd == 1 && crowd->cls == 2 && crowd->area == 9 && crowd->extra->id == 4);
    CHECK(crowd->box.x1 == 10.1 && crowd->box.x2 == 15.3 && crowd->box.y2 == 12);
    CHECK(poly->cls == 0 && poly->area == 7.5 && poly->box.x2 == 4.75 && !poly->crowd);
    CHECK(full->cls == 1 && full->area == -1 && full->extra->segmentation_bytes == 0);
    dt_str text = {0};
    dt_error err = {0};
    CHECK_OK(dt_coco_segmentation_read(a, poly, &text, &err), &err);
    CHECK_STR(text.data, "[[1.5, 2, 4.75, 2, 4, 6]]");
    dt_str_clear(&text);
    CHECK_OK(dt_coco_segmentation_read(b, crowd, &text, &err), &err);
    CHECK_STR(text.data, "{\"counts\": [3, 4], \"size\": [12, 16]}");
    dt_str_free(&text);
    CHECK_INT(dt_coco_segmentation_read(a, full, &text, &err), DT_ERR_ARG);
}

static void layouts(void)
{
    fixture f = make_set(FILE_WITH(GOOD));
    dt_dataset set;
    dt_findings findings = {0};
    dt_error err = {0};
    const char *const paths[] = {"coco", "coco/annotations/instances_val2017.json"};
    for (int i = 0; i < 2; i++) {
        if (!CHECK_OK(dt_coco_read(fixture_path(&f, paths[i]), NULL, &set, &findings, &err), &err)) continue;
        check_good(&set);
        CHECK(set.records[1].image && access(set.records[1].image, F_OK) == 0);
        dt_dataset_free(&set);
    }
    CHECK_INT(dt_findings_count_rule(&findings, "category-ids"), 2);
    CHECK_INT(findings.by_severity[DT_PROBLEM] + findings.by_severity[DT_WARNING], 0);
    dt_findings_free(&findings);
    /* Pictures elsewhere: an error that says where it looked, unless they are not needed or their folder is
     * named. */
    rename(fixture_path(&f, "coco/val2017"), fixture_path(&f, "pictures"));
    CHECK_INT(dt_coco_read(fixture_path(&f, "coco"), NULL, &set, NULL, &err), DT_ERR_NOT_FOUND);
    CHECK(strstr(err.text, "b.jpg") != NULL);
    dt_coco_read_opts opts = {.no_images = 1};
    if (CHECK_OK(dt_coco_read(fixture_path(&f, "coco"), &opts, &set, NULL, &err), &err)) check_good(&set);
    CHECK(set.records[0].image == NULL);
    dt_dataset_free(&set);
    char dir[600];
    snprintf(dir, sizeof dir, "%s", fixture_path(&f, "pictures"));
    opts = (dt_coco_read_opts){.image_dir = dir};
    if (CHECK_OK(dt_coco_read(fixture_path(&f, "coco"), &opts, &set, NULL, &err), &err)) check_good(&set);
    CHECK(set.records[0].image && access(set.records[0].image, F_OK) == 0);
    dt_dataset_free(&set);
    CHECK_INT(dt_coco_read(fixture_path(&f, "nothing"), NULL, &set, NULL, &err), DT_ERR_NOT_FOUND);
    CHECK_INT(dt_coco_read(fixture_path(&f, "pictures"), NULL, &set, NULL, &err), DT_ERR_NOT_FOUND);
    fixture_free(&f);
}

static void split_names(void)
{
    static const struct {
        const char *path, *split;
    } cases[] = {
        {"instances_train2017.json", "train"},   {"instances_val2014.json", "val"},
        {"instances_minival.json", "minival"},   {"x.json", "train"},
        {"valid/_annotations.coco.json", "val"}, {"test/_annotations.coco.json", "test"},
        {"instances_2017.json", "train"},        {"instances_...json", "train"},
    };
    fixture f = fixture_new();
    dt_coco_sources sources;
    dt_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_text(&f, cases[i].path, "{}");
        if (!CHECK_OK(dt_coco_find_sources(fixture_path(&f, cases[i].path), &sources, &err), &err)) continue;
        CHECK_STR(sources.items[0].split, cases[i].split);
        dt_coco_sources_free(&sources);
    }
    fixture_text(&f, "two/annotations/instances_val2017.json", "{}");
    fixture_text(&f, "two/annotations/instances_train2017.json", "{}");
    fixture_text(&f, "two/annotations/instances_train2014.json", "{}");
    fixture_text(&f, "two/annotations/captions_train2014.json", "{}");
    CHECK_OK(dt_coco_find_sources(fixture_path(&f, "two"), &sources, &err), &err);
    if (CHECK_INT(sources.count, 3)) {
        CHECK_STR(sources.items[0].split, "val");
        CHECK_STR(sources.items[1].split, "train2014");
        CHECK_STR(sources.items[2].split, "train2017");
    }
    dt_coco_sources_free(&sources);
    fixture_free(&f);
}

static void bad_annotations(void)
{
    fixture f =
        make_set(FILE_WITH("{\"id\": 1, \"image_id\": 55, \"category_id\": 3, \"bbox\": [1, 2, 3, 4]},"
                           "{\"id\": 2, \"image_id\": 900, \"category_id\": 4, \"bbox\": [1, 2, 3, 4]},"
                           "{\"id\": 3, \"image_id\": 900, \"category_id\": 3, \"bbox\": [1, 2, 1e308, 4]},"
                           "{\"id\": 8, \"image_id\": 900, \"category_id\": 3, \"bbox\": [1, 2, 3, 4]}"));
    dt_dataset set;
    dt_findings findings = {0};
    dt_error err = {0};
    CHECK_OK(dt_coco_read(fixture_path(&f, "coco"), NULL, &set, &findings, &err), &err);
    CHECK_INT(set.object_count, 2); /* the huge one is clipped later */
    CHECK_INT(dt_findings_count_rule(&findings, "image-unknown"), 1);
    CHECK_INT(dt_findings_count_rule(&findings, "category-unknown"), 1);
    CHECK_INT(dt_findings_count_fate(&findings, DT_FATE_DROPPED), 2);
    CHECK(findings.count >= 2 && strstr(findings.items[findings.count - 1].message, "byte") != NULL);
    dt_dataset_free(&set);
    dt_findings_free(&findings);
    fixture_free(&f);
}

static void bad_files(void)
{
    static const struct {
        const char *json, *message;
    } cases[] = {
        {"{\"images\": [{\"id\": 1}, {\"id\": 1}], \"annotations\": [], \"categories\": []}", "used twice"},
        {"{\"images\": [], \"annotations\": [], \"categories\": [{\"id\": 1}, {\"id\": 1}]}", "used twice"},
        {FILE_WITH(GOOD "," GOOD), "annotation id 5 is used twice"},
        {FILE_WITH("{\"id\": 1, \"image_id\": 900, \"category_id\": 3, \"bbox\": [NaN, 2, 3, 4]}"), "line 1"},
        {FILE_WITH("{\"id\": 1, \"image_id\": 900, \"category_id\": 3, \"bbox\": [2, 3, 4]}"),
         "instead of 4"},
        {"{" IMAGES ", \"annotations\": [{\"id\": 1, \"image_id\": 900, \"cate", "byte"},
        {"", "line 1"},
        {"[]", "array"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f = make_set(cases[i].json);
        dt_dataset set;
        dt_error err = {0};
        CHECK_INT(dt_coco_read(fixture_path(&f, "coco"), NULL, &set, NULL, &err), DT_ERR_FORMAT);
        CHECK_MSG(strstr(err.text, cases[i].message) != NULL, "case %zu: %s", i, err.text);
        CHECK_MSG(strstr(err.text, "instances_val2017.json") != NULL, "case %zu: %s", i, err.text);
        fixture_free(&f);
    }
}

/* Names that lead out of the folder are neither read nor written. */
static void hostile_names(void)
{
    fixture f = make_set(
        "{\"images\": [{\"id\": 1, \"file_name\": \"../secret.jpg\", \"width\": 16, \"height\": 12},"
        "{\"id\": 2, \"file_name\": \"/etc/hostname\", \"width\": 16, \"height\": 12},"
        "{\"id\": 3, \"file_name\": \"\", \"width\": 16, \"height\": 12},"
        "{\"id\": 4, \"file_name\": \"sub/../../x.jpg\", \"width\": 16, \"height\": 12},"
        "{\"id\": 5, \"file_name\": \"b.jpg\", \"width\": 16, \"height\": 12},"
        "{\"id\": 6, \"file_name\": \"..\", \"width\": 16, \"height\": 12},"
        "{\"id\": 7, \"file_name\": \"sub/\", \"width\": 16, \"height\": 12}],"
        "\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}],"
        "\"categories\": [{\"id\": 1, \"name\": \"../evil\"}]}");
    fixture_image(&f, "coco/secret.jpg", "exif1.jpg");
    for (int images = 0; images < 2; images++)
        for (int to = 0; to < DT_FORMATS; to++) {
            if (to == DT_FORMAT_COCO) continue;
            char source[600], target[600];
            snprintf(source, sizeof source, "%s", fixture_path(&f, "coco"));
            snprintf(target, sizeof target, "%s/out%d%d/deep", f.root, to, images);
            dt_convert_opts o = {.from = DT_FORMAT_COCO,
                                 .to = (dt_convert_format)to,
                                 .source = source,
                                 .target = target,
                                 .images = images ? DT_IMAGES_NONE : DT_IMAGES_COPY};
            dt_convert_report r;
            dt_error err = {0};
            CHECK_OK(dt_convert(&o, &r, &err), &err);
            CHECK_INT(dt_findings_count_rule(&r.findings, "filename-unsafe"), 5);
            CHECK_INT(r.images, images ? 7 : 1);
            dt_convert_report_free(&r);
            dt_names names = {0};
            char out[80];
            snprintf(out, sizeof out, "out%d%d", to, images);
            CHECK_OK(dt_dir_list(fixture_path(&f, out), &names, &err), &err);
            CHECK_INT(names.count, 1);
            dt_names_free(&names);
        }
    fixture_free(&f);
}

static void every_allocation_fails(void)
{
    fixture f = make_set(FILE_WITH(GOOD));
    size_t live = dt_mem_live();
    for (uint64_t nth = 1;; nth++) {
        dt_dataset set;
        dt_findings findings = {0};
        dt_error err = {0};
        dt_mem_fail_at(nth);
        dt_status st = dt_coco_read(fixture_path(&f, "coco"), NULL, &set, &findings, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        if (st == DT_OK) dt_dataset_free(&set);
        dt_findings_free(&findings);
        if (!CHECK_INT(dt_mem_live(), live)) break;
        if (!fired) {
            CHECK_OK(st, &err);
            break;
        }
        CHECK_MSG(st == DT_ERR_MEMORY, "allocation %d: %s", (int)nth, err.text);
    }
    fixture_free(&f);
}

int main(void)
{
    RUN(layouts);
    RUN(split_names);
    RUN(bad_annotations);
    RUN(bad_files);
    RUN(hostile_names);
    RUN(every_allocation_fails);
    return dt_test_end();
}
