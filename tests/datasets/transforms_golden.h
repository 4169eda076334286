/** Cases of tests/golden/make_transforms_augment.py: "name:seed:width:height:channels:parameters count", then
 * values. */
#ifndef DT_TESTS_DATASETS_TRANSFORMS_GOLDEN_H
#define DT_TESTS_DATASETS_TRANSFORMS_GOLDEN_H

#include "datasets/image/image.h"
#include "test.h"

typedef struct golden_case {
    char key[256], name[64];
    int seed, width, height, channels, param_count;
    double params[12];
    double *values; /* free() it */
    int64_t count;
} golden_case;

__attribute__((unused)) static FILE *golden_open(const char *file)
{
    FILE *f = fopen(dt_test_golden(file), "r");
    CHECK_MSG(f != NULL, "%s is not there", dt_test_golden(file));
    return f;
}

/* The picture of picture() in the script. */
__attribute__((unused)) static dt_image golden_picture(int seed, int width, int height, int channels)
{
    dt_error err = {0};
    dt_image image = {0};
    CHECK_OK(dt_image_create(&image, width, height, channels, &err), &err);
    uint32_t x = (uint32_t)seed * 2654435761u;
    for (int i = 0; i < width * height * channels; i++) {
        x = x * 1664525u + 1013904223u;
        image.data[i] = (uint8_t)(x >> 24);
    }
    return image;
}

/* 1 with the next case, 0 at the end. */
__attribute__((unused)) static int golden_next(FILE *f, golden_case *c)
{
    long long n;
    memset(c, 0, sizeof *c);
    if (fscanf(f, "%255s %lld", c->key, &n) != 2) return 0;
    char rest[256] = "";
    sscanf(c->key, "%63[^:]:%d:%d:%d:%d:%255s", c->name, &c->seed, &c->width, &c->height, &c->channels, rest);
    for (char *p = rest, *end; *p && c->param_count < 12; p = *end ? end + 1 : end)
        c->params[c->param_count++] = strtod(p, &end);
    c->count = n;
    c->values = malloc((size_t)(n > 0 ? n : 1) * sizeof *c->values);
    for (long long i = 0; i < n; i++)
        if (!CHECK(fscanf(f, "%lf", &c->values[i]) == 1)) return 0;
    return 1;
}

/* Largest difference in levels; infinite if the shapes differ. */
__attribute__((unused)) static double golden_worst(const golden_case *c, const dt_image *image)
{
    double worst = 0;
    if (c->count != (int64_t)image->width * image->height * image->channels) return INFINITY;
    for (int64_t i = 0; i < c->count; i++)
        worst = fmax(worst, fabs(c->values[i] - image->data[i]));
    return worst;
}

#endif
