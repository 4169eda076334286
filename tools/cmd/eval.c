#include <string.h>

#include "core/mem.h"
#include "tools/cli.h"
#include "tools/eval_files.h"

static void warn_findings(const dt_eval_files *e)
{
    if (e->unknown_class_detections)
        dt_cli_warn(
            "%lld detections are of categories that the ground truth does not list; they are not scored",
            (long long)e->unknown_class_detections);
    if (e->unknown_image_objects)
        dt_cli_warn("%lld annotations are of images that the ground truth does not list; they are not scored",
                    (long long)e->unknown_image_objects);
    if (e->unknown_class_objects)
        dt_cli_warn(
            "%lld annotations are of categories that the ground truth does not list; they are not scored",
            (long long)e->unknown_class_objects);
    if (strcmp(e->report.rule, "coco") != 0) return;
    if (e->without_area)
        dt_cli_warn("%lld annotations have no area; width * height decides whether they are small or large",
                    (long long)e->without_area);
    if (e->id_zero)
        dt_cli_warn(
            "an annotation has id 0, which pycocotools takes for \"unmatched\": what finds it counts as "
            "wrong, here as there; number the annotations from 1");
}

static int print_report(const dt_eval_report *report, int json, int per_class)
{
    if (!json) {
        dt_report_eval_text(report, per_class, stdout);
        return DT_EXIT_OK;
    }
    dt_str text = {0};
    dt_report_eval_json(report, &text);
    int failed = text.failed;
    if (failed) {
        dt_error err = {0};
        dt_fail_memory(&err, text.len, "the report");
        dt_cli_fail(&dt_cmd_eval, &err);
    } else {
        fwrite(text.data, 1, text.len, stdout);
    }
    dt_str_free(&text);
    return failed ? DT_EXIT_FAILED : DT_EXIT_OK;
}

/* Scores a detections file against a ground truth file. */
static int eval_files(const char *gt, const char *dt, const char *rule, int threads, int json, int per_class)
{
    dt_error err = {0};
    dt_pool *pool;
    if (dt_pool_create(threads, &pool, &err) != DT_OK) return dt_cli_fail(&dt_cmd_eval, &err);
    dt_eval_files e;
    dt_status status = dt_eval_files_run(gt, dt, rule, pool, &e, &err);
    dt_pool_destroy(pool);
    if (status != DT_OK) return dt_cli_fail(&dt_cmd_eval, &err);
    warn_findings(&e);
    int rc = print_report(&e.report, json, per_class);
    dt_eval_files_free(&e);
    return rc;
}

static int run(int argc, char **argv)
{
    const char *gt = NULL, *dt = NULL, *rule = "coco";
    int json = 0, per_class = 0;
    int64_t threads = 0;
    const dt_opt opts[] = {
        {"gt", NULL, DT_OPT_STR, &gt, 0, 0, NULL, "FILE", "ground truth: a COCO instances JSON"},
        {"dt", NULL, DT_OPT_STR, &dt, 0, 0, NULL, "FILE", "detections: a COCO results JSON"},
        {"rule", NULL, DT_OPT_CHOICE, &rule, 0, 0, "coco|voc07|voc10", NULL, "how to score"},
        {"per-class", NULL, DT_OPT_FLAG, &per_class, 0, 0, NULL, NULL,
         "a row for every class, too (--json always has them)"},
        {"json", NULL, DT_OPT_FLAG, &json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {"threads", "j", DT_OPT_INT, &threads, 0, 1024, NULL, "N",
         "threads, of no influence on the numbers; 0: one per processor"},
        {0},
    };
    int count;
    int rc = dt_cli_parse(&dt_cmd_eval, opts, argc, argv, NULL, 0, &count);
    if (rc >= 0) return rc;
    if (!gt || !dt)
        return dt_cli_usage_error(&dt_cmd_eval, "--gt and --dt are needed%s%s%s", gt || dt ? "; --" : "",
                                  gt || dt ? (gt ? "dt" : "gt") : "", gt || dt ? " is missing" : "");
    return eval_files(gt, dt, rule, (int)threads, json, per_class);
}

const dt_command dt_cmd_eval = {
    .name = "eval",
    .usage = "dettool eval --gt GT.json --dt DETECTIONS.json [options]",
    .summary = "score detections by the rules of COCO or VOC",
    .details =
        "Rules:\n"
        "  coco    the twelve numbers of pycocotools 2.0.11, equal in every bit\n"
        "  voc07   PASCAL VOC 2007: AP at IoU > 0.5 from 11 points of recall\n"
        "  voc10   PASCAL VOC 2010 to 2012: AP at IoU > 0.5 as area under the curve\n"
        "  The VOC rules leave out objects marked difficult, ignore or iscrowd. Boxes are half-open: that of "
        "a VOC\n"
        "  file is (xmin - 1, ymin - 1, xmax, ymax), so that its size is what VOC's own code computes.\n"
        "\n"
        "A class without ground truth has -1 and is left out of the means. A detection of an image that the "
        "ground\n"
        "truth does not list is an error, one of an unlisted category is not scored (with a warning).\n"
        "\n"
        "Example:\n"
        "  dettool eval --gt instances_val2017.json --dt detections.json --per-class\n"
        "  dettool eval --gt instances_val2017.json --dt detections.json --json | jq .AP50\n",
    .run = run,
};
