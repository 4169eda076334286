#include "datasets/edit/crop.h"

#include "datasets/image/image.h"
#include "datasets/set_source.h"
#include "fixture.h"

static void check_rect(dt_box b, int w, int h, dt_crop_opts o, int x, int y, int rw, int rh)
{
    dt_crop_rect r = dt_crop_of_box(b, w, h, &o);
    CHECK_MSG(r.x == x && r.y == y && r.w == rw && r.h == rh,
              "%g %g %g %g: %d %d %d %d, expected %d %d %d %d", b.x1, b.y1, b.x2, b.y2, r.x, r.y, r.w, r.h, x,
              y, rw, rh);
}

static void rectangles(void)
{
    const dt_crop_opts plain = {0}, square = {.square = 1};
    check_rect((dt_box){2, 3, 7, 9}, 20, 10, plain, 2, 3, 5, 6);
    check_rect((dt_box){2.5, 3.2, 6.1, 8.9}, 20, 10, plain, 2, 3, 5, 6);         /* outward */
    check_rect((dt_box){2 + 1e-12, 3, 7 + 1e-12, 9}, 20, 10, plain, 2, 3, 5, 6); /* not for noise */
    check_rect((dt_box){-4, -4, 5, 50}, 20, 10, plain, 0, 0, 5, 10);
    check_rect((dt_box){20, 0, 25, 5}, 20, 10, plain, 0, 0, 0, 0);
    check_rect((dt_box){5, 5, 5, 8}, 20, 10, plain, 0, 0, 0, 0);
    check_rect((dt_box){NAN, 5, 6, 8}, 20, 10, plain, 0, 0, 0, 0);
    check_rect((dt_box){10, 2, 14, 4}, 20, 10, (dt_crop_opts){.margin = .5}, 8, 1, 8, 4);
    check_rect((dt_box){10, 2, 14, 4}, 20, 10, (dt_crop_opts){.margin_px = 3}, 7, 0, 10, 7);
    check_rect((dt_box){10, 4, 14, 6}, 20, 10, square, 10, 3, 4, 4);
    check_rect((dt_box){10, 4, 13, 6}, 20, 10, square, 10, 4, 3, 3); /* the odd pixel behind */
    check_rect((dt_box){10, 0, 16, 2}, 20, 10, square, 10, 0, 6, 6); /* the edge is in the way */
    check_rect((dt_box){10, 8, 16, 10}, 20, 10, square, 10, 4, 6, 6);
    check_rect((dt_box){2, 4, 18, 6}, 20, 10, square, 2, 0, 16, 10); /* no longer than the picture */
}

/* A picture whose pixels say where they are, with objects in two classes and every reason to leave one out. */
static void make_set(const fixture *f)
{
    dt_image image;
    dt_error err = {0};
    CHECK_OK(dt_image_create(&image, 40, 30, 3, &err), &err);
    for (int y = 0; y < 30; y++)
        for (int x = 0; x < 40; x++) {
            uint8_t *p = image.data + 3 * (y * 40 + x);
            p[0] = (uint8_t)(x * 6);
            p[1] = (uint8_t)(y * 8);
            p[2] = 77;
        }
    fixture_text(f, "coco/images/train/note.txt", "");
    CHECK_OK(dt_image_save(fixture_path(f, "coco/images/train/a.png"), &image, 0, &err), &err);
    CHECK_OK(dt_image_save(fixture_path(f, "coco/images/train/b.png"), &image, 0, &err), &err);
    dt_image_free(&image);
    fixture_text(
        f, "coco/annotations/instances_train.json",
        "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 40, \"height\": 30},"
        "{\"id\": 2, \"file_name\": \"b.png\", \"width\": 40, \"height\": 30},"
        "{\"id\": 3, \"file_name\": \"gone.png\", \"width\": 40, \"height\": 30}],"
        "\"categories\": [{\"id\": 1, \"name\": \"a/b\"}, {\"id\": 2, \"name\": \"a_b\"}, {\"id\": 3, "
        "\"name\": \".c\"}],"
        "\"annotations\": ["
        "{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [3, 4, 5, 6]},"
        "{\"id\": 2, \"image_id\": 1, \"category_id\": 2, \"bbox\": [10.5, 4, 2, 6]},"
        "{\"id\": 3, \"image_id\": 1, \"category_id\": 2, \"bbox\": [3, 4, 0, 6]},"
        "{\"id\": 4, \"image_id\": 1, \"category_id\": 2, \"bbox\": [50, 4, 5, 6]},"
        "{\"id\": 5, \"image_id\": 1, \"category_id\": 2, \"bbox\": [1, 1, 20, 20], \"iscrowd\": 1},"
        "{\"id\": 6, \"image_id\": 1, \"category_id\": 2, \"bbox\": [1, 1, 20, 20], \"difficult\": 1},"
        "{\"id\": 7, \"image_id\": 2, \"category_id\": 1, \"bbox\": [0, 0, 40, 30]},"
        "{\"id\": 8, \"image_id\": 2, \"category_id\": 1, \"bbox\": [0, 0, 10, 10]},"
        "{\"id\": 9, \"image_id\": 3, \"category_id\": 1, \"bbox\": [0, 0, 10, 10]}]}");
}

/* Opens, selects, writes: the whole command. */
static dt_status crop(const fixture *f, const char *target, const dt_crop_opts *o, int threads,
                      dt_target_report *report, dt_error *err)
{
    dt_pool *pool = NULL;
    dt_dataset set = {0};
    dt_set_source source = {0};
    DT_TRY(dt_pool_create(threads, &pool, err));
    const dt_set_source_opts from = {.path = fixture_path(f, "coco"),
                                     .no_images = 1,
                                     .as_is = 1,
                                     .voc_rule = DT_VOC_RULE_AUTO,
                                     .pool = pool};
    dt_status st = dt_set_source_open(&from, &source, &set, &report->findings, err);
    const dt_target_opts to = {.tool = "crop",
                               .sources = &source,
                               .source_count = 1,
                               .path = target,
                               .pool = pool,
                               .write = dt_crop_write,
                               .write_arg = o,
                               .kind = "class folders"};
    if (st == DT_OK) st = dt_crop_select(&set, o, &report->findings, err);
    if (st == DT_OK) st = dt_target_write(&set, &to, report, err);
    dt_dataset_free(&set);
    dt_pool_destroy(pool);
    return st;
}

static void check_pixels(const char *path, int x0, int y0, int w, int h)
{
    dt_image image = {0};
    dt_error err = {0};
    if (!CHECK_OK(dt_image_load(path, NULL, &image, NULL, &err), &err)) return;
    int wrong = image.width != w || image.height != h;
    for (int y = 0; y < h && !wrong; y++)
        for (int x = 0; x < w && !wrong; x++) {
            const uint8_t *p = image.data + 3 * (y * w + x);
            wrong = p[0] != (x0 + x) * 6 || p[1] != (y0 + y) * 8 || p[2] != 77;
        }
    CHECK_MSG(!wrong, "%s: %d x %d are not pixels %d, %d of %d x %d", path, image.width, image.height, x0, y0,
              w, h);
    dt_image_free(&image);
}

static void written(void)
{
    fixture f = fixture_new();
    make_set(&f);
    dt_target_report r = {0};
    dt_error err = {0};
    const dt_crop_opts o = {.png = 1};
    char out[600];
    snprintf(out, sizeof out, "%s", fixture_path(&f, "out"));
    if (CHECK_OK(crop(&f, out, &o, 2, &r, &err), &err)) {
        CHECK_INT(r.boxes.kept, 4);
        CHECK_INT(dt_findings_count_rule(&r.findings, "cropped"), 4);
        CHECK_INT(dt_findings_count_rule(&r.findings, "filtered"), 2);
        CHECK_INT(dt_findings_count_rule(&r.findings, "box-empty"), 1);
        CHECK_INT(dt_findings_count_rule(&r.findings, "box-outside"), 1);
        CHECK_INT(dt_findings_count_rule(&r.findings, "name-changed"), 3); /* a/b, a_b which is taken, .c */
        check_pixels(fixture_path(&f, "out/train/a_b/a_0.png"), 3, 4, 5, 6);
        check_pixels(fixture_path(&f, "out/train/a_b_2/a_1.png"), 10, 4, 3, 6);
        check_pixels(fixture_path(&f, "out/train/a_b/b_0.png"), 0, 0, 40, 30);
        CHECK(dt_is_dir(
            fixture_path(&f, "out/train/_c"))); /* a class without objects keeps its place in the order */
        dt_undo_report u;
        CHECK_OK(dt_convert_undo(out, &u, &err), &err);
        CHECK_INT(u.removed, 4);
        dt_undo_report_free(&u);
        CHECK(access(out, F_OK) != 0);
    }
    dt_target_report_free(&r);
    fixture_free(&f);
}

static void options(void)
{
    fixture f = fixture_new();
    make_set(&f);
    dt_error err = {0};
    char out[600];
    snprintf(out, sizeof out, "%s", fixture_path(&f, "out"));
    const struct {
        dt_crop_opts o;
        size_t crops;
    } cases[] = {{{.png = 1, .keep_difficult = 1, .keep_crowd = 1}, 6},
                 {{.png = 1, .min_side = 6}, 2},
                 {{.png = 1, .limit = 1, .seed = 5}, 2},
                 {{.quality = 90, .flat = 1, .size = 8}, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_target_report r = {0};
        CHECK_OK(crop(&f, out, &cases[i].o, 1, &r, &err), &err);
        CHECK_INT(r.boxes.kept, cases[i].crops);
        dt_target_report_free(&r);
    }
    dt_image_info info;
    if (CHECK_OK(dt_image_probe(fixture_path(&f, "out/a_b/b_0.jpg"), &info, &err), &err))
        CHECK(info.width == 8 && info.height == 6); /* 40 x 30: the longer side is 8 */
    dt_target_report r = {0};
    const dt_crop_opts none = {.png = 1, .min_side = 100};
    CHECK_INT(crop(&f, out, &none, 1, &r, &err), DT_ERR_STATE);
    dt_target_report_free(&r);
    CHECK(access(fixture_path(&f, "out/a_b/b_0.jpg"), F_OK) == 0); /* the earlier output stays */
    fixture_free(&f);
}

static void a_picture_does_not_decode(void)
{
    fixture f = fixture_new();
    make_set(&f);
    char *data;
    size_t size;
    dt_error err = {0};
    dt_target_report r = {0};
    const dt_crop_opts o = {.png = 1};
    if (!CHECK_OK(dt_file_read(fixture_path(&f, "coco/images/train/b.png"), 1 << 20, &data, &size, &err),
                  &err))
        return;
    fixture_bytes(&f, "coco/images/train/b.png", data, size / 2); /* its header is good */
    dt_free(data);
    CHECK_OK(crop(&f, fixture_path(&f, "out"), &o, 1, &r, &err), &err);
    CHECK_INT(r.boxes.kept, 2);
    CHECK_INT(dt_findings_count_rule(&r.findings, "image-unreadable"), 2); /* gone.png is the other one */
    dt_target_report_free(&r);
    fixture_free(&f);
}

static void every_allocation_fails(void)
{
    fixture f = fixture_new();
    make_set(&f);
    char out[600];
    snprintf(out, sizeof out, "%s", fixture_path(&f, "out"));
    const dt_crop_opts o = {.png = 1, .limit = 1, .size = 4};
    size_t live = dt_mem_live();
    for (uint64_t nth = 1;; nth++) {
        dt_target_report r = {0};
        dt_error err = {0};
        dt_mem_fail_at(nth);
        dt_status st = crop(&f, out, &o, 1, &r, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        dt_target_report_free(&r);
        if (!CHECK_INT(dt_mem_live(), live)) break;
        if (!fired) {
            CHECK_OK(st, &err);
            break;
        }
        CHECK_MSG(st != DT_OK, "allocation %d failed unseen", (int)nth);
        CHECK_MSG(access(out, F_OK) != 0, "allocation %d left a folder", (int)nth);
    }
    fixture_free(&f);
}

int main(void)
{
    RUN(rectangles);
    RUN(written);
    RUN(options);
    RUN(a_picture_does_not_decode);
    RUN(every_allocation_fails);
    return dt_test_end();
}
