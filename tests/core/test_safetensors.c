/* With a path as argument: writes the file that tests/golden/make_safetensors.py can check. */
#include "test.h"

#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/safetensors.h"
#include "core/str.h"

static const char *const special = "Größe \"\\\n\xF0\x9F\x98\x80";
static const char *const names_text = "Größe,\"\\\n\xF0\x9F\x98\x80";

static char *temporary(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "/tmp/dettool-test-%ld-%s", (long)getpid(), name);
    return path;
}

/* Parses `header` + data_bytes zero bytes from memory. */
static dt_status parse_text(const char *header, size_t data_bytes, dt_st_file *file, dt_error *err)
{
    size_t n = strlen(header);
    unsigned char *memory = dt_calloc(1, 8 + n + data_bytes);
    for (int i = 0; i < 8; i++)
        memory[i] = (unsigned char)(n >> (8 * i));
    memcpy(memory + 8, header, n);
    return dt_st_parse(memory, 8 + n + data_bytes, "x.st", file, err);
}

static void test_reads_python(void)
{
    dt_error err = {0};
    dt_st_file f;
    if (!CHECK_OK(dt_st_read(dt_test_golden("core/python.safetensors"), &f, &err), &err)) return;
    CHECK_INT(f.count, 12);
    const dt_st_entry *e = dt_st_find(&f, "f32");
    CHECK(e && e->dtype == DT_F32 && e->shape.rank == 2 && e->shape.dim[0] == 2 && e->shape.dim[1] == 3);
    const float *v = e->data;
    CHECK(v[0] == 0 && signbit(v[1]) && v[2] == 1.5f && isinf(v[3]) && v[4] == 1e-45f && v[5] == 3.25e38f);
    CHECK(((const double *)dt_st_find(&f, "f64")->data)[1] == -1e300);
    e = dt_st_find(&f, "i64");
    CHECK(e->shape.rank == 0 && *(const int64_t *)e->data == -9007199254740993);
    e = dt_st_find(&f, "i32");
    CHECK(e->shape.rank == 3 && ((const int32_t *)e->data)[1] == -2);
    CHECK(((const uint8_t *)dt_st_find(&f, "u8")->data)[1] == 255);
    CHECK_INT(dt_st_find(&f, "bool")->dtype, DT_BOOL);
    CHECK_INT(dt_st_find(&f, "empty")->bytes, 0);
    e = dt_st_find(&f, special);
    CHECK(e && *(const float *)e->data == 2.5f);
    CHECK(dt_st_find(&f, "nothing") == NULL);
    CHECK_STR(dt_st_get_meta(&f, "model"), "yolo-nano");
    CHECK_STR(dt_st_get_meta(&f, "names"), names_text);
    CHECK(dt_st_get_meta(&f, "none") == NULL);
    dt_st_free(&f);
}

static void check_halves(const dt_st_file *f, const char *name, const char *as_f32)
{
    float out[256];
    const dt_st_entry *e = dt_st_find(f, name), *want = dt_st_find(f, as_f32);
    CHECK_INT(e->bytes, 512);
    CHECK_INT(dt_st_convert(e, DT_F32, out), 0);
    const float *w = want->data;
    for (int i = 0; i < 256; i++)
        CHECK_MSG(isnan(w[i]) ? isnan(out[i]) : memcmp(&out[i], &w[i], 4) == 0, "%s[%d] = %g, expected %g",
                  name, i, (double)out[i], (double)w[i]);
    CHECK_INT(dt_st_convert(e, DT_I64, out), -1);
}

static void test_converts_halves(void)
{
    dt_error err = {0};
    dt_st_file f;
    if (!CHECK_OK(dt_st_read(dt_test_golden("core/python.safetensors"), &f, &err), &err)) return;
    check_halves(&f, "f16", "f16.as_f32");
    check_halves(&f, "bf16", "bf16.as_f32");
    dt_st_free(&f);
}

/* What Python wrote, written again by us. */
static dt_status rewrite(const char *path, dt_error *err)
{
    dt_st_file f;
    DT_TRY(dt_st_read(dt_test_golden("core/python.safetensors"), &f, err));
    dt_st_writer w = {0};
    dt_status st = DT_OK;
    for (size_t i = f.count; i-- > 0 && st == DT_OK;)
        st = dt_st_add(&w, f.entries[i].name, f.entries[i].dtype, &f.entries[i].shape, f.entries[i].data, 0,
                       err);
    for (size_t i = 0; i < f.meta_count && st == DT_OK; i++)
        st = dt_st_add_meta(&w, f.meta[i].key, f.meta[i].value, err);
    if (st == DT_OK) st = dt_st_save(&w, path, err);
    dt_st_writer_free(&w);
    dt_st_free(&f);
    return st;
}

static void test_round_trip(void)
{
    dt_error err = {0};
    dt_st_file a, b;
    char *path = temporary("round.safetensors");
    if (!CHECK_OK(rewrite(path, &err), &err)) return;
    CHECK_OK(dt_st_read(dt_test_golden("core/python.safetensors"), &a, &err), &err);
    CHECK_OK(dt_st_read(path, &b, &err), &err);
    CHECK_INT(a.count, b.count);
    for (size_t i = 0; i < a.count; i++) {
        const dt_st_entry *x = &a.entries[i], *y = dt_st_find(&b, x->name);
        if (!CHECK(y)) continue;
        CHECK(x->dtype == y->dtype && dt_shape_equal(&x->shape, &y->shape) && x->bytes == y->bytes);
        CHECK(memcmp(x->data, y->data, x->bytes) == 0);
        CHECK(y->copy == NULL); /* ours are aligned in the file */
    }
    CHECK_STR(dt_st_get_meta(&b, "names"), names_text);
    dt_st_free(&a);
    dt_st_free(&b);
    unlink(path);
}

static void test_fixed_bytes(void)
{
    static const char want[] = "{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\"},"
                               "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                               "\"a.w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[8,20]},"
                               "\"b.w\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[20,24]}}";
    float three[3] = {1, 2, 3}, one = 4;
    int64_t n = 5;
    dt_error err = {0};
    dt_st_writer w = {0};
    CHECK_OK(dt_st_add(&w, "b.w", DT_F32, &DT_SHAPE(1, 1), &one, 0, &err), &err);
    CHECK_OK(dt_st_add(&w, "n", DT_I64, &DT_SCALAR, &n, 0, &err), &err);
    CHECK_OK(dt_st_add(&w, "a.w", DT_F32, &DT_SHAPE(3), three, 0, &err), &err);
    CHECK_OK(dt_st_add_meta(&w, "b", "2", &err), &err);
    CHECK_OK(dt_st_add_meta(&w, "a", "1", &err), &err);
    char *path = temporary("fixed.safetensors"), *data = NULL;
    size_t size = 0;
    CHECK_OK(dt_st_save(&w, path, &err), &err);
    dt_st_writer_free(&w);
    CHECK_OK(dt_file_read(path, 10000, &data, &size, &err), &err);
    size_t header = (size_t)(unsigned char)data[0] | (size_t)(unsigned char)data[1] << 8;
    CHECK_INT((8 + header) % 64, 0);
    CHECK_INT(size, 8 + header + 24);
    CHECK(strncmp(data + 8, want, strlen(want)) == 0);
    for (size_t i = 8 + strlen(want); i < 8 + header; i++)
        CHECK(data[i] == ' ');
    CHECK(memcmp(data + 8 + header, &n, 8) == 0 && memcmp(data + 8 + header + 8, three, 12) == 0);
    dt_free(data);
    unlink(path);
}

static dt_status parse_copy(const char *data, size_t size, size_t flipped_byte, int bit, int *has_checksum)
{
    dt_error err = {0};
    dt_st_file file;
    char *copy = dt_malloc(size);
    memcpy(copy, data, size);
    copy[flipped_byte] ^= (char)(1 << bit);
    dt_status st = dt_st_parse(copy, size, "x.st", &file, &err);
    *has_checksum = st == DT_OK && file.has_checksum;
    if (st == DT_OK) dt_st_free(&file);
    return st;
}

/* No file with one bit changed, wherever it is, is taken for a whole one. */
static void test_checksum(void)
{
    float three[3] = {1, 2, 3};
    dt_error err = {0};
    dt_st_writer w = {.checksum = 1};
    CHECK_OK(dt_st_add(&w, "a.w", DT_F32, &DT_SHAPE(3), three, 0, &err), &err);
    CHECK_OK(dt_st_add_meta(&w, "model", "x", &err), &err);
    char *path = temporary("sum.safetensors"), *data = NULL;
    size_t size = 0;
    CHECK_OK(dt_st_save(&w, path, &err), &err);
    dt_st_writer_free(&w);
    CHECK_OK(dt_file_read(path, 10000, &data, &size, &err), &err);
    dt_st_file whole;
    CHECK_OK(dt_st_read(path, &whole, &err), &err);
    CHECK(whole.has_checksum);
    CHECK(dt_st_get_meta(&whole, "dettool.checksum") != NULL);
    dt_st_free(&whole);
    /* what others call so is theirs */
    CHECK_OK(parse_text("{\"__metadata__\":{\"checksum\":\"crc32:00000000\"}}", 0, &whole, &err), &err);
    CHECK(!whole.has_checksum);
    dt_st_free(&whole);
    int taken = 0, refused = 0;
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            int has_checksum = 0;
            const dt_status st = parse_copy(data, size, i, bit, &has_checksum);
            taken += has_checksum;
            refused += st == DT_ERR_FORMAT;
            CHECK(st == DT_OK || st == DT_ERR_FORMAT || st == DT_ERR_UNSUPPORTED);
        }
    CHECK_INT(taken, 0);
    CHECK_MSG(refused > 7 * (int)size, "%d of %d", refused, 8 * (int)size);
    dt_free(data);
    unlink(path);
}

static void test_writer_refuses(void)
{
    float v = 1;
    dt_error err = {0};
    dt_st_writer w = {0};
    char *path = temporary("refused.safetensors");
    CHECK_INT(dt_st_add(&w, "__metadata__", DT_F32, &DT_SCALAR, &v, 0, &err), DT_ERR_ARG);
    CHECK_OK(dt_st_add(&w, "same", DT_F32, &DT_SCALAR, &v, 0, &err), &err);
    CHECK_OK(dt_st_add(&w, "same", DT_F64, &DT_SCALAR, &v, 0, &err), &err);
    CHECK_INT(dt_st_save(&w, path, &err), DT_ERR_ARG);
    CHECK(strstr(err.text, "\"same\""));
    CHECK(!dt_is_file(path));
    dt_st_writer_free(&w);
    CHECK_OK(dt_st_add(&w, "w", DT_F32, &DT_SCALAR, &v, 0, &err), &err);
    CHECK_INT(dt_st_save(&w, "/nowhere/x.safetensors", &err), DT_ERR_IO);
    CHECK(strstr(err.text, "/nowhere/x.safetensors"));
    dt_st_writer_free(&w);
}

static void test_refuses_broken_files(void)
{
    static const struct {
        const char *header;
        size_t data;
        const char *part; /* of the message */
    } cases[] = {
        {"", 0, "'{' expected"},
        {"[]", 0, "'{' expected"},
        {"{", 0, "'\"' expected"},
        {"{}x", 0, "goes on"},
        {"{}", 4, "accounts for 0"},
        {"{\"a\"}", 0, "':' expected"},
        {"{\"a", 0, "without end"},
        {"{\"a\\\"", 0, "without end"},
        {"{\"a\\", 0, "without end"},
        {"{\"\\q\":1}", 0, "unknown escape"},
        {"{\"\\u12g4\":1}", 0, "hexadecimal"},
        {"{\"\\ud83d\":1}", 0, "surrogate"},
        {"{\"\\ud83d\\u0041\":1}", 0, "surrogate"},
        {"{\"\\ude00\":1}", 0, "surrogate"},
        {"{\"a\\u0000b\":1}", 0, "zero byte"},
        {"{\"a\tb\":1}", 0, "control character"},
        {"{\"a\":[]}", 0, "'{' expected"},
        {"{\"a\":{}}", 0, "'\"' expected"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "no data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "no shape"},
        {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "no dtype"},
        {"{\"a\":{\"shape\":[1],\"shape\":[1]}}", 4, "there twice"},
        {"{\"a\":{\"size\":4}}", 4, "unknown"},
        {"{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4,
         "tensor \"a\": data type \"F8_E4M3\""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}", 4, "[0, 8) is outside of the 4"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "outside"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "not negative"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, "whole number"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", 4, "leading zero"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}", 4,
         "too large"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
         "shape (2) of float32 does not make the 4"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,0]}}", 0,
         "does not make"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,0],\"data_offsets\":[0,0]}}", 0,
         "does not make"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "more than 6 axes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "a gap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, "overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, "the name is there twice"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "'\"' expected"},
        {"{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", 0, "'\"' expected"},
        {"{\"__metadata__\":{\"a\":\"b\"},\"__metadata__\":{}}", 0, "twice"},
        {"{\"a\\u001b[31m\":{\"x\":1}}", 0, "\"a?[31m\""},
    };
    size_t live = dt_mem_live();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dt_error err = {0};
        dt_st_file f;
        dt_status st = parse_text(cases[i].header, cases[i].data, &f, &err);
        CHECK_MSG(st == DT_ERR_FORMAT || st == DT_ERR_UNSUPPORTED, "case %zu: status %d for %s", i, st,
                  cases[i].header);
        CHECK_MSG(strncmp(err.text, "x.st: ", 6) == 0 && strstr(err.text, cases[i].part),
                  "case %zu: \"%s\" lacks \"%s\"", i, err.text, cases[i].part);
        CHECK(f.count == 0 && f.entries == NULL);
        dt_st_free(&f);
    }
    CHECK_INT(dt_mem_live(), live);
}

static void test_refuses_bad_lengths(void)
{
    dt_error err = {0};
    dt_st_file f;
    CHECK_INT(dt_st_parse(dt_calloc(1, 7), 7, "x", &f, &err), DT_ERR_FORMAT);
    unsigned char *memory = dt_calloc(1, 16);
    memory[0] = 9;
    CHECK_INT(dt_st_parse(memory, 16, "x", &f, &err), DT_ERR_FORMAT);
    memory = dt_malloc(16);
    memset(memory, 0xFF, 16);
    CHECK_INT(dt_st_parse(memory, 16, "x", &f, &err), DT_ERR_FORMAT);
    CHECK(strstr(err.text, "18446744073709551615"));
    CHECK_INT(dt_st_read("/nowhere.safetensors", &f, &err), DT_ERR_NOT_FOUND);
    dt_st_free(&f);
}

static void test_accepts(void)
{
    dt_error err = {0};
    dt_st_file f;
    CHECK_OK(parse_text("{}   ", 0, &f, &err), &err);
    CHECK_INT(f.count, 0);
    CHECK(dt_st_find(&f, "a") == NULL);
    dt_st_free(&f);
    CHECK_OK(parse_text(" { \"__metadata__\" : { } , \"\\u0061\\/\\n\" : { \"data_offsets\" : [ 0 , 4 ] ,\n"
                        "\"shape\" : [ ] , \"dtype\" : \"F32\" } } ",
                        4, &f, &err),
             &err);
    CHECK(dt_st_find(&f, "a/\n") != NULL);
    dt_st_free(&f);
}

static void test_aligns(void)
{
    dt_error err = {0};
    dt_st_file f;
    CHECK_OK(parse_text("{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                        "\"b\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[3,11]}}",
                        11, &f, &err),
             &err);
    CHECK_INT((uintptr_t)dt_st_find(&f, "b")->data % 8, 0);
    CHECK(*(const double *)dt_st_find(&f, "b")->data == 0);
    dt_st_free(&f);
}

/* Every cut of a good file is refused. */
static void test_truncations(void)
{
    dt_error err = {0};
    char *data = NULL;
    size_t size = 0;
    CHECK_OK(dt_file_read(dt_test_golden("core/python.safetensors"), 1 << 20, &data, &size, &err), &err);
    for (size_t n = 0; n < size; n++) {
        void *part = dt_malloc(n);
        dt_st_file f;
        memcpy(part, data, n);
        CHECK_INT(dt_st_parse(part, n, "x", &f, &err), DT_ERR_FORMAT);
    }
    dt_free(data);
}

static void test_out_of_memory(void)
{
    size_t live = dt_mem_live();
    dt_error err = {0};
    dt_st_file f;
    int fired = 1;
    for (uint64_t n = 1; fired; n++) {
        dt_mem_fail_at(n);
        dt_status st = dt_st_read(dt_test_golden("core/python.safetensors"), &f, &err);
        fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_INT(st, fired ? DT_ERR_MEMORY : DT_OK);
        dt_st_free(&f);
        CHECK_INT(dt_mem_live(), live);
    }
    char *path = temporary("memory.safetensors");
    fired = 1;
    for (uint64_t n = 1; fired; n++) {
        dt_mem_fail_at(n);
        dt_status st = rewrite(path, &err);
        fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_MSG(st == DT_OK || (fired && st == DT_ERR_MEMORY), "allocation %llu: %d", (unsigned long long)n,
                  st);
        if (st != DT_OK) CHECK(!dt_is_file(path));
        unlink(path);
        CHECK_INT(dt_mem_live(), live);
    }
}

int main(int argc, char **argv)
{
    dt_error err = {0};
    if (argc > 1) return rewrite(argv[1], &err) == DT_OK ? 0 : (fprintf(stderr, "%s\n", err.text), 1);
    RUN(test_reads_python);
    RUN(test_converts_halves);
    RUN(test_round_trip);
    RUN(test_fixed_bytes);
    RUN(test_checksum);
    RUN(test_writer_refuses);
    RUN(test_refuses_broken_files);
    RUN(test_refuses_bad_lengths);
    RUN(test_accepts);
    RUN(test_aligns);
    RUN(test_truncations);
    RUN(test_out_of_memory);
    return dt_test_end();
}
