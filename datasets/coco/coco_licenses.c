#include "datasets/coco/coco_licenses.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static int id_of(const cJSON *object, const char *key, int64_t *id)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= -9e15 && item->valuedouble <= 9e15)) return 0;
    *id = (int64_t)item->valuedouble;
    return (double)*id == item->valuedouble;
}

static int is_list(const cJSON *list)
{
    const cJSON *item;
    int64_t id;
    if (!cJSON_IsArray(list)) return 0;
    cJSON_ArrayForEach(item, list) if (!cJSON_IsObject(item) || !id_of(item, "id", &id)) return 0;
    return 1;
}

/* Equal but for their ids, one of which is changed. */
static int says_the_same(const cJSON *a, cJSON *b)
{
    const cJSON *theirs = cJSON_GetObjectItemCaseSensitive(a, "id");
    cJSON *ours = cJSON_GetObjectItemCaseSensitive(b, "id");
    double kept = ours->valuedouble;
    cJSON_SetNumberHelper(ours, theirs->valuedouble);
    int same = cJSON_Compare(a, b, 1);
    cJSON_SetNumberHelper(ours, kept);
    return same;
}

/* The id that an entry has in the list: that of its equal, its own if it is free, else the next one. */
static int64_t place_of(const cJSON *list, cJSON *entry, int *present)
{
    const cJSON *item;
    int64_t own = 0, id = 0, largest = 0;
    int taken = 0;
    id_of(entry, "id", &own);
    cJSON_ArrayForEach(item, list)
    {
        id_of(item, "id", &id);
        *present = says_the_same(item, entry);
        if (*present) return id;
        taken |= id == own;
        if (id > largest) largest = id;
    }
    return taken ? largest + 1 : own;
}

static dt_status change(dt_coco_licenses *all, const char *label, int64_t from, int64_t to,
                        dt_findings *findings, dt_error *err)
{
    if (dt_grow(&all->changes, &all->change_capacity, all->change_count + 1, sizeof *all->changes) != 0)
        return dt_fail_memory(err, all->change_count * sizeof *all->changes, "licences");
    all->changes[all->change_count++] = (dt_license_change){label, from, to};
    return dt_findings_add(
        findings, &(dt_finding){.severity = DT_NOTE, .rule = "id-changed", .file = label, .object = -1}, err,
        "licence id %lld stands for something else in another file of its split: it becomes %lld",
        (long long)from, (long long)to);
}

static dt_status add_entries(dt_coco_licenses *all, cJSON *list, const cJSON *more, const char *label,
                             dt_findings *findings, dt_error *err)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, more)
    {
        int present = 0;
        int64_t own = 0;
        cJSON *copy = cJSON_Duplicate(item, 1);
        if (!copy) return dt_fail_memory(err, 64, "licences");
        int64_t id = place_of(list, copy, &present);
        id_of(copy, "id", &own);
        cJSON_SetNumberHelper(cJSON_GetObjectItemCaseSensitive(copy, "id"), (double)id);
        if (present || !cJSON_AddItemToArray(list, copy)) cJSON_Delete(copy);
        if (id != own) DT_TRY(change(all, label, own, id, findings, err));
    }
    return DT_OK;
}

static dt_status print(dt_coco_licenses *all, const cJSON *list, dt_error *err)
{
    char *text = cJSON_PrintUnformatted(list), *copy = text ? dt_strdup(text) : NULL;
    cJSON_free(text);
    if (!copy) return dt_fail_memory(err, 64, "licences");
    dt_free(all->list);
    all->list = copy;
    return DT_OK;
}

dt_status dt_coco_licenses_add(dt_coco_licenses *all, const dt_member *member, dt_coco_texts *texts,
                               int *joined, dt_findings *findings, dt_error *err)
{
    const char *text;
    *joined = 0;
    DT_TRY(dt_coco_text(texts, member->label, member->offset, member->bytes, &text, err));
    cJSON *more = cJSON_ParseWithLength(text, member->bytes),
          *list = all->list ? cJSON_Parse(all->list) : cJSON_CreateArray();
    dt_status st = list ? DT_OK : dt_fail_memory(err, 64, "licences");
    if (st == DT_OK && is_list(more)) {
        st = add_entries(all, list, more, member->label, findings, err);
        if (st == DT_OK) st = print(all, list, err);
        *joined = 1;
    }
    cJSON_Delete(more);
    cJSON_Delete(list);
    return st;
}

void dt_coco_licenses_free(dt_coco_licenses *all)
{
    dt_free(all->list);
    dt_free(all->changes);
    *all = (dt_coco_licenses){0};
}

int dt_coco_license_changed(const dt_coco_licenses *all, const char *label, const char *record, size_t len,
                            int64_t *id)
{
    int64_t own;
    size_t first = 0;
    while (first < all->change_count && strcmp(all->changes[first].label, label) != 0)
        first++;
    if (first == all->change_count) return 0;
    cJSON *json = cJSON_ParseWithLength(record, len);
    int found = 0;
    if (id_of(json, "license", &own))
        for (size_t i = first; i < all->change_count && !found; i++) {
            const dt_license_change *c = &all->changes[i];
            found = c->from == own && strcmp(c->label, label) == 0;
            if (found) *id = c->to;
        }
    cJSON_Delete(json);
    return found;
}
