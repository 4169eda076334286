#include "datasets/transforms/resize_table.h"

#include <math.h>

#include "core/mem.h"

static const double pi = 3.14159265358979323846;

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

static double box(double x)
{
    return x > -.5 && x <= .5 ? 1 : 0;
}

/* Keys' cubic convolution. */
static double cubic(double x, double a)
{
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
}

static double cubic_pillow(double x)
{
    return cubic(x, -.5);
}

static double cubic_opencv(double x)
{
    return cubic(x, -.75);
}

static double sinc(double x)
{
    return x == 0 ? 1 : sin(pi * x) / (pi * x);
}

static double lanczos3(double x)
{
    return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

typedef struct kernel {
    double (*value)(double x);
    double support;
    int antialias;
} kernel;

static const kernel kernels[DT_RESIZE_FILTERS] = {
    [DT_RESIZE_BILINEAR] = {triangle, 1, 0},    [DT_RESIZE_BILINEAR_AA] = {triangle, 1, 1},
    [DT_RESIZE_BICUBIC] = {cubic_opencv, 2, 0}, [DT_RESIZE_BICUBIC_AA] = {cubic_pillow, 2, 1},
    [DT_RESIZE_LANCZOS_AA] = {lanczos3, 3, 1},  [DT_RESIZE_BOX_AA] = {box, .5, 1},
};

static dt_status allocate(dt_resize_table *t, int out_size, int size, dt_error *err)
{
    size_t n = (size_t)out_size, weights = n * (size_t)size;
    *t = (dt_resize_table){.size = size};
    t->first = dt_malloc(2 * n * sizeof *t->first);
    t->weight = dt_calloc(weights, sizeof *t->weight);
    if (!t->first || !t->weight) {
        dt_resize_table_free(t);
        return dt_fail_memory(err, weights * sizeof *t->weight, "resize table");
    }
    t->count = t->first + n;
    return DT_OK;
}

void dt_resize_table_free(dt_resize_table *t)
{
    dt_free(t->first);
    dt_free(t->weight);
    *t = (dt_resize_table){0};
}

static dt_status make_antialiased(const kernel *k, int in_size, int out_size, dt_resize_table *t,
                                  dt_error *err)
{
    const double scale = (double)in_size / out_size, widened = scale < 1 ? 1 : scale,
                 support = k->support * widened, inv = 1 / widened;
    DT_TRY(allocate(t, out_size, (int)ceil(support) * 2 + 1, err));
    for (int x = 0; x < out_size; x++) {
        double *w = t->weight + (size_t)x * (size_t)t->size, sum = 0;
        const double center = (x + 0.5) * scale;
        int lo = (int)(center - support + 0.5), hi = (int)(center + support + 0.5);
        if (lo < 0) lo = 0;
        if (hi > in_size) hi = in_size;
        for (int i = 0; i < hi - lo; i++)
            sum += w[i] = k->value((i + lo - center + 0.5) * inv);
        for (int i = 0; i < hi - lo && sum != 0; i++)
            w[i] /= sum;
        t->first[x] = lo;
        t->count[x] = hi - lo;
    }
    return DT_OK;
}

static dt_status make_plain(const kernel *k, int in_size, int out_size, dt_resize_table *t, dt_error *err)
{
    const int reach = (int)k->support;
    const double scale = (double)in_size / out_size;
    DT_TRY(allocate(t, out_size, 2 * reach, err));
    for (int x = 0; x < out_size; x++) {
        double *w = t->weight + (size_t)x * (size_t)t->size;
        const double pos = (x + 0.5) * scale - 0.5;
        const int from = (int)floor(pos) - reach + 1, lo = from < 0             ? 0
                                                           : from > in_size - 1 ? in_size - 1
                                                                                : from;
        int last = lo;
        for (int i = from; i < from + 2 * reach; i++) {
            const int at = i < 0 ? 0 : i > in_size - 1 ? in_size - 1 : i;
            w[at - lo] += k->value(pos - i);
            last = at;
        }
        t->first[x] = lo;
        t->count[x] = last - lo + 1;
    }
    return DT_OK;
}

/* OpenCV's INTER_AREA for pictures that shrink: what each source pixel covers of the output pixel. */
static dt_status make_area(int in_size, int out_size, dt_resize_table *t, dt_error *err)
{
    const double scale = (double)in_size / out_size;
    DT_TRY(allocate(t, out_size, (int)ceil(scale) + 2, err));
    for (int x = 0; x < out_size; x++) {
        double *w = t->weight + (size_t)x * (size_t)t->size, sum = 0;
        const double begin = x * scale, end = begin + scale;
        int lo = (int)floor(begin), hi = (int)ceil(end);
        if (hi > in_size) hi = in_size;
        for (int i = lo; i < hi; i++)
            sum += w[i - lo] = fmax(0, fmin(end, i + 1) - fmax(begin, i));
        for (int i = lo; i < hi; i++)
            w[i - lo] /= sum;
        t->first[x] = lo;
        t->count[x] = hi - lo;
    }
    return DT_OK;
}

/* And for pictures of which a side grows: neighbours are mixed only where an output pixel lies across their
 * border. */
static dt_status make_area_growing(int in_size, int out_size, dt_resize_table *t, dt_error *err)
{
    const double inv = (double)out_size / in_size,
                 scale = 1 / inv; /* OpenCV's roundings decide where borders coincide */
    DT_TRY(allocate(t, out_size, 2, err));
    for (int x = 0; x < out_size; x++) {
        double *w = t->weight + (size_t)x * 2;
        int at = (int)floor(x * scale);
        double part = (x + 1) - (at + 1) * inv;
        part = part <= 0 ? 0 : part - floor(part);
        if (at > in_size - 1) at = in_size - 1;
        t->first[x] = at;
        t->count[x] = at + 1 < in_size ? 2 : 1;
        w[0] = t->count[x] == 2 ? 1 - part : 1;
        w[1] = 1 - w[0];
    }
    return DT_OK;
}

dt_status dt_resize_table_make(dt_resize_filter filter, int shrinks, int in_size, int out_size,
                               dt_resize_table *t, dt_error *err)
{
    *t = (dt_resize_table){0};
    if (filter == DT_RESIZE_AREA)
        return shrinks ? make_area(in_size, out_size, t, err) : make_area_growing(in_size, out_size, t, err);
    const kernel *k = (unsigned)filter < DT_RESIZE_FILTERS ? &kernels[filter] : NULL;
    if (!k || !k->value) return dt_fail(err, DT_ERR_ARG, "%s has no weights", dt_resize_filter_name(filter));
    return k->antialias ? make_antialiased(k, in_size, out_size, t, err)
                        : make_plain(k, in_size, out_size, t, err);
}
