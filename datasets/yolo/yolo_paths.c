/* Where relative paths start, and where labels are looked for. */
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "datasets/yolo/yolo_config.h"

/* What exporters put in front of paths that lie beside obj.data or data.yaml. */
static const char DATA[] = "data/";

char *dt_yolo_locate(const dt_names *bases, const char *name, size_t *which)
{
    char *first = NULL;
    *which = 0;
    for (size_t i = 0; i < bases->count; i++) {
        char *path = dt_path_join(bases->items[i], name);
        *which = i;
        if (!path || access(path, F_OK) == 0 || *name == '/') {
            dt_free(first);
            return path;
        }
        if (!first)
            first = path;
        else
            dt_free(path);
    }
    if (strncmp(name, DATA, sizeof DATA - 1) == 0) {
        char *path = dt_path_join(bases->items[0], name + sizeof DATA - 1);
        *which = bases->count;
        if (!path || access(path, F_OK) == 0) {
            dt_free(first);
            return path;
        }
        dt_free(path);
    }
    *which = (size_t)-1;
    return first;
}

char *dt_yolo_places(const dt_names *bases)
{
    dt_str out = {0};
    for (size_t i = 0; i < bases->count; i++)
        dt_str_printf(&out, "%s%s", i == 0 ? "" : i + 1 < bases->count ? ", " : " or ", bases->items[i]);
    return dt_str_take(&out);
}

dt_status dt_yolo_note_base(dt_findings *notes, const dt_yolo_config *config, const dt_names *bases,
                            size_t which, const char *file, const char *what, dt_error *err)
{
    if (which == 0 || which > bases->count || (!config->darknet && which < bases->count)) return DT_OK;
    const dt_finding note = {.severity = DT_NOTE, .rule = "path-base", .file = file, .object = -1};
    if (which == bases->count)
        return dt_findings_add(notes, &note, err, "%s: found in %s, without the leading '%s'", what,
                               bases->items[0], DATA);
    return dt_findings_add(notes, &note, err, "%s: found from the folder %s, not from %s", what,
                           bases->items[which], bases->items[0]);
}

/* The last of "/name/" in a path. */
static const char *last_folder(const char *path, const char *name)
{
    const char *at = NULL;
    for (const char *p = strstr(path, name); p; p = strstr(p + 1, name))
        at = p;
    return at;
}

char *dt_yolo_label_path(const char *image, const char *folder)
{
    static const char *const names[] = {"/images/", "/JPEGImages/"};
    int kept = (int)(dt_path_extension(image) - image);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *at = last_folder(image, names[i]);
        if (!at) continue;
        const char *rest = at + strlen(names[i]);
        return dt_format("%.*s/%s/%.*s.txt", (int)(at - image), image, folder, (int)(kept - (rest - image)),
                         rest);
    }
    if (strcmp(folder, "labels") == 0) return dt_format("%.*s.txt", kept, image);
    int dir = (int)(dt_path_base(image) - image);
    return dt_format("%.*s%s/%.*s.txt", dir, image, folder, kept - dir, image + dir);
}
