/* TensorBoard events against bytes that another encoder wrote (golden/make_tb_events.py), and CRC-32C. */
#include "core/file.h"
#include "core/mem.h"
#include "test.h"
#include "tools/tb_events.h"

static void test_crc(void)
{
    CHECK_INT(dt_crc32c("", 0), 0);
    CHECK_INT(dt_crc32c("123456789", 9), 0xE3069283u);
    unsigned char bytes[32] = {0};
    CHECK_INT(dt_crc32c(bytes, 32), 0x8A9136AAu); /* this and the next two: RFC 3720, B.4 */
    memset(bytes, 0xff, 32);
    CHECK_INT(dt_crc32c(bytes, 32), 0x62A8AB43u);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    CHECK_INT(dt_crc32c(bytes, 32), 0x46DD794Eu);
}

static void write_events(dt_str *out)
{
    char long_tag[201];
    memset(long_tag, 'x', 200);
    long_tag[200] = '\0';
    dt_tb_begin(out, 0);
    dt_tb_scalar(out, 0, 0, "a", 0);
    dt_tb_scalar(out, 1.5, 1, "train/box_loss", 2.25f);
    dt_tb_scalar(out, 2, 127, "metrics/mAP50(B)", -1);
    dt_tb_scalar(out, 1700000000.25, 128, "lr/pg0", 0.001f);
    dt_tb_scalar(out, 3, (int64_t)1 << 40, long_tag, INFINITY);
    dt_tb_scalar(out, 4, 5, "Ampel gr\xc3\xbcn", 1e-30f);
}

static void test_golden(void)
{
    dt_error err = {0};
    char *want = NULL;
    size_t size = 0;
    if (!CHECK_OK(dt_file_read(dt_test_golden("tb_events.bin"), 1 << 16, &want, &size, &err), &err)) return;
    dt_str have = {0};
    write_events(&have);
    CHECK(!have.failed);
    CHECK_INT(have.len, size);
    CHECK(have.len == size && memcmp(have.data, want, size) == 0);
    dt_str_free(&have);
    dt_free(want);
}

static void test_memory(void)
{
    int64_t before = (int64_t)dt_mem_live();
    for (int n = 1; n < 200; n++) {
        dt_str out = {0};
        dt_mem_fail_at(n);
        write_events(&out);
        dt_mem_fail_at(0);
        int failed = out.failed;
        dt_str_free(&out);
        CHECK_INT(dt_mem_live(), before);
        if (!failed) {
            CHECK(n > 5);
            return;
        }
    }
    CHECK_MSG(0, "every run failed");
}

int main(void)
{
    RUN(test_crc);
    RUN(test_golden);
    RUN(test_memory);
    return dt_test_end();
}
