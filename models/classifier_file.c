/* Weights and metadata of a classifier, to and from safetensors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "models/classifier_impl.h"
#include "models/file_meta.h"

#define FORMAT "dettool-classifier-1"

static dt_status write(dt_ctx *ctx, dt_classifier *c, dt_st_writer *w)
{
    const dt_classifier_opts *o = &c->opts;
    char seed[24], val_hash[24];
    snprintf(val_hash, sizeof val_hash, "%016llx", (unsigned long long)o->val_hash);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->split_seed);
    if (c->fused)
        return dt_ctx_fail(ctx, DT_ERR_STATE,
                           "this classifier's batch norms are folded away: it can not be saved");
    DT_TRY(dt_meta_add(ctx, w, "format", FORMAT));
    DT_TRY(dt_meta_add(ctx, w, "version", DT_VERSION));
    DT_TRY(dt_meta_add(ctx, w, "model", o->model));
    DT_TRY(dt_meta_add(ctx, w, "head", dt_classifier_head_name(o->head)));
    DT_TRY(dt_meta_add_texts(ctx, w, "names", o->names, o->class_count));
    DT_TRY(dt_meta_add_int(ctx, w, "class_base", 0));
    DT_TRY(dt_meta_add_int(ctx, w, "imgsz", o->imgsz));
    DT_TRY(dt_meta_add(ctx, w, "transforms", o->transforms));
    DT_TRY(dt_meta_add(ctx, w, "color", "rgb"));
    if (o->val_share > 0) {
        DT_TRY(dt_meta_add_num(ctx, w, "val_fraction", o->val_share));
        DT_TRY(dt_meta_add(ctx, w, "split_seed", seed));
        DT_TRY(dt_meta_add(ctx, w, "val_hash", val_hash));
    }
    return dt_state_dict_save(ctx, c->net, "", w);
}

dt_status dt_classifier_save(dt_ctx *ctx, dt_classifier *c, const char *path)
{
    dt_st_writer w = {0};
    dt_error err = {0};
    dt_status st = write(ctx, c, &w);
    if (st == DT_OK && (st = dt_st_save(&w, path, &err)) != DT_OK) dt_ctx_fail(ctx, st, "%s", err.text);
    dt_st_writer_free(&w);
    return st;
}

static int has_format(const dt_st_file *file)
{
    const char *format = dt_st_get_meta(file, "format");
    return format && strcmp(format, FORMAT) == 0;
}

int dt_classifier_is_file(const char *path)
{
    dt_st_file file;
    dt_error err = {0};
    if (dt_st_read(path, &file, &err) != DT_OK) return 0;
    int is = has_format(&file);
    dt_st_free(&file);
    return is;
}

static void read_opts(dt_meta_reader *r, dt_classifier_opts *o)
{
    dt_error err = {0};
    o->model = dt_meta_text(r, "model");
    o->imgsz = dt_meta_int(r, "imgsz");
    o->transforms = dt_meta_text(r, "transforms");
    if (dt_st_get_meta(r->file, "val_fraction")) {
        const double seed = dt_meta_num(r, "split_seed");
        o->val_share = dt_meta_num(r, "val_fraction");
        o->val_hash = strtoull(dt_meta_text(r, "val_hash"), NULL, 16);
        if (!(o->val_share >= 0 && o->val_share < 1 && seed >= 0 && seed < 0x1p53))
            dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"val_fraction\" %g with \"split_seed\" %g",
                    r->path, o->val_share, seed);
        else
            o->split_seed = (uint64_t)seed;
    }
    const char *head = dt_meta_text(r, "head"), *color = dt_meta_text(r, "color");
    if (r->err.status == DT_OK && dt_classifier_head_parse(head, &o->head, &err) != DT_OK)
        dt_fail(&r->err, DT_ERR_FORMAT, "%s: metadata \"head\": %s", r->path, err.text);
    if (r->err.status == DT_OK && strcmp(color, "rgb") != 0)
        dt_fail(&r->err, DT_ERR_UNSUPPORTED, "%s: metadata \"color\": \"%.40s\" is not \"rgb\"", r->path,
                color);
}

static dt_classifier *from_file(dt_ctx *ctx, const dt_st_file *file, const char *path)
{
    if (!has_format(file)) {
        dt_meta_fail_format(ctx, file, path, "classifier");
        return NULL;
    }
    dt_meta_reader r = {.file = file, .path = path};
    dt_classifier_opts o = {0};
    cJSON *json = NULL;
    const char **names = dt_meta_texts(&r, "names", &json, &o.class_count);
    o.names = names;
    read_opts(&r, &o);
    dt_classifier *c = NULL;
    if (r.err.status != DT_OK) {
        dt_ctx_fail(ctx, r.err.status, "%s", r.err.text);
    } else if ((c = dt_classifier_create(ctx, &o)) == NULL) {
        dt_error_prefix(dt_ctx_error(ctx), "%s: ", path);
    } else if (dt_meta_load_net(ctx, c->net, file, path, o.model) != DT_OK) {
        dt_classifier_destroy(c);
        c = NULL;
    }
    if (c) dt_module_train(c->net, 0);
    cJSON_Delete(json);
    dt_free(names);
    return c;
}

dt_classifier *dt_classifier_load(dt_ctx *ctx, const char *path)
{
    dt_st_file file;
    if (dt_meta_read(ctx, path, &file) != DT_OK) return NULL;
    dt_classifier *c = from_file(ctx, &file, path);
    dt_st_free(&file);
    return c;
}

dt_status dt_classifier_map_classes(dt_ctx *ctx, const dt_classifier *c, const char *weights_path,
                                    const char *const *names, int class_count, const char *data_path,
                                    int32_t *map)
{
    for (int i = 0; i < class_count; i++) {
        map[i] = -1;
        for (int k = 0; k < c->opts.class_count && map[i] < 0; k++)
            if (strcmp(c->opts.names[k], names[i]) == 0) map[i] = k;
        if (map[i] < 0)
            return dt_ctx_fail(ctx, DT_ERR_ARG, "class \"%s\" of %s is none of the %d classes of %s",
                               names[i], data_path, c->opts.class_count, weights_path);
    }
    return DT_OK;
}

/* ---- start from other weights ---- */

typedef struct fit {
    const dt_st_file *file;
    const char *prefix;
    int64_t count;
} fit;

static dt_status count_fit(void *arg, const char *name, dt_module *owner, dt_param *p)
{
    (void)owner;
    fit *f = arg;
    char full[DT_MODULE_PATH_MAX + 16];
    snprintf(full, sizeof full, "%s%s", f->prefix, name);
    const dt_st_entry *e = p->is_buffer ? NULL : dt_st_find(f->file, full);
    f->count += e && dt_shape_equal(&e->shape, &p->tensor->shape);
    return DT_OK;
}

/* The names in the file may stand behind a prefix (DataParallel, a state of a training, a detector, the other
 * head), and the file may be of the network within this one's head: what fits most is taken. */
static dt_status start_from(dt_ctx *ctx, dt_classifier *c, const dt_st_file *file, const char *path,
                            dt_load_report *report)
{
    static const char *const prefixes[] = {"", "0.", "module.", "model.", "backbone."};
    dt_module *parts[] = {c->net, c->opts.head == DT_HEAD_LINEAR ? NULL : c->net->children[0]},
              *into = c->net;
    fit best = {.file = file, .prefix = ""};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        for (size_t i = 0; parts[p] && i < sizeof prefixes / sizeof *prefixes; i++) {
            fit f = {.file = file, .prefix = prefixes[i]};
            dt_module_each_param(parts[p], count_fit, &f);
            if (f.count <= best.count) continue;
            best = f;
            into = parts[p];
        }
    dt_load_opts opts = {.prefix = *best.prefix ? best.prefix : NULL, .skip_mismatched = 1};
    if (best.count > 0) return dt_state_dict_load(ctx, into, file, &opts, report);
    return dt_ctx_fail(ctx, DT_ERR_FORMAT, "%s: none of its %zu entries fits model \"%s\"%s%s", path,
                       file->count, c->opts.model, file->count ? "; the first is " : "",
                       file->count ? file->entries[0].name : "");
}

dt_status dt_classifier_start_from(dt_ctx *ctx, dt_classifier *c, const char *path, dt_load_report *report)
{
    dt_load_report own = {0};
    dt_st_file file;
    DT_TRY(dt_meta_read(ctx, path, &file));
    dt_status st = start_from(ctx, c, &file, path, &own);
    dt_st_free(&file);
    if (report && st == DT_OK)
        *report = own;
    else
        dt_load_report_free(&own);
    return st;
}
