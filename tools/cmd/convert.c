/* dettool convert: thin over datasets/convert.h. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/str.h"
#include "datasets/convert.h"
#include "tools/edit_set.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_convert = {
    .name = "convert",
    .usage = "dettool convert PAIR SRC DST [options] | dettool convert --undo DST",
    .summary = "convert a data set from one format to another",
    .details =
        "PAIR: voc2yolo, voc2coco, coco2yolo, coco2voc, yolo2coco, yolo2voc, or yolo2yolo between its "
        "layouts.\n\n"
        "VOC   a folder with Annotations/, JPEGImages/ and ImageSets/Main/*.txt, or a VOCdevkit with several "
        "of "
        "them\n"
        "      (splits of the same name are joined). Without ImageSets all annotations are the split train; "
        "trainval is\n"
        "      skipped where train and val are there.\n"
        "COCO  an instances JSON (instances_train2017.json is the split train) or a folder with "
        "annotations/instances_*.json.\n"
        "      Pictures are looked for around it, or in --image-dir. Written: "
        "annotations/instances_<split>.json,"
        "\n"
        "      images/<split>/; category ids are class numbers from 1.\n"
        "YOLO  a data.yaml, Darknet's obj.data (exports of CVAT included), or a folder with one of them or "
        "with "
        "images/,\n"
        "      labels/ and classes.txt. Written: data.yaml, images/<split>/, labels/<split>/<stem>.txt; it "
        "trains "
        "at once.\n"
        "      With --layout darknet: obj.data, obj.names, train.txt, valid.txt, obj_<split>_data/ with "
        "pictures "
        "and labels\n"
        "      side by side; run Darknet in DST: darknet detector train obj.data x.cfg.\n\n"
        "DST appears whole or not at all; it must be absent, empty, or an earlier output in which nothing "
        "was "
        "changed.\n"
        "DST/conversion.json lists every object that was not carried over unchanged (file, line, rule, "
        "values "
        "before and\n"
        "after), what the target cannot hold, the coordinate base found in VOC files, the options, and a "
        "hash of "
        "every file\n"
        "written. --undo removes those files whose content is still the one that was written, and nothing "
        "else.\n\n"
        "VOC coordinates (--voc-rule): exact = (xmin-1, ymin-1, xmax, ymax); minus-one = all four less 1; "
        "raw = "
        "as written;\n"
        "a VOC folder is written by the same rule backwards. YOLO rows have at least 6 decimals; with raw "
        "they are "
        "the\n"
        "shortest that read back the same, as Python prints them.\n"
        "Invalid boxes (--invalid): fix = clip at the picture's edge, drop those without area or inverted "
        "(default, but\n"
        "for raw); keep = write them as they are and say so (default with raw).\n"
        "Difficult objects (--difficult) and crowds (--crowd): ignore = neither positive nor negative: YOLO "
        "has "
        "them in\n"
        "ignore/<split>/<stem>.txt (obj_<split>_data/ignore/ for Darknet), which other tools do not read, "
        "VOC as\n"
        "difficult, COCO with \"ignore\": 1. Default: YOLO drops difficult objects, VOC and COCO keep them; "
        "crowds "
        "are\n"
        "dropped. Leaving them out is no failure under --strict.\n"
        "Images (--images): link = symbolic links with absolute targets, so DST can be moved but SRC cannot; "
        "copy makes\n"
        "DST independent of SRC: take it where other programs change pictures in DST, since what is written "
        "through a link changes\n"
        "the file in SRC. The picture's real size counts where the annotation states another. A "
        "folder in "
        "place of\n"
        "link, copy or none is --image-dir.\n\n"
        "Examples:\n"
        "  dettool convert voc2yolo VOCdevkit/VOC2007 voc-yolo --difficult ignore\n"
        "  dettool convert voc2coco VOCdevkit/VOC2012 voc-coco --images copy\n"
        "  dettool convert coco2yolo coco/annotations/instances_train2017.json coco-yolo --image-dir "
        "coco/train2017\n"
        "  dettool convert coco2voc coco coco-voc --crowd ignore\n"
        "  dettool convert voc2yolo VOCdevkit/VOC2007 voc-darknet --layout darknet\n"
        "  dettool convert yolo2coco set/data.yaml set-coco\n"
        "  dettool convert yolo2coco set/obj.data set-coco\n"
        "  dettool convert yolo2voc set/data.yaml set-voc --voc-rule raw\n"
        "  dettool convert yolo2yolo set/data.yaml set-darknet --layout darknet\n"
        "  dettool convert --undo set-voc\n",
    .run = run,
};

static void print_report(const dt_convert_opts *o, const dt_convert_report *r)
{
    printf("%s: %zu images (%zu without boxes) in %zu splits, %zu classes\n", o->target, r->images,
           r->backgrounds, r->splits, r->classes);
    printf("boxes: %zu kept, %zu of them clipped; %zu dropped", r->boxes.kept, r->boxes.clipped,
           r->boxes.dropped + r->reader_dropped);
    if (r->boxes.difficult) printf("; %zu difficult left out", r->boxes.difficult);
    if (r->boxes.crowd) printf("; %zu crowds left out", r->boxes.crowd);
    if (r->boxes.ignored) printf("; %zu to be ignored", r->boxes.ignored);
    if (r->boxes.left) printf("; %zu invalid kept as they are", r->boxes.left);
    printf("\n");
    const char *lead = "not held by the target: ";
    for (int i = 0; i < DT_FIELDS; i++) {
        if (!r->boxes.lost[i]) continue;
        printf("%s%s of %zu objects", lead, dt_field_names[i], r->boxes.lost[i]);
        lead = ", ";
    }
    if (*lead == ',') printf("\n");
    if (r->masks_kept || r->masks_lost)
        printf("segmentation: of %zu pictures kept, of %zu not held by the target\n", r->masks_kept,
               r->masks_lost);
    if (r->skipped) printf("annotations left out: %zu\n", r->skipped);
    printf("certificate: %s/conversion.json\n", o->target);
}

static void print_json(const dt_convert_opts *o, const dt_convert_report *r)
{
    dt_str out = {0};
    dt_json j = dt_json_begin(&out, 0);
    const struct {
        const char *key;
        size_t value;
    } counts[] = {
        {"images", r->images},
        {"backgrounds", r->backgrounds},
        {"splits", r->splits},
        {"classes", r->classes},
        {"annotations_skipped", r->skipped},
        {"boxes_kept", r->boxes.kept},
        {"boxes_clipped", r->boxes.clipped},
        {"boxes_dropped", r->boxes.dropped + r->reader_dropped},
        {"boxes_difficult_left_out", r->boxes.difficult},
        {"boxes_crowd_left_out", r->boxes.crowd},
        {"boxes_ignored", r->boxes.ignored},
        {"boxes_invalid_kept", r->boxes.left},
        {"masks_kept", r->masks_kept},
        {"masks_lost", r->masks_lost},
        {"errors", r->findings.by_severity[DT_PROBLEM]},
        {"warnings", r->findings.by_severity[DT_WARNING]},
    };
    dt_json_object(&j);
    dt_json_key(&j, "target");
    dt_json_str(&j, o->target);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        dt_json_key(&j, counts[i].key);
        dt_json_int(&j, (int64_t)counts[i].value);
    }
    dt_json_key(&j, "not_held");
    dt_json_object(&j);
    for (int i = 0; i < DT_FIELDS; i++) {
        if (!r->boxes.lost[i]) continue;
        dt_json_key(&j, dt_field_names[i]);
        dt_json_int(&j, (int64_t)r->boxes.lost[i]);
    }
    dt_json_object_end(&j);
    dt_json_object_end(&j);
    printf("%s\n", out.data ? out.data : "{}");
    dt_str_free(&out);
}

static int undo(const char *target, int json)
{
    dt_undo_report report;
    dt_error err = {0};
    dt_status st = dt_convert_undo(target, &report, &err);
    size_t kept = report.kept.count;
    for (size_t i = 0; i < kept; i++)
        fprintf(stderr, "warning: %s/%s was changed since: kept\n", target, report.kept.items[i]);
    if (st == DT_OK && json)
        printf("{\"removed\":%zu,\"missing\":%zu,\"kept\":%zu}\n", report.removed, report.missing, kept);
    else if (st == DT_OK)
        printf("%s: %zu files removed, %zu changed ones kept, %zu were gone\n", target, report.removed, kept,
               report.missing);
    dt_undo_report_free(&report);
    if (st != DT_OK) return dt_cli_fail(&dt_cmd_convert, &err);
    return kept ? DT_EXIT_FAILED : DT_EXIT_OK;
}

/* "coco2yolo" -> the two formats; 0 if it is no pair. */
static int find_pair(const char *text, dt_convert_format *from, dt_convert_format *to)
{
    for (int a = 0; a < DT_FORMATS; a++)
        for (int b = 0; b < DT_FORMATS; b++) {
            char name[16];
            snprintf(name, sizeof name, "%s2%s", dt_format_names[a], dt_format_names[b]);
            if (!dt_convert_is_pair((dt_convert_format)a, (dt_convert_format)b) || strcmp(name, text) != 0)
                continue;
            *from = (dt_convert_format)a;
            *to = (dt_convert_format)b;
            return 1;
        }
    return 0;
}

/* An option that does nothing for this pair is a misunderstanding: NULL, or its name. */
static const char *find_useless(const dt_opt *opts, dt_convert_format from, dt_convert_format to)
{
    const struct {
        const char *name;
        int useful;
    } needs[] = {
        {"class-base", to == DT_FORMAT_YOLO},
        {"layout", to == DT_FORMAT_YOLO},
        {"voc-rule", from == DT_FORMAT_VOC || to == DT_FORMAT_VOC},
        {"difficult", from != DT_FORMAT_YOLO},
        {"crowd", from == DT_FORMAT_COCO},
        {"image-dir", from == DT_FORMAT_COCO},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (!needs[i].useful && dt_cli_typed(opts, needs[i].name)) return needs[i].name;
    return NULL;
}

static int three_way(const char *text)
{
    return strcmp(text, "drop") == 0 ? 0 : strcmp(text, "keep") == 0 ? 1 : 2;
}

static int run(int argc, char **argv)
{
    const char *classes = NULL, *rule = "exact", *difficult = NULL, *images = "link", *invalid = NULL;
    const char *crowd = "drop", *image_dir = NULL, *undone = NULL, *layout = "ultralytics";
    int64_t base = 0, jobs = 0;
    int strict = 0, json = 0;
    const dt_opt opts[] = {
        {.name = "classes",
         .kind = DT_OPT_STR,
         .value = &classes,
         .arg = "FILE",
         .help =
             "one class name a line (default: VOC: its 20 if all are among them, else sorted; COCO: by id)"},
        {.name = "class-base",
         .kind = DT_OPT_INT,
         .value = &base,
         .min = 0,
         .max = 1,
         .arg = "N",
         .help = "number of the first class; with 1, number 0 is the background"},
        {.name = "layout",
         .kind = DT_OPT_CHOICE,
         .value = &layout,
         .choices = "ultralytics|darknet",
         .arg = "NAME",
         .help = "whose files a YOLO set is written as"},
        {.name = "voc-rule",
         .kind = DT_OPT_CHOICE,
         .value = &rule,
         .choices = "exact|minus-one|raw",
         .arg = "RULE",
         .help = "how VOC coordinates are read and written"},
        {.name = "difficult",
         .kind = DT_OPT_CHOICE,
         .value = &difficult,
         .choices = "drop|keep|ignore",
         .arg = "WHAT",
         .help = "what becomes of objects marked as difficult (default: drop for YOLO, else keep)"},
        {.name = "crowd",
         .kind = DT_OPT_CHOICE,
         .value = &crowd,
         .choices = "drop|keep|ignore",
         .arg = "WHAT",
         .help = "what becomes of COCO's crowds"},
        {.name = "invalid",
         .kind = DT_OPT_CHOICE,
         .value = &invalid,
         .choices = "fix|keep",
         .arg = "WHAT",
         .help = "boxes outside the picture, inverted or without area"},
        {.name = "images",
         .kind = DT_OPT_STR,
         .value = &images,
         .arg = "link|copy|none",
         .help = "how the pictures get into DST"},
        {.name = "image-dir",
         .kind = DT_OPT_STR,
         .value = &image_dir,
         .arg = "DIR",
         .help = "where the pictures of a COCO file are (default: looked for around it)"},
        {.name = "undo",
         .kind = DT_OPT_STR,
         .value = &undone,
         .arg = "DST",
         .help = "remove what an earlier conversion wrote there, and nothing else"},
        {.name = "strict",
         .kind = DT_OPT_FLAG,
         .value = &strict,
         .help = "exit 1 if anything was dropped or clipped, or a file could not be used"},
        {.name = "jobs",
         .alias = "j",
         .kind = DT_OPT_INT,
         .value = &jobs,
         .min = 0,
         .max = 256,
         .arg = "N",
         .help = "threads; 0: one a processor"},
        {.name = "json", .kind = DT_OPT_FLAG, .value = &json, .help = "print the counts as JSON"},
        {.name = NULL},
    };
    const char *operands[3];
    int count, code = dt_cli_parse(&dt_cmd_convert, opts, argc, argv, operands, 3, &count);
    if (code >= 0) return code;
    if (undone && count) return dt_cli_usage_error(&dt_cmd_convert, "--undo takes nothing but the folder");
    if (undone) return undo(undone, json);
    if (count < 3)
        return dt_cli_usage_error(&dt_cmd_convert,
                                  "a pair of formats, a source and a destination are expected");
    dt_convert_format from, to;
    if (!find_pair(operands[0], &from, &to))
        return dt_cli_usage_error(&dt_cmd_convert,
                                  "unknown pair of formats '%s'; there are voc2yolo, voc2coco, coco2yolo, "
                                  "coco2voc, yolo2coco, yolo2voc and yolo2yolo",
                                  operands[0]);
    const char *useless = find_useless(opts, from, to);
    if (useless)
        return dt_cli_usage_error(&dt_cmd_convert, "--%s has no meaning for %s", useless, operands[0]);
    dt_image_mode mode = strcmp(images, "copy") == 0   ? DT_IMAGES_COPY
                         : strcmp(images, "none") == 0 ? DT_IMAGES_NONE
                                                       : DT_IMAGES_LINK;
    if (mode == DT_IMAGES_LINK && strcmp(images, "link") != 0) {
        if (from != DT_FORMAT_COCO || image_dir || !dt_is_dir(images))
            return dt_cli_usage_error(&dt_cmd_convert, "--images '%s': link, copy or none is expected%s",
                                      images, from == DT_FORMAT_COCO ? ", or a folder" : "");
        image_dir = images;
    }
    dt_convert_opts o = {
        .from = from,
        .to = to,
        .source = operands[1],
        .target = operands[2],
        .classes_file = classes,
        .class_base = (int)base,
        .layout = strcmp(layout, "darknet") == 0 ? DT_LAYOUT_DARKNET : DT_LAYOUT_ULTRALYTICS,
        .voc_rule = strcmp(rule, "exact") == 0 ? DT_VOC_EXACT
                    : strcmp(rule, "raw") == 0 ? DT_VOC_RAW
                                               : DT_VOC_MINUS_ONE,
        .difficult = difficult              ? (dt_difficult)three_way(difficult)
                     : to == DT_FORMAT_YOLO ? DT_DIFFICULT_DROP
                                            : DT_DIFFICULT_KEEP,
        .crowd = (dt_crowd)three_way(crowd),
        .image_dir = image_dir,
        .images = mode,
        .jobs = (int)jobs,
    };
    o.keep_invalid =
        invalid ? strcmp(invalid, "keep") == 0 : from == DT_FORMAT_VOC && o.voc_rule == DT_VOC_RAW;
    dt_convert_report report;
    dt_error err = {0};
    char *text = dt_edit_command_text(argc, argv, o.target);
    o.command = text;
    dt_status st = dt_convert(&o, &report, &err);
    dt_free(text);
    if (st != DT_OK) {
        dt_findings_show(&report.findings);
        dt_convert_report_free(&report);
        return dt_cli_fail(&dt_cmd_convert, &err);
    }
    dt_findings_show(&report.findings);
    if (json)
        print_json(&o, &report);
    else
        print_report(&o, &report);
    int lost = report.boxes.clipped || report.boxes.dropped || report.reader_dropped ||
               report.findings.by_severity[DT_PROBLEM];
    dt_convert_report_free(&report);
    return strict && lost ? DT_EXIT_FAILED : DT_EXIT_OK;
}
