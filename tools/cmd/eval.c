#include "tools/cli.h"

static int run(int argc, char **argv)
{
    const char *gt = NULL, *dt = NULL;
    const char *rule = "coco";
    int json = 0, per_class = 0;
    int64_t threads = 0;
    const dt_opt opts[] = {
        {"gt", NULL, DT_OPT_STR, &gt, 0, 0, NULL, "FILE", "ground truth: a COCO instances JSON"},
        {"dt", NULL, DT_OPT_STR, &dt, 0, 0, NULL, "FILE", "detections: a COCO results JSON"},
        {"rule", NULL, DT_OPT_CHOICE, &rule, 0, 0, "coco|voc07|voc10", NULL, "how to score"},
        {"per-class", NULL, DT_OPT_FLAG, &per_class, 0, 0, NULL, NULL, "a table with one row a class, too"},
        {"threads", "j", DT_OPT_INT, &threads, 0, 1024, NULL, "N", "threads; 0: one per processor"},
        {"json", NULL, DT_OPT_FLAG, &json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {0},
    };
    int count;
    int rc = dt_cli_parse(&dt_cmd_eval, opts, argc, argv, NULL, 0, &count);
    if (rc >= 0) return rc;
    if (!gt || !dt) return dt_cli_usage_error(&dt_cmd_eval, "--gt and --dt are needed");
    dt_error err = {0};
    dt_fail(&err, DT_ERR_NOT_FOUND, "%s: not there", gt);
    return dt_cli_fail(&dt_cmd_eval, &err);
}

const dt_command dt_cmd_eval = {
    .name = "eval",
    .usage = "dettool eval --gt GT.json --dt DETECTIONS.json [options]",
    .summary = "score detections by the rules of COCO or VOC",
    .details = "Example:\n  dettool eval --gt instances_val2017.json --dt detections.json --json",
    .run = run,
};
