#include "tools/class_scores.h"

#include <math.h>

#include "core/mem.h"
#include "models/classifier.h"

dt_status dt_class_scores_make(int classes, dt_class_scores *s, dt_error *err)
{
    size_t n = (size_t)classes;
    *s = (dt_class_scores){.classes = classes, .confusion = dt_calloc(n * n, sizeof *s->confusion)};
    return s->confusion ? DT_OK : dt_fail_memory(err, n * n * sizeof *s->confusion, "the confusion matrix");
}

void dt_class_scores_free(dt_class_scores *s)
{
    dt_free(s->confusion);
    *s = (dt_class_scores){0};
}

void dt_class_scores_add(dt_class_scores *s, int32_t truth, const float *log_probabilities)
{
    int top[DT_CLASS_TOP], k = s->classes < DT_CLASS_TOP ? s->classes : DT_CLASS_TOP;
    for (int i = 0; i < s->classes; i++)
        if (isnan(log_probabilities[i])) {
            s->not_finite++;
            return;
        }
    dt_top_k(log_probabilities, s->classes, k, top);
    s->confusion[(int64_t)truth * s->classes + top[0]]++;
    s->count++;
    s->top1 += top[0] == truth;
    for (int i = 0; i < k; i++)
        s->top5 += top[i] == truth;
    s->loss_sum -= log_probabilities[truth];
}

int64_t dt_class_scores_support(const dt_class_scores *s, int cls)
{
    int64_t n = 0;
    for (int i = 0; i < s->classes; i++)
        n += s->confusion[(int64_t)cls * s->classes + i];
    return n;
}

int64_t dt_class_scores_called(const dt_class_scores *s, int cls)
{
    int64_t n = 0;
    for (int i = 0; i < s->classes; i++)
        n += s->confusion[(int64_t)i * s->classes + cls];
    return n;
}

static double share(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

static int64_t right(const dt_class_scores *s, int cls)
{
    return s->confusion[(int64_t)cls * s->classes + cls];
}

double dt_class_scores_recall(const dt_class_scores *s, int cls)
{
    return share(right(s, cls), dt_class_scores_support(s, cls));
}

double dt_class_scores_precision(const dt_class_scores *s, int cls)
{
    return share(right(s, cls), dt_class_scores_called(s, cls));
}

double dt_class_scores_f1(const dt_class_scores *s, int cls)
{
    int64_t support = dt_class_scores_support(s, cls), called = dt_class_scores_called(s, cls);
    return support > 0 && called > 0 ? 2 * (double)right(s, cls) / (double)(support + called) : NAN;
}

double dt_class_scores_mean_recall(const dt_class_scores *s)
{
    double sum = 0;
    int64_t n = 0;
    for (int c = 0; c < s->classes; c++) {
        double recall = dt_class_scores_recall(s, c);
        if (isnan(recall)) continue;
        sum += recall;
        n++;
    }
    return n > 0 ? sum / (double)n : NAN;
}

double dt_class_scores_top1(const dt_class_scores *s)
{
    return share(s->top1, s->count);
}

double dt_class_scores_top5(const dt_class_scores *s)
{
    return share(s->top5, s->count);
}

double dt_class_scores_loss(const dt_class_scores *s)
{
    return s->count > 0 ? s->loss_sum / (double)s->count : NAN;
}
