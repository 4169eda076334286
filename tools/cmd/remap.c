/* dettool remap: thin over datasets/edit/remap.h. */
#include "datasets/edit/remap.h"
#include "core/mem.h"
#include "datasets/convert.h"
#include "tools/edit_set.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_remap = {
    .name = "remap",
    .usage = "dettool remap SRC DST --map OLD=NEW... [options]",
    .summary = "rename, merge, drop and reorder the classes of a data set",
    .details =
        "SRC is a VOC folder, a COCO file or folder, or a YOLO set; it is not touched. DST is a new set of "
        "the "
        "same format\n"
        "(--to for another one); it trains at once. DST/conversion.json names every object whose class was "
        "changed;\n"
        "`dettool convert --undo DST` removes DST.\n\n"
        "--map old=new renames, several olds to one new merge, old= drops the class with its objects. All "
        "pairs act at once, so\n"
        "a=b with b=a exchanges two names. A name with = in it is written in quotes: '\"a=b\"=c'. --map-file "
        "has a pair a line,\n"
        "'#' begins a comment. An old name that is not there is an error. Classes without a pair stay, or "
        "are "
        "dropped with\n"
        "--only-mapped. The order of the classes stays (a merged class takes the place of the first) unless "
        "--order names\n"
        "them, one a line; those it does not name follow.\n\n"
        "Examples:\n"
        "  dettool remap VOCdevkit/VOC2007 voc-animals --map cat=animal --map dog=animal --only-mapped\n"
        "  dettool remap data/set/data.yaml data/renamed --map-file map.txt --order names.txt\n"
        "  dettool remap coco coco-2 --map 'dining table=table' --map 'hair drier='\n",
    .run = run,
};

static int run(int argc, char **argv)
{
    dt_edit_options shared = DT_EDIT_DEFAULTS;
    dt_opt_list pairs = {0};
    const char *map_file = NULL, *order_file = NULL;
    int only_mapped = 0;
    const dt_opt opts[] = {
        {.name = "map",
         .kind = DT_OPT_LIST,
         .value = &pairs,
         .arg = "OLD=NEW",
         .help = "class OLD becomes NEW, or goes if NEW is empty (repeatable)"},
        {.name = "map-file",
         .kind = DT_OPT_STR,
         .value = &map_file,
         .arg = "FILE",
         .help = "a pair OLD=NEW a line"},
        {.name = "order",
         .kind = DT_OPT_STR,
         .value = &order_file,
         .arg = "FILE",
         .help = "new names, one a line, in the order that they shall have"},
        {.name = "only-mapped",
         .kind = DT_OPT_FLAG,
         .value = &only_mapped,
         .help = "drop the classes that no pair names"},
        DT_EDIT_OPTIONS(shared),
        {.name = NULL},
    };
    const char *operands[2];
    int count, code = dt_cli_parse(&dt_cmd_remap, opts, argc, argv, operands, 2, &count);
    if (code >= 0) return code;
    if (count < 2) return dt_cli_usage_error(&dt_cmd_remap, "a source and a destination are expected");
    if (!pairs.count && !map_file && !order_file)
        return dt_cli_usage_error(&dt_cmd_remap, "--map, --map-file or --order is expected");
    if (only_mapped && !pairs.count && !map_file)
        return dt_cli_usage_error(&dt_cmd_remap, "--only-mapped has no meaning without a map");
    dt_edit_run r = {.command = &dt_cmd_remap, .table = opts, .options = &shared};
    code = dt_edit_begin(&r, argc, argv, operands, 1, operands[1]);
    if (code >= 0) return code;
    dt_dataset set = {0};
    dt_remap_list list = {0};
    dt_names order = {0};
    dt_status st = DT_OK;
    for (int i = 0; i < pairs.count && st == DT_OK; i++)
        st = dt_remap_add(&list, pairs.items[i], &r.err);
    if (st == DT_OK && map_file) st = dt_remap_read(&list, map_file, &r.err);
    if (st == DT_OK && order_file) st = dt_class_list_read(order_file, &order, &r.err);
    if (st == DT_OK) st = dt_edit_open(&r, 0, &set);
    const dt_remap_opts o = {.map = &list,
                             .only_mapped = only_mapped,
                             .order = (const char *const *)order.items,
                             .order_count = order.count};
    if (st == DT_OK) st = dt_remap(&set, &o, &r.report.findings, &r.err);
    dt_remap_free(&list);
    dt_names_free(&order);
    return dt_edit_end(&r, st, &set);
}
