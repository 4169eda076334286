#include "tools/edit_set.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/detect_format.h"

static void put_quoted(dt_str *out, const char *a)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    if (*a && strspn(a, plain) == strlen(a)) {
        dt_str_append(out, a);
        return;
    }
    dt_str_char(out, '\'');
    for (; *a; a++)
        if (*a == '\'')
            dt_str_append(out, "'\\''");
        else
            dt_str_char(out, *a);
    dt_str_char(out, '\'');
}

/* Number of arguments that --jobs takes here. */
static int is_jobs(const char *a)
{
    if (strcmp(a, "--jobs") == 0 || strcmp(a, "-j") == 0) return 2;
    return strncmp(a, "--jobs=", 7) == 0 || strncmp(a, "jobs=", 5) == 0;
}

char *dt_edit_command_text(int argc, char **argv, const char *target)
{
    dt_str out = {0};
    dt_str_append(&out, "dettool");
    for (int i = 0; i < argc; i++) {
        int skip = is_jobs(argv[i]);
        if (skip) {
            i += skip - 1;
            continue;
        }
        dt_str_char(&out, ' ');
        if (strcmp(argv[i], target) == 0)
            dt_str_append(&out, "DST");
        else
            put_quoted(&out, argv[i]);
    }
    return dt_str_take(&out);
}

static int from_format(const dt_edit_run *run, dt_convert_format format)
{
    for (size_t i = 0; i < run->source_count; i++)
        if (run->sources[i].format == format) return 1;
    return 0;
}

/* An option that does nothing for these formats is a misunderstanding: NULL, or its name. */
static const char *find_useless(const dt_edit_run *run)
{
    dt_convert_format to = run->to.format;
    int from_voc = from_format(run, DT_FORMAT_VOC), from_coco = from_format(run, DT_FORMAT_COCO);
    const struct {
        const char *name;
        int useful;
    } needs[] = {
        {"class-base", to == DT_FORMAT_YOLO},
        {"layout", to == DT_FORMAT_YOLO},
        {"voc-rule", from_voc || to == DT_FORMAT_VOC},
        {"difficult", from_voc || from_coco},
        {"crowd", from_coco},
        {"image-dir", from_coco},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (!needs[i].useful && dt_cli_typed(run->table, needs[i].name)) return needs[i].name;
    return NULL;
}

static int three_way(const char *text)
{
    return strcmp(text, "drop") == 0 ? 0 : strcmp(text, "keep") == 0 ? 1 : 2;
}

static int rule_of(const char *name)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(dt_voc_rule_names[i], name) == 0) return i;
    return DT_VOC_RULE_AUTO;
}

static dt_status find_formats(dt_edit_run *run)
{
    const dt_edit_options *o = run->options;
    for (size_t i = 0; i < run->source_count; i++) {
        const dt_set_format *format;
        char *path = NULL;
        dt_status st = dt_set_format_detect(run->sources[i].path, o->format, &format, &path, &run->err);
        dt_free(path);
        DT_TRY(st);
        run->sources[i].format = (dt_convert_format)dt_format_of(format->name);
    }
    return DT_OK;
}

static void fill_target(dt_edit_run *run)
{
    const dt_edit_options *o = run->options;
    int to = dt_format_of(o->to);
    run->to = (dt_target_opts){
        .tool = run->command->name,
        .command = run->text,
        .sources = run->sources,
        .source_count = run->source_count,
        .path = run->target,
        .format = to >= 0 ? (dt_convert_format)to : run->sources[0].format,
        .images = strcmp(o->images, "copy") == 0   ? DT_IMAGES_COPY
                  : strcmp(o->images, "none") == 0 ? DT_IMAGES_NONE
                                                   : DT_IMAGES_LINK,
        .keep_invalid = 1,
        .keep_imageless = 1,
        .pool = run->pool,
    };
    int yolo = run->to.format == DT_FORMAT_YOLO, coco = run->to.format == DT_FORMAT_COCO;
    run->to.difficult = o->difficult ? (dt_difficult)three_way(o->difficult)
                        : yolo       ? DT_DIFFICULT_DROP
                                     : DT_DIFFICULT_KEEP;
    run->to.crowd = o->crowd ? (dt_crowd)three_way(o->crowd) : coco ? DT_CROWD_KEEP : DT_CROWD_DROP;
    int rule = rule_of(o->voc_rule);
    run->to.voc_rule = rule == DT_VOC_RULE_AUTO ? DT_VOC_EXACT : (dt_voc_rule)rule;
    run->to.layout =
        o->layout && strcmp(o->layout, "darknet") == 0 ? DT_LAYOUT_DARKNET : DT_LAYOUT_ULTRALYTICS;
    run->to.class_base = o->class_base > 0;
}

/* What the first source says, where no option does. */
static void follow_source(dt_edit_run *run)
{
    const dt_edit_options *o = run->options;
    const dt_set_source *s = &run->sources[0];
    if (s->format == DT_FORMAT_VOC && rule_of(o->voc_rule) == DT_VOC_RULE_AUTO)
        run->to.voc_rule = s->voc_rule;
    if (s->format == DT_FORMAT_YOLO && !o->layout) run->to.layout = s->layout;
    if (s->format == DT_FORMAT_YOLO && o->class_base < 0) run->to.class_base = s->class_base;
}

static void release(dt_edit_run *run)
{
    dt_target_report_free(&run->report);
    dt_pool_destroy(run->pool);
    dt_free(run->sources);
    dt_free(run->text);
    run->sources = NULL;
    run->text = NULL;
    run->pool = NULL;
}

int dt_edit_begin(dt_edit_run *run, int argc, char **argv, const char *const *sources, size_t source_count,
                  const char *target)
{
    run->target = target;
    run->source_count = source_count;
    run->sources = dt_calloc(source_count, sizeof *run->sources);
    run->text = dt_edit_command_text(argc, argv, target);
    dt_status st = run->sources && run->text ? DT_OK : dt_fail_memory(&run->err, source_count, "sources");
    for (size_t i = 0; i < source_count && st == DT_OK; i++)
        run->sources[i].path = sources[i];
    if (st == DT_OK) st = find_formats(run);
    if (st == DT_OK) st = dt_target_check(target, sources, source_count, 1, &run->err);
    if (st == DT_OK) st = dt_pool_create((int)run->options->jobs, &run->pool, &run->err);
    if (st != DT_OK) {
        int code = dt_cli_fail(run->command, &run->err);
        release(run);
        return code;
    }
    fill_target(run);
    const char *useless = find_useless(run);
    return useless ? dt_edit_useless(run, useless) : -1;
}

int dt_edit_useless(dt_edit_run *run, const char *option)
{
    int code = dt_cli_usage_error(run->command, "--%s has no meaning from %s to %s", option,
                                  dt_format_names[run->sources[0].format], dt_format_names[run->to.format]);
    release(run);
    return code;
}

dt_status dt_edit_names(const dt_opt_list *list, dt_names *names, dt_error *err)
{
    for (int i = 0; i < list->count; i++) {
        dt_str name = {0};
        for (const char *p = list->items[i];; p++) {
            if (*p == '\\' && p[1] == ',') {
                dt_str_char(&name, *++p);
            } else if (*p && *p != ',') {
                dt_str_char(&name, *p);
            } else {
                dt_status st = name.failed ? dt_fail_memory(err, name.len, "names")
                               : name.len  ? dt_names_add(names, name.data, err)
                                           : DT_OK;
                dt_str_clear(&name);
                if (st != DT_OK || !*p) {
                    dt_str_free(&name);
                    DT_TRY(st);
                    break;
                }
            }
        }
    }
    return DT_OK;
}

dt_status dt_edit_open(dt_edit_run *run, size_t source, dt_dataset *set)
{
    const dt_edit_options *o = run->options;
    dt_set_source *s = &run->sources[source];
    const dt_set_source_opts opts = {.path = s->path,
                                     .format = strcmp(o->format, "auto") == 0 ? NULL : o->format,
                                     .image_dir = s->format == DT_FORMAT_COCO ? o->image_dir : NULL,
                                     .no_images = 1,
                                     .as_is = 1,
                                     .numbers_from_1 = run->numbers_from_1,
                                     .voc_rule = rule_of(o->voc_rule),
                                     .pool = run->pool};
    DT_TRY(dt_set_source_open(&opts, s, set, &run->report.findings, &run->err));
    if (source == 0) follow_source(run);
    return DT_OK;
}

/* ---- the end ---- */

static const char *kind_of(const dt_edit_run *run)
{
    return run->to.kind ? run->to.kind : dt_format_names[run->to.format];
}

static void print_report(const dt_edit_run *run, const dt_dataset *set)
{
    const dt_target_report *r = &run->report;
    if (run->options->dry_run)
        printf("%s: not written (--dry-run)\n", run->target);
    else
        printf("%s: %zu images (%zu without boxes) in %zu splits, %zu classes (%s)\n", run->target, r->images,
               r->backgrounds, r->splits, r->classes, kind_of(run));
    size_t read = 0;
    for (size_t i = 0; i < run->source_count; i++)
        read += run->sources[i].objects + run->sources[i].dropped;
    printf("objects: %zu of %zu %s\n", run->to.write ? r->boxes.kept : set->object_count, read,
           run->to.write ? "written" : "kept");
    if (r->masks_kept || r->masks_lost)
        printf("segmentation: of %zu pictures kept, of %zu lost\n", r->masks_kept, r->masks_lost);
    if (run->print_more) run->print_more(run, set);
    dt_edit_print_fates(&r->findings);
    if (!run->options->dry_run) printf("certificate: %s/conversion.json\n", run->target);
}

static void put_count(dt_json *j, const char *key, size_t value)
{
    dt_json_key(j, key);
    dt_json_int(j, (int64_t)value);
}

static void print_json(const dt_edit_run *run, const dt_dataset *set)
{
    const dt_target_report *r = &run->report;
    size_t read = 0, pictures = 0;
    dt_str out = {0};
    dt_json j = dt_json_begin(&out, 0);
    for (size_t i = 0; i < run->source_count; i++) {
        read += run->sources[i].objects + run->sources[i].dropped;
        pictures += run->sources[i].records;
    }
    dt_json_object(&j);
    dt_edit_json_text(&j, "target", run->target);
    dt_edit_json_text(&j, "format", kind_of(run));
    dt_json_key(&j, "dry_run");
    dt_json_bool(&j, run->options->dry_run);
    put_count(&j, "images_read", pictures);
    put_count(&j, "images", run->options->dry_run ? set->record_count : r->images);
    put_count(&j, "objects_read", read);
    put_count(&j, "objects", run->to.write ? r->boxes.kept : set->object_count);
    put_count(&j, "splits", set->split_count);
    put_count(&j, "classes", set->class_count);
    put_count(&j, "masks_kept", r->masks_kept);
    put_count(&j, "masks_lost", r->masks_lost);
    put_count(&j, "errors", r->findings.by_severity[DT_PROBLEM]);
    put_count(&j, "warnings", r->findings.by_severity[DT_WARNING]);
    dt_edit_json_fates(&j, &r->findings);
    if (run->json_more) run->json_more(run, set, &j);
    if (run->options->dry_run) dt_edit_json_changes(&j, &r->findings);
    dt_json_object_end(&j);
    printf("%s\n", out.failed ? "{}" : out.data);
    dt_str_free(&out);
}

/* 1 if there is an error, or something was lost or changed that no option asked for. */
static int is_lossy(const dt_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const dt_finding *f = &findings->items[i];
        if (f->severity == DT_PROBLEM || (f->severity == DT_WARNING && f->fate != DT_FATE_NONE)) return 1;
    }
    return 0;
}

int dt_edit_end(dt_edit_run *run, dt_status st, dt_dataset *set)
{
    int dry = run->options->dry_run, json = run->options->json;
    if (st == DT_OK)
        st = dry ? dt_target_fit(set, &run->to, &run->report, &run->err)
                 : dt_target_write(set, &run->to, &run->report, &run->err);
    if (!dry || st != DT_OK) dt_findings_show(&run->report.findings);
    int code = DT_EXIT_OK;
    if (st != DT_OK) {
        /* A class or split that was asked for and is not there is wrong usage. */
        code = st == DT_ERR_ARG ? dt_cli_usage_error(run->command, "%s", run->err.text)
                                : dt_cli_fail(run->command, &run->err);
    } else {
        if (json) {
            print_json(run, set);
        } else {
            if (dry) dt_edit_print_diff(&run->report.findings);
            print_report(run, set);
        }
        if (run->options->strict && is_lossy(&run->report.findings)) code = DT_EXIT_FAILED;
        if (fflush(stdout) != 0 || ferror(stdout)) {
            dt_fail(&run->err, DT_ERR_IO, "the summary could not be printed");
            code = dt_cli_fail(run->command, &run->err);
        }
    }
    dt_dataset_free(set);
    release(run);
    return code;
}
