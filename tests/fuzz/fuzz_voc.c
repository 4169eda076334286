/* Any bytes as a VOC annotation. */
#include "datasets/voc/voc.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dt_dataset set = {0};
    dt_findings findings = {0};
    dt_voc_file info;
    dt_error err = {0};
    if (dt_dataset_add_record(&set, NULL, "a.xml", NULL, &err) == DT_OK) {
        dt_status st = dt_voc_parse((const char *)data, size, "a.xml", &set, &info, &findings, &err);
        FUZZ_CHECK(set.records[0].count == set.object_count);
        FUZZ_CHECK(st == DT_OK || (set.object_count == 0 && err.text[0]));
    }
    dt_dataset_free(&set);
    dt_findings_free(&findings);
    FUZZ_CHECK(dt_mem_live() == 0);
    return 0;
}
