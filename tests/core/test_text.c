/* str, json and paths */
#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "test.h"

static void globs_and_distance(void)
{
    CHECK(dt_glob_match("backbone.*.weight", "backbone.layer1.0.weight"));
    CHECK(!dt_glob_match("backbone.*.weight", "backbone.layer1.0.bias"));
    CHECK(dt_glob_match("*a*b*c", "xxaxxbxxbc") && dt_glob_match("l[0-2]?", "l1x") &&
          !dt_glob_match("l[!0-2]", "l1"));
    CHECK(dt_glob_match("[", "[") && dt_glob_match("", "") && !dt_glob_match("", "a"));
    CHECK_INT(dt_edit_distance("kitten", "sitting"), 3);
}

static void json_text(void)
{
    dt_str s = {0};
    dt_json j = dt_json_begin(&s, 0);
    dt_json_object(&j);
    dt_json_key(&j, "a\"\\\n\x01");
    dt_json_array(&j);
    dt_json_num(&j, 1.5);
    dt_json_num(&j, NAN);
    dt_json_int(&j, -3);
    dt_json_bool(&j, 1);
    dt_json_str(&j, "\xff\xc3\xa9");
    dt_json_str(&j, NULL);
    dt_json_array_end(&j);
    dt_json_object_end(&j);
    CHECK_STR(s.data, "{\"a\\\"\\\\\\n\\u0001\":[1.5,null,-3,true,\"\xEF\xBF\xBD\xc3\xa9\",null]}");
    dt_str_free(&s);
}

static void strings_remember_failure(void)
{
    dt_str s = {0};
    dt_mem_fail_at(1);
    dt_str_append(&s, "lost");
    dt_mem_fail_at(0);
    dt_str_append(&s, "more");
    CHECK(s.failed && dt_str_take(&s) == NULL && s.data == NULL);
    char *t = dt_format("%d-%s", 7, "x");
    CHECK_STR(t, "7-x");
    dt_free(t);
}

static void paths(void)
{
    CHECK_STR(dt_path_base("a/b.jpg"), "b.jpg");
    CHECK_STR(dt_path_extension("a/b.tar.gz"), ".gz");
    CHECK_STR(dt_path_extension(".hidden"), "");
    char *d[4] = {dt_path_dir("a/b.jpg"), dt_path_dir("b.jpg"), dt_path_dir("/b"), dt_path_join("a/", "b")};
    CHECK_STR(d[0], "a");
    CHECK_STR(d[1], ".");
    CHECK_STR(d[2], "/");
    CHECK_STR(d[3], "a/b");
    for (int i = 0; i < 4; i++)
        dt_free(d[i]);
    CHECK_INT(dt_mem_live(), 0);
}

int main(void)
{
    RUN(globs_and_distance);
    RUN(json_text);
    RUN(strings_remember_failure);
    RUN(paths);
    return dt_test_end();
}
