/* Pipeline -> text, and the list of steps. */
#include <stdio.h>
#include <string.h>

#include "core/num.h"
#include "datasets/transforms/transform_impl.h"

const dt_transform *const dt_transform_kinds[] = {
#define DT_TRANSFORM(id) &dt_transform_##id,
#include "datasets/transforms/transforms.def"
#undef DT_TRANSFORM
    NULL};

static void write_value(const dt_arg *a, double v, dt_str *out)
{
    char text[DT_NUM_MAX];
    if (a->type == DT_ARG_BOOL) {
        dt_str_append(out, v != 0 ? "true" : "false");
    } else if (a->type == DT_ARG_CHOICE) {
        const char *c = a->choices;
        for (int i = 0; i < (int)v; i++)
            c = strchr(c, '|') + 1;
        dt_str_append_n(out, c, strcspn(c, "|"));
    } else {
        size_t n = (size_t)dt_format_f64(text, v);
        if (n > 2 && strcmp(text + n - 2, ".0") == 0) n -= 2;
        dt_str_append_n(out, text, n);
    }
}

static void write_values(const dt_arg *a, const dt_values *v, dt_str *out)
{
    for (int i = 0; i < v->count; i++) {
        dt_str_append(out, i ? ", " : "");
        write_value(a, v->v[i], out);
    }
}

static int is_usual(const dt_arg *a, const dt_values *v)
{
    dt_values usual;
    dt_error err = {0};
    if (!a->usual || dt_arg_usual(a, &usual, &err) != DT_OK || usual.count != v->count) return 0;
    for (int i = 0; i < v->count; i++)
        if (usual.v[i] != v->v[i]) return 0;
    return 1;
}

static int values_by_position(const dt_arg *a)
{
    return a->in_order ? a->in_order : a->most ? a->most : 1;
}

/* The leading options that are always shown stand by position, as far as that reads back. */
static int count_by_position(const dt_step *s)
{
    int n = 0;
    for (const dt_arg *a = s->kind->args; a && a->name; a++, n++)
        if (!(a->shown || !a->usual) || s->args[n].count > values_by_position(a)) break;
    return n;
}

static void write_args(const dt_step *s, dt_str *out)
{
    const dt_arg *args = s->kind->args;
    const int leading = count_by_position(s);
    const char *between = ", ";
    for (int i = 0; i < leading && leading > 1; i++)
        if (values_by_position(&args[i]) > 1) between = "; ";
    const char *before = "";
    for (int i = 0; i < leading; i++, before = between) {
        dt_str_append(out, before);
        write_values(&args[i], &s->args[i], out);
    }
    if (leading) before = ", ";
    for (int i = leading; args && args[i].name; i++) {
        const int list = s->args[i].count > 1;
        if (!args[i].shown && is_usual(&args[i], &s->args[i])) continue;
        dt_str_printf(out, "%s%s=%s", before, args[i].name, list ? "(" : "");
        write_values(&args[i], &s->args[i], out);
        dt_str_append(out, list ? ")" : "");
        before = ", ";
    }
}

static void write_steps(const dt_steps *steps, dt_str *out)
{
    for (int i = 0; i < steps->count; i++) {
        dt_str_append(out, i ? " " : "");
        dt_step_text(&steps->items[i], out);
    }
}

void dt_step_text(const dt_step *s, dt_str *out)
{
    dt_str args = {0};
    write_args(s, &args);
    out->failed |= args.failed;
    dt_str_append(out, s->kind->name);
    if (args.len || s->branch_count) dt_str_char(out, '(');
    if (args.len) dt_str_append_n(out, args.data, args.len);
    for (int b = 0; b < s->branch_count; b++) {
        dt_str_append(out, b ? " | " : args.len ? " | " : "");
        write_steps(&s->branches[b], out);
    }
    if (args.len || s->branch_count) dt_str_char(out, ')');
    dt_str_free(&args);
}

void dt_transforms_text(const dt_transforms *t, dt_str *out)
{
    dt_str_append(out, "");
    write_steps(&t->steps, out);
}

/* ---- the list ---- */

static void list_arg(const dt_arg *a, dt_str *out)
{
    dt_str_printf(out, "      %-14s %s [", a->name, a->help);
    if (a->type == DT_ARG_CHOICE)
        dt_str_append(out, a->choices);
    else if (a->type == DT_ARG_BOOL)
        dt_str_append(out, "true|false");
    else
        dt_str_printf(out, "%g..%g", a->min, a->max);
    if (a->whole)
        dt_str_printf(out, ", 1 or %d values", a->most);
    else if (a->most > 1 && a->least < a->most)
        dt_str_printf(out, ", %d to %d values", a->least > 1 ? a->least : 1, a->most);
    else if (a->most > 1)
        dt_str_printf(out, ", %d values", a->most);
    if (!a->usual)
        dt_str_append(out, "; must be given]\n");
    else if (a->usual[0])
        dt_str_printf(out, "; default %s]\n", a->usual);
    else
        dt_str_append(out, "]\n");
}

void dt_transforms_list(dt_str *out)
{
    for (int i = 0; dt_transform_kinds[i]; i++) {
        const dt_transform *k = dt_transform_kinds[i];
        dt_str_printf(out, "%s%s", i ? "\n" : "", k->name);
        if (k->flow == DT_FLOW_APPLY) dt_str_append(out, "(p | steps)");
        if (k->flow == DT_FLOW_ONE_OF || k->flow == DT_FLOW_ORDER)
            dt_str_append(out, "(steps | steps | ...)");
        if (k->alias) dt_str_printf(out, "   (also %s)", k->alias);
        dt_str_printf(out, "\n    %s\n", k->help);
        for (const dt_arg *a = k->args; a && a->name; a++)
            list_arg(a, out);
    }
}

static void list_arg_json(const dt_arg *a, dt_json *j)
{
    static const char *const types[] = {[DT_ARG_F64] = "number",
                                        [DT_ARG_INT] = "integer",
                                        [DT_ARG_BOOL] = "boolean",
                                        [DT_ARG_CHOICE] = "choice"};
    dt_json_object(j);
    dt_json_key(j, "name"), dt_json_str(j, a->name);
    dt_json_key(j, "type"), dt_json_str(j, types[a->type]);
    if (a->type == DT_ARG_F64 || a->type == DT_ARG_INT) {
        dt_json_key(j, "min"), dt_json_num(j, a->min);
        dt_json_key(j, "max"), dt_json_num(j, a->max);
    }
    if (a->type == DT_ARG_CHOICE) dt_json_key(j, "choices"), dt_json_str(j, a->choices);
    dt_json_key(j, "least_values"), dt_json_int(j, a->least ? a->least : 1);
    dt_json_key(j, "most_values"), dt_json_int(j, a->most ? a->most : 1);
    dt_json_key(j, "default"), dt_json_str(j, a->usual);
    dt_json_key(j, "help"), dt_json_str(j, a->help);
    dt_json_object_end(j);
}

void dt_transforms_list_json(dt_json *j)
{
    dt_json_array(j);
    for (int i = 0; dt_transform_kinds[i]; i++) {
        const dt_transform *k = dt_transform_kinds[i];
        dt_json_object(j);
        dt_json_key(j, "name"), dt_json_str(j, k->name);
        dt_json_key(j, "also"), dt_json_str(j, k->alias);
        dt_json_key(j, "help"), dt_json_str(j, k->help);
        dt_json_key(j, "moves_boxes"), dt_json_bool(j, k->geometry);
        dt_json_key(j, "mixes_pictures"), dt_json_bool(j, k->others != DT_OTHERS_NONE);
        dt_json_key(j, "made_of_steps");
        dt_json_bool(j, k->flow != DT_FLOW_STEP && k->flow != DT_FLOW_NORMALIZE);
        dt_json_key(j, "options");
        dt_json_array(j);
        for (const dt_arg *a = k->args; a && a->name; a++)
            list_arg_json(a, j);
        dt_json_array_end(j);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
}
