/* The CUDA backend: clear errors without a GPU, and the same results as the CPU with one. Without a GPU the
 * device's cases are skipped by name; DT_REQUIRE_CUDA=1 makes that a failure. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <link.h>

#include "core/cache.h"
#include "core/ctx.h"
#include "core/ops.h"
#include "core/rng.h"
#include "detect/nms_tensor.h"
#include "test.h"

static dt_ctx *ctx;
static dt_device *gpu;

static int name_is_cuda(struct dl_phdr_info *info, size_t size, void *found)
{
    (void)size;
    static const char *const libraries[] = {"libcuda", "libcudart", "libcublas", "libcudnn", "dettool_cuda"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (strstr(info->dlpi_name, libraries[i])) *(const char **)found = libraries[i];
    return 0;
}

static void no_cuda_library_before_open(void)
{
    const char *found = NULL;
    dl_iterate_phdr(name_is_cuda, (void *)&found);
    CHECK_MSG(!found, "the program has loaded %s by itself", found ? found : "");
}

static void error_of(const char *device, char *text, size_t size)
{
    dt_device *opened = NULL;
    dt_status st = dt_device_open(ctx, device, &opened);
    CHECK(st != DT_OK && opened == NULL);
    CHECK(st == dt_ctx_status(ctx));
    snprintf(text, size, "%s", dt_ctx_error(ctx)->text);
    dt_ctx_clear_error(ctx);
}

static void bad_modules_are_errors(void)
{
    char text[DT_ERROR_TEXT_MAX];
    setenv("DT_CUDA_MODULE", "/nowhere/dettool_cuda.so", 1);
    error_of("cuda:90", text, sizeof text);
    CHECK_MSG(strstr(text, "backend module cannot be loaded") && strstr(text, "/nowhere/dettool_cuda.so"),
              "%s", text);
    setenv("DT_CUDA_MODULE", "libm.so.6", 1);
    error_of("cuda:90", text, sizeof text);
    CHECK_MSG(strstr(text, "not a dettool backend module"), "%s", text);
    unsetenv("DT_CUDA_MODULE");
    error_of("gpu", text, sizeof text);
    CHECK_MSG(strstr(text, "'gpu' is unknown"), "%s", text);
}

/* Whatever this machine lacks, the message says it and names the device. */
static void missing_gpu_is_a_clear_error(void)
{
    char text[DT_ERROR_TEXT_MAX];
    error_of("cuda:99", text, sizeof text);
    static const char *const reasons[] = {
        "cuda:99: no NVIDIA driver is installed", "cuda:99: there is no GPU",
        "cuda:99: there is only 1 GPU",           "cuda:99: there are only",
        "cuda:99: the NVIDIA driver is for",      "cuda:99: looking for GPUs failed",
        "backend module cannot be loaded",
    };
    int known = 0;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        known |= strncmp(text, reasons[i], strlen(reasons[i])) == 0 || (i == 6 && strstr(text, reasons[i]));
    CHECK_MSG(known, "unclear: %s", text);
}

/* ---- with a device ---- */

static int has_gpu(void)
{
    if (gpu) return 1;
    printf("SKIPPED %s: no CUDA device\n", dt_test_name);
    dt_test_skips++;
    return 0;
}

static dt_tensor *random_tensor(dt_shape shape, uint64_t seed)
{
    dt_tensor *t = dt_empty(ctx, DT_F32, shape);
    if (!t) return NULL;
    dt_rng rng = dt_rng_make(seed, DT_RNG_TEST, 0, 0);
    for (int64_t i = 0; i < dt_numel(t); i++)
        dt_f32(t)[i] = (float)(dt_rng_uniform(&rng, -1, 1));
    return t;
}

static dt_tensor *to_gpu(dt_tensor *t)
{
    return t ? dt_clone_to(ctx, t, gpu) : NULL;
}

/* Largest difference relative to the largest value; NaN if anything is missing or not a number. f32 or f64. */
static double difference(dt_tensor *want, dt_tensor *got)
{
    dt_tensor *host = got ? dt_clone_to(ctx, got, dt_cpu(ctx)) : NULL;
    if (!want || !host || dt_numel(want) != dt_numel(host)) {
        fprintf(stderr, "%s\n", dt_ctx_error(ctx)->text);
        dt_ctx_clear_error(ctx);
        return NAN;
    }
    double most = 0, largest = 1e-30;
    for (int64_t i = 0; i < dt_numel(want); i++) {
        double a = dt_get(want, i), b = dt_get(host, i);
        if (!(fabs(a - b) <= most)) most = fabs(a - b); /* NaN gets in and stays */
        if (fabs(a) > largest) largest = fabs(a);
    }
    return most / largest;
}

static void copies_give_the_bytes_back(void)
{
    if (!has_gpu()) return;
    /* around the size of a pinned buffer, and larger than all of them together */
    static const int64_t counts[] = {1, 3, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 5 << 20};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        dt_scope scope = dt_scope_open(ctx);
        dt_tensor *host = random_tensor(DT_SHAPE(counts[k]), k), *device = to_gpu(host), *twice = NULL;
        if (device) twice = dt_clone_to(ctx, device, NULL);
        CHECK(difference(host, device) == 0);
        CHECK(difference(host, twice) == 0);
        dt_scope_close(ctx, scope);
    }
    dt_tensor *x = random_tensor(DT_SHAPE(7, 5, 3), 1), *y = to_gpu(x);
    CHECK(difference(dt_copy(ctx, dt_transpose(ctx, x, 0, 2)), dt_copy(ctx, dt_transpose(ctx, y, 0, 2))) ==
          0);
}

static void memory_is_kept_and_running_out_is_a_status(void)
{
    if (!has_gpu()) return;
    size_t before = dt_cache_get_stats(gpu->cache).in_use;
    dt_scope scope = dt_scope_open(ctx);
    CHECK(dt_empty_on(ctx, gpu, DT_F32, DT_SHAPE(1000)) != NULL);
    CHECK(dt_cache_get_stats(gpu->cache).in_use > before);
    CHECK(dt_empty_on(ctx, gpu, DT_F32, DT_SHAPE((int64_t)1 << 43)) == NULL);
    CHECK_INT(dt_ctx_status(ctx), DT_ERR_MEMORY);
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, scope);
    CHECK_INT(dt_cache_get_stats(gpu->cache).in_use, before);
    CHECK_OK(dt_device_sync(ctx, gpu), dt_ctx_error(ctx));
}

static void products_equal_the_cpu(void)
{
    if (!has_gpu()) return;
    for (int k = 0; k < 4; k++) {
        int ta = k & 1, tb = k >> 1;
        dt_tensor *a = random_tensor(ta ? DT_SHAPE(3, 65, 33) : DT_SHAPE(3, 33, 65), 1);
        dt_tensor *b = random_tensor(tb ? DT_SHAPE(2, 1, 17, 65) : DT_SHAPE(2, 1, 65, 17), 2);
        CHECK_NEAR(difference(dt_matmul(ctx, a, b, ta, tb), dt_matmul(ctx, to_gpu(a), to_gpu(b), ta, tb)), 0,
                   1e-5);
    }
    dt_tensor *x = random_tensor(DT_SHAPE(4, 7, 65), 3), *w = random_tensor(DT_SHAPE(19, 65), 4),
              *b = random_tensor(DT_SHAPE(19), 5);
    CHECK_NEAR(difference(dt_linear(ctx, x, w, b), dt_linear(ctx, to_gpu(x), to_gpu(w), to_gpu(b))), 0, 1e-5);
}

static void convolutions_equal_the_cpu(void)
{
    if (!has_gpu()) return;
    static const struct {
        int64_t c, o, side, kernel;
        dt_conv2d_args args;
    } cases[] = {
        {3, 64, 56, 7, {{2, 2}, {3, 3}, {1, 1}, 1}},   {64, 64, 28, 3, {{1, 1}, {1, 1}, {1, 1}, 1}},
        {64, 128, 27, 1, {{2, 2}, {0, 0}, {1, 1}, 1}}, {32, 32, 19, 3, {{1, 2}, {2, 1}, {2, 1}, 32}},
        {12, 18, 13, 5, {{3, 1}, {0, 2}, {1, 2}, 3}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const dt_conv2d_args *args = &cases[k].args;
        int64_t c = cases[k].c, side = cases[k].side, kernel = cases[k].kernel;
        dt_scope scope = dt_scope_open(ctx);
        dt_tensor *x = random_tensor(DT_SHAPE(2, c, side, side), 10 + k);
        dt_tensor *w = random_tensor(DT_SHAPE(cases[k].o, c / args->groups, kernel, kernel), 20 + k);
        dt_tensor *b = random_tensor(DT_SHAPE(cases[k].o), 30 + k), *gx = to_gpu(x), *gw = to_gpu(w),
                  *gb = to_gpu(b);
        dt_tensor *y = dt_conv2d(ctx, x, w, b, args);
        for (int again = 0; again < 2; again++) /* the second time the algorithm is remembered */
            CHECK_NEAR(difference(y, dt_conv2d(ctx, gx, gw, gb, args)), 0, 1e-5);
        dt_tensor *dy = y ? random_tensor(y->shape, 40 + k) : NULL, *gdy = to_gpu(dy);
        if (!CHECK_MSG(dy != NULL, "case %zu: %s", k, dt_ctx_error(ctx)->text)) return;
        CHECK_NEAR(difference(dt_conv2d_dx(ctx, dy, w, args, side, side),
                              dt_conv2d_dx(ctx, gdy, gw, args, side, side)),
                   0, 1e-5);
        dt_tensor *dw = dt_conv2d_dw(ctx, gdy, gx, args, kernel, kernel);
        CHECK_NEAR(difference(dt_conv2d_dw(ctx, dy, x, args, kernel, kernel), dw), 0, 1e-5);
        dt_tensor *same = dt_conv2d_dw(ctx, gdy, gx, args, kernel, kernel);
        CHECK(difference(dt_clone_to(ctx, dw, dt_cpu(ctx)), same) == 0);
        dt_scope_close(ctx, scope);
    }
}

/* float64 does not go through cuDNN: the direct kernels, which also stand in for what cuDNN declines. */
static void direct_convolutions_equal_the_cpu(void)
{
    if (!has_gpu()) return;
    dt_conv2d_args args = {{2, 1}, {1, 2}, {1, 2}, 2};
    dt_tensor *x = dt_cast(ctx, random_tensor(DT_SHAPE(3, 4, 9, 11), 1), DT_F64);
    dt_tensor *w = dt_cast(ctx, random_tensor(DT_SHAPE(6, 2, 3, 3), 2), DT_F64);
    dt_tensor *b = dt_cast(ctx, random_tensor(DT_SHAPE(6), 3), DT_F64), *gx = to_gpu(x), *gw = to_gpu(w);
    dt_tensor *y = dt_conv2d(ctx, x, w, b, &args);
    if (!CHECK_MSG(y && gx && gw, "%s", dt_ctx_error(ctx)->text)) return;
    CHECK_NEAR(difference(y, dt_conv2d(ctx, gx, gw, to_gpu(b), &args)), 0, 1e-13);
    dt_tensor *dy = dt_cast(ctx, random_tensor(y->shape, 4), DT_F64), *gdy = to_gpu(dy);
    CHECK_NEAR(difference(dt_conv2d_dx(ctx, dy, w, &args, 9, 11), dt_conv2d_dx(ctx, gdy, gw, &args, 9, 11)),
               0, 1e-13);
    CHECK_NEAR(difference(dt_conv2d_dw(ctx, dy, x, &args, 3, 3), dt_conv2d_dw(ctx, gdy, gx, &args, 3, 3)), 0,
               1e-13);
}

/* Large enough for several chunks a result, in each of the ways that a sum takes. */
static void sums_equal_the_cpu(void)
{
    if (!has_gpu()) return;
    dt_tensor *x = random_tensor(DT_SHAPE(7, 5, 90000), 1), *gx = to_gpu(x);
    static const uint32_t axes[] = {0, 1, 2, 4, 5, 6};
    for (size_t k = 0; k < sizeof axes / sizeof *axes; k++) {
        dt_tensor *once = dt_sum(ctx, gx, axes[k], 0), *twice = dt_sum(ctx, gx, axes[k], 0);
        CHECK_NEAR(difference(dt_sum(ctx, x, axes[k], 0), once), 0, 1e-5);
        CHECK(once && difference(dt_clone_to(ctx, once, dt_cpu(ctx)), twice) == 0);
    }
}

/* Forward, backward and running statistics, through the tape, with a mean far from 0. */
static void batch_norm_equals_the_cpu(void)
{
    if (!has_gpu()) return;
    for (int training = 0; training < 2; training++) {
        dt_tensor *out[2][4] = {{0}};
        dt_tensor *x = dt_affine(ctx, random_tensor(DT_SHAPE(5, 6, 40, 41), 1), 0.5, 30);
        dt_tensor *seed = random_tensor(DT_SHAPE(5, 6, 40, 41), 2), *w = random_tensor(DT_SHAPE(6), 3);
        for (int on_gpu = 0; on_gpu < 2; on_gpu++) {
            dt_device *device = on_gpu ? gpu : dt_cpu(ctx);
            dt_tensor *in = dt_clone_to(ctx, x, device), *weight = dt_clone_to(ctx, w, device);
            dt_tensor *mean = dt_clone_to(ctx, dt_full(ctx, DT_F32, DT_SHAPE(6), 30), device);
            dt_tensor *var = dt_clone_to(ctx, dt_full(ctx, DT_F32, DT_SHAPE(6), 0.25), device);
            if (!CHECK_MSG(in && weight && mean && var, "%s", dt_ctx_error(ctx)->text)) return;
            dt_require_grad(ctx, in, 1);
            dt_require_grad(ctx, weight, 1);
            dt_tensor *y = dt_batch_norm(ctx, in, weight, NULL, mean, var, training, 0.1, 1e-5);
            out[on_gpu][0] = y;
            CHECK_OK(dt_backward(ctx, y, dt_clone_to(ctx, seed, device)), dt_ctx_error(ctx));
            out[on_gpu][1] = in->grad;
            out[on_gpu][2] = weight->grad;
            out[on_gpu][3] = var;
        }
        for (int k = 0; k < 4; k++)
            CHECK_NEAR(difference(out[0][k], out[1][k]), 0, 1e-5);
    }
}

/* Boxes on a coarse grid with few different scores: ties in score, and overlaps exactly at the threshold. */
static void compare_nms(int64_t n, int classes, double iou, int64_t max_det, uint64_t seed)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *boxes = dt_empty(ctx, DT_F32, DT_SHAPE(n, 4)), *scores = dt_empty(ctx, DT_F32, DT_SHAPE(n)),
              *labels = dt_empty(ctx, DT_I32, DT_SHAPE(n));
    int32_t *keep = malloc((size_t)n * 2 * sizeof *keep), *keep_gpu = keep + n;
    dt_rng rng = dt_rng_make(seed, DT_RNG_TEST, 0, 0);
    for (int64_t i = 0; i < n; i++) {
        float x = floorf((float)dt_rng_f64(&rng) * 600), y = floorf((float)dt_rng_f64(&rng) * 600);
        float *b = dt_f32(boxes) + 4 * i;
        b[0] = x;
        b[1] = y;
        b[2] = x + 1 + floorf((float)dt_rng_f64(&rng) * 40);
        b[3] = y + 1 + floorf((float)dt_rng_f64(&rng) * 40);
        dt_f32(scores)[i] = floorf((float)dt_rng_f64(&rng) * 1000) / 1000;
        dt_i32(labels)[i] = (int32_t)(dt_rng_f64(&rng) * classes) - 1;
    }
    if (n > 4) {
        dt_f32(scores)[1] = NAN;
        dt_f32(scores)[2] = INFINITY;
        dt_f32(scores)[3] = -0.0f;
        dt_f32(boxes)[17] = NAN;
    }
    dt_nms_opts opts = {.iou = iou, .max_det = max_det};
    int64_t kept = 0, kept_gpu = -1;
    CHECK_OK(dt_nms_tensors(ctx, boxes, scores, classes ? labels : NULL, &opts, keep, &kept),
             dt_ctx_error(ctx));
    CHECK_OK(dt_nms_tensors(ctx, to_gpu(boxes), to_gpu(scores), classes ? to_gpu(labels) : NULL, &opts,
                            keep_gpu, &kept_gpu),
             dt_ctx_error(ctx));
    CHECK_INT(kept_gpu, kept);
    CHECK_MSG(kept_gpu == kept && memcmp(keep, keep_gpu, (size_t)kept * sizeof *keep) == 0,
              "%lld boxes in %d classes at %g: the kept boxes differ", (long long)n, classes, iou);
    free(keep);
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, scope);
}

static void nms_equals_the_cpu(void)
{
    if (!has_gpu()) return;
    static const int64_t counts[] = {1, 31, 32, 33, 511, 512, 513, 1025, 5000};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        compare_nms(counts[k], 0, 0.5, 0, k);
        compare_nms(counts[k], 3, 0.7, 0, k);
    }
    compare_nms(100000, 0, 0.5, 0, 90);
    compare_nms(100000, 80, 0.7, 0, 91);
    compare_nms(100000, 80, 0.45, 300, 92);
    compare_nms(20000, 20000, 0.5, 0, 93);
    compare_nms(3000, 1, 0, 0, 94);
    compare_nms(3000, 1, 1, 0, 95);
}

/* The same wrapper on the CPU needs no device. */
static void nms_checks_its_operands(void)
{
    dt_scope scope = dt_scope_open(ctx);
    dt_nms_opts opts = {.iou = 0.5};
    int32_t keep[2];
    int64_t kept = -1;
    float boxes[] = {0, 0, 10, 10, 1, 0, 10, 10}, scores[] = {0.5f, 0.75f};
    dt_tensor *b = dt_from(ctx, DT_F32, DT_SHAPE(2, 4), boxes),
              *s = dt_from(ctx, DT_F32, DT_SHAPE(2), scores);
    CHECK_OK(dt_nms_tensors(ctx, b, s, NULL, &opts, keep, &kept), dt_ctx_error(ctx));
    CHECK_INT(kept, 1);
    CHECK_INT(keep[0], 1);
    CHECK_INT(dt_nms_tensors(ctx, s, s, NULL, &opts, keep, &kept), DT_ERR_SHAPE);
    CHECK_INT(kept, 0);
    dt_ctx_clear_error(ctx);
    CHECK_INT(dt_nms_tensors(ctx, b, s, s, &opts, keep, &kept), DT_ERR_DTYPE);
    dt_ctx_clear_error(ctx);
    opts.iou = 1.5;
    CHECK_INT(dt_nms_tensors(ctx, b, s, NULL, &opts, keep, &kept), DT_ERR_ARG);
    dt_ctx_clear_error(ctx);
    dt_scope_close(ctx, scope);
}

int main(void)
{
    dt_error err = {0};
    if (dt_ctx_create(&(dt_ctx_opts){.threads = 2}, &ctx, &err) != DT_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    RUN(no_cuda_library_before_open);
    RUN(bad_modules_are_errors);
    RUN(missing_gpu_is_a_clear_error);
    RUN(nms_checks_its_operands);
    if (dt_device_open(ctx, "cuda", &gpu) != DT_OK) {
        const char *required = getenv("DT_REQUIRE_CUDA");
        dt_test_name = "DT_REQUIRE_CUDA=1";
        if (required && strcmp(required, "1") == 0) CHECK_MSG(0, "%s", dt_ctx_error(ctx)->text);
        gpu = NULL;
        dt_ctx_clear_error(ctx);
    }
    RUN(copies_give_the_bytes_back);
    RUN(memory_is_kept_and_running_out_is_a_status);
    RUN(products_equal_the_cpu);
    RUN(convolutions_equal_the_cpu);
    RUN(direct_convolutions_equal_the_cpu);
    RUN(sums_equal_the_cpu);
    RUN(batch_norm_equals_the_cpu);
    RUN(nms_equals_the_cpu);
    int without_gpu = !gpu;
    dt_ctx_destroy(ctx);
    int result = dt_test_end();
    return result == 0 && without_gpu ? DT_TEST_SKIPPED : result;
}
