#include "core/mem.h"
#include "datasets/transforms/color.h"
#include "datasets/transforms/planes.h"
#include "datasets/transforms/resize.h"
#include "datasets/transforms/warp.h"
#include "test.h"

/* The generator of tests/golden/make_transforms.py. */
static dt_image picture(uint32_t seed, int width, int height, int channels)
{
    dt_image image;
    dt_error err = {0};
    CHECK_OK(dt_image_create(&image, width, height, channels, &err), &err);
    for (size_t i = 0; i < (size_t)width * (size_t)height * (size_t)channels; i++) {
        seed = seed * 1664525u + 1013904223u;
        image.data[i] = (uint8_t)(seed >> 24);
    }
    return image;
}

static dt_image blank(int width, int height, int channels)
{
    dt_image image;
    dt_error err = {0};
    CHECK_OK(dt_image_create(&image, width, height, channels, &err), &err);
    return image;
}

/* Reads the hex line of a case and compares. */
static void compare(FILE *f, const char *what, const dt_image *got, int tolerance)
{
    size_t n = (size_t)got->width * (size_t)got->height * (size_t)got->channels;
    int worst = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned v;
        if (!CHECK(fscanf(f, "%2x", &v) == 1)) return;
        int d = abs((int)v - got->data[i]);
        if (d > worst) worst = d;
    }
    CHECK_MSG(worst <= tolerance, "%s: differs by %d levels", what, worst);
}

static void run_case(FILE *f, const char *line)
{
    char name[32];
    unsigned seed;
    int w, h, c, nw = 0, nh = 0;
    double m[6] = {0};
    dt_error err = {0};
    int fields = sscanf(line, "%31s %u %d %d %d %d %d %lf %lf %lf %lf %lf %lf", name, &seed, &w, &h, &c, &nw,
                        &nh, &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]);
    if (!CHECK(fields >= 5)) return;
    dt_image in = picture(seed, w, h, c), out = {0};
    dt_resize_filter filter;
    if (dt_resize_filter_parse(name, &filter, NULL) == DT_OK) {
        CHECK_STR(dt_resize_filter_name(filter), name);
        CHECK_OK(dt_image_resize(&in, nw, nh, filter, &out, &err), &err);
        compare(f, line, &out, 0);
    } else if (strcmp(name, "warp") == 0) {
        dt_affine map = {{m[0], m[1], m[2], m[3], m[4], m[5]}};
        map = dt_affine_mul(dt_affine_translate(.5, .5), dt_affine_mul(map, dt_affine_translate(-.5, -.5)));
        const uint8_t fill[4] = {114, 114, 114, 114};
        out = blank(nw, nh, c);
        CHECK_OK(dt_warp_affine(&in, map, fill, &out, &err), &err);
        compare(f, line, &out, 1);
    } else if (strcmp(name, "rgb2hsv") == 0 || strcmp(name, "hsv2rgb") == 0) {
        out = blank(w, h, c);
        int forward = strcmp(name, "rgb2hsv") == 0;
        for (size_t i = 0; i < (size_t)w * (size_t)h * 3; i += 3) {
            if (forward) {
                dt_rgb_to_hsv(in.data + i, out.data + i);
            } else {
                in.data[i] %= 180;
                dt_hsv_to_rgb(in.data + i, out.data + i);
            }
        }
        compare(f, line, &out, forward ? 0 : 1);
    } else if (strcmp(name, "jitter") == 0) {
        double gain[3];
        CHECK(sscanf(line, "%*s %*u %*d %*d %*d %lf %lf %lf", &gain[0], &gain[1], &gain[2]) == 3);
        CHECK_OK(dt_image_hsv_jitter(&in, gain[0], gain[1], gain[2], &err), &err);
        compare(f, line, &in, 1);
    } else {
        CHECK_MSG(0, "unknown case %s", name);
    }
    dt_image_free(&in);
    dt_image_free(&out);
}

static void equal_to_opencv_and_pillow(void)
{
    FILE *f = fopen(dt_test_golden("transforms.txt"), "r");
    if (!CHECK(f != NULL)) return;
    char line[512];
    int cases = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '\n') continue;
        line[strcspn(line, "\n")] = '\0';
        run_case(f, line);
        cases++;
    }
    fclose(f);
    CHECK_INT(cases, 78);
}

static void resize_at_the_edges(void)
{
    dt_error err = {0};
    dt_image in = picture(1, 3, 3, 3), out;
    for (int filter = 0; filter < 3; filter++) {
        CHECK_OK(dt_image_resize(&in, 3, 3, (dt_resize_filter)filter, &out, &err), &err);
        CHECK(memcmp(in.data, out.data, 27) == 0);
        dt_image_free(&out);
        CHECK_OK(dt_image_resize(&in, 1, 1, (dt_resize_filter)filter, &out, &err), &err);
        dt_image_free(&out);
        CHECK_OK(dt_image_resize(&in, 3, 300, (dt_resize_filter)filter, &out, &err), &err);
        dt_image_free(&out);
        CHECK_INT(dt_image_resize(&in, 0, 5, (dt_resize_filter)filter, &out, &err), DT_ERR_ARG);
        CHECK_INT(dt_image_resize(&in, 5, 70000, (dt_resize_filter)filter, &out, &err), DT_ERR_ARG);
        CHECK(out.data == NULL);
    }
    dt_image empty = {0};
    CHECK_INT(dt_image_resize(&empty, 5, 5, DT_RESIZE_BILINEAR, &out, &err), DT_ERR_ARG);
    dt_resize_filter f;
    CHECK_INT(dt_resize_filter_parse("cubic", &f, &err), DT_ERR_ARG);
    dt_image_free(&in);
}

static void every_allocation_can_fail(void)
{
    dt_image in = picture(2, 40, 30, 3), out;
    for (int filter = 0; filter < 3; filter++) {
        size_t before = dt_mem_live();
        for (uint64_t n = 1;; n++) {
            dt_error err = {0};
            dt_mem_fail_at(n);
            dt_status status = dt_image_resize(&in, 17, 23, (dt_resize_filter)filter, &out, &err);
            int fired = dt_mem_fail_fired();
            dt_mem_fail_at(0);
            if (!fired) {
                CHECK_OK(status, &err);
                dt_image_free(&out);
                break;
            }
            CHECK_INT(status, DT_ERR_MEMORY);
            CHECK(out.data == NULL);
            CHECK_INT(dt_mem_live(), before);
        }
    }
    dt_image_free(&in);
}

static void affine_algebra(void)
{
    dt_affine a = {{1.5, .3, -7, -.2, .8, 12}}, inv;
    CHECK_INT(dt_affine_invert(a, &inv), 0);
    dt_affine one = dt_affine_mul(a, inv);
    const double identity[6] = {1, 0, 0, 0, 1, 0};
    for (int i = 0; i < 6; i++)
        CHECK_NEAR(one.m[i], identity[i], 1e-12);
    CHECK_NEAR(dt_affine_det(a), 1.5 * .8 + .3 * .2, 1e-12);
    dt_affine flat = {{1, 2, 0, 2, 4, 0}};
    CHECK_INT(dt_affine_invert(flat, &inv), -1);
    dt_box box = dt_affine_box((dt_affine){{0, -1, 10, 1, 0, 0}}, (dt_box){1, 2, 4, 3}); /* a quarter turn */
    CHECK_NEAR(box.x1, 7, 1e-12);
    CHECK_NEAR(box.y1, 1, 1e-12);
    CHECK_NEAR(box.x2, 8, 1e-12);
    CHECK_NEAR(box.y2, 4, 1e-12);
}

/* Four parts that tile a collage leave no pixel unwritten and write none twice, also when rotated or
 * mirrored. */
static void parts_meet_without_gaps(void)
{
    dt_error err = {0};
    dt_image white = blank(50, 50, 3), out = blank(64, 64, 3);
    memset(white.data, 255, 50 * 50 * 3);
    /* The last two put edges exactly on pixel centres. */
    const double angles[] = {0, 0, 30, 90, 211, 0, 0}, mirror[] = {1, -1, 1, 1, -1, 1, -1};
    const double scale[] = {.9, .9, .9, .9, .9, 1, 1}, middle[] = {32, 32, 32, 32, 32, 32.5, 32.5};
    for (int k = 0; k < 7; k++) {
        double c = cos(angles[k] * M_PI / 180), s = angles[k] == 0 ? 0 : sin(angles[k] * M_PI / 180);
        dt_affine view = {{c * mirror[k], s, 0, -s * mirror[k], c, 0}};
        view = dt_affine_mul(dt_affine_scale(scale[k], scale[k]), view);
        view = dt_affine_mul(dt_affine_translate(middle[k], middle[k]),
                             dt_affine_mul(view, dt_affine_translate(-50, -50)));
        int written[64 * 64] = {0};
        for (int part = 0; part < 4; part++) {
            double x = part & 1 ? 50 : 0, y = part & 2 ? 50 : 0;
            memset(out.data, 0, 64 * 64 * 3);
            CHECK_OK(dt_warp_part(&white, dt_affine_translate(x, y), view, (dt_box){x, y, x + 50, y + 50},
                                  &out, &err),
                     &err);
            for (int i = 0; i < 64 * 64; i++)
                written[i] += out.data[3 * i] == 255;
        }
        int wrong = 0;
        for (int i = 0; i < 64 * 64; i++)
            wrong += written[i] != 1;
        CHECK_INT(wrong, 0);
    }
    dt_image_free(&white);
    dt_image_free(&out);
}

static void planes_equal_division(void)
{
    dt_image in = picture(5, 37, 11, 3);
    size_t n = 37 * 11;
    float *planes = dt_malloc(3 * n * sizeof *planes);
    const float zero[3] = {0, 0, 0}, one[3] = {1, 1, 1}, mean[3] = {.485f, .456f, .406f},
                std[3] = {.229f, .224f, .225f};
    dt_image_to_planes(&in, 255, zero, one, planes);
    int wrong = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < 3; c++)
            wrong += planes[c * n + i] != (float)in.data[3 * i + c] / 255.f;
    CHECK_INT(wrong, 0);
    dt_image_to_planes(&in, 255, mean, std, planes);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < 3; c++)
            wrong += planes[c * n + i] != ((float)in.data[3 * i + c] / 255.f - mean[c]) / std[c];
    CHECK_INT(wrong, 0);
    dt_free(planes);
    dt_image_free(&in);
}

/* Sides for which the vector code runs, into aligned planes and others; scales for which it does not give the
 * bits. */
static void planes_of_any_scale(void)
{
    enum { W = 48, H = 7, N = W * H };
    dt_image in = picture(11, W, H, 3);
    for (int i = 0; i < 256; i++)
        in.data[3 * i] = (uint8_t)i, in.data[3 * i + 1] = (uint8_t)(255 - i);
    const struct {
        float divisor, mean, std;
    } scales[] = {{255, 0, 1}, {255, .485f, .229f}, {1, 123.675f, 58.395f}, {127.5f, 1, 1},
                  {3, .1f, 7}, {1e-38f, 0, 1},      {255, .5f, 1e-41f},     {1e38f, 1e-38f, 1e-38f}};
    float *block = dt_malloc_aligned((3 * N + 1) * sizeof *block);
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        const float d = scales[k].divisor, mean[3] = {scales[k].mean, 0, scales[k].mean},
                    std[3] = {scales[k].std, 1, scales[k].std};
        for (size_t shift = 0; shift < 2; shift++) {
            float *planes = block + shift;
            int wrong = 0;
            dt_image_to_planes(&in, d, mean, std, planes);
            for (size_t i = 0; i < N; i++)
                for (size_t c = 0; c < 3; c++)
                    wrong += planes[c * N + i] != ((float)in.data[3 * i + c] / d - mean[c]) / std[c];
            CHECK_INT(wrong, 0);
        }
    }
    dt_free(block);
    dt_image_free(&in);
}

/* A picture anywhere on a canvas gives the planes of that canvas: sides and places around the vector code's
 * steps. */
static void planes_on_a_canvas(void)
{
    static const int sides[] = {1, 2, 7, 16, 33, 64}, free_sides[] = {0, 1, 8, 13, 40};
    const float mean[3] = {.485f, .456f, .406f}, std[3] = {.229f, .224f, .225f};
    int wrong = 0;
    for (size_t k = 0; k < 6 * 6 * 5 * 5; k++) {
        const int w = sides[k % 6], h = sides[k / 6 % 6], right = free_sides[k / 36 % 5],
                  below = free_sides[k / 180 % 5];
        const dt_canvas canvas = {w + right + right / 2, h + below + below / 3, right / 2, below / 3, 114};
        const size_t n = (size_t)canvas.width * (size_t)canvas.height;
        dt_image in = picture((uint64_t)k, w, h, 3);
        float *planes = dt_malloc_aligned((3 * n + 1) * sizeof *planes);
        planes[3 * n] = 77;
        dt_image_to_planes_on(&in, &canvas, 255, mean, std, planes);
        for (size_t i = 0; i < n; i++) {
            const int x = (int)(i % (size_t)canvas.width) - canvas.left,
                      y = (int)(i / (size_t)canvas.width) - canvas.top;
            const int inside = x >= 0 && x < w && y >= 0 && y < h;
            for (size_t c = 0; c < 3; c++) {
                const uint8_t byte = inside ? in.data[3 * ((size_t)y * (size_t)w + (size_t)x) + c] : 114;
                wrong += planes[c * n + i] != ((float)byte / 255.f - mean[c]) / std[c];
            }
        }
        wrong += planes[3 * n] != 77;
        dt_free(planes);
        dt_image_free(&in);
    }
    CHECK_INT(wrong, 0);
}

static uint8_t table_byte(uint8_t v, double gain)
{
    double x = v * (gain + 1);
    return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
}

/* The tables decide, also for gains near which float arithmetic would cut to another level. */
static void hsv_jitter_equals_its_tables(void)
{
    enum { N = 64 * 64 };
    const double gains[][3] = {{.015, .7, .4},     {-.5, -1, .999999},       {.1, .1, -.1},
                               {1. / 180, .2, .3}, {-1e-20, 1. / 3, 2. / 3}, {.25, -.3, 1 / 254.999999},
                               {0, -2, 0},         {0, .01, -1e-9},          {7, 1e9, 0}};
    dt_error err = {0};
    for (size_t k = 0; k < sizeof gains / sizeof *gains; k++) {
        const double *g = gains[k];
        dt_image in = picture(20 + (int)k, 64, 64, 3), out = blank(64, 64, 3);
        int wrong = 0;
        memcpy(out.data, in.data, 3 * N);
        CHECK_OK(dt_image_hsv_jitter(&out, g[0], g[1], g[2], &err), &err);
        for (size_t i = 0; i < N; i++) {
            uint8_t hsv[3], rgb[3];
            dt_rgb_to_hsv(in.data + 3 * i, hsv);
            double h = fmod(hsv[0] + g[0] * 180, 180);
            h = h < 0 ? h + 180 : h;
            hsv[0] = (uint8_t)(h < 180 ? h : 0);
            hsv[1] = table_byte(hsv[1], g[1]);
            hsv[2] = table_byte(hsv[2], g[2]);
            dt_hsv_to_rgb(hsv, rgb);
            wrong += memcmp(rgb, out.data + 3 * i, 3) != 0;
        }
        CHECK_INT(wrong, 0);
        dt_image_free(&in);
        dt_image_free(&out);
    }
}

static void blending(void)
{
    dt_error err = {0};
    dt_image a = picture(6, 9, 7, 3), b = picture(7, 9, 7, 3), c = picture(8, 9, 8, 3), out = blank(9, 7, 3);
    CHECK_OK(dt_image_blend(&a, &b, 1, &out, &err), &err);
    CHECK(memcmp(a.data, out.data, 9 * 7 * 3) == 0);
    CHECK_OK(dt_image_blend(&a, &b, 0.25, &out, &err), &err);
    for (int i = 0; i < 9 * 7 * 3; i++)
        CHECK_NEAR(out.data[i], 0.25 * a.data[i] + 0.75 * b.data[i], 0.5);
    CHECK_INT(dt_image_blend(&a, &c, 0.5, &out, &err), DT_ERR_SHAPE);
    CHECK_INT(dt_image_blend(&a, &b, NAN, &out, &err), DT_ERR_ARG);
    dt_image_free(&a);
    dt_image_free(&b);
    dt_image_free(&c);
    dt_image_free(&out);
}

int main(void)
{
    RUN(equal_to_opencv_and_pillow);
    RUN(resize_at_the_edges);
    RUN(every_allocation_can_fail);
    RUN(affine_algebra);
    RUN(parts_meet_without_gaps);
    RUN(planes_equal_division);
    RUN(planes_of_any_scale);
    RUN(planes_on_a_canvas);
    RUN(hsv_jitter_equals_its_tables);
    RUN(blending);
    return dt_test_end();
}
