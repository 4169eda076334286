#include "datasets/edit/remap.h"

#include <string.h>

#include "core/mem.h"
#include "datasets/edit/edit.h"

typedef struct mapper {
    dt_edit edit;
    const dt_remap_opts *opts;
    const char **to; /* one a class: its new name; NULL: it goes */
    int32_t *map;    /* one a class: its new number */
    uint8_t *drop;   /* one an object */
    dt_dataset next; /* the new list of classes */
} mapper;

static dt_status find_names(mapper *m)
{
    const dt_dataset *set = m->edit.set;
    for (size_t i = 0; i < set->class_count; i++)
        m->to[i] = m->opts->only_mapped ? NULL : set->classes[i];
    for (size_t i = 0; i < m->opts->map->count; i++) {
        const dt_remap_pair *p = &m->opts->map->items[i];
        size_t cls;
        DT_TRY(dt_edit_find_class(set, p->from, &cls, m->edit.err));
        m->to[cls] = *p->to ? p->to : NULL;
    }
    return DT_OK;
}

static dt_status add_class(mapper *m, const char *name, int32_t *cls)
{
    return dt_dataset_class(&m->next, name, strlen(name), cls, m->edit.err);
}

/* The order that was asked for first, then the classes in their own. */
static dt_status number_names(mapper *m)
{
    const dt_dataset *set = m->edit.set;
    int32_t cls;
    for (size_t i = 0; i < m->opts->order_count; i++) {
        int used = 0;
        for (size_t k = 0; k < set->class_count && !used; k++)
            used = m->to[k] && strcmp(m->to[k], m->opts->order[i]) == 0;
        DT_TRY(add_class(m, m->opts->order[i], &cls));
        if (!used)
            DT_TRY(dt_findings_add(
                m->edit.findings, &(dt_finding){.severity = DT_WARNING, .rule = "class-unused", .object = -1},
                m->edit.err, "'%s' of the order is no class of the set: it has no objects",
                m->opts->order[i]));
    }
    for (size_t i = 0; i < set->class_count; i++) {
        m->map[i] = -1;
        if (m->to[i]) DT_TRY(add_class(m, m->to[i], &m->map[i]));
    }
    return m->next.class_count ? DT_OK : dt_fail(m->edit.err, DT_ERR_STATE, "no class is left");
}

/* A COCO category follows its class to the new name, unless there is one of that name. */
static dt_status name_categories(mapper *m)
{
    dt_dataset *set = m->edit.set;
    for (size_t i = 0; i < set->class_count; i++) {
        const dt_category *c = dt_dataset_category(set, set->classes[i]);
        if (!c || !m->to[i] || dt_dataset_category(set, m->to[i])) continue;
        dt_category next = *c;
        next.name = m->to[i];
        DT_TRY(dt_dataset_add_category(set, &next, m->edit.err));
    }
    return DT_OK;
}

static dt_status say_objects(mapper *m)
{
    const dt_dataset *set = m->edit.set;
    for (size_t i = 0; i < set->record_count; i++) {
        const dt_record *r = &set->records[i];
        for (size_t k = r->first; k < r->first + r->count; k++) {
            const dt_object *o = &set->objects[k];
            const char *to = m->to[o->cls];
            m->drop[k] = !to;
            if (!to)
                DT_TRY(dt_edit_say_object(&m->edit, r, o, NULL, DT_NOTE, DT_FATE_DROPPED, "class-mapped",
                                          "the class is dropped"));
            else if (strcmp(to, set->classes[o->cls]) != 0)
                DT_TRY(dt_edit_say_mapped(&m->edit, r, o, to, m->map[o->cls]));
        }
    }
    return DT_OK;
}

static dt_status remap(mapper *m)
{
    dt_dataset *set = m->edit.set;
    DT_TRY(find_names(m));
    DT_TRY(number_names(m));
    DT_TRY(name_categories(m));
    DT_TRY(say_objects(m));
    dt_edit_drop_objects(set, m->drop);
    return dt_dataset_map_classes(set, m->map, m->next.classes, m->next.class_count, m->edit.err);
}

dt_status dt_remap(dt_dataset *set, const dt_remap_opts *opts, dt_findings *findings, dt_error *err)
{
    mapper m = {.edit = {.set = set, .findings = findings, .err = err}, .opts = opts};
    m.to = dt_calloc(set->class_count, sizeof *m.to);
    m.map = dt_calloc(set->class_count, sizeof *m.map);
    m.drop = dt_calloc(set->object_count, 1);
    dt_status st = m.to && m.map && m.drop ? DT_OK : dt_fail_memory(err, set->object_count, "objects");
    if (st == DT_OK) st = remap(&m);
    dt_edit_free(&m.edit);
    dt_dataset_free(&m.next);
    dt_free(m.to);
    dt_free(m.map);
    dt_free(m.drop);
    return st;
}
