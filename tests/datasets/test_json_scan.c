#include "datasets/coco/json_scan.h"

#include <unistd.h>

#include "core/mem.h"
#include "test.h"

/* Reads `text` and passes over it; returns the status. */
static dt_status skip_all(const char *text, size_t len, dt_error *err)
{
    dt_scan s;
    dt_error_clear(err);
    dt_status status = dt_scan_open_text(&s, "test", text, len, err);
    if (status == DT_OK) status = dt_scan_skip(&s);
    if (status == DT_OK) status = dt_scan_end(&s);
    dt_scan_close(&s);
    return status;
}

static void test_numbers(void)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},
                {"-0", -0.0},
                {"12.5", 12.5},
                {"-1.25e2", -125},
                {"1E+3", 1000},
                {"0.1", 0.1},
                {"254.478806", 254.478806},
                {"0.30000000000000004", 0.30000000000000004},
                {"9007199254740993", 9007199254740992.0},
                {"123456789012345678901234567890", 1.2345678901234568e29},
                {"0.000000000000000000000000000001", 1e-30},
                {"2.2250738585072011e-308", 2.2250738585072011e-308},
                {"1e-400", 0}};
    static const char *const bad[] = {"-",   "+1",  "01",       "-01",       "1.",    ".5",   "1e",
                                      "1e+", "NaN", "Infinity", "-Infinity", "1e999", "0x10", "--1"};
    dt_error err = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        dt_scan s;
        double v = NAN;
        CHECK_OK(dt_scan_open_text(&s, "test", good[i].text, strlen(good[i].text), &err), &err);
        CHECK_OK(dt_scan_f64(&s, &v), &err);
        CHECK_MSG(v == good[i].value && signbit(v) == signbit(good[i].value), "%s reads as %.17g",
                  good[i].text, v);
        CHECK_OK(dt_scan_end(&s), &err);
        dt_scan_close(&s);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(skip_all(bad[i], strlen(bad[i]), &err) == DT_ERR_FORMAT, "%s was accepted", bad[i]);
    char many[2000];
    memset(many, '7', sizeof many);
    CHECK_INT(skip_all(many, sizeof many, &err), DT_ERR_FORMAT);
}

static void test_whole_numbers(void)
{
    static const struct {
        const char *text;
        int ok;
        int64_t value;
    } cases[] = {{"42", 1, 42},
                 {"-7", 1, -7},
                 {"42.0", 1, 42},
                 {"4.2e1", 1, 42},
                 {"9223372036854775807", 1, INT64_MAX},
                 {"-9223372036854775808", 1, INT64_MIN},
                 {"9223372036854775808", 0, 0},
                 {"4.5", 0, 0},
                 {"007", 0, 0},
                 {"-", 0, 0},
                 {"\"5\"", 0, 0},
                 {"null", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_error err = {0};
        dt_scan s;
        int64_t v = 99;
        CHECK_OK(dt_scan_open_text(&s, "test", cases[i].text, strlen(cases[i].text), &err), &err);
        dt_status status = dt_scan_i64(&s, &v);
        CHECK_MSG((status == DT_OK) == cases[i].ok, "%s: %s", cases[i].text, err.text);
        if (cases[i].ok) CHECK_MSG(v == cases[i].value, "%s reads as %lld", cases[i].text, (long long)v);
        dt_scan_close(&s);
    }
}

static void check_string(const char *json, const char *want)
{
    dt_error err = {0};
    dt_scan s;
    const char *text = "";
    size_t len = 0;
    CHECK_OK(dt_scan_open_text(&s, "test", json, strlen(json), &err), &err);
    dt_status status = dt_scan_string(&s, &text, &len);
    if (want)
        CHECK_MSG(status == DT_OK && len == strlen(want) && memcmp(text, want, len) == 0,
                  "%s reads as %.*s %s", json, (int)len, text, err.text);
    else
        CHECK_MSG(status == DT_ERR_FORMAT, "%s was accepted", json);
    dt_scan_close(&s);
}

static void test_strings(void)
{
    check_string("\"\"", "");
    check_string("\"a b\"", "a b");
    check_string("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
    check_string("\"\\u0041\\u00e4\\u20ac\\ud83d\\uDE00\"", "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    check_string("\"\\ud83d.\"", "\xef\xbf\xbd."); /* half a pair */
    check_string("\"caf\xc3\xa9\"", "caf\xc3\xa9");
    check_string("\"\\x\"", NULL);
    check_string("\"\\u12g4\"", NULL);
    check_string("\"\\u12\"", NULL);
    check_string("\"open", NULL);
    check_string("\"open\\", NULL);
    check_string("\"open\\\"", NULL);
    check_string("\"a\nb\"", NULL);
    check_string("5", NULL);
}

static void test_structure(void)
{
    static const char *const good[] = {"{}",           "[]",
                                       " [1, 2 ,3 ] ", "{\"a\":[{\"b\":\"]}\\\"\"}],\"c\":null}",
                                       "true",         "\xef\xbb\xbf[]",
                                       "[[[[]]]]",     "\"x\""};
    static const char *const bad[] = {"",     "  ",  "{",   "[",    "[1",  "{\"a\":1", "[}",        "{]",
                                      "[[}]", "tru", "nul", "[] x", "[]]", "}",        "{\"a\":\"b"};
    dt_error err = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_MSG(skip_all(good[i], strlen(good[i]), &err) == DT_OK, "%s: %s", good[i], err.text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(skip_all(bad[i], strlen(bad[i]), &err) == DT_ERR_FORMAT, "'%s' was accepted", bad[i]);
    CHECK_INT(skip_all("[1,\0 2]", 7, &err), DT_ERR_FORMAT);
    char deep[4000];
    for (int depth = DT_SCAN_MAX_DEPTH; depth <= DT_SCAN_MAX_DEPTH + 1; depth++) {
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        CHECK_INT(skip_all(deep, 2 * (size_t)depth, &err),
                  depth == DT_SCAN_MAX_DEPTH ? DT_OK : DT_ERR_FORMAT);
    }
}

/* What is read item by item is checked by the whole grammar. */
static dt_status sum_items(const char *text, double *sum, dt_error *err)
{
    dt_scan s;
    dt_error_clear(err);
    *sum = 0;
    if (dt_scan_open_text(&s, "file", text, strlen(text), err) == DT_OK && dt_scan_object(&s) == DT_OK) {
        const char *key;
        size_t len;
        while (dt_scan_key(&s, &key, &len)) {
            double v = 0;
            if (dt_scan_is(key, len, "v") && dt_scan_array(&s) == DT_OK) {
                while (dt_scan_item(&s) && dt_scan_f64(&s, &v) == DT_OK)
                    *sum += v;
            } else {
                dt_scan_skip(&s);
            }
        }
        dt_scan_end(&s);
    }
    dt_status status = s.status;
    dt_scan_close(&s);
    return status;
}

static void test_members(void)
{
    static const char *const bad[] = {"{\"v\":[1,]}", "{\"v\":[,1]}", "{\"v\":[1 2]}", "{\"v\":[1],}",
                                      "{,}",          "{\"v\" [1]}",  "{v:[1]}",       "{\"v\":}",
                                      "{\"v\":[1]",   "{\"v\":[1",    "{\"v\"",        "{\"v\":[1]\"w\":2}",
                                      "[1]"};
    dt_error err = {0};
    double sum;
    CHECK_OK(
        sum_items("{\"x\":{\"v\":[9]}, \"v\" : [1, 2.5 ,3], \"vv\":[100], \"\\u0076\":[10]}", &sum, &err),
        &err);
    CHECK(sum == 16.5);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(sum_items(bad[i], &sum, &err) == DT_ERR_FORMAT, "%s was accepted", bad[i]);
    sum_items("{\n \"v\": [1,\n  2, x]}", &sum, &err);
    CHECK_STR(err.text, "file: line 3, byte 17: a number is expected, found 'x]}'");
}

/* A file far longer than the window: every kind of token falls on the seams. */
static void test_windows(void)
{
    char path[] = "/tmp/dettool_scan_XXXXXX";
    int fd = mkstemp(path);
    if (!CHECK(fd >= 0)) return;
    FILE *f = fdopen(fd, "w");
    enum { ITEMS = 120000 };
    fputc('[', f);
    for (int i = 0; i < ITEMS; i++)
        fprintf(
            f, "%s{\"number\": %d.%03d,\n\"te\\u0078t\" :\"a\\\"%d\", \"skip\":[[1,\"]\\\\\",{}],%*s true ]}",
            i ? "," : "", i, i % 1000, i, i % 7, "");
    fputc(']', f);
    fclose(f);
    dt_error err = {0};
    dt_scan s;
    CHECK_OK(dt_scan_open(&s, path, &err), &err);
    int n = 0, wrong = 0;
    dt_scan_array(&s);
    while (dt_scan_item(&s)) {
        const char *key, *text = "";
        size_t len, text_len = 0;
        double v = -1;
        char want[32];
        snprintf(want, sizeof want, "a\"%d", n);
        dt_scan_object(&s);
        while (dt_scan_key(&s, &key, &len)) {
            if (dt_scan_is(key, len, "number")) {
                dt_scan_f64(&s, &v);
                wrong += fabs(v - (n + n % 1000 / 1000.0)) > 1e-9;
            } else if (dt_scan_is(key, len, "text")) {
                dt_scan_string(&s, &text, &text_len);
                wrong += text_len != strlen(want) || memcmp(text, want, text_len) != 0;
            } else {
                dt_scan_skip(&s);
            }
        }
        n++;
    }
    CHECK_OK(dt_scan_end(&s), &err);
    CHECK_INT(n, ITEMS);
    CHECK_INT(wrong, 0);
    CHECK(s.lines > 0 && s.base > 1 << 20);
    dt_scan_close(&s);
    remove(path);
}

static void test_files(void)
{
    dt_error err = {0};
    dt_scan s;
    CHECK_INT(dt_scan_open(&s, "/no/such/file.json", &err), DT_ERR_IO);
    CHECK(strstr(err.text, "/no/such/file.json: No such file") != NULL);
    dt_scan_close(&s);
    CHECK_INT(dt_scan_open(&s, "/tmp", &err), DT_ERR_IO);
    dt_scan_close(&s);
}

int main(void)
{
    RUN(test_numbers);
    RUN(test_whole_numbers);
    RUN(test_strings);
    RUN(test_structure);
    RUN(test_members);
    RUN(test_windows);
    RUN(test_files);
    return dt_test_end();
}
