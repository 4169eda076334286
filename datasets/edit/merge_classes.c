/* Names of classes that match between sets. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/edit/merge_parts.h"

static dt_status add_pair(dt_remap_list *list, const char *from, const char *to, dt_error *err)
{
    if (dt_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items) != 0)
        return dt_fail_memory(err, (list->count + 1) * sizeof *list->items, "names of classes");
    dt_remap_pair pair = {dt_strdup(from), dt_strdup(to)};
    if (!pair.from || !pair.to) {
        dt_free(pair.from);
        dt_free(pair.to);
        return dt_fail_memory(err, strlen(from) + strlen(to), "names of classes");
    }
    list->items[list->count++] = pair;
    return DT_OK;
}

static dt_status rename_classes(dt_dataset *set, const dt_remap_list *list, dt_findings *findings,
                                dt_error *err)
{
    return list->count ? dt_remap(set, &(dt_remap_opts){.map = list}, findings, err) : DT_OK;
}

/* A name that no set has is an error with a did-you-mean from all of them. */
static dt_status check_old_names(const dt_dataset *sets, size_t count, const dt_remap_list *list,
                                 dt_error *err)
{
    dt_dataset all = {0};
    int32_t cls;
    size_t found;
    dt_status st = DT_OK;
    for (size_t s = 0; s < count; s++)
        for (size_t c = 0; c < sets[s].class_count && st == DT_OK; c++)
            st = dt_dataset_class(&all, sets[s].classes[c], strlen(sets[s].classes[c]), &cls, err);
    for (size_t i = 0; i < list->count && st == DT_OK; i++)
        st = dt_edit_find_class(&all, list->items[i].from, &found, err);
    dt_dataset_free(&all);
    return st;
}

/* The pairs whose old name the set has. */
static dt_status rename_by_list(dt_dataset *set, const dt_remap_list *list, dt_findings *findings,
                                dt_error *err)
{
    dt_remap_list own = {0};
    dt_status st = DT_OK;
    for (size_t i = 0; i < list->count && st == DT_OK; i++)
        if (dt_strmap_get(&set->class_index, list->items[i].from, -1) >= 0)
            st = add_pair(&own, list->items[i].from, list->items[i].to, err);
    if (st == DT_OK) st = rename_classes(set, &own, findings, err);
    dt_remap_free(&own);
    return st;
}

/* The number that a name is: "3", or "class_3" as it is made up where there are no names. -1: it is none. */
static int64_t number_of(const char *name)
{
    int64_t number;
    const char *digits = strncmp(name, "class_", 6) == 0 ? name + 6 : name;
    if (!isdigit((unsigned char)*digits) || dt_parse_i64_all(digits, &number) != 0) return -1;
    return number;
}

static int is_numbered(const dt_dataset *set)
{
    for (size_t c = 0; c < set->class_count; c++)
        if (number_of(set->classes[c]) < 0) return 0;
    return set->class_count > 0;
}

/* 1 in *numbered if the names of all sets are only numbers. A set without classes says nothing. */
static dt_status check_numbers(const dt_dataset *sets, size_t count, const dt_merge_opts *opts, int *numbered,
                               dt_error *err)
{
    size_t with = count, without = count;
    for (size_t s = count; s-- > 0;) {
        if (!sets[s].class_count) continue;
        if (is_numbered(&sets[s]))
            with = s;
        else
            without = s;
    }
    *numbered = with < count && without == count;
    if (with == count || without == count) return DT_OK;
    return dt_fail(
        err, DT_ERR_ARG,
        "the classes of %s are only numbers (%s, ...), those of %s have names (%s, ...): which is which "
        "cannot be known; give them names with --rename %s=NAME, one option a class, or in its data.yaml",
        opts->names[with], sets[with].classes[0], opts->names[without], sets[without].classes[0],
        sets[with].classes[0]);
}

/* The name that a class of `set` has among `known`: the same but for case, or the same number. NULL: it is
 * new. */
static const char *find_name(const dt_dataset *known, const char *name, int numbered, int ignore_case)
{
    if (dt_strmap_get(&known->class_index, name, -1) >= 0) return name;
    for (size_t k = 0; k < known->class_count; k++) {
        if (numbered && number_of(known->classes[k]) == number_of(name)) return known->classes[k];
        if (ignore_case && strcasecmp(known->classes[k], name) == 0) return known->classes[k];
    }
    return NULL;
}

static dt_status say_similar(const dt_dataset *known, const char *name, const char *set,
                             dt_findings *findings, dt_error *err)
{
    const char *like = find_name(known, name, 0, 1);
    if (!like || strcmp(like, name) == 0) return DT_OK;
    return dt_findings_add(
        findings, &(dt_finding){.severity = DT_WARNING, .rule = "class-similar", .object = -1}, err,
        "the class '%s' of %s differs from '%s' only in case: --no-match-case makes them one", name, set,
        like);
}

/* Gives the set's classes the names that they have in the sets before, then adds them. */
static dt_status match_names(dt_dataset *set, const char *name, dt_dataset *known, int numbered,
                             const dt_merge_opts *opts, dt_findings *findings, dt_error *err)
{
    dt_remap_list map = {0};
    int32_t cls;
    dt_status st = DT_OK;
    for (size_t c = 0; c < set->class_count && st == DT_OK; c++) {
        const char *to = find_name(known, set->classes[c], numbered, opts->ignore_case);
        if (to && strcmp(to, set->classes[c]) != 0)
            st = add_pair(&map, set->classes[c], to, err);
        else if (!to && !numbered)
            st = say_similar(known, set->classes[c], name, findings, err);
    }
    if (st == DT_OK) st = rename_classes(set, &map, findings, err);
    for (size_t c = 0; c < set->class_count && st == DT_OK; c++)
        st = dt_dataset_class(known, set->classes[c], strlen(set->classes[c]), &cls, err);
    dt_remap_free(&map);
    return st;
}

dt_status dt_merge_classes(dt_dataset *sets, size_t count, const dt_merge_opts *opts, dt_findings *findings,
                           dt_error *err)
{
    dt_dataset known = {0};
    int numbered = 0;
    if (opts->rename) DT_TRY(check_old_names(sets, count, opts->rename, err));
    for (size_t s = 0; s < count && opts->rename; s++)
        DT_TRY(rename_by_list(&sets[s], opts->rename, findings, err));
    DT_TRY(check_numbers(sets, count, opts, &numbered, err));
    dt_status st = DT_OK;
    for (size_t s = 0; s < count && st == DT_OK; s++)
        st = match_names(&sets[s], opts->names[s], &known, numbered, opts, findings, err);
    dt_dataset_free(&known);
    return st;
}
