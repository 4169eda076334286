/* dettool filter: thin over datasets/edit/filter.h. */
#include "datasets/edit/filter.h"
#include "core/mem.h"
#include "tools/edit_set.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_filter = {
    .name = "filter",
    .usage = "dettool filter SRC DST [options]",
    .summary = "write a part of a data set: by class, box size, split, name, or at random",
    .details =
        "SRC is a VOC folder, a COCO file or folder, or a YOLO set; it is not touched. DST is a new set of "
        "the "
        "same format\n"
        "(--to for another one); it trains at once. DST/conversion.json names every object and picture that "
        "was left out;\n"
        "`dettool convert --undo DST` removes DST. What stays is written as it was read.\n\n"
        "Filters, in this order:\n"
        "  --splits train,val           only these splits\n"
        "  --images-matching GLOB       only pictures of this name; with a slash in GLOB, of this path\n"
        "  --classes A,B                only these classes (--exclude-classes: not these); '\\,' is a comma "
        "in a name. "
        "Classes that\n"
        "                               go leave the list and the others move up, unless --keep-names is "
        "given\n"
        "  --drop-difficult --drop-crowd\n"
        "  --min-side N --max-side N    pixels of the shorter and of the longer side\n"
        "  --min-area N --max-area N    square pixels\n"
        "  --min-aspect X --max-aspect X  width divided by height\n"
        "  --drop-empty                 pictures that lose all their objects (they stay as backgrounds "
        "otherwise);\n"
        "                               --drop-backgrounds: those that had none to begin with\n"
        "  --min-objects N --max-objects N  of a picture, counting those that stay\n"
        "  --sample N --seed S          N pictures at random; the same seed takes the same ones\n\n"
        "Examples:\n"
        "  dettool filter coco coco-vehicles --classes car,bus,truck --drop-empty --drop-crowd\n"
        "  dettool filter VOCdevkit/VOC2007 voc-large --min-side 32 --splits train,val\n"
        "  dettool filter data/set/data.yaml data/small --sample 200 --seed 1 --images copy\n",
    .run = run,
};

static int run(int argc, char **argv)
{
    dt_edit_options shared = DT_EDIT_DEFAULTS;
    dt_filter_opts o = {0};
    dt_opt_list classes = {0}, exclude = {0}, splits = {0};
    int64_t min_objects = 0, max_objects = 0, sample = 0, seed = 1;
    const dt_opt opts[] = {
        {.name = "splits", .kind = DT_OPT_LIST, .value = &splits, .arg = "A,B", .help = "only these splits"},
        {.name = "images-matching",
         .kind = DT_OPT_STR,
         .value = &o.name,
         .arg = "GLOB",
         .help = "only pictures of this name"},
        {.name = "classes",
         .kind = DT_OPT_LIST,
         .value = &classes,
         .arg = "A,B",
         .help = "only these classes"},
        {.name = "exclude-classes",
         .kind = DT_OPT_LIST,
         .value = &exclude,
         .arg = "A,B",
         .help = "not these classes"},
        {.name = "keep-names",
         .kind = DT_OPT_FLAG,
         .value = &o.keep_names,
         .help = "classes that go stay in the list"},
        {.name = "drop-difficult",
         .kind = DT_OPT_FLAG,
         .value = &o.drop_difficult,
         .help = "no objects marked as difficult"},
        {.name = "drop-crowd", .kind = DT_OPT_FLAG, .value = &o.drop_crowd, .help = "no crowds"},
        {.name = "min-side",
         .kind = DT_OPT_F64,
         .value = &o.min_side,
         .max = 1e9,
         .arg = "N",
         .help = "pixels of the shorter side"},
        {.name = "max-side",
         .kind = DT_OPT_F64,
         .value = &o.max_side,
         .max = 1e9,
         .arg = "N",
         .help = "pixels of the longer side"},
        {.name = "min-area",
         .kind = DT_OPT_F64,
         .value = &o.min_area,
         .max = 1e18,
         .arg = "N",
         .help = "square pixels"},
        {.name = "max-area",
         .kind = DT_OPT_F64,
         .value = &o.max_area,
         .max = 1e18,
         .arg = "N",
         .help = "square pixels"},
        {.name = "min-aspect",
         .kind = DT_OPT_F64,
         .value = &o.min_aspect,
         .max = 1e9,
         .arg = "X",
         .help = "width divided by height"},
        {.name = "max-aspect",
         .kind = DT_OPT_F64,
         .value = &o.max_aspect,
         .max = 1e9,
         .arg = "X",
         .help = "width divided by height"},
        {.name = "drop-empty",
         .kind = DT_OPT_FLAG,
         .value = &o.drop_empty,
         .help = "no pictures that lose all their objects"},
        {.name = "drop-backgrounds",
         .kind = DT_OPT_FLAG,
         .value = &o.drop_backgrounds,
         .help = "no pictures that have no objects in SRC"},
        {.name = "min-objects",
         .kind = DT_OPT_INT,
         .value = &min_objects,
         .max = 1e9,
         .arg = "N",
         .help = "only pictures with at least as many"},
        {.name = "max-objects",
         .kind = DT_OPT_INT,
         .value = &max_objects,
         .max = 1e9,
         .arg = "N",
         .help = "only pictures with at most as many; 0: any"},
        {.name = "sample",
         .kind = DT_OPT_INT,
         .value = &sample,
         .max = 1e9,
         .arg = "N",
         .help = "this many pictures at random; 0: all"},
        {.name = "seed",
         .kind = DT_OPT_INT,
         .value = &seed,
         .max = 1e15,
         .arg = "S",
         .help = "of the random choice"},
        DT_EDIT_OPTIONS(shared),
        {.name = NULL},
    };
    const char *operands[2];
    int count, code = dt_cli_parse(&dt_cmd_filter, opts, argc, argv, operands, 2, &count);
    if (code >= 0) return code;
    if (count < 2) return dt_cli_usage_error(&dt_cmd_filter, "a source and a destination are expected");
    if (dt_cli_typed(opts, "seed") && !sample)
        return dt_cli_usage_error(&dt_cmd_filter, "--seed has no meaning without --sample");
    if (dt_cli_typed(opts, "keep-names") && !classes.count && !exclude.count)
        return dt_cli_usage_error(&dt_cmd_filter,
                                  "--keep-names has no meaning without --classes or --exclude-classes");
    dt_edit_run r = {.command = &dt_cmd_filter, .table = opts, .options = &shared};
    code = dt_edit_begin(&r, argc, argv, operands, 1, operands[1]);
    if (code >= 0) return code;
    dt_dataset set = {0};
    dt_names names[3] = {0};
    o.min_objects = (size_t)min_objects;
    o.max_objects = (size_t)max_objects;
    o.sample = (size_t)sample;
    o.seed = (uint64_t)seed;
    dt_status st = dt_edit_names(&classes, &names[0], &r.err);
    if (st == DT_OK) st = dt_edit_names(&exclude, &names[1], &r.err);
    if (st == DT_OK) st = dt_edit_names(&splits, &names[2], &r.err);
    o.classes = (const char *const *)names[0].items;
    o.class_count = names[0].count;
    o.exclude = (const char *const *)names[1].items;
    o.exclude_count = names[1].count;
    o.splits = (const char *const *)names[2].items;
    o.split_count = names[2].count;
    if (st == DT_OK) st = dt_edit_open(&r, 0, &set);
    if (st == DT_OK) st = dt_filter(&set, &o, &r.report.findings, &r.err);
    for (int i = 0; i < 3; i++)
        dt_names_free(&names[i]);
    return dt_edit_end(&r, st, &set);
}
