#include "datasets/check/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

typedef struct values {
    double *items;
    size_t count;
} values;

typedef struct stats_job {
    const dt_dataset *set;
    dt_stats *stats;
    values sides, relative, aspects, per_image;
    double *class_sides; /* the sides once more, class by class */
    size_t *class_first; /* where each class begins there */
    size_t *class_filled;
    size_t *last_image; /* (class_count): 1 + the last record that had the class */
} stats_job;

void dt_record_size(const dt_record *r, int32_t *width, int32_t *height)
{
    int real = r->real_width > 0 && r->real_height > 0;
    *width = real ? r->real_width : r->width > 0 && r->height > 0 ? r->width : 0;
    *height = real ? r->real_height : r->width > 0 && r->height > 0 ? r->height : 0;
}

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t count, double p)
{
    size_t rank = (size_t)ceil(p * (double)count);
    return sorted[rank ? rank - 1 : 0];
}

/* Sorts the values. */
static dt_summary summarise(double *items, size_t count)
{
    dt_summary s = {.count = count};
    double sum = 0;
    if (!count) return s;
    qsort(items, count, sizeof *items, compare_values);
    for (size_t i = 0; i < count; i++)
        sum += items[i];
    s.min = items[0];
    s.max = items[count - 1];
    s.p5 = percentile(items, count, 0.05);
    s.median = percentile(items, count, 0.5);
    s.p95 = percentile(items, count, 0.95);
    s.mean = sum / (double)count;
    return s;
}

static size_t bin_of(double value, double from, double step, size_t bins)
{
    double at = floor((value - from) / step);
    return at < 0 ? 0 : at >= (double)bins ? bins - 1 : (size_t)at;
}

static void measure(stats_job *job, const dt_object *object, int32_t width, int32_t height)
{
    dt_stats *s = job->stats;
    dt_box b = dt_dataset_box(job->set, object, width, height);
    /* Corners that coincide as written are no area, whatever the coordinate rule makes of them. */
    if (width <= 0 || height <= 0 || !(object->box.x2 > object->box.x1 && object->box.y2 > object->box.y1))
        return;
    dt_box_clip(&b, width, height);
    double w = b.x2 - b.x1, h = b.y2 - b.y1;
    if (!(w > 0 && h > 0)) return;
    double area = object->area >= 0 ? object->area : w * h, side = sqrt(w * h);
    double relative = sqrt(w * h / ((double)width * height));
    int size = area < 32 * 32 ? DT_SIZE_SMALL : area < 96 * 96 ? DT_SIZE_MEDIUM : DT_SIZE_LARGE;
    dt_class_stats *c = &s->classes[object->cls];
    s->by_size[size]++;
    c->by_size[size]++;
    s->measured++;
    job->sides.items[job->sides.count++] = side;
    job->relative.items[job->relative.count++] = relative;
    job->aspects.items[job->aspects.count++] = w / h;
    job->class_sides[job->class_first[object->cls] + job->class_filled[object->cls]++] = side;
    s->side_bins[bin_of(relative, 0, 1.0 / DT_STATS_SIDE_BINS, DT_STATS_SIDE_BINS)]++;
    s->aspect_bins[bin_of(log2(w / h), -4, 0.5, DT_STATS_ASPECT_BINS)]++;
    size_t hx = bin_of((b.x1 + b.x2) / 2 / width, 0, 1.0 / DT_STATS_HEAT_SIDE, DT_STATS_HEAT_SIDE);
    size_t hy = bin_of((b.y1 + b.y2) / 2 / height, 0, 1.0 / DT_STATS_HEAT_SIDE, DT_STATS_HEAT_SIDE);
    s->heat[hy][hx]++;
}

static void count_record(stats_job *job, size_t index)
{
    dt_stats *s = job->stats;
    const dt_record *r = &job->set->records[index];
    int32_t width, height;
    dt_record_size(r, &width, &height);
    s->images++;
    s->backgrounds += r->count == 0;
    s->per_image_bins[bin_of((double)r->count, 0, 1, DT_STATS_PER_IMAGE_BINS)]++;
    job->per_image.items[job->per_image.count++] = (double)r->count;
    for (size_t i = 0; i < r->count; i++) {
        const dt_object *object = &job->set->objects[r->first + i];
        dt_class_stats *c = &s->classes[object->cls];
        s->objects++;
        s->difficult += object->difficult == 1;
        s->crowd += object->crowd == 1;
        c->objects++;
        c->difficult += object->difficult == 1;
        if (job->last_image[object->cls] != index + 1) c->images++;
        job->last_image[object->cls] = index + 1;
        measure(job, object, width, height);
    }
}

static int compare_dimensions(const void *a, const void *b)
{
    const dt_image_size *p = a, *q = b;
    if (p->width != q->width) return p->width < q->width ? -1 : 1;
    return (p->height > q->height) - (p->height < q->height);
}

static int compare_frequency(const void *a, const void *b)
{
    const dt_image_size *p = a, *q = b;
    if (p->images != q->images) return p->images > q->images ? -1 : 1;
    return compare_dimensions(a, b);
}

static void count_sizes(stats_job *job)
{
    dt_stats *s = job->stats;
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < job->set->record_count; i++) {
        dt_image_size size = {.images = 1};
        dt_record_size(&job->set->records[i], &size.width, &size.height);
        if (size.width > 0) s->sizes[n++] = size;
    }
    if (n) qsort(s->sizes, n, sizeof *s->sizes, compare_dimensions);
    for (size_t i = 0; i < n; i++) {
        if (kept && compare_dimensions(&s->sizes[kept - 1], &s->sizes[i]) == 0)
            s->sizes[kept - 1].images++;
        else
            s->sizes[kept++] = s->sizes[i];
    }
    if (kept) qsort(s->sizes, kept, sizeof *s->sizes, compare_frequency);
    s->size_count = kept;
}

static void weigh_classes(dt_stats *s)
{
    size_t most = 0, least = 0;
    double entropy = 0;
    for (size_t c = 0; c < s->class_count; c++) {
        size_t n = s->classes[c].objects;
        if (!n) continue;
        double share = (double)n / (double)s->objects;
        entropy -= share * log(share);
        if (n > most) most = n;
        if (!least || n < least) least = n;
    }
    s->imbalance = least ? (double)most / (double)least : 0;
    s->evenness = s->class_count > 1 && s->objects ? entropy / log((double)s->class_count) : 1;
}

static void count_splits(stats_job *job)
{
    for (size_t i = 0; i < job->set->split_count; i++) {
        const dt_split *split = &job->set->splits[i];
        dt_split_stats *to = &job->stats->splits[i];
        to->name = split->name;
        to->images = split->count;
        for (size_t k = 0; k < split->count; k++) {
            const dt_record *r = &job->set->records[split->first + k];
            to->backgrounds += r->count == 0;
            to->objects += r->count;
            for (size_t o = 0; o < r->count; o++)
                to->class_objects[job->set->objects[r->first + o].cls]++;
        }
    }
}

static dt_status take_memory(stats_job *job, dt_error *err)
{
    const dt_dataset *set = job->set;
    dt_stats *s = job->stats;
    int failed = 0;
    s->class_count = set->class_count;
    failed |= !(s->classes = dt_calloc(set->class_count, sizeof *s->classes));
    failed |= !(s->splits = dt_calloc(set->split_count, sizeof *s->splits));
    failed |= !(s->sizes = dt_calloc(set->record_count, sizeof *s->sizes));
    failed |= !(job->sides.items = dt_calloc(set->object_count, sizeof(double)));
    failed |= !(job->relative.items = dt_calloc(set->object_count, sizeof(double)));
    failed |= !(job->aspects.items = dt_calloc(set->object_count, sizeof(double)));
    failed |= !(job->class_sides = dt_calloc(set->object_count, sizeof(double)));
    failed |= !(job->per_image.items = dt_calloc(set->record_count, sizeof(double)));
    failed |= !(job->class_first = dt_calloc(set->class_count + 1, sizeof *job->class_first));
    failed |= !(job->class_filled = dt_calloc(set->class_count, sizeof *job->class_filled));
    failed |= !(job->last_image = dt_calloc(set->class_count, sizeof *job->last_image));
    for (size_t i = 0; i < set->split_count && !failed; i++) {
        failed |= !(s->splits[i].class_objects = dt_calloc(set->class_count, sizeof(size_t)));
        s->split_count = i + 1;
    }
    return failed ? dt_fail_memory(err, set->object_count * 4 * sizeof(double), "statistics") : DT_OK;
}

dt_status dt_dataset_stats(const dt_dataset *set, dt_stats *stats, dt_error *err)
{
    stats_job job = {.set = set, .stats = stats};
    *stats = (dt_stats){0};
    dt_status st = take_memory(&job, err);
    if (st == DT_OK) {
        for (size_t i = 0; i < set->object_count; i++)
            job.class_first[set->objects[i].cls + 1]++;
        for (size_t c = 0; c < set->class_count; c++)
            job.class_first[c + 1] += job.class_first[c];
        for (size_t i = 0; i < set->record_count; i++)
            count_record(&job, i);
        for (size_t c = 0; c < set->class_count; c++)
            stats->classes[c].side = summarise(job.class_sides + job.class_first[c], job.class_filled[c]);
        stats->side = summarise(job.sides.items, job.sides.count);
        stats->relative_side = summarise(job.relative.items, job.relative.count);
        stats->aspect = summarise(job.aspects.items, job.aspects.count);
        stats->per_image = summarise(job.per_image.items, job.per_image.count);
        count_sizes(&job);
        count_splits(&job);
        weigh_classes(stats);
    } else {
        dt_stats_free(stats);
    }
    dt_free(job.sides.items);
    dt_free(job.relative.items);
    dt_free(job.aspects.items);
    dt_free(job.class_sides);
    dt_free(job.per_image.items);
    dt_free(job.class_first);
    dt_free(job.class_filled);
    dt_free(job.last_image);
    return st;
}

void dt_stats_free(dt_stats *stats)
{
    for (size_t i = 0; i < stats->split_count; i++)
        dt_free(stats->splits[i].class_objects);
    dt_free(stats->classes);
    dt_free(stats->splits);
    dt_free(stats->sizes);
    *stats = (dt_stats){0};
}
