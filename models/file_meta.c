#include "models/file_meta.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/state_dict.h"

dt_status dt_meta_read(dt_ctx *ctx, const char *path, dt_st_file *file)
{
    dt_error err = {0};
    if (dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    return dt_st_read(path, file, &err) == DT_OK ? DT_OK : dt_ctx_fail(ctx, err.status, "%s", err.text);
}

dt_status dt_meta_fail_format(dt_ctx *ctx, const dt_st_file *file, const char *path, const char *wanted)
{
    const char *format = dt_st_get_meta(file, "format");
    if (format && strncmp(format, "dettool-train-", 14) == 0)
        return dt_ctx_fail(
            ctx, DT_ERR_FORMAT,
            "%s: the state of a training, not a model; best.safetensors and last.safetensors beside "
            "it are",
            path);
    return dt_ctx_fail(ctx, DT_ERR_FORMAT, "%s: not a %s of this program (metadata \"format\" is %s%s%s)",
                       path, wanted, format ? "\"" : "", format ? format : "missing", format ? "\"" : "");
}

/* --- writing --- */

dt_status dt_meta_add(dt_ctx *ctx, dt_st_writer *w, const char *key, const char *text)
{
    dt_error err = {0};
    if (dt_st_add_meta(w, key, text, &err) == DT_OK) return DT_OK;
    return dt_ctx_fail(ctx, err.status, "%s", err.text);
}

dt_status dt_meta_add_int(dt_ctx *ctx, dt_st_writer *w, const char *key, int value)
{
    char text[32];
    snprintf(text, sizeof text, "%d", value);
    return dt_meta_add(ctx, w, key, text);
}

dt_status dt_meta_add_num(dt_ctx *ctx, dt_st_writer *w, const char *key, double value)
{
    char text[DT_NUM_MAX];
    dt_format_f64(text, value);
    return dt_meta_add(ctx, w, key, text);
}

static dt_status add_json(dt_ctx *ctx, dt_st_writer *w, const char *key, dt_str *json)
{
    char *text = dt_str_take(json);
    if (!text) return dt_ctx_fail_memory(ctx, json->len, key);
    dt_status st = dt_meta_add(ctx, w, key, text);
    dt_free(text);
    return st;
}

dt_status dt_meta_add_numbers(dt_ctx *ctx, dt_st_writer *w, const char *key, const double *values, int n)
{
    dt_str s = {0};
    dt_json j = dt_json_begin(&s, 0);
    dt_json_array(&j);
    for (int i = 0; i < n; i++)
        dt_json_num(&j, values[i]);
    dt_json_array_end(&j);
    return add_json(ctx, w, key, &s);
}

dt_status dt_meta_add_texts(dt_ctx *ctx, dt_st_writer *w, const char *key, const char *const *texts, int n)
{
    dt_str s = {0};
    dt_json j = dt_json_begin(&s, 0);
    dt_json_array(&j);
    for (int i = 0; i < n; i++)
        dt_json_str(&j, texts[i]);
    dt_json_array_end(&j);
    return add_json(ctx, w, key, &s);
}

/* --- reading of metadata: the first thing that does not fit is named --- */

const char *dt_meta_text(dt_meta_reader *r, const char *key)
{
    const char *text = dt_st_get_meta(r->file, key);
    if (!text && r->err.status == DT_OK)
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata has no \"%s\"", r->path, key);
    return text ? text : "";
}

double dt_meta_num(dt_meta_reader *r, const char *key)
{
    double value = 0;
    const char *text = dt_meta_text(r, key);
    if (r->err.status == DT_OK && dt_parse_f64_all(text, &value) != 0)
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"%s\": \"%.40s\" is not a number", r->path, key, text);
    return value;
}

int dt_meta_int(dt_meta_reader *r, const char *key)
{
    int64_t value = 0;
    const char *text = dt_meta_text(r, key);
    if (r->err.status == DT_OK &&
        (dt_parse_i64_all(text, &value) != 0 || value < -(1 << 30) || value > 1 << 30))
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"%s\": \"%.40s\" is not an integer in range", r->path,
                key, text);
    return (int)value;
}

void dt_meta_numbers(dt_meta_reader *r, const char *key, double *values, int n)
{
    const char *text = dt_meta_text(r, key);
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

const char **dt_meta_texts(dt_meta_reader *r, const char *key, cJSON **json, int *count)
{
    const char *text = dt_meta_text(r, key);
    *json = cJSON_Parse(text);
    *count = cJSON_IsArray(*json) ? cJSON_GetArraySize(*json) : 0;
    const char **names = dt_calloc((size_t)*count + 1, sizeof *names);
    if (!names) {
        if (r->err.status == DT_OK) dt_fail_memory(&r->err, ((size_t)*count + 1) * sizeof *names, key);
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
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"%s\" is not a list of texts", r->path, key);
    return names;
}

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

dt_status dt_meta_load_net(dt_ctx *ctx, dt_module *net, const dt_st_file *file, const char *path,
                           const char *model)
{
    dt_load_report report = {0};
    dt_load_opts opts = {0};
    dt_status st = dt_state_dict_load(ctx, net, file, &opts, &report);
    if (st == DT_OK) st = check_complete(ctx, &report, path, model);
    dt_load_report_free(&report);
    return st;
}
