#include "core/mem.h"
#include "datasets/image/draw.h"
#include "datasets/image/font.h"
#include "test.h"

static dt_image canvas(int width, int height, dt_rgb color)
{
    dt_image image;
    dt_error err = {0};
    CHECK_OK(dt_image_create(&image, width, height, 3, &err), &err);
    dt_draw_fill(&image, 0, 0, width, height, color);
    return image;
}

static int is_color(const dt_image *image, int x, int y, dt_rgb c)
{
    const uint8_t *p = image->data + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
    return p[0] == c.r && p[1] == c.g && p[2] == c.b;
}

static int count_color(const dt_image *image, dt_rgb c)
{
    int n = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            n += is_color(image, x, y, c);
    return n;
}

static const dt_rgb black = {0, 0, 0}, white = {255, 255, 255}, red = {255, 0, 0};

static void rectangles_are_exact(void)
{
    dt_image image = canvas(20, 15, black);
    dt_draw_rect(&image, (dt_box){3, 4, 10, 12}, 2, red);
    CHECK_INT(count_color(&image, red), 7 * 8 - 3 * 4);
    CHECK(is_color(&image, 3, 4, red) && is_color(&image, 9, 11, red) && is_color(&image, 5, 6, black));
    CHECK(is_color(&image, 2, 4, black) && is_color(&image, 10, 11, black));
    dt_image_free(&image);

    image = canvas(20, 15, black);
    dt_draw_rect(&image, (dt_box){-50, -50, 500, 1e30}, 3, red); /* the border lies outside */
    CHECK_INT(count_color(&image, red), 0);
    dt_draw_rect(&image, (dt_box){5, 5, 5, 5}, 1, red); /* an empty box is still a dot */
    CHECK_INT(count_color(&image, red), 1);
    dt_draw_rect(&image, (dt_box){NAN, 3, INFINITY, -INFINITY}, 1, red);
    dt_image_free(&image);
}

static void every_character_is_drawn_and_differs(void)
{
    uint64_t seen[95];
    for (int code = 0x20; code < 0x7f; code++) {
        char text[2] = {(char)code, 0};
        dt_image image = canvas(16, 18, black);
        dt_draw_text(&image, 1, 1, text, 1, white);
        uint64_t sum = 0;
        int right = -1;
        for (int y = 0; y < 18; y++) {
            for (int x = 0; x < 16; x++) {
                int v = image.data[(y * 16 + x) * 3];
                sum = sum * 1099511628211u + (uint64_t)v;
                if (v > 100 && x > right) right = x;
            }
        }
        seen[code - 0x20] = sum;
        if (code == ' ')
            CHECK_INT(count_color(&image, black), 16 * 18);
        else
            CHECK_MSG(right == dt_font_advance((unsigned)code) - DT_FONT_GAP,
                      "'%c' ends at column %d, advance %d", code, right, dt_font_advance((unsigned)code));
        for (int k = 0x20; k < code; k++)
            CHECK_MSG(seen[k - 0x20] != sum, "'%c' looks like '%c'", code, k);
        dt_image_free(&image);
    }
}

static void text_of_any_kind(void)
{
    CHECK_NEAR(dt_text_width("", 3), 0, 0);
    double box = dt_font_advance(0xfffd);
    CHECK_NEAR(dt_text_width("\xe4\xbd\xa0\xe5\xa5\xbd", 1), 2 * box - DT_FONT_GAP, 0); /* two characters */
    CHECK_NEAR(dt_text_width("\xf0\x9f\x98\x80", 1), box - DT_FONT_GAP, 0);
    CHECK_NEAR(dt_text_width("\xff\x80", 1), 2 * box - DT_FONT_GAP, 0); /* not UTF-8 */
    CHECK_NEAR(dt_text_width("\xe4", 2), 2 * (box - DT_FONT_GAP), 0);   /* cut short */
    dt_image image = canvas(30, 20, black);
    dt_draw_text(&image, -1000, -1000, "left of everything", 2, white);
    dt_draw_text(&image, 29.5, 19.5, "corner", 5, white);
    dt_draw_text(&image, -3, -3, "\xe4\xbd", 1, white);
    dt_image_free(&image);
}

static void colors_contrast(void)
{
    for (int i = 0; i < 20; i++) {
        dt_rgb c = dt_class_color(i), t = dt_text_color_on(c);
        CHECK(t.r == 0 || t.r == 255);
        for (int k = 0; k < i; k++) {
            dt_rgb d = dt_class_color(k);
            CHECK(abs(c.r - d.r) + abs(c.g - d.g) + abs(c.b - d.b) > 60);
        }
        dt_rgb again = dt_class_color(i + 20);
        CHECK(again.r == c.r && again.g == c.g && again.b == c.b);
    }
    CHECK(dt_text_color_on(white).r == 0 && dt_text_color_on(black).r == 255);
    dt_class_color(-7);
}

/* Labels of boxes that touch all borders stay whole: as many pixels of their colour as in the middle. */
static void labels_stay_inside(void)
{
    dt_error err = {0};
    const char *names[] = {"Platelets"};
    const dt_box boxes[] = {{100, 100, 180, 160}, {0, 0, 60, 40},       {250, 0, 300, 30},
                            {0, 190, 30, 200},    {240, 150, 300, 200}, {0, 0, 300, 200}};
    const int32_t cls = 0;
    const float score = 0.875f;
    int first = 0;
    for (int i = 0; i < 6; i++) {
        dt_image with = canvas(300, 200, black), without = canvas(300, 200, black);
        CHECK_OK(dt_draw_detections(&with, &boxes[i], &cls, &score, names, 1, 1, &err), &err);
        dt_draw_rect(&without, boxes[i], 2, dt_class_color(0));
        int painted = count_color(&with, dt_class_color(0));
        if (i == 0) first = painted - count_color(&without, dt_class_color(0));
        CHECK(first > 500);
        CHECK_MSG(painted >= first, "box %d: %d pixels of the label, %d in the middle", i, painted, first);
        dt_image_free(&with);
        dt_image_free(&without);
    }
}

static void labels_avoid_each_other(void)
{
    dt_error err = {0};
    const char *names[] = {"first", "second", "third"};
    const dt_box boxes[] = {{50, 50, 150, 150}, {51, 51, 151, 151}, {52, 52, 152, 152}};
    const int32_t classes[] = {0, 1, 2};
    const float scores[] = {.9f, .8f, .7f};
    dt_image together = canvas(300, 200, black);
    CHECK_OK(dt_draw_detections(&together, boxes, classes, scores, names, 3, 3, &err), &err);
    for (int i = 0; i < 3; i++) {
        dt_image alone = canvas(300, 200, black);
        CHECK_OK(dt_draw_detections(&alone, &boxes[i], &classes[i], &scores[i], names, 3, 1, &err), &err);
        int a = count_color(&alone, dt_class_color(i)), t = count_color(&together, dt_class_color(i));
        /* What the box's outline (800 pixels) loses to others aside, the label is all there. */
        CHECK_MSG(t >= a - 800, "label %d: %d of %d pixels", i, t, a);
        dt_image_free(&alone);
    }
    dt_image_free(&together);
}

static void odd_detections(void)
{
    dt_error err = {0};
    dt_image image = canvas(64, 48, black);
    const dt_box boxes[] = {{NAN, 0, 5, 5}, {1e12, 1e12, 2e12, 2e12}, {20, 20, 10, 10}, {5, 5, 30, 30}};
    const int32_t classes[] = {0, 99, -3, 1};
    const float scores[] = {.5f, NAN, .2f, INFINITY};
    CHECK_OK(dt_draw_detections(&image, boxes, classes, scores, NULL, 0, 4, &err), &err);
    CHECK_OK(dt_draw_detections(&image, boxes, classes, NULL, NULL, 0, 0, &err), &err);
    dt_image gray = {0};
    CHECK_OK(dt_image_create(&gray, 4, 4, 1, &err), &err);
    CHECK_INT(dt_draw_detections(&gray, boxes, classes, NULL, NULL, 0, 1, &err), DT_ERR_ARG);
    dt_image_free(&gray);
    dt_image_free(&image);
}

static void montage(void)
{
    dt_error err = {0};
    dt_image a = canvas(40, 20, red), b = canvas(10, 10, white), out;
    const dt_image *list[] = {&a, NULL, &b};
    CHECK_OK(dt_image_montage(list, 3, 2, 20, 20, (dt_rgb){9, 9, 9}, &out, &err), &err);
    CHECK_INT(out.width, 42);
    CHECK_INT(out.height, 42);
    CHECK_INT(count_color(&out, red), 20 * 10);
    CHECK_INT(count_color(&out, white), 10 * 10); /* not enlarged */
    CHECK(is_color(&out, 0, 5, red) && is_color(&out, 0, 4, (dt_rgb){9, 9, 9}) &&
          is_color(&out, 5, 27, white));
    dt_image_free(&out);
    CHECK_INT(dt_image_montage(list, 0, 2, 20, 20, red, &out, &err), DT_ERR_ARG);
    CHECK_INT(dt_image_montage(list, 3, 3, 60000, 20, red, &out, &err), DT_ERR_ARG);
    dt_image_free(&a);
    dt_image_free(&b);
}

/* Text that runs upwards is text that runs to the right, turned by a quarter. */
static void text_upwards(void)
{
    enum { W = 60, H = 20 };
    dt_image right = {0}, up = {0};
    dt_error err = {0};
    CHECK_OK(dt_image_create(&right, W, H, 3, &err), &err);
    CHECK_OK(dt_image_create(&up, H, W, 3, &err), &err);
    memset(right.data, 0, (size_t)W * H * 3);
    memset(up.data, 0, (size_t)W * H * 3);
    dt_draw_text(&right, 2, 1, "Rg, 7", 1.25, (dt_rgb){250, 200, 100});
    dt_draw_text_up(&up, 1, W - 2, "Rg, 7", 1.25, (dt_rgb){250, 200, 100});
    int differ = 0, inked = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++) {
                int a = right.data[(y * W + x) * 3 + c], b = up.data[((W - 1 - x) * H + y) * 3 + c];
                differ += abs(a - b) > 1;
                inked += a > 100;
            }
    CHECK_INT(differ, 0);
    CHECK_MSG(inked > 100, "%d", inked);
    dt_image_free(&right);
    dt_image_free(&up);
}

int main(void)
{
    RUN(rectangles_are_exact);
    RUN(every_character_is_drawn_and_differs);
    RUN(text_of_any_kind);
    RUN(colors_contrast);
    RUN(labels_stay_inside);
    RUN(labels_avoid_each_other);
    RUN(odd_detections);
    RUN(montage);
    RUN(text_upwards);
    return dt_test_end();
}
