/** For safetensors_*.c: the text of metadata "checksum". */
#ifndef DT_CORE_SAFETENSORS_CHECKSUM_H
#define DT_CORE_SAFETENSORS_CHECKSUM_H

#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

#define DT_ST_CHECKSUM_KEY    "checksum"
#define DT_ST_CHECKSUM_PREFIX "crc32:"

/** "crc32:0123abcd" */
typedef struct dt_st_checksum {
    char text[sizeof DT_ST_CHECKSUM_PREFIX + 8];
} dt_st_checksum;

/** Of all before and these bytes; start with 0. */
static inline uint32_t dt_st_crc(uint32_t crc, const void *data, size_t bytes)
{
    return (uint32_t)crc32_z(crc, data, bytes);
}

static inline dt_st_checksum dt_st_checksum_of(uint32_t crc)
{
    dt_st_checksum c;
    snprintf(c.text, sizeof c.text, DT_ST_CHECKSUM_PREFIX "%08x", (unsigned)crc);
    return c;
}

#endif
