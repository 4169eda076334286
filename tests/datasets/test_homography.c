/* Affine and projective maps beside torchvision v2 and OpenCV (tests/golden/make_transforms_augment.py). */
#include <cjson/cJSON.h>

#include "datasets/transforms/homography.h"

#include "core/mem.h"
#include "core/rng.h"
#include "datasets/transforms/transform.h"
#include "datasets/transforms/warp_row.h"
#include "test.h"
#include "transforms_golden.h"

static const dt_box boxes[3] = {{2, 3, 9, 8}, {0, 0, 17, 13}, {10.5, 1.25, 16, 4}};

static void boxes_equal(const golden_case *c, dt_homography map)
{
    for (int i = 0; i < 3; i++) {
        dt_box b;
        CHECK_INT(dt_homography_box(map, boxes[i], &b), 0);
        const double got[4] = {b.x1, b.y1, b.x2, b.y2};
        for (int k = 0; k < 4; k++)
            CHECK_NEAR(got[k], c->values[4 * i + k], 2e-5 * fmax(1, fabs(got[k]))); /* theirs are float32 */
    }
}

/* Largest difference, and how many values differ by more than a level: nearest neighbours at exact halves may
 * go either way. */
static void picture_equal(const golden_case *c, dt_homography map, int nearest, dt_warp_border border,
                          int width, int height, int others)
{
    dt_error err = {0};
    const uint8_t fill[4] = {114, 114, 114, 114};
    dt_image src = golden_picture(c->seed, c->width, c->height, c->channels), dst = {0};
    CHECK_OK(dt_image_create(&dst, width, height, c->channels, &err), &err);
    CHECK_OK(dt_warp_perspective(&src, map, nearest, border, fill, &dst, &err), &err);
    int differ = 0;
    if (CHECK_INT(c->count, width * height * c->channels))
        for (int64_t i = 0; i < c->count; i++)
            differ += !(fabs(c->values[i] - dst.data[i]) <= 1);
    CHECK_MSG(differ <= others, "%s: %d values differ by more than a level", c->key, differ);
    dt_image_free(&src);
    dt_image_free(&dst);
}

static dt_homography golden_map(const golden_case *c)
{
    const double *p = c->params;
    dt_homography map = {{0}};
    if (!strncmp(c->name, "affine", 6))
        return dt_homography_from_affine(
            dt_affine_torchvision(p[0], p[1], p[2], p[3], p[4], p[5], c->width, c->height));
    const double start[4][2] = {{0, 0}, {16, 0}, {16, 12}, {0, 12}};
    double end[4][2];
    memcpy(end, p, sizeof end);
    CHECK_INT(dt_homography_from_points(start, end, &map), 0);
    return map;
}

/* OpenCV counts pixel centres as integers. */
static dt_homography opencv_map(const double *m)
{
    dt_homography map;
    memcpy(map.m, m, sizeof map.m);
    map = dt_homography_mul(map, dt_homography_from_affine(dt_affine_translate(-.5, -.5)));
    return dt_homography_mul(dt_homography_from_affine(dt_affine_translate(.5, .5)), map);
}

static void equal_to_the_originals(void)
{
    golden_case c;
    FILE *f = golden_open("transforms_augment.txt");
    int cases = 0;
    while (f && golden_next(f, &c)) {
        cases++;
        if (!strcmp(c.name, "affine-boxes") || !strcmp(c.name, "perspective-boxes"))
            boxes_equal(&c, golden_map(&c));
        else if (!strcmp(c.name, "affine-nearest"))
            picture_equal(&c, golden_map(&c), 1, DT_BORDER_MASK, c.width, c.height, c.channels);
        else if (!strcmp(c.name, "affine-bilinear") || !strcmp(c.name, "perspective"))
            picture_equal(&c, golden_map(&c), 0, DT_BORDER_MASK, c.width, c.height, 0);
        else if (!strcmp(c.name, "warp-perspective"))
            picture_equal(&c, opencv_map(c.params), 0, DT_BORDER_FILL, 19, 15, 0);
        else
            cases--;
        free(c.values);
    }
    if (f) fclose(f);
    CHECK_INT(cases, 42);
}

/* A box that reaches behind the viewer: its visible part goes on for ever on one side, and nowhere else. */
static void behind_the_viewer(void)
{
    const dt_homography map = {{1, 0, 0, 0, 1, 0, -.01, 0, 1}};
    dt_box b;
    CHECK_INT(dt_homography_box(map, (dt_box){110, 0, 120, 10}, &b), -1);
    if (CHECK_INT(dt_homography_box(map, (dt_box){50, 10, 150, 20}, &b), 0)) {
        CHECK_NEAR(b.x1, 100, 1e-9);
        CHECK_NEAR(b.y1, 20, 1e-9);
        CHECK(b.x2 > 1e6 && b.y2 > 1e6);
    }
    CHECK_INT(dt_homography_box(map, (dt_box){0, 0, 50, 10}, &b), 0);
    CHECK_NEAR(b.y2, 20, 1e-9);
    /* A thousandth wider: the area grows by the factor that is given. */
    const double d = 1e-4, s = dt_homography_area_scale(map, 40, 7);
    dt_box small;
    CHECK_INT(dt_homography_box(map, (dt_box){40, 7, 40 + d, 7 + d}, &small), 0);
    CHECK(s > 1);
    dt_homography back;
    CHECK_INT(dt_homography_invert(map, &back), 0);
    dt_homography one = dt_homography_mul(map, back);
    for (int i = 0; i < 9; i++)
        CHECK_NEAR(one.m[i] / one.m[8], i % 4 == 0, 1e-12);
    CHECK_INT(dt_homography_invert((dt_homography){{1, 2, 3, 2, 4, 6, 1, 1, 1}}, &back), -1);
    const double line[4][2] = {{0, 0}, {1, 1}, {2, 2}, {3, 3}},
                 square[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    CHECK_INT(dt_homography_from_points(line, square, &back), -1);
}

static double drawn(const cJSON *steps, const char *name)
{
    const cJSON *value =
        cJSON_GetObjectItem(cJSON_GetObjectItem(cJSON_GetArrayItem(steps, 0), "drawn"), name);
    CHECK_MSG(cJSON_IsNumber(value), "%s was not drawn", name);
    return value ? value->valuedouble : 0;
}

/* The picture of a step of one, and what it drew. */
static void apply_step(const char *text, const dt_sample *src, dt_sample *out, cJSON **steps)
{
    dt_error err = {0};
    dt_transforms *t = NULL;
    dt_str json = {0};
    dt_json j = dt_json_begin(&json, 0);
    dt_explain explain = {.json = &j};
    const dt_transform_place place = {.stream = dt_rng_make(1, DT_RNG_AUGMENT, 0, 3), .unprepared = 1};
    CHECK_OK(dt_transforms_parse(text, &t, &err), &err);
    dt_json_array(&j);
    CHECK_OK(dt_transforms_apply(t, &place, src, out, &explain, &err), &err);
    dt_json_array_end(&j);
    *steps = cJSON_Parse(json.data);
    dt_str_free(&json);
    dt_transforms_free(t);
}

/* `affine` is torchvision's, or OpenCV's with edge=opencv: the functions that the golden cases test. */
static void steps_use_these_maps(void)
{
    const uint8_t fill[4] = {10, 200, 30};
    dt_error err = {0};
    dt_sample src = {.image = golden_picture(9, 40, 27, 3)};
    dt_image want = {0};
    CHECK_OK(dt_image_create(&want, 40, 27, 3, &err), &err);
    for (int how = 0; how < 4; how++) {
        const int nearest = how & 1, opencv = how >> 1;
        char text[160];
        snprintf(text, sizeof text,
                 "affine(30, 0.1, (0.5, 1.5), (-10, 10, -5, 5), fill=(10, 200, 30), filter=%s, edge=%s)",
                 nearest ? "nearest" : "bilinear", opencv ? "opencv" : "torchvision");
        dt_sample out = {0};
        cJSON *steps = NULL;
        apply_step(text, &src, &out, &steps);
        const dt_affine map = dt_affine_torchvision(drawn(steps, "degrees"), drawn(steps, "x"),
                                                    drawn(steps, "y"), drawn(steps, "scale"),
                                                    drawn(steps, "shear_x"), drawn(steps, "shear_y"), 40, 27);
        if (opencv && !nearest)
            CHECK_OK(dt_warp_affine(&src.image, map, fill, &want, &err), &err);
        else
            CHECK_OK(dt_warp_perspective(&src.image, dt_homography_from_affine(map), nearest,
                                         opencv ? DT_BORDER_FILL : DT_BORDER_MASK, fill, &want, &err),
                     &err);
        CHECK_MSG(out.image.data && memcmp(out.image.data, want.data, 40 * 27 * 3) == 0, "%s", text);
        cJSON_Delete(steps);
        dt_sample_free(&out);
    }
    dt_image_free(&want);
    dt_sample_free(&src);
}

/* The same of `perspective`: its corners, as torchvision draws them. */
static void corners_use_these_maps(void)
{
    static const char *const names[4][2] = {{"top_left_x", "top_left_y"},
                                            {"top_right_x", "top_right_y"},
                                            {"bottom_right_x", "bottom_right_y"},
                                            {"bottom_left_x", "bottom_left_y"}};
    const double start[4][2] = {{0, 0}, {39, 0}, {39, 26}, {0, 26}};
    const uint8_t fill[4] = {10, 200, 30};
    dt_error err = {0};
    dt_sample src = {.image = golden_picture(9, 40, 27, 3)};
    dt_image want = {0};
    CHECK_OK(dt_image_create(&want, 40, 27, 3, &err), &err);
    for (int how = 0; how < 4; how++) {
        const int nearest = how & 1, opencv = how >> 1;
        char text[160];
        snprintf(text, sizeof text, "perspective(0.5, 1, fill=(10, 200, 30), filter=%s, edge=%s)",
                 nearest ? "nearest" : "bilinear", opencv ? "opencv" : "torchvision");
        dt_sample out = {0};
        cJSON *steps = NULL;
        apply_step(text, &src, &out, &steps);
        double end[4][2];
        for (int i = 0; i < 8; i++)
            end[i / 2][i % 2] = drawn(steps, names[i / 2][i % 2]);
        dt_homography map;
        CHECK_INT(dt_homography_from_points(start, end, &map), 0);
        CHECK_OK(dt_warp_perspective(&src.image, map, nearest, opencv ? DT_BORDER_FILL : DT_BORDER_MASK, fill,
                                     &want, &err),
                 &err);
        CHECK_MSG(out.image.data && memcmp(out.image.data, want.data, 40 * 27 * 3) == 0, "%s", text);
        cJSON_Delete(steps);
        dt_sample_free(&out);
    }
    dt_image_free(&want);
    dt_sample_free(&src);
}

/* The vector code gives the bits of the plain one, borders and the pixels around the row included. */
static void rows_equal_pixels(void)
{
    const int shapes[][2] = {{31, 22}, {3, 5}, {2, 2}, {1, 7}, {9, 1}, {1, 1}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const int w = shapes[k][0], h = shapes[k][1];
        dt_image src = golden_picture((int)k, w, h, 3);
        dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 7, k);
        for (int n = 1; n <= DT_WARP_PIECE; n = n < 20 ? n + 1 : n * 2) {
            int32_t x[DT_WARP_PIECE], y[DT_WARP_PIECE];
            uint8_t row[3 * DT_WARP_PIECE + 2], pixel[3];
            memset(row, 77, sizeof row);
            for (int i = 0; i < n; i++) {
                x[i] = (int32_t)dt_rng_uniform(&rng, -3 * DT_TAP_ONE, (w + 3) * DT_TAP_ONE);
                y[i] = (int32_t)dt_rng_uniform(&rng, -3 * DT_TAP_ONE, (h + 3) * DT_TAP_ONE);
            }
            dt_warp_row(&src, x, y, n, row + 1);
            int differ = 0;
            for (int i = 0; i < n; i++) {
                dt_warp_pixel(&src, x[i], y[i], pixel);
                differ += memcmp(pixel, row + 1 + 3 * i, 3) != 0;
            }
            CHECK_INT(differ, 0);
            CHECK(row[0] == 77 && row[1 + 3 * n] == 77);
        }
        dt_image_free(&src);
    }
}

int main(void)
{
    RUN(equal_to_the_originals);
    RUN(steps_use_these_maps);
    RUN(corners_use_these_maps);
    RUN(behind_the_viewer);
    RUN(rows_equal_pixels);
    return dt_test_end();
}
