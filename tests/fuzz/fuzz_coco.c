/* Any bytes as a COCO file: instances into records, their segmentations, results in one piece and by several
 * threads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datasets/coco/coco.h"
#include "datasets/coco/coco_json.h"
#include "fuzz.h"

/* A file in memory that is opened by its path. */
static const char *put(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("coco.json", MFD_CLOEXEC);
        if (fd < 0) abort();
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size) abort();
    return path;
}

static void check_set(const dt_dataset *set)
{
    size_t objects = 0, records = 0;
    for (size_t s = 0; s < set->split_count; s++)
        records += set->splits[s].count;
    FUZZ_CHECK(records == set->record_count);
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        objects += r->count;
        FUZZ_CHECK(r->name && *r->name && r->label && r->width >= 0 && r->height >= 0);
        for (size_t k = r->first; k < r->first + r->count; k++) {
            const dt_object *o = &set->objects[k];
            dt_str text = {0};
            dt_error err = {0};
            FUZZ_CHECK(o->cls >= 0 && (size_t)o->cls < set->class_count);
            FUZZ_CHECK(isfinite(o->box.x1 + o->box.y1) && isfinite(o->box.x2 + o->box.y2));
            if (!o->extra->segmentation_bytes) continue;
            FUZZ_CHECK(dt_coco_segmentation_read(r, o, &text, &err) == DT_OK);
            FUZZ_CHECK(*text.data == '[' || *text.data == '{');
            FUZZ_CHECK(text.data[text.len - 1] == ']' || text.data[text.len - 1] == '}');
            dt_str_free(&text);
        }
    }
    FUZZ_CHECK(objects == set->object_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = put(data, size);
    dt_coco_results results;
    dt_dataset set;
    dt_findings findings = {0};
    dt_error err = {0};
    if (dt_coco_read(path, &(dt_coco_read_opts){.no_images = 1}, &set, &findings, &err) == DT_OK) {
        check_set(&set);
        dt_dataset_free(&set);
    } else {
        FUZZ_CHECK(err.text[0]);
    }
    dt_findings_free(&findings);
    dt_error_clear(&err);
    if (dt_coco_results_read(path, NULL, &results, &err) == DT_OK) {
        for (size_t i = 0; i < results.count; i++)
            FUZZ_CHECK(isfinite(results.items[i].score) && isfinite(results.items[i].w));
        dt_coco_results_free(&results);
    }
    FUZZ_CHECK(dt_mem_live() == 0);
    return 0;
}
