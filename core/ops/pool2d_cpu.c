/* Pooling of both kinds and its gradients: planes in parallel, every plane by one thread. */
#include <math.h>
#include <string.h>

#include "core/cpu.h"
#include "core/ops/nn.h"

typedef struct job {
    const dt_pool2d_args *a;
    const float *x, *dy;
    float *y, *dx;
    int32_t *index;
    int64_t h, w, oh, ow;
} job;

static void run_planes(dt_ctx *ctx, int64_t planes, int64_t work, dt_pool_fn fn, job *j)
{
    int64_t grain = work > 0 && work < 8192 ? 8192 / work : 1;
    dt_parallel(dt_ctx_pool(ctx), planes, grain, fn, j);
}

/* --- maximum --- */

/* Pixel (v, u) of the window against the best so far, for `n` windows side by side. */
DT_CLONES static void take_larger(float *best, int32_t *at, const float *x, int64_t stride, int32_t place, int64_t n)
{
    if (stride == 1) {
        for (int64_t j = 0; j < n; j++) {
            int better = x[j] > best[j] || (x[j] != x[j] && best[j] == best[j]);
            best[j] = better ? x[j] : best[j];
            at[j] = better ? place + (int32_t)j : at[j];
        }
        return;
    }
    for (int64_t j = 0; j < n; j++) {
        float value = x[j * stride];
        int better = value > best[j] || (value != value && best[j] == best[j]);
        best[j] = better ? value : best[j];
        at[j] = better ? place + (int32_t)(j * stride) : at[j];
    }
}

static void max_forward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    const dt_pool2d_args *a = j->a;
    for (int64_t p = begin; p < end; p++) {
        const float *x = j->x + p * j->h * j->w;
        for (int64_t i = 0; i < j->oh; i++) {
            float *best = j->y + (p * j->oh + i) * j->ow;
            int32_t *at = j->index + (p * j->oh + i) * j->ow;
            int64_t y0, y1;
            dt_pool2d_window(a, 0, j->h, i, &y0, &y1);
            for (int64_t o = 0; o < j->ow; o++) {
                int64_t x0, x1;
                dt_pool2d_window(a, 1, j->w, o, &x0, &x1);
                at[o] = (int32_t)(y0 * j->w + x0);
                best[o] = x[at[o]];
            }
            for (int64_t v = y0; v < y1; v++)
                for (int64_t k = 0; k < a->kernel[1]; k++) {
                    int64_t off = k - a->pad[1], s = a->stride[1];
                    int64_t from = off >= 0 ? 0 : (-off + s - 1) / s, to = j->w > off ? (j->w - off + s - 1) / s : 0;
                    if (to > j->ow) to = j->ow;
                    if (from >= to) continue;
                    int64_t src = v * j->w + from * s + off;
                    take_larger(best + from, at + from, x + src, s, (int32_t)src, to - from);
                }
        }
    }
}

dt_status dt_max_pool2d_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_tensor *x = call->in[0], *y = call->out[0];
    job j = {.a = call->args, .x = dt_f32(x), .y = dt_f32(y), .index = dt_i32(call->out[1]),
             .h = x->shape.dim[2], .w = x->shape.dim[3], .oh = y->shape.dim[2], .ow = y->shape.dim[3]};
    run_planes(ctx, x->shape.dim[0] * x->shape.dim[1], j.h * j.w, max_forward, &j);
    return DT_OK;
}

static void max_backward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    int64_t n = j->oh * j->ow;
    for (int64_t p = begin; p < end; p++) {
        float *dx = j->dx + p * j->h * j->w;
        const float *dy = j->dy + p * n;
        const int32_t *index = j->index + p * n;
        memset(dx, 0, (size_t)(j->h * j->w) * sizeof *dx);
        for (int64_t i = 0; i < n; i++)
            dx[index[i]] += dy[i];
    }
}

dt_status dt_max_pool2d_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_tensor *dy = call->in[0], *dx = call->out[0];
    job j = {.dy = dt_f32(dy), .dx = dt_f32(dx), .index = dt_i32(call->in[1]),
             .h = dx->shape.dim[2], .w = dx->shape.dim[3], .oh = dy->shape.dim[2], .ow = dy->shape.dim[3]};
    run_planes(ctx, dy->shape.dim[0] * dy->shape.dim[1], j.h * j.w, max_backward, &j);
    return DT_OK;
}

/* --- average --- */

typedef struct window {
    int64_t y0, y1, x0, x1;
} window;

/* Window of output (i, o) and the number its sum is divided by. Without pooling arguments: adaptive. */
static float window_of(const job *j, int64_t i, int64_t o, window *win)
{
    if (!j->a) {
        dt_adaptive_window(j->h, j->oh, i, &win->y0, &win->y1);
        dt_adaptive_window(j->w, j->ow, o, &win->x0, &win->x1);
        return (float)((win->y1 - win->y0) * (win->x1 - win->x0));
    }
    int64_t full = dt_pool2d_window(j->a, 0, j->h, i, &win->y0, &win->y1) *
                   dt_pool2d_window(j->a, 1, j->w, o, &win->x0, &win->x1);
    return (float)(j->a->count_include_pad ? full : (win->y1 - win->y0) * (win->x1 - win->x0));
}

static void avg_forward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t p = begin; p < end; p++) {
        const float *x = j->x + p * j->h * j->w;
        float *y = j->y + p * j->oh * j->ow;
        for (int64_t i = 0; i < j->oh; i++)
            for (int64_t o = 0; o < j->ow; o++) {
                window win;
                float count = window_of(j, i, o, &win), total = 0;
                for (int64_t v = win.y0; v < win.y1; v++)
                    for (int64_t u = win.x0; u < win.x1; u++)
                        total += x[v * j->w + u];
                *y++ = total / count;
            }
    }
}

static void avg_backward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t p = begin; p < end; p++) {
        float *dx = j->dx + p * j->h * j->w;
        const float *dy = j->dy + p * j->oh * j->ow;
        memset(dx, 0, (size_t)(j->h * j->w) * sizeof *dx);
        for (int64_t i = 0; i < j->oh; i++)
            for (int64_t o = 0; o < j->ow; o++) {
                window win;
                float share = *dy++ / window_of(j, i, o, &win);
                for (int64_t v = win.y0; v < win.y1; v++)
                    for (int64_t u = win.x0; u < win.x1; u++)
                        dx[v * j->w + u] += share;
            }
    }
}

static dt_status average(dt_ctx *ctx, const dt_call *call, const dt_pool2d_args *a)
{
    const dt_tensor *x = call->in[0], *y = call->out[0];
    job j = {.a = a, .x = dt_f32(x), .y = dt_f32(y),
             .h = x->shape.dim[2], .w = x->shape.dim[3], .oh = y->shape.dim[2], .ow = y->shape.dim[3]};
    run_planes(ctx, x->shape.dim[0] * x->shape.dim[1], j.h * j.w, avg_forward, &j);
    return DT_OK;
}

static dt_status average_dx(dt_ctx *ctx, const dt_call *call, const dt_pool2d_args *a)
{
    const dt_tensor *dy = call->in[0], *dx = call->out[0];
    job j = {.a = a, .dy = dt_f32(dy), .dx = dt_f32(dx),
             .h = dx->shape.dim[2], .w = dx->shape.dim[3], .oh = dy->shape.dim[2], .ow = dy->shape.dim[3]};
    run_planes(ctx, dy->shape.dim[0] * dy->shape.dim[1], j.h * j.w, avg_backward, &j);
    return DT_OK;
}

dt_status dt_avg_pool2d_cpu(dt_ctx *ctx, const dt_call *call)
{
    return average(ctx, call, call->args);
}

dt_status dt_avg_pool2d_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    return average_dx(ctx, call, &((const dt_pool2d_dx_args *)call->args)->pool);
}

dt_status dt_adaptive_avg_pool2d_cpu(dt_ctx *ctx, const dt_call *call)
{
    return average(ctx, call, NULL);
}

dt_status dt_adaptive_avg_pool2d_dx_cpu(dt_ctx *ctx, const dt_call *call)
{
    return average_dx(ctx, call, NULL);
}
