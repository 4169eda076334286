/** The op registry.
 *
 * One constant dt_op describes an op: operands, shape rule, gradient, kernels. It stands in core/ops/<op>.c;
 * one line in core/ops/op_list.def registers it; its public function is declared in core/ops.h. Kernels may
 * rely on what `infer` checked: they validate nothing. */
#ifndef DT_CORE_OP_H
#define DT_CORE_OP_H

#include "core/types.h"

typedef enum dt_op_id {
#define DT_OP(name) DT_OP_ID_##name,
#include "core/ops/op_list.def"
#undef DT_OP
    DT_OP_COUNT
} dt_op_id;

enum { DT_MAX_OUT = 4 };

/** What an op's result looks like before it exists. stride and offset (in elements, relative to the storage
 *  of operand 0) are read for view ops only. */
typedef struct dt_meta {
    dt_dtype dtype;
    dt_shape shape;
    int64_t stride[DT_MAX_RANK];
    int64_t offset;
} dt_meta;

/** One application of an op. in[i] is NULL for an absent optional operand. Unless the op has DT_OP_STRIDED,
 *  the dispatcher hands over contiguous operands. Outputs are contiguous, allocated, not initialised; they
 *  alias an operand only when dt_op_into was asked for that (elementwise ops). */
typedef struct dt_call {
    const dt_op *op;
    dt_tensor *const *in;
    int n_in;
    dt_tensor **out;
    int n_out;
    const void *args;
} dt_call;

typedef dt_status (*dt_kernel_fn)(dt_ctx *ctx, const dt_call *call);

typedef struct dt_kernel {
    dt_kernel_fn fn;
    uint32_t dtypes; /* bits DT_BIT(dtype) of the deciding operand: the first floating one, else the first */
} dt_kernel;

/** What backward gets. in[i] and out[i] are there only if saved (save_in, save_out), else NULL; in_meta
 *  always is. gout[i] is NULL when nothing that counts depends on output i. Fill gin[i] for the i with
 *  needs[i]; a gradient may have the broadcast shape (the engine sums it back to the operand's shape) and
 *  stays NULL for "zero". Results belong to the open scope; recording is off. */
typedef struct dt_grad_call {
    const dt_op *op;
    const void *args;
    int n_in, n_out;
    dt_tensor *const *in, *const *out;
    dt_tensor *const *gout;
    const dt_meta *in_meta;
    const uint8_t *needs;
    dt_tensor **gin;
} dt_grad_call;

enum {
    DT_OP_VIEW = 1,        /* the result shares operand 0's storage; there is no kernel */
    DT_OP_STRIDED = 2,     /* kernels take operands of any strides */
    DT_OP_ELEMENTWISE = 4, /* out[0] may be in[0] */
    DT_OP_NO_GRAD = 8,     /* not differentiable: results never require a gradient */
};

struct dt_op {
    dt_op_id id;
    const char *name;
    struct {
        int min, max; /* operands, optional ones at the end or NULL in the middle; max -1: any number */
    } n_in;
    int n_out;
    size_t args_size;
    uint32_t save_in,
        save_out; /* bits of the operands and results that backward reads (bit 31: all from 31 on) */
    uint32_t flags;
    /** Checks operands and args (the only place that does), fills out[0..n_out). */
    dt_status (*infer)(dt_ctx *ctx, const dt_call *call, dt_meta *out);
    /** Written with other ops. NULL with DT_OP_NO_GRAD. */
    dt_status (*backward)(dt_ctx *ctx, const dt_grad_call *grad);
    dt_kernel ref; /* plain and always right: float32 and float64 */
    dt_kernel cpu; /* fast; .fn NULL where the reference is good enough */
};

/** First fields of a description: const dt_op dt_op_add = {DT_OP_NAMED(add), .n_in = ... }; */
#define DT_OP_NAMED(op_name) .id = DT_OP_ID_##op_name, .name = #op_name

#define DT_OP(name)          extern const dt_op dt_op_##name;
#include "core/ops/op_list.def"
#undef DT_OP

/** All ops, by id. */
extern const dt_op *const dt_op_table[DT_OP_COUNT];

/** Applies an op: checks, allocates, runs, records on the tape when a gradient is wanted. out[0..n_out)
 *  belong to the open scope. A NULL among the required operands means an earlier step failed: the call fails
 *  silently with that step's status, so that chains of ops need one check at their end. */
dt_status dt_op_apply(dt_ctx *ctx, const dt_op *op, dt_tensor *const *in, int n_in, const void *args,
                      dt_tensor **out);

/** The same for one result: the tensor or NULL. */
dt_tensor *dt_op_apply1(dt_ctx *ctx, const dt_op *op, dt_tensor *const *in, int n_in, const void *args);

/** Runs the kernel into tensors that exist, without recording: out[i] must have the inferred shape and dtype
 *  and be contiguous. For optimizers, buffers and accumulation. */
dt_status dt_op_into(dt_ctx *ctx, const dt_op *op, dt_tensor *const *in, int n_in, const void *args,
                     dt_tensor *const *out);

/** Has `timer` called after every kernel with the seconds it took; a device that works on its own is not
 *  waited for. NULL: no more. For benchmarks: results do not depend on it. */
typedef void (*dt_op_timer)(void *arg, const dt_op *op, double seconds);
void dt_ctx_set_op_timer(dt_ctx *ctx, dt_op_timer timer, void *arg);

/** Error of an op: "module.path: op: text". */
dt_status dt_op_fail(dt_ctx *ctx, const dt_call *call, dt_status status, const char *fmt, ...)
    DT_PRINTF(4, 5);

/* Shape rules that many ops share. */
dt_status dt_infer_same(dt_ctx *ctx, const dt_call *call, dt_meta *out); /* result = operand 0 */
dt_status dt_infer_broadcast(dt_ctx *ctx, const dt_call *call,
                             dt_meta *out); /* NumPy's rule over all operands, same dtype */
dt_status dt_infer_float(dt_ctx *ctx, const dt_call *call,
                         dt_meta *out); /* as same; operand 0 must be f32 or f64 */

/** Broadcast shape of two; -1 if they do not fit. */
int dt_shape_broadcast(const dt_shape *a, const dt_shape *b, dt_shape *out);

#endif
