#include "datasets/image/draw.h"

#include <math.h>
#include <string.h>

#include "datasets/image/font.h"
#include "datasets/transforms/resize.h"
#include "detect/letterbox.h"

dt_rgb dt_class_color(int cls)
{
    /* The first eight are the set of Okabe and Ito without black, the rest fills the gaps in lightness and
     * hue. */
    static const dt_rgb colors[20] = {
        {213, 94, 0},    {86, 180, 233},  {0, 158, 115}, {240, 228, 66},  {204, 121, 167},
        {0, 114, 178},   {230, 159, 0},   {136, 34, 85}, {68, 221, 204},  {170, 51, 221},
        {153, 153, 51},  {255, 136, 153}, {51, 34, 136}, {119, 221, 68},  {136, 68, 0},
        {187, 204, 255}, {255, 51, 102},  {17, 85, 51},  {255, 204, 153}, {102, 102, 119},
    };
    return colors[(unsigned)cls % 20u];
}

static double linear(uint8_t v)
{
    double c = v / 255.;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

dt_rgb dt_text_color_on(dt_rgb c)
{
    double luminance = 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
    /* Equal contrast with black and with white: (L + .05)^2 = 1.05 * .05. */
    return luminance > 0.179 ? (dt_rgb){0, 0, 0} : (dt_rgb){255, 255, 255};
}

static uint8_t *pixel(dt_image *image, int x, int y)
{
    return image->data + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
}

static int clamp_int(double v, int lo, int hi)
{
    return v > lo ? (v < hi ? (int)v : hi) : lo; /* NaN: lo */
}

void dt_draw_fill(dt_image *image, int x1, int y1, int x2, int y2, dt_rgb color)
{
    if (image->channels != 3) return;
    x1 = x1 < 0 ? 0 : x1;
    y1 = y1 < 0 ? 0 : y1;
    x2 = x2 > image->width ? image->width : x2;
    y2 = y2 > image->height ? image->height : y2;
    for (int y = y1; y < y2; y++) {
        uint8_t *p = image->data + ((size_t)y * (size_t)image->width) * 3 + 3 * (ptrdiff_t)x1;
        for (int x = x1; x < x2; x++, p += 3) {
            p[0] = color.r;
            p[1] = color.g;
            p[2] = color.b;
        }
    }
}

void dt_draw_rect(dt_image *image, dt_box box, int thickness, dt_rgb color)
{
    const int far = 1 << 20;
    int x1 = clamp_int(floor(box.x1 + .5), -far, far), y1 = clamp_int(floor(box.y1 + .5), -far, far);
    int x2 = clamp_int(floor(box.x2 + .5), -far, far), y2 = clamp_int(floor(box.y2 + .5), -far, far);
    int t = thickness < 1 ? 1 : thickness;
    if (2 * t >= x2 - x1 || 2 * t >= y2 - y1) {
        dt_draw_fill(image, x1, y1, x2 > x1 ? x2 : x1 + 1, y2 > y1 ? y2 : y1 + 1, color);
        return;
    }
    dt_draw_fill(image, x1, y1, x2, y1 + t, color);
    dt_draw_fill(image, x1, y2 - t, x2, y2, color);
    dt_draw_fill(image, x1, y1 + t, x1 + t, y2 - t, color);
    dt_draw_fill(image, x2 - t, y1 + t, x2, y2 - t, color);
}

/* ---- text ---- */

/* The next character; a malformed byte counts as one character. */
static unsigned next_code(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    unsigned first = *p;
    int more = first >= 0xf8 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    int n = 1;
    while (n <= more && (p[n] & 0xc0) == 0x80)
        n++;
    *text += n;
    return first < 0x80 ? first : 0xfffd;
}

typedef struct segment {
    double x1, y1, x2, y2;
} segment;

static double distance2(double x, double y, const segment *s)
{
    double dx = s->x2 - s->x1, dy = s->y2 - s->y1, len2 = dx * dx + dy * dy;
    double t = len2 > 0 ? ((x - s->x1) * dx + (y - s->y1) * dy) / len2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double px = x - (s->x1 + t * dx), py = y - (s->y1 + t * dy);
    return px * px + py * py;
}

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

enum { GLYPH_SEGMENTS = 32 };

/* Where text begins and where it runs to: to the right, or upwards with the tops of its letters to the left. */
typedef struct text_pen {
    double x, y, scale;
    int up;
} text_pen;

/* A place of the text, in its own pixels from where it begins, in the image. */
static void to_image(const text_pen *pen, double along, double below, double *x, double *y)
{
    *x = pen->up ? pen->x + below : pen->x + along;
    *y = pen->up ? pen->y - along : pen->y + below;
}

/* The strokes as segments in pixels of the image. */
static int glyph_segments(unsigned code, const text_pen *pen, double at, segment out[GLYPH_SEGMENTS])
{
    int count = 0, have = 0;
    double px = 0, py = 0;
    for (const char *p = dt_font_strokes(code); *p && count < GLYPH_SEGMENTS; p++) {
        if (*p == ' ') {
            have = 0;
            continue;
        }
        double qx, qy;
        to_image(pen, at + (hex(p[0]) + .5) * pen->scale, (hex(p[1]) + DT_FONT_ABOVE + .5) * pen->scale, &qx,
                 &qy);
        if (have) out[count++] = (segment){px, py, qx, qy};
        px = qx;
        py = qy;
        have = 1;
        p++;
    }
    return count;
}

/* at: how far along the text. */
static void draw_glyph(dt_image *image, unsigned code, const text_pen *pen, double at, dt_rgb color)
{
    segment seg[GLYPH_SEGMENTS];
    int count = glyph_segments(code, pen, at, seg);
    if (count == 0) return;
    const double scale = pen->scale, radius = 0.62 * scale;
    double ax, ay, bx, by;
    to_image(pen, at - scale, 0, &ax, &ay);
    to_image(pen, at + 8 * scale, (DT_FONT_LINE + 1) * scale, &bx, &by);
    int x1 = clamp_int(floor(fmin(ax, bx)), 0, image->width),
        x2 = clamp_int(ceil(fmax(ax, bx)), 0, image->width);
    int y1 = clamp_int(floor(fmin(ay, by)), 0, image->height);
    int y2 = clamp_int(ceil(fmax(ay, by)), 0, image->height);
    for (int py = y1; py < y2; py++) {
        for (int px = x1; px < x2; px++) {
            double d2 = INFINITY;
            for (int i = 0; i < count; i++)
                d2 = fmin(d2, distance2(px + .5, py + .5, &seg[i]));
            double cover = radius + .5 - sqrt(d2);
            if (cover <= 0) continue;
            if (cover > 1) cover = 1;
            uint8_t *p = pixel(image, px, py);
            p[0] = (uint8_t)lrint(p[0] + (color.r - p[0]) * cover);
            p[1] = (uint8_t)lrint(p[1] + (color.g - p[1]) * cover);
            p[2] = (uint8_t)lrint(p[2] + (color.b - p[2]) * cover);
        }
    }
}

static void draw_text(dt_image *image, const text_pen *pen, const char *text, dt_rgb color)
{
    if (image->channels != 3) return;
    const double end = pen->up ? pen->y : image->width - pen->x;
    for (double at = 0; *text && at <= end;) {
        unsigned code = next_code(&text);
        draw_glyph(image, code, pen, at, color);
        at += dt_font_advance(code) * pen->scale;
    }
}

void dt_draw_text(dt_image *image, double x, double y, const char *text, double scale, dt_rgb color)
{
    draw_text(image, &(text_pen){x, y, scale, 0}, text, color);
}

void dt_draw_text_up(dt_image *image, double x, double y, const char *text, double scale, dt_rgb color)
{
    draw_text(image, &(text_pen){x, y, scale, 1}, text, color);
}

double dt_text_width(const char *text, double scale)
{
    double width = 0;
    while (*text)
        width += dt_font_advance(next_code(&text));
    return width > 0 ? (width - DT_FONT_GAP) * scale : 0;
}

double dt_text_height(double scale)
{
    return DT_FONT_LINE * scale;
}

/* ---- grids ---- */

dt_status dt_image_montage(const dt_image *const *images, int count, int columns, int cell_width,
                           int cell_height, dt_rgb fill, dt_image *out, dt_error *err)
{
    enum { GAP = 2 };
    *out = (dt_image){0};
    if (count < 1 || columns < 0 || cell_width < 1 || cell_height < 1)
        return dt_fail(err, DT_ERR_ARG, "montage of %d pictures in %d columns of %dx%d cells", count, columns,
                       cell_width, cell_height);
    if (columns == 0) columns = (int)ceil(sqrt(count));
    if (columns > count) columns = count;
    int rows = (count + columns - 1) / columns;
    int64_t width = (int64_t)columns * (cell_width + GAP) - GAP,
            height = (int64_t)rows * (cell_height + GAP) - GAP;
    if (width > DT_IMAGE_MAX_SIDE || height > DT_IMAGE_MAX_SIDE)
        return dt_fail(err, DT_ERR_ARG, "montage of %lldx%lld pixels is too large", (long long)width,
                       (long long)height);
    DT_TRY(dt_image_create(out, (int)width, (int)height, 3, err));
    dt_draw_fill(out, 0, 0, out->width, out->height, fill);
    for (int i = 0; i < count; i++) {
        const dt_image *image = images[i];
        if (!image || !image->data) continue;
        dt_letterbox lb;
        dt_status status = image->channels == 3 ? DT_OK : DT_ERR_ARG;
        if (status != DT_OK)
            dt_fail(err, status, "montage: picture %d has %d channels, not 3", i, image->channels);
        else
            status = dt_letterbox_make(DT_LETTERBOX_CENTER, 1, image->width, image->height, cell_width,
                                       cell_height, &lb, err);
        if (status == DT_OK) {
            int x = i % columns * (cell_width + GAP) + lb.left,
                y = i / columns * (cell_height + GAP) + lb.top;
            status = dt_image_resize_into(image, lb.new_width, lb.new_height, DT_RESIZE_BILINEAR_AA,
                                          pixel(out, x, y), (size_t)out->width * 3, err);
        }
        if (status != DT_OK) {
            dt_image_free(out);
            return status;
        }
    }
    return DT_OK;
}
