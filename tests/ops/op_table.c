/* Runs the cases of the ops named on the command line, or of all; "--list" prints the names of the registered
 * ops. */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "tests/ops/harness.h"

#define DT_OP(name) extern const dt_op_cases dt_cases_##name __attribute__((weak));
#include "core/ops/op_list.def"
#undef DT_OP

static const dt_op_cases *cases_of(const dt_op *op)
{
    switch (op->id) {
#define DT_OP(name)                                                                                          \
    case DT_OP_ID_##name:                                                                                    \
        return &dt_cases_##name;
#include "core/ops/op_list.def"
#undef DT_OP
    default:
        return NULL;
    }
}

static void run_op(dt_harness *h, const dt_op *op, dt_case_counts *counts)
{
    const dt_op_cases *cases = cases_of(op);
    if (!cases || cases->count == 0) {
        fprintf(stderr,
                "%s: a registered op without a case: write tests/ops/cases_%s.c (see tests/ops/harness.h)\n",
                op->name, op->name);
        counts->failures++;
        return;
    }
    for (int i = 0; i < cases->count; i++)
        dt_harness_run(h, op, &cases->cases[i], counts);
}

static const dt_op *find_op(const char *name)
{
    for (int id = 0; id < DT_OP_COUNT; id++)
        if (strcmp(dt_op_table[id]->name, name) == 0) return dt_op_table[id];
    return NULL;
}

static void report(const dt_harness *h, const dt_case_counts *counts)
{
    printf("%d cases, %d failures\n", counts->cases, counts->failures);
    if (!dt_harness_has_cuda(h))
        printf("%d cases skipped: no CUDA device\n", counts->cuda_skipped);
    else
        printf("CUDA: %d cases run, %d without a kernel\n", counts->cuda_run, counts->cuda_no_kernel);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (int id = 0; id < DT_OP_COUNT; id++)
            puts(dt_op_table[id]->name);
        return 0;
    }
    dt_harness *h = dt_harness_open();
    if (!h) return 1;
    dt_case_counts counts = {0};
    for (int id = 0; argc == 1 && id < DT_OP_COUNT; id++)
        run_op(h, dt_op_table[id], &counts);
    for (int i = 1; i < argc; i++) {
        const dt_op *op = find_op(argv[i]);
        if (op) {
            run_op(h, op, &counts);
        } else {
            fprintf(stderr, "%s: no op has this name\n", argv[i]);
            counts.failures++;
        }
    }
    report(h, &counts);
    dt_harness_close(h);
    if (dt_mem_live() != 0) {
        fprintf(stderr, "%zu bytes are still allocated at the end\n", dt_mem_live());
        counts.failures++;
    }
    return counts.failures ? 1 : 0;
}
