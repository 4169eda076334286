/* Any bytes as a YOLO label file; kept boxes lie inside the picture and have area. */
#include "datasets/yolo/yolo.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dt_dataset set = {0};
    dt_findings findings = {0};
    dt_error err = {0};
    if (dt_dataset_add_record(&set, "a.jpg", "a.txt", NULL, &err) == DT_OK) {
        const dt_yolo_rows rows = {.file = "a.txt", .class_count = 5, .class_base = size % 2};
        FUZZ_CHECK(dt_yolo_parse((const char *)data, size, &rows, &set, &findings, &err) == DT_OK);
        FUZZ_CHECK(set.records[0].count == set.object_count);
        for (size_t i = 0; i < set.object_count; i++) {
            const dt_object *o = &set.objects[i];
            FUZZ_CHECK(o->cls >= 0 && o->cls < 5);
            FUZZ_CHECK(o->box.x1 >= 0 && o->box.y1 >= 0 && o->box.x2 <= 1 && o->box.y2 <= 1);
            FUZZ_CHECK(o->box.x2 > o->box.x1 && o->box.y2 > o->box.y1);
        }
    }
    dt_dataset_free(&set);
    dt_findings_free(&findings);
    FUZZ_CHECK(dt_mem_live() == 0);
    return 0;
}
