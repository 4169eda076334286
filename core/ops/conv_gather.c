#include "core/ops/conv_gather.h"

#include <string.h>

#include "core/device.h"

enum { K_BLOCK = 192, TILE_FLOATS = 1 << 18, TASKS_A_THREAD = 8 };

/* Smallest g >= 0 with g * stride + offset >= bound. */
static int64_t first_at_least(int64_t bound, int64_t offset, int64_t stride)
{
    int64_t room = bound - offset;
    return room <= 0 ? 0 : (room + stride - 1) / stride;
}

int dt_conv_gather_runs(const dt_conv_gather *g, const dt_conv_tap *tap, int64_t begin, int64_t len, dt_run *runs)
{
    int64_t image = g->groups * g->ci * g->ih * g->iw, gx = begin % g->gw, row = begin / g->gw;
    int64_t gy = row % g->gh, n = row / g->gh;
    int64_t x_from = first_at_least(0, tap->x, g->is[1]), x_to = first_at_least(g->iw, tap->x, g->is[1]);
    int count = 0;
    for (int64_t at = 0; at < len;) {
        int64_t width = g->gw - gx < len - at ? g->gw - gx : len - at;
        int64_t y = gy * g->is[0] + tap->y;
        int64_t a = gx > x_from ? gx : x_from, b = gx + width < x_to ? gx + width : x_to;
        if (y >= 0 && y < g->ih && b > a) {
            int64_t src = n * image + y * g->iw + a * g->is[1] + tap->x;
            int32_t dst = (int32_t)(at + a - gx);
            dt_run *last = count ? &runs[count - 1] : NULL;
            if (last && g->is[1] == 1 && last->dst + last->len == dst && last->src + last->len == src)
                last->len += (int32_t)(b - a);
            else
                runs[count++] = (dt_run){dst, (int32_t)(b - a), src};
        }
        at += width;
        gx = 0;
        if (++gy == g->gh) {
            gy = 0;
            n++;
        }
    }
    return count;
}

typedef struct job {
    const dt_conv_gather *g;
    const dt_simd *simd;
    float *a;       /* packed weights: per group, per block of channels, per panel */
    float *scratch; /* per worker: B panel, then C tile */
    int64_t scratch_floats;
    int64_t kb_channels, kb_count, m_panels, k;
    int64_t columns, panels, tile_panels, tiles, m_splits;
} job;

static void pack_weights(void *arg, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const job *jb = arg;
    const dt_conv_gather *g = jb->g;
    int mr = jb->simd->mr;
    for (int64_t task = begin; task < end; task++) {
        int64_t panel = task % jb->m_panels, group = task / jb->m_panels;
        int64_t m0 = panel * mr, rows = g->co - m0 < mr ? g->co - m0 : mr;
        const float *w = g->w + group * g->w_group + m0 * g->ms;
        for (int64_t c0 = 0; c0 < g->ci; c0 += jb->kb_channels) {
            int64_t cn = g->ci - c0 < jb->kb_channels ? g->ci - c0 : jb->kb_channels, kc = cn * g->n_taps;
            float *dst = jb->a + (group * jb->k + c0 * g->n_taps) * jb->m_panels * mr + panel * kc * mr;
            for (int64_t c = c0; c < c0 + cn; c++)
                for (int64_t t = 0; t < g->n_taps; t++, dst += mr)
                    for (int i = 0; i < mr; i++)
                        dst[i] = i < rows ? w[i * g->ms + c * g->cs + g->taps[t].w] : 0.0f;
        }
    }
}

/* Writes the finished tile of `rows` channels from m0 on. */
static void write_panel(const job *jb, const float *c, int64_t group, int64_t m0, int64_t rows, int64_t begin,
                        int64_t len)
{
    const dt_conv_gather *g = jb->g;
    int nr = jb->simd->nr, dense = g->os[1] == 1 && g->gw == g->ow && g->os[0] == 1 && g->gh == g->oh;
    int64_t width = dense ? g->gh * g->gw : g->gw, plane = g->oh * g->ow;
    for (int64_t at = 0; at < len;) {
        int64_t col = begin + at, x = col % width, room = width - x < len - at ? width - x : len - at;
        int64_t n = col / (g->gh * g->gw), gy = dense ? 0 : col / g->gw % g->gh;
        int64_t offset = dense ? x : (gy * g->os[0] + g->org[0]) * g->ow + x * g->os[1] + g->org[1];
        int64_t channel = group * g->co + m0;
        float *dst = g->out + (n * g->groups * g->co + channel) * plane + offset;
        for (int64_t m = 0; m < rows; m++)
            jb->simd->write_run(dst + m * plane, g->os[1], c + m * nr + at, room, g->bias ? g->bias[channel + m] : 0.0f);
        at += room;
    }
}

static void run_tile(void *arg, int64_t begin, int64_t end, int worker)
{
    const job *jb = arg;
    const dt_conv_gather *g = jb->g;
    const dt_simd *s = jb->simd;
    int mr = s->mr, nr = s->nr;
    int64_t plane = g->ih * g->iw, taps = g->n_taps;
    float *b = jb->scratch + worker * jb->scratch_floats, *c = b + jb->kb_channels * taps * nr;
    dt_run runs[DT_GEMM_NR_MAX];
    for (int64_t task = begin; task < end; task++) {
        int64_t split = task % jb->m_splits, tile = task / jb->m_splits % jb->tiles;
        int64_t group = task / (jb->m_splits * jb->tiles);
        int64_t p0 = tile * jb->tile_panels, p1 = p0 + jb->tile_panels;
        if (p1 > jb->panels) p1 = jb->panels;
        int64_t m0 = split * jb->m_panels / jb->m_splits, m1 = (split + 1) * jb->m_panels / jb->m_splits;
        for (int64_t c0 = 0; c0 < g->ci; c0 += jb->kb_channels) {
            int64_t cn = g->ci - c0 < jb->kb_channels ? g->ci - c0 : jb->kb_channels, kc = cn * taps;
            const float *a = jb->a + (group * jb->k + c0 * taps) * jb->m_panels * mr;
            for (int64_t p = p0; p < p1; p++) {
                int64_t col = p * nr, len = jb->columns - col < nr ? jb->columns - col : nr;
                for (int64_t t = 0; t < taps; t++) {
                    int n_runs = dt_conv_gather_runs(g, &g->taps[t], col, len, runs);
                    s->copy_runs(b + t * nr, taps * nr, nr, g->in + (group * g->ci + c0) * plane, plane, cn, runs,
                                 n_runs, g->is[1]);
                }
                float *tile_c = c + (p - p0) * (m1 - m0) * mr * nr;
                for (int64_t m = m0; m < m1; m++)
                    s->tile(kc, a + m * kc * mr, b, tile_c + (m - m0) * mr * nr, nr, c0 > 0);
            }
        }
        for (int64_t p = p0; p < p1; p++) {
            int64_t col = p * nr, len = jb->columns - col < nr ? jb->columns - col : nr;
            int64_t rows = (m1 * mr < g->co ? m1 * mr : g->co) - m0 * mr;
            write_panel(jb, c + (p - p0) * (m1 - m0) * mr * nr, group, m0 * mr, rows, col, len);
        }
    }
}

dt_status dt_conv_gather_run(dt_ctx *ctx, const dt_conv_gather *g)
{
    const dt_simd *s = dt_simd_get();
    int64_t columns = g->n * g->gh * g->gw, k = g->ci * g->n_taps;
    if (columns == 0 || g->co == 0) return DT_OK;
    int threads = dt_pool_threads(dt_ctx_pool(ctx));
    job jb = {.g = g, .simd = s, .columns = columns, .k = k};
    jb.kb_channels = g->n_taps > 0 && K_BLOCK / g->n_taps > 0 ? K_BLOCK / g->n_taps : 1;
    if (jb.kb_channels > g->ci) jb.kb_channels = g->ci;
    jb.m_panels = (g->co + s->mr - 1) / s->mr;
    jb.panels = (columns + s->nr - 1) / s->nr;
    /* Tiles change nothing in a result: every element is summed over the same blocks in the same order. */
    int64_t want = (int64_t)TASKS_A_THREAD * threads;
    jb.tile_panels = TILE_FLOATS / (jb.m_panels * s->mr * s->nr);
    if (jb.tile_panels > jb.panels * g->groups / want) jb.tile_panels = jb.panels * g->groups / want;
    if (jb.tile_panels < 1) jb.tile_panels = 1;
    jb.tiles = (jb.panels + jb.tile_panels - 1) / jb.tile_panels;
    jb.m_splits = (want + jb.tiles * g->groups - 1) / (jb.tiles * g->groups);
    if (jb.m_splits > (jb.m_panels + 3) / 4) jb.m_splits = (jb.m_panels + 3) / 4;
    int64_t a_floats = g->groups * k * jb.m_panels * s->mr;
    jb.scratch_floats =
        jb.kb_channels * g->n_taps * s->nr + jb.tile_panels * (jb.m_panels + 1) * s->mr * s->nr;
    dt_device *cpu = dt_cpu(ctx);
    jb.a = dt_scratch_take(ctx, cpu, (size_t)(a_floats > 0 ? a_floats : 1) * sizeof(float));
    jb.scratch = dt_scratch_take(ctx, cpu, (size_t)(jb.scratch_floats * threads) * sizeof(float));
    if (jb.a && jb.scratch) {
        dt_parallel(dt_ctx_pool(ctx), g->groups * jb.m_panels, 1, pack_weights, &jb);
        dt_parallel(dt_ctx_pool(ctx), g->groups * jb.tiles * jb.m_splits, 1, run_tile, &jb);
    }
    dt_scratch_give(ctx, cpu, jb.scratch);
    dt_scratch_give(ctx, cpu, jb.a);
    return dt_ctx_status(ctx);
}
