#include "detect/box.h"

#include "core/rng.h"
#include "test.h"

static void test_conversion(void)
{
    double c[4];
    dt_box_to_cxcywh((dt_box){10, 20, 30, 60}, c);
    CHECK(c[0] == 20 && c[1] == 40 && c[2] == 20 && c[3] == 40);
    dt_box b = dt_box_from_cxcywh(20, 40, 20, 40);
    CHECK(b.x1 == 10 && b.y1 == 20 && b.x2 == 30 && b.y2 == 60);
    b = dt_box_from_xywh(1.5, 2, 3, 4.25);
    CHECK(b.x1 == 1.5 && b.y1 == 2 && b.x2 == 4.5 && b.y2 == 6.25);
}

static void test_area_and_iou(void)
{
    CHECK(dt_box_area((dt_box){3, 0, 5, 1}) == 2); /* pixel columns 3 and 4 */
    CHECK(dt_box_area((dt_box){5, 5, 5, 9}) == 0);
    CHECK(dt_box_area((dt_box){9, 9, 5, 5}) == 0); /* inverted twice is not a box */
    CHECK(dt_box_iou((dt_box){0, 0, 10, 10}, (dt_box){0, 0, 10, 5}) == 0.5);
    CHECK(dt_box_iou((dt_box){0, 0, 10, 10}, (dt_box){10, 0, 20, 10}) ==
          0); /* half-open: neighbours do not meet */
    CHECK(dt_box_iou((dt_box){0, 0, 0, 0}, (dt_box){0, 0, 0, 0}) == 0);
    CHECK(dt_box_iou((dt_box){9, 9, 5, 5}, (dt_box){0, 0, 20, 20}) == 0);
    dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 0, 0);
    for (int i = 0; i < 1000; i++) {
        double v[8];
        for (int k = 0; k < 8; k++)
            v[k] = dt_rng_uniform(&rng, -20, 20);
        dt_box a = {v[0], v[1], v[2], v[3]}, b = {v[4], v[5], v[6], v[7]};
        double iou = dt_box_iou(a, b);
        CHECK(iou >= 0 && iou <= 1 && iou == dt_box_iou(b, a));
        CHECK(dt_box_iou(a, a) == (dt_box_area(a) > 0 ? 1 : 0));
    }
}

static void test_clip(void)
{
    dt_box b = {-1, 2, 7, 12};
    CHECK(dt_box_clip(&b, 8, 10) == 1);
    CHECK(b.x1 == 0 && b.y1 == 2 && b.x2 == 7 && b.y2 == 10);
    CHECK(dt_box_clip(&b, 8, 10) == 0);
    b = (dt_box){20, 20, 30, 30};
    CHECK(dt_box_clip(&b, 8, 10) == 1 && dt_box_area(b) == 0);
    b = (dt_box){NAN, 0, 5, 5};
    CHECK(dt_box_clip(&b, 8, 10) == 1 && b.x1 == 0);
}

int main(void)
{
    RUN(test_conversion);
    RUN(test_area_and_iou);
    RUN(test_clip);
    return dt_test_end();
}
