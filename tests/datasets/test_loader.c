#include <stdatomic.h>
#include <time.h>

#include "core/mem.h"
#include "datasets/loader/loader.h"
#include "datasets/transforms/sample_transforms.h"
#include "test.h"

enum { RECORDS = 23, SIDE = 64 };

/* A source of made-up pictures; some records may be bad. Later records load faster, so that workers overtake.
 */
typedef struct fake {
    int64_t bad[4];
    int bad_count;
    int slow, classify;
    atomic_int loads;
    atomic_ullong touched; /* a bit a record */
} fake;

static dt_status fake_load(void *self, int64_t index, dt_sample *out, dt_error *err)
{
    fake *f = self;
    atomic_fetch_add(&f->loads, 1);
    atomic_fetch_or(&f->touched, 1ull << index);
    if (f->slow) {
        struct timespec pause = {0, (RECORDS - index) % 5 * 300000};
        nanosleep(&pause, NULL);
    }
    for (int i = 0; i < f->bad_count; i++)
        if (f->bad[i] == index)
            return dt_fail(err, DT_ERR_FORMAT, "pictures/%lld.jpg: truncated", (long long)index);
    int w = 40 + (int)index * 3, h = 90 - (int)index * 2;
    DT_TRY(dt_image_create(&out->image, w, h, 3, err));
    uint32_t v = (uint32_t)index;
    for (size_t i = 0; i < (size_t)w * (size_t)h * 3; i++) {
        v = v * 1664525u + 1013904223u;
        out->image.data[i] = (uint8_t)(v >> 24);
    }
    if (out->cls != -1) return dt_fail(err, DT_ERR_STATE, "cls is %d before load()", out->cls);
    if (f->classify) out->cls = (int32_t)(index % 7);
    for (int i = 0; i < (int)(index % 4); i++)
        DT_TRY(
            dt_sample_add_label(out, (dt_label){{i * 5, i * 6, i * 5 + 20, i * 6 + 15}, i, i == 2, i}, err));
    return DT_OK;
}

static dt_loader_opts small_opts(void)
{
    dt_loader_opts o = dt_loader_defaults();
    o.batch = 4;
    o.imgsz = SIDE;
    o.seed = 5;
    return o;
}

/* Everything that a batch holds, hashed. */
static uint64_t batch_hash(const dt_batch *b)
{
    uint64_t parts[8] = {(uint64_t)b->epoch, (uint64_t)b->number, (uint64_t)b->count};
    size_t labels = b->label_begin[b->count];
    parts[3] = dt_hash64(b->pixels, (size_t)b->count * 3 * (size_t)(b->width * b->height) * sizeof(float));
    for (size_t i = 0; i < labels; i++) {
        const dt_label *l = &b->labels[i];
        double v[7] = {l->box.x1, l->box.y1, l->box.x2, l->box.y2, l->cls, l->ignore, l->source};
        parts[4] = parts[4] * 31 + dt_hash64(v, sizeof v);
    }
    parts[5] = dt_hash64(b->label_begin, ((size_t)b->count + 1) * sizeof *b->label_begin);
    parts[6] = dt_hash64(b->indices, (size_t)b->count * sizeof *b->indices);
    parts[7] = dt_hash64(b->geometry, (size_t)b->count * sizeof *b->geometry);
    return dt_hash64(parts, sizeof parts);
}

/* Hashes of the batches of one epoch from first_batch on; returns how many. */
static int run_epoch(dt_loader *loader, int64_t epoch, int64_t first, uint64_t *hashes)
{
    dt_error err = {0};
    int n = 0;
    CHECK_OK(dt_loader_start(loader, epoch, first, &err), &err);
    for (;;) {
        const dt_batch *batch;
        if (!CHECK_OK(dt_loader_next(loader, &batch, &err), &err) || !batch) return n;
        CHECK_INT(batch->number, first + n);
        hashes[n++] = batch_hash(batch);
    }
}

static void same_bytes_for_any_workers(void)
{
    dt_error err = {0};
    uint64_t expected[2][3][8];
    const int workers[] = {0, 1, 2, 7};
    for (int w = 0; w < 4; w++) {
        for (int augment = 0; augment < 2; augment++) {
            for (int variant = 0; variant < 3; variant++) { /* prefetch, cache of a few, cache of all */
                fake f = {.slow = w > 0};
                dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
                dt_loader_opts o = small_opts();
                o.shuffle = 1;
                o.workers = workers[w];
                o.augment = augment;
                o.aug.mixup = 0.3;
                o.aug.degrees = 5;
                o.prefetch = 1 + variant * 2;
                o.cache_bytes = variant == 0 ? 0 : variant == 1 ? 60000 : 100000000;
                dt_loader *loader;
                if (!CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err)) return;
                CHECK_INT(dt_loader_batches(loader), 6);
                for (int epoch = 0; epoch < 3; epoch++) {
                    uint64_t got[8];
                    CHECK_INT(run_epoch(loader, epoch, 0, got), 6);
                    if (w == 0 && variant == 0) memcpy(expected[augment][epoch], got, sizeof got);
                    for (int i = 0; i < 6; i++)
                        CHECK_MSG(got[i] == expected[augment][epoch][i],
                                  "%d workers, augment %d, variant %d, epoch %d: batch %d differs",
                                  workers[w], augment, variant, epoch, i);
                }
                uint64_t rest[8]; /* resume in the middle of an epoch, going back */
                CHECK_INT(run_epoch(loader, 1, 4, rest), 2);
                CHECK(rest[0] == expected[augment][1][4] && rest[1] == expected[augment][1][5]);
                size_t bytes;
                int64_t records;
                dt_loader_cache_info(loader, &bytes, &records);
                CHECK(bytes <= o.cache_bytes);
                if (variant == 2) {
                    CHECK_INT(records, RECORDS);
                    if (w == 0) CHECK_INT(atomic_load(&f.loads), RECORDS);
                }
                dt_loader_destroy(loader);
            }
        }
    }
    CHECK(expected[1][0][0] != expected[1][1][0]); /* epochs differ */
}

static void every_record_once(void)
{
    dt_error err = {0};
    for (int drop = 0; drop < 2; drop++) {
        fake f = {0};
        dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
        dt_loader_opts o = small_opts();
        o.shuffle = 1;
        o.drop_last = drop;
        o.workers = 2;
        dt_loader *loader;
        CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
        CHECK_INT(dt_loader_batches(loader), drop ? 5 : 6);
        CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
        int seen[RECORDS] = {0}, total = 0, in_order = 1;
        const dt_batch *b;
        while (dt_loader_next(loader, &b, &err) == DT_OK && b) {
            for (int i = 0; i < b->count; i++) {
                in_order &= b->indices[i] == total;
                seen[b->indices[i]]++;
                total++;
                CHECK_INT(b->label_begin[i + 1] - b->label_begin[i], b->indices[i] % 4);
                CHECK_INT(b->geometry[i].src_width, 40 + b->indices[i] * 3);
                CHECK_INT(b->geometry[i].dst_width, SIDE);
            }
        }
        CHECK_INT(total, drop ? 20 : RECORDS);
        CHECK(!in_order);
        for (int i = 0; i < RECORDS; i++)
            CHECK(seen[i] == 1 || (drop && seen[i] == 0));
        dt_loader_destroy(loader);
    }
}

static void classes_follow_their_pictures(void)
{
    for (int v = 0; v < 4; v++) {
        dt_error err = {0};
        fake f = {.classify = v & 1};
        dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
        dt_loader_opts o = small_opts();
        o.shuffle = 1;
        o.augment = v >> 1;
        o.cache_bytes = 1 << 20;
        dt_loader *loader;
        const dt_batch *b;
        CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
        for (int epoch = 0; epoch < 2; epoch++) {
            CHECK_OK(dt_loader_start(loader, epoch, 0, &err), &err);
            while (dt_loader_next(loader, &b, &err) == DT_OK && b)
                for (int i = 0; i < b->count; i++)
                    CHECK_INT(b->classes[i], f.classify ? b->indices[i] % 7 : -1);
        }
        dt_loader_destroy(loader);
    }
}

/* Every sampler in every pipeline: the same bytes for any number of workers, and from any batch on. */
static void samplers_and_pipelines(void)
{
    static const int64_t subset[] = {3, 1, 20, 11, 7, 9, 3};
    static double weights[RECORDS];
    static int32_t groups[RECORDS];
    for (int i = 0; i < RECORDS; i++) {
        weights[i] = 1 + i % 3 * .4;
        groups[i] = i % 2;
    }
    const dt_sampler_opts samplers[] = {
        {.kind = DT_SAMPLER_SEQUENTIAL},
        {.kind = DT_SAMPLER_RANDOM, .replacement = 1, .num_samples = 30},
        {.kind = DT_SAMPLER_WEIGHTED, .weights = weights, .replacement = 1},
        {.kind = DT_SAMPLER_WEIGHTED, .weights = weights, .num_samples = 9},
        {.kind = DT_SAMPLER_RANDOM, .subset = subset, .subset_count = 7},
        {.kind = DT_SAMPLER_REPEAT, .weights = weights},
        {.kind = DT_SAMPLER_RANDOM, .rank = 1, .world = 3},
        {.kind = DT_SAMPLER_RANDOM, .groups = groups},
    };
    const int workers[] = {0, 1, 2, 7};
    for (size_t s = 0; s < sizeof samplers / sizeof *samplers; s++)
        for (int pipeline = 0; pipeline < 4; pipeline++) { /* letterbox or mosaic, one size or several */
            uint64_t expected[16];
            int batches = 0;
            for (int w = 0; w < 4; w++) {
                dt_error err = {0};
                fake f = {.slow = w == 3};
                dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
                dt_loader_opts o = small_opts();
                o.sampler = &samplers[s];
                o.workers = workers[w];
                o.augment = pipeline & 1;
                o.cache_bytes = w == 2 ? 100000 : 0;
                if (pipeline & 2) {
                    o.size_min = 30;
                    o.size_max = 70;
                    o.size_step = 16;
                }
                dt_loader *loader;
                uint64_t got[16];
                if (!CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err)) return;
                int n = run_epoch(loader, 2, 0, got);
                if (w == 0) {
                    batches = n;
                    memcpy(expected, got, sizeof got);
                }
                CHECK_INT(n, batches);
                CHECK_MSG(memcmp(got, expected, (size_t)n * sizeof *got) == 0,
                          "sampler %zu, pipeline %d, %d workers: other bytes", s, pipeline, workers[w]);
                CHECK_INT(run_epoch(loader, 2, batches - 1, got), 1);
                CHECK(got[0] == expected[batches - 1]);
                dt_loader_destroy(loader);
            }
        }
}

/* The sides are drawn from all multiples, and a batch has its own; boxes lie within it. */
static void multi_scale(void)
{
    dt_error err = {0};
    int seen[5] = {0};
    for (int augment = 0; augment < 2; augment++) {
        fake f = {0};
        dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
        dt_loader_opts o = small_opts();
        o.augment = augment;
        o.cache_bytes = 1 << 20;
        o.size_min = 30;
        o.size_max = 70;
        o.size_step = 16;
        dt_loader *loader;
        const dt_batch *b;
        CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
        for (int epoch = 0; epoch < 8; epoch++) {
            CHECK_OK(dt_loader_start(loader, epoch, 0, &err), &err);
            while (dt_loader_next(loader, &b, &err) == DT_OK && b) {
                CHECK(b->width == b->height && (b->width == 32 || b->width == 48 || b->width == 64));
                CHECK_INT(b->width, dt_loader_side(loader, epoch, b->number));
                seen[b->width / 16]++;
                for (size_t i = 0; i < b->label_begin[b->count]; i++)
                    CHECK(b->labels[i].box.x2 <= b->width && b->labels[i].box.y2 <= b->height);
                if (!augment) CHECK_INT(b->geometry[0].dst_width, b->width);
            }
        }
        dt_loader_destroy(loader);
        o.size_min = 65;
        CHECK_INT(dt_loader_create(&source, &o, &loader, &err), DT_ERR_ARG);
        CHECK(strstr(err.text, "no multiple of size_step = 16 in 65..70"));
    }
    CHECK(seen[2] > 10 && seen[3] > 10 && seen[4] > 10);
}

/* A record that an epoch shows twice is augmented differently the second time. */
static void repeats_differ(void)
{
    dt_error err = {0};
    const int64_t subset[] = {4, 4};
    const dt_sampler_opts sampler = {.subset = subset, .subset_count = 2};
    fake f = {0};
    dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
    dt_loader_opts o = small_opts();
    o.sampler = &sampler;
    o.augment = 1;
    dt_loader *loader;
    const dt_batch *b;
    CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
    CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
    CHECK_OK(dt_loader_next(loader, &b, &err), &err);
    CHECK(b->count == 2 && b->indices[0] == 4 && b->indices[1] == 4);
    CHECK(memcmp(b->pixels, b->pixels + 3 * SIDE * SIDE, 3 * SIDE * SIDE * sizeof *b->pixels) != 0);
    dt_pick order[2];
    dt_aug_params p[2];
    CHECK_INT(dt_loader_places(loader), 2);
    CHECK_OK(dt_loader_order(loader, 0, order, &err), &err);
    for (int i = 0; i < 2; i++)
        CHECK_OK(dt_loader_params(loader, 0, order[i], &p[i], &err), &err);
    CHECK(order[1].repeat == 1 && p[0].view[0].center_x != p[1].view[0].center_x);
    dt_loader_destroy(loader);
}

/* Pictures that are mixed in, and those that stand in for bad ones, are of the subset, too: the others may be
 * held out. */
static void nothing_from_outside_the_subset(void)
{
    static const int64_t subset[] = {14, 3, 5, 11};
    const unsigned long long inside = 1ull << 14 | 1 << 3 | 1 << 5 | 1 << 11;
    const dt_sampler_opts sampler = {.kind = DT_SAMPLER_RANDOM, .subset = subset, .subset_count = 4};
    dt_transforms *t = NULL;
    dt_error err = {0};
    CHECK_OK(dt_transforms_parse("mosaic(64) mixup(0.5)", &t, &err), &err);
    for (int pipeline = 0; pipeline < 2; pipeline++) {
        fake f = {.bad = {5}, .bad_count = 1};
        dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
        dt_loader_opts o = small_opts();
        o.imgsz = 64;
        o.sampler = &sampler;
        o.bad = DT_BAD_REPLACE;
        o.augment = !pipeline;
        o.aug.mixup = o.aug.cutmix = o.aug.copy_paste = o.aug.mosaic9 = .5;
        if (pipeline) o.pipeline = t;
        dt_loader *loader;
        uint64_t hashes[16];
        if (!CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err)) break;
        for (int epoch = 0; epoch < 5; epoch++)
            run_epoch(loader, epoch, 0, hashes);
        dt_loader_destroy(loader);
        CHECK_MSG(atomic_load(&f.touched) == inside, "pipeline %d: %llx", pipeline,
                  (unsigned long long)atomic_load(&f.touched));
    }
    dt_transforms_free(t);
}

static void padded_labels(void)
{
    dt_error err = {0};
    fake f = {0};
    dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
    dt_loader_opts o = small_opts();
    dt_loader *loader;
    const dt_batch *b;
    CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
    CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
    CHECK_OK(dt_loader_next(loader, &b, &err), &err);
    float boxes[4 * 5 * 5];
    uint8_t mask[4 * 5];
    CHECK_INT(dt_batch_most_labels(b), 3);
    CHECK_OK(dt_batch_pad_labels(b, 5, boxes, mask, &err), &err);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 5; k++) {
            const float *row = boxes + (i * 5 + k) * 5;
            CHECK_INT(mask[i * 5 + k], k >= i ? 0 : k == 2 ? 2 : 1);
            CHECK_INT(row[0], k < i ? k : -1);
            CHECK(k < i ? row[3] == (float)b->labels[b->label_begin[i] + (size_t)k].box.x2 : row[3] == 0);
        }
    CHECK_INT(dt_batch_pad_labels(b, 2, boxes, mask, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "picture 3 has 3 labels"));
    dt_loader_destroy(loader);
}

/* Any single value of a batch changes its hash. */
static void hash_covers_all(void)
{
    float pixels[2 * 3 * 4] = {0};
    dt_label labels[3] = {{{1, 2, 3, 4}, 5, 0, 6}, {{1, 2, 3, 4}, 5, 0, 7}, {{0, 0, 1, 1}, 0, 1, 8}};
    size_t begin[3] = {0, 2, 3};
    int32_t classes[2] = {-1, 4};
    dt_batch b = {.count = 2,
                  .channels = 3,
                  .height = 2,
                  .width = 2,
                  .pixels = pixels,
                  .labels = labels,
                  .label_begin = begin,
                  .classes = classes};
    char first[DT_SHA256_TEXT], now[DT_SHA256_TEXT];
    dt_batch_hash(&b, first);
#define CHANGES(place, value)                                                                                \
    do {                                                                                                     \
        __typeof__(place) before = (place);                                                                  \
        (place) = (value);                                                                                   \
        dt_batch_hash(&b, now);                                                                              \
        CHECK_MSG(strcmp(first, now) != 0, "%s is not in the hash", #place);                                 \
        (place) = before;                                                                                    \
    } while (0)
    CHANGES(pixels[23], 1);
    CHANGES(labels[1].box.x1, 1.5);
    CHANGES(labels[1].box.y1, 1.5);
    CHANGES(labels[1].box.x2, 1.5);
    CHANGES(labels[1].box.y2, 1.5);
    CHANGES(labels[2].cls, 3);
    CHANGES(labels[2].ignore, 0);
    CHANGES(classes[1], 3);
    CHANGES(begin[1], 1);
    CHANGES(b.width, 1);
#undef CHANGES
    labels[0].source = 9; /* where a box comes from is nothing that the network sees */
    dt_batch_hash(&b, now);
    CHECK_STR(now, first);
}

/* The plain path: pixels and boxes are those of the letterbox. */
static void plain_batch_is_a_letterbox(void)
{
    dt_error err = {0};
    fake f = {0};
    dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
    dt_loader_opts o = small_opts();
    dt_loader *loader;
    const dt_batch *b;
    CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
    CHECK_INT(dt_loader_next(loader, &b, &err), DT_ERR_STATE);
    CHECK_OK(dt_loader_start(loader, 0, 1, &err), &err);
    CHECK_OK(dt_loader_next(loader, &b, &err), &err);
    dt_sample raw = {.cls = -1}, boxed = {0};
    CHECK_OK(fake_load(&f, 6, &raw, &err), &err);
    CHECK_OK(dt_sample_letterbox(&raw, &b->geometry[2], DT_RESIZE_BILINEAR, 114, &boxed, &err), &err);
    int wrong = 0;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < SIDE * SIDE; i++)
            wrong += b->pixels[(2 * 3 + c) * SIDE * SIDE + i] != (float)boxed.image.data[3 * i + c] / 255.f;
    CHECK_INT(wrong, 0);
    CHECK_INT(b->label_begin[3] - b->label_begin[2], 2);
    CHECK_NEAR(b->labels[b->label_begin[2] + 1].box.x2, boxed.labels[1].box.x2, 0);
    dt_sample_free(&raw);
    dt_sample_free(&boxed);
    dt_loader_destroy(loader);
}

static void errors_come_at_their_batch(void)
{
    for (int workers = 0; workers < 4; workers += 3) {
        dt_error err = {0};
        fake f = {.bad = {9, 13}, .bad_count = 2, .slow = workers};
        dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
        dt_loader_opts o = small_opts();
        o.workers = workers;
        o.prefetch = 4;
        dt_loader *loader;
        const dt_batch *b;
        CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
        CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
        CHECK_OK(dt_loader_next(loader, &b, &err), &err);
        CHECK_OK(dt_loader_next(loader, &b, &err), &err);
        for (int i = 0; i < 2; i++) {
            CHECK_INT(dt_loader_next(loader, &b, &err), DT_ERR_FORMAT);
            CHECK_STR(err.text, "pictures/9.jpg: truncated");
            CHECK(b == NULL);
        }
        CHECK_OK(dt_loader_start(loader, 0, 4, &err), &err); /* usable again */
        CHECK_OK(dt_loader_next(loader, &b, &err), &err);
        dt_loader_destroy(loader);
    }
}

typedef struct reports {
    int64_t index[8];
    int count;
} reports;

static void on_bad(void *ctx, int64_t index, const char *message)
{
    reports *r = ctx;
    char expected[64];
    snprintf(expected, sizeof expected, "pictures/%lld.jpg: truncated", (long long)index);
    CHECK_STR(message, expected);
    if (r->count < 8) r->index[r->count++] = index;
}

static void bad_records_are_replaced(void)
{
    uint64_t expected[8];
    for (int workers = 0; workers < 6; workers += 5) {
        dt_error err = {0};
        fake f = {.bad = {9, 13, 22, 10}, .bad_count = 4, .slow = workers};
        dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
        reports r = {0};
        dt_loader_opts o = small_opts();
        o.workers = workers;
        o.bad = DT_BAD_REPLACE;
        o.on_bad = on_bad;
        o.on_bad_ctx = &r;
        dt_loader *loader;
        const dt_batch *b;
        CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
        for (int epoch = 0; epoch < 2; epoch++) {
            CHECK_OK(dt_loader_start(loader, epoch, 2, &err), &err);
            CHECK_OK(dt_loader_next(loader, &b, &err), &err);
            CHECK(b->indices[0] == 8 && b->indices[1] == 11 && b->indices[2] == 11 && b->indices[3] == 11);
            while (dt_loader_next(loader, &b, &err) == DT_OK && b)
                if (b->number == 5) CHECK_INT(b->indices[2], 0); /* 22 wraps around */
        }
        CHECK_INT(r.count, 4);
        CHECK(r.index[0] == 9 && r.index[1] == 10 && r.index[2] == 13 && r.index[3] == 22);
        dt_loader_destroy(loader);

        o.augment = 1;
        r.count = 0;
        uint64_t got[8];
        CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
        CHECK_INT(run_epoch(loader, 0, 0, got), 6);
        if (workers == 0) memcpy(expected, got, sizeof got);
        CHECK(memcmp(expected, got, 6 * sizeof got[0]) == 0);
        CHECK_INT(r.count, 4);
        dt_loader_destroy(loader);
    }
    dt_error err = {0};
    fake f = {.bad = {0, 1}, .bad_count = 2};
    dt_source source = {.count = 2, .load = fake_load, .self = &f};
    dt_loader_opts o = small_opts();
    o.bad = DT_BAD_REPLACE;
    dt_loader *loader;
    const dt_batch *b;
    CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
    CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
    CHECK_INT(dt_loader_next(loader, &b, &err), DT_ERR_FORMAT);
    CHECK(strstr(err.text, "none of the 2 records") && strstr(err.text, "pictures/0.jpg"));
    dt_loader_destroy(loader);
}

/* Leaving in the middle frees everything and waits for the workers. */
static void leaving_early(void)
{
    dt_error err = {0};
    size_t before = dt_mem_live();
    for (int taken = 0; taken < 4; taken++) {
        fake f = {.slow = 1};
        dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
        dt_loader_opts o = small_opts();
        o.workers = 3;
        o.augment = 1;
        o.prefetch = 3;
        o.cache_bytes = 1 << 20;
        dt_loader *loader;
        const dt_batch *b;
        CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
        if (taken) CHECK_OK(dt_loader_start(loader, 0, 0, &err), &err);
        for (int i = 1; i < taken; i++)
            CHECK_OK(dt_loader_next(loader, &b, &err), &err);
        if (taken == 3) CHECK_OK(dt_loader_start(loader, 1, 0, &err), &err);
        dt_loader_destroy(loader);
        CHECK_INT(dt_mem_live(), before);
    }
    dt_loader_destroy(NULL);
}

static void mosaic_ends_with_its_epochs(void)
{
    dt_error err = {0};
    fake f = {0};
    dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
    dt_loader_opts o = small_opts();
    o.augment = 1;
    o.mosaic_epochs = 2;
    dt_loader *loader;
    const dt_batch *b;
    CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
    for (int epoch = 1; epoch < 3; epoch++) {
        atomic_store(&f.loads, 0);
        CHECK_OK(dt_loader_start(loader, epoch, 0, &err), &err);
        CHECK_OK(dt_loader_next(loader, &b, &err), &err);
        CHECK_INT(atomic_load(&f.loads), epoch == 1 ? 16 : 4);
    }
    dt_loader_destroy(loader);
}

static int pinned_live;
static void *pinned_alloc(void *ctx, size_t bytes)
{
    (void)ctx;
    pinned_live++;
    return malloc(bytes);
}
static void pinned_free(void *ctx, void *ptr)
{
    (void)ctx;
    pinned_live--;
    free(ptr);
}

static void options(void)
{
    dt_error err = {0};
    fake f = {0};
    dt_source source = {.count = RECORDS, .load = fake_load, .self = &f};
    dt_loader_opts o = small_opts();
    dt_loader *loader;
    o.alloc = pinned_alloc;
    CHECK_INT(dt_loader_create(&source, &o, &loader, &err), DT_ERR_ARG);
    o.free = pinned_free;
    CHECK_OK(dt_loader_create(&source, &o, &loader, &err), &err);
    CHECK_INT(pinned_live, 3);
    CHECK_INT(dt_loader_start(loader, 0, 7, &err), DT_ERR_ARG);
    CHECK_OK(dt_loader_start(loader, 0, 6, &err), &err);
    const dt_batch *b;
    CHECK_OK(dt_loader_next(loader, &b, &err), &err);
    CHECK(b == NULL);
    dt_loader_destroy(loader);
    CHECK_INT(pinned_live, 0);
    o.batch = 0;
    CHECK_INT(dt_loader_create(&source, &o, &loader, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "batch = 0"));
    o = small_opts();
    o.aug.translate = -1;
    CHECK_INT(dt_loader_create(&source, &o, &loader, &err), DT_ERR_ARG);
    source.count = 0;
    o = small_opts();
    CHECK_INT(dt_loader_create(&source, &o, &loader, &err), DT_ERR_ARG);
}

static void every_allocation_can_fail(void)
{
    fake f = {0};
    dt_source source = {.count = 6, .load = fake_load, .self = &f};
    for (int augment = 0; augment < 2; augment++) {
        for (int workers = 0; workers < 3; workers += 2) {
            dt_loader_opts o = small_opts();
            o.batch = 2;
            o.workers = workers;
            o.augment = augment;
            o.cache_bytes = 1 << 20;
            o.bad = DT_BAD_REPLACE; /* memory must not be taken for a bad file */
            size_t before = dt_mem_live();
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
                int fired = dt_mem_fail_fired();
                dt_mem_fail_at(0);
                CHECK_INT(status, fired ? DT_ERR_MEMORY : DT_OK);
                CHECK_INT(dt_mem_live(), before);
                if (!fired) break;
            }
        }
    }
}

int main(void)
{
    RUN(same_bytes_for_any_workers);
    RUN(every_record_once);
    RUN(classes_follow_their_pictures);
    RUN(samplers_and_pipelines);
    RUN(multi_scale);
    RUN(repeats_differ);
    RUN(nothing_from_outside_the_subset);
    RUN(padded_labels);
    RUN(hash_covers_all);
    RUN(plain_batch_is_a_letterbox);
    RUN(errors_come_at_their_batch);
    RUN(bad_records_are_replaced);
    RUN(leaving_early);
    RUN(mosaic_ends_with_its_epochs);
    RUN(options);
    RUN(every_allocation_can_fail);
    return dt_test_end();
}
