/* Any bytes as obj.data, a list of images and a list of names, with a form feed between them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datasets/yolo/yolo.h"
#include "fuzz.h"

static char root[64];

static void put(const char *name, const uint8_t *data, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out) != 0) abort();
}

static void remove_root(void)
{
    static const char *const names[] = {"obj.data", "list.txt", "obj.names", "a.jpg", "a.txt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", root, names[i]);
        unlink(path);
    }
    rmdir(root);
}

static void make_root(void)
{
    static const char label[] = "0 .5 .5 .5 .5\n1 .5 .5 .25 .25\n";
    snprintf(root, sizeof root, "%s/dt_fuzz_XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root)) abort();
    atexit(remove_root);
    put("a.jpg", (const uint8_t *)"", 0);
    put("a.txt", (const uint8_t *)label, sizeof label - 1);
}

/* Folders are not walked: an input may well say "/". */
static int names_list_only(const dt_yolo_config *config)
{
    for (int s = 0; s < DT_YOLO_SPLITS; s++)
        for (size_t i = 0; i < config->entries[s].count; i++)
            if (strcmp(config->entries[s].items[i], "list.txt") != 0) return 0;
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = {"obj.data", "list.txt", "obj.names"};
    char path[128];
    dt_yolo_config config;
    dt_dataset set;
    dt_findings findings = {0};
    dt_error err = {0};
    if (!*root) make_root();
    for (int i = 0; i < 3; i++) {
        const uint8_t *cut = i < 2 && size ? memchr(data, '\f', size) : NULL;
        size_t n = cut ? (size_t)(cut - data) : size;
        put(files[i], data, n);
        data += cut ? n + 1 : n;
        size -= cut ? n + 1 : n;
    }
    snprintf(path, sizeof path, "%s/obj.data", root);
    if (dt_yolo_config_read(path, &config, &err) == DT_OK) {
        FUZZ_CHECK(config.names.count > 0 && config.root && config.bases.count > 1);
        int safe = names_list_only(&config);
        dt_yolo_config_free(&config);
        if (safe &&
            dt_yolo_read(path, &(dt_yolo_read_opts){.no_orphans = 1}, &set, &findings, &err) == DT_OK) {
            for (size_t i = 0; i < set.object_count; i++)
                FUZZ_CHECK(set.objects[i].cls >= 0 && (size_t)set.objects[i].cls < set.class_count);
            dt_dataset_free(&set);
        }
    } else {
        FUZZ_CHECK(err.text[0]);
    }
    dt_findings_free(&findings);
    FUZZ_CHECK(dt_mem_live() == 0);
    return 0;
}
