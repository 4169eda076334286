/* One VOC annotation, through libxml2's SAX interface: no tree is built, no entity is defined, nothing is
 * loaded. */
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include "core/mem.h"
#include "core/num.h"
#include "core/str.h"
#include "datasets/voc/voc.h"
#include "datasets/voc/voc_keep.h"

enum { MAX_TEXT = 4096, MAX_SHOWN = 40, MAX_PARTS = 1024 };

typedef enum element {
    OTHER,
    ANNOTATION,
    FILENAME,
    SIZE,
    WIDTH,
    HEIGHT,
    OBJECT,
    NAME,
    POSE,
    TRUNCATED,
    OCCLUDED,
    DIFFICULT,
    BNDBOX,
    XMIN,
    YMIN,
    XMAX,
    YMAX,
    PART,
    ELEMENTS
} element;

static const char *const element_names[ELEMENTS] = {
    "",          "annotation", "filename",  "size",   "width", "height", "object", "name", "pose",
    "truncated", "occluded",   "difficult", "bndbox", "xmin",  "ymin",   "xmax",   "ymax", "part"};

/* A box in the making: which of the four values were read, and the first text that was no number. */
typedef struct corners {
    double v[4];
    unsigned have;
    int boxes; /* <bndbox> elements seen */
    int wrong; /* a value is no finite number */
    char text[64];
} corners;

typedef struct voc_reader {
    xmlParserCtxtPtr ctxt;
    const char *file;
    dt_dataset *set;
    dt_findings *findings;
    dt_voc_file *info;
    dt_error *err;
    dt_status status; /* out of memory inside a handler */
    element stack[8];
    int depth;
    int leaf_text; /* the current element's text is wanted */
    dt_str text;
    int cut;        /* there was more of it than is kept */
    int name_cut;   /* the current object's name was cut */
    int64_t object; /* index in the file */
    int32_t line;
    char *name, *pose, *part_name; /* of the current object */
    int flags[3];                  /* difficult, truncated, occluded */
    int posed;
    corners box, part_box;
    dt_voc_keep keep;      /* an element that has no field */
    dt_voc_keep part_keep; /* the current part as it stands, should it turn out not to be one */
    dt_str file_other, size_other, object_other, part_other, part_text, file_attributes, object_attributes;
    dt_part *parts;
    size_t part_count, part_capacity;
    int bad_root;
    int error_line;
    long error_byte; /* -1: not known */
    char error_text[256];
} voc_reader;

static element element_of(const xmlChar *name)
{
    for (int i = 1; i < ELEMENTS; i++)
        if (strcmp(element_names[i], (const char *)name) == 0) return (element)i;
    return OTHER;
}

static element above(const voc_reader *r, int levels)
{
    int at = r->depth - 1 - levels;
    return at >= 0 && at < (int)(sizeof r->stack / sizeof *r->stack) ? r->stack[at] : OTHER;
}

static int32_t current_line(const voc_reader *r)
{
    int line = r->ctxt->input ? r->ctxt->input->line : 0;
    return line > 0 ? line : 0;
}

static void out_of_memory(voc_reader *r)
{
    if (r->status == DT_OK) r->status = dt_fail_memory(r->err, r->text.len, r->file);
    xmlStopParser(r->ctxt);
}

static void start_object(voc_reader *r)
{
    dt_free(r->name);
    dt_free(r->pose);
    r->name = r->pose = NULL;
    r->flags[0] = r->flags[1] = r->flags[2] = DT_FLAG_UNKNOWN;
    r->box = (corners){0};
    r->name_cut = r->posed = 0;
    r->part_count = 0;
    dt_str_clear(&r->object_other);
    dt_str_clear(&r->object_attributes);
    r->line = current_line(r);
    r->object++;
}

/* Where the text of an element goes that has no field; NULL: it has one. */
static dt_str *unknown_place(voc_reader *r, element e)
{
    element parent = above(r, 1);
    if (r->depth == 2) return e == FILENAME || e == SIZE || e == OBJECT ? NULL : &r->file_other;
    if (r->depth == 3 && parent == SIZE) return e == WIDTH || e == HEIGHT ? NULL : &r->size_other;
    if (r->depth == 3 && parent == OBJECT) {
        if (e == BNDBOX && r->box.boxes) return &r->object_other; /* a second one */
        return e == BNDBOX || e == PART || (e >= NAME && e <= DIFFICULT) ? NULL : &r->object_other;
    }
    if (r->depth == 4 && parent == PART && above(r, 2) == OBJECT)
        return e == NAME || e == BNDBOX ? NULL : &r->part_other;
    return NULL;
}

/* 1 if the element is kept as text. */
static int keep_element(voc_reader *r, element e, const dt_voc_tag *tag)
{
    static const char indents[] = "\t\t\t";
    dt_str *to = r->keep.depth ? r->keep.to : unknown_place(r, e);
    if (r->part_keep.depth || (e == PART && r->depth == 3 && above(r, 1) == OBJECT))
        dt_voc_keep_start(&r->part_keep, &r->part_text, "\t\t", tag);
    if (!to) return 0;
    int levels = r->depth - 1;
    dt_voc_keep_start(&r->keep, to, indents + (levels < 3 ? 3 - levels : 0), tag);
    return 1;
}

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **namespace_list, int attributes, int defaulted,
                     const xmlChar **attribute_list)
{
    voc_reader *r = arg;
    const dt_voc_tag tag = {name, prefix, namespaces, namespace_list, attributes, attribute_list};
    (void)uri, (void)defaulted;
    element e = element_of(name);
    r->leaf_text = 0;
    if (r->depth == 0 && e != ANNOTATION) {
        r->bad_root = 1;
        snprintf(r->error_text, sizeof r->error_text, "the root element is <%.60s>; <annotation> is expected",
                 (const char *)name);
        r->error_line = current_line(r);
        r->error_byte = xmlByteConsumed(r->ctxt);
        xmlStopParser(r->ctxt);
        return;
    }
    if (r->depth < (int)(sizeof r->stack / sizeof *r->stack)) r->stack[r->depth] = e;
    r->depth++;
    element parent = above(r, 1), grand = above(r, 2);
    if (keep_element(r, e, &tag)) return;
    if (r->depth == 1) dt_voc_keep_attributes(&r->file_attributes, &tag);
    if (r->depth == 2 && e == OBJECT) {
        start_object(r);
        dt_voc_keep_attributes(&r->object_attributes, &tag);
    }
    if (e == PART && parent == OBJECT && r->depth == 3) {
        dt_free(r->part_name);
        r->part_name = NULL;
        r->part_box = (corners){0};
        dt_str_clear(&r->part_other);
    }
    if (e == BNDBOX && parent == OBJECT && r->depth == 3) r->box.boxes++;
    if (e == BNDBOX && parent == PART && r->depth == 4) r->part_box.boxes++;
    r->leaf_text = (r->depth == 2 && e == FILENAME) ||
                   (r->depth == 3 && parent == SIZE && (e == WIDTH || e == HEIGHT)) ||
                   (r->depth == 3 && parent == OBJECT && e >= NAME && e <= DIFFICULT) ||
                   (parent == BNDBOX && e >= XMIN && e <= YMAX && (grand == OBJECT || grand == PART)) ||
                   (parent == PART && e == NAME);
    if (!r->leaf_text) return;
    dt_str_clear(&r->text);
    r->cut = 0;
}

static void on_text(void *arg, const xmlChar *text, int len)
{
    voc_reader *r = arg;
    size_t size = (size_t)len, room = MAX_TEXT - r->text.len;
    dt_voc_keep_text(&r->keep, (const char *)text, size);
    dt_voc_keep_text(&r->part_keep, (const char *)text, size);
    if (!r->leaf_text) return;
    if (size > room) r->cut = 1;
    dt_str_append_n(&r->text, (const char *)text, size < room ? size : room);
    if (r->text.failed) out_of_memory(r);
}

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The element's text without blanks around it; valid until the next element. */
static const char *trimmed(voc_reader *r)
{
    if (!r->text.data) return "";
    char *from = r->text.data, *to = from + r->text.len;
    while (from < to && is_space(*from))
        from++;
    while (to > from && is_space(to[-1]))
        *--to = '\0';
    return from;
}

static void keep(voc_reader *r, char **slot)
{
    if (*slot) return; /* the first one counts */
    if (!(*slot = dt_strdup(trimmed(r)))) out_of_memory(r);
}

static void read_corner(voc_reader *r, corners *c, int which)
{
    double v;
    if (c->boxes > 1 || c->have & 1u << which) return;
    const char *text = trimmed(r);
    if (r->cut || dt_parse_f64_all(text, &v) != 0 || !isfinite(v)) {
        if (!c->wrong) snprintf(c->text, sizeof c->text, "%s = '%.40s'", element_names[XMIN + which], text);
        c->wrong = 1;
        return;
    }
    c->v[which] = v;
    c->have |= 1u << which;
}

static void read_side(voc_reader *r, int32_t *side)
{
    double v;
    if (dt_parse_f64_all(trimmed(r), &v) == 0 && v >= 1 && v <= INT32_MAX) *side = (int32_t)v;
}

/* 0, 1 or unknown; "1.0", "True" and "yes" are seen, too. */
static int read_flag(voc_reader *r)
{
    const char *text = trimmed(r);
    double v;
    if (dt_parse_f64_all(text, &v) == 0) return v != 0;
    if (*text == 't' || *text == 'T' || *text == 'y' || *text == 'Y') return 1;
    if (*text == 'f' || *text == 'F' || *text == 'n' || *text == 'N') return 0;
    return DT_FLAG_UNKNOWN;
}

/* Text that was collected, in the set's arena; NULL if there is none. */
static const char *kept_text(voc_reader *r, const dt_str *text)
{
    const char *copy = text->len ? dt_arena_text(&r->set->texts, text->data) : NULL;
    if (text->failed || (text->len && !copy)) out_of_memory(r);
    return copy;
}

static void end_part(voc_reader *r)
{
    if (r->part_text.failed) {
        out_of_memory(r);
        return;
    }
    if (r->part_box.have != 15 || r->part_box.wrong || r->part_count >= MAX_PARTS) {
        dt_str_append_n(&r->object_other, r->part_text.data, r->part_text.len);
        return;
    }
    if (dt_grow(&r->parts, &r->part_capacity, r->part_count + 1, sizeof *r->parts) != 0) {
        out_of_memory(r);
        return;
    }
    const char *name = r->part_name ? dt_arena_text(&r->set->texts, r->part_name) : "";
    const double *v = r->part_box.v;
    if (!name) {
        out_of_memory(r);
        return;
    }
    const char *other = kept_text(r, &r->part_other);
    r->parts[r->part_count++] = (dt_part){name, {v[0], v[1], v[2], v[3]}, other};
}

static const dt_object_extra *make_extra(voc_reader *r)
{
    dt_object_extra *extra = dt_arena_take(&r->set->texts, sizeof *extra);
    dt_part *parts = r->part_count ? dt_arena_take(&r->set->texts, r->part_count * sizeof *parts) : NULL;
    if (!extra || (r->part_count && !parts)) return NULL;
    if (r->part_count) memcpy(parts, r->parts, r->part_count * sizeof *parts);
    *extra = (dt_object_extra){.parts = parts,
                               .part_count = (uint32_t)r->part_count,
                               .other = kept_text(r, &r->object_other),
                               .attributes = kept_text(r, &r->object_attributes)};
    extra->has_other = extra->other || extra->attributes;
    if (r->pose && strcmp(r->pose, "Unspecified") != 0 &&
        !(extra->pose = dt_arena_text(&r->set->texts, r->pose)))
        return NULL;
    return extra;
}

static dt_status drop_object(voc_reader *r, const char *rule, const char *message)
{
    return dt_findings_add(r->findings,
                           &(dt_finding){.severity = DT_PROBLEM,
                                         .fate = DT_FATE_DROPPED,
                                         .rule = rule,
                                         .file = r->file,
                                         .line = r->line,
                                         .object = r->object,
                                         .before = r->name},
                           r->err, "%s", message);
}

static dt_status end_object(voc_reader *r)
{
    char message[160];
    if (r->object_other.failed || r->object_attributes.failed)
        return dt_fail_memory(r->err, r->object_other.len, r->file);
    if (!r->name || !*r->name) return drop_object(r, "object-incomplete", "the object has no name");
    if (r->name_cut) {
        r->name[MAX_SHOWN] = '\0';
        snprintf(message, sizeof message, "the name has more than %d bytes", MAX_TEXT);
        return drop_object(r, "object-incomplete", message);
    }
    if (r->box.wrong) {
        snprintf(message, sizeof message, "%s is not a finite number", r->box.text);
        return drop_object(r, "label-number", message);
    }
    if (r->box.have != 15) {
        int missing = 0;
        while (r->box.have >> missing & 1)
            missing++;
        snprintf(message, sizeof message, "the object has no %s",
                 r->box.boxes ? element_names[XMIN + missing] : "bndbox");
        return drop_object(r, "object-incomplete", message);
    }
    const double *v = r->box.v;
    dt_object object = {.box = {v[0], v[1], v[2], v[3]},
                        .area = -1,
                        .line = r->line,
                        .index = (int32_t)r->object,
                        .difficult = (int8_t)r->flags[0],
                        .truncated = (int8_t)r->flags[1],
                        .occluded = (int8_t)r->flags[2],
                        .posed = (int8_t)r->posed};
    DT_TRY(dt_dataset_class(r->set, r->name, strlen(r->name), &object.cls, r->err));
    /* "Unspecified" is what tools write when nobody chose a pose. */
    if (r->part_count || r->object_other.len || r->object_attributes.len ||
        (r->pose && strcmp(r->pose, "Unspecified") != 0)) {
        if (!(object.extra = make_extra(r))) return dt_fail_memory(r->err, sizeof *object.extra, r->file);
    }
    return dt_dataset_add_object(r->set, &object, r->err);
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    voc_reader *r = arg;
    (void)uri;
    element e = above(r, 0), parent = above(r, 1), grand = above(r, 2);
    dt_voc_keep_end(&r->part_keep, name, prefix);
    if (r->keep.depth) {
        dt_voc_keep_end(&r->keep, name, prefix);
        r->depth--;
        return;
    }
    if (r->leaf_text && r->status == DT_OK) {
        corners *c = grand == PART ? &r->part_box : &r->box;
        if (e == FILENAME) {
            if (!r->info->filename && !(r->info->filename = dt_arena_text(&r->set->texts, trimmed(r))))
                out_of_memory(r);
        } else if (e == WIDTH) {
            read_side(r, &r->info->width);
        } else if (e == HEIGHT) {
            read_side(r, &r->info->height);
        } else if (e == NAME) {
            if (parent == OBJECT && !r->name) r->name_cut = r->cut;
            keep(r, parent == PART ? &r->part_name : &r->name);
        } else if (e == POSE) {
            r->posed = 1;
            keep(r, &r->pose);
        } else if (e == DIFFICULT) {
            r->flags[0] = read_flag(r);
        } else if (e == TRUNCATED) {
            r->flags[1] = read_flag(r);
        } else if (e == OCCLUDED) {
            r->flags[2] = read_flag(r);
        } else if (e >= XMIN && e <= YMAX) {
            read_corner(r, c, (int)(e - XMIN));
        }
    }
    r->leaf_text = 0;
    if (e == PART && parent == OBJECT && r->depth == 3 && r->status == DT_OK) {
        end_part(r);
        dt_str_clear(&r->part_text);
    }
    if (e == OBJECT && r->depth == 2 && r->status == DT_OK) {
        dt_status st = end_object(r);
        if (st != DT_OK) {
            r->status = st;
            xmlStopParser(r->ctxt);
        }
    }
    r->depth--;
}

static void on_error(void *arg, xmlErrorPtr error)
{
    voc_reader *r = arg;
    if (error->level < XML_ERR_ERROR || r->error_text[0]) return;
    r->error_line = error->line;
    if (error->code == XML_ERR_NO_MEMORY)
        r->status = dt_fail(r->err, DT_ERR_MEMORY, "out of memory in the XML parser");
    snprintf(r->error_text, sizeof r->error_text, "%s", error->message ? error->message : "malformed XML");
    r->error_text[strcspn(r->error_text, "\n")] = '\0';
    r->error_byte = xmlByteConsumed(r->ctxt);
}

static dt_status malformed(const voc_reader *r)
{
    char place[40] = "";
    if (r->error_byte >= 0) snprintf(place, sizeof place, " (byte %ld)", r->error_byte);
    return dt_fail(r->err, DT_ERR_FORMAT, "%s:%d: %s%s", r->file, r->error_line ? r->error_line : 1,
                   r->error_text[0] ? r->error_text : "malformed XML", place);
}

static void start_libxml(void)
{
    xmlInitParser();
}

dt_status dt_voc_parse(const char *xml, size_t size, const char *file, dt_dataset *set, dt_voc_file *info,
                       dt_findings *findings, dt_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
                         .startElementNs = on_start,
                         .endElementNs = on_end,
                         .characters = on_text,
                         .cdataBlock = on_text,
                         .serror = on_error};
    voc_reader r = {.file = file,
                    .set = set,
                    .findings = findings,
                    .info = info,
                    .err = err,
                    .object = -1,
                    .error_byte = -1};
    size_t first = set->object_count;
    *info = (dt_voc_file){0};
    if (size > INT_MAX) return dt_fail(err, DT_ERR_FORMAT, "%s: %zu bytes are too many", file, size);
    pthread_once(&once, start_libxml);
    r.ctxt = xmlCreateMemoryParserCtxt(size ? xml : " ", size ? (int)size : 1);
    if (!r.ctxt) return dt_fail(err, DT_ERR_MEMORY, "%s: out of memory in the XML parser", file);
    *r.ctxt->sax = sax;
    r.ctxt->userData = &r;
    xmlCtxtUseOptions(r.ctxt, XML_PARSE_NONET);
    xmlParseDocument(r.ctxt);
    info->attributes = kept_text(&r, &r.file_attributes);
    info->other = kept_text(&r, &r.file_other);
    info->size_other = kept_text(&r, &r.size_other);
    info->objects = (size_t)(r.object + 1);
    dt_status st = r.status;
    if (st == DT_OK && (r.bad_root || !r.ctxt->wellFormed || r.error_text[0])) st = malformed(&r);
    if (st != DT_OK) { /* half an annotation is worse than none */
        set->records[set->record_count - 1].count -= set->object_count - first;
        set->object_count = first;
    }
    xmlFreeDoc(r.ctxt->myDoc); /* made by libxml2 for a DTD inside the file */
    xmlFreeParserCtxt(r.ctxt);
    dt_str *const texts[] = {&r.text,       &r.file_other, &r.size_other,      &r.object_other,
                             &r.part_other, &r.part_text,  &r.file_attributes, &r.object_attributes};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        dt_str_free(texts[i]);
    dt_free(r.name);
    dt_free(r.pose);
    dt_free(r.part_name);
    dt_free(r.parts);
    return st;
}
