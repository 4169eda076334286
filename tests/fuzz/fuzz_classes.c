/* Any bytes as a CIFAR file or a pair of idx files. The first byte chooses; of a pair, the second says where
 * the labels begin. */
#include <string.h>

#include "datasets/classes/class_parts.h"
#include "fuzz.h"

static void take_cifar(dt_class_set *set, const uint8_t *data, size_t size, dt_error *err)
{
    const dt_cifar_row row = {1 + (size & 1), (int)(size & 1)};
    for (int i = 0; i < 10; i++)
        if (dt_names_add(&set->names, "x", err) != DT_OK) return;
    if (dt_class_cifar_rows(set, &set->splits[0], "f.bin", row, data, size, err) == DT_OK)
        FUZZ_CHECK(set->splits[0].count > 0);
}

static void take_idx(dt_class_set *set, const uint8_t *data, size_t size, dt_error *err)
{
    size_t cut = data[0] < size ? size - data[0] : size; /* labels are at the end */
    dt_class_idx_pair(&set->splits[0], "images", data + 1, cut > 1 ? cut - 1 : 0, "labels", data + cut,
                      size - cut, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dt_class_set set = {0};
    dt_error err = {0};
    if (size < 2) return 0;
    if (data[0] & 1)
        take_cifar(&set, data + 1, size - 1, &err);
    else
        take_idx(&set, data + 1, size - 1, &err);
    dt_source source = dt_class_split_source(&set.splits[0]);
    for (int64_t i = 0; i < source.count && i < 4; i++) {
        dt_sample sample = {.cls = -1};
        FUZZ_CHECK(source.load(source.self, i, &sample, &err) == DT_OK);
        FUZZ_CHECK(sample.cls >= 0 && sample.image.channels == 3);
        dt_sample_free(&sample);
    }
    dt_class_set_free(&set);
    FUZZ_CHECK(dt_mem_live() == 0);
    return 0;
}
