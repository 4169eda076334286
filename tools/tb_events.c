#include "tools/tb_events.h"

#include <string.h>

uint32_t dt_crc32c(const void *data, size_t bytes)
{
    const unsigned char *p = data;
    uint32_t crc = ~0u;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

static void put_le(dt_str *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        dt_str_char(out, (char)(value >> 8 * i & 0xff));
}

static void put_varint(dt_str *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        dt_str_char(out, (char)((value & 0x7f) | 0x80));
    dt_str_char(out, (char)value);
}

/* Protocol buffer wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
static void put_key(dt_str *out, int field, int wire)
{
    put_varint(out, (uint64_t)field << 3 | (uint64_t)wire);
}

static void put_bytes(dt_str *out, int field, const char *data, size_t len)
{
    put_key(out, field, 2);
    put_varint(out, len);
    dt_str_append_n(out, data, len);
}

static uint32_t masked_crc(const void *data, size_t bytes)
{
    uint32_t crc = dt_crc32c(data, bytes);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void put_record(dt_str *out, dt_str *event)
{
    dt_str head = {0};
    put_le(&head, event->len, 8);
    if (head.failed || event->failed) {
        out->failed = 1;
    } else {
        dt_str_append_n(out, head.data, head.len);
        put_le(out, masked_crc(head.data, head.len), 4);
        dt_str_append_n(out, event->data, event->len);
        put_le(out, masked_crc(event->data, event->len), 4);
    }
    dt_str_free(&head);
    dt_str_free(event);
}

static void put_wall(dt_str *event, double wall)
{
    uint64_t bits;
    memcpy(&bits, &wall, sizeof bits);
    put_key(event, 1, 1);
    put_le(event, bits, 8);
}

void dt_tb_begin(dt_str *out, double wall)
{
    static const char version[] = "brain.Event:2";
    dt_str event = {0};
    put_wall(&event, wall);
    put_bytes(&event, 3, version, sizeof version - 1);
    put_record(out, &event);
}

void dt_tb_scalar(dt_str *out, double wall, int64_t step, const char *tag, float value)
{
    dt_str entry = {0}, summary = {0}, event = {0};
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_bytes(&entry, 1, tag, strlen(tag));
    put_key(&entry, 2, 5);
    put_le(&entry, bits, 4);
    put_wall(&event, wall);
    put_key(&event, 2, 0);
    put_varint(&event, (uint64_t)step);
    if (!entry.failed) put_bytes(&summary, 1, entry.data, entry.len);
    if (!summary.failed && summary.data) put_bytes(&event, 5, summary.data, summary.len);
    if (entry.failed || summary.failed) event.failed = 1;
    dt_str_free(&entry);
    dt_str_free(&summary);
    put_record(out, &event);
}
