#include "models/registry.h"

#include <string.h>

#include "core/str.h"
#include "models/alexnet.h"
#include "models/resnet.h"
#include "models/yolo.h"

#define RESNET(depth)                                                                                        \
    static dt_module *resnet##depth(dt_ctx *ctx, dt_module *parent, const char *name, int classes)           \
    {                                                                                                        \
        return dt_resnet_new(ctx, parent, name, depth, classes);                                             \
    }
RESNET(18)
RESNET(34)
RESNET(50)
RESNET(101)
RESNET(152)

enum { MIN_SIDE = 8, MAX_SIDE = 8192 };

static const dt_model_entry models[] = {
    {"yolo-nano", DT_TASK_DETECT, dt_yolo_nano_new,
     "anchor-free detector with a small CSP backbone, for CPUs", 320, 32, MAX_SIDE, 32},
    {"yolo-resnet18", DT_TASK_DETECT, dt_yolo_resnet18_new, "anchor-free detector with a ResNet-18 backbone",
     416, 32, MAX_SIDE, 32},
    {"resnet18", DT_TASK_CLASSIFY, resnet18, "ResNet-18", 224, MIN_SIDE, MAX_SIDE, 1},
    {"resnet34", DT_TASK_CLASSIFY, resnet34, "ResNet-34", 224, MIN_SIDE, MAX_SIDE, 1},
    {"resnet50", DT_TASK_CLASSIFY, resnet50, "ResNet-50", 224, MIN_SIDE, MAX_SIDE, 1},
    {"resnet101", DT_TASK_CLASSIFY, resnet101, "ResNet-101", 224, MIN_SIDE, MAX_SIDE, 1},
    {"resnet152", DT_TASK_CLASSIFY, resnet152, "ResNet-152", 224, MIN_SIDE, MAX_SIDE, 1},
    {"alexnet", DT_TASK_CLASSIFY, dt_alexnet_new, "AlexNet with the widths of the paper", 224, DT_ALEXNET_MIN,
     DT_ALEXNET_MAX, 1},
    {"alexnet-tv", DT_TASK_CLASSIFY, dt_alexnet_tv_new, "AlexNet as torchvision has it", 224,
     DT_ALEXNET_TV_MIN, MAX_SIDE, 1},
};

enum { MODELS = sizeof models / sizeof *models };

const dt_model_entry *dt_models(int *count)
{
    *count = MODELS;
    return models;
}

const dt_model_entry *dt_model_find_any(const char *name, dt_error *err)
{
    int best = 0, best_distance = 1 << 20;
    dt_str list = {0};
    for (int i = 0; i < MODELS; i++) {
        if (strcmp(models[i].name, name) == 0) {
            dt_str_free(&list);
            return &models[i];
        }
        int distance = dt_edit_distance(models[i].name, name);
        if (distance < best_distance) {
            best = i;
            best_distance = distance;
        }
        dt_str_printf(&list, "%s%s", i ? ", " : "", models[i].name);
    }
    if (best_distance <= 3)
        dt_fail(err, DT_ERR_NOT_FOUND, "there is no model \"%s\"; did you mean \"%s\"? (models: %s)", name,
                models[best].name, list.data ? list.data : "");
    else
        dt_fail(err, DT_ERR_NOT_FOUND, "there is no model \"%s\" (models: %s)", name,
                list.data ? list.data : "");
    dt_str_free(&list);
    return NULL;
}

const dt_model_entry *dt_model_find(const char *name, dt_task task, dt_error *err)
{
    const dt_model_entry *m = dt_model_find_any(name, err);
    if (!m || m->task == task) return m;
    dt_fail(err, DT_ERR_ARG, "model \"%s\" is a %s; a %s is wanted here", name,
            m->task == DT_TASK_DETECT ? "detector" : "classifier",
            task == DT_TASK_DETECT ? "detector" : "classifier");
    return NULL;
}

dt_status dt_model_check_side(const dt_model_entry *m, int64_t side, dt_error *err)
{
    if (side >= m->min_side && side <= m->max_side && side % m->side_step == 0) return DT_OK;
    if (m->side_step > 1)
        return dt_fail(err, DT_ERR_ARG,
                       "pictures of %lld pixels a side: %s takes a multiple of %d, from %d to %d",
                       (long long)side, m->name, m->side_step, m->min_side, m->max_side);
    return dt_fail(err, DT_ERR_ARG, "pictures of %lld pixels a side: %s takes %d to %d", (long long)side,
                   m->name, m->min_side, m->max_side);
}
