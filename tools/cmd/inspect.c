/* dettool inspect: what is in a data set, and what is wrong with it. */
#include <string.h>
#include <strings.h>

#include "core/file.h"
#include "core/mem.h"
#include "tools/inspect_pictures.h"
#include "tools/inspect_set.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_inspect = {
    .name = "inspect",
    .usage = "dettool inspect PATH [options]",
    .summary = "show what is in a data set and what is wrong with it",
    .details =
        "PATH: a YOLO data.yaml, Darknet's obj.data, or a folder with one of them or with images/, labels/ "
        "and "
        "classes.txt;\n"
        "a COCO JSON file or a folder of them; a VOC folder or VOCdevkit; pictures by class: a folder of "
        "class folders,\n"
        "cifar10:DIR, cifar100:DIR, mnist:DIR (each picture counts as one object). Nothing in it is "
        "written.\n"
        "Counts, classes, box sizes and shapes, image sizes; then the problems: damaged pictures, wrong "
        "sizes, EXIF\n"
        "orientation, boxes outside, empty, inverted, double or tiny, odd classes, labels without image and "
        "the\n"
        "other way round, near-duplicate pictures within a split and across splits (split-leak).\n"
        "VOC's segmentation (SegmentationClass/, SegmentationObject/) is measured and held against pictures "
        "and boxes.\n"
        "--html writes one page that needs no other file and runs no script: charts, samples of each class, "
        "the\n"
        "problems with their pictures. --draw writes annotated copies as DIR/<split>/<name>.jpg.\n"
        "--json prints all that the page shows. Keys, of which none is ever renamed or taken out:\n"
        "  path format decoded images backgrounds objects measured difficult crowd\n"
        "  classes[]      id name objects images small medium large difficult side splits{NAME: objects}\n"
        "  splits[]       name images backgrounds objects\n"
        "  balance        imbalance (most frequent over rarest class) evenness (0..1)\n"
        "  boxes          small medium large side relative_side aspect relative_side_bins aspect_bins "
        "centres[y][x]\n"
        "  per_image      summary counts[]\n"
        "  image_sizes[]  width height images\n"
        "  segmentation   null, or images class_files object_files class_files_read object_files_read pixels "
        "instances\n"
        "                 numbers classes[]{number name pixels share images} objects{NAME: count}\n"
        "  counts         error warning note\n"
        "  rules[]        rule severity count title advice\n"
        "  findings[]     severity rule fate file line object message before after other\n"
        "  side, relative_side, aspect, summary: count min p5 median p95 max mean; sides are square roots of "
        "areas in "
        "pixels.\n"
        "  object: its place in the file from 0, COCO: the annotation's id.\n\n"
        "Example:\n"
        "  dettool inspect data/bccd --html bccd.html\n"
        "  dettool inspect data.yaml --json | jq '.classes[] | {name, objects}'\n",
    .run = run,
};

static dt_status write_files(const dt_inspection *in, const char *html, const char *draw, dt_pool *pool,
                             dt_error *err)
{
    if (html) DT_TRY(dt_report_inspect_html(in, pool, html, err));
    if (!draw) return DT_OK;
    size_t written, skipped;
    DT_TRY(dt_draw_set(in, pool, draw, &written, &skipped, err));
    dt_cli_info("%zu pictures drawn in %s", written, draw);
    if (skipped) dt_cli_warn("%zu pictures could not be drawn", skipped);
    return DT_OK;
}

static int is_html(const char *file)
{
    const char *extension = dt_path_extension(file);
    return strcasecmp(extension, ".html") == 0 || strcasecmp(extension, ".htm") == 0;
}

static int run(int argc, char **argv)
{
    dt_inspect_opts o = DT_INSPECT_DEFAULTS;
    const char *html = NULL, *draw = NULL;
    const dt_opt opts[] = {
        {"html", NULL, DT_OPT_STR, &html, 0, 0, NULL, "FILE",
         "write a page (.html); an earlier one is replaced"},
        {"draw", NULL, DT_OPT_STR, &draw, 0, 0, NULL, "DIR",
         "write annotated copies; DIR must be absent or empty"},
        {"strict", NULL, DT_OPT_FLAG, &o.strict, 0, 0, NULL, NULL, "exit 1 if an error was found"},
        DT_INSPECT_OPTIONS(o),
        {0},
    };
    const char *operands[1];
    int count, code = dt_cli_parse(&dt_cmd_inspect, opts, argc, argv, operands, 1, &count);
    if (code >= 0) return code;
    if (count < 1)
        return dt_cli_usage_error(&dt_cmd_inspect, "a data set is expected: a folder or a data.yaml");
    /* A slip such as --html data.yaml must not cost a file of the set. */
    if (html && !is_html(html))
        return dt_cli_usage_error(&dt_cmd_inspect, "--html %s: the name must end in .html", html);
    dt_error err = {0};
    dt_pool *pool = NULL;
    dt_inspection in = {0};
    dt_mem_keep_freed();
    dt_status st = dt_pool_create((int)o.jobs, &pool, &err);
    if (st == DT_OK) st = dt_inspect_set(operands[0], &o, pool, &in, &err);
    if (st == DT_OK) st = write_files(&in, html, draw, pool, &err);
    if (st == DT_OK) st = dt_inspect_print(&in, &o, 0, &err);
    int bad = o.strict && in.findings.by_severity[DT_PROBLEM];
    dt_inspection_free(&in);
    dt_pool_destroy(pool);
    if (st != DT_OK) return dt_cli_fail(&dt_cmd_inspect, &err);
    return bad ? DT_EXIT_FAILED : DT_EXIT_OK;
}
