#include "datasets/coco/coco_json.h"

#include <unistd.h>

#include "core/mem.h"
#include "test.h"

static char path[] = "/tmp/dettool_coco_XXXXXX";

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

static const char sample[] =
    "{\"info\": {\"x\": [1, {\"annotations\": []}]},\n"
    " \"images\": [{\"id\": 9, \"file_name\": \"a \\u00e4.jpg\", \"width\": 640, \"height\": 480, "
    "\"coco_url\": \"http://x\"},\n"
    "   {\"file_name\": \"b.jpg\", \"id\": -4000000000}],\n"
    " \"annotations\": [\n"
    "  {\"id\": 5, \"image_id\": 9, \"category_id\": 90, \"bbox\": [1, 2.5, 3e1, 4], \"area\": 77.25, "
    "\"iscrowd\": 0,\n"
    "   \"segmentation\": [[1, 2, 3, 4, 5, 6]]},\n"
    "  {\"id\": 6, \"id\": 7, \"image_id\": 9, \"category_id\": 3, \"bbox\": [0, 0, 2, 3], \"iscrowd\": 1,\n"
    "   \"segmentation\": {\"counts\": [1, 2], \"size\": [3, 4]}, \"keypoints\": [[[]]]},\n"
    "  {\"difficult\": 1, \"id\": 0, \"image_id\": 9, \"category_id\": 3, \"bbox\": [0, 0, 2, 3], "
    "\"segmentation\": null}],\n"
    " \"categories\": [{\"supercategory\": \"animal\", \"id\": 90, \"name\": \"cat\"}, {\"id\": 3}]}\n";

static void test_instances(void)
{
    write_file(sample);
    dt_coco_file f;
    dt_error err = {0};
    if (!CHECK_OK(dt_coco_file_read(path, &f, &err), &err)) return;
    CHECK_INT(f.image_count, 2);
    CHECK_STR(f.images[0].file_name, "a \xc3\xa4.jpg");
    CHECK(f.images[0].id == 9 && f.images[0].width == 640 && f.images[0].height == 480);
    CHECK(f.images[1].id == -4000000000 && f.images[1].width == 0);
    CHECK_INT(f.category_count, 2);
    CHECK_STR(f.categories[0].name, "cat");
    CHECK_STR(f.categories[0].supercategory, "animal");
    CHECK_STR(f.categories[1].name, "");
    CHECK_INT(dt_id_map_find(&f.image_by_id, -4000000000), 1);
    CHECK_INT(dt_id_map_find(&f.category_by_id, 90), 0);
    CHECK_INT(dt_id_map_find(&f.category_by_id, 91), -1);
    CHECK_INT(f.annotation_count, 3);
    const dt_coco_annotation *a = f.annotations;
    CHECK(a[0].id == 5 && a[0].x == 1 && a[0].y == 2.5 && a[0].w == 30 && a[0].h == 4 && a[0].area == 77.25);
    CHECK(a[0].has_area && a[0].has_iscrowd && !a[0].iscrowd && a[0].segmentation == DT_COCO_SEG_POLYGONS);
    CHECK(memcmp(sample + a[0].segmentation_offset, "[[1, 2, 3, 4, 5, 6]]", a[0].segmentation_bytes) == 0);
    CHECK(sample[a[1].offset] == '{');
    CHECK(a[1].id == 7 && a[1].iscrowd && a[1].segmentation == DT_COCO_SEG_RLE && !a[1].has_area &&
          a[1].area == 6);
    CHECK(a[2].id == 0 && a[2].difficult && !a[2].has_iscrowd && a[2].segmentation == DT_COCO_SEG_NONE);
    dt_coco_file_free(&f);
}

/* What other tools write, and the grammar allows. */
static void test_spellings(void)
{
    write_file("\xef\xbb\xbf{\"annotations\":[{\"iscrowd\":true,\"bbox\":[1e0,2.0E0,3e+1,40e-1],"
               "\"category_id\":9e1,\"image_id\":1.0,\"id\":1e2,\"segmentation\":{\"size\":[3,4],"
               "\"counts\":\"a\\\"[}\\\\\"}}],\r\n\"images\":[{\"id\":2},{\"id\":3}],"
               "\"images\":[{\"id\":1.0,\"width\":6.4e2,\"height\":480.0,"
               "\"file_name\":\"sub\\/\\uD83D\\uDE00 \\u732B.jpg\"}],"
               "\"categories\":[{\"name\":\"a\",\"name\":\"\\u00e4\",\"id\":90,\"supercategory\":null}]}");
    dt_coco_file f;
    dt_error err = {0};
    if (!CHECK_OK(dt_coco_file_read(path, &f, &err), &err)) return;
    CHECK_INT(f.image_count, 1); /* the last list of a name counts, as in Python */
    CHECK(f.images[0].id == 1 && f.images[0].width == 640 && f.images[0].height == 480);
    CHECK_STR(f.images[0].file_name, "sub/\xF0\x9F\x98\x80 \xE7\x8C\xAB.jpg");
    CHECK_STR(f.categories[0].name, "\xC3\xA4");
    const dt_coco_annotation *a = f.annotations;
    CHECK(a->id == 100 && a->image_id == 1 && a->category_id == 90 && a->iscrowd == 1);
    CHECK(a->x == 1 && a->y == 2 && a->w == 30 && a->h == 4 && a->area == 120);
    CHECK(a->segmentation == DT_COCO_SEG_RLE &&
          a->segmentation_bytes == strlen("{\"size\":[3,4],\"counts\":\"a\\\"[}\\\\\"}"));
    dt_coco_file_free(&f);
}

static void expect_error(const char *text, const char *message)
{
    write_file(text);
    dt_coco_file f;
    dt_error err = {0};
    size_t live = dt_mem_live();
    CHECK_MSG(dt_coco_file_read(path, &f, &err) == DT_ERR_FORMAT && strstr(err.text, message) != NULL,
              "expected '%s', got '%s'", message, err.text);
    CHECK_INT(dt_mem_live(), live);
}

#define FILE_WITH(annotations)                                                                               \
    "{\"images\":[{\"id\":1}],\"categories\":[{\"id\":1}],\n\"annotations\":[" annotations "]}"

static void test_errors(void)
{
    expect_error("", "the file ends where an object is expected");
    expect_error("[]", "ground truth is an object");
    expect_error("{\"images\":[],\"annotations\":[]}", "without \"categories\"");
    expect_error("{\"images\":5}", "an array is expected, found '5}'");
    expect_error(FILE_WITH("{\"id\":1}"), "line 2, byte 69: an annotation without \"image_id\"");
    expect_error(FILE_WITH("{\"id\":1,\"image_id\":1,\"category_id\":1}"), "without \"bbox\"");
    expect_error(FILE_WITH("{\"id\":1,\"bbox\":[1,2,3]"), "a bbox has 3 numbers instead of 4");
    expect_error(FILE_WITH("{\"id\":1,\"bbox\":[1,2,3,4,5]"), "a bbox has 5 numbers");
    expect_error(FILE_WITH("{\"id\":1,\"bbox\":[1,2,3,NaN]"), "a number is expected, found 'NaN]]}'");
    expect_error(FILE_WITH("{\"id\":1,\"bbox\":[1,2,3,1e999]"), "does not fit in a double");
    expect_error(FILE_WITH("{\"id\":1.5}"), "1.5 is not a whole number");
    expect_error(FILE_WITH("{\"id\":\"x\"}"), "a whole number is expected");
    expect_error("{\"images\":[{\"id\":1},{\"id\":2},{\"id\":1}],\"categories\":[],\"annotations\":[]}",
                 "image id 1 is used twice, at byte 11 and at byte 29");
    expect_error("{\"images\":[],\"categories\":[{\"id\":3},{\"id\":3}],\"annotations\":[]}",
                 "category id 3 is used twice");
    expect_error(FILE_WITH("{\"id\":8,\"image_id\":1,\"category_id\":1,\"bbox\":[1,2,3,4]},"
                           "{\"id\":8,\"image_id\":1,\"category_id\":1,\"bbox\":[1,2,3,4]}"),
                 "annotation id 8 is used twice");
    expect_error("{\"images\":[{\"id\":1,\"width\":-3}]}", "an image side of -3");
    expect_error("{\"images\":[{\"id\":1,\"file_name\":\"a\\u0000b\"}]}", "NUL");
    /* COCO's other files, given by mistake. */
    expect_error(FILE_WITH("{\"id\":1,\"image_id\":1,\"caption\":\"a cat\"}"),
                 "the file holds captions; instances");
    expect_error(
        FILE_WITH(
            "{\"image_id\":1,\"file_name\":\"a.png\",\"segments_info\":[{\"id\":3,\"bbox\":[1,2,3,4]}]}"),
        "line 2, byte 139: the file holds panoptic segments");
    expect_error("{\"images\":[{\"id\":1,\"width\":2147483648}]}", "an image side of 2147483648");
    expect_error("{\"images\":[{\"id\":1e18,\"height\":1e300}]}", "whole number");
    expect_error("{\"images\":[{\"id\":1e19}]}", "whole number");
    expect_error(FILE_WITH("{\"id\":1,\"bbox\":[1,2,3,-Infinity]"), "found '-Infinity]");
    expect_error("{\"images\":[{\"id\":1,\"file_name\":\"a\\uD800b\"}]}", "line 1, byte ");
    expect_error("{\"images\":[],\"categories\":[],\"annotations\":[]} {}",
                 "the end of the file is expected");
    /* Cut anywhere: an error, never a short list. */
    for (size_t len = 0; len + 2 < sizeof sample; len += 3) {
        char part[sizeof sample];
        memcpy(part, sample, len);
        part[len] = '\0';
        expect_error(part, "line ");
    }
}

static void test_results(void)
{
    dt_coco_results r;
    dt_error err = {0};
    write_file("[{\"image_id\":1,\"category_id\":2,\"bbox\":[1,2,3,4],\"score\":0.5,\"segmentation\":{"
               "\"counts\":\"x\"}},\n"
               "{\"score\":1,\"bbox\":[0.25,-1,2,3],\"category_id\":18,\"image_id\":42.0}]");
    if (CHECK_OK(dt_coco_results_read(path, NULL, &r, &err), &err)) {
        CHECK_INT(r.count, 2);
        CHECK(r.items[1].image_id == 42 && r.items[1].category_id == 18 && r.items[1].x == .25 &&
              r.items[1].y == -1 && r.items[1].score == 1);
        dt_coco_results_free(&r);
    }
    write_file("[]");
    CHECK_OK(dt_coco_results_read(path, NULL, &r, &err), &err);
    CHECK_INT(r.count, 0);
    dt_coco_results_free(&r);
    static const char *const bad[][2] = {
        {"{}", "detections are an array"},
        {"[{\"image_id\":1,\"category_id\":2,\"bbox\":[1,2,3,4]}]", "a detection without \"score\""},
        {"[{\"image_id\":1,\"category_id\":2,\"bbox\":[1,2,3,4],\"score\":NaN}]", "found 'NaN}]'"},
        {"[{\"image_id\":1,\"category_id\":2,\"bbox\":[1,2,3,4],\"score\":0.5}", "truncated"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(bad[i][0]);
        CHECK_MSG(dt_coco_results_read(path, NULL, &r, &err) == DT_ERR_FORMAT && strstr(err.text, bad[i][1]),
                  "expected '%s', got '%s'", bad[i][1], err.text);
    }
}

/* A large file is read in pieces. Strings that hold what looks like the seam of two records must not cut it.
 */
static void write_results(int count, const char *decoy, const char *last)
{
    FILE *f = fopen(path, "w");
    fputs("\xef\xbb\xbf[", f);
    for (int i = 0; i < count; i++)
        fprintf(f, "%s{\"image_id\":%d,\"x\":\"%s\",\"category_id\":2,\n\"bbox\":[1,2,3,%d],\"score\":0.%d}",
                i ? (i % 3 ? "," : " ,\n ") : "", i, decoy, i % 50, i % 1000);
    fputs(last, f);
    fclose(f);
}

static void test_pieces(void)
{
    static const char *const decoys[] = {"", "a},{b", "},{\\\"image_id\\\":1}, {", "}{", "},,{"};
    enum { COUNT = 60000 };
    dt_pool *pool = NULL;
    dt_error err = {0};
    size_t live = dt_mem_live();
    CHECK_OK(dt_pool_create(5, &pool, &err), &err);
    for (size_t d = 0; d < sizeof decoys / sizeof *decoys; d++) {
        dt_coco_results one, many;
        write_results(COUNT, decoys[d], "]\n");
        CHECK_OK(dt_coco_results_read(path, NULL, &one, &err), &err);
        CHECK_OK(dt_coco_results_read(path, pool, &many, &err), &err);
        CHECK_INT(one.count, COUNT);
        CHECK_INT(many.count, COUNT);
        CHECK(memcmp(one.items, many.items, COUNT * sizeof *one.items) == 0);
        dt_coco_results_free(&one);
        dt_coco_results_free(&many);
    }
    /* The error is that of the whole file, with its true line. */
    static const char *const endings[][2] = {
        {"", "line 80000, byte "}, {", 5]", "line 80000, byte "}, {"] 1", "the end of the file"}};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        dt_coco_results r;
        write_results(COUNT, "", endings[i][0]);
        CHECK_MSG(dt_coco_results_read(path, pool, &r, &err) == DT_ERR_FORMAT &&
                      strstr(err.text, endings[i][1]),
                  "expected '%s', got '%s'", endings[i][1], err.text);
    }
    dt_pool_destroy(pool);
    CHECK_INT(dt_mem_live(), live);
}

static void test_memory(void)
{
    write_file(sample);
    size_t live = dt_mem_live();
    for (uint64_t nth = 1; nth < 100; nth++) {
        dt_coco_file f;
        dt_error err = {0};
        dt_mem_fail_at(nth);
        dt_status status = dt_coco_file_read(path, &f, &err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(status, fired ? DT_ERR_MEMORY : DT_OK);
        if (!fired) {
            CHECK(nth > 8);
            dt_coco_file_free(&f);
            break;
        }
        CHECK_INT(dt_mem_live(), live);
    }
    CHECK_INT(dt_mem_live(), live);
}

static void test_id_map(void)
{
    dt_id_map map;
    dt_error err = {0};
    enum { N = 5000 };
    CHECK_OK(dt_id_map_create(&map, N, &err), &err);
    for (uint32_t i = 0; i < N; i++)
        CHECK_INT(dt_id_map_add(&map, (int64_t)i * 4096 - 1000000, i), -1);
    for (uint32_t i = 0; i < N; i++)
        CHECK_INT(dt_id_map_find(&map, (int64_t)i * 4096 - 1000000), i);
    CHECK_INT(dt_id_map_find(&map, 1), -1);
    CHECK_INT(dt_id_map_add(&map, -1000000, 77), 0);
    dt_id_map_free(&map);
    CHECK_INT(dt_id_map_find(&map, 1), -1);
}

static void test_real(void)
{
    const char *real = dt_test_data("coco-tiny/annotations/instances_val2017.json");
    if (!real) return;
    dt_coco_file f;
    dt_error err = {0};
    if (!CHECK_OK(dt_coco_file_read(real, &f, &err), &err)) return;
    CHECK_INT(f.image_count, 80);
    CHECK_INT(f.category_count, 80);
    CHECK_INT(f.annotation_count, 815);
    int crowds = 0, polygons = 0;
    for (size_t i = 0; i < f.annotation_count; i++) {
        crowds += f.annotations[i].iscrowd;
        polygons += f.annotations[i].segmentation == DT_COCO_SEG_POLYGONS;
        CHECK(f.annotations[i].has_area && f.annotations[i].w > 0);
    }
    CHECK_INT(crowds, 11);
    CHECK_INT(polygons, 804);
    dt_coco_file_free(&f);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0) return 1;
    close(fd);
    RUN(test_instances);
    RUN(test_spellings);
    RUN(test_errors);
    RUN(test_results);
    RUN(test_pieces);
    RUN(test_memory);
    RUN(test_id_map);
    RUN(test_real);
    remove(path);
    return dt_test_end();
}
