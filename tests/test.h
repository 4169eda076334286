/** Test helpers: a test program has main() that calls RUN(name) and ends with `return dt_test_end();`.
 *  Comparisons are written so that NaN fails. */
#ifndef DT_TESTS_TEST_H
#define DT_TESTS_TEST_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DT_TEST_SKIPPED = 77 };

static int dt_test_failures, dt_test_checks, dt_test_skips;
static const char *dt_test_name = "";

__attribute__((format(printf, 3, 4), unused)) static int dt_test_report(const char *file, int line,
                                                                        const char *fmt, ...)
{
    va_list args;
    dt_test_failures++;
    fprintf(stderr, "%s:%d: [%s] ", file, line, dt_test_name);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    return 0;
}

#define CHECK(cond)          (dt_test_checks++, (cond) ? 1 : dt_test_report(__FILE__, __LINE__, "failed: %s", #cond))
#define CHECK_MSG(cond, ...) (dt_test_checks++, (cond) ? 1 : dt_test_report(__FILE__, __LINE__, __VA_ARGS__))
#define CHECK_INT(a, b)                                                                                      \
    (dt_test_checks++, (long long)(a) == (long long)(b)                                                      \
                           ? 1                                                                               \
                           : dt_test_report(__FILE__, __LINE__, "%s = %lld, expected %s = %lld", #a,         \
                                            (long long)(a), #b, (long long)(b)))
#define CHECK_STR(a, b)                                                                                      \
    (dt_test_checks++, strcmp((a), (b)) == 0 ? 1                                                             \
                                             : dt_test_report(__FILE__, __LINE__,                            \
                                                              "%s = \"%s\", expected \"%s\"", #a, (a), (b)))
/** |a - b| <= tol; NaN fails. */
#define CHECK_NEAR(a, b, tol)                                                                                \
    (dt_test_checks++, fabs((double)(a) - (double)(b)) <= (double)(tol)                                      \
                           ? 1                                                                               \
                           : dt_test_report(__FILE__, __LINE__, "%s = %.17g, expected %.17g (tolerance %g)", \
                                            #a, (double)(a), (double)(b), (double)(tol)))
/** A dt_status call that must succeed; prints err's text. */
#define CHECK_OK(expr, err)                                                                                  \
    (dt_test_checks++, (expr) == DT_OK ? 1 : dt_test_report(__FILE__, __LINE__, "%s: %s", #expr, (err)->text))

#define RUN(fn)                                                                                              \
    do {                                                                                                     \
        dt_test_name = #fn;                                                                                  \
        fn();                                                                                                \
    } while (0)

/** Path under $DETTOOL_DATA in a static buffer, or NULL (and a line that names what is skipped) if it is
 * absent. */
__attribute__((unused)) static const char *dt_test_data(const char *relative)
{
    static char path[4][1024];
    static int next;
    const char *root = getenv("DETTOOL_DATA");
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", root ? root : "../shared/data", relative);
    FILE *f = fopen(out, "r");
    if (!f) {
        printf("SKIPPED %s: %s is not there\n", dt_test_name, out);
        dt_test_skips++;
        return NULL;
    }
    fclose(f);
    return out;
}

/** Path of a committed golden file. */
__attribute__((unused)) static const char *dt_test_golden(const char *relative)
{
    static char path[4][1024];
    static int next;
    const char *root = getenv("DETTOOL_GOLDEN");
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", root ? root : "tests/golden", relative);
    return out;
}

__attribute__((unused)) static int dt_test_end(void)
{
    if (dt_test_failures) {
        fprintf(stderr, "%d of %d checks failed\n", dt_test_failures, dt_test_checks);
        return 1;
    }
    printf("%d checks passed, %d cases skipped\n", dt_test_checks, dt_test_skips);
    return dt_test_checks == 0 && dt_test_skips > 0 ? DT_TEST_SKIPPED : 0;
}

#endif
