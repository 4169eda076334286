/* Boxes follow the pixels: boxes are painted into a picture, picture and boxes are transformed, and the
 * painted ones are looked for again. Whatever the step, the box of a label is where its colour is. */
#include "core/mem.h"
#include "datasets/transforms/transform.h"
#include "test.h"

enum { WIDTH = 200, HEIGHT = 150, BOXES = 4, SEEDS = 25 };

static const uint8_t colors[BOXES][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 0}};

/* Boxes on whole pixels, one in each quarter, over a background that no box has. */
static void paint(uint64_t seed, dt_sample *s)
{
    dt_error err = {0};
    dt_rng rng = dt_rng_make(seed, DT_RNG_TEST, 0, 0);
    *s = (dt_sample){.cls = -1, .original_width = WIDTH, .original_height = HEIGHT};
    CHECK_OK(dt_image_create(&s->image, WIDTH, HEIGHT, 3, &err), &err);
    memset(s->image.data, 0, WIDTH * HEIGHT * 3);
    for (int i = 0; i < BOXES; i++) {
        const int w = 20 + (int)dt_rng_below(&rng, 70), h = 20 + (int)dt_rng_below(&rng, 45);
        const int x = i % 2 * WIDTH / 2 + (int)dt_rng_below(&rng, (uint64_t)(WIDTH / 2 - w)),
                  y = i / 2 * HEIGHT / 2 + (int)dt_rng_below(&rng, (uint64_t)(HEIGHT / 2 - h));
        for (int v = y; v < y + h; v++)
            for (int u = x; u < x + w; u++)
                memcpy(s->image.data + 3 * (v * WIDTH + u), colors[i], 3);
        const dt_label label = {.box = {x, y, x + w, y + h}, .cls = i, .source = i};
        CHECK_OK(dt_sample_add_label(s, label, &err), &err);
    }
}

/* The pixels of which the colour makes up at least half; their number. */
static int64_t find(const dt_image *image, const uint8_t color[3], dt_box *box)
{
    int64_t count = 0;
    *box = (dt_box){1e9, 1e9, -1, -1};
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            const uint8_t *p = image->data + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
            int is = 1;
            for (int c = 0; c < 3; c++)
                is &= color[c] ? p[c] >= 128 : p[c] < 128;
            if (!is) continue;
            count++;
            box->x1 = fmin(box->x1, x);
            box->y1 = fmin(box->y1, y);
            box->x2 = fmax(box->x2, x + 1);
            box->y2 = fmax(box->y2, y + 1);
        }
    return count;
}

typedef struct follow {
    const char *text;
    double tolerance; /* pixels on each side */
    int drops_seen;   /* boxes may go although much of them is seen */
    int turns; /* a label that ends at the picture's edge may be larger than what is seen: it holds an upright box around
                       * the whole object, of which the corner lies outside */
} follow;

static void check_labels(const follow *f, uint64_t seed, const dt_sample *out)
{
    int there[BOXES] = {0};
    for (size_t i = 0; i < out->label_count; i++) {
        const dt_label *l = &out->labels[i];
        dt_box seen;
        there[l->source] = 1;
        if (dt_box_area(l->box) < 30) continue; /* a sliver: half a pixel decides whether it is seen */
        if (!CHECK_MSG(find(&out->image, colors[l->source], &seen) > 0, "%s, seed %d: box %d is not seen",
                       f->text, (int)seed, l->source))
            continue;
        const double out_of_label = fmax(fmax(l->box.x1 - seen.x1, l->box.y1 - seen.y1),
                                         fmax(seen.x2 - l->box.x2, seen.y2 - l->box.y2)),
                     short_of_label = fmax(fmax(seen.x1 - l->box.x1, seen.y1 - l->box.y1),
                                           fmax(l->box.x2 - seen.x2, l->box.y2 - seen.y2));
        const int at_edge = l->box.x1 <= 0 || l->box.y1 <= 0 || l->box.x2 >= out->image.width ||
                            l->box.y2 >= out->image.height;
        const double worst = f->turns && at_edge ? out_of_label : fmax(out_of_label, short_of_label);
        CHECK_MSG(worst <= f->tolerance, "%s, seed %d: box %d at %g %g %g %g, seen at %g %g %g %g", f->text,
                  (int)seed, l->source, l->box.x1, l->box.y1, l->box.x2, l->box.y2, seen.x1, seen.y1, seen.x2,
                  seen.y2);
    }
    for (int i = 0; i < BOXES && !f->drops_seen; i++) {
        dt_box seen;
        const int64_t count = there[i] ? 0 : find(&out->image, colors[i], &seen);
        CHECK_MSG(count <= 30, "%s, seed %d: box %d is gone, but %d pixels of it are seen", f->text,
                  (int)seed, i, (int)count);
    }
}

static void run_case(const follow *f)
{
    dt_error err = {0};
    dt_transforms *t;
    int64_t kept = 0;
    if (!CHECK_OK(dt_transforms_parse(f->text, &t, &err), &err)) return;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        dt_sample in, out = {0};
        paint(seed, &in);
        const dt_transform_place place = {
            .stream = dt_rng_make(seed, DT_RNG_AUGMENT, 0, 7), .mixing = 1, .unprepared = 1};
        if (CHECK_OK(dt_transforms_apply(t, &place, &in, &out, NULL, &err), &err))
            check_labels(f, seed, &out);
        kept += (int64_t)out.label_count;
        dt_sample_free(&in);
        dt_sample_free(&out);
    }
    CHECK_MSG(kept >= SEEDS, "%s: only %d boxes are left", f->text, (int)kept);
    dt_transforms_free(t);
}

static void steps(void)
{
    /* Moving whole pixels: exact. Resizing: a border lies within a pixel. Turning: corners of an upright box
     * around a turned one are thin, and vanish between pixels. */
    static const follow cases[] = {
        {"hflip(1)", 0, 0, 0},
        {"vflip(1)", 0, 0, 0},
        {"center-crop(100)", 0, 0, 0},
        {"center-crop(240, 90)", 0, 0, 0},
        {"random-crop(110)", 0, 0, 0},
        {"random-crop(120; padding=(20, 5))", 0, 0, 0},
        {"pad(13, fill=7)", 0, 0, 0},
        {"pad((3, 9), mode=constant)", 0, 0, 0},
        {"zoom-out(1)", 0, 0, 0},
        {"fixed-crop(120)", 0, 0, 0},
        {"fixed-crop(260)", 0, 0, 0},
        {"iou-crop", 0, 1, 0},
        {"resize(97, 61, filter=nearest)", 1, 0, 0},
        {"resize(97, 61, filter=nearest-exact)", 1, 0, 0},
        {"resize(61, filter=bilinear)", 1, 0, 0},
        {"resize(333, filter=bilinear)", 2, 0, 0},
        {"resize(75, filter=bilinear-aa)", 1, 0, 0},
        {"resize(75, filter=bicubic-aa)", 1, 0, 0},
        {"resize(300, filter=bicubic)", 2, 0, 0},
        {"resize(50, filter=area)", 1, 0, 0},
        {"resize(50, filter=lanczos-aa)", 1, 0, 0},
        {"resize(120, max-size=150)", 1, 0, 0},
        {"shortest-size(64, 96, 200)", 1.5, 0, 0},
        {"scale-jitter(128, scale=(0.5, 1.5))", 1.5, 0, 0},
        {"random-resized-crop(90)", 3, 0, 0},
        {"letterbox(128)", 1, 0, 0},
        {"letterbox(128, mode=yolox)", 1, 0, 0},
        {"letterbox(128, mode=darknet)", 1, 0, 0},
        {"letterbox(128, mode=stretch)", 1, 0, 0},
        {"letterbox(320, no-upscale=true)", 1, 0, 0},
        {"affine(degrees=0, translate=0.2, scale=(0.7, 1.4))", 1.5, 1, 0},
        {"affine(degrees=30)", 2.5, 1, 1},
        {"affine(degrees=0, shear=20)", 2.5, 1, 1},
        {"affine(degrees=45, translate=0.1, scale=(0.8, 1.2), shear=10)", 3.5, 1, 1},
        {"perspective(0.4, 1)", 2.5, 1, 1},
        {"yolo-augment(160, mosaic=0, hsv-h=0, hsv-s=0, hsv-v=0)", 1.5, 1, 0},
        {"yolo-augment(160, mosaic=0, degrees=20, shear=5, hsv-h=0, hsv-s=0, hsv-v=0)", 3, 1, 1},
        {"letterbox(160) hflip(1) random-crop(100) resize(80, 120) vflip(1)", 2, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run_case(&cases[i]);
}

int main(void)
{
    RUN(steps);
    return dt_test_end();
}
