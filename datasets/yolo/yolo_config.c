/* data.yaml, and which kind of settings a set has. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <yaml.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/yolo/yolo_config.h"

enum {
    MAX_YAML_BYTES = 8 << 20,
    MAX_CLASSES = DT_YOLO_MAX_CLASSES,
    MAX_YAML_DEPTH = 1000,
    MAX_YAML_ANCHORS = 1000
};

const char *const dt_yolo_split_names[DT_YOLO_SPLITS] = {"train", "val", "test"};

typedef struct yaml_reader {
    yaml_document_t doc;
    const char *path;
    dt_yolo_config *config;
    dt_error *err;
    const char *at; /* in the text, at the beginning of line at_line */
    size_t at_line;
} yaml_reader;

static dt_status bad(const yaml_reader *r, const yaml_node_t *node, const char *fmt, ...) DT_PRINTF(3, 4);
static dt_status bad(const yaml_reader *r, const yaml_node_t *node, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    dt_status st = dt_failv(r->err, DT_ERR_FORMAT, fmt, args);
    va_end(args);
    dt_error_prefix(r->err, "%s:%zu: ", r->path, node->start_mark.line + 1);
    return st;
}

/* Text of a scalar without NUL bytes inside; NULL otherwise. */
static const char *text_of(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE) return NULL;
    const char *text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length ? text : NULL;
}

static int is_empty(const yaml_node_t *node)
{
    const char *text = text_of(node);
    if (!text || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return 0;
    return *text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

static dt_status read_entries(yaml_reader *r, yaml_node_t *node, const char *key, dt_names *entries)
{
    if (is_empty(node)) return DT_OK;
    const char *text = text_of(node);
    if (text) return dt_names_add(entries, text, r->err);
    if (node->type != YAML_SEQUENCE_NODE)
        return bad(r, node, "%s: a path or a list of paths is expected", key);
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
        yaml_node_t *item = yaml_document_get_node(&r->doc, *i);
        if (!(text = text_of(item))) return bad(r, item, "%s: a path is expected", key);
        DT_TRY(dt_names_add(entries, text, r->err));
    }
    return DT_OK;
}

static dt_status read_name_map(yaml_reader *r, yaml_node_t *node)
{
    dt_names *names = &r->config->names;
    size_t count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (count > MAX_CLASSES) return bad(r, node, "names: %zu classes", count);
    const char **by_number = dt_calloc(count, sizeof *by_number);
    if (!by_number) return dt_fail_memory(r->err, count * sizeof *by_number, "class names");
    dt_status st = DT_OK;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
         st == DT_OK && p < node->data.mapping.pairs.top; p++) {
        yaml_node_t *key = yaml_document_get_node(&r->doc, p->key),
                    *value = yaml_document_get_node(&r->doc, p->value);
        const char *number = text_of(key), *name = text_of(value);
        int64_t id;
        if (!number || dt_parse_i64_all(number, &id) != 0)
            st = bad(r, key, "names: the key '%s' is not a class number", number ? number : "?");
        else if (!name || !*name || is_empty(value))
            st = bad(r, value, "names: class %s has no name", number);
        else if (id < 0 || id >= (int64_t)count)
            st = bad(r, key, "names: class number %lld; %zu names are numbered 0 to %zu without gaps",
                     (long long)id, count, count - 1);
        else if (by_number[id])
            st = bad(r, key, "names: class number %lld stands twice", (long long)id);
        else
            by_number[id] = name;
    }
    for (size_t i = 0; st == DT_OK && i < count; i++)
        st = dt_names_add(names, by_number[i], r->err);
    dt_free(by_number);
    return st;
}

static dt_status read_names(yaml_reader *r, yaml_node_t *node)
{
    if (node->type == YAML_MAPPING_NODE) return read_name_map(r, node);
    if (node->type != YAML_SEQUENCE_NODE)
        return bad(r, node, "names: a list or a map of class names is expected");
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
        yaml_node_t *item = yaml_document_get_node(&r->doc, *i);
        const char *name = text_of(item);
        if (!name || !*name || is_empty(item)) return bad(r, item, "names: a class name is expected");
        if (r->config->names.count >= MAX_CLASSES)
            return bad(r, item, "names: more than %d classes", MAX_CLASSES);
        DT_TRY(dt_names_add(&r->config->names, name, r->err));
    }
    return DT_OK;
}

static dt_status read_integer(yaml_reader *r, yaml_node_t *node, const char *key, int64_t max, int64_t *value)
{
    const char *text = text_of(node);
    if (!text || dt_parse_i64_all(text, value) != 0 || *value < 0 || *value > max)
        return bad(r, node, "%s: a whole number from 0 to %lld is expected", key, (long long)max);
    return DT_OK;
}

/* Of a key that stands twice, each reader would take another value. */
static dt_status refuse_twice(yaml_reader *r, const yaml_node_t *root, const yaml_node_pair_t *pair)
{
    yaml_node_t *node = yaml_document_get_node(&r->doc, pair->key);
    const char *key = text_of(node);
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *other = yaml_document_get_node(&r->doc, p->key);
        const char *text = text_of(other);
        if (text && strcmp(text, key) == 0)
            return bad(r, node, "the key '%s' stands in line %zu already", key, other->start_mark.line + 1);
    }
    return DT_OK;
}

static int split_of_key(const char *key)
{
    int split = 0;
    while (split < DT_YOLO_SPLITS && strcmp(key, dt_yolo_split_names[split]) != 0)
        split++;
    return split;
}

/* The class list that labelImg leaves beside the labels stands in for `names`; else classes without names. */
static dt_status replace_names(yaml_reader *r, int64_t nc)
{
    dt_yolo_config *c = r->config;
    char *path;
    DT_TRY(dt_yolo_find_classes(c->root, &path, r->err));
    if (path) {
        dt_status st = dt_yolo_read_names(path, &c->names, r->err);
        if (st == DT_OK)
            st = dt_findings_add(
                &c->notes,
                &(dt_finding){.severity = DT_NOTE, .rule = "config-missing", .file = r->path, .object = -1},
                r->err, "the key 'names' is missing: the class names are those of %s", path);
        dt_free(path);
        return st;
    }
    if (nc <= 0)
        return dt_fail(r->err, DT_ERR_FORMAT,
                       "%s: no class names: the key 'names' is missing, and there is no classes.txt",
                       r->path);
    for (int64_t i = 0; i < nc; i++) {
        char name[32];
        snprintf(name, sizeof name, "class_%lld", (long long)i);
        DT_TRY(dt_names_add(&c->names, name, r->err));
    }
    return DT_OK;
}

/* Ultralytics takes a relative `path` from a folder `datasets` of its own settings. It is looked for in the
 * usual places where it is not where it belongs, beside the yaml file. */
static dt_status find_root(yaml_reader *r, const char *dir, const char *path)
{
    dt_yolo_config *c = r->config;
    char *found = NULL;
    for (int i = 0; i < 5 && !found; i++) {
        char *at = i == 0 ? dt_strdup(path)
                          : dt_format("%s/%sdatasets/%s", i <= 2 ? dir : ".", i % 2 ? "" : "../", path);
        if (!at) return dt_fail_memory(r->err, strlen(path), "a path");
        if (dt_is_dir(at))
            found = at;
        else
            dt_free(at);
    }
    if (!found) return DT_OK;
    dt_status st = dt_findings_add(
        &c->notes, &(dt_finding){.severity = DT_NOTE, .rule = "path-base", .file = r->path, .object = -1},
        r->err, "path: found at %s, not at %s", found, c->root);
    dt_free(c->root);
    c->root = found;
    return st;
}

static dt_status make_root(yaml_reader *r, const char *path)
{
    dt_yolo_config *c = r->config;
    char *dir = dt_path_dir(r->path);
    c->root = dir && path && strcmp(path, ".") != 0 ? dt_path_join(dir, path) : dir ? dt_strdup(dir) : NULL;
    dt_status st = c->root ? DT_OK : dt_fail_memory(r->err, strlen(r->path), "a path");
    if (st == DT_OK && path && *path != '/' && !dt_is_dir(c->root)) st = find_root(r, dir, path);
    dt_free(dir);
    return st == DT_OK ? dt_names_add(&c->bases, c->root, r->err) : st;
}

/* Beginning of a line (from 0). Keys are visited in their order, so that the text is gone through once. */
static const char *line_of(yaml_reader *r, size_t line)
{
    while (r->at_line < line && *r->at) {
        const char *end = strchr(r->at, '\n');
        r->at = end ? end + 1 : r->at + strlen(r->at);
        r->at_line++;
    }
    return r->at;
}

/* Keeps the lines of a key that has no meaning here, so that a changed set can have it again. One inside of
 * brackets, or with a reference to another place, cannot stand by itself. */
static dt_status keep_lines(yaml_reader *r, const yaml_node_pair_t *pair, const yaml_node_pair_t *top)
{
    const yaml_node_t *key = yaml_document_get_node(&r->doc, pair->key),
                      *next = pair + 1 < top ? yaml_document_get_node(&r->doc, pair[1].key) : NULL;
    const char *from = line_of(r, key->start_mark.line),
               *to = next ? line_of(r, next->start_mark.line) : from + strlen(from);
    char *lines = dt_strndup(from, (size_t)(to - from));
    if (!lines) return dt_fail_memory(r->err, (size_t)(to - from), "data.yaml");
    int whole = key->start_mark.column == 0 && to > from && !strstr(lines, " *") && !strstr(lines, "\n...") &&
                !strstr(lines, "\n---");
    dt_status st = DT_OK;
    if (whole) {
        dt_str_append(&r->config->other_lines, lines);
        if (to[-1] != '\n') dt_str_char(&r->config->other_lines, '\n');
        if (r->config->other_lines.failed) st = dt_fail_memory(r->err, (size_t)(to - from), "data.yaml");
    } else {
        st = dt_findings_add(
            &r->config->notes,
            &(dt_finding){.severity = DT_NOTE, .rule = "fields-lost", .file = r->path, .object = -1}, r->err,
            "the key '%s' is not carried over into a changed set", text_of(key));
    }
    dt_free(lines);
    return st;
}

static dt_status read_document(yaml_reader *r)
{
    dt_yolo_config *c = r->config;
    yaml_node_t *root = yaml_document_get_root_node(&r->doc), *nc_node = NULL;
    int64_t nc = -1, base = 0;
    const char *path = NULL;
    if (!root) return dt_fail(r->err, DT_ERR_FORMAT, "%s: the file is empty", r->path);
    if (root->type != YAML_MAPPING_NODE)
        return bad(r, root, "keys such as train, val and names are expected");
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
        yaml_node_t *node = yaml_document_get_node(&r->doc, p->value);
        const char *key = text_of(yaml_document_get_node(&r->doc, p->key));
        if (!key) continue;
        int split = split_of_key(key), known = 1;
        if (split < DT_YOLO_SPLITS) {
            DT_TRY(read_entries(r, node, key, &c->entries[split]));
        } else if (strcmp(key, "names") == 0) {
            if (!is_empty(node)) DT_TRY(read_names(r, node));
        } else if (strcmp(key, "nc") == 0) {
            nc_node = node;
            DT_TRY(read_integer(r, node, key, MAX_CLASSES, &nc));
        } else if (strcmp(key, "class_base") == 0) {
            DT_TRY(read_integer(r, node, key, 1, &base));
        } else if (strcmp(key, "path") == 0) {
            if (!(path = text_of(node))) return bad(r, node, "path: a folder is expected");
            if (is_empty(node)) path = NULL;
        } else {
            known = 0;
            DT_TRY(dt_names_add(&c->other_keys, key, r->err));
            DT_TRY(keep_lines(r, p, root->data.mapping.pairs.top));
        }
        if (known) DT_TRY(refuse_twice(r, root, p));
    }
    DT_TRY(make_root(r, path));
    c->class_base = (int)base;
    if (!c->names.count) DT_TRY(replace_names(r, nc));
    if (nc >= 0 && (size_t)nc != c->names.count)
        return bad(r, nc_node, "nc is %lld, but names has %zu entries", (long long)nc, c->names.count);
    return DT_OK;
}

/* libyaml's time grows with the square of the depth of brackets and of the number of anchors. They are
 * counted as bytes, in quotes or not: no set has that many. */
static dt_status check_size(const char *path, const char *text, size_t size, dt_error *err)
{
    int depth = 0, anchors = 0;
    size_t line = 1;
    for (size_t i = 0; i < size && depth <= MAX_YAML_DEPTH && anchors <= MAX_YAML_ANCHORS; i++) {
        line += text[i] == '\n';
        depth += (text[i] == '[' || text[i] == '{') - (text[i] == ']' || text[i] == '}');
        anchors += text[i] == '&' && text[i + 1] > ' ' && (i == 0 || strchr(" \t\n[{,:-", text[i - 1]));
    }
    if (depth > MAX_YAML_DEPTH)
        return dt_fail(err, DT_ERR_FORMAT, "%s:%zu: nested deeper than %d", path, line, MAX_YAML_DEPTH);
    if (anchors > MAX_YAML_ANCHORS)
        return dt_fail(err, DT_ERR_FORMAT, "%s:%zu: more than %d anchors", path, line, MAX_YAML_ANCHORS);
    return DT_OK;
}

static dt_status read_yaml(const char *path, dt_yolo_config *config, dt_error *err)
{
    yaml_reader r = {.path = path, .config = config, .err = err};
    yaml_parser_t parser;
    char *text;
    size_t size;
    DT_TRY(dt_file_read(path, MAX_YAML_BYTES, &text, &size, err));
    dt_status st = check_size(path, text, size, err);
    if (st == DT_OK && !yaml_parser_initialize(&parser))
        st = dt_fail_memory(err, sizeof parser, "the YAML parser");
    if (st != DT_OK) {
        dt_free(text);
        return st;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (!yaml_parser_load(&parser, &r.doc)) {
        size_t line = parser.problem_mark.line ? parser.problem_mark.line : parser.context_mark.line;
        if (parser.error == YAML_MEMORY_ERROR)
            st = dt_fail(err, DT_ERR_MEMORY, "%s: out of memory in the YAML parser", path);
        else
            st = dt_fail(err, DT_ERR_FORMAT, "%s:%zu: %s", path, line + 1,
                         parser.problem ? parser.problem : "malformed YAML");
    } else {
        r.at = text;
        st = read_document(&r);
        yaml_document_delete(&r.doc);
    }
    yaml_parser_delete(&parser);
    dt_free(text);
    return st;
}

/* With base 1 the names start with the background, which is no class of ours. */
static dt_status drop_background(dt_yolo_config *config, dt_error *err)
{
    dt_names *names = &config->names;
    if (names->count < 2)
        return dt_fail(err, DT_ERR_FORMAT,
                       "%s: class_base is 1, but there is no name behind the background's", config->file);
    dt_free(names->items[0]);
    names->count--;
    memmove(names->items, names->items + 1, names->count * sizeof *names->items);
    return DT_OK;
}

dt_status dt_yolo_config_read(const char *path, dt_yolo_config *config, dt_error *err)
{
    char *source = NULL;
    *config = (dt_yolo_config){0};
    if (dt_is_dir(path)) {
        DT_TRY(dt_yolo_find(path, &source, err));
        if (!source)
            return dt_fail(err, DT_ERR_NOT_FOUND, "%s: neither data.yaml, obj.data nor classes.txt is there",
                           path);
    } else if (!(source = dt_strdup(path))) {
        return dt_fail_memory(err, strlen(path), "a path");
    }
    config->file = source;
    dt_status st = dt_is_dir(source) ? dt_yolo_read_folder_config(source, config, err)
                   : strcasecmp(dt_path_extension(source), ".data") == 0
                       ? dt_yolo_read_darknet_config(source, config, err)
                       : read_yaml(source, config, err);
    if (st == DT_OK && config->class_base == 1) st = drop_background(config, err);
    if (st != DT_OK) dt_yolo_config_free(config);
    return st;
}

void dt_yolo_config_free(dt_yolo_config *config)
{
    dt_free(config->file);
    dt_free(config->root);
    dt_names_free(&config->bases);
    dt_names_free(&config->names);
    dt_names_free(&config->other_keys);
    dt_str_free(&config->other_lines);
    for (int i = 0; i < DT_YOLO_SPLITS; i++)
        dt_names_free(&config->entries[i]);
    dt_findings_free(&config->notes);
    *config = (dt_yolo_config){0};
}
