#include "datasets/convert.h"

#include <string.h>

#include "core/mem.h"

void dt_convert_report_free(dt_convert_report *report)
{
    dt_target_report_free(report);
}

dt_status dt_class_list_read(const char *path, dt_names *names, dt_error *err)
{
    enum { MAX_BYTES = 16 << 20 };
    char *text;
    size_t size;
    dt_strmap seen = {0};
    *names = (dt_names){0};
    DT_TRY(dt_file_read(path, MAX_BYTES, &text, &size, err));
    dt_status st = DT_OK;
    int line = 0;
    char *at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text, *end = text + size;
    while (at < end && st == DT_OK) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        char *from = at, *to = stop;
        while (from < to && strchr(" \t\r", *from))
            from++;
        while (to > from && strchr(" \t\r", to[-1]))
            to--;
        *to = '\0';
        at = stop + 1;
        line++;
        if (from == to) continue;
        int fresh = dt_strmap_add(&seen, from, line);
        if (fresh < 0)
            st = dt_fail_memory(err, seen.count, "class names");
        else if (!fresh)
            st = dt_fail(err, DT_ERR_FORMAT, "%s:%d: the class '%s' stands in line %lld already", path, line,
                         from, (long long)dt_strmap_get(&seen, from, 0));
        else
            st = dt_names_add(names, from, err);
    }
    if (st == DT_OK && !names->count)
        st = dt_fail(err, DT_ERR_FORMAT, "%s: there is no class name in it", path);
    dt_strmap_free(&seen);
    dt_free(text);
    if (st != DT_OK) dt_names_free(names);
    return st;
}

static dt_status order_classes(const dt_convert_opts *opts, dt_dataset *set, size_t *count, dt_error *err)
{
    dt_names names;
    *count = 0;
    if (!opts->classes_file) return DT_OK;
    DT_TRY(dt_class_list_read(opts->classes_file, &names, err));
    dt_status st = dt_dataset_order_classes(set, (const char *const *)names.items, names.count, err);
    *count = names.count;
    dt_names_free(&names);
    return st;
}

static dt_status convert(const dt_convert_opts *opts, dt_pool *pool, dt_dataset *set,
                         dt_convert_report *report, dt_error *err)
{
    const dt_set_source_opts from = {.path = opts->source,
                                     .format = dt_format_names[opts->from],
                                     .image_dir = opts->image_dir,
                                     .no_images = opts->images == DT_IMAGES_NONE,
                                     .voc_rule = (int)opts->voc_rule,
                                     .pool = pool};
    const dt_target_note notes[] = {{"classes", opts->classes_file}, {"image_dir", opts->image_dir}};
    dt_set_source source;
    size_t class_count;
    DT_TRY(dt_set_source_open(&from, &source, set, &report->findings, err));
    DT_TRY(order_classes(opts, set, &class_count, err));
    const dt_target_opts to = {.tool = "convert",
                               .command = opts->command,
                               .notes = notes,
                               .note_count = opts->image_dir ? 2 : 1,
                               .sources = &source,
                               .source_count = 1,
                               .path = opts->target,
                               .format = opts->to,
                               .class_base = opts->class_base,
                               .layout = opts->layout,
                               .voc_rule = opts->voc_rule,
                               .images = opts->images,
                               .difficult = opts->difficult,
                               .crowd = opts->crowd,
                               .keep_invalid = opts->keep_invalid,
                               .class_count = class_count,
                               .pool = pool};
    return dt_target_write(set, &to, report, err);
}

int dt_convert_is_pair(dt_convert_format from, dt_convert_format to)
{
    return from != to || from == DT_FORMAT_YOLO;
}

dt_status dt_convert(const dt_convert_opts *opts, dt_convert_report *report, dt_error *err)
{
    dt_pool *pool = NULL;
    dt_dataset set = {0};
    *report = (dt_convert_report){0};
    if (opts->from >= DT_FORMATS || opts->to >= DT_FORMATS || !dt_convert_is_pair(opts->from, opts->to))
        return dt_fail(err, DT_ERR_UNSUPPORTED, "this pair of formats is not converted");
    /* A target in the way is said before the work, not after it. */
    DT_TRY(dt_target_check(opts->target, NULL, 0, 0, err));
    DT_TRY(dt_pool_create(opts->jobs, &pool, err));
    dt_status st = convert(opts, pool, &set, report, err);
    dt_dataset_free(&set);
    dt_pool_destroy(pool);
    return st;
}
