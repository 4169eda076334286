#include "core/autograd.h"

#include <string.h>

#include "core/ctx_impl.h"
#include "core/mem.h"
#include "core/ops.h"

/* One recorded application. The arrays lie behind the struct in one block. */
typedef struct node {
    const dt_op *op;
    void *args;
    int n_in;
    dt_tensor **in; /* retained where saved, else NULL */
    dt_meta *in_meta;
    int32_t *in_var; /* -1: no gradient wanted */
    uint32_t *in_version;
    uint8_t *needs;
    dt_tensor *out[DT_MAX_OUT]; /* retained where saved, else NULL */
    uint32_t out_version[DT_MAX_OUT];
    int32_t out_var[DT_MAX_OUT];
} node;

typedef struct var {
    dt_tensor *leaf; /* retained; NULL for the result of a node */
    dt_tensor *grad; /* retained while backward runs */
} var;

struct dt_tape {
    node **nodes;
    size_t node_count, node_capacity;
    var *vars;
    size_t var_count, var_capacity;
    uint32_t generation;
    int enabled;
};

dt_status dt_tape_create(dt_ctx *ctx, dt_error *err)
{
    ctx->tape = dt_calloc(1, sizeof *ctx->tape);
    if (!ctx->tape) return dt_fail_memory(err, sizeof *ctx->tape, "the tape");
    ctx->tape->generation = 1;
    ctx->tape->enabled = 1;
    return DT_OK;
}

void dt_tape_destroy(dt_ctx *ctx)
{
    dt_tape_clear(ctx);
    dt_free(ctx->tape->nodes);
    dt_free(ctx->tape->vars);
    dt_free(ctx->tape);
    ctx->tape = NULL;
}

static void node_free(node *n)
{
    if (!n) return;
    for (int i = 0; i < n->n_in; i++)
        dt_tensor_release(n->in[i]);
    for (int i = 0; i < n->op->n_out; i++)
        dt_tensor_release(n->out[i]);
    dt_free(n);
}

void dt_tape_clear(dt_ctx *ctx)
{
    dt_tape *tape = ctx->tape;
    for (size_t i = 0; i < tape->node_count; i++)
        node_free(tape->nodes[i]);
    for (size_t i = 0; i < tape->var_count; i++) {
        dt_tensor_release(tape->vars[i].leaf);
        dt_tensor_release(tape->vars[i].grad);
    }
    tape->node_count = tape->var_count = 0;
    tape->generation++;
}

int dt_grad_enable(dt_ctx *ctx, int enabled)
{
    int was = ctx->tape->enabled;
    ctx->tape->enabled = enabled;
    return was;
}

int dt_grad_enabled(const dt_ctx *ctx)
{
    return ctx->tape->enabled;
}

static int on_tape(const dt_ctx *ctx, const dt_tensor *t)
{
    return t->tape_generation == ctx->tape->generation;
}

int dt_needs_grad(const dt_ctx *ctx, const dt_tensor *t)
{
    return t && ctx->tape->enabled && (t->requires_grad || on_tape(ctx, t));
}

dt_status dt_require_grad(dt_ctx *ctx, dt_tensor *t, int require)
{
    if (!t) return dt_ctx_status(ctx);
    if (!dt_dtype_is_float(t->dtype))
        return dt_ctx_fail(ctx, DT_ERR_DTYPE, "a gradient is possible for floating types only, not %s",
                           dt_dtype_name(t->dtype));
    if (on_tape(ctx, t) && !ctx->tape->vars[t->var].leaf)
        return dt_ctx_fail(ctx, DT_ERR_STATE,
                           "a gradient can be asked for leaves only; this is the result of an op");
    t->requires_grad = require;
    return DT_OK;
}

static int32_t new_var(dt_ctx *ctx, dt_tensor *t, int leaf)
{
    dt_tape *tape = ctx->tape;
    if (dt_grow(&tape->vars, &tape->var_capacity, tape->var_count + 1, sizeof *tape->vars) != 0) {
        dt_ctx_fail_memory(ctx, (tape->var_count + 1) * sizeof *tape->vars, "the tape");
        return -1;
    }
    tape->vars[tape->var_count] = (var){.leaf = leaf ? dt_tensor_retain(t) : NULL};
    t->tape_generation = tape->generation;
    t->var = (int32_t)tape->var_count;
    return (int32_t)tape->var_count++;
}

static node *node_make(dt_ctx *ctx, const dt_call *call)
{
    size_t n = (size_t)call->n_in;
    size_t args = (call->op->args_size + 15) & ~(size_t)15;
    size_t bytes =
        sizeof(node) + 16 + args +
        n * (sizeof(dt_tensor *) + sizeof(dt_meta) + sizeof(int32_t) + sizeof(uint32_t) + sizeof(uint8_t));
    node *nd = dt_calloc(1, bytes);
    if (!nd) {
        dt_ctx_fail_memory(ctx, bytes, "the tape");
        return NULL;
    }
    char *p = (char *)nd + ((sizeof(node) + 15) & ~(size_t)15);
    nd->op = call->op;
    nd->args = p;
    if (call->args) memcpy(p, call->args, call->op->args_size);
    p += args;
    nd->in = (dt_tensor **)p;
    p += n * sizeof(dt_tensor *);
    nd->in_meta = (dt_meta *)p;
    p += n * sizeof(dt_meta);
    nd->in_var = (int32_t *)p;
    p += n * sizeof(int32_t);
    nd->in_version = (uint32_t *)p;
    p += n * sizeof(uint32_t);
    nd->needs = (uint8_t *)p;
    nd->n_in = call->n_in;
    return nd;
}

static int saved(uint32_t mask, int i)
{
    return (mask & DT_BIT(i < 31 ? i : 31)) != 0;
}

dt_status dt_tape_record(dt_ctx *ctx, const dt_call *call)
{
    const dt_op *op = call->op;
    dt_tape *tape = ctx->tape;
    if (!tape->enabled || op->flags & DT_OP_NO_GRAD) return DT_OK;
    int any = 0;
    for (int i = 0; i < call->n_in; i++)
        if (call->in[i] && dt_needs_grad(ctx, call->in[i])) any = 1;
    if (!any) return DT_OK;
    if (dt_grow(&tape->nodes, &tape->node_capacity, tape->node_count + 1, sizeof *tape->nodes) != 0)
        return dt_ctx_fail_memory(ctx, (tape->node_count + 1) * sizeof *tape->nodes, "the tape");
    node *nd = node_make(ctx, call);
    if (!nd) return dt_ctx_status(ctx);
    for (int i = 0; i < call->n_in; i++) {
        dt_tensor *t = call->in[i];
        nd->in_var[i] = -1;
        if (!t) continue;
        nd->in_meta[i] = (dt_meta){.dtype = t->dtype, .shape = t->shape};
        if (saved(op->save_in, i)) {
            nd->in[i] = dt_tensor_retain(t);
            nd->in_version[i] = t->storage->version;
        }
        if (!dt_needs_grad(ctx, t) || !dt_dtype_is_float(t->dtype)) continue;
        nd->in_var[i] = on_tape(ctx, t) ? t->var : new_var(ctx, t, 1);
        nd->needs[i] = nd->in_var[i] >= 0;
    }
    for (int i = 0; i < op->n_out && dt_ctx_status(ctx) == DT_OK; i++) {
        if (saved(op->save_out, i)) {
            nd->out[i] = dt_tensor_retain(call->out[i]);
            nd->out_version[i] = call->out[i]->storage->version;
        }
        nd->out_var[i] = dt_dtype_is_float(call->out[i]->dtype) ? new_var(ctx, call->out[i], 0) : -1;
    }
    if (dt_ctx_status(ctx) != DT_OK) {
        node_free(nd);
        return dt_ctx_status(ctx);
    }
    tape->nodes[tape->node_count++] = nd;
    return DT_OK;
}

/* Sums a broadcast gradient back to the operand's shape. */
static dt_tensor *sum_to(dt_ctx *ctx, dt_tensor *g, const dt_shape *shape)
{
    if (dt_shape_equal(&g->shape, shape)) return g;
    uint32_t axes = 0;
    int lead = g->shape.rank - shape->rank;
    for (int i = 0; i < g->shape.rank; i++)
        if (i < lead || (shape->dim[i - lead] == 1 && g->shape.dim[i] != 1)) axes |= DT_BIT(i);
    g = dt_sum(ctx, g, axes, 1);
    return dt_reshape(ctx, g, *shape);
}

/* Adds g to *slot, which owns one reference. A gradient may be shared (add hands the same tensor to both
 * operands), so it is added into only when the slot is its sole owner. */
static dt_status accumulate(dt_ctx *ctx, dt_tensor **slot, dt_tensor *g)
{
    if (!*slot) {
        *slot = dt_tensor_retain(g);
        return DT_OK;
    }
    dt_tensor *sum = *slot;
    if (sum->refs == 1 && sum->storage->refs == 1 && dt_is_contiguous(sum)) {
        dt_tensor *const in[] = {sum, g};
        return dt_op_into(ctx, &dt_op_add, in, 2, NULL, &sum);
    }
    sum = dt_add(ctx, *slot, g);
    if (!sum) return dt_ctx_status(ctx);
    dt_tensor_release(*slot);
    *slot = dt_tensor_retain(sum);
    return DT_OK;
}

static dt_status check_versions(dt_ctx *ctx, const node *nd)
{
    for (int i = 0; i < nd->n_in; i++)
        if (nd->in[i] && nd->in[i]->storage->version != nd->in_version[i])
            return dt_ctx_fail(ctx, DT_ERR_STATE,
                               "%s: operand %d was changed in place before its gradient was made",
                               nd->op->name, i);
    for (int i = 0; i < nd->op->n_out; i++)
        if (nd->out[i] && nd->out[i]->storage->version != nd->out_version[i])
            return dt_ctx_fail(ctx, DT_ERR_STATE,
                               "%s: result %d was changed in place before its gradient was made",
                               nd->op->name, i);
    return DT_OK;
}

static dt_status run_node(dt_ctx *ctx, node *nd)
{
    dt_tape *tape = ctx->tape;
    dt_tensor *gout[DT_MAX_OUT] = {0};
    int any = 0;
    for (int i = 0; i < nd->op->n_out; i++) {
        if (nd->out_var[i] >= 0) gout[i] = tape->vars[nd->out_var[i]].grad;
        any |= gout[i] != NULL;
    }
    if (!any) return DT_OK;
    DT_TRY(check_versions(ctx, nd));
    dt_tensor *small[8] = {0}, **gin = small;
    if (nd->n_in > 8 && !(gin = dt_calloc((size_t)nd->n_in, sizeof *gin)))
        return dt_ctx_fail_memory(ctx, (size_t)nd->n_in * sizeof *gin, "gradients");
    dt_grad_call call = {nd->op,  nd->args, nd->n_in,    nd->op->n_out, nd->in,
                         nd->out, gout,     nd->in_meta, nd->needs,     gin};
    dt_scope scope = dt_scope_open(ctx);
    dt_status st = nd->op->backward(ctx, &call);
    if (st == DT_OK) st = dt_ctx_status(ctx);
    for (int i = 0; i < nd->n_in && st == DT_OK; i++) {
        if (!nd->needs[i] || !gin[i]) continue;
        dt_tensor *g = sum_to(ctx, gin[i], &nd->in_meta[i].shape);
        st = g ? accumulate(ctx, &tape->vars[nd->in_var[i]].grad, g) : dt_ctx_status(ctx);
    }
    dt_scope_close(ctx, scope);
    if (gin != small) dt_free(gin);
    for (int i = 0; i < nd->op->n_out; i++) {
        if (!gout[i]) continue;
        dt_tensor_release(gout[i]);
        tape->vars[nd->out_var[i]].grad = NULL;
    }
    return st;
}

static dt_status seed_gradient(dt_ctx *ctx, dt_tensor *loss, dt_tensor *seed)
{
    char a[DT_SHAPE_TEXT], b[DT_SHAPE_TEXT];
    if (!on_tape(ctx, loss))
        return dt_ctx_fail(ctx, DT_ERR_STATE, "backward: no recorded op leads to the loss");
    if (seed && !dt_shape_equal(&seed->shape, &loss->shape))
        return dt_ctx_fail(ctx, DT_ERR_SHAPE, "backward: the seed is %s, the loss %s",
                           dt_shape_text(&seed->shape, a), dt_shape_text(&loss->shape, b));
    if (!seed && dt_numel(loss) != 1)
        return dt_ctx_fail(ctx, DT_ERR_SHAPE,
                           "backward: the loss is %s; without a seed it must have one element",
                           dt_shape_text(&loss->shape, a));
    dt_device *before = ctx->device;
    ctx->device = loss->device;
    dt_tensor *g = seed ? seed : dt_full(ctx, loss->dtype, loss->shape, 1.0);
    ctx->device = before;
    if (!g) return dt_ctx_status(ctx);
    ctx->tape->vars[loss->var].grad = dt_tensor_retain(g);
    return DT_OK;
}

static dt_status give_to_leaves(dt_ctx *ctx)
{
    dt_tape *tape = ctx->tape;
    for (size_t i = 0; i < tape->var_count; i++) {
        var *v = &tape->vars[i];
        if (!v->leaf || !v->grad) continue;
        if (!v->leaf->grad) {
            dt_tensor *g = v->grad;
            if (g->storage->refs > 1 || g->refs > 1 || !dt_is_contiguous(g)) g = dt_clone_to(ctx, g, NULL);
            if (!g) return dt_ctx_status(ctx);
            v->leaf->grad = dt_tensor_retain(g);
        } else {
            dt_tensor *const in[] = {v->leaf->grad, v->grad};
            DT_TRY(dt_op_into(ctx, &dt_op_add, in, 2, NULL, &v->leaf->grad));
        }
    }
    return DT_OK;
}

dt_status dt_backward(dt_ctx *ctx, dt_tensor *loss, dt_tensor *seed)
{
    if (!loss || dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    dt_tape *tape = ctx->tape;
    int was = dt_grad_enable(ctx, 0);
    dt_scope scope = dt_scope_open(ctx);
    dt_status st = seed_gradient(ctx, loss, seed);
    while (st == DT_OK && tape->node_count > 0) {
        node *nd = tape->nodes[--tape->node_count];
        st = run_node(ctx, nd);
        node_free(nd);
    }
    if (st == DT_OK) st = give_to_leaves(ctx);
    dt_scope_close(ctx, scope);
    dt_tape_clear(ctx);
    dt_grad_enable(ctx, was);
    return st;
}

dt_tensor *dt_detach(dt_ctx *ctx, dt_tensor *t)
{
    if (!t) return NULL;
    dt_meta meta = {.dtype = t->dtype, .shape = t->shape, .offset = t->offset};
    memcpy(meta.stride, t->stride, sizeof meta.stride);
    dt_tensor *view = dt_tensor_make(ctx, t->device, &meta, t->storage);
    return view ? dt_scope_adopt(ctx, view) : NULL;
}

void dt_zero_grad(dt_tensor *t)
{
    dt_tensor_release(t->grad);
    t->grad = NULL;
}
