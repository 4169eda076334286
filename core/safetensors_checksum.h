/** For safetensors_*.c: metadata "dettool.checksum", CRC-32 of the whole file in which its own eight digits are zeros. */
#ifndef DT_CORE_SAFETENSORS_CHECKSUM_H
#define DT_CORE_SAFETENSORS_CHECKSUM_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* With the program's name: a "checksum" in the files of others may be of anything. */
#define DT_ST_CHECKSUM_KEY  "dettool.checksum"
#define DT_ST_CHECKSUM_ZERO "crc32:00000000"

/* As it stands in the header: the digits follow. */
#define DT_ST_CHECKSUM_LEAD "\"" DT_ST_CHECKSUM_KEY "\":\"crc32:"
enum { DT_ST_CHECKSUM_DIGITS = 8 };

/** Of all before and these bytes; start with 0. */
static inline uint32_t dt_st_crc(uint32_t crc, const void *data, size_t bytes)
{
    return bytes ? (uint32_t)crc32_z(crc, data, bytes) : crc;
}

/** Where the digits stand in the header; NULL: there are none. */
static inline const char *dt_st_checksum_find(const char *header, size_t bytes)
{
    const char *lead = memmem(header, bytes, DT_ST_CHECKSUM_LEAD, sizeof DT_ST_CHECKSUM_LEAD - 1);
    if (!lead) return NULL;
    const char *digits = lead + sizeof DT_ST_CHECKSUM_LEAD - 1;
    return digits + DT_ST_CHECKSUM_DIGITS <= header + bytes ? digits : NULL;
}

static inline void dt_st_checksum_text(uint32_t crc, char text[DT_ST_CHECKSUM_DIGITS + 1])
{
    snprintf(text, DT_ST_CHECKSUM_DIGITS + 1, "%08x", (unsigned)crc);
}

#endif
