/** SHA-256 (FIPS 180-4). */
#ifndef DT_CORE_SHA256_H
#define DT_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct dt_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
} dt_sha256;

enum { DT_SHA256_TEXT = 65 };

void dt_sha256_begin(dt_sha256 *s);
void dt_sha256_add(dt_sha256 *s, const void *data, size_t size);

/** 64 hexadecimal digits and a NUL. */
void dt_sha256_end(dt_sha256 *s, char text[DT_SHA256_TEXT]);

#endif
