/** The table of op cases: what every registered op is checked against, and how to write cases.
 *
 * tests/ops/cases_<op>.c (or cases_<family>.c) holds one array of cases per op and ends with DT_OP_CASES(op,
 * array). The runner (op_table.c) fails for every op of core/ops/op_list.def without one. For each case it
 * checks
 *   - float32 with the fast kernels and with the reference kernels against the float64 reference (tol);
 *   - that nothing was written outside any buffer and nothing uninitialised reached a result (guard areas,
 *     NaN fill);
 *   - the same bits with 1, 2 and 3 threads, results and gradients;
 *   - float64 gradients against finite differences (relative 1e-6), float32 gradients against the float64
 *     ones (grad_tol);
 *   - every allocation in turn failing: DT_ERR_MEMORY, nothing leaked, the context usable afterwards;
 *   - the CUDA backend, where there is a device and a kernel for the op.
 *
 * Example, tests/ops/cases_relu.c:
 *
 *     static void run(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out)
 *     {
 *         out[0] = dt_relu(ctx, in[0]);
 *     }
 *     static const dt_op_case cases[] = {
 *         {.name = "rank 3", .run = run, .n_in = 1, .in = {{.shape = DT_DIMS(2, 3, 5),
 *                                                              .fill = DT_FILL_AWAY}}},
 *     };
 *     DT_OP_CASES(relu, cases);
 *
 * `run` must be a pure function of its operands (the harness sets the context's step to 1 before each call,
 * so dropout repeats). A result may be an operand that was changed in place (running statistics). Operand
 * values come from dt_rng with a fixed seed and are float32 numbers in both precisions. Write cases for rank
 * 0 and 1, zero-size, axes of length 1, odd sizes that leave a tail after vectors, strided views, and one
 * that is large enough for several chunks of the pool. */
#ifndef DT_TESTS_OPS_HARNESS_H
#define DT_TESTS_OPS_HARNESS_H

#include "core/ops.h"

enum { DT_CASE_MAX_IN = 8 };

typedef enum dt_case_filling {
    DT_FILL_UNIFORM, /* in [lo, hi) */
    DT_FILL_AWAY, /* the same, but no value is nearer than 0.01 to a multiple of 1/2: kinks lie at such places */
    DT_FILL_DISTINCT, /* evenly spaced over [lo, hi), shuffled: no two are equal or near (maxima) */
    DT_FILL_INTEGERS, /* whole numbers in [lo, hi): indices, conditions, ties */
    DT_FILL_SPECIAL, /* NaN, infinities, zeros of both signs, denormals, huge and tiny ones among uniform values; use with
                         DT_CASE_NO_GRAD */
} dt_case_filling;

/** How the operand lies in memory. */
typedef enum dt_case_layout {
    DT_LAYOUT_DENSE,
    DT_LAYOUT_OFFSET,        /* dense, but starting one element behind an aligned address */
    DT_LAYOUT_TRANSPOSED,    /* the two last axes swapped in memory (rank >= 2) */
    DT_LAYOUT_CHANNELS_LAST, /* axis 1 innermost in memory (rank >= 3) */
    DT_LAYOUT_STEP,          /* every second element of the last axis of something wider (rank >= 1) */
    DT_LAYOUT_ROWS,          /* rows of the last axis with a gap behind each (rank >= 1) */
} dt_case_layout;

typedef struct dt_case_in {
    dt_shape shape; /* DT_DIMS(2, 3); left out: a scalar */
    dt_dtype dtype; /* left out: the float type of the column (f32, f64); else DT_I64, DT_U8, DT_BOOL, ... */
    dt_case_layout layout;
    dt_case_filling fill;
    double lo, hi; /* both left out: -2 to 2 */
    int absent;    /* an optional operand that is NULL here */
    int no_grad;   /* no gradient for this operand (targets, running statistics) */
} dt_case_in;

enum {
    DT_CASE_NO_GRAD = 1, /* the op has no gradient, or the case is about values where it is not defined */
    DT_CASE_RELATIVE =
        2, /* compare every element relative to itself (elementwise ops); otherwise elements under a tenth
                              of the tensor's largest magnitude are compared relative to that */
    DT_CASE_NO_OOM =
        4, /* leave out the failing allocations (large cases; the harness does so above 20000 elements) */
};

typedef struct dt_op_case dt_op_case;
struct dt_op_case {
    const char *name;
    /** Fills out[0..n_out) (NULL on failure). */
    void (*run)(dt_ctx *ctx, const dt_op_case *c, dt_tensor *const *in, dt_tensor **out);
    int n_in;
    dt_case_in in[DT_CASE_MAX_IN];
    int n_out; /* 0 means 1 */
    /* arguments, read by run */
    int64_t i[12];
    double f[4];
    const void *args;
    uint32_t flags;
    double tol;      /* of float32 results; 0: 1e-5 */
    double grad_tol; /* of float32 gradients; 0: 2e-5 */
};

typedef struct dt_op_cases {
    const char *op;
    const dt_op_case *cases;
    int count;
} dt_op_cases;

#define DT_DIMS(...)                                                                                         \
    {                                                                                                        \
        (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                                           \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

#define DT_OP_CASES(op_name, array)                                                                          \
    const dt_op_cases dt_cases_##op_name = {#op_name, array, (int)(sizeof(array) / sizeof *(array))}

/** What the runner counts. */
typedef struct dt_case_counts {
    int cases, failures;
    int cuda_run, cuda_skipped, cuda_no_kernel;
} dt_case_counts;

typedef struct dt_harness dt_harness;

/** Contexts with 1, 2 and 3 threads, one with reference kernels, and the CUDA device if there is one. NULL
 *  and a line on stderr if that fails (also where DT_REQUIRE_CUDA=1 and there is no device). */
dt_harness *dt_harness_open(void);
void dt_harness_close(dt_harness *h);
int dt_harness_has_cuda(const dt_harness *h);

/** All checks of one case of `op`; a line on stderr for each failure. */
void dt_harness_run(dt_harness *h, const dt_op *op, const dt_op_case *c, dt_case_counts *counts);

#endif
