#include "tools/op_times.h"

#include <stdlib.h>

typedef struct op_row {
    const char *name;
    double ms[DT_PHASES], sum; /* an image */
    int64_t calls;
} op_row;

void dt_op_times_add(void *arg, const dt_op *op, double seconds)
{
    dt_op_times *t = arg;
    t->seconds[op->id][t->phase] += seconds;
    t->calls[op->id]++;
}

static int slowest_first(const void *a, const void *b)
{
    const op_row *x = a, *y = b;
    return (x->sum < y->sum) - (x->sum > y->sum);
}

/* The ops that ran, sorted; *inside: their milliseconds an image. */
static int make_rows(const dt_op_times *t, int64_t images, op_row rows[DT_OP_COUNT], double *inside)
{
    int count = 0;
    *inside = 0;
    for (int op = 0; op < DT_OP_COUNT; op++) {
        if (t->calls[op] == 0) continue;
        op_row *row = &rows[count++];
        *row = (op_row){.name = dt_op_table[op]->name, .calls = t->calls[op]};
        for (int p = 0; p < DT_PHASES; p++) {
            row->ms[p] = t->seconds[op][p] * 1e3 / (double)images;
            row->sum += row->ms[p];
        }
        *inside += row->sum;
    }
    qsort(rows, (size_t)count, sizeof *rows, slowest_first);
    return count;
}

void dt_op_times_text(const dt_op_times *times, int64_t images, double total, FILE *out)
{
    op_row rows[DT_OP_COUNT];
    double inside;
    int count = make_rows(times, images, rows, &inside);
    fprintf(out, "%-24s %10s %10s %10s %7s\n", "op (ms an image)", "forward", "backward", "calls", "share");
    for (int i = 0; i < count; i++)
        fprintf(out, "%-24s %10.3f %10.3f %10lld %6.1f%%\n", rows[i].name, rows[i].ms[DT_PHASE_FORWARD],
                rows[i].ms[DT_PHASE_BACKWARD], (long long)rows[i].calls, 100 * rows[i].sum / total);
    fprintf(out, "%-24s %10.3f %28.1f%%\n", "(outside ops)", total - inside, 100 * (total - inside) / total);
}

void dt_op_times_json(const dt_op_times *times, int64_t images, double total, dt_json *json)
{
    op_row rows[DT_OP_COUNT];
    double inside;
    int count = make_rows(times, images, rows, &inside);
    dt_json_key(json, "ops");
    dt_json_array(json);
    for (int i = 0; i < count; i++) {
        dt_json_compact(json);
        dt_json_object(json);
        dt_json_key(json, "op"), dt_json_str(json, rows[i].name);
        dt_json_key(json, "calls"), dt_json_int(json, rows[i].calls);
        dt_json_key(json, "forward_ms"), dt_json_num(json, rows[i].ms[DT_PHASE_FORWARD]);
        dt_json_key(json, "backward_ms"), dt_json_num(json, rows[i].ms[DT_PHASE_BACKWARD]);
        dt_json_object_end(json);
    }
    dt_json_array_end(json);
    dt_json_key(json, "outside_ops_ms"), dt_json_num(json, total - inside);
}
