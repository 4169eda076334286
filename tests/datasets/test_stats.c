/* Statistics of a small set, checked by hand, and of BCCD. */
#include "datasets/check/stats.h"

#include "core/mem.h"
#include "datasets/detect_format.h"
#include "test.h"

static void add(dt_dataset *set, int32_t cls, dt_box box, int difficult)
{
    dt_error err = {0};
    dt_object object = {.box = box, .area = -1, .cls = cls, .difficult = (int8_t)difficult};
    CHECK_OK(dt_dataset_add_object(set, &object, &err), &err);
}

static dt_record *add_record(dt_dataset *set, int width, int height)
{
    dt_error err = {0};
    dt_record *r = NULL;
    CHECK_OK(dt_dataset_add_record(set, "i.jpg", "i.xml", &r, &err), &err);
    r->width = width;
    r->height = height;
    return r;
}

/* Pixels; train: a picture of 200 x 100 with three objects, one of 100 x 100 without; val: one of 200 x 100. */
static void make_set(dt_dataset *set)
{
    dt_error err = {0};
    static const char *const names[] = {"a", "b", "unused"};
    *set = (dt_dataset){0};
    for (int i = 0; i < 3; i++) {
        int32_t cls;
        CHECK_OK(dt_dataset_class(set, names[i], strlen(names[i]), &cls, &err), &err);
    }
    CHECK_OK(dt_dataset_add_split(set, "train", &err), &err);
    add_record(set, 200, 100);
    add(set, 0, (dt_box){0, 0, 20, 20}, 0);
    add(set, 0, (dt_box){100, 0, 200, 100}, 1);
    add(set, 1, (dt_box){150, 50, 250, 90}, 0); /* 50 x 40 after the cut */
    add_record(set, 100, 100);
    CHECK_OK(dt_dataset_add_split(set, "val", &err), &err);
    add_record(set, 200, 100);
    add(set, 0, (dt_box){10, 10, 10, 30}, 0); /* no area */
}

static void counts(void)
{
    dt_dataset set;
    dt_stats s;
    dt_error err = {0};
    make_set(&set);
    CHECK_OK(dt_dataset_stats(&set, &s, &err), &err);
    CHECK_INT(s.images, 3);
    CHECK_INT(s.backgrounds, 1);
    CHECK_INT(s.objects, 4);
    CHECK_INT(s.measured, 3);
    CHECK_INT(s.difficult, 1);
    CHECK_INT(s.class_count, 3);
    CHECK_INT(s.classes[0].objects, 3);
    CHECK_INT(s.classes[0].images, 2);
    CHECK_INT(s.classes[0].difficult, 1);
    CHECK_INT(s.classes[1].images, 1);
    CHECK_INT(s.classes[2].objects, 0);
    CHECK_INT(s.split_count, 2);
    CHECK_STR(s.splits[1].name, "val");
    CHECK_INT(s.splits[0].images, 2);
    CHECK_INT(s.splits[0].backgrounds, 1);
    CHECK_INT(s.splits[0].objects, 3);
    CHECK_INT(s.splits[0].class_objects[0], 2);
    CHECK_INT(s.splits[1].class_objects[0], 1);
    CHECK_INT(s.splits[1].class_objects[1], 0);
    CHECK_INT(s.per_image_bins[0], 1);
    CHECK_INT(s.per_image_bins[1], 1);
    CHECK_INT(s.per_image_bins[3], 1);
    CHECK_NEAR(s.imbalance, 3, 0);
    CHECK_NEAR(s.evenness, (-0.75 * log(0.75) - 0.25 * log(0.25)) / log(3), 1e-15);
    CHECK_INT(s.size_count, 2);
    CHECK_INT(s.sizes[0].width, 200);
    CHECK_INT(s.sizes[0].images, 2);
    dt_stats_free(&s);
    dt_dataset_free(&set);
}

static void boxes(void)
{
    dt_dataset set;
    dt_stats s;
    dt_error err = {0};
    make_set(&set);
    CHECK_OK(dt_dataset_stats(&set, &s, &err), &err);
    CHECK_INT(s.by_size[DT_SIZE_SMALL], 1);
    CHECK_INT(s.by_size[DT_SIZE_MEDIUM], 1);
    CHECK_INT(s.by_size[DT_SIZE_LARGE], 1);
    CHECK_NEAR(s.side.min, 20, 0);
    CHECK_NEAR(s.side.median, sqrt(2000), 1e-12);
    CHECK_NEAR(s.side.max, 100, 0);
    CHECK_NEAR(s.side.mean, (20 + sqrt(2000) + 100) / 3, 1e-12);
    CHECK_NEAR(s.aspect.p95, 1.25, 1e-12);
    CHECK_NEAR(s.classes[0].side.median, 20, 0); /* nearest rank: the first of two */
    CHECK_INT(s.classes[0].side.count, 2);
    CHECK_INT(s.side_bins[2], 1);  /* sqrt(400 / 20000) = 0.141 */
    CHECK_INT(s.side_bins[6], 1);  /* sqrt(0.1) = 0.316 */
    CHECK_INT(s.side_bins[14], 1); /* sqrt(0.5) = 0.707 */
    CHECK_INT(s.aspect_bins[8], 3);
    CHECK_INT(s.heat[1][0], 1);   /* centre (10, 10): x 0.05, y 0.1 */
    CHECK_INT(s.heat[8][12], 1);  /* (150, 50) */
    CHECK_INT(s.heat[11][14], 1); /* (175, 70) */
    dt_stats_free(&s);
    dt_dataset_free(&set);
}

static void real_size_counts(void)
{
    dt_dataset set;
    dt_stats s;
    dt_error err = {0};
    make_set(&set);
    set.records[0].real_width = 400;
    set.records[0].real_height = 400;
    CHECK_OK(dt_dataset_stats(&set, &s, &err), &err);
    CHECK_NEAR(s.side.median, sqrt(4000), 1e-12);
    CHECK_NEAR(s.relative_side.max, 0.25, 1e-12);
    dt_stats_free(&s);
    dt_dataset_free(&set);
}

static void empty_set(void)
{
    dt_dataset set = {0};
    dt_stats s;
    dt_error err = {0};
    CHECK_OK(dt_dataset_stats(&set, &s, &err), &err);
    CHECK_INT(s.images, 0);
    CHECK_NEAR(s.imbalance, 0, 0);
    CHECK_NEAR(s.side.max, 0, 0);
    dt_stats_free(&s);
}

static void out_of_memory(void)
{
    dt_dataset set;
    make_set(&set);
    size_t before = dt_mem_live();
    for (uint64_t n = 1;; n++) {
        dt_stats s;
        dt_error err = {0};
        dt_mem_fail_at(n);
        dt_status st = dt_dataset_stats(&set, &s, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        if (!fired) {
            CHECK_OK(st, &err);
            dt_stats_free(&s);
            break;
        }
        CHECK_INT(st, DT_ERR_MEMORY);
        CHECK_INT(dt_mem_live(), before);
    }
    dt_dataset_free(&set);
}

static void bccd(void)
{
    const char *path = dt_test_data("bccd");
    dt_dataset set;
    dt_stats s;
    dt_findings findings = {0};
    dt_error err = {0};
    if (!path) return;
    CHECK_OK(dt_dataset_read(path, NULL, NULL, &set, NULL, &findings, &err), &err);
    CHECK_OK(dt_dataset_stats(&set, &s, &err), &err);
    CHECK_INT(s.images, 364);
    CHECK_INT(s.objects, 4888);
    CHECK_INT(s.measured, 4886);
    CHECK_STR(set.classes[1], "RBC");
    CHECK_INT(s.classes[0].objects, 361);
    CHECK_INT(s.classes[1].objects, 4155);
    CHECK_INT(s.classes[2].objects, 372);
    CHECK_INT(s.splits[0].images, 205);
    CHECK_INT(s.splits[1].images, 87);
    CHECK_INT(s.splits[2].images, 72);
    dt_stats_free(&s);
    dt_dataset_free(&set);
    dt_findings_free(&findings);
}

int main(void)
{
    RUN(counts);
    RUN(boxes);
    RUN(real_size_counts);
    RUN(empty_set);
    RUN(out_of_memory);
    RUN(bccd);
    return dt_test_end();
}
