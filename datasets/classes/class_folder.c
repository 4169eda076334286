/* Class folders, in the order of torchvision's ImageFolder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/str.h"
#include "datasets/classes/class_parts.h"
#include "datasets/image/image.h"

enum { MAX_DEPTH = 32, NO_SPLIT = -1 };

/* ---- what is there ---- */

/* Folders and files of a folder in byte order, without those that begin with a dot. */
typedef struct listing {
    dt_names folders, files;
} listing;

static void listing_free(listing *l)
{
    dt_names_free(&l->folders);
    dt_names_free(&l->files);
}

static dt_status list(const char *dir, listing *l, dt_error *err)
{
    dt_names all;
    *l = (listing){0};
    DT_TRY(dt_dir_list(dir, &all, err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < all.count && st == DT_OK; i++) {
        if (all.items[i][0] == '.') continue;
        char *path = dt_path_join(dir, all.items[i]);
        st = path ? dt_names_add(dt_is_dir(path) ? &l->folders : &l->files, all.items[i], err)
                  : dt_fail_memory(err, strlen(dir), "a path");
        dt_free(path);
    }
    dt_names_free(&all);
    if (st != DT_OK) listing_free(l);
    return st;
}

static int split_of(const char *name)
{
    static const struct {
        const char *name;
        int split;
    } known[] = {{"train", CLASS_TRAIN},
                 {"val", CLASS_VAL},
                 {"valid", CLASS_VAL},
                 {"validation", CLASS_VAL},
                 {"test", CLASS_TEST}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(name, known[i].name) == 0) return known[i].split;
    return NO_SPLIT;
}

typedef enum layout { CLASSES, SPLITS, BARE_SPLITS } layout;

/* SPLITS: class folders lie in folders that are named as splits; what lies beside them is none of the set's
 * if there are two of them. (One may be a class that is called "train".) BARE_SPLITS: all folders with
 * pictures are named as splits, two or more, and have no class folders. */
static layout layout_of(const char *dir, const listing *top)
{
    int with_classes = 0, bare = 0, others = 0;
    for (size_t i = 0; i < top->folders.count; i++) {
        char path[PATH_MAX];
        const char *name = top->folders.items[i];
        if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) continue;
        if (split_of(name) == NO_SPLIT)
            others |= dt_class_holds_pictures(path, 0, DT_CLASS_PROBE_DEPTH);
        else if (dt_class_holds_pictures(path, 1, DT_CLASS_PROBE_DEPTH))
            with_classes++;
        else
            bare += dt_class_holds_pictures(path, 0, 0);
    }
    if (with_classes && (!others || with_classes > 1)) return SPLITS;
    return bare > 1 && !with_classes && !others ? BARE_SPLITS : CLASSES;
}

/* ---- pictures of one class folder ---- */

typedef struct folder_id {
    dev_t device;
    ino_t inode;
} folder_id;

typedef struct walker {
    dt_class_set *set;
    dt_findings *findings;
    dt_error *err;
    folder_id *met; /* the set's folder and those of the class so far: links may lead to one again */
    size_t met_count, met_capacity;
} walker;

static dt_status say(walker *w, dt_severity severity, const char *rule, const char *file, const char *text)
{
    return dt_findings_add(w->findings,
                           &(dt_finding){.severity = severity, .rule = rule, .file = file, .object = -1},
                           w->err, "%s", text);
}

/* *known: it was met before. */
static dt_status meet(walker *w, const struct stat *st, int *known)
{
    *known = 1;
    for (size_t i = 0; i < w->met_count; i++)
        if (w->met[i].device == st->st_dev && w->met[i].inode == st->st_ino) return DT_OK;
    *known = 0;
    if (dt_grow(&w->met, &w->met_capacity, w->met_count + 1, sizeof *w->met) != 0)
        return dt_fail_memory(w->err, sizeof *w->met, "a folder");
    w->met[w->met_count++] = (folder_id){st->st_dev, st->st_ino};
    return DT_OK;
}

/* Adds the folder and all below it. */
static dt_status collect(walker *w, const char *dir, int depth, dt_names *folders)
{
    struct stat st;
    int known;
    if (stat(dir, &st) != 0)
        return say(w, DT_WARNING, "folder-skipped", dir, "the folder cannot be read: left out");
    DT_TRY(meet(w, &st, &known));
    if (known)
        return say(w, DT_WARNING, "folder-skipped", dir,
                   "a link that leads to a folder above it, or to one that was read already: left out");
    if (depth > MAX_DEPTH)
        return say(w, DT_WARNING, "folder-skipped", dir, "more than 32 folders below its class: left out");
    listing l;
    DT_TRY(dt_names_add(folders, dir, w->err));
    DT_TRY(list(dir, &l, w->err));
    dt_status status = DT_OK;
    for (size_t i = 0; i < l.folders.count && status == DT_OK; i++) {
        char *path = dt_path_join(dir, l.folders.items[i]);
        status = path ? collect(w, path, depth + 1, folders) : dt_fail_memory(w->err, strlen(dir), "a path");
        dt_free(path);
    }
    listing_free(&l);
    return status;
}

static dt_status add_picture(walker *w, const char *dir, const char *name, int32_t cls, dt_class_split *split)
{
    char *path = dt_path_join(dir, name);
    if (!path) return dt_fail_memory(w->err, strlen(dir), "a path");
    dt_status st = DT_OK;
    if (dt_image_has_extension(name)) {
        const char *file = dt_arena_text(&w->set->texts, path);
        st = file ? dt_class_add(split, (dt_class_record){.file = file, .row = -1, .cls = cls}, w->err)
                  : dt_fail_memory(w->err, strlen(path), "a path");
    } else {
        st = say(w, DT_WARNING, "image-unsupported", path, "no JPEG or PNG file: left out");
    }
    dt_free(path);
    return st;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static dt_status add_class(walker *w, const char *dir, int32_t cls, dt_class_split *split)
{
    dt_names folders = {0};
    int64_t before = split->count;
    w->met_count = 1; /* the set's folder stays */
    dt_status st = collect(w, dir, 0, &folders);
    if (folders.count) qsort(folders.items, folders.count, sizeof *folders.items, compare_texts);
    for (size_t i = 0; i < folders.count && st == DT_OK; i++) {
        listing l;
        st = list(folders.items[i], &l, w->err);
        for (size_t k = 0; k < l.files.count && st == DT_OK; k++)
            st = add_picture(w, folders.items[i], l.files.items[k], cls, split);
        listing_free(&l);
    }
    dt_names_free(&folders);
    if (st == DT_OK && split->count == before)
        st = say(w, DT_WARNING, "class-unused", dir, "a class folder without pictures");
    return st;
}

/* ---- all classes ---- */

/* Each class folder of `dir`: its name is added to names, or, where that is NULL, its pictures to the split. */
static dt_status visit_classes(walker *w, const char *dir, dt_names *names, dt_class_split *split)
{
    listing l;
    DT_TRY(list(dir, &l, w->err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < l.folders.count && st == DT_OK && names; i++)
        st =
            dt_utf8_is(l.folders.items[i])
                ? dt_names_add(names, l.folders.items[i], w->err)
                : dt_fail(
                      w->err, DT_ERR_FORMAT,
                      "%s/%s: the folder's name is not UTF-8, so no file of weights could hold it as a class",
                      dir, l.folders.items[i]);
    for (size_t c = 0; c < w->set->names.count && st == DT_OK && !names; c++) {
        char *path = dt_path_join(dir, w->set->names.items[c]);
        if (!path)
            st = dt_fail_memory(w->err, strlen(dir), "a path");
        else if (dt_is_dir(path))
            st = add_class(w, path, (int32_t)c, split);
        dt_free(path);
    }
    for (size_t i = 0; i < l.files.count && st == DT_OK && !names; i++) {
        if (!dt_image_has_extension(l.files.items[i])) continue;
        char *path = dt_path_join(dir, l.files.items[i]);
        st = path ? say(w, DT_WARNING, "label-missing", path, "lies in no class folder: left out")
                  : dt_fail_memory(w->err, strlen(dir), "a path");
        dt_free(path);
    }
    listing_free(&l);
    return st;
}

static void sort_names(dt_names *names)
{
    size_t kept = 0;
    if (names->count) qsort(names->items, names->count, sizeof *names->items, compare_texts);
    for (size_t i = 0; i < names->count; i++) {
        if (kept && strcmp(names->items[kept - 1], names->items[i]) == 0)
            dt_free(names->items[i]);
        else
            names->items[kept++] = names->items[i];
    }
    names->count = kept;
}

static dt_status visit_splits(walker *w, const char *dir, const listing *top, dt_names *names)
{
    for (int s = 0; s < DT_CLASS_SPLITS; s++)
        for (size_t i = 0; i < top->folders.count; i++) {
            if (split_of(top->folders.items[i]) != s) continue;
            char *path = dt_path_join(dir, top->folders.items[i]);
            dt_status st = path ? visit_classes(w, path, names, &w->set->splits[s])
                                : dt_fail_memory(w->err, strlen(dir), "a path");
            dt_free(path);
            DT_TRY(st);
        }
    return DT_OK;
}

/* Classes whose folders are empty in all splits go. */
static dt_status drop_empty_classes(walker *w)
{
    dt_class_set *set = w->set;
    int32_t *now = dt_calloc(set->names.count + 1, sizeof *now), next = 0;
    if (!now) return dt_fail_memory(w->err, set->names.count * sizeof *now, "the classes");
    for (int s = 0; s < DT_CLASS_SPLITS; s++)
        for (int64_t i = 0; i < set->splits[s].count; i++)
            now[set->splits[s].records[i].cls] = 1;
    for (size_t c = 0; c < set->names.count; c++) {
        if (!now[c]) {
            dt_free(set->names.items[c]);
            continue;
        }
        now[c] = next;
        set->names.items[next++] = set->names.items[c];
    }
    set->names.count = (size_t)next;
    for (int s = 0; s < DT_CLASS_SPLITS; s++)
        for (int64_t i = 0; i < set->splits[s].count; i++)
            set->splits[s].records[i].cls = now[set->splits[s].records[i].cls];
    dt_free(now);
    return DT_OK;
}

/* ---- the part that is held out ---- */

/* The share rounded down; .29 of 100 is 29, although its double is a little less. */
static int64_t held_out_of(double share, int64_t count)
{
    return (int64_t)(share * (double)count + 1e-9);
}

/* out[i] = 1 for the share of each class; records of a class stand together. */
static void draw_held_out(const dt_class_set *set, const dt_class_opts *opts, int64_t *order, uint8_t *out)
{
    const dt_class_split *train = &set->splits[CLASS_TRAIN];
    for (int64_t i = 0, end; i < train->count; i = end) {
        int32_t cls = train->records[i].cls;
        for (end = i; end < train->count && train->records[end].cls == cls; end++)
            order[end - i] = end;
        const char *name = set->names.items[cls];
        dt_rng rng = dt_rng_make(opts->seed, DT_RNG_SPLIT, dt_hash64(name, strlen(name)), 0);
        dt_rng_shuffle(&rng, order, (size_t)(end - i));
        for (int64_t k = 0; k < held_out_of(opts->val_share, end - i); k++)
            out[order[k]] = 1;
    }
}

static dt_status hold_out(dt_class_set *set, const dt_class_opts *opts, dt_error *err)
{
    dt_class_split *train = &set->splits[CLASS_TRAIN], *val = &set->splits[CLASS_VAL];
    size_t n = (size_t)train->count;
    int64_t *order = dt_calloc(n + 1, sizeof *order), kept = 0;
    uint8_t *out = dt_calloc(n + 1, 1);
    dt_status st = order && out && dt_grow(&val->records, &val->capacity, n + 1, sizeof *val->records) == 0
                       ? DT_OK
                       : dt_fail_memory(err, n * sizeof *val->records, "a split");
    if (st == DT_OK) {
        draw_held_out(set, opts, order, out);
        for (size_t i = 0; i < n; i++)
            if (out[i])
                val->records[val->count++] = train->records[i];
            else
                train->records[kept++] = train->records[i];
        train->count = kept;
    }
    dt_free(order);
    dt_free(out);
    return st;
}

/* Folders beside the splits that hold pictures. */
static dt_status report_beside_splits(walker *w, const char *dir, const listing *top)
{
    for (size_t i = 0; i < top->folders.count; i++) {
        if (split_of(top->folders.items[i]) != NO_SPLIT) continue;
        char *path = dt_path_join(dir, top->folders.items[i]);
        dt_status st = !path ? dt_fail_memory(w->err, strlen(dir), "a path")
                       : dt_class_holds_pictures(path, 0, DT_CLASS_PROBE_DEPTH)
                           ? say(w, DT_WARNING, "folder-skipped", path, "lies beside the splits: left out")
                           : DT_OK;
        dt_free(path);
        DT_TRY(st);
    }
    return DT_OK;
}

static dt_status read_folders(walker *w, const char *dir, const listing *top, const dt_class_opts *opts)
{
    const layout found = layout_of(dir, top);
    const int in_splits = found == SPLITS;
    dt_class_set *set = w->set;
    struct stat root;
    int known;
    if (found == BARE_SPLITS)
        return dt_fail(
            w->err, DT_ERR_FORMAT,
            "%s: its folders are named as splits, but their pictures lie in no class folder (wanted: "
            "train/CLASS/*.jpg, val/CLASS/*.jpg)",
            dir);
    if (stat(dir, &root) != 0) return dt_fail(w->err, DT_ERR_IO, "%s: the folder cannot be read", dir);
    DT_TRY(meet(w, &root, &known));
    if (in_splits) DT_TRY(report_beside_splits(w, dir, top));
    DT_TRY(in_splits ? visit_splits(w, dir, top, &set->names) : visit_classes(w, dir, &set->names, NULL));
    sort_names(&set->names);
    DT_TRY(in_splits ? visit_splits(w, dir, top, NULL)
                     : visit_classes(w, dir, NULL, &set->splits[CLASS_TRAIN]));
    DT_TRY(drop_empty_classes(w));
    set->has_splits = in_splits;
    set->held_out = !in_splits && opts->val_share > 0;
    return set->held_out ? hold_out(set, opts, w->err) : DT_OK;
}

dt_status dt_class_open_folder(const char *dir, const dt_class_opts *opts, dt_class_set *set,
                               dt_findings *findings, dt_error *err)
{
    walker w = {.set = set, .findings = findings, .err = err};
    listing top;
    if (!(opts->val_share >= 0 && opts->val_share < 1))
        return dt_fail(err, DT_ERR_ARG, "val_share %g: the part that is held out is 0 to below 1",
                       opts->val_share);
    DT_TRY(list(dir, &top, err));
    dt_status st = read_folders(&w, dir, &top, opts);
    listing_free(&top);
    dt_free(w.met);
    return st;
}
