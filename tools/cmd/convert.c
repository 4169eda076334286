/* dettool convert: thin over datasets/convert.h. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/str.h"
#include "datasets/convert.h"
#include "tools/cli.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_convert = {
    .name = "convert",
    .usage = "dettool convert voc2yolo SRC DST [options]",
    .summary = "convert a data set from one format to another",
    .details =
        "SRC (VOC): a folder with Annotations/, JPEGImages/ and ImageSets/Main/*.txt, or a VOCdevkit with "
        "several of\n"
        "them (splits of the same name are joined). Without ImageSets all annotations are the split train. "
        "trainval is\n"
        "skipped where train and val are there.\n"
        "DST (YOLO): data.yaml, images/<split>/, labels/<split>/<stem>.txt; it trains at once. DST appears "
        "whole or not\n"
        "at all; it must be absent, empty, or an earlier output in which nothing was changed.\n"
        "DST/conversion.json lists every object that was not carried over unchanged (file, line, rule, "
        "values before\n"
        "and after), the coordinate base found in the files, the options, and a hash of every file "
        "written.\n\n"
        "Coordinates (--voc-rule): exact = (xmin-1, ymin-1, xmax, ymax); minus-one = all four less 1; raw = "
        "as written.\n"
        "Rows have at least 6 decimals; with raw they are the shortest that read back the same, as Python "
        "prints them.\n"
        "Invalid boxes (--invalid): fix = clip at the picture's edge, drop those without area or inverted "
        "(default with\n"
        "exact and minus-one); keep = write them as they are and say so (default with raw).\n"
        "Difficult objects (--difficult): ignore writes them to ignore/<split>/<stem>.txt, which dettool "
        "takes as neither\n"
        "positive nor negative and other tools do not read. Leaving them out is no failure under --strict.\n"
        "Images (--images): link = symbolic links with absolute targets, so DST can be moved but SRC cannot; "
        "copy makes\n"
        "DST independent of SRC. The picture's real size counts where the annotation states another.\n\n"
        "Example:\n"
        "  dettool convert voc2yolo VOCdevkit/VOC2007 voc-yolo --difficult ignore\n",
    .run = run,
};

/* Findings of one rule are shown up to this number; all are in conversion.json. */
enum { SHOWN_PER_RULE = 5 };

static void show_findings(const dt_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const dt_finding *f = &findings->items[i];
        size_t before = 0, same = 0;
        if (f->severity == DT_NOTE && strcmp(f->rule, "coordinate-base") != 0) continue;
        for (size_t k = 0; k < findings->count && before <= SHOWN_PER_RULE; k++) {
            if (strcmp(findings->items[k].rule, f->rule) != 0 || findings->items[k].severity == DT_NOTE)
                continue;
            before += k < i;
        }
        if (before > SHOWN_PER_RULE) continue;
        if (before == SHOWN_PER_RULE) {
            for (size_t k = 0; k < findings->count; k++)
                same +=
                    strcmp(findings->items[k].rule, f->rule) == 0 && findings->items[k].severity != DT_NOTE;
            fprintf(stderr, "%s: ... and %zu more (see conversion.json)\n", f->rule, same - before);
            continue;
        }
        char place[64] = "";
        if (f->line && f->object >= 0)
            snprintf(place, sizeof place, ":%lld: object %lld", (long long)f->line, (long long)f->object);
        else if (f->line)
            snprintf(place, sizeof place, ":%lld", (long long)f->line);
        fprintf(stderr, "%s: %s%s%s%s%s%s%s%s [%s]\n", dt_severity_text(f->severity), f->file ? f->file : "",
                place, f->file ? ": " : "", f->message, f->before ? ": " : "", f->before ? f->before : "",
                f->after ? " -> " : "", f->after ? f->after : "", f->rule);
    }
}

static void print_report(const dt_convert_opts *o, const dt_convert_report *r)
{
    printf("%s: %zu images (%zu without boxes) in %zu splits, %zu classes\n", o->target, r->images,
           r->backgrounds, r->splits, r->classes);
    printf("boxes: %zu kept, %zu of them clipped; %zu dropped", r->boxes.kept, r->boxes.clipped,
           r->boxes.dropped + r->reader_dropped);
    if (r->boxes.difficult) printf("; %zu difficult left out", r->boxes.difficult);
    if (r->boxes.ignored) printf("; %zu difficult to be ignored", r->boxes.ignored);
    if (r->boxes.left) printf("; %zu invalid kept as they are", r->boxes.left);
    printf("\n");
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
        {"boxes_ignored", r->boxes.ignored},
        {"boxes_invalid_kept", r->boxes.left},
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
    dt_json_object_end(&j);
    printf("%s\n", out.data ? out.data : "{}");
    dt_str_free(&out);
}

static int run(int argc, char **argv)
{
    const char *classes = NULL, *rule = "exact", *difficult = "drop", *images = "link", *invalid = NULL;
    int64_t base = 0, jobs = 0;
    int strict = 0, json = 0;
    const dt_opt opts[] = {
        {.name = "classes",
         .kind = DT_OPT_STR,
         .value = &classes,
         .arg = "FILE",
         .help =
             "one class name a line (default: VOC's 20 if all classes are among them, else sorted names)"},
        {.name = "class-base",
         .kind = DT_OPT_INT,
         .value = &base,
         .min = 0,
         .max = 1,
         .arg = "N",
         .help = "number of the first class; with 1, number 0 is the background"},
        {.name = "voc-rule",
         .kind = DT_OPT_CHOICE,
         .value = &rule,
         .choices = "exact|minus-one|raw",
         .arg = "RULE",
         .help = "how VOC coordinates are read"},
        {.name = "difficult",
         .kind = DT_OPT_CHOICE,
         .value = &difficult,
         .choices = "drop|keep|ignore",
         .arg = "WHAT",
         .help = "what becomes of objects marked as difficult"},
        {.name = "invalid",
         .kind = DT_OPT_CHOICE,
         .value = &invalid,
         .choices = "fix|keep",
         .arg = "WHAT",
         .help = "boxes outside the picture, inverted or without area"},
        {.name = "images",
         .kind = DT_OPT_CHOICE,
         .value = &images,
         .choices = "link|copy|none",
         .arg = "HOW",
         .help = "how the pictures get into DST"},
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
    if (count < 3)
        return dt_cli_usage_error(&dt_cmd_convert,
                                  "a pair of formats, a source and a destination are expected");
    if (strcmp(operands[0], "voc2yolo") != 0)
        return dt_cli_usage_error(&dt_cmd_convert, "unknown pair of formats '%s'; voc2yolo is there",
                                  operands[0]);
    dt_convert_opts o = {
        .from = DT_FORMAT_VOC,
        .to = DT_FORMAT_YOLO,
        .source = operands[1],
        .target = operands[2],
        .classes_file = classes,
        .class_base = (int)base,
        .voc_rule = strcmp(rule, "exact") == 0 ? DT_VOC_EXACT
                    : strcmp(rule, "raw") == 0 ? DT_VOC_RAW
                                               : DT_VOC_MINUS_ONE,
        .difficult = strcmp(difficult, "drop") == 0   ? DT_DIFFICULT_DROP
                     : strcmp(difficult, "keep") == 0 ? DT_DIFFICULT_KEEP
                                                      : DT_DIFFICULT_IGNORE,
        .images = strcmp(images, "link") == 0   ? DT_IMAGES_LINK
                  : strcmp(images, "copy") == 0 ? DT_IMAGES_COPY
                                                : DT_IMAGES_NONE,
        .jobs = (int)jobs,
    };
    o.keep_invalid = invalid ? strcmp(invalid, "keep") == 0 : o.voc_rule == DT_VOC_RAW;
    dt_convert_report report;
    dt_error err = {0};
    if (dt_convert(&o, &report, &err) != DT_OK) {
        show_findings(&report.findings);
        dt_convert_report_free(&report);
        return dt_cli_fail(&dt_cmd_convert, &err);
    }
    show_findings(&report.findings);
    if (json)
        print_json(&o, &report);
    else
        print_report(&o, &report);
    int lost = report.boxes.clipped || report.boxes.dropped || report.reader_dropped ||
               report.findings.by_severity[DT_PROBLEM];
    dt_convert_report_free(&report);
    return strict && lost ? DT_EXIT_FAILED : DT_EXIT_OK;
}
