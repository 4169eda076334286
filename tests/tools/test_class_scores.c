/* Figures of a classifier against values by hand, and what is printed of them. */
#include "tools/class_scores.h"

#include <stdlib.h>

#include "core/mem.h"
#include "test.h"
#include "tools/report_classes.h"

static const char *const names[] = {"ant", "bee", "cat", "dog", "elk", "fly"};

/* A picture of class `truth` that is called `first`, with `second` behind it. */
static void add(dt_class_scores *s, int truth, int first, int second)
{
    float log_p[6] = {-4, -4.1f, -4.2f, -4.3f, -4.4f, -4.5f};
    log_p[second] = -1.5f;
    log_p[first] = -.5f;
    dt_class_scores_add(s, truth, log_p);
}

/*       ant bee cat     bee and elk are never shown; fly is never called, nor is elk
 *  ant   2   1   .
 *  cat   .   .   1
 *  dog   .   1   .  */
static int fill(dt_class_scores *s)
{
    dt_error err = {0};
    if (!CHECK_OK(dt_class_scores_make(6, s, &err), &err)) return 0;
    add(s, 0, 0, 1);
    add(s, 0, 0, 1);
    add(s, 0, 1, 0);
    add(s, 2, 2, 1);
    add(s, 3, 1, 2);
    return 1;
}

static void test_figures(void)
{
    dt_class_scores s;
    if (!fill(&s)) return;
    CHECK_INT(s.count, 5);
    CHECK_NEAR(dt_class_scores_top1(&s), .6, 1e-15);
    CHECK_NEAR(dt_class_scores_top5(&s), 1, 0);
    CHECK_NEAR(dt_class_scores_loss(&s), (.5 + .5 + 1.5 + .5 + 4.3) / 5, 1e-6);
    CHECK_NEAR(dt_class_scores_recall(&s, 0), 2. / 3, 1e-15);
    CHECK_NEAR(dt_class_scores_precision(&s, 0), 1, 0);
    CHECK_NEAR(dt_class_scores_f1(&s, 0), .8, 1e-15);
    CHECK(isnan(dt_class_scores_recall(&s, 1)));
    CHECK_NEAR(dt_class_scores_precision(&s, 1), 0, 0);
    CHECK(isnan(dt_class_scores_f1(&s, 1)));
    CHECK_NEAR(dt_class_scores_recall(&s, 3), 0, 0);
    CHECK(isnan(dt_class_scores_precision(&s, 3)));
    CHECK_NEAR(dt_class_scores_mean_recall(&s), (2. / 3 + 1 + 0) / 3, 1e-15);
    add(&s, 5, 0, 1); /* the last of six: not among the best five */
    CHECK_NEAR(dt_class_scores_top5(&s), 5. / 6, 1e-15);
    dt_class_scores_free(&s);
}

static void test_empty(void)
{
    dt_class_scores s;
    dt_error err = {0};
    if (!CHECK_OK(dt_class_scores_make(2, &s, &err), &err)) return;
    CHECK(isnan(dt_class_scores_top1(&s)) && isnan(dt_class_scores_loss(&s)) &&
          isnan(dt_class_scores_mean_recall(&s)));
    static const float log_p[] = {-1, -1};
    dt_class_scores_add(&s, 1, log_p); /* two classes: both are among the best five */
    CHECK_NEAR(dt_class_scores_top1(&s), 0, 0);
    CHECK_NEAR(dt_class_scores_top5(&s), 1, 0);
    dt_class_scores_free(&s);
}

static void test_json(void)
{
    dt_class_scores s;
    dt_str text = {0};
    if (!fill(&s)) return;
    dt_report_classes_json(&s, names, &text);
    CHECK(strstr(text.data, "\"images\": 5,") && strstr(text.data, "\"top1\": 0.6,"));
    CHECK(strstr(text.data,
                 "{\"class\": 1, \"name\": \"bee\", \"images\": 0, \"precision\": 0, \"recall\": null, "
                 "\"f1\": null}"));
    CHECK(strstr(text.data, "[2, 1, 0, 0, 0, 0],"));
    dt_str_free(&text);
    dt_class_scores_free(&s);
}

static void test_text(void)
{
    dt_class_scores s;
    if (!fill(&s)) return;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    dt_report_classes_text(&s, names, 1, f);
    fclose(f);
    CHECK(strstr(text, "top1        0.6000\n"));
    CHECK(strstr(text, "ant          3    1.0000    0.6667    0.8000\n"));
    CHECK(strstr(text, "\nant          2        1        0        0        0        0\n"));
    free(text);
    dt_class_scores_free(&s);
}

/* The darkest cells are those of the diagonal; any number of classes gives a picture. */
static void test_image(void)
{
    dt_class_scores s;
    dt_error err = {0};
    dt_image image = {0};
    if (!fill(&s)) return;
    if (CHECK_OK(dt_report_classes_image(&s, names, &image, &err), &err)) {
        CHECK_INT(image.channels, 3);
        const char *keep = getenv("DT_KEEP_IMAGES");
        if (keep) {
            char path[512];
            snprintf(path, sizeof path, "%s/confusion.png", keep);
            dt_image_save(path, &image, 0, &err);
        }
    }
    dt_image_free(&image);
    dt_class_scores_free(&s);
    enum { MANY = 300 };
    const char *many[MANY];
    for (int i = 0; i < MANY; i++)
        many[i] = "a class whose name is too long for its cell, by far";
    static const int sizes[] = {1, 15, 40, MANY};
    for (int i = 0; i < 4; i++) {
        if (!CHECK_OK(dt_class_scores_make(sizes[i], &s, &err), &err)) return;
        s.confusion[0] = 1;
        CHECK_OK(dt_report_classes_image(&s, many, &image, &err), &err);
        dt_image_free(&image);
        dt_class_scores_free(&s);
    }
}

int main(void)
{
    RUN(test_figures);
    RUN(test_empty);
    RUN(test_json);
    RUN(test_text);
    RUN(test_image);
    return dt_test_end();
}
