/* Options to args.json and back: values, limits, what may be typed anew. */
#include "core/mem.h"
#include "test.h"
#include "tools/options_json.h"

static const dt_command command = {
    .name = "demo", .usage = "dettool demo", .summary = "a demo", .details = "Example"};

typedef struct values {
    int flag;
    int64_t number, seed;
    double real;
    const char *text, *model, *choice;
    dt_opt_list list;
} values;

static const values defaults = {
    .number = 640, .real = 0.25, .model = "yolo-nano", .choice = "sgd", .list = {{"backbone.*"}, 1}};

#define TABLE(v)                                                                                             \
    {                                                                                                        \
        {"flag", NULL, DT_OPT_FLAG, &(v)->flag, 0, 0, NULL, NULL, "a flag"},                                 \
            {"imgsz", NULL, DT_OPT_INT, &(v)->number, 32, 4096, NULL, "N", "a number"},                      \
            {"seed", NULL, DT_OPT_INT, &(v)->seed, 0, 9e15, NULL, "N", "a large number"},                    \
            {"conf", NULL, DT_OPT_F64, &(v)->real, 0, 1, NULL, "X", "a real"},                               \
            {"data", NULL, DT_OPT_STR, &(v)->text, 0, 0, NULL, "FILE", "a text without default"},            \
            {"model", NULL, DT_OPT_STR, &(v)->model, 0, 0, NULL, "NAME", "a text with one"},                 \
            {"optimizer", NULL, DT_OPT_CHOICE, &(v)->choice, 0, 0, "sgd|adamw", NULL, "a choice"},           \
            {"freeze", NULL, DT_OPT_LIST, &(v)->list, 0, 0, NULL, "PATTERN", "a list"}, {0},                 \
    }

/* Parses argv, then takes the rest from `json`. */
static dt_status read_into(values *v, int argc, const char **argv, const char *json, void **keep,
                           dt_error *err)
{
    *v = defaults;
    v->list.count = 0;
    const dt_opt table[] = TABLE(v);
    const char *full[8] = {"demo"};
    if (argc) memcpy(full + 1, argv, (size_t)argc * sizeof *argv);
    int count;
    CHECK_INT(dt_cli_parse(&command, table, argc + 1, (char **)full, NULL, 0, &count), -1);
    return dt_options_read(table, json, "args.json", "conf|workers", keep, err);
}

static void check_rejected(const char *json, const char *text)
{
    values v;
    void *keep;
    dt_error err = {0};
    CHECK_MSG(read_into(&v, 0, NULL, json, &keep, &err) == DT_ERR_FORMAT, "accepted: %s", json);
    CHECK_MSG(strstr(err.text, "args.json") && strstr(err.text, text), "%s: \"%s\" lacks \"%s\"", json,
              err.text, text);
    CHECK(keep == NULL);
}

static void test_round_trip(void)
{
    values a = defaults;
    a.flag = 1;
    a.seed = 8999999999999999;
    a.real = 0.1;
    a.text = "r\xc3\xbc\"\\\n/data.yaml";
    a.list = (dt_opt_list){{"a.*", "b=0.5"}, 2};
    const dt_opt table[] = TABLE(&a);
    dt_str text = {0};
    dt_json json = dt_json_begin(&text, 2);
    dt_json_object(&json);
    dt_options_write(table, &json);
    dt_json_object_end(&json);

    values b;
    void *keep;
    dt_error err = {0};
    if (CHECK_OK(read_into(&b, 0, NULL, text.data, &keep, &err), &err)) {
        CHECK(b.flag == 1 && b.number == 640 && b.seed == a.seed && b.real == 0.1);
        CHECK_STR(b.text, a.text);
        CHECK_STR(b.model, "yolo-nano");
        CHECK_STR(b.choice, "sgd");
        CHECK_INT(b.list.count, 2);
        CHECK_STR(b.list.items[1], "b=0.5");
        dt_options_free(keep);
    }
    dt_str_free(&text);
}

static void test_missing_members(void)
{
    values v;
    void *keep;
    dt_error err = {0};
    CHECK_OK(read_into(&v, 0, NULL, "{\"data\": null, \"unknown\": [1, {}]}", &keep, &err), &err);
    CHECK(v.text == NULL && v.number == 640 && v.real == 0.25);
    dt_options_free(keep);
}

static void test_typed(void)
{
    values v;
    void *keep;
    dt_error err = {0};
    CHECK_OK(read_into(&v, 1, (const char *[]){"--conf=0.5"}, "{\"conf\": 0.75, \"imgsz\": 64}", &keep, &err),
             &err);
    CHECK(v.real == 0.5 && v.number == 64);
    dt_options_free(keep);
    CHECK(read_into(&v, 1, (const char *[]){"--imgsz=96"}, "{\"imgsz\": 64}", &keep, &err) == DT_ERR_ARG);
    CHECK(strstr(err.text, "--imgsz") && keep == NULL);
}

static void test_rejected(void)
{
    check_rejected("", "not a JSON object");
    check_rejected("[1]", "not a JSON object");
    check_rejected("{\"imgsz\": 64", "not a JSON object");
    check_rejected("{\"flag\": 1}", "'flag'");
    check_rejected("{\"imgsz\": \"64\"}", "'imgsz'");
    check_rejected("{\"imgsz\": 31}", "'imgsz'");
    check_rejected("{\"imgsz\": 64.5}", "'imgsz'");
    check_rejected("{\"imgsz\": null}", "'imgsz'");
    check_rejected("{\"seed\": 1e300}", "'seed'");
    check_rejected("{\"seed\": -1}", "'seed'");
    check_rejected("{\"conf\": 1.01}", "'conf'");
    check_rejected("{\"conf\": 1e999}", "'conf'");
    check_rejected("{\"data\": 3}", "'data'");
    check_rejected("{\"model\": null}", "'model'");
    check_rejected("{\"optimizer\": null}", "'optimizer'");
    check_rejected("{\"optimizer\": \"sgd|adamw\"}", "'optimizer'");
    check_rejected("{\"freeze\": \"a\"}", "'freeze'");
    check_rejected("{\"freeze\": [\"a\", 1]}", "'freeze'");
    char many[1024] = "{\"freeze\": [\"a\"";
    for (int i = 0; i < 64; i++)
        strcat(many, ",\"a\"");
    strcat(many, "]}");
    check_rejected(many, "'freeze'");
}

int main(void)
{
    RUN(test_round_trip);
    RUN(test_missing_members);
    RUN(test_typed);
    RUN(test_rejected);
    return dt_test_end();
}
