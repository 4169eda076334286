/* Weights and metadata of a detector, to and from safetensors. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/num.h"
#include "models/detector_impl.h"

#define FORMAT "dettool-detector-1"

/* --- writing --- */

static dt_status add_text(dt_ctx *ctx, dt_st_writer *w, const char *key, const char *text)
{
    dt_error err = {0};
    if (dt_st_add_meta(w, key, text, &err) == DT_OK) return DT_OK;
    return dt_ctx_fail(ctx, err.status, "%s", err.text);
}

static dt_status add_int(dt_ctx *ctx, dt_st_writer *w, const char *key, int value)
{
    char text[32];
    snprintf(text, sizeof text, "%d", value);
    return add_text(ctx, w, key, text);
}

static dt_status add_num(dt_ctx *ctx, dt_st_writer *w, const char *key, double value)
{
    char text[DT_NUM_MAX];
    dt_format_f64(text, value);
    return add_text(ctx, w, key, text);
}

static dt_status add_json(dt_ctx *ctx, dt_st_writer *w, const char *key, dt_str *json)
{
    char *text = dt_str_take(json);
    if (!text) return dt_ctx_fail_memory(ctx, json->len, key);
    dt_status st = add_text(ctx, w, key, text);
    dt_free(text);
    return st;
}

static dt_status add_numbers(dt_ctx *ctx, dt_st_writer *w, const char *key, const double *values, int n)
{
    dt_str s = {0};
    dt_json j = dt_json_begin(&s, 0);
    dt_json_array(&j);
    for (int i = 0; i < n; i++)
        dt_json_num(&j, values[i]);
    dt_json_array_end(&j);
    return add_json(ctx, w, key, &s);
}

static dt_status add_names(dt_ctx *ctx, dt_st_writer *w, const dt_detector_opts *o)
{
    dt_str s = {0};
    dt_json j = dt_json_begin(&s, 0);
    dt_json_array(&j);
    for (int i = 0; i < o->class_count; i++)
        dt_json_str(&j, o->names[i]);
    dt_json_array_end(&j);
    return add_json(ctx, w, "names", &s);
}

dt_status dt_detector_write(dt_ctx *ctx, dt_detector *d, dt_st_writer *w)
{
    const dt_detector_opts *o = &d->opts;
    if (d->fused)
        return dt_ctx_fail(ctx, DT_ERR_STATE,
                           "this detector's batch norms are folded away: it can not be saved");
    DT_TRY(add_text(ctx, w, "format", FORMAT));
    DT_TRY(add_text(ctx, w, "version", DT_VERSION));
    DT_TRY(add_text(ctx, w, "model", o->model));
    DT_TRY(add_names(ctx, w, o));
    DT_TRY(add_int(ctx, w, "class_base", o->class_base));
    DT_TRY(add_int(ctx, w, "imgsz", o->imgsz));
    DT_TRY(add_text(ctx, w, "letterbox", dt_letterbox_mode_name(o->letterbox)));
    DT_TRY(add_int(ctx, w, "no_upscale", o->no_upscale));
    DT_TRY(add_text(ctx, w, "resize", dt_resize_filter_name(o->filter)));
    DT_TRY(add_int(ctx, w, "fill", o->fill));
    DT_TRY(add_text(ctx, w, "color", "rgb"));
    DT_TRY(add_num(ctx, w, "divisor", o->divisor));
    DT_TRY(add_numbers(ctx, w, "mean", o->mean, 3));
    DT_TRY(add_numbers(ctx, w, "std", o->std, 3));
    DT_TRY(add_num(ctx, w, "conf", o->conf));
    DT_TRY(add_num(ctx, w, "iou", o->iou));
    DT_TRY(add_int(ctx, w, "max_det", o->max_det));
    return dt_state_dict_save(ctx, d->net, "", w);
}

dt_status dt_detector_save(dt_ctx *ctx, dt_detector *d, const char *path)
{
    dt_st_writer w = {0};
    dt_error err = {0};
    dt_status st = dt_detector_write(ctx, d, &w);
    if (st == DT_OK && (st = dt_st_save(&w, path, &err)) != DT_OK) dt_ctx_fail(ctx, st, "%s", err.text);
    dt_st_writer_free(&w);
    return st;
}

/* --- reading of metadata: the first thing that does not fit is named --- */

typedef struct meta_reader {
    const dt_st_file *file;
    const char *path;
    dt_error err;
} meta_reader;

static const char *get_text(meta_reader *r, const char *key)
{
    const char *text = dt_st_get_meta(r->file, key);
    if (!text && r->err.status == DT_OK)
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata has no \"%s\"", r->path, key);
    return text ? text : "";
}

static double get_num(meta_reader *r, const char *key)
{
    double value = 0;
    const char *text = get_text(r, key);
    if (r->err.status == DT_OK && dt_parse_f64_all(text, &value) != 0)
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"%s\": \"%.40s\" is not a number", r->path, key, text);
    return value;
}

static int get_int(meta_reader *r, const char *key)
{
    int64_t value = 0;
    const char *text = get_text(r, key);
    if (r->err.status == DT_OK &&
        (dt_parse_i64_all(text, &value) != 0 || value < -(1 << 30) || value > 1 << 30))
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"%s\": \"%.40s\" is not an integer in range", r->path,
                key, text);
    return (int)value;
}

static void get_numbers(meta_reader *r, const char *key, double *values, int n)
{
    const char *text = get_text(r, key);
    cJSON *json = cJSON_Parse(text);
    int ok = cJSON_IsArray(json) && cJSON_GetArraySize(json) == n;
    for (int i = 0; i < n && ok; i++) {
        const cJSON *item = cJSON_GetArrayItem(json, i);
        ok = cJSON_IsNumber(item);
        if (ok) values[i] = item->valuedouble;
    }
    cJSON_Delete(json);
    if (!ok && r->err.status == DT_OK)
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"%s\": \"%.40s\" is not a list of %d numbers", r->path,
                key, text, n);
}

/* The texts stay within *json, which the caller deletes; the array itself is dt_free'd. */
static const char **get_names(meta_reader *r, cJSON **json, int *count)
{
    const char *text = get_text(r, "names");
    *json = cJSON_Parse(text);
    *count = cJSON_IsArray(*json) ? cJSON_GetArraySize(*json) : 0;
    const char **names = dt_calloc((size_t)*count + 1, sizeof *names);
    if (!names) {
        if (r->err.status == DT_OK)
            dt_fail_memory(&r->err, ((size_t)*count + 1) * sizeof *names, "class names");
        return NULL;
    }
    int i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, *json)
    {
        if (!cJSON_IsString(item) || i >= *count) break;
        names[i++] = item->valuestring;
    }
    if ((*count == 0 || i < *count) && r->err.status == DT_OK)
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"names\" is not a list of class names", r->path);
    return names;
}

static void get_kinds(meta_reader *r, dt_detector_opts *o)
{
    dt_error err = {0};
    if (dt_letterbox_mode_parse(get_text(r, "letterbox"), &o->letterbox, &err) != DT_OK ||
        dt_resize_filter_parse(get_text(r, "resize"), &o->filter, &err) != DT_OK) {
        if (r->err.status == DT_OK) dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata: %s", r->path, err.text);
    }
    if (strcmp(get_text(r, "color"), "rgb") != 0 && r->err.status == DT_OK)
        dt_fail(&r->err, DT_ERR_UNSUPPORTED, "%s: metadata \"color\": \"%.40s\" is not \"rgb\"", r->path,
                get_text(r, "color"));
}

/* --- loading --- */

static int is_foreign(const char *name)
{
    static const char *const prefixes[] = {"optim.", "ema.", "train."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) return 1;
    return 0;
}

/* Names the first entry that a complete load may not have. */
static dt_status check_complete(dt_ctx *ctx, const dt_load_report *r, const char *path, const char *model)
{
    if (r->missing_count > 0)
        return dt_ctx_fail(ctx, DT_ERR_FORMAT,
                           "%s: %zu entries of model \"%s\" are missing, the first is \"%s\"", path,
                           r->missing_count, model, r->missing[0]);
    for (size_t i = 0; i < r->unexpected_count; i++)
        if (!is_foreign(r->unexpected[i]))
            return dt_ctx_fail(ctx, DT_ERR_FORMAT, "%s: \"%s\" is no entry of model \"%s\"", path,
                               r->unexpected[i], model);
    return DT_OK;
}

dt_status dt_detector_read(dt_ctx *ctx, dt_detector *d, const dt_st_file *file, const char *path)
{
    if (d->fused) return dt_ctx_fail(ctx, DT_ERR_STATE, "%s: can not be loaded into a folded detector", path);
    dt_load_report report = {0};
    dt_load_opts opts = {0};
    dt_status st = dt_state_dict_load(ctx, d->net, file, &opts, &report);
    if (st == DT_OK) st = check_complete(ctx, &report, path, d->opts.model);
    dt_load_report_free(&report);
    return st;
}

dt_detector *dt_detector_from_file(dt_ctx *ctx, const dt_st_file *file, const char *path)
{
    if (dt_ctx_status(ctx) != DT_OK) return NULL;
    const char *format = dt_st_get_meta(file, "format");
    if (!format || strcmp(format, FORMAT) != 0) {
        dt_ctx_fail(ctx, DT_ERR_FORMAT, "%s: not a detector of this program (metadata \"format\" is %s%s%s)",
                    path, format ? "\"" : "", format ? format : "missing", format ? "\"" : "");
        return NULL;
    }
    meta_reader r = {.file = file, .path = path};
    dt_detector_opts o = dt_detector_defaults();
    cJSON *json = NULL;
    const char **names = get_names(&r, &json, &o.class_count);
    o.names = names;
    o.model = get_text(&r, "model");
    o.class_base = get_int(&r, "class_base");
    o.imgsz = get_int(&r, "imgsz");
    o.no_upscale = get_int(&r, "no_upscale");
    o.fill = get_int(&r, "fill");
    o.divisor = get_num(&r, "divisor");
    get_numbers(&r, "mean", o.mean, 3);
    get_numbers(&r, "std", o.std, 3);
    o.conf = get_num(&r, "conf");
    o.iou = get_num(&r, "iou");
    o.max_det = get_int(&r, "max_det");
    get_kinds(&r, &o);

    dt_detector *d = NULL;
    if (r.err.status != DT_OK) {
        dt_ctx_fail(ctx, r.err.status, "%s", r.err.text);
    } else if ((d = dt_detector_create(ctx, &o)) == NULL) {
        dt_error_prefix(dt_ctx_error(ctx), "%s: ", path);
    } else if (dt_detector_read(ctx, d, file, path) != DT_OK) {
        dt_detector_destroy(d);
        d = NULL;
    }
    if (d) dt_detector_train(d, 0);
    cJSON_Delete(json);
    dt_free(names);
    return d;
}

dt_detector *dt_detector_load(dt_ctx *ctx, const char *path)
{
    dt_st_file file;
    dt_error err = {0};
    if (dt_ctx_status(ctx) != DT_OK) return NULL;
    if (dt_st_read(path, &file, &err) != DT_OK) {
        dt_ctx_fail(ctx, err.status, "%s", err.text);
        return NULL;
    }
    dt_detector *d = dt_detector_from_file(ctx, &file, path);
    dt_st_free(&file);
    return d;
}

dt_status dt_detector_check_classes(dt_ctx *ctx, const dt_detector *d, const char *weights_path,
                                    const char *const *names, int class_count, const char *data_path)
{
    int n = d->opts.class_count;
    if (class_count != n)
        return dt_ctx_fail(ctx, DT_ERR_ARG, "%s has %d classes, %s has %d", weights_path, n, data_path,
                           class_count);
    for (int i = 0; i < n; i++)
        if (strcmp(d->opts.names[i], names[i]) != 0)
            return dt_ctx_fail(ctx, DT_ERR_ARG, "class %d is \"%s\" in %s but \"%s\" in %s", i,
                               d->opts.names[i], weights_path, names[i], data_path);
    return DT_OK;
}

/* Entries that fit, of a detector (into the whole network) or of a classifier (into its backbone). */
static dt_status start_from(dt_ctx *ctx, dt_detector *d, const dt_st_file *file, const char *path,
                            dt_load_report *report)
{
    int whole = 0;
    for (size_t i = 0; i < file->count && !whole; i++)
        whole = strncmp(file->entries[i].name, "backbone.", 9) == 0;
    dt_module *into = whole ? d->net : dt_module_find(d->net, "backbone");
    dt_load_opts opts = {.drop = whole ? NULL : "fc.*", .skip_mismatched = 1};
    DT_TRY(dt_state_dict_load(ctx, into, file, &opts, report));
    if (report->loaded > 0) return DT_OK;
    return dt_ctx_fail(ctx, DT_ERR_FORMAT, "%s: none of its %zu entries fits model \"%s\"%s%s", path,
                       file->count, d->opts.model, file->count ? "; the first is " : "",
                       file->count ? file->entries[0].name : "");
}

dt_status dt_detector_start_from(dt_ctx *ctx, dt_detector *d, const char *path, dt_load_report *report)
{
    dt_load_report own = {0};
    dt_st_file file;
    dt_error err = {0};
    if (dt_st_read(path, &file, &err) != DT_OK) return dt_ctx_fail(ctx, err.status, "%s", err.text);
    dt_status st = start_from(ctx, d, &file, path, &own);
    dt_st_free(&file);
    if (report && st == DT_OK)
        *report = own;
    else
        dt_load_report_free(&own);
    return st;
}
