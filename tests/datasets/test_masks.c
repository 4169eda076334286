/* Segmentation files: decoding against Pillow, and objects held against pixels. */
#include "datasets/check/masks.h"

#include "datasets/check/rules.h"
#include "datasets/image/draw.h"
#include "datasets/voc/voc.h"
#include "fixture.h"

/* ---- files ---- */

typedef struct extent {
    size_t pixels;
    int x1, y1, x2, y2;
} extent;

static extent measure(const dt_image *image, int number)
{
    extent e = {0, image->width, image->height, 0, 0};
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            if (image->data[(size_t)y * (size_t)image->width + (size_t)x] != number) continue;
            e.pixels++;
            if (x < e.x1) e.x1 = x;
            if (y < e.y1) e.y1 = y;
            if (x + 1 > e.x2) e.x2 = x + 1;
            if (y + 1 > e.y2) e.y2 = y + 1;
        }
    return e;
}

static void as_pillow(void)
{
    FILE *f = fopen(dt_test_golden("segmentation/expected.txt"), "r");
    char line[256], file[128], path[160];
    dt_voc_mask mask = {0};
    dt_error err = {0};
    int colors = 0, masks = 0, numbers = 0;
    if (!CHECK(f != NULL)) return;
    while (fgets(line, sizeof line, f)) {
        int n, r, g, b, w, h;
        extent want;
        if (sscanf(line, "color %d %d %d %d", &n, &r, &g, &b) == 4) {
            uint8_t rgb[3];
            dt_voc_color(n, rgb);
            CHECK_MSG(rgb[0] == r && rgb[1] == g && rgb[2] == b, "colour %d", n);
            CHECK_INT(dt_voc_color_number(rgb), n);
            colors++;
        } else if (sscanf(line, "mask %127s %d %d", file, &w, &h) == 3) {
            dt_voc_mask_free(&mask);
            snprintf(path, sizeof path, "segmentation/%s", file);
            if (!CHECK_OK(dt_voc_mask_load(dt_test_golden(path), &mask, &err), &err)) break;
            CHECK_INT(mask.numbers.width, w);
            CHECK_INT(mask.numbers.height, h);
            masks++;
        } else if (sscanf(line, "number %d %zu %d %d %d %d", &n, &want.pixels, &want.x1, &want.y1, &want.x2,
                          &want.y2) == 6) {
            extent got = measure(&mask.numbers, n);
            CHECK_MSG(got.pixels == want.pixels && got.x1 == want.x1 && got.y1 == want.y1 &&
                          got.x2 == want.x2 && got.y2 == want.y2,
                      "%s: number %d", file, n);
            CHECK_INT(mask.counts[n], want.pixels);
            numbers++;
        }
    }
    dt_voc_mask_free(&mask);
    fclose(f);
    CHECK_INT(colors, 256);
    CHECK_INT(masks, 14);
    CHECK(numbers > 40);
}

static void colors_beside_the_map(void)
{
    const uint8_t others[][3] = {{1, 0, 0}, {128, 128, 127}, {255, 255, 255}, {0, 0, 32}, {16, 0, 0}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK_INT(dt_voc_color_number(others[i]), -1);
}

static void kinds(void)
{
    const struct {
        const char *file;
        int from, odd;
    } cases[] = {{"voc/SegmentationClass/000001.png", DT_MASK_FROM_PALETTE, -1},
                 {"voc/SegmentationClass/000003.png", DT_MASK_FROM_PALETTE, -1},
                 {"files/colors.png", DT_MASK_FROM_COLORS, -1},
                 {"files/alpha.png", DT_MASK_FROM_COLORS, -1},
                 {"files/gray.png", DT_MASK_FROM_GRAY, -1},
                 {"files/reordered.png", DT_MASK_FROM_PALETTE, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[160];
        dt_voc_mask mask;
        dt_error err = {0};
        snprintf(path, sizeof path, "segmentation/%s", cases[i].file);
        if (!CHECK_OK(dt_voc_mask_load(dt_test_golden(path), &mask, &err), &err)) continue;
        CHECK_MSG((int)mask.from == cases[i].from, "%s: kind %d", path, (int)mask.from);
        CHECK_MSG(mask.odd == cases[i].odd, "%s: odd %d", path, mask.odd);
        dt_voc_mask_free(&mask);
    }
}

static void expect_refusal(const char *path, dt_status want, const char *word)
{
    dt_voc_mask mask;
    dt_error err = {0};
    dt_status st = dt_voc_mask_load(path, &mask, &err);
    CHECK_MSG(st == want, "%s: status %d: %s", path, (int)st, err.text);
    CHECK_MSG(strstr(err.text, word) != NULL, "'%s' has no '%s'", err.text, word);
    CHECK(mask.numbers.data == NULL);
    dt_voc_mask_free(&mask);
}

static void hostile_files(void)
{
    /* 60000 x 60000 pixels announced in a file of some bytes, and a palette that has no entries. */
    static const unsigned char huge[] =
        "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xea\x60\0\0\xea\x60\x08\x03\0\0\0"
        "\xf5\xe0\x27\x46\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82";
    fixture f = fixture_new();
    size_t before = dt_mem_live();
    fixture_bytes(&f, "huge.png", huge, sizeof huge - 1);
    fixture_image(&f, "photo.png", "gray.jpg");
    fixture_text(&f, "text.png", "not a picture");
    expect_refusal(fixture_path(&f, "huge.png"), DT_ERR_FORMAT, "60000");
    expect_refusal(fixture_path(&f, "photo.png"), DT_ERR_UNSUPPORTED, "no PNG");
    expect_refusal(fixture_path(&f, "text.png"), DT_ERR_FORMAT, "neither");
    expect_refusal(fixture_path(&f, "none.png"), DT_ERR_NOT_FOUND, "none.png");
    expect_refusal(dt_test_golden("segmentation/files/truncated.png"), DT_ERR_FORMAT, "truncated");
    expect_refusal(dt_test_golden("segmentation/files/smoothed.png"), DT_ERR_UNSUPPORTED, "colour map");
    expect_refusal(dt_test_golden("segmentation/files/sixteen.png"), DT_ERR_UNSUPPORTED, "16 bits");
    CHECK_INT(dt_mem_live(), before);
    fixture_free(&f);
}

/* ---- sets made here ---- */

enum { SIDE = 100, MOST = 4 };

typedef struct planned {
    const char *name; /* of the annotation */
    int number;       /* of the class file */
    dt_box box;       /* of the pixels, and of the annotation but for `off` */
    double off;       /* the annotated right side lies so far to the right */
} planned;

static void fill(dt_image *image, dt_box b, int number)
{
    for (int y = (int)b.y1; y < (int)b.y2; y++)
        for (int x = (int)b.x1; x < (int)b.x2; x++)
            image->data[y * SIDE + x] = (uint8_t)number;
}

/* A record with masks, as the reader makes it. */
static void add(const fixture *f, dt_dataset *set, const planned *objects, int count)
{
    dt_image images[DT_MASKS];
    dt_record *r;
    dt_error err = {0};
    dt_masks *masks = dt_arena_take(&set->texts, sizeof *masks);
    const char **names = dt_arena_take(&set->texts, MOST * sizeof *names);
    char file[64];
    *masks = (dt_masks){.names = names, .count = (size_t)count, .stated = (size_t)count};
    CHECK_OK(dt_dataset_add_record(set, NULL, "l.xml", &r, &err), &err);
    r->width = r->height = SIDE;
    r->masks = masks;
    for (int k = 0; k < DT_MASKS; k++) {
        CHECK_OK(dt_image_create(&images[k], SIDE, SIDE, 1, &err), &err);
        memset(images[k].data, 0, SIDE * SIDE);
    }
    for (int i = 0; i < count; i++) {
        dt_object o = {.area = -1, .index = i, .difficult = DT_FLAG_UNKNOWN, .box = objects[i].box};
        o.box.x2 += objects[i].off;
        fill(&images[DT_MASK_CLASS], objects[i].box, objects[i].number);
        fill(&images[DT_MASK_OBJECT], objects[i].box, i + 1);
        CHECK_OK(dt_dataset_class(set, objects[i].name, strlen(objects[i].name), &o.cls, &err), &err);
        CHECK_OK(dt_dataset_add_object(set, &o, &err), &err);
        names[i] = set->classes[o.cls];
    }
    for (int k = 0; k < DT_MASKS; k++) {
        snprintf(file, sizeof file, "%zu_%d.png", set->record_count, k);
        masks->files[k] = dt_arena_text(&set->texts, fixture_path(f, file));
        CHECK_OK(dt_image_save(masks->files[k], &images[k], 0, &err), &err);
        dt_image_free(&images[k]);
    }
}

static void expect(const dt_findings *findings, const char *rule, size_t count)
{
    size_t n = dt_findings_count_rule(findings, rule);
    CHECK_MSG(n == count, "%s: found %zu times, expected %zu", rule, n, count);
    for (size_t i = 0; i < findings->count; i++)
        CHECK_MSG(dt_rule_find(findings->items[i].rule) != NULL, "no text for %s", findings->items[i].rule);
}

static const dt_box LEFT = {5, 10, 45, 60}, RIGHT = {55, 10, 95, 90}, BELOW = {5, 70, 45, 95};

static void numbers_by_vote(void)
{
    const planned usual[] = {{"ant", 7, LEFT, 0}, {"bee", 3, RIGHT, 0}};
    const planned wrong[] = {{"bee", 7, LEFT, 0}, {"bee", 3, RIGHT, 0}, {"cow", 1, BELOW, 0}};
    fixture f = fixture_new();
    dt_dataset set = {0};
    dt_mask_stats stats;
    dt_findings findings = {0};
    dt_error err = {0};
    add(&f, &set, usual, 2);
    add(&f, &set, usual, 2);
    add(&f, &set, wrong, 3);
    CHECK_OK(dt_check_masks(&set, &(dt_check_opts){0}, &stats, &findings, &err), &err);
    expect(&findings, "mask-class", 1);
    expect(&findings, "mask-palette", 6); /* gray files */
    CHECK_INT(findings.count, 7);
    CHECK_INT(stats.by_vote, 1);
    CHECK_STR(set.classes[stats.classes[7]], "ant");
    CHECK_STR(set.classes[stats.classes[3]], "bee");
    CHECK_STR(set.classes[stats.classes[1]], "cow");
    CHECK_INT(stats.instances, 7);
    CHECK_INT(stats.class_instances[stats.classes[3]], 4);
    CHECK_INT(stats.pixels, 3 * SIDE * SIDE);
    CHECK_INT(stats.number_count, 4);
    CHECK_INT(stats.numbers[3].number, 7);
    CHECK_INT(stats.numbers[3].pixels, 3 * 40 * 50);
    CHECK_INT(stats.numbers[3].images, 3);
    dt_mask_stats_free(&stats);
    dt_findings_free(&findings);
    dt_dataset_free(&set);
    fixture_free(&f);
}

/* All names are VOC's, but the numbers are those of somebody's shorter list. */
static void voc_names_other_numbers(void)
{
    const planned own[] = {{"person", 1, LEFT, 0}, {"car", 2, RIGHT, 0}};
    const planned vocs[] = {{"person", 15, LEFT, 0}, {"car", 7, RIGHT, 0}};
    for (int k = 0; k < 2; k++) {
        fixture f = fixture_new();
        dt_dataset set = {0};
        dt_mask_stats stats;
        dt_findings findings = {0};
        dt_error err = {0};
        add(&f, &set, k ? own : vocs, 2);
        CHECK_OK(dt_check_masks(&set, &(dt_check_opts){0}, &stats, &findings, &err), &err);
        CHECK_INT(stats.by_vote, k);
        CHECK_INT(findings.count, 2);
        expect(&findings, "mask-class", 0);
        dt_mask_stats_free(&stats);
        dt_findings_free(&findings);
        dt_dataset_free(&set);
        fixture_free(&f);
    }
}

static void box_tolerance(void)
{
    const planned objects[] = {
        {"a", 1, {0, 0, 40, 20}, 8}, {"a", 1, {0, 25, 40, 45}, 8.5}, {"a", 1, {0, 50, 95, 60}, 9.5}};
    fixture f = fixture_new();
    dt_dataset set = {0};
    dt_mask_stats stats;
    dt_findings findings = {0};
    dt_error err = {0};
    add(&f, &set, objects, 3);
    CHECK_OK(dt_check_masks(&set, &(dt_check_opts){0}, &stats, &findings, &err), &err);
    expect(&findings, "mask-box", 1);
    for (size_t i = 0; i < findings.count; i++)
        if (strcmp(findings.items[i].rule, "mask-box") == 0) CHECK_INT(findings.items[i].object, 1);
    dt_mask_stats_free(&stats);
    dt_findings_free(&findings);
    dt_dataset_free(&set);
    fixture_free(&f);
}

/* ---- the golden set ---- */

static dt_dataset read_golden(dt_findings *findings)
{
    dt_dataset set;
    dt_error err = {0};
    CHECK_OK(dt_voc_read(dt_test_golden("segmentation/voc"), NULL, &set, findings, &err), &err);
    return set;
}

static void golden_set(void)
{
    dt_findings findings = {0};
    dt_mask_stats stats;
    dt_error err = {0};
    dt_dataset set = read_golden(&findings);
    CHECK_OK(dt_check_masks(&set, &(dt_check_opts){0}, &stats, &findings, &err), &err);
    CHECK_INT(findings.count, 0);
    CHECK_INT(stats.images, 5);
    CHECK_INT(stats.instances, 9);
    CHECK_INT(stats.by_vote, 0);
    CHECK_INT(stats.class_instances[14], 3);
    dt_mask_stats_free(&stats);
    CHECK_OK(dt_check_masks(&set, &(dt_check_opts){.no_decode = 1}, &stats, &findings, &err), &err);
    CHECK_INT(stats.images, 5);
    CHECK_INT(stats.read[DT_MASK_CLASS], 0);
    dt_mask_stats_free(&stats);
    dt_findings_free(&findings);
    dt_dataset_free(&set);
}

static void any_number_of_threads(void)
{
    dt_dataset set = read_golden(NULL);
    dt_findings findings[2] = {{0}};
    dt_error err = {0};
    set.records[1].real_width = 17; /* mask-size twice */
    for (size_t i = 0; i < set.object_count; i++)
        set.objects[i].box.x2 += 20; /* mask-box */
    for (int k = 0; k < 2; k++) {
        dt_pool *pool;
        dt_mask_stats stats;
        set.records[1].real_height = 80;
        CHECK_OK(dt_pool_create(k ? 3 : 1, &pool, &err), &err);
        CHECK_OK(dt_check_masks(&set, &(dt_check_opts){.pool = pool}, &stats, &findings[k], &err), &err);
        dt_mask_stats_free(&stats);
        dt_pool_destroy(pool);
    }
    expect(&findings[0], "mask-size", 2);
    CHECK(dt_findings_count_rule(&findings[0], "mask-box") > 3);
    CHECK_INT(findings[0].count, findings[1].count);
    for (size_t i = 0; i < findings[0].count && i < findings[1].count; i++)
        CHECK_STR(findings[0].items[i].message, findings[1].items[i].message);
    dt_findings_free(&findings[0]);
    dt_findings_free(&findings[1]);
    dt_dataset_free(&set);
}

static void out_of_memory(void)
{
    size_t before = dt_mem_live();
    for (uint64_t n = 1;; n++) {
        dt_findings findings = {0};
        dt_mask_stats stats = {0};
        dt_dataset set;
        dt_error err = {0};
        dt_mem_fail_at(n);
        dt_status st = dt_voc_read(dt_test_golden("segmentation/voc"), NULL, &set, &findings, &err);
        if (st == DT_OK) {
            st = dt_check_masks(&set, &(dt_check_opts){0}, &stats, &findings, &err);
            int fired = dt_mem_fail_fired();
            dt_mem_fail_at(0);
            dt_mask_stats_free(&stats);
            dt_dataset_free(&set);
            dt_findings_free(&findings);
            CHECK_INT(dt_mem_live(), before);
            if (!fired) {
                CHECK_OK(st, &err);
                break;
            }
        }
        dt_mem_fail_at(0);
        dt_findings_free(&findings);
        CHECK_INT(dt_mem_live(), before);
        if (!CHECK_INT(st, DT_ERR_MEMORY)) break;
    }
}

static void overlay(void)
{
    dt_image image, mask;
    dt_mask_paint paint[256] = {{{0}, 0, 0}};
    dt_error err = {0};
    CHECK_OK(dt_image_create(&image, 8, 4, 3, &err), &err);
    CHECK_OK(dt_image_create(&mask, 4, 2, 1, &err), &err);
    memset(image.data, 100, 8 * 4 * 3);
    memcpy(mask.data, "\0\1\1\2\0\1\1\2", 8);
    paint[1] = (dt_mask_paint){{200, 0, 50}, 1, 0};
    paint[2] = (dt_mask_paint){{0, 255, 0}, 1, 1};
    dt_draw_mask(&image, &mask, paint);
    const uint8_t *p = image.data;
    CHECK(p[0] == 100 && p[3] == 100);            /* background stays */
    CHECK(p[2 * 3] == 150 && p[2 * 3 + 1] == 50); /* half and half */
    CHECK(p[6 * 3] == 0 && p[6 * 3 + 1] == 255);  /* the edge to number 1 */
    CHECK(p[7 * 3] == 50 && p[7 * 3 + 1] == 178); /* (100 + 255 + 1) / 2 inside */
    CHECK(memcmp(p, p + 3 * 8 * 3, 8 * 3) == 0);
    dt_image_free(&image);
    dt_image_free(&mask);
}

int main(void)
{
    RUN(as_pillow);
    RUN(colors_beside_the_map);
    RUN(kinds);
    RUN(hostile_files);
    RUN(numbers_by_vote);
    RUN(voc_names_other_numbers);
    RUN(box_tolerance);
    RUN(golden_set);
    RUN(any_number_of_threads);
    RUN(out_of_memory);
    RUN(overlay);
    return dt_test_end();
}
