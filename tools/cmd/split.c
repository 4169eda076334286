/* dettool split: thin over datasets/edit/split.h. */
#include "datasets/edit/split.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "tools/edit_set.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_split = {
    .name = "split",
    .usage = "dettool split SRC DST [--train X] [--val X] [--test X] [options]",
    .summary = "divide a data set into train, val and test, alike in every class",
    .details = "SRC is a VOC folder, a COCO file or folder, or a YOLO set; it is not touched. DST is a new "
               "set of the same "
               "format\n"
               "(--to for another one); it trains at once. `dettool convert --undo DST` removes it.\n\n"
               "X is a share of the pictures (0.8, 80%, 1.0), a number of them (100, 1), or `rest`. Without "
               "--train, train takes "
               "what\n"
               "--val and --test leave; without any of them it is 0.8 and 0.2. Shares that add up to less "
               "than 1 leave pictures "
               "out.\n"
               "--part NAME=X makes a part of another name. The old splits are forgotten, but for those of "
               "--keep.\n\n"
               "What belongs together is never parted: the same file, near-duplicates (by a perceptual hash; "
               "--no-near-duplicates is\n"
               "quick: no picture is decoded), the groups of --group and --group-by-folder. Pictures that "
               "belong together with "
               "one of a\n"
               "split to --keep are left out, by name.\n\n"
               "Classes are balanced by iterative stratification, pictures first, then objects; a class of "
               "enough pictures "
               "reaches\n"
               "every part. The result depends on --seed and the pictures' names alone.\n\n"
               "Examples:\n"
               "  dettool split VOCdevkit/VOC2007 data/voc --train 0.8 --val 0.1 --test 0.1 --to yolo\n"
               "  dettool split coco.json data/set --val 500 --test 500 --image-dir photos\n"
               "  dettool split data.yaml data/video --val 20% --group '^(cam[0-9]+_[0-9]{8})'\n"
               "  dettool split data/set/data.yaml data/again --keep test --val 0.25 --seed 7\n",
    .run = run,
};

/* A share, a count or "rest". Returns 0 if the text is none of them. */
static int parse_part(const char *text, dt_split_part *part)
{
    int64_t count;
    double share;
    if (strcmp(text, "rest") == 0) {
        part->rest = 1;
        return 1;
    }
    if (dt_parse_i64_all(text, &count) == 0) {
        part->count = count;
        return count > 0;
    }
    size_t len = strlen(text);
    int percent = len > 1 && text[len - 1] == '%';
    if (dt_parse_f64(text, len - (size_t)percent, &share) != len - (size_t)percent) return 0;
    part->share = percent ? share / 100 : share;
    return part->share > 0 && part->share <= 1;
}

enum { NAMED_PARTS = 3, MAX_PARTS = NAMED_PARTS + 64 };
static const char *const part_names[NAMED_PARTS] = {"train", "val", "test"};

typedef struct part_list {
    dt_split_part items[MAX_PARTS];
    size_t count;
    char *texts[64]; /* names of --part */
    size_t text_count;
} part_list;

static int bad_part(const char *option, const char *text)
{
    return dt_cli_usage_error(
        &dt_cmd_split, "--%s %s: a share (0.2, 20%%), a number of pictures (100) or 'rest' is expected",
        option, text);
}

/* A split's name becomes a folder or a file. */
static int is_name(const char *name, size_t len)
{
    return len > 0 && len < 100 && name[0] != '.' && !memchr(name, '/', len) && !memchr(name, '\n', len);
}

static int add_named(part_list *list, const char *option)
{
    const char *equal = strchr(option, '=');
    if (!equal || !is_name(option, (size_t)(equal - option)))
        return dt_cli_usage_error(&dt_cmd_split, "--part %s: NAME=X is expected", option);
    dt_split_part *part = &list->items[list->count];
    if (!parse_part(equal + 1, part)) return bad_part("part", option);
    part->name = list->texts[list->text_count] = dt_strndup(option, (size_t)(equal - option));
    if (!part->name) return dt_cli_usage_error(&dt_cmd_split, "out of memory");
    list->text_count++;
    list->count++;
    return -1;
}

/* -1, or the exit code. */
static int read_parts(const char *const values[NAMED_PARTS], const dt_opt_list *more, part_list *list)
{
    int any_rest = 0;
    for (int i = 0; i < NAMED_PARTS; i++) {
        if (!values[i]) continue;
        dt_split_part *part = &list->items[list->count];
        part->name = part_names[i];
        if (!parse_part(values[i], part)) return bad_part(part_names[i], values[i]);
        list->count++;
    }
    for (int i = 0; i < more->count; i++) {
        int code = add_named(list, more->items[i]);
        if (code >= 0) return code;
    }
    if (list->count == 0) {
        list->items[0] = (dt_split_part){.name = "train", .share = 0.8};
        list->items[1] = (dt_split_part){.name = "val", .share = 0.2};
        list->count = 2;
    }
    for (size_t i = 0; i < list->count; i++)
        any_rest |= list->items[i].rest;
    if (strcmp(list->items[0].name, "train") != 0 && !any_rest && !more->count) {
        memmove(list->items + 1, list->items, list->count * sizeof *list->items);
        list->items[0] = (dt_split_part){.name = "train", .rest = 1};
        list->count++;
    }
    return -1;
}

/* ---- the report ---- */

/* A name cut or padded to a width, safe for a terminal. */
static void print_name(const char *name, int width, int right)
{
    char text[128];
    snprintf(text, sizeof text, right ? "%*.*s" : "%-*.*s", width, width, name);
    dt_cli_print_safe(stdout, text);
}

static void print_row(const dt_split_table *t, const size_t *objects, const size_t *pictures, size_t stride)
{
    size_t all = 0;
    for (size_t p = 0; p < t->parts; p++)
        all += pictures[p * stride];
    for (size_t p = 0; p < t->parts; p++)
        printf(" %9zu %8zu %5.1f %%", objects[p * stride], pictures[p * stride],
               all ? 100 * (double)pictures[p * stride] / (double)all : 0.0);
    putchar('\n');
}

static void print_table(const dt_edit_run *r, const dt_dataset *set)
{
    const dt_split_table *t = r->more;
    size_t longest = 8;
    for (size_t c = 0; c < t->classes; c++)
        if (strlen(set->classes[c]) > longest) longest = strlen(set->classes[c]);
    const int width = longest < 30 ? (int)longest : 30;
    printf("%zu blocks of pictures that belong together, the largest of %zu; %zu pictures look like "
           "others\n\n%*s",
           t->blocks, t->largest, t->near, width, "");
    for (size_t p = 0; p < t->parts; p++) {
        putchar(' ');
        print_name(set->splits[p].name, 25, 1);
    }
    printf("\n%*s", width, "");
    for (size_t p = 0; p < t->parts; p++)
        printf("   objects pictures        ");
    printf("\n%-*s", width, "all");
    print_row(t, t->objects, t->pictures, 1);
    for (size_t c = 0; c < t->classes; c++) {
        print_name(set->classes[c], width, 0);
        print_row(t, t->class_objects + c, t->class_pictures + c, t->classes);
    }
    putchar('\n');
}

static void put_int(dt_json *j, const char *key, size_t value)
{
    dt_json_key(j, key);
    dt_json_int(j, (int64_t)value);
}

static void put_table(const dt_edit_run *r, const dt_dataset *set, dt_json *j)
{
    const dt_split_table *t = r->more;
    put_int(j, "blocks", t->blocks);
    put_int(j, "largest_block", t->largest);
    put_int(j, "near_duplicates", t->near);
    dt_json_key(j, "parts");
    dt_json_array(j);
    for (size_t p = 0; p < t->parts; p++) {
        dt_json_object(j);
        dt_json_key(j, "name");
        dt_json_str(j, set->splits[p].name);
        dt_json_key(j, "wanted");
        dt_json_num(j, t->wanted[p]);
        put_int(j, "pictures", t->pictures[p]);
        put_int(j, "objects", t->objects[p]);
        dt_json_key(j, "classes");
        dt_json_array(j);
        for (size_t c = 0; c < t->classes; c++) {
            dt_json_object(j);
            dt_json_key(j, "name");
            dt_json_str(j, set->classes[c]);
            put_int(j, "pictures", t->class_pictures[p * t->classes + c]);
            put_int(j, "objects", t->class_objects[p * t->classes + c]);
            dt_json_object_end(j);
        }
        dt_json_array_end(j);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
}

static void on_progress(void *ctx, int64_t done, int64_t total)
{
    dt_progress *p = ctx;
    if (!p->total) dt_progress_begin(p, "looking for near-duplicates", total);
    dt_progress_step(p, done, " ");
}

static int run(int argc, char **argv)
{
    dt_edit_options shared = DT_EDIT_DEFAULTS;
    dt_split_opts o = {.blocks.near = 1};
    const char *values[NAMED_PARTS] = {0}, *method = "stratified";
    dt_opt_list keep = {0}, more = {0};
    int64_t seed = 0;
    const dt_opt opts[] = {
        {.name = "train",
         .kind = DT_OPT_STR,
         .value = &values[0],
         .arg = "X",
         .help = "share, number, or `rest`"},
        {.name = "val", .kind = DT_OPT_STR, .value = &values[1], .arg = "X", .help = "the same"},
        {.name = "test", .kind = DT_OPT_STR, .value = &values[2], .arg = "X", .help = "the same"},
        {.name = "part",
         .kind = DT_OPT_LIST,
         .value = &more,
         .arg = "NAME=X",
         .help = "a part of another name"},
        {.name = "keep",
         .kind = DT_OPT_LIST,
         .value = &keep,
         .arg = "A,B",
         .help = "splits of SRC that stay as they are"},
        {.name = "method",
         .kind = DT_OPT_CHOICE,
         .value = &method,
         .choices = "stratified|random",
         .arg = "HOW",
         .help = "balance the classes, or do not look at them"},
        {.name = "group",
         .kind = DT_OPT_STR,
         .value = &o.blocks.group,
         .arg = "REGEX",
         .help = "pictures for whose names its (first group's) match is the same stay together"},
        {.name = "group-by-folder",
         .kind = DT_OPT_FLAG,
         .value = &o.blocks.by_folder,
         .help = "pictures of a folder stay together"},
        {.name = "near-duplicates",
         .kind = DT_OPT_FLAG,
         .value = &o.blocks.near,
         .help = "pictures that look alike stay together"},
        {.name = "seed",
         .kind = DT_OPT_INT,
         .value = &seed,
         .max = 1e15,
         .arg = "S",
         .help = "of all choices"},
        DT_EDIT_OPTIONS(shared),
        {.name = NULL},
    };
    const char *operands[2];
    int count, code = dt_cli_parse(&dt_cmd_split, opts, argc, argv, operands, 2, &count);
    if (code >= 0) return code;
    if (count < 2) return dt_cli_usage_error(&dt_cmd_split, "a source and a destination are expected");
    part_list parts = {0};
    code = read_parts(values, &more, &parts);
    dt_edit_run r = {.command = &dt_cmd_split, .table = opts, .options = &shared};
    if (code < 0) code = dt_edit_begin(&r, argc, argv, operands, 1, operands[1]);
    if (code < 0) {
        dt_dataset set = {0};
        dt_names kept = {0};
        dt_split_table table = {0};
        dt_progress progress = {0};
        o.random = strcmp(method, "random") == 0;
        o.seed = (uint64_t)seed;
        o.parts = parts.items;
        o.part_count = parts.count;
        o.blocks.pool = r.pool;
        o.blocks.progress = on_progress;
        o.blocks.progress_ctx = &progress;
        dt_status st = dt_edit_names(&keep, &kept, &r.err);
        o.keep = (const char *const *)kept.items;
        o.keep_count = kept.count;
        if (st == DT_OK) st = dt_edit_open(&r, 0, &set);
        if (st == DT_OK) st = dt_split_set(&set, &o, &table, &r.report.findings, &r.err);
        if (progress.total) dt_progress_end(&progress);
        r.print_more = print_table;
        r.json_more = put_table;
        r.more = &table;
        code = dt_edit_end(&r, st, &set);
        dt_split_table_free(&table);
        dt_names_free(&kept);
    }
    for (size_t i = 0; i < parts.text_count; i++)
        dt_free(parts.texts[i]);
    return code;
}
