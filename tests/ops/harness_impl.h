/** Parts that harness.c, case_values.c and harness_open.c share. */
#ifndef DT_TESTS_OPS_HARNESS_IMPL_H
#define DT_TESTS_OPS_HARNESS_IMPL_H

#include "core/device.h"
#include "tests/ops/harness.h"

enum { DT_HARNESS_POOLS = 3 };

struct dt_harness {
    dt_ctx *ctx[DT_HARNESS_POOLS]; /* 1, 2 and 3 threads */
    dt_ctx *ref;                   /* reference kernels */
    dt_device *cuda;               /* of ctx[0], or NULL */
};

/** A tensor on the host, in its own dtype. */
typedef struct dt_case_values {
    void *data;
    dt_dtype dtype;
    dt_shape shape;
    int64_t n;
    size_t bytes;
} dt_case_values;

typedef struct dt_case_result {
    dt_case_values out[DT_MAX_OUT], grad[DT_CASE_MAX_IN];
} dt_case_result;

typedef struct dt_case_job {
    dt_harness *h;
    const dt_op *op;
    const dt_op_case *c;
    dt_case_counts *counts;
    double *values[DT_CASE_MAX_IN]; /* row-major */
    int64_t numel[DT_CASE_MAX_IN], total;
    int n_out;
    int grad_out[DT_MAX_OUT]; /* results that a gradient flows from */
} dt_case_job;

double dt_case_value(const dt_case_values *v, int64_t i);
int dt_case_wants_grad(const dt_op_case *c, int i);

/** Values of operand number `slot`: a pure function of the description and the number. */
void dt_case_fill(const dt_case_in *in, int slot, double *values, int64_t n);

/** The operand on the CPU in its layout, not recorded; NULL if absent or on failure. */
dt_tensor *dt_case_operand(dt_ctx *ctx, const dt_case_in *in, const double *values, dt_dtype type);

#endif
