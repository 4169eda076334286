/* What two objects that are the same one have besides class and box. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/num.h"
#include "core/str.h"
#include "datasets/edit/diff_parts.h"
#include "datasets/target/fit.h"
#include "datasets/target/target.h"

static int same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* VOC's word for "not said". */
static const char *pose_of(const dt_object *o)
{
    const char *pose = o->extra && o->extra->pose ? o->extra->pose : "";
    return strcmp(pose, "Unspecified") == 0 ? "" : pose;
}

static int same_parts(const dt_object *a, const dt_object *b)
{
    uint32_t n = a->extra ? a->extra->part_count : 0;
    if (n != (b->extra ? b->extra->part_count : 0)) return 0;
    for (uint32_t i = 0; i < n; i++) {
        const dt_part *p = &a->extra->parts[i], *q = &b->extra->parts[i];
        if (!same_text(p->name, q->name) || memcmp(&p->box, &q->box, sizeof p->box) != 0 ||
            !same_text(p->other, q->other))
            return 0;
    }
    return 1;
}

static int is_difficult(const dt_object *o)
{
    return o->difficult == 1;
}

/* ---- JSON ---- */

/* The next byte that counts: blanks do only inside of texts. */
static const char *skip_blanks(const char *p, const char *end, int in_text)
{
    while (!in_text && p < end && isspace((unsigned char)*p))
        p++;
    return p;
}

static int begins_number(const char *p, const char *end)
{
    return p < end && (isdigit((unsigned char)*p) || *p == '-');
}

/* 1 if two JSON values are the same but for blanks and the way numbers are written. */
static int same_json(const char *a, size_t a_len, const char *b, size_t b_len)
{
    const char *a_end = a + a_len, *b_end = b + b_len;
    int in_text = 0;
    for (;;) {
        a = skip_blanks(a, a_end, in_text);
        b = skip_blanks(b, b_end, in_text);
        if (a == a_end || b == b_end) return a == a_end && b == b_end;
        double va, vb;
        size_t na, nb;
        if (!in_text && begins_number(a, a_end) && begins_number(b, b_end) &&
            (na = dt_parse_f64(a, (size_t)(a_end - a), &va)) &&
            (nb = dt_parse_f64(b, (size_t)(b_end - b), &vb))) {
            if (!(fabs(va - vb) <= 1e-9 * fmax(1, fabs(va)))) return 0;
            a += na;
            b += nb;
            continue;
        }
        if (*a != *b) return 0;
        if (*a == '"') in_text = !in_text;
        if (in_text && *a == '\\' && a + 1 < a_end &&
            b + 1 < b_end) { /* what is behind it is no end of the text */
            if (a[1] != b[1]) return 0;
            a++;
            b++;
        }
        a++;
        b++;
    }
}

static dt_status same_segmentation(dt_differ *d, const dt_diff_pair *pair, const dt_object *a,
                                   const dt_object *b, int *same)
{
    size_t n = a->extra ? a->extra->segmentation_bytes : 0, m = b->extra ? b->extra->segmentation_bytes : 0;
    const char *p, *q;
    *same = !n && !m;
    if (!n || !m) return DT_OK;
    DT_TRY(dt_coco_text(&d->texts[0], dt_object_label(&d->sets[0]->records[pair->a], a),
                        a->extra->segmentation_offset, n, &p, d->err));
    DT_TRY(dt_coco_text(&d->texts[1], dt_object_label(&d->sets[1]->records[pair->b], b),
                        b->extra->segmentation_offset, m, &q, d->err));
    *same = same_json(p, n, q, m);
    return DT_OK;
}

/* The members of an annotation that have no field, as an object. */
static dt_status read_other(dt_differ *d, int side, const dt_record *r, const dt_object *o, dt_str *out)
{
    static const dt_json_change known[] = {{"id", NULL},     {"image_id", NULL},     {"category_id", NULL},
                                           {"bbox", NULL},   {"area", NULL},         {"iscrowd", NULL},
                                           {"ignore", NULL}, {"segmentation", NULL}, {"difficult", NULL}};
    dt_json j = dt_json_begin(out, 0);
    const char *text;
    if (!o->extra || !o->extra->has_other) return DT_OK;
    const char *label = dt_object_label(r, o);
    DT_TRY(dt_coco_text(&d->texts[side], label, o->extra->offset, o->extra->bytes, &text, d->err));
    dt_json_object(&j);
    DT_TRY(dt_json_patch(&j, label, text, o->extra->bytes, known, sizeof known / sizeof *known, d->err));
    dt_json_object_end(&j);
    return out->failed ? dt_fail_memory(d->err, out->len, "an annotation") : DT_OK;
}

static dt_status same_other(dt_differ *d, const dt_diff_pair *pair, const dt_object *a, const dt_object *b,
                            int *same)
{
    const dt_object_extra *e = a->extra, *f = b->extra;
    *same = !(e && e->has_other) == !(f && f->has_other);
    if (!*same || !e || !e->has_other) return DT_OK;
    if (d->opts->formats[0] == DT_FORMAT_VOC) {
        *same = same_text(e->other, f->other) && same_text(e->attributes, f->attributes);
        return DT_OK;
    }
    dt_str p = {0}, q = {0};
    dt_status st = read_other(d, 0, &d->sets[0]->records[pair->a], a, &p);
    if (st == DT_OK) st = read_other(d, 1, &d->sets[1]->records[pair->b], b, &q);
    if (st == DT_OK) *same = same_json(p.data ? p.data : "", p.len, q.data ? q.data : "", q.len);
    dt_str_free(&p);
    dt_str_free(&q);
    return st;
}

/* ---- the whole ---- */

/* A difficult object or a crowd may have become an ignored one in a YOLO set. */
static int same_ignore(const dt_differ *d, const dt_object *a, const dt_object *b)
{
    if (a->ignore == b->ignore) return 1;
    if (d->opts->formats[0] == d->opts->formats[1]) return 0;
    return is_difficult(a) || is_difficult(b) || a->crowd || b->crowd;
}

/* VOC has one flag for both. */
static int same_difficult(const dt_differ *d, const dt_object *a, const dt_object *b)
{
    if (d->opts->formats[0] == d->opts->formats[1]) return is_difficult(a) == is_difficult(b);
    return (is_difficult(a) || a->ignore) == (is_difficult(b) || b->ignore);
}

static double area_of(const dt_object *o)
{
    return o->area >= 0 ? o->area : dt_box_area(o->box);
}

static int same_area(const dt_object *a, const dt_object *b)
{
    if (a->area < 0 && b->area < 0) return 1; /* that of the box */
    return fabs(area_of(a) - area_of(b)) <= 1e-6 * fmax(1, area_of(a));
}

dt_status dt_diff_fields(dt_differ *d, const dt_diff_pair *pair, const dt_object *a, const dt_object *b,
                         unsigned *fields)
{
    const dt_convert_format *formats = d->opts->formats;
    const unsigned held = dt_format_fields(formats[0]) & dt_format_fields(formats[1]);
    int same_points = 1, same_rest = 1;
    if (held & 1u << DT_FIELD_SEGMENTATION) DT_TRY(same_segmentation(d, pair, a, b, &same_points));
    if (formats[0] == formats[1] && formats[0] != DT_FORMAT_YOLO)
        DT_TRY(same_other(d, pair, a, b, &same_rest));
    const int differs[DT_FIELDS] = {
        [DT_FIELD_POSE] = strcmp(pose_of(a), pose_of(b)) != 0,
        [DT_FIELD_TRUNCATED] = (a->truncated == 1) != (b->truncated == 1),
        [DT_FIELD_OCCLUDED] = (a->occluded == 1) != (b->occluded == 1),
        [DT_FIELD_DIFFICULT] = !same_difficult(d, a, b),
        [DT_FIELD_PARTS] = !same_parts(a, b),
        [DT_FIELD_SEGMENTATION] = !same_points,
        [DT_FIELD_AREA] = !same_area(a, b),
        [DT_FIELD_CROWD] = a->crowd != b->crowd,
        [DT_FIELD_IGNORE] = !same_ignore(d, a, b),
        [DT_FIELD_OTHER] = !same_rest,
    };
    *fields = 0;
    for (int i = 0; i < DT_FIELDS; i++)
        if (differs[i] && held >> i & 1) *fields |= 1u << i;
    if (!same_rest) *fields |= 1u << DT_FIELD_OTHER; /* within a format nothing is lost */
    return DT_OK;
}
