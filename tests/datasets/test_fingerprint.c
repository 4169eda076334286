/* The hash on pictures whose hash is known, and the search against comparing all with all. */
#include "datasets/image/fingerprint.h"

#include "core/mem.h"
#include "core/rng.h"
#include "test.h"

static void make_gray(dt_image *image, int width, int height)
{
    dt_error err = {0};
    CHECK_OK(dt_image_create(image, width, height, 1, &err), &err);
}

static void known_hashes(void)
{
    dt_image image;
    dt_fingerprint print;
    dt_error err = {0};
    make_gray(&image, 90, 80);
    for (int i = 0; i < 90 * 80; i++)
        image.data[i] = (uint8_t)(i % 90 * 2); /* brighter to the right */
    CHECK_OK(dt_fingerprint_make(&image, &print, &err), &err);
    CHECK(print.hash == UINT64_MAX);
    for (int i = 0; i < 90 * 80; i++)
        image.data[i] =
            (uint8_t)(i / 90 < 40 ? 255 - i % 90 * 2 : i % 90 * 2); /* the upper half the other way */
    CHECK_OK(dt_fingerprint_make(&image, &print, &err), &err);
    CHECK(print.hash == 0xFFFFFFFF00000000u);
    CHECK_INT(print.known, 1);
    memset(image.data, 77, 90 * 80);
    CHECK_OK(dt_fingerprint_make(&image, &print, &err), &err);
    CHECK(print.hash == 0);
    CHECK_INT(print.thumb[100], 77);
    dt_image_free(&image);
}

static void agreement(void)
{
    dt_fingerprint a = {.known = 1}, b;
    for (int i = 0; i < DT_THUMB_BYTES; i++)
        a.thumb[i] = (uint8_t)(i % 16 * 12);
    b = a;
    CHECK(dt_fingerprint_agrees(&a, &b));
    for (int i = 0; i < DT_THUMB_BYTES; i++)
        b.thumb[i] = (uint8_t)(a.thumb[i] + 5);
    CHECK(dt_fingerprint_agrees(&a, &b));
    for (int i = 0; i < DT_THUMB_BYTES; i++)
        b.thumb[i] = (uint8_t)(a.thumb[i] + 30);
    CHECK(!dt_fingerprint_agrees(&a, &b)); /* much brighter */
    for (int i = 0; i < DT_THUMB_BYTES; i++)
        b.thumb[i] = a.thumb[DT_THUMB_BYTES - 1 - i];
    CHECK(!dt_fingerprint_agrees(&a, &b)); /* mirrored */
}

/* Prints around a few centres, a few bits off each, in three groups; the small pictures all agree. */
static void make_prints(dt_fingerprint *prints, int32_t *groups, int count, int centres)
{
    dt_rng rng = dt_rng_make(5, DT_RNG_TEST, 0, 0);
    uint64_t *centre = dt_calloc((size_t)centres, sizeof *centre);
    for (int i = 0; i < centres; i++)
        centre[i] = dt_rng_u64(&rng);
    for (int i = 0; i < count; i++) {
        prints[i] = (dt_fingerprint){.known = 1, .hash = centre[dt_rng_u64(&rng) % (uint64_t)centres]};
        for (uint64_t flips = dt_rng_u64(&rng) % 4; flips > 0; flips--)
            prints[i].hash ^= (uint64_t)1 << dt_rng_u64(&rng) % 64;
        groups[i] = (int32_t)(dt_rng_u64(&rng) % 3);
    }
    dt_free(centre);
}

static void against_all_pairs(void)
{
    enum { COUNT = 1500 };
    dt_fingerprint *prints = dt_calloc(COUNT, sizeof *prints);
    int32_t *groups = dt_calloc(COUNT, sizeof *groups);
    size_t *leaders = dt_calloc(COUNT, sizeof *leaders), leader_count = 0, at = 0, pair_count;
    dt_near_pair *pairs;
    dt_error err = {0};
    make_prints(prints, groups, COUNT, 300);
    prints[10].known = 0;
    CHECK_OK(dt_fingerprint_pairs(prints, groups, COUNT, &pairs, &pair_count, &err), &err);
    for (size_t i = 0; i < COUNT; i++) {
        size_t of[2] = {SIZE_MAX, SIZE_MAX};
        int best[2] = {DT_NEAR_DISTANCE + 1, DT_NEAR_DISTANCE + 1};
        if (!prints[i].known) continue;
        for (size_t l = 0; l < leader_count; l++) {
            int d = dt_fingerprint_distance(&prints[i], &prints[leaders[l]]);
            int crosses = groups[i] != groups[leaders[l]];
            if (d >= best[crosses]) continue;
            best[crosses] = d;
            of[crosses] = leaders[l];
        }
        for (int crosses = 0; crosses < 2; crosses++) {
            if (of[crosses] == SIZE_MAX) continue;
            if (!CHECK(at < pair_count)) break;
            CHECK_INT(pairs[at].item, i);
            CHECK_INT(pairs[at].of, of[crosses]);
            CHECK_INT(pairs[at].distance, best[crosses]);
            CHECK_INT(pairs[at].crosses, crosses);
            at++;
        }
        if (of[0] == SIZE_MAX && of[1] == SIZE_MAX) leaders[leader_count++] = i;
    }
    CHECK_INT(at, pair_count);
    CHECK(pair_count > 1000);
    dt_free(pairs);
    dt_free(prints);
    dt_free(groups);
    dt_free(leaders);
}

static void out_of_memory(void)
{
    enum { COUNT = 200 };
    static dt_fingerprint prints[COUNT];
    static int32_t groups[COUNT];
    make_prints(prints, groups, COUNT, 50);
    size_t before = dt_mem_live();
    for (uint64_t n = 1;; n++) {
        dt_near_pair *pairs;
        size_t count;
        dt_error err = {0};
        dt_mem_fail_at(n);
        dt_status st = dt_fingerprint_pairs(prints, groups, COUNT, &pairs, &count, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        dt_free(pairs);
        CHECK_INT(dt_mem_live(), before);
        if (!fired) break;
        CHECK_INT(st, DT_ERR_MEMORY);
    }
}

int main(void)
{
    RUN(known_hashes);
    RUN(agreement);
    RUN(against_all_pairs);
    RUN(out_of_memory);
    return dt_test_end();
}
