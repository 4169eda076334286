/* Any bytes as an image file, strict and tolerant, upright and raw. */
#include "datasets/image/image.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dt_image_info info;
    dt_image image;
    dt_error err = {0};
    int warnings;
    if (dt_image_probe_memory(data, size, "x", &info, &err) != DT_OK) return 0;
    if ((double)info.width * info.height > 1e6) return 0; /* time, not memory, is short here */
    for (int turn = 0; turn < 2; turn++) {
        const dt_image_load_opts opts = {.raw_orientation = turn, .gray = turn, .reduce = turn ? 2 : 0};
        if (dt_image_decode(data, size, "x", &opts, &image, turn ? &warnings : NULL, &err) == DT_OK) {
            FUZZ_CHECK(image.data && image.channels == (turn ? 1 : 3));
            FUZZ_CHECK(turn || (image.width == info.upright_width && image.height == info.upright_height));
        }
        dt_image_free(&image);
    }
    FUZZ_CHECK(dt_mem_live() == 0);
    return 0;
}
