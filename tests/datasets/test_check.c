/* Checks of classes and boxes on sets made in memory; test_inspect.sh has those that take pictures. */
#include "datasets/check/check.h"

#include "core/mem.h"
#include "datasets/check/rules.h"
#include "test.h"

static void add_class(dt_dataset *set, const char *name)
{
    dt_error err = {0};
    int32_t cls;
    CHECK_OK(dt_dataset_class(set, name, strlen(name), &cls, &err), &err);
}

static void add_record(dt_dataset *set, const char *split, int width, int height)
{
    dt_error err = {0};
    dt_record *r;
    if (split) CHECK_OK(dt_dataset_add_split(set, split, &err), &err);
    CHECK_OK(dt_dataset_add_record(set, NULL, "l.xml", &r, &err), &err);
    r->width = width;
    r->height = height;
}

static void add(dt_dataset *set, int32_t cls, double x1, double y1, double x2, double y2, int crowd)
{
    dt_error err = {0};
    dt_object object = {.box = {x1, y1, x2, y2}, .area = -1, .cls = cls, .crowd = (int8_t)crowd, .line = 7};
    CHECK_OK(dt_dataset_add_object(set, &object, &err), &err);
}

static void expect(const dt_findings *findings, const char *rule, size_t count)
{
    size_t n = dt_findings_count_rule(findings, rule);
    CHECK_MSG(n == count, "%s: found %zu times, expected %zu", rule, n, count);
}

static dt_dataset boxes_set(void)
{
    dt_dataset set = {0};
    add_class(&set, "a");
    add_class(&set, "b");
    add_record(&set, "train", 640, 320);
    add(&set, 0, 10, 10, 50, 50, 0);
    add(&set, 0, 10, 10, 50, 50, 0);    /* object-twice */
    add(&set, 0, 100, 10, 200, 110, 0); /* alone */
    add(&set, 0, 101, 10, 200, 110, 0); /* object-near: IoU 0.99 */
    add(&set, 0, 300, 100, 400, 200, 0);
    add(&set, 0, 306, 100, 400, 200, 0); /* IoU 0.94: two objects */
    add(&set, 1, 301, 100, 400, 200, 0); /* object-conflict with 4 only: with 5 it is 94 / 99 */
    add(&set, 1, 500, 10, 600, 110, 1);
    add(&set, 1, 500, 10, 600, 110, 1);  /* crowds may repeat */
    add(&set, 1, 50, 50, 40, 60, 0);     /* box-inverted */
    add(&set, 1, 50, 50, 50, 60, 0);     /* box-empty */
    add(&set, 1, 600, 300, 650, 320, 0); /* box-outside, warning */
    add(&set, 1, 700, 10, 720, 30, 0);   /* box-outside, error */
    add(&set, 1, 20, 200, 27, 207, 0);   /* box-small */
    add(&set, 1, 60, 200, 68, 207, 0);   /* a side of a stride */
    add_record(&set, NULL, 0, 0);
    add(&set, 0, 10, 10, 20, 20, 0); /* size-missing */
    return set;
}

static void boxes(void)
{
    dt_dataset set = boxes_set();
    dt_findings findings = {0};
    dt_error err = {0};
    const dt_check_opts opts = {0};
    CHECK_OK(dt_check_boxes(&set, &opts, &findings, &err), &err);
    expect(&findings, "object-twice", 1);
    expect(&findings, "object-near", 1);
    expect(&findings, "object-conflict", 1);
    expect(&findings, "box-inverted", 1);
    expect(&findings, "box-empty", 1);
    expect(&findings, "box-outside", 2);
    expect(&findings, "box-small", 1);
    expect(&findings, "size-missing", 1);
    CHECK_INT(findings.count, 9);
    CHECK_INT(findings.by_severity[DT_PROBLEM], 3);
    CHECK_INT(findings.by_severity[DT_WARNING], 5);
    for (size_t i = 0; i < findings.count; i++) {
        const dt_finding *f = &findings.items[i];
        CHECK_STR(f->file, "l.xml");
        if (strcmp(f->rule, "object-twice") == 0) CHECK_INT(f->object, 1);
        if (strcmp(f->rule, "object-twice") == 0) CHECK_STR(f->before, "10.0 10.0 50.0 50.0");
        if (f->object >= 0) CHECK_INT(f->line, 7);
    }
    dt_findings_free(&findings);
    CHECK_OK(dt_check_boxes(&set, &(dt_check_opts){.imgsz = 1280}, &findings, &err), &err);
    expect(&findings, "box-small", 0);
    dt_findings_free(&findings);
    dt_dataset_free(&set);
}

static void classes(void)
{
    dt_dataset set = {0};
    dt_findings findings = {0};
    dt_error err = {0};
    add_class(&set, "traffic light");
    add_class(&set, "Traffic_Light"); /* class-similar */
    add_class(&set, "unused");
    add_class(&set, "only val");
    add_class(&set, "c");
    add_class(&set, "c++");
    add_record(&set, "train", 100, 100);
    for (int c = 0; c < 6; c++)
        if (c != 2 && c != 3) add(&set, c, 1, 1, 50, 50, 0);
    add_record(&set, "val", 100, 100);
    for (int c = 0; c < 6; c++)
        if (c != 2 && c != 1) add(&set, c, 1, 1, 50, 50, 0);
    CHECK_OK(dt_check_classes(&set, &findings, &err), &err);
    expect(&findings, "class-similar", 1);
    expect(&findings, "class-unused", 1);
    expect(&findings, "class-untrained", 1);
    expect(&findings, "class-untested", 1);
    CHECK_INT(findings.count, 4);
    dt_findings_free(&findings);
    dt_dataset_free(&set);
}

static void every_rule_has_a_text(void)
{
    dt_dataset set = boxes_set();
    dt_findings findings = {0};
    dt_error err = {0};
    size_t count;
    CHECK_OK(dt_dataset_check(&set, &(dt_check_opts){0}, &findings, &err), &err);
    for (size_t i = 0; i < findings.count; i++)
        CHECK_MSG(dt_rule_find(findings.items[i].rule) != NULL, "no text for %s", findings.items[i].rule);
    const dt_rule *rules = dt_rules(&count);
    for (size_t i = 0; i < count; i++)
        CHECK_MSG(dt_rule_find(rules[i].id) == &rules[i], "%s stands twice", rules[i].id);
    CHECK(dt_rule_find("no-such-rule") == NULL);
    dt_findings_free(&findings);
    dt_dataset_free(&set);
}

static void out_of_memory(void)
{
    dt_dataset set = boxes_set();
    size_t before = dt_mem_live();
    for (uint64_t n = 1;; n++) {
        dt_findings findings = {0};
        dt_error err = {0};
        dt_mem_fail_at(n);
        dt_status st = dt_dataset_check(&set, &(dt_check_opts){0}, &findings, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        dt_findings_free(&findings);
        CHECK_INT(dt_mem_live(), before);
        if (!fired) {
            CHECK_OK(st, &err);
            break;
        }
        CHECK_INT(st, DT_ERR_MEMORY);
    }
    dt_dataset_free(&set);
}

int main(void)
{
    RUN(boxes);
    RUN(classes);
    RUN(every_rule_has_a_text);
    RUN(out_of_memory);
    return dt_test_end();
}
