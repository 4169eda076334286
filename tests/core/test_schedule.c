/* Against PyTorch's schedulers (tests/golden/make_optim.py). */
#include "test.h"

#include "core/optim.h"

static dt_st_file golden;

static void compare(const char *name, const dt_schedule *s)
{
    const dt_st_entry *e = dt_st_find(&golden, name);
    if (!CHECK_MSG(e, "no golden value %s", name)) return;
    for (int64_t step = 0; step < e->shape.dim[0]; step++) {
        double got = dt_schedule_factor(s, step), want = ((const double *)e->data)[step];
        if (!CHECK_MSG(fabs(got - want) <= 1e-12, "%s: step %lld: %.17g, expected %.17g", name,
                       (long long)step, got, want))
            return;
    }
}

static void test_equals_pytorch(void)
{
    dt_schedule cosine = {.kind = DT_SCHED_COSINE, .total_steps = 100, .final_factor = 0.05};
    compare("schedule.cosine", &cosine);
    compare("schedule.cosine_torch", &cosine);
    compare("schedule.linear_torch",
            &(dt_schedule){.kind = DT_SCHED_LINEAR, .total_steps = 100, .final_factor = 0.01});
    compare("schedule.step_torch",
            &(dt_schedule){
                .kind = DT_SCHED_MULTISTEP, .gamma = 0.1, .milestones = {30, 60, 90}, .milestone_count = 3});
    compare("schedule.steplr_torch", &(dt_schedule){.kind = DT_SCHED_STEP, .gamma = 0.5, .step_size = 25});
    compare("schedule.exponential_torch",
            &(dt_schedule){.kind = DT_SCHED_STEP, .gamma = 0.97, .step_size = 1});
    compare("schedule.poly_torch", &(dt_schedule){.kind = DT_SCHED_POLY, .total_steps = 100, .power = 0.9});
    compare("schedule.warm_cosine", &(dt_schedule){.kind = DT_SCHED_COSINE,
                                                   .warmup_steps = 20,
                                                   .warmup_start = 0.1,
                                                   .total_steps = 100,
                                                   .final_factor = 0.01});
}

static void test_edges(void)
{
    dt_schedule s = {.kind = DT_SCHED_CONSTANT, .warmup_steps = 4};
    CHECK_NEAR(dt_schedule_factor(&s, 0), 0, 0);
    CHECK_NEAR(dt_schedule_factor(&s, 1), 0.25, 0);
    CHECK_NEAR(dt_schedule_factor(&s, 4), 1, 0);
    CHECK_NEAR(dt_schedule_factor(&s, 1 << 30), 1, 0);
    /* a warm-up that fills all the steps, and no steps at all */
    s = (dt_schedule){.kind = DT_SCHED_COSINE, .warmup_steps = 10, .total_steps = 10, .final_factor = 0.1};
    CHECK_NEAR(dt_schedule_factor(&s, 5), 0.5, 0);
    CHECK_NEAR(dt_schedule_factor(&s, 10), 0.1, 1e-15);
    /* milestones and steps do not wait for the end of the warm-up */
    s = (dt_schedule){.kind = DT_SCHED_STEP, .gamma = 0.5, .step_size = 3, .warmup_steps = 4};
    CHECK_NEAR(dt_schedule_factor(&s, 2), 0.5, 0);
    CHECK_NEAR(dt_schedule_factor(&s, 3), 0.375, 0);
    CHECK_NEAR(dt_schedule_factor(&s, 6), 0.25, 0);
    s = (dt_schedule){.kind = DT_SCHED_POLY, .total_steps = 10, .power = 2, .final_factor = 0.1};
    CHECK_NEAR(dt_schedule_factor(&s, 5), 0.1 + 0.9 * 0.25, 1e-15);
    CHECK_NEAR(dt_schedule_factor(&s, 11), 0.1, 0);
    s = (dt_schedule){.kind = DT_SCHED_LINEAR, .final_factor = 0.5};
    CHECK_NEAR(dt_schedule_factor(&s, 0), 0.5, 0);
}

int main(void)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_st_read(dt_test_golden("core/optim.safetensors"), &golden, &err), &err))
        return dt_test_end();
    RUN(test_equals_pytorch);
    RUN(test_edges);
    dt_st_free(&golden);
    return dt_test_end();
}
