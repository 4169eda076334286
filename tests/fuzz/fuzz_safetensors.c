/* Any bytes as a safetensors file: no crash, no leak, and what is accepted can be read to the last byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t live = dt_mem_live();
    dt_error err = {0};
    dt_st_file file;
    void *copy = dt_malloc(size);
    if (!copy) return 0;
    memcpy(copy, data, size);
    if (dt_st_parse(copy, size, "fuzz", &file, &err) == DT_OK) {
        for (size_t i = 0; i < file.count; i++) {
            const dt_st_entry *e = &file.entries[i];
            double *out =
                dt_malloc(e->bytes / dt_dtype_size(e->dtype) * sizeof *out); /* room for every type */
            if (!out || dt_st_find(&file, e->name) != e) abort();
            if (dt_st_convert(e, dt_st_can_convert(e->dtype, DT_F32) ? DT_F32 : e->dtype, out) != 0) abort();
            unsigned char sum = 0;
            for (size_t k = 0; k < e->bytes; k++)
                sum ^= ((const unsigned char *)e->data)[k];
            if (sum == 1) dt_st_get_meta(&file, e->name);
            dt_free(out);
        }
        dt_st_free(&file);
    }
    if (dt_mem_live() != live) abort();
    return 0;
}
