#include "tools/inspect_pictures.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/strmap.h"
#include "datasets/image/image_codec.h"
#include "datasets/transforms/resize.h"

enum { SMALL_QUALITY = 80 };

/* The longer side of a picture on the page. A page with few of them can have them sharp on a dense screen,
 * too. */
static int side_for(size_t pictures)
{
    return pictures <= 40 ? 640 : pictures <= 100 ? 480 : 360;
}

static const dt_rgb MARK = {230, 0, 38}, HALO = {255, 255, 255}, QUIET = {128, 128, 128};

static dt_box scaled(const dt_dataset *set, const dt_object *object, const dt_record *r,
                     const dt_image *image)
{
    double w = r->real_width, h = r->real_height, sx = image->width / w, sy = image->height / h;
    dt_box b = dt_dataset_box(set, object, w, h);
    return (dt_box){b.x1 * sx, b.y1 * sy, b.x2 * sx, b.y2 * sy};
}

/* A box of a few pixels must still be seen. */
static dt_box grown(dt_box b, double by)
{
    dt_box sorted = {fmin(b.x1, b.x2), fmin(b.y1, b.y2), fmax(b.x1, b.x2), fmax(b.y1, b.y2)};
    return (dt_box){sorted.x1 - by, sorted.y1 - by, sorted.x2 + by, sorted.y2 + by};
}

static void draw_objects(const dt_dataset *set, const dt_small_picture *p, dt_image *image)
{
    const dt_record *r = &set->records[p->record];
    int line = image->width > 420 || image->height > 420 ? 2 : 1;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < r->count; i++) {
            const dt_object *object = &set->objects[r->first + i];
            int loud = p->mark < 0 && (p->cls < 0 || object->cls == p->cls);
            if (loud != pass) continue;
            dt_draw_rect(image, scaled(set, object, r, image), loud && !p->masks ? 2 * line : line,
                         loud || p->mark < 0 ? dt_class_color(object->cls) : QUIET);
        }
    if (p->mark >= 0 && (size_t)p->mark < r->count) {
        dt_box b = scaled(set, &set->objects[r->first + (size_t)p->mark], r, image);
        dt_draw_rect(image, grown(b, 6 * line), line, HALO);
        dt_draw_rect(image, grown(b, 5 * line), 3 * line, MARK);
    }
}

/* Shrinks to the page's size. Tiny pictures grow, by a whole factor: lines over them would hide what they
 * show. */
static dt_status fit_page(dt_image *image, int wanted, dt_error *err)
{
    enum { TINY = 160, GROWN = 320 };
    int side = image->width > image->height ? image->width : image->height;
    if (side <= wanted && side > TINY) return DT_OK;
    double f = side > TINY ? (double)wanted / side : GROWN / side;
    int w = (int)fmax(rint(image->width * f), 1), h = (int)fmax(rint(image->height * f), 1);
    dt_image small;
    DT_TRY(dt_image_resize(image, w, h, DT_RESIZE_BILINEAR_AA, &small, err));
    dt_image_free(image);
    *image = small;
    return DT_OK;
}

static dt_status draw_small(const dt_inspection *in, dt_small_picture *p, int wanted, dt_error *err)
{
    const dt_record *r = p->record >= 0 ? &in->set.records[p->record] : NULL;
    dt_error problem = {0};
    dt_image_info info;
    dt_image image;
    int complaints, reduce = 8;
    if (dt_image_probe(p->file, &info, &problem) != DT_OK) return DT_OK;
    int side = info.width > info.height ? info.width : info.height;
    while (reduce > 1 && side < reduce * wanted)
        reduce /= 2;
    const dt_image_load_opts opts = {.reduce = reduce};
    dt_status st = dt_image_load(p->file, &opts, &image, &complaints, &problem);
    if (st != DT_OK) return st == DT_ERR_MEMORY ? dt_fail(err, st, "%s", problem.text) : DT_OK;
    st = fit_page(&image, wanted, err);
    if (st == DT_OK && r && p->masks) st = dt_draw_record_masks(in, r, &image, err);
    if (st == DT_OK) {
        if (r) draw_objects(&in->set, p, &image);
        p->width = image.width;
        p->height = image.height;
        st = dt_jpeg_encode(&image, SMALL_QUALITY, &p->jpeg, err);
    }
    dt_image_free(&image);
    return st;
}

typedef struct small_job {
    const dt_inspection *in;
    dt_small_picture *pictures;
    int side;
    dt_error *errors; /* one a worker */
} small_job;

static void draw_small_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    small_job *job = arg;
    for (int64_t i = begin; i < end && job->errors[worker].status == DT_OK; i++)
        draw_small(job->in, &job->pictures[i], job->side, &job->errors[worker]);
}

/* The first worker's error, if there is one; frees the list. */
static dt_status settle(dt_error *errors, int threads, dt_error *err)
{
    dt_status st = DT_OK;
    for (int i = 0; i < threads && st == DT_OK; i++)
        if (errors[i].status != DT_OK) st = dt_fail(err, errors[i].status, "%s", errors[i].text);
    dt_free(errors);
    return st;
}

dt_status dt_draw_small_pictures(const dt_inspection *in, dt_pool *pool, dt_small_picture *pictures,
                                 size_t count, dt_error *err)
{
    int threads = pool ? dt_pool_threads(pool) : 1;
    small_job job = {in, pictures, side_for(count), dt_calloc((size_t)threads, sizeof *job.errors)};
    if (!job.errors) return dt_fail_memory(err, (size_t)threads * sizeof *job.errors, "pictures");
    dt_parallel(pool, (int64_t)count, 1, draw_small_chunk, &job);
    return settle(job.errors, threads, err);
}

/* ---- --draw ---- */

typedef struct draw_job {
    const dt_inspection *in;
    char **targets; /* one a record */
    uint8_t *drawn;
    dt_error *errors; /* one a worker */
} draw_job;

static dt_status draw_record(const draw_job *job, size_t index, dt_error *err)
{
    const dt_dataset *set = &job->in->set;
    const dt_record *r = &set->records[index];
    dt_error problem = {0};
    dt_image image;
    dt_sample sample = {0};
    int complaints;
    if (!r->image || r->unreadable) return DT_OK;
    dt_status st = dt_image_load(r->image, NULL, &image, &complaints, &problem);
    if (st != DT_OK) return st == DT_ERR_MEMORY ? dt_fail(err, st, "%s", problem.text) : DT_OK;
    st = dt_draw_record_masks(job->in, r, &image, err);
    if (st == DT_OK) st = dt_dataset_labels(set, index, image.width, image.height, &sample, err);
    dt_box *boxes = dt_calloc(sample.label_count, sizeof *boxes);
    int32_t *classes = dt_calloc(sample.label_count, sizeof *classes);
    if (st == DT_OK && (!boxes || !classes))
        st = dt_fail_memory(err, sample.label_count * sizeof *boxes, "boxes");
    for (size_t i = 0; i < sample.label_count && st == DT_OK; i++) {
        boxes[i] = sample.labels[i].box;
        classes[i] = sample.labels[i].cls;
    }
    if (st == DT_OK)
        st = dt_draw_detections(&image, boxes, classes, NULL, set->classes, (int)set->class_count,
                                (int)sample.label_count, err);
    if (st == DT_OK) st = dt_image_save(job->targets[index], &image, 90, err);
    job->drawn[index] = st == DT_OK;
    dt_free(boxes);
    dt_free(classes);
    dt_sample_free(&sample);
    dt_image_free(&image);
    return st;
}

static void draw_chunk(void *arg, int64_t begin, int64_t end, int worker)
{
    draw_job *job = arg;
    for (int64_t i = begin; i < end && job->errors[worker].status == DT_OK; i++)
        draw_record(job, (size_t)i, &job->errors[worker]);
}

/* Split names come from file names or from us, but a path that leads elsewhere must not be built from one. */
static const char *safe_folder(const char *split)
{
    return strchr(split, '/') || strcmp(split, "..") == 0 || strcmp(split, ".") == 0 ? "other" : split;
}

static dt_status name_targets(const dt_dataset *set, const char *dir, char **targets, dt_error *err)
{
    dt_strmap taken = {0};
    dt_status st = DT_OK;
    for (size_t s = 0; s < set->split_count && st == DT_OK; s++) {
        const char *split = safe_folder(set->splits[s].name);
        char *folder = dt_path_join(dir, split);
        st = folder ? dt_mkdirs(folder, err) : dt_fail_memory(err, strlen(dir), "a path");
        for (size_t i = 0; i < set->splits[s].count && st == DT_OK; i++) {
            size_t at = set->splits[s].first + i;
            if (!set->records[at].image) continue;
            char *stem = dt_path_stem(set->records[at].image);
            int fresh = 0;
            for (int n = 1; stem && fresh == 0; n++) {
                dt_free(targets[at]);
                targets[at] = n == 1 ? dt_format("%s/%s.jpg", folder, stem)
                                     : dt_format("%s/%s_%d.jpg", folder, stem, n);
                fresh = targets[at] ? dt_strmap_add(&taken, targets[at], 1) : -1;
            }
            if (!stem || fresh < 0) st = dt_fail_memory(err, 1, "a path");
            dt_free(stem);
        }
        dt_free(folder);
    }
    dt_strmap_free(&taken);
    return st;
}

static dt_status expect_empty(const char *dir, dt_error *err)
{
    dt_names names;
    DT_TRY(dt_mkdirs(dir, err));
    DT_TRY(dt_dir_list(dir, &names, err));
    size_t count = names.count;
    dt_names_free(&names);
    return count
               ? dt_fail(err, DT_ERR_STATE, "%s: the folder for drawn pictures must be absent or empty", dir)
               : DT_OK;
}

dt_status dt_draw_set(const dt_inspection *in, dt_pool *pool, const char *dir, size_t *written,
                      size_t *skipped, dt_error *err)
{
    size_t count = in->set.record_count;
    int threads = pool ? dt_pool_threads(pool) : 1;
    draw_job job = {.in = in};
    *written = *skipped = 0;
    size_t files = 0;
    for (size_t i = 0; i < count; i++)
        files += in->set.records[i].image != NULL;
    if (count && !files)
        return dt_fail(err, DT_ERR_UNSUPPORTED, "--draw: the set has no picture files to draw copies of");
    DT_TRY(expect_empty(dir, err));
    job.targets = dt_calloc(count, sizeof *job.targets);
    job.drawn = dt_calloc(count, 1);
    job.errors = dt_calloc((size_t)threads, sizeof *job.errors);
    dt_status st = job.targets && job.drawn && job.errors ? name_targets(&in->set, dir, job.targets, err)
                                                          : dt_fail_memory(err, count * 16, "pictures");
    if (st == DT_OK) dt_parallel(pool, (int64_t)count, 1, draw_chunk, &job);
    if (st == DT_OK) {
        st = settle(job.errors, threads, err);
        job.errors = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (job.drawn && job.drawn[i])
            ++*written;
        else
            ++*skipped;
        if (job.targets) dt_free(job.targets[i]);
    }
    dt_free(job.targets);
    dt_free(job.drawn);
    dt_free(job.errors);
    return st;
}
