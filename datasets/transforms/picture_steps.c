#include "datasets/transforms/picture_steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "datasets/transforms/augment.h"
#include "datasets/transforms/crops.h"

/* ---- text ---- */

static const struct {
    const char *name;
    int min_count, max_count;
    double max; /* of the values; from 0 on */
} kinds[] = {
    {"resize", 1, 2, 8192},      {"center-crop", 1, 1, 8192},
    {"random-crop", 1, 2, 8192}, {"random-resized-crop", 1, 1, 8192},
    {"hflip", 1, 1, 1},          {"vflip", 1, 1, 1},
    {"normalize", 6, 6, 1e3},
};
enum { KINDS = sizeof kinds / sizeof *kinds, STEP_TEXT = 120 };

static int has_size(dt_picture_step_kind kind)
{
    return kind <= DT_STEP_RANDOM_RESIZED_CROP;
}

static dt_status parse_values(const char *text, size_t n, dt_picture_step *s, dt_error *err)
{
    const char *end = text + n;
    for (const char *p = text; p <= end;) {
        size_t len = strcspn(p, ",;");
        if (len > (size_t)(end - p)) len = (size_t)(end - p);
        char number[32];
        while (len > 0 && *p == ' ')
            p++, len--;
        snprintf(number, sizeof number, "%.*s", (int)(len < 31 ? len : 31), p);
        for (size_t k = strlen(number); k > 0 && number[k - 1] == ' ';)
            number[--k] = '\0';
        if (s->count == kinds[s->kind].max_count || dt_parse_f64_all(number, &s->values[s->count]) != 0 ||
            !(s->values[s->count] >= 0 && s->values[s->count] <= kinds[s->kind].max))
            return dt_fail(err, DT_ERR_ARG, "transforms: %s: \"%s\" is no value of it", kinds[s->kind].name,
                           number);
        s->count++;
        p += len + 1;
    }
    return DT_OK;
}

static dt_status check_step(const dt_picture_step *s, dt_error *err)
{
    if (s->count < kinds[s->kind].min_count)
        return dt_fail(err, DT_ERR_ARG, "transforms: %s takes %d values", kinds[s->kind].name,
                       kinds[s->kind].min_count);
    for (int i = 0; has_size(s->kind) && i < s->count; i++)
        if (s->values[i] != floor(s->values[i]) || (s->values[i] < 1 && i == 0))
            return dt_fail(err, DT_ERR_ARG, "transforms: %s: %g is no number of pixels", kinds[s->kind].name,
                           s->values[i]);
    for (int i = 3; s->kind == DT_STEP_NORMALIZE && i < 6; i++)
        if (!(s->values[i] > 0)) return dt_fail(err, DT_ERR_ARG, "transforms: normalize: a deviation of 0");
    return DT_OK;
}

/* One "name(values)" at *text, which moves behind it. */
static dt_status parse_step(const char **text, dt_picture_step *s, dt_error *err)
{
    size_t n = strcspn(*text, "( ");
    *s = (dt_picture_step){0};
    int kind = 0;
    while (kind < KINDS && (strlen(kinds[kind].name) != n || strncmp(kinds[kind].name, *text, n) != 0))
        kind++;
    if (kind == KINDS)
        return dt_fail(err, DT_ERR_ARG,
                       "transforms: there is no step \"%.*s\" (steps: resize, center-crop, random-crop, "
                       "random-resized-crop, hflip, vflip, normalize)",
                       (int)(n < STEP_TEXT ? n : STEP_TEXT), *text);
    s->kind = (dt_picture_step_kind)kind;
    const char *open = *text + n, *close = *open == '(' ? strchr(open, ')') : NULL;
    if (!close) return dt_fail(err, DT_ERR_ARG, "transforms: %s(...) is wanted", kinds[kind].name);
    DT_TRY(parse_values(open + 1, (size_t)(close - open - 1), s, err));
    *text = close + 1;
    return check_step(s, err);
}

dt_status dt_picture_steps_parse(const char *text, dt_picture_steps *steps, dt_error *err)
{
    *steps = (dt_picture_steps){.std = {1, 1, 1}};
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        dt_picture_step s;
        DT_TRY(parse_step(&text, &s, err));
        text += strspn(text, " ");
        if (s.kind == DT_STEP_NORMALIZE) {
            if (*text) return dt_fail(err, DT_ERR_ARG, "transforms: normalize is not the last step");
            for (int c = 0; c < 3; c++) {
                steps->mean[c] = (float)s.values[c];
                steps->std[c] = (float)s.values[3 + c];
            }
            return DT_OK;
        }
        if (steps->count == DT_PICTURE_STEPS)
            return dt_fail(err, DT_ERR_ARG, "transforms: more than %d steps", DT_PICTURE_STEPS);
        steps->steps[steps->count++] = s;
    }
    return DT_OK;
}

/* ---- steps ---- */

static const uint8_t black[4];

static dt_status resize(const dt_picture_step *s, const dt_sample *in, dt_sample *out, dt_error *err)
{
    int w = in->image.width, h = in->image.height, a = (int)s->values[0], b = (int)s->values[1];
    if (s->count == 2) return dt_sample_stretch(in, b, a, DT_RESIZE_BILINEAR_AA, out, err);
    int wide = w >= h;
    int64_t longer = (int64_t)a * (wide ? w : h) / (wide ? h : w);
    if (longer > DT_IMAGE_MAX_SIDE)
        return dt_fail(err, DT_ERR_ARG, "resize(%d) of a picture of %dx%d", a, w, h);
    return dt_sample_stretch(in, wide ? (int)longer : a, wide ? a : (int)longer, DT_RESIZE_BILINEAR_AA, out,
                             err);
}

/* Left or top edge of the window: as torchvision rounds, halves to even, and pads smaller pictures (less of it before). */
static int center(int whole, int part)
{
    return whole < part ? -((part - whole) / 2) : (int)rint((whole - part) / 2.0);
}

/* Two draws in any case. */
static dt_window random_window(const dt_picture_step *s, int w, int h, dt_rng *rng)
{
    int side = (int)s->values[0], pad = s->count == 2 ? (int)s->values[1] : 0;
    double u = dt_rng_f64(rng), v = dt_rng_f64(rng);
    int room_x = w + 2 * pad - side, room_y = h + 2 * pad - side;
    return (dt_window){(room_x > 0 ? (int)(u * (room_x + 1)) : room_x / 2) - pad,
                       (room_y > 0 ? (int)(v * (room_y + 1)) : room_y / 2) - pad, side, side};
}

/* RandomResizedCrop.get_params: ten tries, then the largest central window of an allowed aspect. The number of draws is
 * fixed. */
static dt_window resized_window(int w, int h, dt_rng *rng)
{
    enum { TRIES = 10 };
    const double lo = log(3. / 4), hi = log(4. / 3), aspect = (double)w / h;
    dt_window found = {0};
    for (int i = 0; i < TRIES; i++) {
        double area = (double)w * h * dt_rng_uniform(rng, .08, 1), ratio = exp(dt_rng_uniform(rng, lo, hi));
        double u = dt_rng_f64(rng), v = dt_rng_f64(rng);
        int cw = (int)rint(sqrt(area * ratio)), ch = (int)rint(sqrt(area / ratio));
        if (found.width || cw < 1 || ch < 1 || cw > w || ch > h) continue;
        found = (dt_window){(int)(u * (w - cw + 1)), (int)(v * (h - ch + 1)), cw, ch};
    }
    if (found.width) return found;
    int cw = aspect > 4. / 3 ? (int)rint(h * 4. / 3) : w, ch = aspect < 3. / 4 ? (int)rint(w / (3. / 4)) : h;
    return (dt_window){(w - cw) / 2, (h - ch) / 2, cw, ch};
}

static dt_status resized_crop(const dt_picture_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out,
                              dt_error *err)
{
    dt_sample window = {0};
    dt_status st =
        dt_sample_window(in, resized_window(in->image.width, in->image.height, rng), black, &window, err);
    int side = (int)s->values[0];
    if (st == DT_OK) st = dt_sample_stretch(&window, side, side, DT_RESIZE_BILINEAR_AA, out, err);
    dt_sample_free(&window);
    return st;
}

static dt_status apply_step(const dt_picture_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out,
                            dt_error *err)
{
    int w = in->image.width, h = in->image.height, side = (int)s->values[0];
    switch (s->kind) {
    case DT_STEP_RESIZE:
        return resize(s, in, out, err);
    case DT_STEP_CENTER_CROP:
        return dt_sample_window(in, (dt_window){center(w, side), center(h, side), side, side}, black, out,
                                err);
    case DT_STEP_RANDOM_CROP:
        return dt_sample_window(in, random_window(s, w, h, rng), black, out, err);
    case DT_STEP_RANDOM_RESIZED_CROP:
        return resized_crop(s, in, rng, out, err);
    case DT_STEP_HFLIP:
    case DT_STEP_VFLIP:
        DT_TRY(dt_sample_window(in, (dt_window){0, 0, w, h}, black, out, err));
        if (dt_rng_f64(rng) >= s->values[0]) return DT_OK;
        if (s->kind == DT_STEP_HFLIP)
            dt_sample_flip_lr(out);
        else
            dt_sample_flip_ud(out);
        return DT_OK;
    case DT_STEP_NORMALIZE:
        break;
    }
    return DT_OK;
}

dt_status dt_picture_steps_apply(const dt_picture_steps *steps, const dt_sample *src, dt_rng *rng,
                                 dt_sample *out, dt_error *err)
{
    dt_sample spare = {0};
    const dt_sample *in = src;
    dt_status st = steps->count ? DT_OK : dt_sample_copy(src, &spare, err);
    for (int i = 0; i < steps->count && st == DT_OK; i++) {
        dt_sample next = {0};
        st = apply_step(&steps->steps[i], in, rng, &next, err);
        dt_sample_free(&spare);
        spare = next;
        in = &spare;
    }
    if (st == DT_OK) {
        dt_sample_free(out);
        *out = spare;
        out->cls = src->cls;
        return DT_OK;
    }
    dt_sample_free(&spare);
    return st;
}
