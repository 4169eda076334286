#include "models/yolo.h"

#include <math.h>
#include <string.h>

#include "models/blocks.h"
#include "models/csp_backbone.h"
#include "models/resnet.h"

const int dt_yolo_strides[DT_YOLO_LEVELS] = {8, 16, 32};

typedef dt_status (*features_fn)(dt_ctx *ctx, dt_module *backbone, dt_tensor *x, dt_tensor *out[4]);

typedef struct yolo {
    dt_module base;
    features_fn features;
} yolo;

enum { BACKBONE, NECK, HEAD };
/* Children of the neck and of the head's levels. */
enum { SPP, LATERAL4, LATERAL3, TOP_DOWN4, TOP_DOWN3, DOWN3, BOTTOM_UP4, DOWN4, BOTTOM_UP5 };
enum { BOX, CLS };

static const dt_module_class yolo_class = {"YOLO", sizeof(yolo), NULL, NULL, NULL};
static const dt_module_class neck_class = {"PAN", sizeof(dt_module), NULL, NULL, NULL};
static const dt_module_class head_class = {"YOLOHead", sizeof(dt_module), NULL, NULL, NULL};

/* --- construction --- */

static void neck_new(dt_ctx *ctx, dt_module *parent, const int in[3], int width, dt_activation act)
{
    dt_module *m = parent ? dt_module_new(ctx, &neck_class, parent, "neck") : NULL;
    int half = width / 2;
    dt_spp_block_new(ctx, m, "spp", in[2], in[2] / 2, width, act);
    dt_conv_block_new(ctx, m, "lateral4", in[1], width, 1, 1, act);
    dt_conv_block_new(ctx, m, "lateral3", in[0], width, 1, 1, act);
    dt_csp_block_new(ctx, m, "top_down4", 2 * width, half, width, 1, 0, act);
    dt_csp_block_new(ctx, m, "top_down3", 2 * width, half, width, 1, 0, act);
    dt_conv_block_new(ctx, m, "down3", width, width, 3, 2, act);
    dt_csp_block_new(ctx, m, "bottom_up4", 2 * width, half, width, 1, 0, act);
    dt_conv_block_new(ctx, m, "down4", width, width, 3, 2, act);
    dt_csp_block_new(ctx, m, "bottom_up5", 2 * width, half, width, 1, 0, act);
}

/* Two 3x3 blocks and a 1x1 convolution whose bias starts at `bias`. */
static void branch_new(dt_ctx *ctx, dt_module *level, const char *name, int in, int width, int out,
                       double bias, dt_activation act)
{
    dt_module *m = level ? dt_sequential_new(ctx, level, name) : NULL;
    dt_conv_block_new(ctx, m, "0", in, width, 3, 1, act);
    dt_conv_block_new(ctx, m, "1", width, width, 3, 1, act);
    dt_module *last =
        m ? dt_conv2d_new(ctx, m, "2", width, out, &(dt_conv_opts){.kernel = 1, .bias = 1}) : NULL;
    if (last) dt_fill(ctx, ((dt_conv2d_layer *)last)->bias, bias);
}

/* Biases as is customary: scores start where about 5 objects a picture of 640 x 640 would put them. */
static void head_new(dt_ctx *ctx, dt_module *parent, int in, int width, int classes, dt_activation act)
{
    static const char *const names[DT_YOLO_LEVELS] = {"p3", "p4", "p5"};
    dt_module *m = parent ? dt_module_new(ctx, &head_class, parent, "head") : NULL;
    for (int i = 0; i < DT_YOLO_LEVELS && m; i++) {
        double cells = 640.0 / dt_yolo_strides[i];
        dt_module *level = dt_module_list_new(ctx, m, names[i]);
        branch_new(ctx, level, "box", in, width, 4 * DT_YOLO_BINS, 1, act);
        branch_new(ctx, level, "cls", in, width, classes, log(5.0 / classes / (cells * cells)), act);
    }
}

static yolo *root_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes, features_fn features)
{
    if (classes < 1) {
        dt_ctx_fail(ctx, DT_ERR_ARG, "a detector needs at least one class, not %d", classes);
        return NULL;
    }
    yolo *y = dt_module_new(ctx, &yolo_class, parent, name);
    if (y) y->features = features;
    return y;
}

dt_module *dt_yolo_resnet18_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes)
{
    yolo *y = root_new(ctx, parent, name, classes, dt_resnet_features);
    if (!y) return NULL;
    dt_resnet_new(ctx, &y->base, "backbone", 18, 0);
    neck_new(ctx, &y->base, (const int[]){128, 256, 512}, 128, DT_ACT_SILU);
    head_new(ctx, &y->base, 128, 64, classes, DT_ACT_SILU);
    return dt_module_finish(ctx, &y->base);
}

dt_module *dt_yolo_nano_new(dt_ctx *ctx, dt_module *parent, const char *name, int classes)
{
    static const int widths[5] = {16, 32, 64, 128, 192}, depths[4] = {1, 1, 1, 1};
    yolo *y = root_new(ctx, parent, name, classes, dt_csp_backbone_features);
    if (!y) return NULL;
    dt_csp_backbone_new(ctx, &y->base, "backbone", widths, depths, DT_ACT_SILU);
    neck_new(ctx, &y->base, widths + 2, 64, DT_ACT_SILU);
    head_new(ctx, &y->base, 64, 32, classes, DT_ACT_SILU);
    return dt_module_finish(ctx, &y->base);
}

/* --- forward --- */

static dt_tensor *join(dt_ctx *ctx, dt_tensor *a, dt_tensor *b)
{
    if (!a || !b) return NULL;
    return dt_concat(ctx, (dt_tensor *const[]){a, b}, 2, 1);
}

static dt_tensor *upsample_to(dt_ctx *ctx, dt_tensor *x, const dt_tensor *like)
{
    if (!x || !like) return NULL;
    return dt_upsample_nearest(ctx, x, dt_dim(like, 2), dt_dim(like, 3));
}

/* c (C3, C4, C5) -> p (P3, P4, P5) */
static void neck_forward(dt_ctx *ctx, dt_module *m, dt_tensor *const c[3], dt_tensor *p[3])
{
    dt_module *const *part = m->children;
    dt_path_push(ctx, m->name);
    dt_tensor *top5 = dt_forward(ctx, part[SPP], c[2]);
    dt_tensor *lateral4 = dt_forward(ctx, part[LATERAL4], c[1]);
    dt_tensor *top4 = dt_forward(ctx, part[TOP_DOWN4], join(ctx, upsample_to(ctx, top5, lateral4), lateral4));
    dt_tensor *lateral3 = dt_forward(ctx, part[LATERAL3], c[0]);
    p[0] = dt_forward(ctx, part[TOP_DOWN3], join(ctx, upsample_to(ctx, top4, lateral3), lateral3));
    p[1] = dt_forward(ctx, part[BOTTOM_UP4], join(ctx, dt_forward(ctx, part[DOWN3], p[0]), top4));
    p[2] = dt_forward(ctx, part[BOTTOM_UP5], join(ctx, dt_forward(ctx, part[DOWN4], p[1]), top5));
    dt_path_pop(ctx);
}

static dt_status head_forward(dt_ctx *ctx, dt_module *m, dt_tensor *const p[3], dt_tensor **box,
                              dt_tensor **cls)
{
    dt_tensor *boxes[DT_YOLO_LEVELS], *classes[DT_YOLO_LEVELS];
    dt_path_push(ctx, m->name);
    for (int i = 0; i < DT_YOLO_LEVELS; i++) {
        dt_module *level = m->children[i];
        boxes[i] = dt_flatten(ctx, dt_forward(ctx, level->children[BOX], p[i]), 2, 3);
        classes[i] = dt_flatten(ctx, dt_forward(ctx, level->children[CLS], p[i]), 2, 3);
    }
    *box = *cls = NULL;
    if (dt_ctx_status(ctx) == DT_OK) {
        *box = dt_concat(ctx, boxes, DT_YOLO_LEVELS, 2);
        *cls = dt_concat(ctx, classes, DT_YOLO_LEVELS, 2);
    }
    dt_path_pop(ctx);
    return dt_ctx_status(ctx);
}

dt_status dt_yolo_forward(dt_ctx *ctx, dt_module *m, dt_tensor *x, dt_tensor **box, dt_tensor **cls)
{
    dt_tensor *c[4], *p[3];
    *box = *cls = NULL;
    DT_TRY(((yolo *)m)->features(ctx, m->children[BACKBONE], x, c));
    neck_forward(ctx, m->children[NECK], c + 1, p);
    return head_forward(ctx, m->children[HEAD], p, box, cls);
}
