/** TensorBoard event files: scalars. Format: TFRecord frames (length, masked CRC-32C, Event message, masked
 *  CRC-32C); Event and Summary as in tensorflow/core/util/event.proto and framework/summary.proto. */
#ifndef DT_TOOLS_TB_EVENTS_H
#define DT_TOOLS_TB_EVENTS_H

#include <stdint.h>

#include "core/str.h"

/** Starts a file: its version record. wall: seconds since 1970. */
void dt_tb_begin(dt_str *out, double wall);
void dt_tb_scalar(dt_str *out, double wall, int64_t step, const char *tag, float value);

/** CRC-32C (Castagnoli, reflected 0x82F63B78) of bytes: 0xE3069283 for "123456789". */
uint32_t dt_crc32c(const void *data, size_t bytes);

#endif
