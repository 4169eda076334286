/* Any bytes as data.yaml. */
#include <stdio.h>
#include <unistd.h>

#include "datasets/yolo/yolo.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dt_yolo_config config;
    dt_error err = {0};
    char path[64];
    snprintf(path, sizeof path, "/tmp/dt_fuzz_%d.yaml", (int)getpid());
    FILE *out = fopen(path, "wb");
    if (!out) return 0;
    fwrite(data, 1, size, out);
    fclose(out);
    if (dt_yolo_config_read(path, &config, &err) == DT_OK) {
        FUZZ_CHECK(config.names.count > 0 && config.root);
        dt_yolo_config_free(&config);
    }
    unlink(path);
    FUZZ_CHECK(dt_mem_live() == 0);
    return 0;
}
