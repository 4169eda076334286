/* Any text as a pipeline of transforms: what is read has a canonical form that reads back to itself. */
#include <string.h>

#include "datasets/transforms/transform.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = dt_malloc(size + 1);
    FUZZ_CHECK(text);
    memcpy(text, data, size);
    text[size] = '\0';
    if (text[0] == '@') text[0] = ' '; /* no files */
    dt_error err = {0};
    dt_transforms *t = NULL, *again = NULL;
    if (dt_transforms_parse(text, &t, &err) == DT_OK) {
        dt_str once = {0}, twice = {0};
        int width, height;
        dt_transforms_text(t, &once);
        FUZZ_CHECK(dt_transforms_parse(once.data, &again, &err) == DT_OK);
        dt_transforms_text(again, &twice);
        FUZZ_CHECK(strcmp(once.data, twice.data) == 0);
        dt_transforms_size(t, &width, &height);
        FUZZ_CHECK(width >= 0 && height >= 0);
        dt_str_free(&once);
        dt_str_free(&twice);
    } else {
        FUZZ_CHECK(t == NULL && err.status == DT_ERR_ARG && err.text[0]);
    }
    dt_transforms_free(t);
    dt_transforms_free(again);
    dt_free(text);
    FUZZ_CHECK(dt_mem_live() == 0);
    return 0;
}
