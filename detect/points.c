#include "detect/points.h"

#include "core/mem.h"

dt_status dt_points_make(int width, int height, const int *strides, int levels, dt_points *points,
                         dt_error *err)
{
    *points = (dt_points){0};
    for (int i = 0; i < levels; i++) {
        if (width < 1 || height < 1 || width % strides[i] || height % strides[i])
            return dt_fail(err, DT_ERR_SHAPE, "input of %d x %d pixels: sides must be multiples of %d", width,
                           height, strides[i]);
        points->n += (int64_t)(width / strides[i]) * (height / strides[i]);
    }
    points->xy = dt_malloc((size_t)points->n * 2 * sizeof *points->xy);
    points->stride = dt_malloc((size_t)points->n * sizeof *points->stride);
    if (!points->xy || !points->stride) {
        size_t bytes = (size_t)points->n * 3 * sizeof(float);
        dt_points_free(points);
        return dt_fail_memory(err, bytes, "anchor points");
    }
    float *xy = points->xy, *stride = points->stride;
    for (int i = 0; i < levels; i++)
        for (int y = 0; y < height / strides[i]; y++)
            for (int x = 0; x < width / strides[i]; x++) {
                *xy++ = ((float)x + 0.5f) * (float)strides[i];
                *xy++ = ((float)y + 0.5f) * (float)strides[i];
                *stride++ = (float)strides[i];
            }
    return DT_OK;
}

void dt_points_free(dt_points *points)
{
    dt_free(points->xy);
    dt_free(points->stride);
    *points = (dt_points){0};
}

/* Centres and strides as (1, 4, A) constants: boxes = centre + signed stride * distance. */
static dt_status constants(dt_ctx *ctx, const dt_points *p, dt_dtype dtype, dt_tensor **centre,
                           dt_tensor **scale)
{
    size_t bytes = (size_t)p->n * 4 * sizeof(float);
    float *c = dt_malloc(bytes), *s = dt_malloc(bytes);
    if (!c || !s) {
        dt_free(c);
        dt_free(s);
        return dt_ctx_fail_memory(ctx, bytes, "anchor points");
    }
    for (int k = 0; k < 4; k++)
        for (int64_t i = 0; i < p->n; i++) {
            c[k * p->n + i] = p->xy[2 * i + k % 2];
            s[k * p->n + i] = k < 2 ? -p->stride[i] : p->stride[i];
        }
    *centre = dt_from(ctx, DT_F32, DT_SHAPE(1, 4, p->n), c);
    *scale = dt_from(ctx, DT_F32, DT_SHAPE(1, 4, p->n), s);
    dt_free(c);
    dt_free(s);
    if (dtype != DT_F32) {
        *centre = dt_cast(ctx, *centre, dtype);
        *scale = dt_cast(ctx, *scale, dtype);
    }
    return dt_ctx_status(ctx);
}

dt_tensor *dt_points_decode(dt_ctx *ctx, const dt_points *points, dt_tensor *logits, int bins)
{
    if (!logits) return NULL;
    char text[DT_SHAPE_TEXT];
    const dt_shape *s = &logits->shape;
    if (s->rank != 3 || s->dim[1] != 4 * bins || s->dim[2] != points->n || bins < 1 || bins > 256) {
        dt_ctx_fail(ctx, DT_ERR_SHAPE, "box logits %s; expected (N, %d, %lld)", dt_shape_text(s, text),
                    4 * bins, (long long)points->n);
        return NULL;
    }
    float value[256];
    for (int i = 0; i < bins; i++)
        value[i] = (float)i;
    dt_tensor *ramp = dt_from(ctx, DT_F32, DT_SHAPE(1, 1, bins, 1), value), *centre = NULL, *scale = NULL;
    if (logits->dtype != DT_F32) ramp = dt_cast(ctx, ramp, logits->dtype);
    if (constants(ctx, points, logits->dtype, &centre, &scale) != DT_OK) return NULL;
    dt_tensor *p = dt_softmax(ctx, dt_reshape(ctx, logits, DT_SHAPE(s->dim[0], 4, bins, points->n)), 2);
    dt_tensor *distance = dt_sum(ctx, dt_mul(ctx, p, ramp), DT_BIT(2), 0);
    return dt_add(ctx, dt_mul(ctx, distance, scale), centre);
}
