/* The options of a training: their table, their defaults, and what they say about each other. */
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "models/registry.h"
#include "tools/options_json.h"
#include "tools/train.h"

static const dt_train_task *const tasks[] = {&dt_train_detect, &dt_train_classify};
enum { TASKS = sizeof tasks / sizeof *tasks };

dt_train_opts dt_train_defaults(void)
{
    return (dt_train_opts){.optimizer = "adamw",
                           .schedule = "cosine",
                           .sampler = "random",
                           .head = "linear",
                           .mixup_style = "ultralytics",
                           .box_rule = "ultralytics",
                           .device = "cpu",
                           .epochs = 100,
                           .batch = 16,
                           .workers = 1,
                           .patience = 100,
                           .close_mosaic = 10,
                           .val_interval = 1,
                           .cache_mib = 1024,
                           .drop_last = 1,
                           .nesterov = 1,
                           .lrf = .01,
                           .lr_power = 1,
                           .momentum = .9,
                           .weight_decay = 5e-4,
                           .warmup_epochs = 3,
                           .clip = 10,
                           .ema_decay = .9999,
                           .ema_tau = 2000,
                           .save_minutes = 5,
                           .val_fraction = .2,
                           .aug = dt_augment_defaults()};
}

void dt_train_table(dt_train_opts *o, const char **resume, dt_opt out[DT_TRAIN_TABLE])
{
    const dt_opt table[] = {
        {"data", NULL, DT_OPT_STR, &o->data, 0, 0, NULL, "FILE",
         "data set: data.yaml, obj.data, VOC folder, COCO JSON or folder; to classify: a folder of class "
         "folders, "
         "cifar10:DIR, mnist:DIR; with --resume: where it lies now"},
        {"model", NULL, DT_OPT_STR, &o->model, 0, 0, NULL, "NAME",
         "yolo-nano (default), yolo-resnet18; to classify: resnet18 (default), -34, -50, -101, -152, "
         "alexnet, "
         "alexnet-tv"},
        {"weights", NULL, DT_OPT_STR, &o->weights, 0, 0, NULL, "FILE",
         "start from these weights where they fit"},
        {"out", "project|name", DT_OPT_STR, &o->out, 0, 0, NULL, "DIR",
         "folder of the run (default: runs/train, runs/train2, ...)"},
        {"resume", NULL, DT_OPT_STR, resume, 0, 0, NULL, "DIR",
         "go on with the run in DIR, to the same bytes; refused if the data have changed"},
        {"epochs", NULL, DT_OPT_INT, &o->epochs, 1, 1000000, NULL, "N", "passes over the data"},
        {"batch", "batch-size", DT_OPT_INT, &o->batch, 1, 4096, NULL, "N", "images a step"},
        {"imgsz", "img|img-size", DT_OPT_INT, &o->imgsz, 0, 4096, NULL, "N",
         "side of the network's input; 0: the model's own"},
        {"optimizer", NULL, DT_OPT_CHOICE, &o->optimizer, 0, 0, "sgd|adamw|adam", NULL, "optimizer"},
        {"lr0", NULL, DT_OPT_F64, &o->lr0, 0, 1000, NULL, "X",
         "learning rate after warm-up; 0: .01 for sgd, .002 else"},
        {"lrf", NULL, DT_OPT_F64, &o->lrf, 0, 1, NULL, "X",
         "cosine, linear, poly: last learning rate as a fraction of the first"},
        {"schedule", NULL, DT_OPT_CHOICE, &o->schedule, 0, 0,
         "cosine|linear|poly|constant|step|multistep|exponential", NULL, "course of the learning rate"},
        {"lr-step", NULL, DT_OPT_INT, &o->lr_step, 0, 1000000, NULL, "N",
         "step: the learning rate drops every N epochs"},
        {"lr-milestones", NULL, DT_OPT_STR, &o->lr_milestones, 0, 0, NULL, "E,E,...",
         "multistep: it drops after so many epochs"},
        {"lr-gamma", NULL, DT_OPT_F64, &o->lr_gamma, 0, 10, NULL, "X",
         "step, multistep: by this factor (0: .1); exponential: factor an epoch"},
        {"lr-power", NULL, DT_OPT_F64, &o->lr_power, 0, 100, NULL, "X", "poly: exponent"},
        {"momentum", NULL, DT_OPT_F64, &o->momentum, 0, .9999, NULL, "X", "momentum (beta1 of Adam)"},
        {"nesterov", NULL, DT_OPT_FLAG, &o->nesterov, 0, 0, NULL, NULL, "sgd: Nesterov's form of momentum"},
        {"weight-decay", NULL, DT_OPT_F64, &o->weight_decay, 0, 10, NULL, "X", "on weights"},
        {"decay-all", NULL, DT_OPT_FLAG, &o->decay_all, 0, 0, NULL, NULL,
         "weight decay on norms and biases, too"},
        {"warmup-epochs", NULL, DT_OPT_F64, &o->warmup_epochs, 0, 1000, NULL, "X",
         "epochs of rising learning rate, at most a quarter of all"},
        {"clip", NULL, DT_OPT_F64, &o->clip, 0, 1e9, NULL, "X", "largest norm of the gradient; 0: any"},
        {"ema-decay", NULL, DT_OPT_F64, &o->ema_decay, 0, .999999, NULL, "X",
         "of the averaged weights; 0: no averaging"},
        {"ema-tau", NULL, DT_OPT_F64, &o->ema_tau, 1e-3, 1e9, NULL, "X",
         "steps in which the averaging sets in"},
        {"freeze", NULL, DT_OPT_LIST, &o->freeze, 0, 0, NULL, "PATTERN",
         "do not train what matches, e.g. 'backbone.*'"},
        {"lr", NULL, DT_OPT_LIST, &o->lr, 0, 0, NULL, "PATTERN=X", "own learning rate for what matches"},
        {"patience", NULL, DT_OPT_INT, &o->patience, 0, 1000000, NULL, "N",
         "stop after N epochs without a better result; 0: never"},
        {"val-interval", NULL, DT_OPT_INT, &o->val_interval, 1, 1000000, NULL, "N",
         "evaluate every N epochs (and after the last)"},
        {"sampler", NULL, DT_OPT_CHOICE, &o->sampler, 0, 0, "random|sequential|replacement|class-balanced",
         NULL,
         "order of the pictures: permuted, as they are, drawn with replacement, or so that all classes come "
         "equally "
         "often"},
        {"num-samples", NULL, DT_OPT_INT, &o->num_samples, 0, 1e12, NULL, "N",
         "pictures an epoch; 0: as many as there are"},
        {"drop-last", NULL, DT_OPT_FLAG, &o->drop_last, 0, 0, NULL, NULL,
         "leave out a last batch that is not full (a set smaller than a batch is taken as it is)"},
        {"best-state", NULL, DT_OPT_FLAG, &o->best_state, 0, 0, NULL, NULL,
         "keep the training state of the best epoch, too: DIR/best.state.safetensors; copied over "
         "state.safetensors it lets "
         "--resume go on from there"},
        {"seed", NULL, DT_OPT_INT, &o->seed, 0, 9e15, NULL, "N", "decides everything random"},
        {"workers", NULL, DT_OPT_INT, &o->workers, 0, 256, NULL, "N",
         "loader threads; results do not depend on it"},
        {"threads", NULL, DT_OPT_INT, &o->threads, 0, 1024, NULL, "N",
         "compute threads, 0: all processors; results do not depend on it"},
        {"device", NULL, DT_OPT_STR, &o->device, 0, 0, NULL, "NAME", "cpu, cuda or cuda:N"},
        {"cache", NULL, DT_OPT_INT, &o->cache_mib, 0, 1 << 24, NULL, "MIB", "memory for decoded images"},
        {"save-minutes", NULL, DT_OPT_F64, &o->save_minutes, 0, 1e6, NULL, "X",
         "time between states within an epoch"},
        {"head", NULL, DT_OPT_CHOICE, &o->head, 0, 0, "linear|relu-dropout", NULL,
         "last layer replaced, or all 1000 outputs kept and followed by ReLU, dropout and a layer of its "
         "own"},
        {"label-smoothing", NULL, DT_OPT_F64, &o->label_smoothing, 0, .99, NULL, "X",
         "share of the target that goes to all classes alike"},
        {"val-fraction", NULL, DT_OPT_F64, &o->val_fraction, 0, .9, NULL, "X",
         "of each class held out, where the folder has no val/ of its own"},
        {"split-seed", NULL, DT_OPT_INT, &o->split_seed, 0, 9e15, NULL, "N",
         "decides which pictures those are (eval takes it from the weights)"},
        {"transforms", NULL, DT_OPT_STR, &o->transforms, 0, 0, NULL, "TEXT",
         "what is done to pictures in training: a chain of steps (dettool augment --list), or @FILE"},
        {"val-transforms", NULL, DT_OPT_STR, &o->val_transforms, 0, 0, NULL, "TEXT",
         "what is done to them in evaluation; goes into the weights"},
        {"close-mosaic", NULL, DT_OPT_INT, &o->close_mosaic, 0, 1000000, NULL, "N",
         "epochs without mosaic at the end"},
        {"mosaic", NULL, DT_OPT_F64, &o->aug.mosaic, 0, 1, NULL, "P", "probability of four images in one"},
        {"mosaic9", NULL, DT_OPT_F64, &o->aug.mosaic9, 0, 1, NULL, "P",
         "share of the mosaics that are of nine images"},
        {"mixup", NULL, DT_OPT_F64, &o->aug.mixup, 0, 1, NULL, "P", "probability of blending two"},
        {"mixup-style", NULL, DT_OPT_CHOICE, &o->mixup_style, 0, 0, "ultralytics|yolox", NULL,
         "blended with a mosaic by a random ratio, or half and half with one image"},
        {"cutmix", NULL, DT_OPT_F64, &o->aug.cutmix, 0, 1, NULL, "P",
         "probability that a rectangle shows another view"},
        {"copy-paste", NULL, DT_OPT_F64, &o->aug.copy_paste, 0, 1, NULL, "P",
         "share of another image's objects that are pasted in"},
        {"fliplr", NULL, DT_OPT_F64, &o->aug.fliplr, 0, 1, NULL, "P", "probability of a left-right flip"},
        {"flipud", NULL, DT_OPT_F64, &o->aug.flipud, 0, 1, NULL, "P", "probability of an up-down flip"},
        {"degrees", NULL, DT_OPT_F64, &o->aug.degrees, 0, DT_AUG_MOST_DEGREES, NULL, "X", "largest rotation"},
        {"translate", NULL, DT_OPT_F64, &o->aug.translate, 0, 1, NULL, "X", "largest shift, in sides"},
        {"scale", NULL, DT_OPT_F64, &o->aug.scale, 0, DT_AUG_MOST_SCALE, NULL, "X",
         "scaled by 1 - X to 1 + X"},
        {"shear", NULL, DT_OPT_F64, &o->aug.shear, 0, DT_AUG_MOST_SHEAR, NULL, "X",
         "largest shear in degrees"},
        {"perspective", NULL, DT_OPT_F64, &o->aug.perspective, 0, DT_AUG_MOST_PERSPECTIVE, NULL, "X",
         "largest tilt a pixel"},
        {"box-rule", NULL, DT_OPT_CHOICE, &o->box_rule, 0, 0, dt_box_rule_names, NULL,
         "which boxes stay after augmentation"},
        {"multi-scale", NULL, DT_OPT_F64, &o->multi_scale, 0, .9, NULL, "F",
         "side of each batch: imgsz * (1 - F) to imgsz * (1 + F), in steps of 32"},
        {"hsv-h", NULL, DT_OPT_F64, &o->aug.hsv_h, 0, 1, NULL, "X", "hue jitter"},
        {"hsv-s", NULL, DT_OPT_F64, &o->aug.hsv_s, 0, 1, NULL, "X", "saturation jitter"},
        {"hsv-v", NULL, DT_OPT_F64, &o->aug.hsv_v, 0, 1, NULL, "X", "value jitter"},
        {"reduced-decode", NULL, DT_OPT_FLAG, &o->reduced_decode, 0, 0, NULL, NULL,
         "decode JPEG files at 1/2, 1/4 or 1/8 where the longer side stays as long as the input "
         "(classifiers: the "
         "shorter one twice as long); faster, other pixels"},
        {"hash-batches", NULL, DT_OPT_FLAG, &o->hash_batches, 0, 0, NULL, NULL,
         "SHA-256 of every batch in DIR/batches.csv, for dettool replay --verify"},
        {"strict", NULL, DT_OPT_FLAG, &o->strict, 0, 0, NULL, NULL,
         "stop at the first thing wrong with the data"},
        {"force", "exist-ok", DT_OPT_FLAG, &o->force, 0, 0, NULL, NULL,
         "write over the run that is in --out"},
        {"json", NULL, DT_OPT_FLAG, &o->json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {0},
    };
    _Static_assert(sizeof table <= DT_TRAIN_TABLE * sizeof *table, "DT_TRAIN_TABLE is too small");
    memcpy(out, table, sizeof table);
}

/* ---- tasks ---- */

/* 1 if "a|b|c" has the name. */
static int is_among(const char *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = names; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strncmp(p, name, n) == 0 && (p[n] == '|' || p[n] == '\0')) return 1;
    return 0;
}

const dt_train_task *dt_train_find_task(const char *model, dt_error *err)
{
    const dt_model_entry *entry = dt_model_find_any(model, err);
    for (int i = 0; i < TASKS && entry; i++)
        if (tasks[i]->model_task == entry->task) return tasks[i];
    return NULL;
}

/* An option that another task has and this one has not. */
static int is_foreign(const dt_train_task *task, const char *name)
{
    if (is_among(task->options, name)) return 0;
    for (int i = 0; i < TASKS; i++)
        if (is_among(tasks[i]->options, name)) return 1;
    return 0;
}

void dt_train_task_table(const dt_train_task *task, const dt_opt *table, dt_opt out[DT_TRAIN_TABLE])
{
    int n = 0;
    for (; table->name; table++)
        if (!is_foreign(task, table->name)) out[n++] = *table;
    out[n] = (dt_opt){0};
}

/* ---- options that need each other ---- */

/* Options that only some values of another one look at. */
static const struct {
    const char *option, *goes_with, *values;
} needs[] = {
    {"lrf", "schedule", "cosine|linear|poly"},
    {"lr-step", "schedule", "step"},
    {"lr-milestones", "schedule", "multistep"},
    {"lr-gamma", "schedule", "step|multistep|exponential"},
    {"lr-power", "schedule", "poly"},
    {"nesterov", "optimizer", "sgd"},
    {"num-samples", "sampler", "random|replacement|class-balanced"},
};

static int check_needs(const dt_opt *table, const dt_train_opts *o)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const char *value = strcmp(needs[i].goes_with, "schedule") == 0    ? o->schedule
                            : strcmp(needs[i].goes_with, "optimizer") == 0 ? o->optimizer
                                                                           : o->sampler;
        if (dt_cli_typed(table, needs[i].option) && !is_among(needs[i].values, value))
            return dt_cli_usage_error(&dt_cmd_train, "--%s goes with --%s %s, not with %s", needs[i].option,
                                      needs[i].goes_with, needs[i].values, value);
    }
    return -1;
}

dt_status dt_train_milestones(const char *text, int64_t *epochs, int *count, dt_error *err)
{
    *count = 0;
    for (const char *p = text; p;) {
        const char *comma = strchr(p, ',');
        size_t n = comma ? (size_t)(comma - p) : strlen(p);
        char number[24];
        int64_t value = 0;
        if (n >= sizeof number) n = sizeof number - 1;
        memcpy(number, p, n);
        number[n] = '\0';
        if (dt_parse_i64_all(number, &value) != 0 || value < 1 || (*count && value <= epochs[*count - 1]))
            return dt_fail(err, DT_ERR_ARG,
                           "--lr-milestones %s: epochs in rising order are wanted, such as 30,60,90", text);
        if (*count == DT_SCHEDULE_MILESTONES)
            return dt_fail(err, DT_ERR_ARG, "--lr-milestones %s: more than %d", text, DT_SCHEDULE_MILESTONES);
        epochs[(*count)++] = value;
        p = comma ? comma + 1 : NULL;
    }
    return DT_OK;
}

static int check_schedule(const dt_train_opts *o)
{
    int64_t epochs[DT_SCHEDULE_MILESTONES];
    int count;
    dt_error err = {0};
    if (strcmp(o->schedule, "step") == 0 && o->lr_step == 0)
        return dt_cli_usage_error(&dt_cmd_train, "--schedule step needs --lr-step N");
    if (strcmp(o->schedule, "multistep") == 0 && !o->lr_milestones)
        return dt_cli_usage_error(&dt_cmd_train, "--schedule multistep needs --lr-milestones E,E,...");
    if (strcmp(o->schedule, "exponential") == 0 && o->lr_gamma == 0)
        return dt_cli_usage_error(&dt_cmd_train, "--schedule exponential needs --lr-gamma X, such as .95");
    if (o->lr_milestones && dt_train_milestones(o->lr_milestones, epochs, &count, &err) != DT_OK)
        return dt_cli_usage_error(&dt_cmd_train, "%s", err.text);
    return -1;
}

/* Options of the built-in augmentation say nothing where --transforms takes its place. */
static int check_recipe(const dt_train_task *task, const dt_opt *table, const dt_train_opts *o)
{
    static const char *const recipe[] = {"mosaic",     "mosaic9", "mixup",       "mixup-style", "cutmix",
                                         "copy-paste", "fliplr",  "flipud",      "degrees",     "scale",
                                         "translate",  "shear",   "perspective", "box-rule",    "hsv-h",
                                         "hsv-s",      "hsv-v",   "multi-scale", "close-mosaic"};
    if (!o->transforms || task->model_task != DT_TASK_DETECT) return -1;
    for (size_t i = 0; i < sizeof recipe / sizeof *recipe; i++)
        if (dt_cli_typed(table, recipe[i]))
            return dt_cli_usage_error(&dt_cmd_train,
                                      "--%s belongs to the built-in augmentation, which --transforms "
                                      "replaces: the step yolo-augment has it as an option",
                                      recipe[i]);
    return -1;
}

int dt_train_check_typed(const dt_train_task *task, const dt_opt *table, const dt_train_opts *o)
{
    for (const dt_opt *t = table; t->name; t++)
        if (is_foreign(task, t->name) && dt_cli_typed(table, t->name))
            return dt_cli_usage_error(&dt_cmd_train, "--%s has no meaning in the training of a %s (%s)",
                                      t->name, task->learns, o->model);
    int rc = check_recipe(task, table, o);
    return rc >= 0 ? rc : check_needs(table, o);
}

/* What the augmentation takes from options that are texts. */
static dt_status settle_augmentation(dt_train_opts *o, dt_error *err)
{
    o->aug.mixup_single = strcmp(o->mixup_style, "yolox") == 0;
    return dt_box_rule_parse(o->box_rule, &o->aug.rule, err);
}

int dt_train_complete(const dt_train_task *task, dt_train_opts *o)
{
    dt_error err = {0};
    const dt_model_entry *model = dt_model_find(o->model, task->model_task, &err);
    if (!model) return dt_cli_fail(&dt_cmd_train, &err);
    if (o->imgsz == 0) o->imgsz = model->imgsz;
    if (dt_model_check_side(model, o->imgsz, &err) != DT_OK)
        return dt_cli_usage_error(&dt_cmd_train, "--imgsz: %s", err.text);
    if (settle_augmentation(o, &err) != DT_OK) return dt_cli_fail(&dt_cmd_train, &err);
    if (o->lr0 == 0) o->lr0 = strcmp(o->optimizer, "sgd") == 0 ? .01 : .002;
    return check_schedule(o);
}

/* ---- args.json ---- */

/* What may differ between a run and its continuation: nothing that moves a bit of the result. The data may
 * have moved to another folder; that they are the same is checked. */
static const char free_options[] = "resume|data|workers|threads|cache|save-minutes|json";

dt_status dt_train_read_args(const dt_opt *table, const char *dir, dt_train_opts *o,
                             const dt_train_task **task, void **keep, dt_error *err)
{
    char *text = NULL, *path = dt_path_join(dir, "args.json");
    size_t size;
    dt_status st = path ? dt_file_read(path, 1 << 20, &text, &size, err) : dt_fail_memory(err, 64, "a path");
    if (st == DT_OK) st = dt_options_read(table, text, path, free_options, keep, err);
    if (st == DT_OK && !o->data) st = dt_fail(err, DT_ERR_FORMAT, "%s: 'data' is missing", path);
    if (st == DT_OK && !o->model) st = dt_fail(err, DT_ERR_FORMAT, "%s: 'model' is missing", path);
    if (st == DT_OK && (*task = dt_train_find_task(o->model, err)) == NULL) {
        dt_error_prefix(err, "%s: ", path);
        st = err->status;
    }
    if (st == DT_OK) st = settle_augmentation(o, err);
    dt_free(text);
    dt_free(path);
    o->out = dir;
    return st;
}

dt_status dt_train_read_opts(const char *dir, dt_train_opts *o, const dt_train_task **task, void **keep,
                             dt_error *err)
{
    *o = dt_train_defaults();
    const char *resume = NULL;
    dt_opt table[DT_TRAIN_TABLE];
    dt_train_table(o, &resume, table);
    return dt_train_read_args(table, dir, o, task, keep, err);
}
