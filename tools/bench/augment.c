/* Times what augmentation does to pictures that are already decoded: bench_augment PICTURE... (at least 4).
 * One thread; the least of REPEATS runs over SAMPLES samples of 640 x 640, in milliseconds a sample. */
#include <stdio.h>
#include <time.h>

#include "core/mem.h"
#include "datasets/transforms/adjust.h"
#include "datasets/transforms/augment.h"
#include "datasets/transforms/color.h"
#include "datasets/transforms/planes.h"
#include "datasets/transforms/sample_transforms.h"

enum { SIDE = 640, SAMPLES = 24, REPEATS = 9 };

typedef struct bench {
    dt_sample *pictures;
    int count;
    dt_augment_opts opts;
    dt_sample out;
    float *planes;
    dt_error err;
} bench;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static dt_status augment(bench *b, int i)
{
    dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 0, (uint64_t)i);
    dt_aug_params p = dt_aug_draw(&b->opts, 1, i % b->count, b->count, &rng);
    dt_aug_source list[DT_AUG_SOURCES];
    const dt_sample *src[DT_AUG_SOURCES] = {0};
    const int n = dt_aug_sources(&p, list);
    for (int k = 0; k < n; k++)
        src[list[k].slot] = &b->pictures[list[k].index];
    return dt_aug_apply(&p, &b->opts, src, SIDE, &b->out, &b->err);
}

static dt_status letterbox(bench *b, int i)
{
    const dt_sample *s = &b->pictures[i % b->count];
    dt_letterbox lb;
    DT_TRY(
        dt_letterbox_make(DT_LETTERBOX_CENTER, 0, s->image.width, s->image.height, SIDE, SIDE, &lb, &b->err));
    return dt_sample_letterbox(s, &lb, DT_RESIZE_BILINEAR, 114, &b->out, &b->err);
}

static dt_status planes(bench *b, int i)
{
    static const float mean[3], std[3] = {1, 1, 1};
    (void)i;
    dt_image_to_planes(&b->out.image, 255, mean, std, b->planes);
    return DT_OK;
}

static dt_status hsv(bench *b, int i)
{
    return dt_image_hsv_jitter(&b->out.image, 0.01, i % 2 ? .3 : -.3, i % 2 ? -.2 : .2, &b->err);
}

static dt_status hue(bench *b, int i)
{
    return dt_image_adjust_hue(&b->out.image, i % 2 ? .1 : -.1, &b->err);
}

static dt_status saturation(bench *b, int i)
{
    return dt_image_adjust_saturation(&b->out.image, i % 2 ? 1.1 : .9, &b->err);
}

static int time_one(bench *b, const char *name, dt_status (*run)(bench *, int))
{
    double best = 1e30;
    for (int r = 0; r < REPEATS; r++) {
        const double begin = now_ms();
        for (int i = 0; i < SAMPLES; i++) {
            if (run(b, i) == DT_OK) continue;
            fprintf(stderr, "%s: %s\n", name, b->err.text);
            return 1;
        }
        const double ms = (now_ms() - begin) / SAMPLES;
        best = ms < best ? ms : best;
    }
    printf("%-24s %8.3f ms\n", name, best);
    return 0;
}

static int time_all(bench *b)
{
    const dt_augment_opts none = dt_augment_none();
    int failed = time_one(b, "letterbox", letterbox);
    b->opts = none;
    b->opts.mosaic = 1;
    b->opts.scale = .5;
    b->opts.translate = .1;
    failed |= time_one(b, "mosaic", augment);
    b->opts.mosaic9 = 1;
    failed |= time_one(b, "mosaic of nine", augment);
    b->opts.mosaic9 = 0;
    b->opts.degrees = 10;
    b->opts.shear = 2;
    failed |= time_one(b, "mosaic, turned", augment);
    b->opts.perspective = .0005;
    failed |= time_one(b, "mosaic, perspective", augment);
    b->opts = none;
    b->opts.mosaic = b->opts.cutmix = 1;
    failed |= time_one(b, "mosaic, cutmix", augment);
    b->opts.cutmix = 0;
    b->opts.copy_paste = .5;
    failed |= time_one(b, "mosaic, copy-paste", augment);
    b->opts = dt_augment_defaults();
    failed |= time_one(b, "defaults", augment);
    failed |= time_one(b, "HSV", hsv);
    failed |= time_one(b, "hue", hue);
    failed |= time_one(b, "saturation", saturation);
    return failed | time_one(b, "floats", planes);
}

int main(int argc, char **argv)
{
    bench b = {.count = argc - 1};
    int failed = b.count < 4;
    if (failed) fprintf(stderr, "usage: bench_augment PICTURE... (at least 4)\n");
    b.pictures = dt_calloc((size_t)argc, sizeof *b.pictures);
    b.planes = dt_malloc_aligned(3 * SIDE * SIDE * sizeof *b.planes);
    failed |= !b.pictures || !b.planes;
    for (int i = 0; i < b.count && !failed; i++) {
        dt_sample *s = &b.pictures[i];
        failed = dt_image_load(argv[i + 1], NULL, &s->image, NULL, &b.err) != DT_OK ||
                 dt_aug_prepare(s, SIDE, DT_RESIZE_BILINEAR, &b.err) != DT_OK ||
                 dt_sample_add_label(s, (dt_label){.box = {10, 10, 90, 80}}, &b.err) != DT_OK;
        if (failed) fprintf(stderr, "%s\n", b.err.text);
    }
    if (!failed) failed = time_all(&b);
    for (int i = 0; i < b.count && b.pictures; i++)
        dt_sample_free(&b.pictures[i]);
    dt_sample_free(&b.out);
    dt_free(b.pictures);
    dt_free(b.planes);
    return failed;
}
