/* Depthwise convolution (one input and one output channel a group), straight from the planes: row by row and
 * tap by tap, each a multiply-and-add over the part of the row that the tap reaches. */
#include "core/ops/depthwise.h"

#include <string.h>

#include "core/cpu.h"

enum { LANES = 16 };

typedef struct job {
    const dt_conv_geo *v;
    const float *x, *w, *dy, *bias;
    float *out;
} job;

int dt_depthwise_fits(const dt_conv_geo *g)
{
    return g->cg == 1 && g->og == 1;
}

/* Output columns [from, to) whose tap kx lies inside the row; their first source column. */
static int64_t reach(const dt_conv_geo *v, int64_t kx, int64_t *from, int64_t *to)
{
    int64_t off = kx * v->dx - v->px;
    *from = off >= 0 ? 0 : (-off + v->sx - 1) / v->sx;
    *to = v->w > off ? (v->w - off + v->sx - 1) / v->sx : 0;
    if (*to > v->ow) *to = v->ow;
    return *from * v->sx + off;
}

/* y[i] += a x[i s] */
DT_CLONES static void add_read(float *y, const float *x, int64_t n, int64_t s, float a)
{
    if (s == 1)
        for (int64_t i = 0; i < n; i++)
            y[i] += a * x[i];
    else if (s == 2)
        for (int64_t i = 0; i < n; i++)
            y[i] += a * x[2 * i];
    else
        for (int64_t i = 0; i < n; i++)
            y[i] += a * x[i * s];
}

/* y[i s] += a x[i] */
DT_CLONES static void add_write(float *y, const float *x, int64_t n, int64_t s, float a)
{
    if (s == 1)
        for (int64_t i = 0; i < n; i++)
            y[i] += a * x[i];
    else
        for (int64_t i = 0; i < n; i++)
            y[i * s] += a * x[i];
}

/* Sum of a[i] b[i s], in LANES partial sums. */
DT_CLONES static double dot(const float *a, const float *b, int64_t n, int64_t s)
{
    float lane[LANES] = {0};
    int64_t i = 0;
    if (s == 1)
        for (; i + LANES <= n; i += LANES)
            for (int l = 0; l < LANES; l++)
                lane[l] += a[i + l] * b[i + l];
    double total = 0;
    for (; i < n; i++)
        total += (double)a[i] * (double)b[i * s];
    for (int l = 0; l < LANES; l++)
        total += (double)lane[l];
    return total;
}

static void forward(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    const dt_conv_geo *v = j->v;
    for (int64_t p = begin; p < end; p++) {
        const float *x = j->x + p * v->h * v->w, *w = j->w + p % v->c * v->kh * v->kw;
        for (int64_t i = 0; i < v->oh; i++) {
            float *y = j->out + (p * v->oh + i) * v->ow, b = j->bias ? j->bias[p % v->c] : 0.0f;
            for (int64_t o = 0; o < v->ow; o++)
                y[o] = b;
            for (int64_t ky = 0; ky < v->kh; ky++) {
                int64_t row = i * v->sy - v->py + ky * v->dy;
                if (row < 0 || row >= v->h) continue;
                for (int64_t kx = 0; kx < v->kw; kx++) {
                    int64_t from, to, src = reach(v, kx, &from, &to);
                    if (to > from)
                        add_read(y + from, x + row * v->w + src, to - from, v->sx, w[ky * v->kw + kx]);
                }
            }
        }
    }
}

static void backward_x(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    const dt_conv_geo *v = j->v;
    for (int64_t p = begin; p < end; p++) {
        const float *w = j->w + p % v->c * v->kh * v->kw;
        float *dx = j->out + p * v->h * v->w;
        memset(dx, 0, (size_t)(v->h * v->w) * sizeof *dx);
        for (int64_t i = 0; i < v->oh; i++) {
            const float *dy = j->dy + (p * v->oh + i) * v->ow;
            for (int64_t ky = 0; ky < v->kh; ky++) {
                int64_t row = i * v->sy - v->py + ky * v->dy;
                if (row < 0 || row >= v->h) continue;
                for (int64_t kx = 0; kx < v->kw; kx++) {
                    int64_t from, to, dst = reach(v, kx, &from, &to);
                    if (to > from)
                        add_write(dx + row * v->w + dst, dy + from, to - from, v->sx, w[ky * v->kw + kx]);
                }
            }
        }
    }
}

/* A channel's gradient is summed by one thread: images, then rows, in order. */
static void backward_w(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    const dt_conv_geo *v = j->v;
    for (int64_t c = begin; c < end; c++)
        for (int64_t ky = 0; ky < v->kh; ky++)
            for (int64_t kx = 0; kx < v->kw; kx++) {
                int64_t from, to, src = reach(v, kx, &from, &to);
                double total = 0;
                for (int64_t n = 0; n < v->n && to > from; n++)
                    for (int64_t i = 0; i < v->oh; i++) {
                        int64_t row = i * v->sy - v->py + ky * v->dy, p = n * v->c + c;
                        if (row < 0 || row >= v->h) continue;
                        total += dot(j->dy + (p * v->oh + i) * v->ow + from,
                                     j->x + (p * v->h + row) * v->w + src, to - from, v->sx);
                    }
                j->out[(c * v->kh + ky) * v->kw + kx] = (float)total;
            }
}

void dt_depthwise_forward(dt_ctx *ctx, const dt_conv_geo *v, const float *x, const float *w,
                          const float *bias, float *y)
{
    job j = {.v = v, .x = x, .w = w, .bias = bias, .out = y};
    dt_parallel(dt_ctx_pool(ctx), v->n * v->c, 1, forward, &j);
}

void dt_depthwise_dx(dt_ctx *ctx, const dt_conv_geo *v, const float *dy, const float *w, float *dx)
{
    job j = {.v = v, .dy = dy, .w = w, .out = dx};
    dt_parallel(dt_ctx_pool(ctx), v->n * v->c, 1, backward_x, &j);
}

void dt_depthwise_dw(dt_ctx *ctx, const dt_conv_geo *v, const float *dy, const float *x, float *dw)
{
    job j = {.v = v, .dy = dy, .x = x, .out = dw};
    dt_parallel(dt_ctx_pool(ctx), v->c, 1, backward_w, &j);
}
