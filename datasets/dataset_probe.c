/* Image headers of a whole data set. */
#include "datasets/dataset.h"

#include "core/mem.h"
#include "datasets/image/image.h"

enum { GRAIN = 32 };

typedef struct probe_job {
    dt_dataset *set;
    dt_findings *findings; /* one a chunk, so that their order does not depend on threads */
    dt_error *errors;      /* one a chunk */
} probe_job;

static dt_status probe_one(dt_record *r, dt_findings *findings, dt_error *err)
{
    dt_image_info info;
    dt_error problem = {0};
    if (!r->image || r->orientation != 0 || r->unreadable) return DT_OK;
    dt_status st = dt_image_probe(r->image, &info, &problem);
    if (st == DT_ERR_MEMORY) return dt_fail(err, st, "%s", problem.text);
    if (st != DT_OK) {
        r->unreadable = 1;
        const char *rule = st == DT_ERR_NOT_FOUND     ? "image-missing"
                           : st == DT_ERR_UNSUPPORTED ? "image-unsupported"
                                                      : "image-unreadable";
        return dt_findings_add(
            findings, &(dt_finding){.severity = DT_PROBLEM, .rule = rule, .file = r->image, .object = -1},
            err, "%s", problem.text);
    }
    r->orientation = (int8_t)info.orientation;
    r->real_width = info.upright_width;
    r->real_height = info.upright_height;
    if (info.orientation != 1)
        DT_TRY(dt_findings_add(
            findings,
            &(dt_finding){.severity = DT_NOTE, .rule = "exif-orientation", .file = r->image, .object = -1},
            err, "EXIF orientation %d: the picture is shown as %d x %d, stored as %d x %d", info.orientation,
            info.upright_width, info.upright_height, info.width, info.height));
    if (r->width > 0 && r->height > 0 && (r->width != r->real_width || r->height != r->real_height))
        DT_TRY(dt_findings_add(findings,
                               &(dt_finding){.severity = DT_WARNING,
                                             .rule = "size-mismatch",
                                             .file = r->label,
                                             .object = -1,
                                             .other = r->origin == DT_ORIGIN_COCO ? r->image : NULL},
                               err, "annotated as %d x %d, but %s is %d x %d (the real size is used)",
                               r->width, r->height, r->image, r->real_width, r->real_height));
    return DT_OK;
}

static void probe_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    probe_job *job = arg;
    int64_t chunk = begin / GRAIN;
    (void)worker;
    for (int64_t i = begin; i < end && job->errors[chunk].status == DT_OK; i++)
        probe_one(&job->set->records[i], &job->findings[chunk], &job->errors[chunk]);
}

dt_status dt_dataset_probe(dt_dataset *set, dt_pool *pool, dt_findings *findings, dt_error *err)
{
    size_t chunks = (set->record_count + GRAIN - 1) / GRAIN;
    probe_job job = {.set = set};
    dt_status st = DT_OK;
    job.findings = dt_calloc(chunks, sizeof *job.findings);
    job.errors = dt_calloc(chunks, sizeof *job.errors);
    if (!job.findings || !job.errors)
        st = dt_fail_memory(err, chunks * (sizeof *job.findings + sizeof *job.errors), "image sizes");
    else
        dt_parallel(pool, (int64_t)set->record_count, GRAIN, probe_chunk, &job);
    for (size_t i = 0; i < chunks && job.findings && job.errors; i++) {
        if (st == DT_OK && job.errors[i].status != DT_OK)
            st = dt_fail(err, job.errors[i].status, "%s", job.errors[i].text);
        if (st == DT_OK && findings) st = dt_findings_append(findings, &job.findings[i], err);
        dt_findings_free(&job.findings[i]);
    }
    dt_free(job.findings);
    dt_free(job.errors);
    return st;
}
