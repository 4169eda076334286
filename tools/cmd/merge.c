/* dettool merge: thin over datasets/edit/merge.h. */
#include "datasets/edit/merge.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/target/output_split.h"
#include "datasets/voc/voc_layout.h"
#include "tools/edit_set.h"

enum { MAX_SETS = 64 };

static int run(int argc, char **argv);

const dt_command dt_cmd_merge = {
    .name = "merge",
    .usage = "dettool merge A B [C...] DST [options]",
    .summary = "join data sets: classes by name, pictures by content",
    .details = "A, B, ... are VOC folders, COCO files or folders, YOLO sets, in any mix; they are not "
               "touched. DST is a new "
               "set of the\n"
               "format of A (--to for another one); it trains at once. DST/conversion.json names every "
               "picture and object that "
               "two sets\n"
               "had; `dettool convert --undo DST` removes DST. What stays is written as it was read.\n\n"
               "classes    matched by name, those of A first, then the new ones of B, ...; unused ones stay. "
               "Sets whose classes "
               "are only\n"
               "           numbers are matched by number if all are so\n"
               "splits     matched by name (train with train), or all into one with --into\n"
               "pictures   the same bytes, or the same name and pixels: kept once, in the split of the first "
               "set (a warning where "
               "another\n"
               "           set has it in another split). Different ones of the same name: the later one "
               "becomes NAME_2\n"
               "objects    of such a picture: of the same class with an IoU of 0.95 or more: kept once; all "
               "others are kept\n"
               "COCO ids   those of A stay; where B uses the same ones, it gets new ones\n\n"
               "Near-duplicates that end up in different splits are warnings (--no-near-duplicates does not "
               "look for them: "
               "faster).\n\n"
               "Examples:\n"
               "  dettool merge data/site1 data/site2 data/both\n"
               "  dettool merge VOCdevkit coco/annotations/instances_val2017.json data/all --to yolo "
               "--no-match-case \\\n"
               "      --rename aeroplane=airplane\n"
               "  dettool merge data/a data/b data/train --into train --strict\n",
    .run = run,
};

typedef struct extras {
    const dt_merge_count *counts;
    size_t near;
} extras;

static size_t count_renamed(const dt_findings *findings)
{
    size_t n = 0;
    for (size_t i = 0; i < findings->count; i++)
        n += strcmp(findings->items[i].rule, "stem-twice") == 0 &&
             strncmp(findings->items[i].message, "written as ", 11) == 0;
    return n;
}

static void print_counts(const dt_edit_run *r, const dt_dataset *set)
{
    const extras *x = r->more;
    size_t renamed = count_renamed(&r->report.findings);
    (void)set;
    for (size_t s = 0; s < r->source_count; s++) {
        const dt_merge_count *c = &x->counts[s];
        printf("  ");
        dt_cli_print_safe(stdout, r->sources[s].path);
        printf(" (%s): %zu images, %zu objects", dt_format_names[r->sources[s].format], c->pictures,
               c->objects);
        if (s) printf("; %zu images and %zu objects are in a set before", c->same, c->objects_same);
        if (c->objects_joined) printf("; %zu objects added to images of a set before", c->objects_joined);
        putchar('\n');
        if (c->conflicts)
            printf("    %zu images in another split than in a set before, which decides\n", c->conflicts);
    }
    if (renamed) printf("  %zu images renamed: different ones of the same name\n", renamed);
    if (x->near) printf("  %zu near-duplicates across splits\n", x->near);
}

static void put_int(dt_json *j, const char *key, size_t value)
{
    dt_json_key(j, key);
    dt_json_int(j, (int64_t)value);
}

static void put_counts(const dt_edit_run *r, const dt_dataset *set, dt_json *j)
{
    const extras *x = r->more;
    (void)set;
    dt_json_key(j, "sets");
    dt_json_array(j);
    for (size_t s = 0; s < r->source_count; s++) {
        const dt_merge_count *c = &x->counts[s];
        dt_json_object(j);
        dt_json_key(j, "path");
        dt_json_str(j, r->sources[s].path);
        dt_json_key(j, "format");
        dt_json_str(j, dt_format_names[r->sources[s].format]);
        put_int(j, "images", c->pictures);
        put_int(j, "objects", c->objects);
        put_int(j, "same_images", c->same);
        put_int(j, "same_objects", c->objects_same);
        put_int(j, "joined_objects", c->objects_joined);
        put_int(j, "split_conflicts", c->conflicts);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
    put_int(j, "renamed_images", count_renamed(&r->report.findings));
    put_int(j, "near_duplicates", x->near);
}

static void on_progress(void *ctx, int64_t done, int64_t total)
{
    dt_progress *p = ctx;
    if (!p->total) dt_progress_begin(p, "looking for near-duplicates", total);
    dt_progress_step(p, done, " ");
}

/* A dry run writes no file that could be renamed: it says which would be. */
static dt_status name_files(dt_edit_run *r, const dt_dataset *set)
{
    dt_output_names names;
    dt_target_report unused = {0};
    dt_status st = dt_output_names_make(set, &r->to, dt_output_name_flags(&r->to), &names, &unused, &r->err);
    if (st == DT_OK) st = dt_findings_append(&r->report.findings, &unused.findings, &r->err);
    if (st == DT_OK) dt_output_names_free(&names);
    dt_target_report_free(&unused);
    return st;
}

static size_t count_near(const dt_findings *findings)
{
    size_t n = 0;
    for (size_t i = 0; i < findings->count; i++)
        n += strcmp(findings->items[i].rule, "split-leak") == 0 && findings->items[i].fate == DT_FATE_NONE;
    return n;
}

/* Opens and joins; the result is sets[0]. */
static dt_status merge(dt_edit_run *r, dt_merge_opts *o, dt_dataset *sets, dt_merge_count *counts, extras *x)
{
    for (size_t s = 0; s < r->source_count; s++)
        DT_TRY(dt_edit_open(r, s, &sets[s]));
    DT_TRY(dt_merge(sets, r->source_count, o, counts, &r->report.findings, &r->err));
    x->near = count_near(&r->report.findings);
    return r->options->dry_run ? name_files(r, &sets[0]) : DT_OK;
}

static int run_merge(int argc, char **argv, dt_edit_run *r, dt_merge_opts *o, const char **operands,
                     size_t sources)
{
    dt_merge_count counts[MAX_SETS] = {0};
    extras x = {.counts = counts};
    dt_progress progress = {0};
    int code = dt_edit_begin(r, argc, argv, operands, sources, operands[sources]);
    if (code >= 0) return code;
    o->names = operands;
    o->holds = dt_format_fields(r->to.format);
    o->pool = r->pool;
    o->progress = r->options->json ? NULL : on_progress;
    o->progress_ctx = &progress;
    r->print_more = print_counts;
    r->json_more = put_counts;
    r->more = &x;
    dt_dataset *sets = dt_calloc(sources, sizeof *sets), result = {0};
    dt_status st =
        sets ? merge(r, o, sets, counts, &x) : dt_fail_memory(&r->err, sources * sizeof *sets, "sets");
    if (progress.total) dt_progress_end(&progress);
    for (size_t s = 0; s < sources && sets; s++)
        if (s || st != DT_OK)
            dt_dataset_free(&sets[s]);
        else
            result = sets[0];
    dt_free(sets);
    return dt_edit_end(r, st, &result);
}

static int run(int argc, char **argv)
{
    dt_edit_options shared = DT_EDIT_DEFAULTS;
    dt_merge_opts o = {.near = 1};
    dt_remap_list rename = {0};
    dt_opt_list pairs = {0};
    int match_case = 1;
    const dt_opt opts[] = {
        {.name = "into",
         .kind = DT_OPT_STR,
         .value = &o.into,
         .arg = "PART",
         .help = "all pictures in this one split"},
        {.name = "match-case",
         .kind = DT_OPT_FLAG,
         .value = &match_case,
         .help = "class names match only in the same case"},
        {.name = "rename",
         .kind = DT_OPT_LIST,
         .value = &pairs,
         .arg = "OLD=NEW",
         .help = "a class gets another name first, in every set that has it; OLD= drops it"},
        {.name = "same-name",
         .kind = DT_OPT_FLAG,
         .value = &o.same_name,
         .help = "pictures of one name and size are the same one, whatever their content"},
        {.name = "near-duplicates",
         .kind = DT_OPT_FLAG,
         .value = &o.near,
         .help = "look for near-duplicates across splits"},
        DT_EDIT_OPTIONS(shared),
        {.name = NULL},
    };
    const char *operands[MAX_SETS + 1];
    int count, code = dt_cli_parse(&dt_cmd_merge, opts, argc, argv, operands, MAX_SETS + 1, &count);
    if (code >= 0) return code;
    if (count < 3)
        return dt_cli_usage_error(&dt_cmd_merge, "two sources at least and a destination are expected");
    if (o.into && (!*o.into || strchr(o.into, '/') || !dt_voc_is_safe_name(o.into)))
        return dt_cli_usage_error(&dt_cmd_merge, "--into %s: a name such as train is expected", o.into);
    dt_edit_run r = {.command = &dt_cmd_merge, .table = opts, .options = &shared};
    for (int i = 0; i < pairs.count && code < 0; i++)
        if (dt_remap_add(&rename, pairs.items[i], &r.err) != DT_OK)
            code = dt_cli_usage_error(&dt_cmd_merge, "--rename %s", r.err.text);
    o.ignore_case = !match_case;
    o.rename = &rename;
    if (code < 0) code = run_merge(argc, argv, &r, &o, operands, (size_t)count - 1);
    dt_remap_free(&rename);
    return code;
}
