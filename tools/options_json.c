#include "tools/options_json.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

void dt_options_write(const dt_opt *opts, dt_json *json)
{
    for (const dt_opt *o = opts; o->name; o++) {
        dt_json_key(json, o->name);
        switch (o->kind) {
        case DT_OPT_FLAG:
            dt_json_bool(json, *(const int *)o->value);
            break;
        case DT_OPT_INT:
            dt_json_int(json, *(const int64_t *)o->value);
            break;
        case DT_OPT_F64:
            dt_json_num(json, *(const double *)o->value);
            break;
        case DT_OPT_STR:
        case DT_OPT_CHOICE:
            dt_json_str(json, *(const char *const *)o->value);
            break;
        case DT_OPT_LIST: {
            const dt_opt_list *list = o->value;
            dt_json_compact(json);
            dt_json_array(json);
            for (int i = 0; i < list->count; i++)
                dt_json_str(json, list->items[i]);
            dt_json_array_end(json);
            break;
        }
        }
    }
}

static int in_names(const char *names, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = names; p && *p;) {
        const char *bar = strchr(p, '|');
        size_t n = bar ? (size_t)(bar - p) : strlen(p);
        if (n == len && memcmp(p, name, n) == 0) return 1;
        p = bar ? bar + 1 : NULL;
    }
    return 0;
}

/* A file that was edited by hand is held to the same limits as the command line. */
static int in_range(const dt_opt *o, double value)
{
    return (o->min == 0 && o->max == 0) || (value >= o->min && value <= o->max);
}

static int is_whole(double value)
{
    return fabs(value) <= 9007199254740992.0 && value == floor(value);
}

static int is_choice(const dt_opt *o, const cJSON *item)
{
    return cJSON_IsString(item) && in_names(o->choices, item->valuestring);
}

static dt_status set_list(const dt_opt *o, const cJSON *item, const char *file, dt_error *err)
{
    dt_opt_list *list = o->value;
    list->count = 0;
    const cJSON *element;
    cJSON_ArrayForEach(element, item)
    {
        if (!cJSON_IsString(element) || list->count == (int)(sizeof list->items / sizeof *list->items))
            return dt_fail(err, DT_ERR_FORMAT, "%s: '%s' is not a list of texts that fits", file, o->name);
        list->items[list->count++] = element->valuestring;
    }
    return DT_OK;
}

static dt_status set_value(const dt_opt *o, const cJSON *item, const char *file, dt_error *err)
{
    int right = 0;
    switch (o->kind) {
    case DT_OPT_FLAG:
        if ((right = cJSON_IsBool(item))) *(int *)o->value = cJSON_IsTrue(item);
        break;
    case DT_OPT_INT:
        right = cJSON_IsNumber(item) && is_whole(item->valuedouble) && in_range(o, item->valuedouble);
        if (right) *(int64_t *)o->value = (int64_t)item->valuedouble;
        break;
    case DT_OPT_F64:
        right = cJSON_IsNumber(item) && in_range(o, item->valuedouble);
        if (right) *(double *)o->value = item->valuedouble;
        break;
    case DT_OPT_STR: {
        const char **text = o->value;
        right = cJSON_IsString(item) || (cJSON_IsNull(item) && !*text);
        if (right) *text = cJSON_IsString(item) ? item->valuestring : NULL;
        break;
    }
    case DT_OPT_CHOICE:
        if ((right = is_choice(o, item))) *(const char **)o->value = item->valuestring;
        break;
    case DT_OPT_LIST:
        if ((right = cJSON_IsArray(item))) return set_list(o, item, file, err);
        break;
    }
    return right ? DT_OK
                 : dt_fail(err, DT_ERR_FORMAT, "%s: '%s' has a value of the wrong kind or out of range", file,
                           o->name);
}

dt_status dt_options_read(const dt_opt *opts, const char *text, const char *file, const char *free_names,
                          void **keep, dt_error *err)
{
    *keep = NULL;
    cJSON *root = cJSON_Parse(text);
    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return dt_fail(err, DT_ERR_FORMAT, "%s: not a JSON object", file);
    }
    dt_status st = DT_OK;
    for (const dt_opt *o = opts; o->name && st == DT_OK; o++) {
        if (dt_cli_typed(opts, o->name)) {
            if (!in_names(free_names, o->name))
                st = dt_fail(err, DT_ERR_ARG, "--%s cannot be changed when a run is resumed (see %s)",
                             o->name, file);
            continue;
        }
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, o->name);
        if (item) st = set_value(o, item, file, err);
    }
    if (st != DT_OK) {
        cJSON_Delete(root);
        return st;
    }
    *keep = root;
    return DT_OK;
}

void dt_options_free(void *keep)
{
    cJSON_Delete(keep);
}
