#include "core/num.h"
#include "core/rng.h"
#include "test.h"

static void known_texts(void)
{
    static const struct {
        const char *text;
        double value;
        size_t used;
    } cases[] = {
        {"1", 1, 1},
        {"-.5x", -0.5, 3},
        {"5.", 5, 2},
        {"1e3", 1000, 3},
        {"1e", 1, 1},
        {"+2.5e-1 ", 0.25, 7},
        {"x", 0, 0},
        {".", 0, 0},
        {"-", 0, 0},
        {"inf", INFINITY, 3},
        {"-Infinity", -INFINITY, 9},
        {"1e400", INFINITY, 5},
        {"1e-400", 0, 6},
        {"0.1", 0.1, 3},
        {"9007199254740993", 9007199254740992.0, 16},
        {"123456789012345678901234567890", 123456789012345678901234567890.0, 30},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v = 0;
        CHECK_INT(dt_parse_f64(cases[i].text, strlen(cases[i].text), &v), cases[i].used);
        CHECK_MSG(!cases[i].used || v == cases[i].value, "%s gives %.17g", cases[i].text, v);
    }
    double v;
    CHECK(dt_parse_f64("nan", 3, &v) == 3 && isnan(v));
    CHECK_INT(dt_parse_f64_all(" 1.5 ", &v), 0);
    CHECK_INT(dt_parse_f64_all("1.5 x", &v), -1);
    int64_t n;
    CHECK(dt_parse_i64("-9223372036854775808", 20, &n) == 20 && n == INT64_MIN);
    CHECK_INT(dt_parse_i64("9223372036854775808", 19, &n), 0);
}

static void many_digits(void)
{
    char text[900];
    double v;
    memset(text, '1', 600);
    strcpy(text + 600, "e-590");
    CHECK_INT(dt_parse_f64(text, 605, &v), 605);
    CHECK_NEAR(v / 1.1111111111111111e9, 1, 1e-15);
}

static void every_double_survives(void)
{
    dt_rng r = dt_rng_make(3, DT_RNG_TEST, 0, 0);
    char text[DT_NUM_MAX];
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = dt_rng_u64(&r);
        double v, back = 0;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v)) continue;
        int n = dt_format_f64(text, v);
        CHECK_MSG(dt_parse_f64(text, (size_t)n, &back) == (size_t)n && back == v, "%s is not %.17g", text, v);
    }
}

/* The text has as few digits as any that reads back, and stands for the same number: printf's own, digit by
 * digit. */
static void shortest_digits(void)
{
    dt_rng r = dt_rng_make(4, DT_RNG_TEST, 0, 0);
    for (int i = 0; i < 60000; i++) {
        char made[64], want[64], text[DT_NUM_MAX];
        /* Up to 17 digits with the point in any place: what annotations hold, and what hardly fits. */
        uint64_t digits = dt_rng_below(&r, 100000000000000000u) >> dt_rng_below(&r, 56);
        snprintf(made, sizeof made, "%llue-%d", (unsigned long long)digits, (int)dt_rng_below(&r, 22));
        double v = strtod(made, NULL);
        int precision = 0;
        do
            snprintf(want, sizeof want, "%.*e", precision, v);
        while (strtod(want, NULL) != v && ++precision < 17);
        dt_format_f64(text, v);
        int count = 0, zeros = 0, leading = 1;
        for (const char *p = text; *p && *p != 'e'; p++) {
            if (*p == '.' || (leading && *p == '0')) continue;
            leading = 0;
            count++;
            zeros = *p == '0' ? zeros + 1 : 0;
        }
        CHECK_MSG(strtod(text, NULL) == v && (v == 0 || count - zeros <= precision + 1),
                  "%s: %s, printf has %s", made, text, want);
    }
}

static void layout_of_repr(void)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.339, "0.339"},
                 {169.5, "169.5"},
                 {1e-5, "1e-05"},
                 {1e16, "1e+16"},
                 {3, "3.0"},
                 {-0.0, "-0.0"},
                 {123456789012345680.0, "1.2345678901234568e+17"},
                 {0.0001, "0.0001"},
                 {5e-324, "5e-324"}};
    char text[DT_NUM_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_format_f64(text, cases[i].value);
        CHECK_STR(text, cases[i].text);
    }
    dt_format_fixed(text, 1.0 / 3, 6);
    CHECK_STR(text, "0.333333");
}

int main(void)
{
    RUN(known_texts);
    RUN(many_digits);
    RUN(every_double_survives);
    RUN(shortest_digits);
    RUN(layout_of_repr);
    return dt_test_end();
}
