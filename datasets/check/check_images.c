/* Checks that take the pixels: damage, near-duplicates. */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/strmap.h"
#include "datasets/check/check.h"
#include "datasets/image/fingerprint.h"

enum { GRAIN = 8, AT_ONCE = 512 };

typedef struct decode_job {
    const dt_dataset *set;
    dt_fingerprint *prints;
    size_t *first;         /* of each record: the first one with the same file, which is decoded once */
    dt_findings *findings; /* one a chunk, so that their order does not depend on threads */
    dt_error *errors;      /* one a worker: only "out of memory" ends up here */
    int64_t begin;         /* record at which the work in hand begins */
} decode_job;

/* The strongest reduction that leaves 64 pixels a side. */
static int choose_reduction(const dt_record *r)
{
    int32_t side = r->real_width < r->real_height ? r->real_width : r->real_height;
    return side >= 512 ? 8 : side >= 256 ? 4 : side >= 128 ? 2 : 1;
}

static dt_status decode_one(decode_job *job, size_t index, dt_findings *findings, dt_error *err)
{
    const dt_record *r = &job->set->records[index];
    dt_error problem = {0};
    dt_image image;
    int complaints;
    if (!r->image || r->unreadable) return DT_OK;
    dt_image_load_opts opts = {.gray = 1, .reduce = choose_reduction(r)};
    dt_status st = dt_image_load(r->image, &opts, &image, &complaints, &problem);
    if (st == DT_ERR_MEMORY) return dt_fail(err, st, "%s", problem.text);
    dt_finding finding = {.severity = DT_PROBLEM, .file = r->image, .object = -1};
    if (st != DT_OK) {
        finding.rule = "image-unreadable";
        return dt_findings_add(findings, &finding, err, "%s", problem.text);
    }
    st = dt_fingerprint_make(&image, &job->prints[index], err);
    dt_image_free(&image);
    if (st != DT_OK || !complaints) return st;
    finding.rule = "image-truncated";
    return dt_findings_add(findings, &finding, err, "damaged or cut off: the decoder had %d complaint%s",
                           complaints, complaints == 1 ? "" : "s");
}

static void decode_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    decode_job *job = arg;
    dt_error *err = &job->errors[worker];
    for (int64_t i = job->begin + begin; i < job->begin + end && err->status == DT_OK; i++)
        if (job->first[i] == (size_t)i) decode_one(job, (size_t)i, &job->findings[i / GRAIN], err);
}

static dt_status find_repeats(const dt_dataset *set, size_t *first, dt_error *err)
{
    dt_strmap seen = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++) {
        const char *image = set->records[i].image;
        first[i] = i;
        int fresh = image ? dt_strmap_add(&seen, image, (int64_t)i) : 1;
        if (fresh < 0) st = dt_fail_memory(err, seen.count, "a map of images");
        if (fresh == 0) first[i] = (size_t)dt_strmap_get(&seen, image, 0);
    }
    dt_strmap_free(&seen);
    return st;
}

static dt_status decode_all(decode_job *job, const dt_check_opts *opts, int threads)
{
    int64_t total = (int64_t)job->set->record_count;
    for (int64_t done = 0; done < total;) {
        int64_t n = total - done < AT_ONCE ? total - done : AT_ONCE;
        job->begin = done;
        dt_parallel(opts->pool, n, GRAIN, decode_chunk, job);
        for (int i = 0; i < threads; i++)
            if (job->errors[i].status != DT_OK) return job->errors[i].status;
        done += n;
        if (opts->progress) opts->progress(opts->progress_ctx, done, total);
    }
    return DT_OK;
}

/* 1 if the two files hold the same bytes. */
static int same_bytes(const char *a, const char *b)
{
    enum { MAX_BYTES = 1 << 30 };
    char *p = NULL, *q = NULL;
    size_t n = 0, m = 0;
    dt_error ignored = {0};
    int same = dt_file_read(a, MAX_BYTES, &p, &n, &ignored) == DT_OK &&
               dt_file_read(b, MAX_BYTES, &q, &m, &ignored) == DT_OK && n == m && memcmp(p, q, n) == 0;
    dt_free(p);
    dt_free(q);
    return same;
}

/* The class of a picture that has one object as large as itself; -1: it has others. */
static int32_t whole_class(const dt_dataset *set, const dt_record *r)
{
    if (r->count != 1) return -1;
    const dt_object *o = &set->objects[r->first];
    const double w = set->frame == DT_FRAME_FRACTIONS ? 1 : r->width,
                 h = set->frame == DT_FRAME_FRACTIONS ? 1 : r->height;
    return o->box.x1 == 0 && o->box.y1 == 0 && o->box.x2 == w && o->box.y2 == h ? o->cls : -1;
}

static dt_status report_pair(const dt_dataset *set, const dt_near_pair *pair, const int32_t *splits,
                             dt_findings *findings, dt_error *err)
{
    const dt_record *r = &set->records[pair->item], *of = &set->records[pair->of];
    dt_finding finding = {.severity = pair->crosses ? DT_WARNING : DT_NOTE,
                          .rule = pair->crosses ? "split-leak" : "image-near",
                          .file = r->image,
                          .object = -1,
                          .other = of->image};
    char degree[64];
    if (strcmp(r->image, of->image) == 0) {
        if (!pair->crosses) return DT_OK; /* listed twice: the reader has said so */
        snprintf(degree, sizeof degree, "the same file");
    } else if (pair->distance == 0 && same_bytes(r->image, of->image)) {
        const int32_t a = whole_class(set, r), b = whole_class(set, of);
        snprintf(degree, sizeof degree, "the same bytes");
        if (a >= 0 && b >= 0 && a != b) {
            finding.severity = DT_PROBLEM;
            finding.rule = "object-conflict";
            return dt_findings_add(findings, &finding, err, "%s in '%s', the same bytes as %s, %s in '%s'",
                                   set->classes[a], set->splits[splits[pair->item]].name, of->image,
                                   set->classes[b], set->splits[splits[pair->of]].name);
        }
    } else {
        snprintf(degree, sizeof degree, "nearly the same picture (%d of 64 bits differ)", pair->distance);
    }
    if (!pair->crosses) return dt_findings_add(findings, &finding, err, "%s as %s", degree, of->image);
    return dt_findings_add(findings, &finding, err, "in '%s', %s as %s in '%s'",
                           set->splits[splits[pair->item]].name, degree, of->image,
                           set->splits[splits[pair->of]].name);
}

static dt_status report_near(const dt_dataset *set, const dt_fingerprint *prints, dt_findings *findings,
                             dt_error *err)
{
    dt_near_pair *pairs = NULL;
    size_t count = 0;
    int32_t *splits = dt_calloc(set->record_count, sizeof *splits);
    if (!splits) return dt_fail_memory(err, set->record_count * sizeof *splits, "splits");
    for (size_t s = 0; s < set->split_count; s++)
        for (size_t i = 0; i < set->splits[s].count; i++)
            splits[set->splits[s].first + i] = (int32_t)s;
    dt_status st = dt_fingerprint_pairs(prints, splits, set->record_count, &pairs, &count, err);
    for (size_t i = 0; i < count && st == DT_OK; i++)
        st = report_pair(set, &pairs[i], splits, findings, err);
    dt_free(pairs);
    dt_free(splits);
    return st;
}

dt_status dt_check_decode(const dt_dataset *set, const dt_check_opts *opts, dt_fingerprint *prints,
                          dt_findings *findings, dt_error *err)
{
    int threads = opts->pool ? dt_pool_threads(opts->pool) : 1;
    size_t chunks = (set->record_count + GRAIN - 1) / GRAIN;
    decode_job job = {.set = set, .prints = prints};
    dt_status st = DT_OK;
    job.findings = dt_calloc(chunks, sizeof *job.findings);
    job.errors = dt_calloc((size_t)threads, sizeof *job.errors);
    job.first = dt_calloc(set->record_count, sizeof *job.first);
    if (!job.findings || !job.errors || !job.first)
        st = dt_fail_memory(err, chunks * sizeof *job.findings, "findings");
    if (st == DT_OK) st = find_repeats(set, job.first, err);
    if (st == DT_OK && (st = decode_all(&job, opts, threads)) != DT_OK)
        for (int i = threads - 1; i >= 0; i--)
            if (job.errors[i].status != DT_OK)
                st = dt_fail(err, job.errors[i].status, "%s", job.errors[i].text);
    for (size_t i = 0; i < set->record_count && st == DT_OK; i++)
        prints[i] = prints[job.first[i]];
    for (size_t i = 0; i < chunks && job.findings; i++) {
        if (st == DT_OK && findings) st = dt_findings_append(findings, &job.findings[i], err);
        dt_findings_free(&job.findings[i]);
    }
    dt_free(job.findings);
    dt_free(job.errors);
    dt_free(job.first);
    return st;
}

dt_status dt_check_pictures(const dt_dataset *set, const dt_check_opts *opts, dt_findings *findings,
                            dt_error *err)
{
    dt_fingerprint *prints = dt_calloc(set->record_count, sizeof *prints);
    if (!prints) return dt_fail_memory(err, set->record_count * sizeof *prints, "fingerprints");
    dt_status st = dt_check_decode(set, opts, prints, findings, err);
    if (st == DT_OK) st = report_near(set, prints, findings, err);
    dt_free(prints);
    return st;
}
