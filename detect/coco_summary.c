#include "core/mem.h"
#include "detect/coco_internal.h"

double dt_coco_iou_threshold(int t)
{
    if (t == DT_COCO_T - 1) return 0.95;
    return (double)t * ((0.95 - 0.5) / (DT_COCO_T - 1)) + 0.5;
}

double dt_coco_recall_threshold(int r)
{
    if (r == DT_COCO_R - 1) return 1;
    return (double)r * (1.0 / (DT_COCO_R - 1));
}

const char *dt_coco_stat_name(dt_coco_stat stat)
{
    static const char *const names[] = {
#define DT_COCO_STAT_NAME(name) #name,
        DT_COCO_STAT_LIST(DT_COCO_STAT_NAME)
#undef DT_COCO_STAT_NAME
    };
    return (unsigned)stat < DT_COCO_STATS ? names[stat] : "?";
}

/* ---- numpy's sum ---- */

enum { SUM_BLOCK = 128 };

static double sum_block(const double *v, size_t n)
{
    if (n < 8) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += v[i];
        return sum;
    }
    double r[8];
    for (int j = 0; j < 8; j++)
        r[j] = v[j];
    size_t i = 8;
    for (; i < n - n % 8; i += 8)
        for (int j = 0; j < 8; j++)
            r[j] += v[i + (size_t)j];
    double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < n; i++)
        sum += v[i];
    return sum;
}

/* The depth is log2(n / 128): bounded by the width of size_t. */
static double sum_pairwise(const double *v, size_t n)
{
    if (n <= SUM_BLOCK) return sum_block(v, n);
    size_t half = n / 2;
    half -= half % 8;
    return sum_pairwise(v, half) + sum_pairwise(v + half, n - half);
}

double dt_coco_mean(const double *values, size_t n)
{
    return sum_pairwise(values, n) / (double)n;
}

/* ---- selections, in numpy's order (t, r, k) ---- */

typedef struct selection {
    int t_begin, t_end, k_begin, k_end, a, m;
} selection;

static double mean_precision(const dt_coco_result *e, selection s, double *buffer)
{
    size_t n = 0;
    for (int t = s.t_begin; t < s.t_end; t++)
        for (int r = 0; r < DT_COCO_R; r++)
            for (int k = s.k_begin; k < s.k_end; k++) {
                double v = dt_coco_precision(e, t, r, k, s.a, s.m);
                if (v > -1) buffer[n++] = v;
            }
    return n ? dt_coco_mean(buffer, n) : -1;
}

static double mean_recall(const dt_coco_result *e, selection s, double *buffer)
{
    size_t n = 0;
    for (int t = s.t_begin; t < s.t_end; t++)
        for (int k = s.k_begin; k < s.k_end; k++) {
            double v = dt_coco_recall(e, t, k, s.a, s.m);
            if (v > -1) buffer[n++] = v;
        }
    return n ? dt_coco_mean(buffer, n) : -1;
}

dt_status coco_summarize(dt_coco_result *e, dt_error *err)
{
    enum { T = DT_COCO_T, T50 = 0, T75 = 5, LAST = DT_COCO_M - 1 };
    const int K = e->class_count;
    size_t count = (size_t)T * DT_COCO_R * (size_t)K;
    double *buffer = dt_realloc_array(NULL, count, sizeof *buffer);
    if (!buffer) return dt_fail_memory(err, count * sizeof *buffer, "the summary of the evaluation");
    const selection precision[] = {
        [DT_COCO_AP] = {0, T, 0, K, 0, LAST},           [DT_COCO_AP50] = {T50, T50 + 1, 0, K, 0, LAST},
        [DT_COCO_AP75] = {T75, T75 + 1, 0, K, 0, LAST}, [DT_COCO_APs] = {0, T, 0, K, 1, LAST},
        [DT_COCO_APm] = {0, T, 0, K, 2, LAST},          [DT_COCO_APl] = {0, T, 0, K, 3, LAST},
    };
    const selection recall[] = {
        [DT_COCO_AR1] = {0, T, 0, K, 0, 0},      [DT_COCO_AR10] = {0, T, 0, K, 0, 1},
        [DT_COCO_AR100] = {0, T, 0, K, 0, LAST}, [DT_COCO_ARs] = {0, T, 0, K, 1, LAST},
        [DT_COCO_ARm] = {0, T, 0, K, 2, LAST},   [DT_COCO_ARl] = {0, T, 0, K, 3, LAST},
    };
    for (int i = DT_COCO_AP; i <= DT_COCO_APl; i++)
        e->stats[i] = mean_precision(e, precision[i], buffer);
    for (int i = DT_COCO_AR1; i <= DT_COCO_ARl; i++)
        e->stats[i] = mean_recall(e, recall[i], buffer);
    for (int k = 0; k < K; k++) {
        e->classes[k].ap = mean_precision(e, (selection){0, T, k, k + 1, 0, LAST}, buffer);
        e->classes[k].ap50 = mean_precision(e, (selection){T50, T50 + 1, k, k + 1, 0, LAST}, buffer);
    }
    dt_free(buffer);
    return DT_OK;
}
