#include "models/classifier.h"

#include <math.h>
#include <string.h>

#include "core/layers.h"
#include "core/mem.h"
#include "losses/loss.h"
#include "models/blocks.h"
#include "models/classifier_impl.h"
#include "models/eval_mode.h"
#include "models/registry.h"

enum { IMAGENET_CLASSES = 1000 };

static const char *const head_names[] = {"linear", "relu-dropout"};
enum { HEADS = sizeof head_names / sizeof *head_names };

const char *dt_classifier_head_name(dt_classifier_head head)
{
    return head_names[head];
}

dt_status dt_classifier_head_parse(const char *name, dt_classifier_head *head, dt_error *err)
{
    for (int i = 0; i < HEADS; i++)
        if (strcmp(head_names[i], name) == 0) {
            *head = (dt_classifier_head)i;
            return DT_OK;
        }
    return dt_fail(err, DT_ERR_ARG, "\"%.40s\" is no head of a classifier: linear, relu-dropout", name);
}

static dt_status check_opts(dt_ctx *ctx, const dt_classifier_opts *o)
{
    if (!o->model || o->class_count < 1 || !o->names || !o->transforms)
        return dt_ctx_fail(ctx, DT_ERR_ARG,
                           "a classifier needs a model, transforms and at least one class name");
    for (int i = 0; i < o->class_count; i++)
        if (!o->names[i]) return dt_ctx_fail(ctx, DT_ERR_ARG, "class %d has no name", i);
    return DT_OK;
}

static dt_status copy_opts(dt_ctx *ctx, dt_classifier *c, const dt_classifier_opts *o)
{
    c->opts = *o;
    c->opts.model = dt_strdup(o->model);
    c->opts.transforms = dt_strdup(o->transforms);
    char **names = dt_calloc((size_t)o->class_count, sizeof *names);
    c->opts.names = (const char *const *)names;
    int ok = c->opts.model && c->opts.transforms && names;
    for (int i = 0; i < o->class_count && ok; i++) {
        names[i] = dt_strdup(o->names[i]);
        ok = names[i] != NULL;
    }
    return ok ? DT_OK : dt_ctx_fail_memory(ctx, (size_t)o->class_count * sizeof *names, "class names");
}

static dt_module *make_net(dt_ctx *ctx, const dt_model_entry *entry, const dt_classifier_opts *o)
{
    if (o->head == DT_HEAD_LINEAR) return entry->make(ctx, NULL, "", o->class_count);
    dt_module *net = dt_sequential_new(ctx, NULL, NULL);
    if (!net) return NULL;
    entry->make(ctx, net, "0", IMAGENET_CLASSES);
    dt_activation_new(ctx, net, NULL, DT_ACT_RELU);
    dt_dropout_new(ctx, net, NULL, .5);
    dt_linear_new(ctx, net, NULL, IMAGENET_CLASSES, o->class_count, 1);
    return dt_module_finish(ctx, net);
}

dt_classifier *dt_classifier_create(dt_ctx *ctx, const dt_classifier_opts *opts)
{
    dt_error err = {0};
    if (dt_ctx_status(ctx) != DT_OK || check_opts(ctx, opts) != DT_OK) return NULL;
    const dt_model_entry *entry = dt_model_find(opts->model, DT_TASK_CLASSIFY, &err);
    if (!entry || dt_model_check_side(entry, opts->imgsz, &err) != DT_OK) {
        dt_ctx_fail(ctx, err.status, "%s", err.text);
        return NULL;
    }
    dt_transforms *steps;
    if (dt_transforms_parse(opts->transforms, &steps, &err) != DT_OK) {
        dt_ctx_fail(ctx, err.status, "%s", err.text);
        return NULL;
    }
    dt_classifier *c = dt_calloc(1, sizeof *c);
    if (!c) {
        dt_transforms_free(steps);
        dt_ctx_fail_memory(ctx, sizeof *c, "classifier");
        return NULL;
    }
    c->steps = steps;
    if (copy_opts(ctx, c, opts) == DT_OK) c->net = make_net(ctx, entry, opts);
    if (c->net) return c;
    dt_classifier_destroy(c);
    return NULL;
}

void dt_classifier_destroy(dt_classifier *c)
{
    if (!c) return;
    dt_module_destroy(c->net);
    for (int i = 0; i < c->opts.class_count && c->opts.names; i++)
        dt_free((char *)c->opts.names[i]);
    dt_free((void *)c->opts.names);
    dt_free((char *)c->opts.model);
    dt_free((char *)c->opts.transforms);
    dt_transforms_free(c->steps);
    dt_free(c);
}

const dt_classifier_opts *dt_classifier_info(const dt_classifier *c)
{
    return &c->opts;
}
dt_module *dt_classifier_net(dt_classifier *c)
{
    return c->net;
}

/* Values of a (N, class_count) result on the host; NULL with the error in the context. */
static float *read_rows(dt_ctx *ctx, const dt_classifier *c, const dt_tensor *rows, float *into)
{
    if (!rows) return NULL;
    char text[DT_SHAPE_TEXT];
    if (rows->shape.rank != 2 || rows->shape.dim[1] != c->opts.class_count) {
        dt_ctx_fail(ctx, DT_ERR_SHAPE, "classifier %s: result %s; expected (N, %d)", c->opts.model,
                    dt_shape_text(&rows->shape, text), c->opts.class_count);
        return NULL;
    }
    size_t bytes = (size_t)dt_numel(rows) * sizeof(float);
    float *values = into ? into : dt_malloc(bytes);
    if (!values)
        dt_ctx_fail_memory(ctx, bytes, "class scores");
    else if (dt_read(ctx, rows, values, bytes) == DT_OK)
        return values;
    if (!into) dt_free(values);
    return NULL;
}

dt_tensor *dt_classifier_loss(dt_ctx *ctx, dt_classifier *c, dt_tensor *images, const int32_t *classes,
                              int64_t n, double smoothing, dt_classifier_losses *losses)
{
    *losses = (dt_classifier_losses){0};
    if (c->fused) {
        dt_ctx_fail(ctx, DT_ERR_STATE,
                    "this classifier's batch norms are folded away: it can not be trained");
        return NULL;
    }
    int64_t *target = dt_calloc((size_t)n, sizeof *target);
    if (!target) {
        dt_ctx_fail_memory(ctx, (size_t)n * sizeof *target, "targets");
        return NULL;
    }
    for (int64_t i = 0; i < n; i++)
        target[i] = classes[i];
    dt_scope scope = dt_scope_open(ctx);
    dt_tensor *logits = dt_forward(ctx, c->net, images);
    float *values = read_rows(ctx, c, logits, NULL);
    dt_tensor *loss = NULL;
    if (values) {
        dt_cross_entropy_opts opts = {.label_smoothing = smoothing};
        loss = dt_cross_entropy(ctx, logits, target, n, &opts);
        int64_t right = 0;
        for (int64_t i = 0; i < n && loss; i++) {
            int best;
            dt_top_k(values + i * c->opts.class_count, c->opts.class_count, 1, &best);
            right += best == target[i];
        }
        if (loss) *losses = (dt_classifier_losses){dt_item(ctx, loss), (double)right / (double)n};
    }
    dt_free(values);
    dt_free(target);
    return dt_scope_return(ctx, scope, loss);
}

dt_status dt_classifier_predict(dt_ctx *ctx, dt_classifier *c, dt_tensor *images, float *log_probabilities)
{
    if (dt_ctx_status(ctx) != DT_OK) return dt_ctx_status(ctx);
    dt_eval_mode mode;
    DT_TRY(dt_eval_mode_begin(ctx, c->net, &mode));
    dt_scope scope = dt_scope_open(ctx);
    read_rows(ctx, c, dt_log_softmax(ctx, dt_forward(ctx, c->net, images), 1), log_probabilities);
    dt_scope_close(ctx, scope);
    dt_eval_mode_end(ctx, c->net, &mode);
    return dt_ctx_status(ctx);
}

/* NaN comes after every number, so that it is never the best. */
static int comes_before(float a, float b)
{
    return a > b || (isnan(b) && !isnan(a));
}

void dt_top_k(const float *values, int n, int k, int *indices)
{
    for (int i = 0, have = 0; i < n; i++) {
        int at = have;
        while (at > 0 && comes_before(values[i], values[indices[at - 1]]))
            at--;
        if (at == k) continue;
        if (have < k) have++;
        memmove(indices + at + 1, indices + at, (size_t)(have - 1 - at) * sizeof *indices);
        indices[at] = i;
    }
}

dt_status dt_classifier_fuse(dt_ctx *ctx, dt_classifier *c)
{
    if (c->fused) return DT_OK;
    c->fused = 1;
    return dt_module_fold_norms(ctx, c->net);
}
