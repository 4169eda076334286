/** Golden values as text: "name count" on a line, then `count` numbers. Written by the scripts in
 * tests/golden/. */
#ifndef DT_TESTS_GOLDEN_FILE_H
#define DT_TESTS_GOLDEN_FILE_H

#include "test.h"

/** The numbers of this name (free them), or NULL after a failed check. */
__attribute__((unused)) static double *golden_read(const char *file, const char *name, int64_t *count)
{
    FILE *f = fopen(dt_test_golden(file), "r");
    if (!CHECK_MSG(f != NULL, "%s is not there", dt_test_golden(file))) return NULL;
    char key[128];
    long long n;
    while (fscanf(f, "%127s %lld", key, &n) == 2) {
        double *values = malloc((size_t)(n > 0 ? n : 1) * sizeof *values);
        long long got = 0;
        while (values && got < n && fscanf(f, "%lf", &values[got]) == 1)
            got++;
        if (got == n && strcmp(key, name) == 0) {
            fclose(f);
            *count = n;
            return values;
        }
        free(values);
        if (got != n) break;
    }
    fclose(f);
    CHECK_MSG(0, "%s: no complete entry \"%s\"", file, name);
    return NULL;
}

#endif
