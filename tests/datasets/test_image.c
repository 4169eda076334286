/* Decoders against Pillow's pixels (tests/golden/make_images.py), and everything that is wrong with image
 * files. */
#include "datasets/image/image.h"

#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "test.h"

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Largest difference in levels, 999 if the number of pixels differs. */
static int difference(const dt_image *image, const char *hex)
{
    size_t n = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
    int worst = 0;
    if (strlen(hex) != 2 * n) return 999;
    for (size_t i = 0; i < n; i++) {
        int d = abs(image->data[i] - (hex_digit(hex[2 * i]) * 16 + hex_digit(hex[2 * i + 1])));
        if (d > worst) worst = d;
    }
    return worst;
}

typedef struct golden_case {
    char name[64];
    int width, height, orientation, channels, bits, tolerance;
    char *rgb, *gray;
} golden_case;

static void check_case(const golden_case *g)
{
    char path[1200];
    dt_error err = {0};
    dt_image image;
    dt_image_info info;
    snprintf(path, sizeof path, "%s/%s", dt_test_golden("images"), g->name);
    CHECK_OK(dt_image_probe(path, &info, &err), &err);
    int swap = g->orientation >= 5;
    CHECK_MSG(info.width == g->width && info.height == g->height && info.orientation == g->orientation &&
                  info.channels == g->channels && info.bits == g->bits &&
                  info.upright_width == (swap ? g->height : g->width) &&
                  info.upright_height == (swap ? g->width : g->height),
              "%s: header says %d x %d, orientation %d, %d channels of %d bits", g->name, info.width,
              info.height, info.orientation, info.channels, info.bits);
    if (!CHECK_OK(dt_image_load(path, NULL, &image, NULL, &err), &err)) return;
    CHECK_MSG(image.width == info.upright_width && image.height == info.upright_height && image.channels == 3,
              "%s: %d x %d x %d", g->name, image.width, image.height, image.channels);
    int d = difference(&image, g->rgb);
    CHECK_MSG(d <= g->tolerance, "%s: RGB differs by %d", g->name, d);
    dt_image_free(&image);
    if (!CHECK_OK(dt_image_load(path, &(dt_image_load_opts){.gray = 1}, &image, NULL, &err), &err)) return;
    CHECK_INT(image.channels, 1);
    if (strcmp(g->gray, "-") != 0) {
        d = difference(&image, g->gray);
        CHECK_MSG(d <= g->tolerance, "%s: gray differs by %d", g->name, d);
    }
    dt_image_free(&image);
    if (!CHECK_OK(dt_image_load(path, &(dt_image_load_opts){.raw_orientation = 1}, &image, NULL, &err), &err))
        return;
    CHECK_MSG(image.width == g->width && image.height == g->height, "%s: raw %d x %d", g->name, image.width,
              image.height);
    dt_image_free(&image);
}

static void golden(void)
{
    char *text;
    size_t size;
    dt_error err = {0};
    int cases = 0;
    if (!CHECK_OK(dt_file_read(dt_test_golden("images/expected.txt"), 1 << 20, &text, &size, &err), &err))
        return;
    for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        golden_case g = {.rgb = malloc(size), .gray = malloc(size)};
        if (CHECK_INT(sscanf(line, "%63s %d %d %d %d %d %d %s %s", g.name, &g.width, &g.height,
                             &g.orientation, &g.channels, &g.bits, &g.tolerance, g.rgb, g.gray),
                      9))
            check_case(&g);
        free(g.rgb);
        free(g.gray);
        cases++;
    }
    CHECK(cases >= 40);
    dt_free(text);
}

static char *read_golden(const char *name, size_t *size)
{
    char path[256];
    char *data = NULL;
    dt_error err = {0};
    snprintf(path, sizeof path, "images/%s", name);
    CHECK_OK(dt_file_read(dt_test_golden(path), 1 << 20, &data, size, &err), &err);
    return data;
}

/* Every prefix and every flipped byte of a file either decodes or fails with a message that names it, and
 * never leaks. */
static void damaged_everywhere(void)
{
    static const char *const names[] = {
        "420.jpg",    "progressive.jpg",  "cmyk.jpg",           "exif6.jpg",
        "rgba16.png", "palette_trns.png", "rgb_interlaced.png", "exif_late.png"};
    for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
        size_t size, live = dt_mem_live(), failures = 0;
        char *data = read_golden(names[f], &size);
        if (!data) continue;
        for (size_t cut = 0; cut < size; cut++) {
            dt_error err = {0};
            dt_image image;
            int warnings;
            char *part = malloc(cut + 1);
            memcpy(part, data, cut);
            if (dt_image_decode(part, cut, "cut.file", NULL, &image, NULL, &err) != DT_OK) {
                CHECK(strstr(err.text, "cut.file") == err.text && image.data == NULL);
                failures++;
            }
            dt_image_free(&image);
            if (dt_image_decode(part, cut, "cut.file", NULL, &image, &warnings, &err) == DT_OK)
                CHECK(image.data);
            dt_image_free(&image);
            free(part);
        }
        /* All but a cut inside the end marker are noticed. */
        CHECK_MSG(failures >= size - 14, "%s: only %zu of %zu cuts fail", names[f], failures, size);
        for (size_t at = 0; at < size; at++) {
            dt_error err = {0};
            dt_image image;
            data[at] ^= (char)(0x55 + at % 7);
            dt_image_decode(data, size, "x", NULL, &image, NULL, &err);
            dt_image_free(&image);
            data[at] ^= (char)(0x55 + at % 7);
        }
        dt_free(data);
        CHECK_INT(dt_mem_live(), live);
    }
}

static void truncated_with_warnings(void)
{
    size_t size;
    dt_error err = {0};
    dt_image image;
    int warnings = 0;
    char *data = read_golden("420.jpg", &size);
    if (!data) return;
    CHECK_INT(dt_image_decode(data, size - 40, "a.jpg", NULL, &image, NULL, &err), DT_ERR_FORMAT);
    CHECK(strstr(err.text, "a.jpg") && strstr(err.text, "truncated"));
    CHECK_OK(dt_image_decode(data, size - 40, "a.jpg", NULL, &image, &warnings, &err), &err);
    CHECK(warnings > 0 && image.width == 19);
    dt_image_free(&image);
    dt_free(data);
    if (!(data = read_golden("rgb.png", &size))) return;
    CHECK_INT(dt_image_decode(data, size - 40, "a.png", NULL, &image, NULL, &err), DT_ERR_FORMAT);
    CHECK_OK(dt_image_decode(data, size - 40, "a.png", NULL, &image, &warnings, &err), &err);
    CHECK(warnings > 0 && image.width == 16);
    dt_image_free(&image);
    dt_free(data);
}

static void expect(const char *bytes, size_t size, dt_status status, const char *say)
{
    dt_error err = {0};
    dt_image image;
    char *copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    CHECK_INT(dt_image_decode(copy, size, "pic", NULL, &image, NULL, &err), status);
    CHECK_MSG(strstr(err.text, say) != NULL, "\"%s\" is not in \"%s\"", say, err.text);
    CHECK(image.data == NULL);
    free(copy);
}

static void wrong_files(void)
{
    expect("", 0, DT_ERR_FORMAT, "0 bytes");
    expect("GIF89a....", 10, DT_ERR_UNSUPPORTED, "GIF");
    expect("<!DOCTYPE html>", 15, DT_ERR_UNSUPPORTED, "HTML");
    expect("hello", 5, DT_ERR_FORMAT, "neither JPEG nor PNG");
    expect("\xFF\xD8\xFF", 3, DT_ERR_FORMAT, "truncated");
    expect("\xFF\xD8\xFF\xC0\x00\x11\x08\xFF\xFF\xFF\xFF\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01", 21,
           DT_ERR_FORMAT, "65535 x 65535");
    /* 65500 x 4000 is allowed, but not in 40 bytes: no memory may be taken for it. */
    char bomb[64] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xFF\xDC\0\0\x0F\xA0\x08\x02\0\0\0";
    dt_mem_reset_peak();
    size_t peak = dt_mem_peak();
    dt_error err = {0};
    dt_image image;
    CHECK_INT(dt_image_decode(bomb, 60, "pic", NULL, &image, NULL, &err), DT_ERR_FORMAT);
    CHECK(dt_mem_peak() - peak < 1 << 20);
    dt_image_info info;
    CHECK_INT(dt_image_probe("/nonexistent/a.jpg", &info, &err), DT_ERR_NOT_FOUND);
    CHECK_INT(dt_image_probe("/", &info, &err), DT_ERR_IO);
    CHECK_INT(dt_image_load("/", NULL, &image, NULL, &err), DT_ERR_IO);
    CHECK_INT(dt_image_create(&image, 0, 5, 3, &err), DT_ERR_FORMAT);
    CHECK_INT(dt_image_create(&image, 65500, 65500, 3, &err), DT_ERR_FORMAT);
}

static void reduced(void)
{
    size_t size;
    dt_error err = {0};
    dt_image image;
    char *data = read_golden("444.jpg", &size);
    if (!data) return;
    CHECK_OK(dt_image_decode(data, size, "a.jpg", &(dt_image_load_opts){.reduce = 4}, &image, NULL, &err),
             &err);
    CHECK(image.width == 5 && image.height == 4);
    dt_image_free(&image);
    /* the smallest size whose longer side is still long enough */
    const int to[][2] = {{1, 3}, {3, 3}, {4, 5}, {5, 5}, {6, 10}, {11, 20}, {1000, 20}};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        const dt_image_load_opts opts = {.reduce_to = to[i][0]};
        CHECK_OK(dt_image_decode(data, size, "a.jpg", &opts, &image, NULL, &err), &err);
        CHECK_INT((image.width + 1) / 2, (to[i][1] + 1) / 2);
        dt_image_free(&image);
    }
    /* ... or whose shorter side is: the picture is 20 wide, and less high */
    CHECK_OK(dt_image_decode(data, size, "a.jpg", NULL, &image, NULL, &err), &err);
    const int high = image.height;
    CHECK(high < image.width);
    dt_image_free(&image);
    for (int wanted = 1; wanted <= high + 1; wanted++) {
        const dt_image_load_opts opts = {.reduce_to = wanted, .reduce_shorter = 1};
        int n = 8;
        while (n > 1 && (high + n - 1) / n < wanted)
            n /= 2;
        CHECK_OK(dt_image_decode(data, size, "a.jpg", &opts, &image, NULL, &err), &err);
        CHECK_INT(image.height, (high + n - 1) / n);
        dt_image_free(&image);
    }
    CHECK_INT(dt_image_decode(data, size, "a.jpg", &(dt_image_load_opts){.reduce = 3}, &image, NULL, &err),
              DT_ERR_ARG);
    dt_free(data);
}

static void every_allocation_fails(void)
{
    static const char *const names[] = {"exif6.jpg", "cmyk.jpg", "rgba.png", "exif6.png"};
    for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
        size_t size;
        char *data = read_golden(names[f], &size);
        if (!data) continue;
        size_t live = dt_mem_live();
        for (uint64_t nth = 1;; nth++) {
            dt_error err = {0};
            dt_image image;
            dt_mem_fail_at(nth);
            dt_status st = dt_image_decode(data, size, "a", NULL, &image, NULL, &err);
            int fired = dt_mem_fail_fired();
            dt_mem_fail_at(0);
            if (fired && st != DT_OK) CHECK_INT(st, DT_ERR_MEMORY);
            dt_image_free(&image);
            CHECK_INT(dt_mem_live(), live);
            if (!fired) {
                CHECK_INT(st, DT_OK);
                break;
            }
        }
        dt_free(data);
    }
}

static void save_and_load(void)
{
    char dir[] = "/tmp/dt_image_XXXXXX", path[64];
    dt_error err = {0};
    dt_image image, back;
    if (!CHECK(mkdtemp(dir) != NULL)) return;
    CHECK_OK(dt_image_create(&image, 40, 30, 3, &err), &err);
    for (int i = 0; i < 40 * 30 * 3; i++)
        image.data[i] = (uint8_t)(i / 90 * 3);
    snprintf(path, sizeof path, "%s/a.PNG", dir);
    CHECK_OK(dt_image_save(path, &image, 0, &err), &err);
    CHECK_OK(dt_image_load(path, NULL, &back, NULL, &err), &err);
    CHECK(back.width == 40 && back.height == 30 && memcmp(back.data, image.data, 40 * 30 * 3) == 0);
    dt_image_free(&back);
    unlink(path);
    snprintf(path, sizeof path, "%s/a.jpg", dir);
    CHECK_OK(dt_image_save(path, &image, 0, &err), &err);
    CHECK_OK(dt_image_load(path, NULL, &back, NULL, &err), &err);
    int worst = 0;
    for (int i = 0; i < 40 * 30 * 3; i++)
        if (abs(back.data[i] - image.data[i]) > worst) worst = abs(back.data[i] - image.data[i]);
    CHECK_MSG(worst <= 8, "JPEG differs by %d", worst);
    dt_image_free(&back);
    unlink(path);
    snprintf(path, sizeof path, "%s/a.bmp", dir);
    CHECK_INT(dt_image_save(path, &image, 0, &err), DT_ERR_ARG);
    snprintf(path, sizeof path, "%s/no/a.png", dir);
    CHECK_INT(dt_image_save(path, &image, 0, &err), DT_ERR_IO);
    dt_image_free(&image);
    dt_names left = {0};
    CHECK_OK(dt_dir_list(dir, &left, &err), &err);
    CHECK_INT(left.count, 0);
    dt_names_free(&left);
    rmdir(dir);
}

static void extensions(void)
{
    CHECK(dt_image_has_extension("a.JPG") && dt_image_has_extension("b/a.jpeg") &&
          dt_image_has_extension("a.PnG"));
    CHECK(!dt_image_has_extension("a.txt") && !dt_image_has_extension("jpg") &&
          !dt_image_has_extension(".jpg"));
}

int main(void)
{
    RUN(golden);
    RUN(damaged_everywhere);
    RUN(truncated_with_warnings);
    RUN(wrong_files);
    RUN(reduced);
    RUN(every_allocation_fails);
    RUN(save_and_load);
    RUN(extensions);
    return dt_test_end();
}
