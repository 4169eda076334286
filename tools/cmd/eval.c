#include <string.h>

#include "core/mem.h"
#include "datasets/image/image.h"
#include "models/classifier.h"
#include "tools/cli.h"
#include "tools/eval_classes.h"
#include "tools/eval_files.h"
#include "tools/eval_weights.h"

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

/* Runs a detector over a split and scores it. */
static int eval_weights(const dt_eval_weights_opts *o, int json, int per_class)
{
    dt_error err = {0};
    dt_eval_weights e = {0};
    dt_mem_keep_freed();
    int rc;
    if (dt_eval_weights_run(o, &e, &err) != DT_OK) {
        rc = dt_cli_fail(&dt_cmd_eval, &err);
    } else {
        if (e.bad) dt_cli_warn("%lld pictures do not decode and are left out", (long long)e.bad);
        dt_cli_info("%s on %s of %s: %lld images, conf >= %g, NMS at IoU %g, at most %d boxes a picture, "
                    "%.1f ms an image",
                    o->weights, o->split, o->data, (long long)e.report.image_count, e.used.conf, e.used.iou,
                    e.used.max_det, e.ms_per_image);
        rc = print_report(&e.report, json, per_class);
    }
    dt_eval_weights_free(&e);
    return rc;
}

/* The options that only detectors, or only classifiers, look at; -1 to go on. */
static int check_kind(const dt_opt *opts, const char *weights, int is_classifier)
{
    static const char *const detector[] = {"rule", "conf", "iou", "max-det", "imgsz"}, *const classifier[] = {
                                                                                           "confusion",
                                                                                           "val-fraction",
                                                                                           "split-seed"};
    for (size_t i = 0; is_classifier && i < sizeof detector / sizeof *detector; i++)
        if (dt_cli_typed(opts, detector[i]))
            return dt_cli_usage_error(&dt_cmd_eval, "--%s is for a detector; %s is a classifier", detector[i],
                                      weights);
    for (size_t i = 0; !is_classifier && i < sizeof classifier / sizeof *classifier; i++)
        if (dt_cli_typed(opts, classifier[i]))
            return dt_cli_usage_error(&dt_cmd_eval, "--%s is for the weights of a classifier%s%s%s",
                                      classifier[i], weights ? "; " : "", weights ? weights : "",
                                      weights ? " is none" : "");
    return -1;
}

static int run(int argc, char **argv)
{
    const char *gt = NULL, *dt = NULL, *picture = NULL;
    dt_eval_weights_opts w = {
        .split = "val", .rule = "coco", .device = "cpu", .conf = -1, .iou = -1, .show_progress = 1};
    int json = 0, per_class = 0;
    double val_fraction = -1;
    int64_t threads = 0, batch = 16, workers = 1, imgsz = 0, max_det = 0, split_seed = -1;
    const dt_opt opts[] = {
        {"weights", "w|model", DT_OPT_STR, &w.weights, 0, 0, NULL, "FILE",
         "a detector or classifier, to be run on --data"},
        {"data", NULL, DT_OPT_STR, &w.data, 0, 0, NULL, "FILE",
         "data set: data.yaml, obj.data, VOC folder, COCO JSON or folder; folder of class folders, "
         "cifar10:DIR, mnist:DIR"},
        {"split", NULL, DT_OPT_STR, &w.split, 0, 0, NULL, "NAME",
         "which part of it: train, val, test or a list of VOC"},
        {"gt", NULL, DT_OPT_STR, &gt, 0, 0, NULL, "FILE", "ground truth: a COCO instances JSON"},
        {"dt", NULL, DT_OPT_STR, &dt, 0, 0, NULL, "FILE", "detections: a COCO results JSON"},
        {"rule", NULL, DT_OPT_CHOICE, &w.rule, 0, 0, "coco|voc07|voc10", NULL, "how to score"},
        {"conf", "conf-thres", DT_OPT_F64, &w.conf, -1, 1, NULL, "X", "lowest score that counts; -1: .001"},
        {"iou", "iou-thres", DT_OPT_F64, &w.iou, -1, 1, NULL, "X",
         "overlap above which NMS drops; -1: as stored in the weights"},
        {"max-det", NULL, DT_OPT_INT, &max_det, 0, 1000000, NULL, "N", "most boxes a picture; 0: as stored"},
        {"imgsz", "img|img-size", DT_OPT_INT, &imgsz, 0, 8192, NULL, "N",
         "side of the network's input; 0: as trained"},
        {"batch", "batch-size", DT_OPT_INT, &batch, 1, 4096, NULL, "N",
         "images at a time, of no influence on the numbers (but the last digits of a classifier's loss)"},
        {"workers", NULL, DT_OPT_INT, &workers, 0, 256, NULL, "N", "loader threads, likewise"},
        {"confusion", NULL, DT_OPT_STR, &picture, 0, 0, NULL, "FILE",
         "classifier: the confusion matrix as a picture (.png)"},
        {"val-fraction", NULL, DT_OPT_F64, &val_fraction, -1, .9, NULL, "X",
         "classifier: of each class held out as val, where the folder has no splits; -1: as in training"},
        {"split-seed", NULL, DT_OPT_INT, &split_seed, -1, 9e15, NULL, "N",
         "classifier: decides which pictures those are; -1: as in training"},
        {"per-class", NULL, DT_OPT_FLAG, &per_class, 0, 0, NULL, NULL,
         "a row for every class, too (--json always has them)"},
        {"strict", NULL, DT_OPT_FLAG, &w.strict, 0, 0, NULL, NULL, "stop at anything wrong with the data"},
        {"json", NULL, DT_OPT_FLAG, &json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {"device", NULL, DT_OPT_STR, &w.device, 0, 0, NULL, "NAME", "cpu, cuda or cuda:N"},
        {"threads", "j", DT_OPT_INT, &threads, 0, 1024, NULL, "N",
         "threads, of no influence on the numbers; 0: one per processor"},
        {0},
    };
    int count;
    int rc = dt_cli_parse(&dt_cmd_eval, opts, argc, argv, NULL, 0, &count);
    if (rc >= 0) return rc;
    if (picture && !dt_image_has_extension(picture))
        return dt_cli_usage_error(&dt_cmd_eval, "--confusion %s: the extension must be .png, .jpg or .jpeg",
                                  picture);
    if (w.weights || w.data) {
        if (gt || dt)
            return dt_cli_usage_error(&dt_cmd_eval, "either --weights and --data, or --gt and --dt");
        if (!w.weights || !w.data)
            return dt_cli_usage_error(&dt_cmd_eval, "--weights and --data are needed; --%s is missing",
                                      w.weights ? "data" : "weights");
        if (imgsz % 32 != 0)
            return dt_cli_usage_error(&dt_cmd_eval, "--imgsz %lld: a multiple of 32 is wanted",
                                      (long long)imgsz);
        if ((w.conf < 0 && w.conf != -1) || (w.iou < 0 && w.iou != -1))
            return dt_cli_usage_error(&dt_cmd_eval, "--conf and --iou lie between 0 and 1 (-1: the default)");
        int is_classifier = dt_classifier_is_file(w.weights);
        rc = check_kind(opts, w.weights, is_classifier);
        if (rc >= 0) return rc;
        if (is_classifier)
            return dt_eval_classes(&dt_cmd_eval, &(dt_eval_classes_opts){.weights = w.weights,
                                                                         .data = w.data,
                                                                         .split = w.split,
                                                                         .device = w.device,
                                                                         .picture = picture,
                                                                         .val_share = val_fraction,
                                                                         .split_seed = split_seed,
                                                                         .batch = (int)batch,
                                                                         .workers = (int)workers,
                                                                         .threads = (int)threads,
                                                                         .strict = w.strict,
                                                                         .json = json,
                                                                         .per_class = per_class});
        w.batch = (int)batch;
        w.workers = (int)workers;
        w.threads = (int)threads;
        w.imgsz = (int)imgsz;
        w.max_det = (int)max_det;
        return eval_weights(&w, json, per_class);
    }
    static const char *const weights_only[] = {"split", "conf",    "iou",    "max-det", "imgsz",
                                               "batch", "workers", "strict", "device"};
    for (size_t i = 0; i < sizeof weights_only / sizeof *weights_only; i++)
        if (dt_cli_typed(opts, weights_only[i]))
            return dt_cli_usage_error(&dt_cmd_eval, "--%s goes with --weights and --data only",
                                      weights_only[i]);
    rc = check_kind(opts, NULL, 0);
    if (rc >= 0) return rc;
    if (!gt || !dt)
        return dt_cli_usage_error(&dt_cmd_eval, "--weights and --data, or --gt and --dt are needed%s%s%s",
                                  gt || dt ? "; --" : "", gt || dt ? (gt ? "dt" : "gt") : "",
                                  gt || dt ? " is missing" : "");
    return eval_files(gt, dt, w.rule, (int)threads, json, per_class);
}

const dt_command dt_cmd_eval = {
    .name = "eval",
    .usage = "dettool eval --weights FILE --data PATH [--split val] [options]\n"
             "       dettool eval --gt GT.json --dt DETECTIONS.json [options]",
    .summary = "score detections by the rules of COCO or VOC, or a classifier",
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
        "A classifier: top-1, top-5, precision and recall of each class, confusion matrix.\n"
        "\n"
        "Examples:\n"
        "  dettool eval --weights runs/leaves/best.safetensors --data leaves --per-class --confusion "
        "leaves.png\n"
        "  dettool eval --weights runs/train/best.safetensors --data data/voc/data.yaml --split test "
        "--per-class\n"
        "  dettool eval --weights runs/train/best.safetensors --data VOCdevkit/VOC2007 --split test --rule "
        "voc07\n"
        "  dettool eval --gt instances_val2017.json --dt detections.json --per-class\n"
        "  dettool eval --gt instances_val2017.json --dt detections.json --json | jq .AP50\n",
    .run = run,
};
