/* Steps that tilt the plane. Boxes become the smallest upright ones around their images. */
#include <math.h>

#include "datasets/transforms/homography.h"
#include "datasets/transforms/step.h"

#define FILTER                                                                                               \
    {                                                                                                        \
        "filter", 1, 0, 0, 0, "nearest, bilinear", "bilinear", ""                                            \
    }
#define FILL                                                                                                 \
    {                                                                                                        \
        "fill", 3, 0, 255, 1, NULL, "0", "of what lies outside: one level, or one a channel"                 \
    }

static void fill_of(const dt_step *s, int option, uint8_t fill[4])
{
    for (int i = 0; i < 4; i++)
        fill[i] = (uint8_t)dt_step_value(s, option, i);
}

enum { AFFINE_DEGREES, AFFINE_TRANSLATE, AFFINE_SCALE, AFFINE_SHEAR, AFFINE_FILTER, AFFINE_FILL };

/* One value v: -v..v; two: the range. */
static double draw(const dt_step *s, int option, dt_rng *rng)
{
    const double a = dt_step_value(s, option, 0), b = dt_step_value(s, option, 1);
    return dt_step_count(s, option) == 1 ? dt_rng_uniform(rng, -a, a) : dt_rng_uniform(rng, a, b);
}

static dt_status affine(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                        dt_error *err)
{
    const int w = in->image.width, h = in->image.height;
    uint8_t fill[4];
    fill_of(s, AFFINE_FILL, fill);
    const double degrees = draw(s, AFFINE_DEGREES, rng), most_x = dt_step_value(s, AFFINE_TRANSLATE, 0) * w,
                 most_y = dt_step_value(s, AFFINE_TRANSLATE, 1) * h;
    const double x = rint(dt_rng_uniform(rng, -most_x, most_x)),
                 y = rint(dt_rng_uniform(rng, -most_y, most_y)),
                 scale = dt_rng_uniform(rng, dt_step_value(s, AFFINE_SCALE, 0),
                                        dt_step_value(s, AFFINE_SCALE, 1)),
                 shear = draw(s, AFFINE_SHEAR, rng);
    DT_SAY(said, ": %.4g degrees, shift %g, %g, scale %.4g, shear %.4g", degrees, x, y, scale, shear);
    const dt_affine map = dt_affine_torchvision(degrees, x, y, scale, shear, 0, w, h);
    return dt_sample_warp(in, dt_homography_from_affine(map), dt_step_value(s, AFFINE_FILTER, 0) == 0,
                          DT_BORDER_MASK, fill, out, err);
}

static dt_status check_affine(const dt_step *s, dt_error *err)
{
    if (dt_step_count(s, AFFINE_SCALE) == 1 ||
        dt_step_value(s, AFFINE_SCALE, 0) > dt_step_value(s, AFFINE_SCALE, 1))
        return dt_fail(err, DT_ERR_ARG, "scale takes the least and the most");
    return DT_OK;
}

const dt_step_kind dt_step_affine = {
    .name = "affine",
    .summary = "rotated, shifted, scaled, sheared about the middle (RandomAffine, RandomRotation)",
    .options = {{"degrees", 2, -180, 180, 0, NULL, NULL, "most to both sides, or the range; clockwise"},
                {"translate", 2, 0, 1, 0, NULL, "0", "most, in sides: of both, or width, height"},
                {"scale", 2, 1e-3, 100, 0, NULL, "1, 1", "least and most"},
                {"shear", 2, -80, 80, 0, NULL, "0", "degrees along x: most to both sides, or the range"},
                FILTER,
                FILL},
    .check = check_affine,
    .apply = affine};

/* The corners move inwards by up to half of `distortion`. */
static void draw_corners(double distortion, int width, int height, dt_rng *rng, double end[4][2])
{
    const int half_x = width / 2, half_y = height / 2;
    const uint64_t room_x = (uint64_t)(distortion * half_x) + 1, room_y = (uint64_t)(distortion * half_y) + 1;
    for (int i = 0; i < 4; i++) {
        const double dx = (double)dt_rng_below(rng, room_x), dy = (double)dt_rng_below(rng, room_y);
        const int right = i == 1 || i == 2, lower = i >= 2;
        end[i][0] = right ? width - 1 - dx : dx;
        end[i][1] = lower ? height - 1 - dy : dy;
    }
}

static dt_status perspective(const dt_step *s, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                             dt_error *err)
{
    const int w = in->image.width, h = in->image.height;
    const double start[4][2] = {{0, 0}, {w - 1, 0}, {w - 1, h - 1}, {0, h - 1}};
    const dt_homography same = {{1, 0, 0, 0, 1, 0, 0, 0, 1}};
    dt_homography map = same;
    double end[4][2];
    uint8_t fill[4];
    fill_of(s, 3, fill);
    const int yes = dt_rng_f64(rng) < dt_step_value(s, 1, 0);
    draw_corners(dt_step_value(s, 0, 0), w, h, rng, end);
    /* Pictures of a line or a point have no corners to move. */
    if (!yes || dt_homography_from_points(start, end, &map) != 0) {
        DT_SAY(said, ": no");
        map = same;
    } else {
        DT_SAY(said, ": corners at %g,%g %g,%g %g,%g %g,%g", end[0][0], end[0][1], end[1][0], end[1][1],
               end[2][0], end[2][1], end[3][0], end[3][1]);
    }
    return dt_sample_warp(in, map, dt_step_value(s, 2, 0) == 0, DT_BORDER_MASK, fill, out, err);
}

const dt_step_kind dt_step_perspective = {
    .name = "perspective",
    .summary = "seen from the side (RandomPerspective)",
    .options = {{"distortion", 1, 0, 1, 0, NULL, "0.5", "how far the corners move, in half sides"},
                {"p", 1, 0, 1, 0, NULL, "0.5", "probability"},
                FILTER,
                FILL},
    .apply = perspective};
