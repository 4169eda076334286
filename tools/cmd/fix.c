/* dettool fix: thin over datasets/edit/fix.h. */
#include <string.h>

#include "datasets/edit/fix.h"
#include "tools/edit_set.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_fix = {
    .name = "fix",
    .usage = "dettool fix SRC DST [options]",
    .summary = "repair a data set: write a new one without the faults that `check` finds",
    .details =
        "SRC is a VOC folder, a COCO file or folder, or a YOLO set; it is not touched. DST is a new set of "
        "the "
        "same format\n"
        "(--to for another one), links to the pictures included; it trains at once. DST/conversion.json has "
        "every object that\n"
        "was changed or dropped with its row before and after; `dettool convert --undo DST` removes DST. "
        "What "
        "nobody changed is\n"
        "written as it was read: ids, polygons, attributes and keys of COCO, elements of VOC, rows of "
        "YOLO.\n\n"
        "Repairs, each with a switch (--no-clip turns --clip off):\n"
        "  --clip         boxes over the picture's edge are cut, those outside dropped; COCO's polygons and "
        "areas follow\n"
        "  --empty        boxes without area are dropped\n"
        "  --inverted     boxes with a maximum below the minimum are dropped; with --swap their corners are "
        "exchanged\n"
        "  --dedupe       an object that repeats an earlier one of its picture is dropped; --near IOU: also "
        "one of the same\n"
        "                 class with a larger IoU\n"
        "  --size         annotated sizes become the pictures' own\n"
        "  --filename     VOC's <filename> becomes the picture's name\n"
        "  --numbers      YOLO: auto = class numbers that count from 1 are written from 0 where the labels "
        "show it (none is 0,\n"
        "                 some is one too high); 0, 1 = they count from there\n"
        "On request: --drop-missing (pictures that are missing or cannot be opened), --drop-damaged (decodes "
        "all pictures and\n"
        "drops those that are cut off), --drop-unused (classes without objects), --renumber-ids (COCO ids "
        "from 1, without gaps).\n"
        "Rows and annotations that cannot be understood are dropped and named in any case.\n\n"
        "--dry-run writes nothing and prints the repairs as a diff: for each label file the old row with -, "
        "the new one with +,\n"
        "and the rule. Exit 0; with --strict 1 if there is anything to repair.\n\n"
        "Examples:\n"
        "  dettool fix data/voc data/voc-fixed --dry-run\n"
        "  dettool fix data/set/data.yaml data/set-fixed --near 0.95 --drop-missing\n"
        "  dettool fix coco/annotations/instances_train2017.json coco-fixed --image-dir coco/train2017 "
        "--swap\n",
    .run = run,
};

static int run(int argc, char **argv)
{
    dt_edit_options shared = DT_EDIT_DEFAULTS;
    dt_fix_opts o = {.clip = 1, .drop_empty = 1, .drop_inverted = 1, .dedupe = 1, .size = 1, .filename = 1};
    const char *numbers = "auto";
    int new_ids = 0;
    const dt_opt opts[] = {
        {.name = "clip", .kind = DT_OPT_FLAG, .value = &o.clip, .help = "cut boxes at the picture's edge"},
        {.name = "empty", .kind = DT_OPT_FLAG, .value = &o.drop_empty, .help = "drop boxes without area"},
        {.name = "inverted", .kind = DT_OPT_FLAG, .value = &o.drop_inverted, .help = "drop inverted boxes"},
        {.name = "swap", .kind = DT_OPT_FLAG, .value = &o.swap, .help = "exchange inverted corners instead"},
        {.name = "dedupe", .kind = DT_OPT_FLAG, .value = &o.dedupe, .help = "drop exact repetitions"},
        {.name = "near",
         .kind = DT_OPT_F64,
         .value = &o.near_iou,
         .min = 0,
         .max = 0.999999,
         .arg = "IOU",
         .help = "drop boxes of one class with a larger IoU; 0: none"},
        {.name = "size", .kind = DT_OPT_FLAG, .value = &o.size, .help = "correct annotated sizes"},
        {.name = "filename", .kind = DT_OPT_FLAG, .value = &o.filename, .help = "correct VOC's <filename>"},
        {.name = "numbers",
         .kind = DT_OPT_CHOICE,
         .value = &numbers,
         .choices = "auto|0|1",
         .arg = "FROM",
         .help = "where the class numbers of YOLO labels start"},
        {.name = "drop-missing",
         .kind = DT_OPT_FLAG,
         .value = &o.drop_missing,
         .help = "drop pictures that are missing or cannot be opened"},
        {.name = "drop-damaged",
         .kind = DT_OPT_FLAG,
         .value = &o.drop_damaged,
         .help = "decode all pictures, drop damaged ones"},
        {.name = "drop-unused",
         .kind = DT_OPT_FLAG,
         .value = &o.drop_unused,
         .help = "drop classes without objects"},
        {.name = "renumber-ids",
         .kind = DT_OPT_FLAG,
         .value = &new_ids,
         .help = "COCO ids from 1, without gaps"},
        DT_EDIT_OPTIONS(shared),
        {.name = NULL},
    };
    const char *operands[2];
    int count, code = dt_cli_parse(&dt_cmd_fix, opts, argc, argv, operands, 2, &count);
    if (code >= 0) return code;
    if (count < 2) return dt_cli_usage_error(&dt_cmd_fix, "a source and a destination are expected");
    dt_edit_run r = {.command = &dt_cmd_fix, .table = opts, .options = &shared};
    dt_dataset set = {0};
    r.numbers_from_1 = strcmp(numbers, "auto") == 0 ? DT_NUMBERS_AUTO : *numbers == '1';
    code = dt_edit_begin(&r, argc, argv, operands, 1, operands[1]);
    if (code >= 0) return code;
    const struct {
        const char *name;
        int useful;
    } needs[] = {
        {"numbers", r.sources[0].format == DT_FORMAT_YOLO},
        {"filename", r.sources[0].format == DT_FORMAT_VOC && r.to.format == DT_FORMAT_VOC},
        {"renumber-ids", r.to.format == DT_FORMAT_COCO},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (!needs[i].useful && dt_cli_typed(opts, needs[i].name)) return dt_edit_useless(&r, needs[i].name);
    r.to.new_ids = new_ids;
    dt_status st = dt_edit_open(&r, 0, &set);
    o.pool = r.pool;
    o.renumbered = r.sources[0].numbers_from_1 && !r.to.class_base;
    if (st == DT_OK) st = dt_fix(&set, &o, &r.report.findings, &r.err);
    return dt_edit_end(&r, st, &set);
}
