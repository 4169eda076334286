#include <string.h>

#include "core/device.h"
#include "core/ops/conv_gather.h"
#include "core/ops/depthwise.h"

/* dw (O, C kh kw) = dy (O, pixels) times the gathered x (pixels, C kh kw), summed over blocks of K_BLOCK
 * pixels in order: how the result is cut into tiles changes nothing in it. */
enum { K_BLOCK = 192, TASKS_A_THREAD = 4 };

typedef struct job {
    dt_conv_geo v;
    dt_conv_gather g; /* how x is read */
    const dt_simd *simd;
    const float *dy, *x;
    float *dw;
    float *a; /* packed dy: per group, per panel, all pixels */
    float *scratch;
    int64_t scratch_floats;
    int64_t pixels, m_panels, columns, panels, m_splits;
} job;

static void pack_dy(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *jb = arg;
    const dt_conv_geo *v = &jb->v;
    int mr = jb->simd->mr;
    int64_t plane = v->oh * v->ow;
    for (int64_t task = begin; task < end; task++) {
        int64_t n = task % v->n, panel = task / v->n % jb->m_panels, group = task / (v->n * jb->m_panels);
        int64_t m0 = panel * mr, rows = v->og - m0 < mr ? v->og - m0 : mr;
        float *dst = jb->a + ((group * jb->m_panels + panel) * jb->pixels + n * plane) * mr;
        if (rows < mr) memset(dst, 0, (size_t)(plane * mr) * sizeof *dst);
        jb->simd->transpose(dst, mr, jb->dy + (n * v->o + group * v->og + m0) * plane, plane, rows, plane);
    }
}

static void run_tile(void *arg, int64_t begin, int64_t end, int worker)
{
    const job *jb = arg;
    const dt_conv_geo *v = &jb->v;
    const dt_simd *s = jb->simd;
    int mr = s->mr, nr = s->nr;
    int64_t taps = jb->g.n_taps, plane = v->h * v->w;
    float *stage = jb->scratch + worker * jb->scratch_floats, *b = stage + nr * K_BLOCK,
          *c = b + nr * K_BLOCK;
    dt_run runs[K_BLOCK];
    for (int64_t task = begin; task < end; task++) {
        int64_t split = task % jb->m_splits, panel = task / jb->m_splits % jb->panels;
        int64_t group = task / (jb->m_splits * jb->panels);
        int64_t m0 = split * jb->m_panels / jb->m_splits, m1 = (split + 1) * jb->m_panels / jb->m_splits;
        int64_t j0 = panel * nr, cols = jb->columns - j0 < nr ? jb->columns - j0 : nr;
        const float *a = jb->a + group * jb->m_panels * jb->pixels * mr;
        if (cols < nr) memset(b, 0, (size_t)(nr * K_BLOCK) * sizeof *b);
        for (int64_t k0 = 0; k0 < jb->pixels; k0 += K_BLOCK) {
            int64_t kc = jb->pixels - k0 < K_BLOCK ? jb->pixels - k0 : K_BLOCK;
            for (int64_t t = 0; t < taps; t++) {
                /* columns of this panel with tap t: channels from c0 to c1 */
                int64_t c0 = (j0 - t + taps - 1) / taps, c1 = (j0 + cols - t + taps - 1) / taps;
                if (j0 < t) c0 = 0;
                if (j0 + cols <= t) c1 = 0;
                if (c1 <= c0) continue;
                int n_runs = dt_conv_gather_runs(&jb->g, &jb->g.taps[t], k0, kc, runs);
                s->copy_runs(stage + (c0 * taps + t - j0) * K_BLOCK, taps * K_BLOCK, kc,
                             jb->x + (group * v->cg + c0) * plane, plane, c1 - c0, runs, n_runs, v->sx);
            }
            s->transpose(b, nr, stage, K_BLOCK, cols, kc);
            for (int64_t m = m0; m < m1; m++)
                s->tile(kc, a + (m * jb->pixels + k0) * mr, b, c + (m - m0) * mr * nr, nr, k0 > 0);
        }
        int64_t last = m1 * mr < v->og ? m1 * mr : v->og;
        for (int64_t m = m0 * mr; m < last; m++)
            memcpy(jb->dw + (group * v->og + m) * jb->columns + j0, c + (m - m0 * mr) * nr,
                   (size_t)cols * sizeof *c);
    }
}

dt_status dt_conv2d_dw_cpu(dt_ctx *ctx, const dt_call *call)
{
    const dt_conv2d_dw_args *args = call->args;
    const dt_tensor *dy = call->in[0], *x = call->in[1], *dw = call->out[0];
    dt_conv_geo v = dt_conv_geo_make(&x->shape, &dw->shape, &dy->shape, &args->conv);
    if (dt_depthwise_fits(&v)) {
        dt_depthwise_dw(ctx, &v, dt_f32(dy), dt_f32(x), dt_f32(dw));
        return DT_OK;
    }
    const dt_simd *s = dt_simd_get();
    int64_t pixels = v.n * v.oh * v.ow, n_taps = v.kh * v.kw;
    if (pixels == 0) {
        size_t bytes = (size_t)dt_numel(dw) * sizeof(float);
        if (bytes) memset(dt_f32(dw), 0, bytes);
        return DT_OK;
    }
    if (dt_numel(dw) == 0) return DT_OK;
    dt_pool *pool = dt_ctx_pool(ctx);
    int threads = dt_pool_threads(pool);
    job jb = {.v = v, .simd = s, .dy = dt_f32(dy), .x = dt_f32(x), .dw = dt_f32(dw), .pixels = pixels};
    jb.m_panels = (v.og + s->mr - 1) / s->mr;
    jb.columns = v.cg * n_taps;
    jb.panels = (jb.columns + s->nr - 1) / s->nr;
    jb.m_splits = ((int64_t)TASKS_A_THREAD * threads + jb.panels * v.groups - 1) / (jb.panels * v.groups);
    if (jb.m_splits > (jb.m_panels + 3) / 4) jb.m_splits = (jb.m_panels + 3) / 4;
    jb.scratch_floats = 2 * s->nr * K_BLOCK + jb.m_panels * s->mr * s->nr;

    dt_conv_tap *taps = dt_scratch_take(ctx, x->device, (size_t)n_taps * sizeof *taps);
    jb.a = dt_scratch_take(ctx, x->device, (size_t)(v.groups * jb.m_panels * s->mr * pixels) * sizeof(float));
    jb.scratch = dt_scratch_take(ctx, x->device, (size_t)(jb.scratch_floats * threads) * sizeof(float));
    if (taps && jb.a && jb.scratch) {
        for (int64_t t = 0; t < n_taps; t++)
            taps[t] = (dt_conv_tap){t / v.kw * v.dy - v.py, t % v.kw * v.dx - v.px, t};
        jb.g = (dt_conv_gather){.n = v.n,
                                .groups = v.groups,
                                .ci = v.cg,
                                .ih = v.h,
                                .iw = v.w,
                                .gh = v.oh,
                                .gw = v.ow,
                                .is = {v.sy, v.sx},
                                .taps = taps,
                                .n_taps = n_taps};
        dt_parallel(pool, v.groups * jb.m_panels * v.n, 1, pack_dy, &jb);
        dt_parallel(pool, v.groups * jb.panels * jb.m_splits, 1, run_tile, &jb);
    }
    dt_scratch_give(ctx, x->device, jb.scratch);
    dt_scratch_give(ctx, x->device, jb.a);
    dt_scratch_give(ctx, x->device, taps);
    return dt_ctx_status(ctx);
}
