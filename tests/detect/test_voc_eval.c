#include "detect/voc_eval.h"

#include "core/mem.h"
#include "test.h"

typedef struct case_data {
    char name[64];
    int images, classes, gt_count, dt_count;
    dt_voc_gt *gts;
    dt_voc_dt *dts;
} case_data;

static int read_case(FILE *f, case_data *c)
{
    if (fscanf(f, " case %63s %d %d %d %d", c->name, &c->images, &c->classes, &c->gt_count, &c->dt_count) !=
        5)
        return 0;
    c->gts = calloc((size_t)c->gt_count + 1, sizeof *c->gts);
    c->dts = calloc((size_t)c->dt_count + 1, sizeof *c->dts);
    int read = 0;
    for (dt_voc_gt *g = c->gts; g < c->gts + c->gt_count; g++)
        read += fscanf(f, "%d %d %lf %lf %lf %lf %d", &g->image, &g->cls, &g->box.x1, &g->box.y1, &g->box.x2,
                       &g->box.y2, &g->difficult);
    for (dt_voc_dt *d = c->dts; d < c->dts + c->dt_count; d++)
        read += fscanf(f, "%d %d %lf %lf %lf %lf %lf", &d->image, &d->cls, &d->box.x1, &d->box.y1, &d->box.x2,
                       &d->box.y2, &d->score);
    return CHECK_INT(read, 7 * (c->gt_count + c->dt_count));
}

static void check_case(const case_data *c, dt_voc_rule rule, const double *want_ap,
                       const int (*want_counts)[2], double want_mean)
{
    dt_voc_input in = {c->gts, (size_t)c->gt_count, c->dts, (size_t)c->dt_count, c->images, c->classes};
    dt_voc_class classes[8];
    double mean;
    dt_error err = {0};
    CHECK_OK(dt_voc_evaluate(&in, rule, 0.5, classes, &mean, &err), &err);
    for (int k = 0; k < c->classes; k++) {
        CHECK_MSG(classes[k].ap == want_ap[k], "%s: class %d: AP %.17g, expected %.17g", c->name, k,
                  classes[k].ap, want_ap[k]);
        if (want_counts[k][0] < 0) continue;
        CHECK_INT(classes[k].right, want_counts[k][0]);
        CHECK_INT(classes[k].wrong, want_counts[k][1]);
    }
    CHECK_MSG(mean == want_mean, "%s: mean AP %.17g, expected %.17g", c->name, mean, want_mean);
}

static void test_golden(void)
{
    FILE *f = fopen(dt_test_golden("detect/voc_eval.txt"), "r");
    if (!CHECK_MSG(f != NULL, "detect/voc_eval.txt is missing")) return;
    case_data c;
    int cases = 0;
    for (; read_case(f, &c); cases++) {
        double ap[2][8], mean[2];
        int counts[8][2];
        CHECK(c.classes <= 8);
        for (int k = 0; k < c.classes; k++)
            CHECK_INT(fscanf(f, " class %lf %lf %d %d", &ap[0][k], &ap[1][k], &counts[k][0], &counts[k][1]),
                      4);
        CHECK_INT(fscanf(f, " mean %lf %lf", &mean[0], &mean[1]), 2);
        check_case(&c, DT_VOC_2007, ap[0], (const int(*)[2])counts, mean[0]);
        check_case(&c, DT_VOC_2010, ap[1], (const int(*)[2])counts, mean[1]);
        free(c.gts);
        free(c.dts);
    }
    CHECK_INT(cases, 8);
    fclose(f);
}

/* One right, one duplicate that scores higher than the second right one: by hand. */
static void test_by_hand(void)
{
    const dt_voc_gt gts[] = {{0, 0, {0, 0, 10, 10}, 0}, {0, 0, {50, 0, 60, 10}, 0}};
    const dt_voc_dt dts[] = {
        {0, 0, {50, 0, 60, 10}, .3}, {0, 0, {0, 0, 10, 10}, .9}, {0, 0, {0, 0, 10, 9}, .8}};
    dt_voc_input in = {gts, 2, dts, 3, 1, 1};
    dt_voc_class cls;
    double mean;
    dt_error err = {0};
    CHECK_OK(dt_voc_evaluate(&in, DT_VOC_2010, 0.5, &cls, &mean, &err), &err);
    CHECK_NEAR(cls.ap, 0.5 * 1 + 0.5 * (2.0 / 3), 1e-15);
    CHECK(cls.right == 2 && cls.wrong == 1);
    CHECK_OK(dt_voc_evaluate(&in, DT_VOC_2007, 0.5, &cls, &mean, &err), &err);
    CHECK_NEAR(cls.ap, (6 * 1 + 5 * (2.0 / 3)) / 11, 1e-15);
}

/* Of two objects at the same place the first is meant. */
static void test_equal_objects(void)
{
    const dt_voc_gt gts[] = {{0, 0, {0, 0, 10, 10}, 0}, {0, 0, {0, 0, 10, 10}, 1}};
    const dt_voc_dt dt = {0, 0, {0, 0, 10, 10}, .9};
    dt_voc_input in = {gts, 2, &dt, 1, 1, 1};
    dt_voc_class cls;
    double mean;
    dt_error err = {0};
    CHECK_OK(dt_voc_evaluate(&in, DT_VOC_2010, 0.5, &cls, &mean, &err), &err);
    CHECK(cls.ap == 1 && cls.right == 1 && cls.gt_count == 1 && cls.difficult_count == 1);
}

static void test_bad_input(void)
{
    dt_voc_gt gt = {0, 0, {0, 0, 10, 10}, 0};
    dt_voc_dt dt = {0, 0, {0, 0, 10, 10}, NAN};
    dt_voc_input in = {&gt, 1, &dt, 1, 1, 1};
    dt_voc_class cls;
    double mean;
    dt_error err = {0};
    CHECK_INT(dt_voc_evaluate(&in, DT_VOC_2007, 0.5, &cls, &mean, &err), DT_ERR_ARG);
    dt.score = 1;
    dt.image = 1;
    CHECK_INT(dt_voc_evaluate(&in, DT_VOC_2007, 0.5, &cls, &mean, &err), DT_ERR_ARG);
    dt.image = 0;
    size_t live = dt_mem_live();
    for (uint64_t nth = 1; nth < 50; nth++) {
        dt_mem_fail_at(nth);
        dt_status status = dt_voc_evaluate(&in, DT_VOC_2007, 0.5, &cls, &mean, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(status, fired ? DT_ERR_MEMORY : DT_OK);
        CHECK_INT(dt_mem_live(), live);
        if (!fired) break;
    }
}

int main(void)
{
    RUN(test_golden);
    RUN(test_by_hand);
    RUN(test_equal_objects);
    RUN(test_bad_input);
    return dt_test_end();
}
