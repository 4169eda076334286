/* dettool crop: thin over datasets/edit/crop.h. */
#include <string.h>

#include "datasets/edit/crop.h"
#include "tools/edit_set.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_crop = {
    .name = "crop",
    .usage = "dettool crop SRC DST [options]",
    .summary = "cut the objects of a detection set out into class folders, for a classifier",
    .details =
        "SRC is a VOC folder, a COCO file or folder, or a YOLO set; it is not touched. DST gets "
        "<split>/<class>/<stem>_<n>.jpg, n\n"
        "counting the objects of the picture from 0, and trains a classifier as it is (dettool train --data "
        "DST). Boxes are cut\n"
        "at the picture's edge and rounded outward to whole pixels; PNG crops have the picture's very "
        "pixels. The margin is\n"
        "added before rounding; --square widens the shorter side over real pixels on both sides, or on one "
        "where the picture\n"
        "ends; a side is never longer than the picture.\n\n"
        "Left out: crowds, ignored and difficult objects (--keep-crowd, --keep-difficult), boxes without "
        "area, smaller than\n"
        "--min-side, beyond --limit. DST/conversion.json has each object: its box, the pixels taken, the "
        "file, or why there\n"
        "is none. `dettool convert --undo DST` removes DST.\n\n"
        "Examples:\n"
        "  dettool crop VOCdevkit/VOC2007 crops --square --margin 0.1\n"
        "  dettool crop data.yaml crops --size 96 --square --limit 500 --type png\n"
        "  dettool crop instances_train2017.json crops --image-dir train2017 --min-side 16 --flat\n",
    .run = run,
};

static int run(int argc, char **argv)
{
    dt_edit_options shared = DT_EDIT_DEFAULTS;
    dt_crop_opts o = {0};
    const char *kind = "jpg";
    int64_t size = 0, limit = 0, seed = 0, quality = 95;
    const dt_opt opts[] = {
        {.name = "margin",
         .kind = DT_OPT_F64,
         .value = &o.margin,
         .max = 10,
         .arg = "F",
         .help = "added on each side: part of the box's width and height"},
        {.name = "margin-px",
         .kind = DT_OPT_F64,
         .value = &o.margin_px,
         .max = 1e5,
         .arg = "N",
         .help = "added on each side: pixels"},
        {.name = "square",
         .kind = DT_OPT_FLAG,
         .value = &o.square,
         .help = "widen the shorter side to the longer one"},
        {.name = "size",
         .kind = DT_OPT_INT,
         .value = &size,
         .max = 16384,
         .arg = "N",
         .help = "scale the longer side to N, antialiased; 0: as it is"},
        {.name = "min-side",
         .kind = DT_OPT_F64,
         .value = &o.min_side,
         .max = 1e6,
         .arg = "N",
         .help = "leave out boxes with a shorter side below N pixels"},
        {.name = "limit",
         .alias = "limit-per-class",
         .kind = DT_OPT_INT,
         .value = &limit,
         .max = 1e9,
         .arg = "N",
         .help = "at most N of a class in a split, chosen by --seed; 0: all"},
        {.name = "seed",
         .kind = DT_OPT_INT,
         .value = &seed,
         .max = 1e15,
         .arg = "S",
         .help = "of the choice of --limit"},
        {.name = "keep-difficult",
         .kind = DT_OPT_FLAG,
         .value = &o.keep_difficult,
         .help = "difficult objects, too"},
        {.name = "keep-crowd", .kind = DT_OPT_FLAG, .value = &o.keep_crowd, .help = "COCO's crowds, too"},
        {.name = "flat", .kind = DT_OPT_FLAG, .value = &o.flat, .help = "DST/<class>/: all splits together"},
        {.name = "type",
         .kind = DT_OPT_CHOICE,
         .value = &kind,
         .choices = "jpg|png",
         .arg = "TYPE",
         .help = "files of the crops"},
        {.name = "quality",
         .kind = DT_OPT_INT,
         .value = &quality,
         .min = 1,
         .max = 100,
         .arg = "N",
         .help = "of JPEG files"},
        {.name = "format",
         .kind = DT_OPT_CHOICE,
         .value = &shared.format,
         .choices = "auto|voc|yolo|coco",
         .arg = "FORMAT",
         .help = "format of SRC"},
        {.name = "image-dir",
         .kind = DT_OPT_STR,
         .value = &shared.image_dir,
         .arg = "DIR",
         .help = "where the pictures of a COCO file are (default: looked for around it)"},
        {.name = "voc-rule",
         .kind = DT_OPT_CHOICE,
         .value = &shared.voc_rule,
         .choices = "auto|exact|minus-one|raw",
         .arg = "RULE",
         .help = "how VOC coordinates are read; auto: as the files show"},
        {.name = "json", .kind = DT_OPT_FLAG, .value = &shared.json, .help = "print one JSON document"},
        {.name = "strict",
         .kind = DT_OPT_FLAG,
         .value = &shared.strict,
         .help = "exit 1 if SRC has an error, or an object got no crop that no option leaves out"},
        {.name = "jobs",
         .alias = "j",
         .kind = DT_OPT_INT,
         .value = &shared.jobs,
         .max = 256,
         .arg = "N",
         .help = "threads; 0: one a processor"},
        {.name = NULL},
    };
    const char *operands[2];
    int count, code = dt_cli_parse(&dt_cmd_crop, opts, argc, argv, operands, 2, &count);
    if (code >= 0) return code;
    if (count < 2) return dt_cli_usage_error(&dt_cmd_crop, "a source and a destination are expected");
    if (dt_cli_typed(opts, "seed") && !limit)
        return dt_cli_usage_error(&dt_cmd_crop, "--seed has no meaning without --limit");
    o.png = strcmp(kind, "png") == 0;
    if (o.png && dt_cli_typed(opts, "quality"))
        return dt_cli_usage_error(&dt_cmd_crop, "--quality has no meaning for PNG files");
    dt_edit_run r = {.command = &dt_cmd_crop, .table = opts, .options = &shared};
    code = dt_edit_begin(&r, argc, argv, operands, 1, operands[1]);
    if (code >= 0) return code;
    o.size = (int)size;
    o.limit = (size_t)limit;
    o.seed = (uint64_t)seed;
    o.quality = (int)quality;
    dt_dataset set = {0};
    dt_status st = dt_edit_open(&r, 0, &set);
    if (st == DT_OK) st = dt_crop_select(&set, &o, &r.report.findings, &r.err);
    r.to.write = dt_crop_write;
    r.to.write_arg = &o;
    r.to.kind = "class folders";
    r.to.keep_imageless = 0;
    return dt_edit_end(&r, st, &set);
}
