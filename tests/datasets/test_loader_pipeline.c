/* The loader with a pipeline of transforms: the same bytes for any workers, pictures of one size or padded,
 * what is refused. */
#include <time.h>

#include "core/mem.h"
#include "datasets/loader/loader.h"
#include "test.h"

enum { RECORDS = 19, BATCH = 4 };

/* Pictures of 40x60 to 94x24; later ones load faster, so that workers overtake. */
static dt_status load(void *self, int64_t index, dt_sample *out, dt_error *err)
{
    const int slow = *(const int *)self;
    if (slow) {
        struct timespec pause = {0, (RECORDS - index) % 5 * 300000};
        nanosleep(&pause, NULL);
    }
    const int w = 40 + (int)index * 3, h = 60 - (int)index * 2;
    DT_TRY(dt_image_create(&out->image, w, h, 3, err));
    for (int i = 0; i < w * h * 3; i++)
        out->image.data[i] = (uint8_t)(1 + (i * 7 + (int)index * 31) % 255); /* never 0 */
    for (int i = 0; i < (int)(index % 3); i++)
        DT_TRY(dt_sample_add_label(out, (dt_label){{i * 9, 2, i * 9 + 8, 14}, i, 0, i}, err));
    return DT_OK;
}

static dt_transforms *parse(const char *text)
{
    dt_error err = {0};
    dt_transforms *t = NULL;
    CHECK_MSG(dt_transforms_parse(text, &t, &err) == DT_OK, "%s", err.text);
    return t;
}

static dt_loader_opts options(const dt_transforms *t)
{
    dt_loader_opts o = dt_loader_defaults();
    o.batch = BATCH;
    o.imgsz = 32;
    o.seed = 3;
    o.shuffle = 1;
    o.pipeline = t;
    return o;
}

static const char fixed[] =
    "mosaic(32, p=0.5) letterbox(32) mixup(0.5) cutmix(0.5) copy-paste(0.5) hflip hsv",
                  variable[] =
                      "resize(30) scale-jitter(40, scale=(0.5, 1.5)) mixup(0.3) random-apply(iou-crop) hflip";

static int run_epoch(dt_loader *loader, int64_t epoch, int64_t first, char hashes[8][DT_SHA256_TEXT])
{
    dt_error err = {0};
    int n = 0;
    CHECK_OK(dt_loader_start(loader, epoch, first, &err), &err);
    for (;;) {
        const dt_batch *b;
        if (!CHECK_OK(dt_loader_next(loader, &b, &err), &err) || !b) return n;
        dt_batch_hash(b, hashes[n++]);
    }
}

static void same_bytes_for_any_workers(void)
{
    dt_error err = {0};
    static const int workers[] = {0, 1, 2, 7};
    static char expected[2][2][8][DT_SHA256_TEXT];
    for (int padded = 0; padded < 2; padded++) {
        dt_transforms *t = parse(padded ? variable : fixed);
        for (int w = 0; w < 4; w++) {
            for (int cache = 0; cache < 2; cache++) {
                int slow = w > 0;
                const dt_source source = {.count = RECORDS, .load = load, .self = &slow};
                dt_loader_opts o = options(t);
                o.workers = workers[w];
                o.prefetch = 1 + w;
                o.cache_bytes = cache ? 1 << 22 : 0;
                o.pad_to_multiple = padded ? 8 : 0;
                dt_loader *loader;
                if (!CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err)) return;
                for (int epoch = 0; epoch < 2; epoch++) {
                    char got[8][DT_SHA256_TEXT];
                    CHECK_INT(run_epoch(loader, epoch, 0, got), 5);
                    if (w == 0 && cache == 0) memcpy(expected[padded][epoch], got, sizeof got);
                    for (int i = 0; i < 5; i++)
                        CHECK_MSG(strcmp(got[i], expected[padded][epoch][i]) == 0,
                                  "padded %d, %d workers, cache %d, epoch %d: batch %d differs", padded,
                                  workers[w], cache, epoch, i);
                }
                char rest[8][DT_SHA256_TEXT];
                CHECK_INT(run_epoch(loader, 1, 3, rest), 2);
                CHECK_STR(rest[0], expected[padded][1][3]);
                dt_loader_destroy(loader);
            }
        }
        CHECK(strcmp(expected[padded][0][0], expected[padded][1][0]) != 0);
        dt_transforms_free(t);
    }
}

/* What is behind the valid part is 0, what is in it is not; the mask says the same. */
static void check_padding(const dt_batch *b, int multiple)
{
    const size_t plane = (size_t)b->width * (size_t)b->height;
    uint8_t *mask = dt_malloc(plane * (size_t)b->count);
    int wide = 0, high = 0, wrong = 0;
    dt_batch_pixel_mask(b, mask);
    for (int i = 0; i < b->count; i++) {
        const dt_valid_size v = b->valid[i];
        if (v.width > wide) wide = v.width;
        if (v.height > high) high = v.height;
        for (int k = 0; k < (int)plane; k++) {
            const int outside = k % b->width >= v.width || k / b->width >= v.height;
            for (int c = 0; c < 3; c++)
                wrong += (b->pixels[((size_t)i * 3 + (size_t)c) * plane + (size_t)k] == 0) != outside;
            wrong += mask[(size_t)i * plane + (size_t)k] != outside;
        }
        for (size_t k = b->label_begin[i]; k < b->label_begin[i + 1]; k++)
            CHECK(b->labels[k].box.x2 <= v.width && b->labels[k].box.y2 <= v.height);
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(b->width, (wide + multiple - 1) / multiple * multiple);
    CHECK_INT(b->height, (high + multiple - 1) / multiple * multiple);
    dt_free(mask);
}

static void padded_pictures(void)
{
    dt_error err = {0};
    dt_transforms *t = parse("resize(24) hflip(1)");
    int slow = 0;
    const dt_source source = {.count = RECORDS, .load = load, .self = &slow};
    static const int multiples[] = {1, 32};
    for (int m = 0; m < 2; m++) {
        dt_loader_opts o = options(t);
        const dt_batch *b;
        dt_loader *loader;
        o.pad_to_multiple = multiples[m];
        o.shuffle = 0;
        if (!CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err)) return;
        CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
        for (int n = 0; CHECK_OK(dt_loader_next(loader, &b, &err), &err) && b; n++) {
            check_padding(b, multiples[m]);
            if (n || m) continue;
            CHECK_INT(b->valid[0].width, 24); /* 40 x 60 */
            CHECK_INT(b->valid[0].height, 36);
            CHECK_NEAR(b->labels[b->label_begin[1]].box.x2, 24,
                       1e-9); /* record 1, 43 x 58: from its left edge */
        }
        dt_loader_destroy(loader);
    }
    dt_transforms_free(t);
}

/* Without padding all pictures are whole, and the part that is valid is all. */
static void fixed_pictures(void)
{
    dt_error err = {0};
    dt_transforms *t = parse("random-crop(32, pad-if-needed=true) hflip");
    int slow = 0;
    const dt_source source = {.count = RECORDS, .load = load, .self = &slow};
    dt_loader_opts o = options(t);
    dt_loader *loader;
    const dt_batch *b;
    if (!CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err)) return;
    CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
    if (!CHECK_OK(dt_loader_next(loader, &b, &err), &err)) return;
    CHECK(b->width == 32 && b->height == 32 && b->valid[3].width == 32 && b->valid[3].height == 32);
    uint8_t mask[4 * 32 * 32];
    memset(mask, 9, sizeof mask);
    dt_batch_pixel_mask(b, mask);
    CHECK(mask[0] == 0 && mask[sizeof mask - 1] == 0);
    dt_loader_destroy(loader);
    dt_transforms_free(t);
}

/* Mixing steps stop with mosaic_epochs. */
static void closing_epochs(void)
{
    dt_error err = {0};
    dt_transforms *t = parse("letterbox(32) mixup(1)");
    int slow = 0;
    const dt_source source = {.count = RECORDS, .load = load, .self = &slow};
    dt_loader_opts o = options(t);
    o.mosaic_epochs = 1;
    dt_loader *loader;
    if (!CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err)) return;
    for (int epoch = 0; epoch < 2; epoch++) {
        dt_str text = {0};
        dt_explain e = {.text = &text};
        CHECK_OK(dt_loader_explain(loader, epoch, (dt_pick){.index = 4}, &e, &err), &err);
        CHECK_MSG(strstr(text.data, epoch ? "mixup(1): not applied" : "mixup(1): ratio 0.") != NULL, "%s",
                  text.data);
        dt_str_free(&text);
    }
    dt_aug_params params;
    CHECK_INT(dt_loader_params(loader, 0, (dt_pick){.index = 4}, &params, &err), DT_ERR_ARG);
    dt_loader_destroy(loader);
    dt_transforms_free(t);
}

static void refuse(const char *text, int pad, int multi_scale, const char *message)
{
    dt_error err = {0};
    dt_transforms *t = parse(text);
    int slow = 0;
    const dt_source source = {.count = RECORDS, .load = load, .self = &slow};
    dt_loader_opts o = options(t);
    o.pad_to_multiple = pad;
    if (multi_scale) o.size_min = 32, o.size_max = 64, o.size_step = 32;
    dt_loader *loader;
    CHECK_INT(dt_loader_create(&source, &o, &loader, &err), DT_ERR_ARG);
    CHECK_MSG(strstr(err.text, message) != NULL, "%s", err.text);
    dt_loader_destroy(loader);
    dt_transforms_free(t);
}

static void refusals(void)
{
    dt_error err = {0};
    refuse("letterbox(64)", 0, 0, "pictures of 64x64 pixels, the network takes 32x32");
    refuse("letterbox(32)", -1, 0, "pad_to_multiple = -1");
    refuse("letterbox(32)", 0, 1, "multi-scale does not go with a pipeline");
    dt_transforms *t = parse("resize(32)");
    int slow = 0;
    const dt_source source = {.count = RECORDS, .load = load, .self = &slow};
    dt_loader_opts o = options(t);
    o.shuffle = 0;
    dt_loader *loader;
    const dt_batch *b;
    if (!CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err)) return;
    CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
    CHECK_INT(dt_loader_next(loader, &b, &err), DT_ERR_SHAPE);
    CHECK_MSG(strstr(err.text, "record 0: the transforms give a picture of 32x48"), "%s", err.text);
    CHECK_INT(dt_loader_explain(loader, 0, (dt_pick){.index = 1}, NULL, &err), DT_OK);
    dt_loader_destroy(loader);
    dt_transforms_free(t);
}

static void every_allocation_can_fail(void)
{
    dt_transforms *t = parse(variable);
    int slow = 0;
    const dt_source source = {.count = 5, .load = load, .self = &slow};
    for (int workers = 0; workers < 3; workers += 2) {
        dt_loader_opts o = options(t);
        o.batch = 2;
        o.workers = workers;
        o.pad_to_multiple = 8;
        o.cache_bytes = 1 << 20;
        const size_t before = dt_mem_live();
        for (uint64_t n = 1; n < 2000; n++) {
            dt_error err = {0};
            dt_loader *loader = NULL;
            const dt_batch *b = NULL;
            dt_mem_fail_at(n);
            dt_status status = dt_loader_create(&source, &o, &loader, &err);
            if (status == DT_OK) status = dt_loader_start(loader, 0, 0, &err);
            for (int i = 0; i < 3 && status == DT_OK; i++)
                status = dt_loader_next(loader, &b, &err);
            dt_loader_destroy(loader);
            const int fired = dt_mem_fail_fired();
            dt_mem_fail_at(0);
            CHECK_INT(status, fired ? DT_ERR_MEMORY : DT_OK);
            CHECK_INT(dt_mem_live(), before);
            if (!fired) break;
        }
    }
    dt_transforms_free(t);
}

int main(void)
{
    RUN(same_bytes_for_any_workers);
    RUN(padded_pictures);
    RUN(fixed_pictures);
    RUN(closing_epochs);
    RUN(refusals);
    RUN(every_allocation_can_fail);
    return dt_test_end();
}
