#include <math.h>

#include "core/mem.h"
#include "datasets/loader/sampler.h"

static dt_status check_class(int32_t cls, int class_count, int64_t record, dt_error *err)
{
    if (cls < class_count) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "sampler: class %d of record %lld is not in 0..%d", cls,
                   (long long)record, class_count - 1);
}

dt_status dt_repeat_factors(const int32_t *classes, const size_t *begin, int64_t records, int class_count,
                            double threshold, double *factors, dt_error *err)
{
    /* last[c] - 1: the record that class c was counted in last */
    int64_t *with = dt_calloc((size_t)class_count, sizeof *with),
            *last = dt_calloc((size_t)class_count, sizeof *last);
    dt_status st = with && last ? DT_OK : dt_fail_memory(err, (size_t)class_count * sizeof *with, "classes");
    for (int64_t i = 0; i < records && st == DT_OK; i++)
        for (size_t k = begin[i]; k < begin[i + 1] && st == DT_OK; k++) {
            int32_t c = classes[k];
            st = check_class(c, class_count, i, err);
            if (st != DT_OK || c < 0 || last[c] == i + 1) continue;
            last[c] = i + 1;
            with[c]++;
        }
    for (int64_t i = 0; i < records && st == DT_OK; i++) {
        factors[i] = 1;
        for (size_t k = begin[i]; k < begin[i + 1]; k++)
            if (classes[k] >= 0)
                factors[i] = fmax(factors[i], sqrt(threshold / ((double)with[classes[k]] / (double)records)));
    }
    dt_free(with);
    dt_free(last);
    return st;
}

dt_status dt_inverse_frequency_weights(const int32_t *classes, const size_t *begin, int64_t records,
                                       int class_count, double *weights, dt_error *err)
{
    int64_t *objects = dt_calloc((size_t)class_count, sizeof *objects);
    if (!objects) return dt_fail_memory(err, (size_t)class_count * sizeof *objects, "classes");
    dt_status st = DT_OK;
    for (int64_t i = 0; i < records && st == DT_OK; i++)
        for (size_t k = begin[i]; k < begin[i + 1] && st == DT_OK; k++) {
            st = check_class(classes[k], class_count, i, err);
            if (st == DT_OK && classes[k] >= 0) objects[classes[k]]++;
        }
    double least = INFINITY;
    for (int64_t i = 0; i < records && st == DT_OK; i++) {
        double sum = 0;
        int64_t n = 0;
        for (size_t k = begin[i]; k < begin[i + 1]; k++)
            if (classes[k] >= 0) {
                sum += 1 / (double)objects[classes[k]];
                n++;
            }
        weights[i] = n ? sum / (double)n : -1;
        if (n && weights[i] < least) least = weights[i];
    }
    for (int64_t i = 0; i < records && st == DT_OK; i++)
        if (weights[i] < 0) weights[i] = isfinite(least) ? least : 1;
    dt_free(objects);
    return st;
}
