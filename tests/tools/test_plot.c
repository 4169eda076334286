/* Charts: lines where the values are, nothing outside the frame, and no value that stops them from ending. */
#include <float.h>

#include "core/mem.h"
#include "test.h"
#include "tools/plot.h"

enum { WIDTH = 320, HEIGHT = 240 };

static dt_image blank(void)
{
    dt_image image = {0};
    dt_error err = {0};
    CHECK_OK(dt_image_create(&image, WIDTH, HEIGHT, 3, &err), &err);
    memset(image.data, 255, (size_t)WIDTH * HEIGHT * 3);
    return image;
}

static const uint8_t *pixel(const dt_image *image, int x, int y)
{
    return image->data + ((size_t)y * WIDTH + (size_t)x) * 3;
}

static int is_color(const dt_image *image, int x, int y, dt_rgb c)
{
    const uint8_t *p = pixel(image, x, y);
    return p[0] == c.r && p[1] == c.g && p[2] == c.b;
}

static void test_line(void)
{
    dt_image image = blank();
    const dt_rgb red = {255, 0, 0};
    dt_plot_line(&image, 10, 20.5, 50, 20.5, 3, red);
    for (int x = 12; x < 48; x++)
        CHECK(is_color(&image, x, 20, red) && is_color(&image, x, 19, red) && is_color(&image, x, 21, red));
    CHECK(is_color(&image, 30, 23, (dt_rgb){255, 255, 255}) &&
          is_color(&image, 30, 17, (dt_rgb){255, 255, 255}));
    /* Half a pixel of cover is half of the colour. */
    dt_plot_line(&image, 10, 100, 50, 100, 1, red);
    CHECK_NEAR(pixel(&image, 30, 99)[1], 127.5, 1);
    CHECK_NEAR(pixel(&image, 30, 100)[1], 127.5, 1);
    /* Clipped, and a point is a dot. */
    dt_plot_line(&image, -100, -100, 1000, 1000, 2, red);
    dt_plot_line(&image, WIDTH + 50, 5, WIDTH + 60, 5, 2, red);
    dt_plot_line(&image, 200.5, 40.5, 200.5, 40.5, 4, red);
    CHECK(is_color(&image, 200, 40, red) && is_color(&image, 201, 40, red) &&
          !is_color(&image, 204, 40, red));
    dt_image_free(&image);
}

/* The rows in which a column has the colour: the middle of them, or -1. */
static int height_at(const dt_image *image, int x, dt_rgb c)
{
    int first = -1, last = -1;
    for (int y = 52; y < HEIGHT; y++) {
        if (!is_color(image, x, y, c)) continue;
        if (first < 0) first = y;
        last = y;
    }
    return first < 0 ? -1 : (first + last) / 2;
}

static void test_chart(void)
{
    dt_image image = blank();
    const double x[] = {1, 2, 3, 4, 5}, up[] = {0, 1, 2, 3, 4}, gap[] = {4, NAN, NAN, INFINITY, 0};
    const dt_rgb blue = {0, 0, 255}, green = {0, 160, 0};
    const dt_curve curves[] = {{"up", x, up, 5, blue}, {"down", x, gap, 5, green}};
    dt_plot_chart(&image, 0, 0, WIDTH, HEIGHT, "title", curves, 2, 1);
    /* The frame: x from 64 to 304, y from 208 (0) up to 52 (4.2). */
    const int quarter = 64 + 60, middle = 64 + 120;
    CHECK_NEAR(height_at(&image, quarter, blue), 208 - 156 / 4.2, 2);
    CHECK_NEAR(height_at(&image, middle + 20, blue), 208 - 156 * (2 + 1. / 3) / 4.2, 2);
    CHECK_NEAR(height_at(&image, quarter, green), 208 - 156 * 3 / 4.2,
               2); /* bridged over what is not finite */
    CHECK_INT(height_at(&image, 60, blue), -1);
    CHECK_INT(height_at(&image, 307, blue), -1);
    dt_image_free(&image);
}

/* Nothing here has anything to show but that it ends and stays inside. */
static void test_extremes(void)
{
    const double x[] = {1, 2},
                 rows[][2] = {{NAN, NAN},      {0, 0},           {1e17, 1e17 + 64}, {1e20, 1e20},
                              {-1e300, 1e300}, {1e-310, 2e-310}, {-INFINITY, 3},    {DBL_MAX, -DBL_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        dt_image image = blank();
        const dt_curve curve = {"c", x, rows[i], 2, {0, 0, 0}};
        dt_plot_chart(&image, 0, 0, WIDTH, HEIGHT, "t", &curve, 1, (int)(i & 1));
        dt_plot_chart(&image, 0, 0, WIDTH, HEIGHT, "t", &curve, 0, 0);
        const dt_curve swapped = {"c", rows[i], x, 2, {0, 0, 0}};
        dt_plot_chart(&image, 0, 0, WIDTH, HEIGHT, "t", &swapped, 1, 0);
        dt_image_free(&image);
    }
}

int main(void)
{
    RUN(test_line);
    RUN(test_chart);
    RUN(test_extremes);
    return dt_test_end();
}
