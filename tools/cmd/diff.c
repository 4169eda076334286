/* dettool diff: thin over datasets/edit/diff.h. */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/target/target.h"
#include "tools/cli.h"
#include "tools/diff_report.h"

enum { DEFAULT_LIMIT = 100 };

static int run(int argc, char **argv);

const dt_command dt_cmd_diff = {
    .name = "diff",
    .usage = "dettool diff A B [options]",
    .summary = "compare two data sets object by object; exit 1 if they differ",
    .details = "A and B are VOC folders, COCO files or folders, YOLO sets, in any mix; they are not touched. "
               "Exit 0: equal, 1: "
               "they differ\n"
               "or cannot be read, 2: wrong usage.\n\n"
               "Pictures are matched by split and name (--content: by their bytes first), objects by their "
               "boxes: the same box "
               "and class,\n"
               "the same box, then by IoU from --iou on, same class first. Each object is\n"
               "  removed, added   only in A, only in B\n"
               "  moved            the same class, another box\n"
               "  relabelled       another class\n"
               "  changed          other attributes: difficult, truncated, pose, iscrowd, area, "
               "segmentation, ... as far as both\n"
               "                   formats hold them\n"
               "A box is the same if no value differs by more than half a unit of the written numbers (VOC: "
               "a pixel where all "
               "are whole;\n"
               "COCO: as many decimals as there are; YOLO: 1e-6 of a side), in the coarser of the two "
               "formats: a set and its "
               "conversion are\n"
               "equal. --tolerance or --same-iou say otherwise. Boxes are printed as x1, y1, x2, y2 in "
               "pixels from 0.\n\n"
               "Examples:\n"
               "  dettool diff data/voc data/voc-fixed --draw /tmp/changes\n"
               "  dettool diff labels-v1/data.yaml labels-v2/data.yaml --json | jq .counts\n"
               "  dettool diff VOC2007 coco/annotations/instances_train.json --limit 0 --content\n",
    .run = run,
};

typedef struct diff_args {
    const char *format, *image_dir, *voc_rule, *draw;
    double iou, same_iou, tolerance;
    int64_t limit, jobs;
    int content, json;
} diff_args;

static int rule_of(const char *name)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(dt_voc_rule_names[i], name) == 0) return i;
    return DT_VOC_RULE_AUTO;
}

static dt_status open_sets(const diff_args *a, const char *const *paths, dt_pool *pool, dt_diff_run *run,
                           dt_error *err)
{
    for (int side = 0; side < 2; side++) {
        const dt_set_source_opts opts = {.path = paths[side],
                                         .format = strcmp(a->format, "auto") == 0 ? NULL : a->format,
                                         .image_dir = a->image_dir,
                                         .no_images = 1,
                                         .as_is = 1,
                                         .voc_rule = rule_of(a->voc_rule),
                                         .pool = pool};
        DT_TRY(dt_set_source_open(&opts, &run->sources[side], &run->sets[side], &run->findings[side], err));
        size_t problems = run->findings[side].by_severity[DT_PROBLEM];
        if (problems)
            dt_cli_warn("%s: %zu problems; `dettool check %s` lists them", paths[side], problems,
                        paths[side]);
    }
    return DT_OK;
}

static dt_status print(const diff_args *a, const dt_diff_run *run, dt_error *err)
{
    dt_status st = DT_OK;
    if (a->json) {
        dt_str text = {0};
        dt_diff_json(run, (size_t)a->limit, &text);
        if (text.failed)
            st = dt_fail_memory(err, text.len, "the report");
        else
            fwrite(text.data, 1, text.len, stdout);
        dt_str_free(&text);
    } else {
        st = dt_diff_print(run, (size_t)a->limit, stdout, err);
    }
    if (st == DT_OK && (fflush(stdout) != 0 || ferror(stdout)))
        st = dt_fail(err, DT_ERR_IO, "the report could not be printed");
    return st;
}

/* Not in a source, and nothing in it. */
static dt_status check_folder(const char *dir, const char *const *paths, dt_error *err)
{
    dt_names names = {0};
    DT_TRY(dt_target_check(dir, paths, 2, 1, err));
    if (!dt_is_dir(dir)) return DT_OK;
    DT_TRY(dt_dir_list(dir, &names, err));
    size_t count = names.count;
    dt_names_free(&names);
    return count
               ? dt_fail(err, DT_ERR_STATE, "%s: the folder for drawn pictures must be absent or empty", dir)
               : DT_OK;
}

static dt_status compare(const diff_args *a, const char *const *paths, dt_pool *pool, dt_diff_run *run,
                         int drawn_limit, dt_error *err)
{
    size_t written;
    if (a->draw) DT_TRY(check_folder(a->draw, paths, err));
    DT_TRY(open_sets(a, paths, pool, run, err));
    const dt_diff_opts opts = {.formats = {run->sources[0].format, run->sources[1].format},
                               .iou = a->iou,
                               .same_iou = a->same_iou,
                               .tolerance = a->tolerance,
                               .by_content = a->content,
                               .pool = pool};
    DT_TRY(dt_diff_sets(&run->sets[0], &run->sets[1], &opts, &run->diff, err));
    if (a->draw) {
        DT_TRY(dt_diff_draw(run, a->draw, drawn_limit ? (size_t)a->limit : 0, pool, &written, err));
        dt_cli_info("%zu pictures drawn to %s", written, a->draw);
    }
    return print(a, run, err);
}

static int run(int argc, char **argv)
{
    diff_args a = {.format = "auto", .voc_rule = "auto", .iou = 0.5, .tolerance = -1, .limit = DEFAULT_LIMIT};
    const dt_opt opts[] = {
        {.name = "iou",
         .kind = DT_OPT_F64,
         .value = &a.iou,
         .min = 1e-6,
         .max = 1,
         .arg = "X",
         .help = "objects with at least this IoU may be the same one"},
        {.name = "same-iou",
         .kind = DT_OPT_F64,
         .value = &a.same_iou,
         .max = 1,
         .arg = "X",
         .help = "boxes with at least this IoU have not moved; 0: only the tolerance says so"},
        {.name = "tolerance",
         .kind = DT_OPT_F64,
         .value = &a.tolerance,
         .min = -1,
         .max = 1e9,
         .arg = "PIXELS",
         .help = "edges that differ by no more have not moved; -1: half a unit of the written numbers"},
        {.name = "content",
         .kind = DT_OPT_FLAG,
         .value = &a.content,
         .help = "pictures are matched by their bytes first, then by name"},
        {.name = "limit",
         .kind = DT_OPT_INT,
         .value = &a.limit,
         .max = 1e12,
         .arg = "N",
         .help = "print (and, if typed, put into JSON and draw) at most so many; 0: all"},
        {.name = "draw",
         .kind = DT_OPT_STR,
         .value = &a.draw,
         .arg = "DIR",
         .help =
             "pictures with what differs: removed red, added green, moved orange to blue, relabelled purple"},
        {.name = "format",
         .kind = DT_OPT_CHOICE,
         .value = &a.format,
         .choices = "auto|voc|yolo|coco",
         .arg = "FORMAT",
         .help = "format of both sets"},
        {.name = "image-dir",
         .kind = DT_OPT_STR,
         .value = &a.image_dir,
         .arg = "DIR",
         .help = "where the pictures of COCO files are (default: looked for around them)"},
        {.name = "voc-rule",
         .kind = DT_OPT_CHOICE,
         .value = &a.voc_rule,
         .choices = "auto|exact|minus-one|raw",
         .arg = "RULE",
         .help = "how VOC coordinates are read; auto: as the files show"},
        {.name = "json", .kind = DT_OPT_FLAG, .value = &a.json, .help = "print one JSON document"},
        {.name = "jobs",
         .alias = "j",
         .kind = DT_OPT_INT,
         .value = &a.jobs,
         .max = 256,
         .arg = "N",
         .help = "threads; 0: one a processor"},
        {.name = NULL},
    };
    const char *operands[2];
    int count, code = dt_cli_parse(&dt_cmd_diff, opts, argc, argv, operands, 2, &count);
    if (code >= 0) return code;
    if (count < 2) return dt_cli_usage_error(&dt_cmd_diff, "two data sets are expected");
    if (a.same_iou > 0 && a.same_iou < a.iou)
        return dt_cli_usage_error(&dt_cmd_diff, "--same-iou %g is below --iou %g", a.same_iou, a.iou);
    if (a.tolerance < 0 && a.tolerance != -1)
        return dt_cli_usage_error(&dt_cmd_diff, "--tolerance %g: pixels are expected, or -1", a.tolerance);
    int typed = dt_cli_typed(opts, "limit");
    if (a.json && !typed) a.limit = 0;
    dt_diff_run r = {0};
    dt_error err = {0};
    dt_pool *pool = NULL;
    dt_status st = dt_pool_create((int)a.jobs, &pool, &err);
    if (st == DT_OK) st = compare(&a, operands, pool, &r, typed, &err);
    code = st != DT_OK ? dt_cli_fail(&dt_cmd_diff, &err) : r.diff.count ? DT_EXIT_FAILED : DT_EXIT_OK;
    dt_diff_free(&r.diff);
    for (int side = 0; side < 2; side++) {
        dt_dataset_free(&r.sets[side]);
        dt_findings_free(&r.findings[side]);
    }
    dt_pool_destroy(pool);
    return code;
}
