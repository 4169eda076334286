/* Which class a number of the class files means. */
#include <stdlib.h>

#include "core/mem.h"
#include "datasets/check/masks_internal.h"
#include "datasets/voc/voc.h"

typedef struct vote {
    int number;
    int32_t cls;
    size_t count;
} vote;

static int compare_votes(const void *a, const void *b)
{
    const vote *p = a, *q = b;
    if (p->count != q->count) return p->count > q->count ? -1 : 1;
    if (p->number != q->number) return p->number - q->number;
    return (p->cls > q->cls) - (p->cls < q->cls);
}

static int32_t voc_class(const dt_dataset *set, int number)
{
    enum { VOC = sizeof dt_voc_classes / sizeof *dt_voc_classes };
    return number >= 1 && number <= VOC
               ? (int32_t)dt_strmap_get(&set->class_index, dt_voc_classes[number - 1], -1)
               : -1;
}

static int is_voc_list(const dt_dataset *set)
{
    size_t known = 0;
    for (int i = 1; i < DT_MASK_VOID; i++)
        known += voc_class(set, i) >= 0;
    return set->class_count > 0 && known == set->class_count;
}

/* Objects under each number and class: votes (255 x classes). */
static void count_votes(const dt_dataset *set, const dt_record *record, const dt_mask_look *look, vote *votes)
{
    for (size_t k = 0; k < look->instance_count; k++) {
        const dt_mask_instance *m = &look->instances[k];
        const dt_object *o = dt_mask_object(set, record, m->number);
        if (o && m->cls >= 0) votes[(size_t)m->cls * set->class_count + (size_t)o->cls].count++;
    }
}

dt_status dt_mask_settle_numbers(const dt_dataset *set, const size_t *records, const dt_mask_look *looks,
                                 size_t count, dt_mask_stats *s, dt_error *err)
{
    size_t classes = set->class_count, n = (size_t)DT_MASK_VOID * classes, all = 0, voc = 0;
    uint8_t *taken = dt_calloc(classes, 1);
    vote *votes = dt_calloc(n, sizeof *votes);
    if (!votes || !taken) {
        dt_free(votes);
        dt_free(taken);
        return dt_fail_memory(err, n * sizeof *votes, "masks");
    }
    for (size_t i = 0; i < n; i++)
        votes[i] = (vote){(int)(i / classes), (int32_t)(i % classes), 0};
    for (size_t i = 0; i < count; i++)
        count_votes(set, &set->records[records[i]], &looks[i], votes);
    for (size_t i = 0; i < n; i++) {
        all += votes[i].count;
        if (voc_class(set, votes[i].number) == votes[i].cls) voc += votes[i].count;
    }
    s->by_vote = !is_voc_list(set) || 2 * voc < all;
    if (n) qsort(votes, n, sizeof *votes, compare_votes);
    for (int i = 0; i < DT_MASK_NUMBERS && !s->by_vote; i++)
        s->classes[i] = voc_class(set, i);
    for (size_t i = 0; i < n && votes[i].count && s->by_vote; i++) {
        if (s->classes[votes[i].number] >= 0 || taken[votes[i].cls]) continue;
        s->classes[votes[i].number] = votes[i].cls;
        taken[votes[i].cls] = 1;
    }
    dt_free(votes);
    dt_free(taken);
    return DT_OK;
}
