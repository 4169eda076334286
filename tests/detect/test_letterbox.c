#include "detect/letterbox.h"
#include "test.h"

static void sizes_equal_the_originals(void)
{
    FILE *f = fopen(dt_test_golden("letterbox.txt"), "r");
    if (!CHECK(f != NULL)) return;
    char name[32];
    int up, v[10], lines = 0;
    while (fscanf(f, "%31s %d %d %d %d %d %d %d %d %d %d %d", name, &up, &v[0], &v[1], &v[2], &v[3], &v[4],
                  &v[5], &v[6], &v[7], &v[8], &v[9]) == 12) {
        dt_error err = {0};
        dt_letterbox_mode mode;
        dt_letterbox lb;
        CHECK_OK(dt_letterbox_mode_parse(name, &mode, &err), &err);
        CHECK_STR(dt_letterbox_mode_name(mode), name);
        CHECK_OK(dt_letterbox_make(mode, up, v[0], v[1], v[2], v[3], &lb, &err), &err);
        CHECK_MSG(
            lb.new_width == v[4] && lb.new_height == v[5] && lb.left == v[6] && lb.top == v[7] &&
                lb.right == v[8] && lb.bottom == v[9],
            "%s %d: %dx%d into %dx%d: got %dx%d at %d,%d (right %d, bottom %d), expected %dx%d at %d,%d",
            name, up, v[0], v[1], v[2], v[3], lb.new_width, lb.new_height, lb.left, lb.top, lb.right,
            lb.bottom, v[4], v[5], v[6], v[7]);
        lines++;
    }
    fclose(f);
    CHECK(lines >= 900);
}

static void boxes_go_there_and_back(void)
{
    dt_error err = {0};
    for (int mode = 0; mode < 4; mode++) {
        dt_letterbox lb;
        CHECK_OK(dt_letterbox_make((dt_letterbox_mode)mode, 0, 641, 427, 640, 512, &lb, &err), &err);
        dt_box whole = dt_letterbox_forward(&lb, (dt_box){0, 0, 641, 427});
        CHECK_NEAR(whole.x1, lb.left, 1e-12);
        CHECK_NEAR(whole.y1, lb.top, 1e-12);
        CHECK_NEAR(whole.x2, lb.left + lb.new_width, 1e-9);
        CHECK_NEAR(whole.y2, lb.top + lb.new_height, 1e-9);
        dt_box box = {17.25, -3, 600.5, 411},
               back = dt_letterbox_inverse(&lb, dt_letterbox_forward(&lb, box));
        CHECK_NEAR(back.x1, box.x1, 1e-9);
        CHECK_NEAR(back.y1, box.y1, 1e-9);
        CHECK_NEAR(back.x2, box.x2, 1e-9);
        CHECK_NEAR(back.y2, box.y2, 1e-9);
    }
}

static void extreme_sizes(void)
{
    dt_error err = {0};
    dt_letterbox lb;
    CHECK_OK(dt_letterbox_make(DT_LETTERBOX_TOP_LEFT, 0, 65500, 1, 32, 32, &lb, &err), &err);
    CHECK_INT(lb.new_height, 1); /* the rules above would give 0 rows */
    CHECK_OK(dt_letterbox_make(DT_LETTERBOX_CENTER, 0, 1, 65500, 32, 32, &lb, &err), &err);
    CHECK_INT(lb.new_width, 1);
    CHECK_INT(lb.left + lb.right + lb.new_width, 32);
    CHECK_INT(dt_letterbox_make(DT_LETTERBOX_CENTER, 0, 0, 5, 32, 32, &lb, &err), DT_ERR_ARG);
    CHECK_INT(dt_letterbox_make(DT_LETTERBOX_CENTER, 0, 5, 5, 32, -1, &lb, &err), DT_ERR_ARG);
    CHECK_INT(dt_letterbox_make(DT_LETTERBOX_CENTER, 0, 70000, 5, 32, 32, &lb, &err), DT_ERR_ARG);
    dt_letterbox_mode mode;
    CHECK_INT(dt_letterbox_mode_parse("centre", &mode, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "centre") && strstr(err.text, "top-left"));
}

int main(void)
{
    RUN(sizes_equal_the_originals);
    RUN(boxes_go_there_and_back);
    RUN(extreme_sizes);
    return dt_test_end();
}
