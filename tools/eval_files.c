#include "tools/eval_files.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/coco/coco_json.h"
#include "tools/eval_score.h"

/* Both files as the evaluators want them: images and classes by their rank among the sorted ids. */
typedef struct eval_input {
    dt_coco_file gt;
    dt_coco_results results;
    dt_coco_gt *gts;
    uint8_t *difficult; /* beside gts */
    dt_coco_dt *dts;
    size_t gt_count, dt_count;
    int32_t *image_rank, *class_rank; /* by position in the file's lists */
    uint32_t *class_order;            /* positions of the categories in the order of their ids */
} eval_input;

static void input_free(eval_input *in)
{
    dt_coco_file_free(&in->gt);
    dt_coco_results_free(&in->results);
    void *parts[] = {in->gts, in->difficult, in->dts, in->image_rank, in->class_rank, in->class_order};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        dt_free(parts[i]);
    *in = (eval_input){0};
}

typedef struct ranked_id {
    int64_t id;
    uint32_t position;
} ranked_id;

static int compare_ids(const void *a, const void *b)
{
    const ranked_id *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* ids: the first of `count` ids, `stride` bytes apart. rank[position] = place in ascending order; order (or
 * NULL) is the inverse. */
static dt_status rank_ids(const void *ids, size_t stride, size_t count, int32_t **rank, uint32_t **order,
                          dt_error *err)
{
    ranked_id *sorted = dt_realloc_array(NULL, count, sizeof *sorted);
    *rank = dt_realloc_array(NULL, count, sizeof **rank);
    if (order) *order = dt_realloc_array(NULL, count, sizeof **order);
    if (!sorted || !*rank || (order && !*order)) {
        dt_free(sorted);
        return dt_fail_memory(err, count * sizeof *sorted, "the order of ids");
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(&sorted[i].id, (const char *)ids + i * stride, sizeof sorted[i].id);
        sorted[i].position = (uint32_t)i;
    }
    if (count > 0) qsort(sorted, count, sizeof *sorted, compare_ids);
    for (size_t i = 0; i < count; i++) {
        (*rank)[sorted[i].position] = (int32_t)i;
        if (order) (*order)[i] = sorted[i].position;
    }
    dt_free(sorted);
    return DT_OK;
}

static dt_status convert_ground_truth(eval_input *in, dt_eval_files *out, dt_error *err)
{
    size_t count = in->gt.annotation_count;
    in->gts = dt_realloc_array(NULL, count, sizeof *in->gts);
    in->difficult = dt_malloc(count);
    if (!in->gts || !in->difficult) return dt_fail_memory(err, count * sizeof *in->gts, "the ground truth");
    for (size_t i = 0; i < count; i++) {
        const dt_coco_annotation *a = &in->gt.annotations[i];
        int64_t image = dt_id_map_find(&in->gt.image_by_id, a->image_id);
        int64_t cls = dt_id_map_find(&in->gt.category_by_id, a->category_id);
        if (image < 0 || cls < 0) {
            out->unknown_image_objects += image < 0;
            out->unknown_class_objects += image >= 0;
            continue;
        }
        out->without_area += !a->has_area;
        out->id_zero |= a->id == 0;
        in->difficult[in->gt_count] = a->difficult || a->iscrowd;
        in->gts[in->gt_count++] = (dt_coco_gt){.image = in->image_rank[image],
                                               .cls = in->class_rank[cls],
                                               .id = a->id,
                                               .x = a->x,
                                               .y = a->y,
                                               .w = a->w,
                                               .h = a->h,
                                               .area = a->area,
                                               .crowd = a->iscrowd};
    }
    return DT_OK;
}

static dt_status convert_detections(eval_input *in, const char *gt_path, const char *dt_path,
                                    dt_eval_files *out, dt_error *err)
{
    size_t count = in->results.count;
    in->dts = dt_realloc_array(NULL, count, sizeof *in->dts);
    if (!in->dts) return dt_fail_memory(err, count * sizeof *in->dts, "the detections");
    for (size_t i = 0; i < count; i++) {
        const dt_coco_detection *d = &in->results.items[i];
        int64_t image = dt_id_map_find(&in->gt.image_by_id, d->image_id);
        if (image < 0)
            return dt_fail(err, DT_ERR_FORMAT,
                           "%s: detection %zu is of image_id %lld, which %s does not list", dt_path, i + 1,
                           (long long)d->image_id, gt_path);
        int64_t cls = dt_id_map_find(&in->gt.category_by_id, d->category_id);
        if (cls < 0) {
            out->unknown_class_detections++;
            continue;
        }
        in->dts[in->dt_count++] = (dt_coco_dt){.image = in->image_rank[image],
                                               .cls = in->class_rank[cls],
                                               .x = d->x,
                                               .y = d->y,
                                               .w = d->w,
                                               .h = d->h,
                                               .score = d->score};
    }
    return DT_OK;
}

static dt_status input_read(eval_input *in, const char *gt_path, const char *dt_path, dt_pool *pool,
                            dt_eval_files *out, dt_error *err)
{
    DT_TRY(dt_coco_file_read(gt_path, &in->gt, err));
    DT_TRY(dt_coco_results_read(dt_path, pool, &in->results, err));
    if (in->gt.image_count > INT32_MAX || in->gt.category_count > INT32_MAX / 1024)
        return dt_fail(err, DT_ERR_FORMAT, "%s: %zu images, %zu categories are too many", gt_path,
                       in->gt.image_count, in->gt.category_count);
    DT_TRY(rank_ids(in->gt.images, sizeof *in->gt.images, in->gt.image_count, &in->image_rank, NULL, err));
    DT_TRY(rank_ids(in->gt.categories, sizeof *in->gt.categories, in->gt.category_count, &in->class_rank,
                    &in->class_order, err));
    DT_TRY(convert_ground_truth(in, out, err));
    return convert_detections(in, gt_path, dt_path, out, err);
}

/* Ids and names of the rows; the names move over from the file. */
static dt_status name_rows(const eval_input *in, dt_eval_files *out, dt_error *err)
{
    size_t bytes = 1;
    for (size_t k = 0; k < in->gt.category_count; k++)
        bytes += strlen(in->gt.categories[k].name) + 1;
    char *at = out->names = dt_malloc(bytes);
    if (!at) return dt_fail_memory(err, bytes, "class names");
    for (size_t k = 0; k < in->gt.category_count; k++) {
        const dt_coco_category *c = &in->gt.categories[in->class_order[k]];
        size_t len = strlen(c->name) + 1;
        memcpy(at, c->name, len);
        out->rows[k].id = c->id;
        out->rows[k].name = at;
        at += len;
    }
    return DT_OK;
}

dt_status dt_eval_files_run(const char *gt_path, const char *dt_path, const char *rule, dt_pool *pool,
                            dt_eval_files *out, dt_error *err)
{
    *out = (dt_eval_files){.report = {.rule = rule}};
    eval_input in = {0};
    dt_status status = input_read(&in, gt_path, dt_path, pool, out, err);
    size_t classes = in.gt.category_count;
    if (status == DT_OK) {
        out->rows = dt_calloc(classes, sizeof *out->rows);
        if (!out->rows) status = dt_fail_memory(err, classes * sizeof *out->rows, "the report");
    }
    if (status == DT_OK) {
        const dt_coco_input input = {.gts = in.gts,
                                     .gt_count = in.gt_count,
                                     .dts = in.dts,
                                     .dt_count = in.dt_count,
                                     .image_count = (int32_t)in.gt.image_count,
                                     .class_count = (int32_t)classes};
        status = dt_eval_score(&input, in.difficult, rule, pool, out->report.stats, out->rows, err);
    }
    if (status == DT_OK) status = name_rows(&in, out, err);
    out->report.rows = out->rows;
    out->report.row_count = classes;
    out->report.image_count = (int64_t)in.gt.image_count;
    input_free(&in);
    if (status != DT_OK) dt_eval_files_free(out);
    return status;
}

void dt_eval_files_free(dt_eval_files *out)
{
    dt_free(out->rows);
    dt_free(out->names);
    *out = (dt_eval_files){0};
}
