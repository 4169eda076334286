/* Which pictures of one name and size have the same pixels though their files differ. JPEG files are told
 * apart by pictures of an eighth of the size: most that differ are never decoded in full. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/sha256.h"
#include "datasets/edit/merge_parts.h"
#include "datasets/image/image.h"

enum { REDUCED = 8 };

typedef struct picture {
    const char *stem;
    size_t record;
    int32_t source, width, height;
    int is_jpeg, wanted;
    char digest[DT_SHA256_TEXT]; /* "": unreadable */
} picture;

static int compare_keys(const picture *a, const picture *b)
{
    int order = strcmp(a->stem, b->stem);
    if (order) return order;
    if (a->width != b->width) return a->width < b->width ? -1 : 1;
    return (a->height > b->height) - (a->height < b->height);
}

static int compare_names(const void *pa, const void *pb)
{
    const picture *a = pa, *b = pb;
    int order = compare_keys(a, b);
    return order ? order : (a->record > b->record) - (a->record < b->record);
}

static int compare_digests(const void *pa, const void *pb)
{
    const picture *a = pa, *b = pb;
    int order = compare_keys(a, b);
    if (!order) order = strcmp(a->digest, b->digest);
    return order ? order : (a->record > b->record) - (a->record < b->record);
}

typedef struct pixel_job {
    const dt_dataset *set;
    picture *pictures;
    int reduce;
    dt_error *errors; /* one a worker: only "out of memory" ends up here */
} pixel_job;

static dt_status read_digest(const pixel_job *job, picture *p, dt_error *err)
{
    const char *path = job->set->records[p->record].image;
    dt_image_info info;
    dt_image image;
    dt_error problem = {0};
    dt_sha256 hash;
    *p->digest = '\0';
    if (dt_image_probe(path, &info, &problem) != DT_OK) return DT_OK;
    p->is_jpeg = info.format == DT_IMAGE_JPEG;
    if (job->reduce && !p->is_jpeg) return DT_OK;
    dt_status st = dt_image_load(path, &(dt_image_load_opts){.reduce = job->reduce}, &image, NULL, &problem);
    if (st != DT_OK) return st == DT_ERR_MEMORY ? dt_fail(err, st, "%s", problem.text) : DT_OK;
    dt_sha256_begin(&hash);
    dt_sha256_add(&hash, image.data, (size_t)image.width * (size_t)image.height * (size_t)image.channels);
    dt_sha256_end(&hash, p->digest);
    dt_image_free(&image);
    return DT_OK;
}

static void read_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    const pixel_job *job = arg;
    for (int64_t i = begin; i < end && job->errors[worker].status == DT_OK; i++)
        if (job->pictures[i].wanted) read_digest(job, &job->pictures[i], &job->errors[worker]);
}

static dt_status read_all(pixel_job *job, size_t count, dt_pool *pool, dt_error *err)
{
    int threads = pool ? dt_pool_threads(pool) : 1;
    dt_status st = DT_OK;
    job->errors = dt_calloc((size_t)threads, sizeof *job->errors);
    if (!job->errors) return dt_fail_memory(err, (size_t)threads * sizeof *job->errors, "pictures");
    dt_parallel(pool, (int64_t)count, 4, read_chunk, job);
    for (int i = 0; i < threads && st == DT_OK; i++)
        if (job->errors[i].status != DT_OK)
            st = dt_fail(err, job->errors[i].status, "%s", job->errors[i].text);
    dt_free(job->errors);
    return st;
}

static int has_two_sources(const picture *p, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (p[i].source != p[0].source) return 1;
    return 0;
}

/* Pictures that are worth a look: those with a namesake in another set. */
static void choose_named(picture *p, size_t count)
{
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && compare_keys(&p[begin], &p[end]) == 0;)
            end++;
        int wanted = has_two_sources(p + begin, end - begin);
        for (size_t i = begin; i < end; i++)
            p[i].wanted = wanted;
    }
}

/* Of those the ones whose small picture is that of another; namesakes of other formats have none: all are
 * looked at. */
static void choose_alike(picture *p, size_t count)
{
    qsort(p, count, sizeof *p, compare_digests);
    for (size_t begin = 0, end; begin < count; begin = end) {
        int all_jpeg = p[begin].is_jpeg;
        for (end = begin + 1; end < count && compare_keys(&p[begin], &p[end]) == 0; end++)
            all_jpeg &= p[end].is_jpeg;
        for (size_t first = begin, last; first < end && all_jpeg; first = last) {
            for (last = first + 1; last < end && strcmp(p[first].digest, p[last].digest) == 0;)
                last++;
            int wanted = *p[first].digest && has_two_sources(p + first, last - first);
            for (size_t i = first; i < last; i++)
                p[i].wanted &= wanted;
        }
    }
}

static void number_contents(picture *p, size_t count, int64_t *content)
{
    qsort(p, count, sizeof *p, compare_digests);
    for (size_t i = 0; i < count; i++) {
        if (!p[i].wanted || !*p[i].digest) continue;
        int again = i && p[i - 1].wanted && compare_keys(&p[i], &p[i - 1]) == 0 &&
                    strcmp(p[i].digest, p[i - 1].digest) == 0;
        content[p[i].record] = again ? content[p[i - 1].record] : (int64_t)p[i].record;
    }
}

dt_status dt_merge_pixels(const dt_dataset *set, const char *const *stems, const uint8_t *known,
                          dt_pool *pool, int64_t *content, dt_error *err)
{
    picture *p = dt_calloc(set->record_count, sizeof *p);
    size_t count = 0, kept = 0;
    if (!p) return dt_fail_memory(err, set->record_count * sizeof *p, "pictures");
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        content[i] = -1;
        if (!known[i] && r->image && !r->unreadable && r->real_width > 0)
            p[count++] = (picture){.stem = stems[i],
                                   .record = i,
                                   .source = r->source,
                                   .width = r->real_width,
                                   .height = r->real_height};
    }
    if (count) qsort(p, count, sizeof *p, compare_names);
    choose_named(p, count);
    for (size_t i = 0; i < count; i++)
        if (p[i].wanted) p[kept++] = p[i];
    pixel_job job = {.set = set, .pictures = p, .reduce = REDUCED};
    dt_status st = kept ? read_all(&job, kept, pool, err) : DT_OK;
    if (st == DT_OK && kept) {
        choose_alike(p, kept);
        job.reduce = 0;
        st = read_all(&job, kept, pool, err);
    }
    if (st == DT_OK && kept) number_contents(p, kept, content);
    dt_free(p);
    return st;
}
