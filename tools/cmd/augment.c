/* dettool augment: pictures of a data set after a chain of transforms, to look at. */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "tools/augment_pictures.h"
#include "tools/cli.h"
#include "tools/transforms_option.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_augment = {
    .name = "augment",
    .usage =
        "dettool augment PATH --out DIR [--transforms TEXT|@FILE] [options]\n       dettool augment --list",
    .summary = "look at pictures and boxes after a chain of transforms",
    .details =
        "PATH: any data set that train takes. DIR gets <n>_<stem>.png, with the boxes drawn, and "
        "sheet.png with all of them.\n"
        "--transforms is what train takes: steps with their options, for example\n"
        "  \"zoom-out(fill=114) iou-crop hflip photometric-distort letterbox(640)\"\n"
        "Without it: the built-in augmentation of detectors (mosaic, affine, flips, HSV) with its "
        "defaults; for pictures by\n"
        "class random-resized-crop and hflip. The same seed, epoch and picture give the same result in a "
        "training that has the same chain.\n"
        "--json prints for each picture its file, boxes and what was drawn; with --list all steps as "
        "data.\n\n"
        "Examples:\n"
        "  dettool augment data/voc --out seen\n"
        "  dettool augment data/voc --transforms \"random-resized-crop(224) color-jitter(.4, .4, .4, "
        ".1)\" --out seen2\n"
        "  dettool augment crops --transforms @recipe.txt --count 64 --seed 3 --out seen3 --json\n",
    .run = run,
};

static int list_steps(int as_json)
{
    dt_str text = {0};
    dt_error err = {0};
    if (as_json) {
        dt_json j = dt_json_begin(&text, 2);
        dt_transforms_list_json(&j);
        dt_str_char(&text, '\n');
    } else {
        dt_transforms_list(&text);
    }
    dt_status st = text.failed ? dt_fail_memory(&err, text.len, "the list") : DT_OK;
    if (st == DT_OK) fputs(text.data, stdout);
    dt_str_free(&text);
    return st == DT_OK ? DT_EXIT_OK : dt_cli_fail(&dt_cmd_augment, &err);
}

static int make(const dt_augment_job *job, int as_json)
{
    dt_error err = {0};
    dt_str out = {0};
    dt_json j = dt_json_begin(&out, 2);
    dt_json_object(&j);
    dt_status st = dt_augment_pictures(job, &j, &err);
    dt_json_object_end(&j);
    if (st == DT_OK && out.failed) st = dt_fail_memory(&err, out.len, "the description");
    if (st == DT_OK && as_json)
        printf("%s\n", out.data);
    else if (st == DT_OK)
        printf("%lld pictures written to %s; all of them: %s/sheet.png\n", (long long)job->count, job->out,
               job->out);
    dt_str_free(&out);
    return st == DT_OK ? DT_EXIT_OK : dt_cli_fail(&dt_cmd_augment, &err);
}

/* A chain that may end in any size ends in the letterbox of a side, as in a training with that --imgsz. */
static dt_status add_letterbox(dt_transforms **transforms, int side, dt_error *err)
{
    int width, height;
    float mean[3], std[3];
    dt_str text = {0};
    dt_transforms *longer = NULL;
    dt_transforms_size(*transforms, &width, &height);
    if (!side || width || dt_transforms_normalize(*transforms, mean, std)) return DT_OK;
    dt_transforms_text(*transforms, &text);
    dt_str_printf(&text, " letterbox(%d)", side);
    dt_status st = text.failed ? dt_fail_memory(err, text.len, "the transforms")
                               : dt_transforms_parse(text.data, &longer, err);
    dt_str_free(&text);
    if (st != DT_OK) return st;
    dt_transforms_free(*transforms);
    *transforms = longer;
    return DT_OK;
}

static int run(int argc, char **argv)
{
    enum { MOST = 1024 };
    const char *path = NULL, *text = NULL;
    dt_augment_job job = {.split = "train", .count = 16};
    int64_t imgsz = 0, epoch = 1;
    int list = 0, as_json = 0, count;
    const dt_opt opts[] = {
        {"transforms", NULL, DT_OPT_STR, &text, 0, 0, NULL, "TEXT",
         "the chain, or @FILE (default: what train does)"},
        {"list", NULL, DT_OPT_FLAG, &list, 0, 0, NULL, NULL, "print all steps with their options"},
        {"out", "o", DT_OPT_STR, &job.out, 0, 0, NULL, "DIR", "folder for the pictures; absent or empty"},
        {"count", "n", DT_OPT_INT, &job.count, 1, MOST, NULL, "N", "pictures"},
        {"split", NULL, DT_OPT_STR, &job.split, 0, 0, NULL, "NAME", "of the data set"},
        {"imgsz", "img|img-size", DT_OPT_INT, &imgsz, 0, 4096, NULL, "N",
         "side of what comes out: without --transforms 640, for pictures by class 224; with them "
         "letterbox(N) at the end of a chain of no fixed size"},
        {"seed", NULL, DT_OPT_INT, &job.seed, 0, 9e15, NULL, "S", "decides everything random"},
        {"epoch", NULL, DT_OPT_INT, &epoch, 1, 1000000, NULL, "E", "of a training, from 1"},
        {"json", NULL, DT_OPT_FLAG, &as_json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {0},
    };
    int rc = dt_cli_parse(&dt_cmd_augment, opts, argc, argv, &path, 1, &count);
    if (rc >= 0) return rc;
    if (list) return list_steps(as_json);
    if (!count) return dt_cli_usage_error(&dt_cmd_augment, "a data set is needed");
    if (!job.out) return dt_cli_usage_error(&dt_cmd_augment, "--out is needed: the folder for the pictures");
    dt_error err = {0};
    dt_transforms *transforms = NULL;
    if (text) rc = dt_transforms_option(&dt_cmd_augment, "transforms", text, &transforms);
    if (rc >= 0) return rc;
    if (text && add_letterbox(&transforms, (int)imgsz, &err) != DT_OK) {
        dt_transforms_free(transforms);
        return dt_cli_fail(&dt_cmd_augment, &err);
    }
    job.data = path;
    job.transforms = transforms;
    job.imgsz = (int)imgsz;
    job.epoch = epoch - 1;
    rc = make(&job, as_json);
    dt_transforms_free(transforms);
    return rc;
}
