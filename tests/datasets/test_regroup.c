/* Records move to other splits, their objects follow, nothing is lost but what was asked for. */
#include "datasets/edit/regroup.h"

#include "core/mem.h"
#include "test.h"

/* Pictures p0, p1, ... of two splits; picture i has i % 3 objects whose x1 is 10 i + k. */
static void make_set(dt_dataset *set, int count)
{
    dt_error err = {0};
    int32_t cls;
    *set = (dt_dataset){0};
    CHECK_OK(dt_dataset_class(set, "a", 1, &cls, &err), &err);
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "p%d.jpg", i);
        if (i == 0 || i == count / 2) CHECK_OK(dt_dataset_add_split(set, i ? "val" : "train", &err), &err);
        CHECK_OK(dt_dataset_add_record(set, name, NULL, NULL, &err), &err);
        for (int k = 0; k < i % 3; k++)
            CHECK_OK(dt_dataset_add_object(
                         set, &(dt_object){.box = {10.0 * i + k, 0, 1000, 1}, .area = -1, .index = k}, &err),
                     &err);
    }
}

static void check_record(const dt_dataset *set, size_t at, int was)
{
    char name[32];
    const dt_record *r = &set->records[at];
    snprintf(name, sizeof name, "p%d.jpg", was);
    CHECK_STR(r->image, name);
    CHECK_INT(r->count, was % 3);
    for (size_t k = 0; k < r->count; k++)
        CHECK_NEAR(set->objects[r->first + k].box.x1, 10.0 * was + (double)k, 0);
}

static void moves(void)
{
    static const char *const names[] = {"b", "none", "a"};
    const int32_t split_of[6] = {2, 0, -1, 2, 0, 0};
    dt_dataset set;
    dt_error err = {0};
    make_set(&set, 6);
    CHECK_OK(dt_dataset_regroup(&set, split_of, names, 3, &err), &err);
    CHECK_INT(set.split_count, 3);
    CHECK_INT(set.record_count, 5);
    CHECK_INT(set.object_count, 4);
    CHECK_STR(set.splits[0].name, "b");
    CHECK(set.splits[0].first == 0 && set.splits[0].count == 3);
    CHECK(set.splits[1].first == 3 && set.splits[1].count == 0);
    CHECK(set.splits[2].first == 3 && set.splits[2].count == 2);
    static const int was[5] = {1, 4, 5, 0, 3};
    for (size_t i = 0; i < 5; i++)
        check_record(&set, i, was[i]);
    size_t next = 0; /* no gaps */
    for (size_t i = 0; i < 5; i++) {
        CHECK_INT(set.records[i].first, next);
        next += set.records[i].count;
    }
    /* The set goes on growing as before. */
    CHECK_OK(dt_dataset_add_record(&set, "new.jpg", NULL, NULL, &err), &err);
    CHECK_OK(dt_dataset_add_object(&set, &(dt_object){.area = -1}, &err), &err);
    CHECK_INT(set.splits[2].count, 3);
    dt_dataset_free(&set);
}

static void splits_of_records(void)
{
    dt_dataset set;
    dt_error err = {0};
    int32_t *split_of;
    make_set(&set, 6);
    set.splits[1].count = 2; /* the last record is in no split */
    CHECK_OK(dt_dataset_split_of(&set, &split_of, &err), &err);
    static const int32_t want[6] = {0, 0, 0, 1, 1, -1};
    for (int i = 0; i < 6; i++)
        CHECK_INT(split_of[i], want[i]);
    dt_free(split_of);
    dt_dataset_free(&set);
}

static void failures(void)
{
    static const char *const names[] = {"x"};
    const int32_t bad[2] = {0, 1};
    dt_dataset set;
    dt_error err = {0};
    make_set(&set, 2);
    CHECK_INT(dt_dataset_regroup(&set, bad, names, 1, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "record 1: split 1 of 1") != NULL);
    CHECK(set.record_count == 2 && set.split_count == 2);
    static const int32_t good[2] = {0, 0};
    for (uint64_t n = 1;; n++) {
        dt_mem_fail_at(n);
        dt_status st = dt_dataset_regroup(&set, good, names, 1, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        if (!fired) break;
        CHECK_INT(st, DT_ERR_MEMORY);
        CHECK(set.record_count == 2 && set.split_count == 2);
        check_record(&set, 1, 1);
    }
    CHECK_INT(set.split_count, 1);
    dt_dataset_free(&set);
    /* Nothing left is a set, too. */
    static const int32_t none[2] = {-1, -1};
    make_set(&set, 2);
    CHECK_OK(dt_dataset_regroup(&set, none, names, 1, &err), &err);
    CHECK(set.record_count == 0 && set.object_count == 0 && set.split_count == 1);
    dt_dataset_free(&set);
}

int main(void)
{
    RUN(moves);
    RUN(splits_of_records);
    RUN(failures);
    return dt_test_end();
}
