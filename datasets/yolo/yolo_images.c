/* Which images a split has: folders, lists, single files. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "datasets/yolo/yolo_config.h"

enum { MAX_LIST_BYTES = 256 << 20, MAX_FOLDER_DEPTH = 16, MAX_VISITS = 8 };

static int has_suffix(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcasecmp(text + n - m, suffix) == 0;
}

/* Pictures that people have in such folders and that we do not decode. */
static int is_foreign_picture(const char *name)
{
    static const char *const others[] = {".bmp",  ".webp", ".tif", ".tiff", ".gif",
                                         ".heic", ".avif", ".jp2", ".ppm"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (has_suffix(name, others[i])) return 1;
    return 0;
}

typedef struct collector {
    const dt_yolo_config *config;
    dt_findings *findings;
    dt_names *images;
    const char *split;
    struct {
        dev_t dev;
        ino_t ino;
    } open_folders[MAX_FOLDER_DEPTH]; /* those we are in: a link back to one of them is not followed */
    dt_strmap visits;                 /* of a folder, by device and inode, in texts: times it was searched */
    dt_arena texts;
    dt_error *err;
} collector;

static dt_status note(collector *c, dt_severity severity, const char *rule, const char *file, int64_t line,
                      const char *message)
{
    return dt_findings_add(
        c->findings,
        &(dt_finding){.severity = severity, .rule = rule, .file = file, .line = line, .object = -1}, c->err,
        "%s", message);
}

/* 1 if the folder may be searched once more. Links that lead from one to another and on open ever more ways
 * to the same folders: after a few each is left out. */
static dt_status count_visit(collector *c, const char *path, const struct stat *st, int *again)
{
    char key[48];
    int turn = 1, fresh = 0;
    do {
        snprintf(key, sizeof key, "%llx:%llx:%d", (unsigned long long)st->st_dev,
                 (unsigned long long)st->st_ino, turn);
        if (dt_strmap_get(&c->visits, key, 0)) continue;
        const char *kept = dt_arena_text(&c->texts, key);
        fresh = kept && dt_strmap_add(&c->visits, kept, 1) > 0;
        if (!fresh) return dt_fail_memory(c->err, strlen(key), "a list of folders");
    } while (!fresh && ++turn <= MAX_VISITS);
    *again = turn <= MAX_VISITS;
    return *again ? DT_OK
                  : note(c, DT_PROBLEM, "folder-skipped", path, 0,
                         "not searched: it was, by other links: do they lead in circles?");
}

static dt_status add_folder(collector *c, const char *path, int depth);

static dt_status add_item(collector *c, const char *path, int depth)
{
    if (dt_image_has_extension(path)) return dt_names_add(c->images, path, c->err);
    if (is_foreign_picture(path))
        return note(c, DT_WARNING, "image-unsupported", path, 0, "left out: JPEG and PNG are read");
    return !has_suffix(path, ".txt") && dt_is_dir(path) ? add_folder(c, path, depth + 1) : DT_OK;
}

static dt_status add_folder(collector *c, const char *path, int depth)
{
    dt_names names;
    dt_error problem = {0};
    struct stat st;
    int again;
    if (stat(path, &st) != 0) return DT_OK;
    if (depth >= MAX_FOLDER_DEPTH)
        return note(c, DT_PROBLEM, "folder-skipped", path, 0, "not searched: folders are nested too deep");
    for (int i = 0; i < depth; i++)
        if (c->open_folders[i].dev == st.st_dev && c->open_folders[i].ino == st.st_ino)
            return note(c, DT_NOTE, "folder-skipped", path, 0,
                        "not searched: it leads back to a folder above");
    DT_TRY(count_visit(c, path, &st, &again));
    if (!again) return DT_OK;
    c->open_folders[depth].dev = st.st_dev;
    c->open_folders[depth].ino = st.st_ino;
    dt_status status = dt_dir_list(path, &names, &problem);
    if (status != DT_OK && depth > 0 && status != DT_ERR_MEMORY)
        return note(c, DT_PROBLEM, "folder-skipped", path, 0, problem.text);
    if (status != DT_OK) return dt_fail(c->err, status, "%s", problem.text);
    for (size_t i = 0; i < names.count && status == DT_OK; i++) {
        char *full = dt_path_join(path, names.items[i]);
        status = full ? add_item(c, full, depth) : dt_fail_memory(c->err, strlen(path), "a path");
        dt_free(full);
    }
    dt_names_free(&names);
    return status;
}

/* Lists written on Windows have backslashes. */
static int turn_backslashes(char *text)
{
    int turned = 0;
    for (; *text; text++)
        if (*text == '\\') {
            *text = '/';
            turned = 1;
        }
    return turned;
}

typedef struct list_reader {
    const char *path, *dir;
    dt_names bases; /* of its lines */
    size_t *hits;   /* lines found from each base, and one more; see dt_yolo_locate */
} list_reader;

static char *locate_line(const collector *c, const list_reader *list, const char *text, size_t *which)
{
    int from_list = strncmp(text, "./", 2) == 0;
    *which = (size_t)-1;
    if (from_list) text += 2;
    if (from_list && !c->config->darknet) return dt_path_join(list->dir, text);
    return dt_yolo_locate(&list->bases, text, which);
}

static dt_status add_list_line(collector *c, list_reader *list, char *text, int64_t line)
{
    size_t n = strlen(text), which;
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t' || text[n - 1] == '\r'))
        text[--n] = '\0';
    while (*text == ' ' || *text == '\t')
        text++;
    if (!*text) return DT_OK;
    if (!dt_image_has_extension(text))
        return note(c, DT_PROBLEM, "image-unsupported", list->path, line,
                    "the line names no JPEG or PNG file");
    char *path = locate_line(c, list, text, &which);
    if (path && access(path, F_OK) != 0 && turn_backslashes(text)) {
        dt_free(path);
        path = locate_line(c, list, text, &which);
    }
    if (!path) return dt_fail_memory(c->err, n, "a path");
    if (which <= list->bases.count) list->hits[which]++;
    dt_status st = access(path, F_OK) == 0 ? dt_names_add(c->images, path, c->err)
                                           : note(c, DT_PROBLEM, "image-missing", list->path, line, path);
    dt_free(path);
    return st;
}

static dt_status read_list(collector *c, list_reader *list, char *text, size_t size)
{
    dt_status st = DT_OK;
    int64_t line = 0;
    char *at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text, *end = text + size;
    while (at < end && st == DT_OK) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        *stop = '\0';
        st = add_list_line(c, list, at, ++line);
        at = stop + 1;
    }
    for (size_t i = 1; i <= list->bases.count && st == DT_OK; i++) {
        char what[48];
        snprintf(what, sizeof what, "%zu of %lld lines", list->hits[i], (long long)line);
        if (list->hits[i])
            st = dt_yolo_note_base(c->findings, c->config, &list->bases, i, list->path, what, c->err);
    }
    return st;
}

static dt_status add_list(collector *c, const char *path)
{
    const dt_names *bases = &c->config->bases;
    list_reader list = {.path = path};
    char *text, *dir;
    size_t size;
    DT_TRY(dt_file_read(path, MAX_LIST_BYTES, &text, &size, c->err));
    dt_status st = DT_OK;
    list.dir = dir = dt_path_dir(path);
    list.hits = dt_calloc(bases->count + 2, sizeof *list.hits);
    for (size_t i = 0; i < bases->count && st == DT_OK; i++)
        st = dt_names_add(&list.bases, bases->items[i], c->err);
    if (st == DT_OK && dir) st = dt_names_add(&list.bases, dir, c->err);
    if (st == DT_OK)
        st = dir && list.hits ? read_list(c, &list, text, size)
                              : dt_fail_memory(c->err, strlen(path), "a path");
    dt_names_free(&list.bases);
    dt_free(list.hits);
    dt_free(dir);
    dt_free(text);
    return st;
}

static dt_status no_such_entry(collector *c, const char *entry, const char *path)
{
    if (!c->config->darknet)
        return dt_fail(c->err, DT_ERR_NOT_FOUND, "%s: %s: %s: no such folder or file", c->config->file,
                       c->split, path);
    char *places = dt_yolo_places(&c->config->bases);
    dt_status st = dt_fail(c->err, DT_ERR_NOT_FOUND, "%s: %s: %s: no such folder or file from %s",
                           c->config->file, c->split, entry, places ? places : "here");
    dt_free(places);
    return st;
}

static dt_status add_entry(collector *c, const char *entry)
{
    size_t which;
    char *path = dt_yolo_locate(&c->config->bases, entry, &which);
    /* Exported sets often say ../train/images beside the folder train: what Ultralytics reads, too. */
    if (path && which == (size_t)-1 && strncmp(entry, "../", 3) == 0) {
        dt_free(path);
        path = dt_yolo_locate(&c->config->bases, entry + 3, &which);
    }
    if (!path) return dt_fail_memory(c->err, strlen(entry), "a path");
    dt_status st =
        dt_yolo_note_base(c->findings, c->config, &c->config->bases, which, c->config->file, entry, c->err);
    if (st != DT_OK)
        ;
    else if (dt_is_dir(path))
        st = add_folder(c, path, 0);
    else if (dt_is_file(path) && dt_image_has_extension(path))
        st = dt_names_add(c->images, path, c->err);
    else if (dt_is_file(path))
        st = add_list(c, path);
    else
        st = no_such_entry(c, entry, path);
    dt_free(path);
    return st;
}

dt_status dt_yolo_list_images(const dt_yolo_config *config, int split, int tolerant, dt_findings *findings,
                              dt_names *images, dt_error *err)
{
    const dt_names *entries = &config->entries[split];
    dt_status st = DT_OK;
    for (size_t i = 0; i < entries->count && st == DT_OK; i++) {
        collector c = {.config = config,
                       .findings = findings,
                       .images = images,
                       .split = dt_yolo_split_names[split],
                       .err = err};
        st = add_entry(&c, entries->items[i]);
        dt_strmap_free(&c.visits);
        dt_arena_free(&c.texts);
        if (tolerant && st != DT_ERR_MEMORY) st = DT_OK;
    }
    return st;
}
