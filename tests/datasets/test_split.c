/* Every picture lies in one part; what belongs together stays together; order and threads do not matter. */
#include "datasets/edit/split.h"

#include "datasets/dataset.h"
#include "datasets/image/image.h"
#include "fixture.h"

/* 60 pictures cam<k>_<n>.jpg in two splits; picture i has the classes i % 3 (two objects) and, every tenth,
 * 3. */
static void make_set(dt_dataset *set, int reversed)
{
    dt_error err = {0};
    int32_t cls;
    *set = (dt_dataset){0};
    for (int c = 0; c < 5; c++) {
        char name[2] = {(char)('a' + c), 0};
        CHECK_OK(dt_dataset_class(set, name, 1, &cls, &err), &err);
    }
    for (int k = 0; k < 60; k++) {
        int i = reversed ? 59 - k : k;
        char name[64];
        snprintf(name, sizeof name, "/photos/%s/cam%d_%02d.jpg", i % 2 ? "odd" : "even", i / 10, i);
        if (k == 0 || k == 40) CHECK_OK(dt_dataset_add_split(set, k ? "test" : "train", &err), &err);
        CHECK_OK(dt_dataset_add_record(set, name, NULL, NULL, &err), &err);
        for (int o = 0; o < 2 && i != 7; o++)
            CHECK_OK(
                dt_dataset_add_object(
                    set, &(dt_object){.box = {i, 0, 100, 1}, .area = -1, .cls = i % 3, .index = o}, &err),
                &err);
        if (i % 10 == 3)
            CHECK_OK(dt_dataset_add_object(
                         set, &(dt_object){.box = {i, 0, 9, 1}, .area = -1, .cls = 3, .index = 2}, &err),
                     &err);
    }
}

static const dt_split_part shares[3] = {{"train", .7, 0, 0}, {"val", .2, 0, 0}, {"test", .1, 0, 0}};

static int number_of(const dt_record *r)
{
    const char *mark = strrchr(r->image, '_');
    return mark ? atoi(mark + 1) : -1;
}

/* split_at[i]: the split of picture i, -1: none. Checks that none is there twice and that objects came along. */
static void places(const dt_dataset *set, int split_at[60])
{
    for (int i = 0; i < 60; i++)
        split_at[i] = -1;
    for (size_t s = 0; s < set->split_count; s++)
        for (size_t k = set->splits[s].first; k < set->splits[s].first + set->splits[s].count; k++) {
            const dt_record *r = &set->records[k];
            const int i = number_of(r);
            if (!CHECK(i >= 0 && i < 60)) continue;
            CHECK_INT(split_at[i], -1);
            split_at[i] = (int)s;
            CHECK_INT(r->count, (i == 7 ? 0 : 2) + (i % 10 == 3));
            for (size_t o = r->first; o < r->first + r->count; o++)
                CHECK_INT((int)set->objects[o].box.x1, i);
        }
}

static dt_status split(dt_dataset *set, const dt_split_opts *o, dt_split_table *t, dt_findings *findings)
{
    dt_error err = {0};
    dt_status st = dt_split_set(set, o, t, findings, &err);
    if (st != DT_OK) CHECK(err.text[0] != 0);
    return st;
}

static void by_shares(void)
{
    int a[60], b[60];
    for (int random = 0; random < 2; random++)
        for (uint64_t seed = 0; seed < 5; seed++) {
            const dt_split_opts o = {.parts = shares, .part_count = 3, .random = random, .seed = seed};
            dt_dataset set, other;
            dt_split_table t, u;
            make_set(&set, 0);
            make_set(&other, 1);
            CHECK_INT(split(&set, &o, &t, NULL), DT_OK);
            CHECK_INT(split(&other, &o, &u, NULL), DT_OK);
            places(&set, a);
            places(&other, b);
            CHECK(memcmp(a, b, sizeof a) == 0); /* names decide, not their order */
            CHECK(t.pictures[0] == 42 && t.pictures[1] == 12 && t.pictures[2] == 6);
            CHECK_INT(t.blocks, 60);
            for (size_t c = 0; c < 3 && !random; c++) /* 20 pictures each: 14, 4, 2 */
                CHECK(t.class_pictures[c] >= 13 && t.class_pictures[c] <= 15 &&
                      t.class_pictures[10 + c] >= 1);
            for (size_t p = 0; p < 3 && !random; p++)
                CHECK(t.class_objects[5 * p + 3] >= 1);
            CHECK_INT(t.class_objects[4], 0);
            dt_split_table_free(&t);
            dt_split_table_free(&u);
            dt_dataset_free(&set);
            dt_dataset_free(&other);
        }
}

static void by_counts_and_rest(void)
{
    const struct {
        dt_split_part parts[3];
        int want[3];
    } cases[] = {{{{"train", 0, 0, 1}, {"val", 0, 7, 0}, {"test", .1, 0, 0}}, {47, 7, 6}},
                 {{{"train", .5, 0, 0}, {"val", 0, 7, 0}, {"test", 0, 1, 0}}, {30, 7, 1}},
                 {{{"train", 1. / 3, 0, 0}, {"val", 1. / 3, 0, 0}, {"test", 1. / 3, 0, 0}}, {20, 20, 20}},
                 {{{"train", .509, 0, 0}, {"val", .291, 0, 0}, {"test", .2, 0, 0}}, {31, 17, 12}},
                 {{{"train", .1, 0, 0}, {"val", .1, 0, 0}, {"test", .1, 0, 0}}, {6, 6, 6}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_dataset set;
        dt_split_table t;
        dt_findings findings = {0};
        int at[60], left = 60;
        make_set(&set, 0);
        const dt_split_opts o = {.parts = cases[i].parts, .part_count = 3};
        CHECK_INT(split(&set, &o, &t, &findings), DT_OK);
        places(&set, at);
        for (size_t p = 0; p < 3; p++) {
            CHECK_INT(t.pictures[p], cases[i].want[p]);
            left -= cases[i].want[p];
        }
        size_t records = 0; /* objects have findings of their own */
        for (size_t k = 0; k < findings.count; k++)
            records += findings.items[k].object < 0 && strcmp(findings.items[k].rule, "left-out") == 0;
        CHECK_INT(records, left);
        dt_split_table_free(&t);
        dt_findings_free(&findings);
        dt_dataset_free(&set);
    }
}

static void wrong_parts(void)
{
    const struct {
        dt_split_part parts[2];
        dt_status want;
    } cases[] = {{{{"a", .9, 0, 0}, {"b", .2, 0, 0}}, DT_ERR_ARG},
                 {{{"a", 0, 61, 0}, {"b", 0, 0, 1}}, DT_ERR_ARG},
                 {{{"a", .9, 0, 0}, {"b", 0, 20, 0}}, DT_ERR_ARG},
                 {{{"a", 0, 0, 1}, {"b", 0, 0, 1}}, DT_ERR_ARG},
                 {{{"a", .5, 0, 0}, {"a", .5, 0, 0}}, DT_ERR_ARG},
                 {{{"a", 1, 0, 0}, {"b", .001, 0, 0}}, DT_ERR_ARG},
                 {{{"a", .5, 0, 0}, {"b", .001, 0, 0}}, DT_ERR_STATE},
                 {{{"a", 0, 60, 0}, {"b", 0, 0, 1}}, DT_ERR_STATE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_dataset set;
        dt_split_table t;
        const dt_split_opts o = {.parts = cases[i].parts, .part_count = 2};
        make_set(&set, 0);
        CHECK_MSG(split(&set, &o, &t, NULL) == cases[i].want, "case %zu", i);
        CHECK_INT(set.record_count, 60); /* as it was */
        dt_dataset_free(&set);
    }
}

static void groups(void)
{
    int at[60];
    const dt_split_part halves[2] = {{"a", .5, 0, 0}, {"b", .5, 0, 0}};
    for (uint64_t seed = 0; seed < 8; seed++) {
        dt_dataset set;
        dt_split_table t;
        dt_findings findings = {0};
        dt_split_opts o = {.parts = halves,
                           .part_count = 2,
                           .seed = seed,
                           .random = seed % 2 == 0,
                           .blocks.group = "^cam([0-4])"};
        make_set(&set, 0);
        CHECK_INT(split(&set, &o, &t, &findings), DT_OK);
        places(&set, at);
        for (int i = 0; i < 50; i++)
            CHECK_INT(at[i], at[i / 10 * 10]);
        CHECK_INT(t.blocks, 5 + 10); /* cam5 is in no group */
        CHECK_INT(dt_findings_count_rule(&findings, "group-none"), 10);
        CHECK_INT(t.pictures[0], 30);
        dt_split_table_free(&t);
        dt_findings_free(&findings);
        dt_dataset_free(&set);

        o.blocks = (dt_split_block_opts){.by_folder = 1};
        make_set(&set, 0);
        CHECK_INT(split(&set, &o, &t, &findings), DT_OK);
        places(&set, at);
        for (int i = 0; i < 60; i++)
            CHECK_INT(at[i], at[i % 2]);
        dt_split_table_free(&t);
        dt_findings_free(&findings);
        dt_dataset_free(&set);
    }
    dt_dataset set;
    dt_split_table t;
    make_set(&set, 0);
    dt_split_opts o = {.parts = shares, .part_count = 3, .blocks.group = "["};
    CHECK_INT(split(&set, &o, &t, NULL), DT_ERR_ARG);
    o.blocks.group = "nothing";
    CHECK_INT(split(&set, &o, &t, NULL), DT_ERR_ARG);
    o.blocks.group = "cam"; /* one block for all: two parts get nothing */
    dt_findings findings = {0};
    CHECK_INT(split(&set, &o, &t, &findings), DT_ERR_STATE);
    CHECK_INT(dt_findings_count_rule(&findings, "group-large"), 1);
    dt_findings_free(&findings);
    dt_dataset_free(&set);
}

static void kept_splits(void)
{
    static const char *const keep[] = {"test"}, *const wrong[] = {"tset"}, *const twice[] = {"test", "test"};
    int at[60];
    dt_dataset set;
    dt_split_table t;
    dt_findings findings = {0};
    const dt_split_part parts[2] = {{"train", 0, 0, 1}, {"val", .25, 0, 0}};
    dt_split_opts o = {.parts = parts, .part_count = 2, .keep = keep, .keep_count = 1};
    make_set(&set, 0);
    CHECK_INT(split(&set, &o, &t, &findings), DT_OK);
    places(&set, at);
    for (int i = 40; i < 60; i++)
        CHECK_INT(at[i], 2);
    CHECK(t.parts == 3 && t.pictures[0] == 30 && t.pictures[1] == 10 && t.pictures[2] == 20);
    CHECK_STR(set.splits[2].name, "test");
    dt_split_table_free(&t);
    dt_dataset_free(&set);

    /* cam3 and cam4 are one group, of which test holds a part: the ten pictures outside go. */
    make_set(&set, 0);
    o.blocks.group = "^(cam[0125])|^cam";
    CHECK_INT(split(&set, &o, &t, &findings), DT_OK);
    places(&set, at);
    for (int i = 0; i < 60; i++)
        CHECK(i >= 30 && i < 40 ? at[i] == -1 : at[i] >= 0);
    CHECK_INT(dt_findings_count_fate(&findings, DT_FATE_DROPPED), 10 + 2 * 10 + 1);
    dt_split_table_free(&t);
    dt_dataset_free(&set);
    dt_findings_free(&findings);

    make_set(&set, 0);
    o.blocks.group = NULL;
    o.keep = wrong;
    CHECK_INT(split(&set, &o, &t, NULL), DT_ERR_ARG);
    o.keep = twice;
    o.keep_count = 2;
    CHECK_INT(split(&set, &o, &t, NULL), DT_ERR_ARG);
    o.parts = shares;
    o.part_count = 3;
    CHECK_INT(split(&set, &o, &t, NULL), DT_ERR_ARG); /* test is a part, too */
    dt_dataset_free(&set);
}

/* Twelve patterns, each three times with other noise: no two of a kind are parted. */
static void near_duplicates(void)
{
    fixture f = fixture_new();
    dt_error err = {0};
    dt_dataset set = {0};
    CHECK_OK(dt_dataset_add_split(&set, "all", &err), &err);
    for (int i = 0; i < 36; i++) {
        dt_image image;
        char name[32];
        CHECK_OK(dt_image_create(&image, 90, 80, 3, &err), &err);
        uint32_t state = (uint32_t)(i % 12) * 7919 + 1, blocks[64];
        for (int k = 0; k < 64; k++)
            blocks[k] = state = state * 1664525u + 1013904223u;
        for (int y = 0; y < 80; y++)
            for (int x = 0; x < 90; x++)
                for (int c = 0; c < 3; c++)
                    image.data[3 * (y * 90 + x) + c] =
                        (uint8_t)((blocks[y / 10 * 8 + x / 12] >> 24) * 3 / 4 + 20 + (x * 7 + y * 3 + i) % 3);
        snprintf(name, sizeof name, "p%02d.png", i);
        CHECK_OK(dt_image_save(fixture_path(&f, name), &image, 0, &err), &err);
        dt_image_free(&image);
        dt_record *r;
        CHECK_OK(dt_dataset_add_record(&set, fixture_path(&f, name), NULL, &r, &err), &err);
        r->real_width = 90, r->real_height = 80;
    }
    dt_split_table t;
    const dt_split_part parts[2] = {{"a", .5, 0, 0}, {"b", .5, 0, 0}};
    dt_split_opts o = {.parts = parts, .part_count = 2, .seed = 1};
    CHECK_INT(split(&set, &o, &t, NULL), DT_OK);
    CHECK_INT(t.blocks, 36);
    dt_split_table_free(&t);
    o.blocks.near = 1;
    CHECK_INT(split(&set, &o, &t, NULL), DT_OK);
    CHECK_INT(t.blocks, 12);
    CHECK_INT(t.near, 24);
    CHECK_INT(t.pictures[0], 18);
    for (size_t i = 0; i < 36; i++)
        for (size_t k = 0; k < i; k++) {
            int a = atoi(dt_path_base(set.records[i].image) + 1),
                b = atoi(dt_path_base(set.records[k].image) + 1);
            if (a % 12 == b % 12) CHECK_INT(i < 18, k < 18);
        }
    dt_split_table_free(&t);
    dt_dataset_free(&set);
    fixture_free(&f);
}

static void allocations(void)
{
    static const char *const keep[] = {"test"};
    for (uint64_t n = 1;; n++) {
        dt_dataset set;
        dt_split_table t;
        dt_findings findings = {0};
        dt_error err = {0};
        const dt_split_part parts[2] = {{"train", .5, 0, 0}, {"val", .25, 0, 0}};
        const dt_split_opts o = {.parts = parts,
                                 .part_count = 2,
                                 .keep = keep,
                                 .keep_count = 1,
                                 .blocks = {.group = "^(cam[0125])|^cam", .by_folder = 0}};
        make_set(&set, 0);
        dt_mem_fail_at(n);
        dt_status st = dt_split_set(&set, &o, &t, &findings, &err);
        dt_mem_fail_at(0);
        int fired = dt_mem_fail_fired();
        if (fired) CHECK_INT(st, DT_ERR_MEMORY);
        if (st == DT_OK) dt_split_table_free(&t);
        dt_findings_free(&findings);
        dt_dataset_free(&set);
        if (!fired) break;
    }
}

int main(void)
{
    RUN(by_shares);
    RUN(by_counts_and_rest);
    RUN(wrong_parts);
    RUN(groups);
    RUN(kept_splits);
    RUN(near_duplicates);
    RUN(allocations);
    return dt_test_end();
}
