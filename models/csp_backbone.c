#include "models/csp_backbone.h"

#include <stdio.h>
#include <string.h>

#include "models/blocks.h"

static const dt_module_class backbone_class = {"CSPBackbone", sizeof(dt_module), NULL, NULL, NULL};

dt_module *dt_csp_backbone_new(dt_ctx *ctx, dt_module *parent, const char *name, const int widths[5],
                               const int depths[4], dt_activation act)
{
    if (!parent) return NULL;
    dt_module *m = dt_module_new(ctx, &backbone_class, parent, name);
    dt_conv_block_new(ctx, m, "stem", 3, widths[0], 3, 2, act);
    for (int i = 0; i < 4 && m; i++) {
        char stage_name[16];
        snprintf(stage_name, sizeof stage_name, "stage%d", i + 1);
        dt_module *stage = dt_sequential_new(ctx, m, stage_name);
        int out = widths[i + 1];
        dt_conv_block_new(ctx, stage, "down", widths[i], out, 3, 2, act);
        dt_csp_block_new(ctx, stage, "csp", out, out / 2, out, depths[i], 1, act);
    }
    return dt_module_finish(ctx, m);
}

dt_status dt_csp_backbone_features(dt_ctx *ctx, dt_module *m, dt_tensor *x, dt_tensor *out[4])
{
    dt_path_push(ctx, m->name);
    x = dt_forward(ctx, m->children[0], x);
    for (int i = 0; i < 4; i++)
        out[i] = x = dt_forward(ctx, m->children[1 + i], x);
    dt_path_pop(ctx);
    if (dt_ctx_status(ctx) != DT_OK) memset(out, 0, 4 * sizeof *out);
    return dt_ctx_status(ctx);
}
