#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/safetensors.h"
#include "tools/cli.h"

/* What --stats tells about one tensor. */
typedef struct stats {
    double min, max, mean;
    int64_t not_finite;
} stats;

static double element(const dt_st_entry *e, const double *values, int64_t i)
{
    switch (e->dtype) {
    case DT_I64:
        return (double)((const int64_t *)e->data)[i];
    case DT_I32:
        return (double)((const int32_t *)e->data)[i];
    case DT_U8:
    case DT_BOOL:
        return (double)((const uint8_t *)e->data)[i];
    default:
        return values[i];
    }
}

static dt_status measure(const dt_st_entry *e, stats *s, dt_error *err)
{
    int64_t n = (int64_t)(e->bytes / dt_dtype_size(e->dtype)), finite = 0;
    double *values = NULL, sum = 0;
    *s = (stats){.min = INFINITY, .max = -INFINITY};
    if (dt_dtype_is_float(e->dtype)) {
        values = dt_malloc((size_t)n * sizeof *values);
        if (!values) return dt_fail_memory(err, (size_t)n * sizeof *values, e->name);
        dt_st_convert(e, DT_F64, values);
    }
    for (int64_t i = 0; i < n; i++) {
        double v = element(e, values, i);
        if (!isfinite(v)) {
            s->not_finite++;
            continue;
        }
        finite++;
        sum += v;
        if (v < s->min) s->min = v;
        if (v > s->max) s->max = v;
    }
    s->mean = finite ? sum / (double)finite : NAN;
    if (!finite) s->min = s->max = NAN;
    dt_free(values);
    return DT_OK;
}

/* Text of a file on a terminal: control characters could be commands to it. */
static void print_clean(const char *text)
{
    for (; *text; text++)
        putchar((unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text);
}

static int name_width(const dt_st_file *f)
{
    size_t width = 4;
    for (size_t i = 0; i < f->count; i++)
        if (strlen(f->entries[i].name) > width) width = strlen(f->entries[i].name);
    return width < 60 ? (int)width : 60;
}

static dt_status print_table(const dt_st_file *f, int with_stats, dt_error *err)
{
    int width = name_width(f);
    int64_t elements = 0, bytes = 0;
    for (size_t i = 0; i < f->meta_count; i++) {
        print_clean(f->meta[i].key);
        fputs(": ", stdout);
        print_clean(f->meta[i].value);
        putchar('\n');
    }
    if (f->meta_count) putchar('\n');
    printf("%-*s  %-8s  %s\n", width, "name", "type", "shape");
    for (size_t i = 0; i < f->count; i++) {
        const dt_st_entry *e = f->by_name[i];
        char shape[DT_SHAPE_TEXT];
        print_clean(e->name);
        int pad = width - (int)strlen(e->name);
        printf("%*s  %-8s  %s", pad > 0 ? pad : 0, "", dt_dtype_name(e->dtype),
               dt_shape_text(&e->shape, shape));
        if (with_stats) {
            stats s;
            DT_TRY(measure(e, &s, err));
            printf("  min %.6g  max %.6g  mean %.6g", s.min, s.max, s.mean);
            if (s.not_finite) printf("  %" PRId64 " NaN or infinite", s.not_finite);
        }
        putchar('\n');
        elements += (int64_t)(e->bytes / dt_dtype_size(e->dtype));
        bytes += (int64_t)e->bytes;
    }
    printf("\n%zu tensors, %" PRId64 " elements, %" PRId64 " bytes\n", f->count, elements, bytes);
    return DT_OK;
}

static dt_status write_tensor(dt_json *j, const dt_st_entry *e, int with_stats, dt_error *err)
{
    dt_json_compact(j);
    dt_json_object(j);
    dt_json_key(j, "name");
    dt_json_str(j, e->name);
    dt_json_key(j, "dtype");
    dt_json_str(j, dt_dtype_name(e->dtype));
    dt_json_key(j, "shape");
    dt_json_array(j);
    for (int i = 0; i < e->shape.rank; i++)
        dt_json_int(j, e->shape.dim[i]);
    dt_json_array_end(j);
    dt_json_key(j, "bytes");
    dt_json_int(j, (int64_t)e->bytes);
    if (with_stats) {
        stats s;
        DT_TRY(measure(e, &s, err));
        dt_json_key(j, "min");
        dt_json_num(j, s.min);
        dt_json_key(j, "max");
        dt_json_num(j, s.max);
        dt_json_key(j, "mean");
        dt_json_num(j, s.mean);
        dt_json_key(j, "not_finite");
        dt_json_int(j, s.not_finite);
    }
    dt_json_object_end(j);
    return DT_OK;
}

static dt_status print_json(const dt_st_file *f, int with_stats, dt_error *err)
{
    dt_str text = {0};
    dt_json j = dt_json_begin(&text, 2);
    dt_status st = DT_OK;
    int64_t elements = 0;
    dt_json_object(&j);
    dt_json_key(&j, "file");
    dt_json_str(&j, f->name);
    dt_json_key(&j, "format");
    dt_json_str(&j, "safetensors");
    dt_json_key(&j, "metadata");
    dt_json_object(&j);
    for (size_t i = 0; i < f->meta_count; i++) {
        dt_json_key(&j, f->meta[i].key);
        dt_json_str(&j, f->meta[i].value);
    }
    dt_json_object_end(&j);
    dt_json_key(&j, "tensors");
    dt_json_array(&j);
    for (size_t i = 0; i < f->count && st == DT_OK; i++) {
        st = write_tensor(&j, f->by_name[i], with_stats, err);
        elements += (int64_t)(f->by_name[i]->bytes / dt_dtype_size(f->by_name[i]->dtype));
    }
    dt_json_array_end(&j);
    dt_json_key(&j, "elements");
    dt_json_int(&j, elements);
    dt_json_object_end(&j);
    if (st == DT_OK && text.failed) st = dt_fail_memory(err, text.len, "the JSON text");
    if (st == DT_OK) puts(text.data);
    dt_str_free(&text);
    return st;
}

static int run(int argc, char **argv)
{
    int json = 0, with_stats = 0, count;
    const char *path = NULL;
    const dt_opt opts[] = {
        {"stats", NULL, DT_OPT_FLAG, &with_stats, 0, 0, NULL, NULL,
         "smallest, largest and mean value; NaN and infinities"},
        {"json", NULL, DT_OPT_FLAG, &json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {0},
    };
    int rc = dt_cli_parse(&dt_cmd_weights, opts, argc, argv, &path, 1, &count);
    if (rc >= 0) return rc;
    if (count != 1) return dt_cli_usage_error(&dt_cmd_weights, "a FILE is needed");
    dt_error err = {0};
    dt_st_file file;
    if (dt_st_read(path, &file, &err) != DT_OK) return dt_cli_fail(&dt_cmd_weights, &err);
    dt_status st = json ? print_json(&file, with_stats, &err) : print_table(&file, with_stats, &err);
    dt_st_free(&file);
    return st == DT_OK ? DT_EXIT_OK : dt_cli_fail(&dt_cmd_weights, &err);
}

const dt_command dt_cmd_weights = {
    .name = "weights",
    .usage = "dettool weights FILE [options]",
    .summary = "list the tensors and metadata of a weight file",
    .details =
        "FILE is a safetensors file.\n\nExample:\n  dettool weights runs/train/best.safetensors --stats",
    .run = run,
};
