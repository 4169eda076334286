#include "core/ops/winograd.h"

#include <string.h>

#include "core/device.h"
#include "core/ops/gemm.h"

/* Images are taken in groups whose transformed pixels fill about GROUP_FLOATS. Three steps a group: transform
 * the input, 36 matrix products, transform back. Tiles of all images of a group stand side by side as columns
 * of the products. */
enum { K_BLOCK = 256, GROUP_FLOATS = 3 << 20, FREQ = 36 };

typedef struct job {
    const dt_wino *p;
    const dt_simd *s;
    int64_t th, tw, tiles; /* tiles down, across, of an image */
    int64_t pitch, plane;  /* padded plane */
    int64_t m_panels, panels;
    int64_t first;    /* image of the group */
    float *u, *v, *m; /* [FREQ][k blocks][m panel][k][mr], [panel][FREQ][c][nr], [panel][FREQ][m][nr] */
    float *pad;       /* a padded plane per worker */
} job;

/* The kernels are transformed anew at each call, to four times their size: with fewer tiles than this that
 * costs more than the products it saves (measured on ResNet-18: one image 38 ms with it everywhere, 23 ms
 * with this bound). */
enum { MIN_TILES = 40 };

int dt_wino_fits(const dt_conv_geo *g)
{
    return g->kh == 3 && g->kw == 3 && g->sy == 1 && g->sx == 1 && g->dy == 1 && g->dx == 1 &&
           g->groups == 1 && g->py <= 2 && g->px <= 2 && g->c >= 32 && g->o >= 32 &&
           g->n * ((g->oh + 3) / 4) * ((g->ow + 3) / 4) >= MIN_TILES;
}

static void pack_weights(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    const dt_wino *p = j->p;
    int mr = j->s->mr;
    int64_t freq_step = p->ci * j->m_panels * mr;
    float g[9 * DT_GEMM_MR_MAX];
    for (int64_t panel = begin; panel < end; panel++) {
        int64_t m0 = panel * mr, rows = p->co - m0 < mr ? p->co - m0 : mr;
        memset(g, 0, sizeof g);
        for (int64_t c = 0; c < p->ci; c++) {
            int64_t k0 = c / K_BLOCK * K_BLOCK, kc = p->ci - k0 < K_BLOCK ? p->ci - k0 : K_BLOCK;
            for (int64_t i = 0; i < rows; i++) {
                const float *w = p->w + (m0 + i) * p->ms + c * p->cs;
                for (int t = 0; t < 9; t++)
                    g[t * mr + i] = w[p->flip ? 8 - t : t];
            }
            j->s->wino_weights(j->u + k0 * j->m_panels * mr + (panel * kc + c - k0) * mr, freq_step, g);
        }
    }
}

static void transform_input(void *arg, int64_t begin, int64_t end, int worker)
{
    const job *j = arg;
    const dt_wino *p = j->p;
    int nr = j->s->nr;
    float *pad = j->pad + worker * j->plane, temp[FREQ * 8];
    int64_t step = p->ci * nr;
    memset(pad, 0, (size_t)j->plane * sizeof *pad);
    for (int64_t task = begin; task < end; task++) {
        int64_t n = task / p->ci, c = task % p->ci;
        const float *src = p->in + ((j->first + n) * p->ci + c) * p->ih * p->iw;
        for (int64_t y = 0; y < p->ih && y + p->py < 4 * j->th + 2; y++)
            memcpy(pad + (y + p->py) * j->pitch + p->px, src + y * p->iw, (size_t)p->iw * sizeof *pad);
        for (int64_t t0 = 0; t0 < j->tiles; t0 += 8) {
            int64_t at[8], col = n * j->tiles + t0, lane = col % nr,
                           live = j->tiles - t0 < 8 ? j->tiles - t0 : 8;
            for (int64_t t = 0; t < 8; t++) {
                int64_t q = t < live ? t0 + t : t0;
                at[t] = q / j->tw * 4 * j->pitch + q % j->tw * 4;
            }
            float *v = j->v + (col / nr * FREQ * p->ci + c) * nr;
            if (live == 8 && lane + 8 <= nr) {
                j->s->wino_input(v + lane, step, pad, j->pitch, at);
                continue;
            }
            j->s->wino_input(temp, 8, pad, j->pitch, at);
            for (int64_t t = 0; t < live; t++) {
                int64_t l = (col + t) % nr;
                v = j->v + ((col + t) / nr * FREQ * p->ci + c) * nr + l;
                for (int f = 0; f < FREQ; f++)
                    v[f * step] = temp[f * 8 + t];
            }
        }
    }
}

static void multiply(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    const dt_wino *p = j->p;
    int mr = j->s->mr, nr = j->s->nr;
    int64_t rows = j->m_panels * mr;
    for (int64_t task = begin; task < end; task++) {
        /* All panels of one frequency follow each other: its weights stay in the cache. */
        int64_t f = task / j->panels, panel = task % j->panels;
        for (int64_t k0 = 0; k0 < p->ci; k0 += K_BLOCK) {
            int64_t kc = p->ci - k0 < K_BLOCK ? p->ci - k0 : K_BLOCK;
            const float *u = j->u + (f * p->ci + k0) * rows,
                        *v = j->v + ((panel * FREQ + f) * p->ci + k0) * nr;
            float *m = j->m + (panel * FREQ + f) * rows * nr;
            for (int64_t q = 0; q < j->m_panels; q++)
                j->s->tile(kc, u + q * kc * mr, v, m + q * mr * nr, nr, k0 > 0);
        }
    }
}

static void transform_output(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *j = arg;
    const dt_wino *p = j->p;
    int nr = j->s->nr;
    int64_t rows = j->m_panels * j->s->mr, step = rows * nr;
    float temp[FREQ * 8], out[8 * 16];
    for (int64_t task = begin; task < end; task++) {
        int64_t n = task / p->co, o = task % p->co;
        float *dst = p->out + ((j->first + n) * p->co + o) * p->oh * p->ow,
              bias = p->bias ? p->bias[o] : 0.0f;
        for (int64_t t0 = 0; t0 < j->tiles; t0 += 8) {
            int64_t col = n * j->tiles + t0, lane = col % nr, live = j->tiles - t0 < 8 ? j->tiles - t0 : 8;
            const float *m = j->m + (col / nr * FREQ * rows + o) * nr;
            if (lane + 8 <= nr) {
                j->s->wino_output(out, m + lane, step, bias);
            } else {
                memset(temp, 0, sizeof temp);
                for (int64_t t = 0; t < live; t++)
                    for (int f = 0; f < FREQ; f++)
                        temp[f * 8 + t] =
                            j->m[((col + t) / nr * FREQ * rows + f * rows + o) * nr + (col + t) % nr];
                j->s->wino_output(out, temp, 8, bias);
            }
            for (int64_t t = 0; t < live; t++) {
                int64_t y = (t0 + t) / j->tw * 4, x = (t0 + t) % j->tw * 4;
                int64_t h = p->oh - y < 4 ? p->oh - y : 4, w = p->ow - x < 4 ? p->ow - x : 4;
                for (int64_t r = 0; r < h; r++) {
                    if (w == 4)
                        memcpy(dst + (y + r) * p->ow + x, out + t * 16 + r * 4, 4 * sizeof *dst);
                    else
                        for (int64_t i = 0; i < w; i++)
                            dst[(y + r) * p->ow + x + i] = out[t * 16 + r * 4 + i];
                }
            }
        }
    }
}

dt_status dt_wino_run(dt_ctx *ctx, const dt_wino *p)
{
    const dt_simd *s = dt_simd_get();
    if (p->n == 0) return DT_OK;
    job j = {.p = p, .s = s, .th = (p->oh + 3) / 4, .tw = (p->ow + 3) / 4};
    j.tiles = j.th * j.tw;
    /* Rows are read 8 floats at a time; the input may be wider than what the tiles read. */
    j.pitch = (4 * j.tw + 4 > p->iw + p->px ? 4 * j.tw + 4 : p->iw + p->px) + 4;
    j.plane = j.pitch * (4 * j.th + 2) + 8;
    j.m_panels = (p->co + s->mr - 1) / s->mr;
    int64_t rows = j.m_panels * s->mr, image_floats = FREQ * j.tiles * (p->ci + rows);
    int64_t group = GROUP_FLOATS / image_floats;
    if (group < 1) group = 1;
    if (group > p->n) group = p->n;
    int64_t panels = (group * j.tiles + s->nr - 1) / s->nr;
    dt_pool *pool = dt_ctx_pool(ctx);
    dt_device *cpu = dt_cpu(ctx);
    j.u = dt_scratch_take(ctx, cpu, (size_t)(FREQ * p->ci * rows) * sizeof(float));
    j.v = dt_scratch_take(ctx, cpu, (size_t)(panels * FREQ * p->ci * s->nr) * sizeof(float));
    j.m = dt_scratch_take(ctx, cpu, (size_t)(panels * FREQ * rows * s->nr) * sizeof(float));
    j.pad = dt_scratch_take(ctx, cpu, (size_t)(j.plane * dt_pool_threads(pool)) * sizeof(float));
    if (j.u && j.v && j.m && j.pad) {
        dt_parallel(pool, j.m_panels, 1, pack_weights, &j);
        for (j.first = 0; j.first < p->n; j.first += group) {
            int64_t n = p->n - j.first < group ? p->n - j.first : group;
            j.panels = (n * j.tiles + s->nr - 1) / s->nr;
            /* Lanes behind the last tile hold what was there: they are multiplied and never read. */
            int64_t used = n * j.tiles % s->nr;
            if (used)
                memset(j.v + (j.panels - 1) * FREQ * p->ci * s->nr, 0,
                       (size_t)(FREQ * p->ci * s->nr) * sizeof(float));
            dt_parallel(pool, n * p->ci, 4, transform_input, &j);
            dt_parallel(pool, FREQ * j.panels, 1, multiply, &j);
            dt_parallel(pool, n * p->co, 4, transform_output, &j);
        }
    }
    dt_scratch_give(ctx, cpu, j.pad);
    dt_scratch_give(ctx, cpu, j.m);
    dt_scratch_give(ctx, cpu, j.v);
    dt_scratch_give(ctx, cpu, j.u);
    return dt_ctx_status(ctx);
}
