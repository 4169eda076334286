#include "tools/report_classes.h"

#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/num.h"
#include "datasets/image/draw.h"
#include "tools/cli.h"

enum { MATRIX_MAX = 20, NAME_MAX_WIDTH = 24 };

static const char *fixed(char out[DT_NUM_MAX], double value)
{
    if (isnan(value)) return "-";
    dt_format_fixed(out, value, 4);
    return out;
}

static int name_width(const dt_class_scores *s, const char *const *names)
{
    int width = 5;
    for (int c = 0; c < s->classes; c++) {
        int n = (int)strlen(names[c]);
        if (n > width) width = n < NAME_MAX_WIDTH ? n : NAME_MAX_WIDTH;
    }
    return width;
}

static void print_matrix(const dt_class_scores *s, const char *const *names, int width, FILE *out)
{
    int column = width < 8 ? 8 : width > 12 ? 12 : width;
    fprintf(out, "\n%-*s", width, "");
    for (int c = 0; c < s->classes; c++)
        dt_cli_printf_safe(out, " %*.*s", column, column, names[c]);
    fputs("   <- called\n", out);
    for (int r = 0; r < s->classes; r++) {
        dt_cli_printf_safe(out, "%-*.*s", width, width, names[r]);
        for (int c = 0; c < s->classes; c++)
            fprintf(out, " %*lld", column, (long long)s->confusion[r * s->classes + c]);
        fputc('\n', out);
    }
}

void dt_report_classes_text(const dt_class_scores *s, const char *const *names, int per_class, FILE *out)
{
    char a[DT_NUM_MAX], b[DT_NUM_MAX], d[DT_NUM_MAX];
    fprintf(out, "images      %lld\n", (long long)s->count);
    fprintf(out, "top1        %s\n", fixed(a, dt_class_scores_top1(s)));
    fprintf(out, "top5        %s\n", fixed(a, dt_class_scores_top5(s)));
    fprintf(out, "mean recall %s\n", fixed(a, dt_class_scores_mean_recall(s)));
    fprintf(out, "loss        %s\n", fixed(a, dt_class_scores_loss(s)));
    if (!per_class) return;
    int width = name_width(s, names);
    fprintf(out, "\n%-*s %8s %9s %9s %9s\n", width, "class", "images", "precision", "recall", "f1");
    for (int c = 0; c < s->classes; c++) {
        dt_cli_printf_safe(out, "%-*.*s", width, width, names[c]);
        fprintf(out, " %8lld %9s %9s %9s\n", (long long)dt_class_scores_support(s, c),
                fixed(a, dt_class_scores_precision(s, c)), fixed(b, dt_class_scores_recall(s, c)),
                fixed(d, dt_class_scores_f1(s, c)));
    }
    if (s->classes <= MATRIX_MAX) print_matrix(s, names, width, out);
}

void dt_report_classes_json(const dt_class_scores *s, const char *const *names, dt_str *out)
{
    dt_json j = dt_json_begin(out, 2);
    dt_json_object(&j);
    dt_json_key(&j, "images"), dt_json_int(&j, s->count);
    dt_json_key(&j, "top1"), dt_json_num(&j, dt_class_scores_top1(s));
    dt_json_key(&j, "top5"), dt_json_num(&j, dt_class_scores_top5(s));
    dt_json_key(&j, "mean_recall"), dt_json_num(&j, dt_class_scores_mean_recall(s));
    dt_json_key(&j, "loss"), dt_json_num(&j, dt_class_scores_loss(s));
    dt_json_key(&j, "per_class");
    dt_json_array(&j);
    for (int c = 0; c < s->classes; c++) {
        dt_json_compact(&j);
        dt_json_object(&j);
        dt_json_key(&j, "class"), dt_json_int(&j, c);
        dt_json_key(&j, "name"), dt_json_str(&j, names[c]);
        dt_json_key(&j, "images"), dt_json_int(&j, dt_class_scores_support(s, c));
        dt_json_key(&j, "precision"), dt_json_num(&j, dt_class_scores_precision(s, c));
        dt_json_key(&j, "recall"), dt_json_num(&j, dt_class_scores_recall(s, c));
        dt_json_key(&j, "f1"), dt_json_num(&j, dt_class_scores_f1(s, c));
        dt_json_object_end(&j);
    }
    dt_json_array_end(&j);
    dt_json_key(&j, "confusion");
    dt_json_array(&j);
    for (int r = 0; r < s->classes; r++) {
        dt_json_compact(&j);
        dt_json_array(&j);
        for (int c = 0; c < s->classes; c++)
            dt_json_int(&j, s->confusion[r * s->classes + c]);
        dt_json_array_end(&j);
    }
    dt_json_array_end(&j);
    dt_json_object_end(&j);
    dt_str_char(out, '\n');
}

/* ---- the picture ---- */

enum { GAP = 12, TITLE = 56, NAME_MOST = 160 };
static const dt_rgb ink = {40, 40, 40};

/* White to a dark blue. */
static dt_rgb shade(double share)
{
    static const double from[] = {255, 255, 255}, to[] = {8, 48, 107};
    double v[3];
    for (int i = 0; i < 3; i++)
        v[i] = from[i] + (to[i] - from[i]) * share;
    return (dt_rgb){(uint8_t)lround(v[0]), (uint8_t)lround(v[1]), (uint8_t)lround(v[2])};
}

enum { CUT = 64 };

/* The text cut to at most NAME_MOST pixels, ending in "..". */
static const char *cut_name(char cut[CUT], const char *text)
{
    size_t n = strlen(text);
    snprintf(cut, CUT, "%s", text);
    while (dt_text_width(cut, 1) > NAME_MOST && n > 1) {
        n = n < CUT - 3 ? n - 1 : CUT - 4;
        while (n > 1 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
        snprintf(cut, CUT, "%.*s..", (int)n, text);
    }
    return cut;
}

static int widest_name(const char *const *names, int count)
{
    char cut[CUT];
    double width = 0;
    for (int c = 0; c < count; c++)
        width = fmax(width, dt_text_width(cut_name(cut, names[c]), 1));
    return (int)ceil(width);
}

/* Beside the rows and under the columns, where they run upwards if they are wider than a column. */
static void draw_names(dt_image *image, const char *const *names, int count, int widest, int left, int top,
                       int side)
{
    const int half = (int)(side - dt_text_height(1)) / 2, bottom = top + side * count + GAP / 2;
    for (int c = 0; c < count; c++) {
        char cut[CUT];
        const double width = dt_text_width(cut_name(cut, names[c]), 1);
        dt_draw_text(image, left - GAP / 2 - width, top + c * side + half, cut, 1, ink);
        if (widest + 4 > side)
            dt_draw_text_up(image, left + c * side + half, bottom + width, cut, 1, ink);
        else
            dt_draw_text(image, left + c * side + (side - width) / 2, bottom, cut, 1, ink);
    }
}

static void draw_cell(dt_image *image, const dt_class_scores *s, int r, int c, int x, int y, int side)
{
    int64_t n = s->confusion[r * s->classes + c], row = dt_class_scores_support(s, r);
    double part = row > 0 ? (double)n / (double)row : 0;
    dt_rgb color = shade(part);
    dt_draw_fill(image, x, y, x + side, y + side, color);
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    if (n > 0 && dt_text_width(text, 1) + 4 <= side)
        dt_draw_text(image, x + (side - dt_text_width(text, 1)) / 2, y + (side - dt_text_height(1)) / 2, text,
                     1, dt_text_color_on(color));
}

dt_status dt_report_classes_image(const dt_class_scores *s, const char *const *names, dt_image *out,
                                  dt_error *err)
{
    int side = s->classes <= 6     ? 96
               : s->classes <= 16  ? 56
               : s->classes <= 48  ? 28
               : s->classes <= 200 ? 8
                                   : 3;
    int named = side >= 16, widest = named ? widest_name(names, s->classes) : 0;
    int left = named ? widest + 2 * GAP : GAP, matrix = side * s->classes, top = TITLE;
    int width = left + matrix + 2 * GAP, upwards = widest + 4 > side;
    int bottom = !named ? GAP : 2 * GAP + (upwards ? widest : (int)dt_text_height(1));
    if (width < 320) width = 320;
    DT_TRY(dt_image_create(out, width, top + matrix + bottom, 3, err));
    memset(out->data, 255, (size_t)out->width * (size_t)out->height * 3);
    char title[96], top1[DT_NUM_MAX];
    snprintf(title, sizeof title, "top-1 %s of %lld pictures", fixed(top1, dt_class_scores_top1(s)),
             (long long)s->count);
    dt_draw_text(out, GAP, GAP, title, 1, ink);
    dt_draw_text(out, GAP, GAP + 20, "rows: what they show; columns: what they were called", .75, ink);
    for (int r = 0; r < s->classes; r++) {
        for (int c = 0; c < s->classes; c++)
            draw_cell(out, s, r, c, left + c * side, top + r * side, side);
    }
    if (named) draw_names(out, names, s->classes, widest, left, top, side);
    dt_draw_rect(out, (dt_box){left - 1, top - 1, left + matrix + 1, top + matrix + 1}, 1, ink);
    return DT_OK;
}
