/** What the commands share that open data sets, change them and write a new one: fix, filter, remap, split,
 * merge, crop.
 *
 *     dt_edit_run run = {.command = &dt_cmd_fix, .table = opts, .options = &shared};
 *     int code = dt_edit_begin(&run, argc, argv, operands, 1, operands[1]);
 *     if (code >= 0) return code;
 *     dt_status st = dt_edit_open(&run, 0, &set);
 *     if (st == DT_OK) st = ... the edit: changes the set, adds to run.report.findings, fills run.err ...
 *     return dt_edit_end(&run, st, &set);
 */
#ifndef DT_TOOLS_EDIT_SET_H
#define DT_TOOLS_EDIT_SET_H

#include "core/json.h"
#include "datasets/target/target.h"
#include "tools/cli.h"

typedef struct dt_edit_options {
    const char *format, *to, *images, *image_dir, *voc_rule, *difficult, *crowd, *layout;
    int64_t class_base, jobs;
    int json, strict, dry_run;
} dt_edit_options;

#define DT_EDIT_DEFAULTS                                                                                     \
    {                                                                                                        \
        .format = "auto", .to = "same", .images = "link", .voc_rule = "auto", .class_base = -1               \
    }

/** The shared options, for the commands' tables. */
#define DT_EDIT_OPTIONS(o)                                                                                   \
    {.name = "to",                                                                                           \
     .kind = DT_OPT_CHOICE,                                                                                  \
     .value = &(o).to,                                                                                       \
     .choices = "same|voc|yolo|coco",                                                                        \
     .arg = "FORMAT",                                                                                        \
     .help = "format of DST"},                                                                               \
        {.name = "format",                                                                                   \
         .kind = DT_OPT_CHOICE,                                                                              \
         .value = &(o).format,                                                                               \
         .choices = "auto|voc|yolo|coco",                                                                    \
         .arg = "FORMAT",                                                                                    \
         .help = "format of SRC"},                                                                           \
        {.name = "images",                                                                                   \
         .kind = DT_OPT_CHOICE,                                                                              \
         .value = &(o).images,                                                                               \
         .choices = "link|copy|none",                                                                        \
         .arg = "HOW",                                                                                       \
         .help = "how the pictures get into DST"},                                                           \
        {.name = "image-dir",                                                                                \
         .kind = DT_OPT_STR,                                                                                 \
         .value = &(o).image_dir,                                                                            \
         .arg = "DIR",                                                                                       \
         .help = "where the pictures of a COCO file are (default: looked for around it)"},                   \
        {.name = "voc-rule",                                                                                 \
         .kind = DT_OPT_CHOICE,                                                                              \
         .value = &(o).voc_rule,                                                                             \
         .choices = "auto|exact|minus-one|raw",                                                              \
         .arg = "RULE",                                                                                      \
         .help = "how VOC coordinates are read and written; auto: as the files show"},                       \
        {.name = "class-base",                                                                               \
         .kind = DT_OPT_INT,                                                                                 \
         .value = &(o).class_base,                                                                           \
         .min = -1,                                                                                          \
         .max = 1,                                                                                           \
         .arg = "N",                                                                                         \
         .help = "number of the first class of a YOLO set; -1: as in SRC, else 0"},                          \
        {.name = "layout",                                                                                   \
         .kind = DT_OPT_CHOICE,                                                                              \
         .value = &(o).layout,                                                                               \
         .choices = "ultralytics|darknet",                                                                   \
         .arg = "NAME",                                                                                      \
         .help = "whose files a YOLO set is written as (default: as SRC)"},                                  \
        {.name = "difficult",                                                                                \
         .kind = DT_OPT_CHOICE,                                                                              \
         .value = &(o).difficult,                                                                            \
         .choices = "drop|keep|ignore",                                                                      \
         .arg = "WHAT",                                                                                      \
         .help = "difficult objects in another format (default: drop for YOLO, else keep)"},                 \
        {.name = "crowd",                                                                                    \
         .kind = DT_OPT_CHOICE,                                                                              \
         .value = &(o).crowd,                                                                                \
         .choices = "drop|keep|ignore",                                                                      \
         .arg = "WHAT",                                                                                      \
         .help = "COCO's crowds in another format (default: drop)"},                                         \
        {.name = "dry-run",                                                                                  \
         .kind = DT_OPT_FLAG,                                                                                \
         .value = &(o).dry_run,                                                                              \
         .help = "write nothing, print what would change"},                                                  \
        {.name = "json", .kind = DT_OPT_FLAG, .value = &(o).json, .help = "print one JSON document"},        \
        {.name = "strict",                                                                                   \
         .kind = DT_OPT_FLAG,                                                                                \
         .value = &(o).strict,                                                                               \
         .help = "exit 1 if SRC has an error, or an object was lost or changed other than asked for"},       \
    {                                                                                                        \
        .name = "jobs", .alias = "j", .kind = DT_OPT_INT, .value = &(o).jobs, .max = 256, .arg = "N",        \
        .help = "threads; 0: one a processor"                                                                \
    }

typedef struct dt_edit_run dt_edit_run;
struct dt_edit_run {
    const dt_command *command;
    const dt_opt *table;
    const dt_edit_options *options;
    const char *target;
    dt_set_source *sources;
    size_t source_count;
    char *text;         /* the command line */
    int numbers_from_1; /* dt_set_source_opts of dt_edit_open */
    dt_pool *pool;
    dt_target_opts to;       /* filled by dt_edit_begin; a command may change it before dt_edit_end */
    dt_target_report report; /* findings so far */
    /* What a command adds to the summary, as lines and as members of the JSON object; NULL: nothing. */
    void (*print_more)(const dt_edit_run *run, const dt_dataset *set);
    void (*json_more)(const dt_edit_run *run, const dt_dataset *set, dt_json *j);
    const void *more;
    dt_error err;
};

/** Finds the formats of the sources, refuses options without meaning for them and a target in the way. -1 to
 *  go on, or the exit code to leave with. */
int dt_edit_begin(dt_edit_run *run, int argc, char **argv, const char *const *sources, size_t source_count,
                  const char *target);

/** The names of a repeatable option, each "A,B" or one name; "\\," stands for a comma in a name. */
dt_status dt_edit_names(const dt_opt_list *list, dt_names *names, dt_error *err);

/** Ends a run with the usage error that an option does nothing for these formats. */
int dt_edit_useless(dt_edit_run *run, const char *option);

/** Opens a source (datasets/set_source.h). */
dt_status dt_edit_open(dt_edit_run *run, size_t source, dt_dataset *set);

/** Writes the set and prints the summary, or prints what would be done, or the error where `st` or the
 *  writing says so. Frees run and set; returns the exit code. */
int dt_edit_end(dt_edit_run *run, dt_status st, dt_dataset *set);

/** Findings on stderr, up to five of a rule; notes only where they say how the source was understood. */
void dt_findings_show(const dt_findings *findings);

/** What a dry run prints: for each label file the objects that were changed or dropped, as a diff. */
void dt_edit_print_diff(const dt_findings *findings);

/** A line for each rule that changed or dropped something. */
void dt_edit_print_fates(const dt_findings *findings);

/** Member with a text; nothing for NULL. */
void dt_edit_json_text(dt_json *j, const char *key, const char *text);

/** Members "changes": the same as JSON, and "fates": the totals by rule. */
void dt_edit_json_changes(dt_json *j, const dt_findings *findings);
void dt_edit_json_fates(dt_json *j, const dt_findings *findings);

/** The command line as a shell takes it, for the certificate: with DST in place of the target and without
 *  --jobs, so that the same work gives the same bytes everywhere. New string, or NULL. */
char *dt_edit_command_text(int argc, char **argv, const char *target);

#endif
