#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "models/registry.h"
#include "tools/options_json.h"
#include "tools/train.h"

/* What may differ between a run and its continuation: nothing that moves a bit of the result. The data may have moved
 * to another folder; that they are the same is checked. */
static const char free_options[] = "resume|data|workers|threads|cache|save-minutes|json";

enum { MAX_TABLE = 64 }; /* options of the command, with the end */

static dt_train_opts defaults(void)
{
    return (dt_train_opts){.model = "yolo-nano",
                           .optimizer = "adamw",
                           .schedule = "cosine",
                           .mixup_style = "ultralytics",
                           .box_rule = "ultralytics",
                           .device = "cpu",
                           .epochs = 100,
                           .batch = 16,
                           .imgsz = 0,
                           .workers = 1,
                           .patience = 100,
                           .close_mosaic = 10,
                           .val_interval = 1,
                           .cache_mib = 1024,
                           .lr0 = 0,
                           .lrf = .01,
                           .momentum = .9,
                           .weight_decay = 5e-4,
                           .warmup_epochs = 3,
                           .clip = 10,
                           .ema_decay = .9999,
                           .ema_tau = 2000,
                           .save_minutes = 5,
                           .aug = dt_augment_defaults()};
}

/* "runs/train", "runs/train2", ...: the first that holds no run. */
static char *next_free_dir(void)
{
    for (int i = 1; i < 10000; i++) {
        char *dir = i == 1 ? dt_strdup("runs/train") : dt_format("runs/train%d", i);
        char *args = dir ? dt_path_join(dir, "args.json") : NULL;
        int taken = args && dt_is_file(args);
        dt_free(args);
        if (!taken) return dir;
        dt_free(dir);
    }
    return NULL;
}

static dt_status args_text(const dt_opt *table, dt_str *text, dt_error *err)
{
    dt_json json = dt_json_begin(text, 2);
    dt_json_object(&json);
    dt_options_write(table, &json);
    dt_json_object_end(&json);
    dt_str_char(text, '\n');
    return text->failed ? dt_fail_memory(err, text->len, "args.json") : DT_OK;
}

static dt_status print_json(const dt_train_run *run, double seconds, const dt_train_row *best, dt_error *err)
{
    dt_str text = {0};
    dt_json j = dt_json_begin(&text, 2);
    dt_json_object(&j);
    dt_json_key(&j, "out"), dt_json_str(&j, run->opts.out);
    dt_json_key(&j, "epochs"), dt_json_int(&j, run->at.epoch);
    dt_json_key(&j, "seconds"), dt_json_num(&j, seconds);
    dt_json_key(&j, "best_epoch"), dt_json_int(&j, run->at.best_epoch);
    if (best && best->validated) {
        dt_json_key(&j, "AP50"), dt_json_num(&j, best->scores[2]);
        dt_json_key(&j, "AP"), dt_json_num(&j, best->scores[3]);
    }
    dt_json_object_end(&j);
    dt_status st = text.failed ? dt_fail_memory(err, text.len, "the result") : DT_OK;
    if (st == DT_OK) puts(text.data);
    dt_str_free(&text);
    return st;
}

static dt_status print_result(const dt_train_run *run, dt_error *err)
{
    const dt_train_row *best = NULL;
    double seconds = 0;
    for (size_t i = 0; i < run->row_count; i++) {
        seconds += run->rows[i].seconds;
        if (run->rows[i].epoch == run->at.best_epoch) best = &run->rows[i];
    }
    if (run->opts.json) return print_json(run, seconds, best, err);
    printf("%lld epoch%s in %.1f s; ", (long long)run->at.epoch, run->at.epoch == 1 ? "" : "s", seconds);
    if (best && best->validated)
        printf("best epoch %lld: AP50 %.4f, AP %.4f; ", (long long)best->epoch, best->scores[2],
               best->scores[3]);
    printf("%s/best.safetensors\n", run->opts.out);
    return DT_OK;
}

/* Values that depend on other options. */
static int complete(const dt_command *command, dt_train_opts *o, dt_error *err)
{
    const dt_model_entry *model = dt_model_find(o->model, DT_TASK_DETECT, err);
    if (!model) return dt_cli_fail(command, err);
    if (o->imgsz == 0) o->imgsz = model->imgsz;
    if (o->imgsz % 32 != 0)
        return dt_cli_usage_error(command, "--imgsz %lld: a multiple of 32 is wanted, such as %lld",
                                  (long long)o->imgsz, (long long)((o->imgsz + 31) / 32 * 32));
    o->aug.mixup_single = strcmp(o->mixup_style, "yolox") == 0;
    if (dt_box_rule_parse(o->box_rule, &o->aug.rule, err) != DT_OK) return dt_cli_fail(command, err);
    if (o->lr0 == 0) o->lr0 = strcmp(o->optimizer, "sgd") == 0 ? .01 : .002;
    return -1;
}

/* What a run's options point to. */
typedef struct owned_texts {
    void *json; /* args.json of a resumed run */
    dt_str args;
    char *out, *data, *weights;
} owned_texts;

static void owned_free(owned_texts *own)
{
    dt_options_free(own->json);
    dt_str_free(&own->args);
    dt_free(own->out);
    dt_free(own->data);
    dt_free(own->weights);
}

/* An existing path made absolute, symbolic links as they are: a run can be resumed from any folder. What is no path in
 * the file system stays. */
static dt_status make_absolute(const char **path, char **own, dt_error *err)
{
    char here[PATH_MAX];
    if (!*path || !(dt_is_file(*path) || dt_is_dir(*path)) || !getcwd(here, sizeof here)) return DT_OK;
    *own = dt_path_join(here, *path);
    if (!*own) return dt_fail_memory(err, strlen(*path), "a path");
    *path = *own;
    return DT_OK;
}

/* Options and text of args.json of a new run; -1 to go on, or an exit code. */
static int set_up(const dt_opt *table, dt_train_opts *o, owned_texts *own, dt_error *err)
{
    if (!o->data) return dt_cli_usage_error(&dt_cmd_train, "--data is needed: the data set to train on");
    int rc = complete(&dt_cmd_train, o, err);
    if (rc >= 0) return rc;
    if (!o->out) o->out = own->out = next_free_dir();
    char *path = o->out ? dt_path_join(o->out, "args.json") : NULL;
    int taken = path && dt_is_file(path);
    dt_status st = path ? DT_OK : dt_fail_memory(err, 64, "the folder of the run");
    dt_free(path);
    if (taken && !o->force)
        return dt_cli_usage_error(&dt_cmd_train,
                                  "%s holds a run already; --resume %s goes on with it, --force "
                                  "writes over it",
                                  o->out, o->out);
    if (st == DT_OK) st = make_absolute(&o->data, &own->data, err);
    if (st == DT_OK) st = make_absolute(&o->weights, &own->weights, err);
    if (st == DT_OK) st = args_text(table, &own->args, err);
    return st == DT_OK ? -1 : dt_cli_fail(&dt_cmd_train, err);
}

/* The options of the run in `dir`; -1 to go on, or an exit code. */
static dt_status read_args(const dt_opt *table, const char *dir, dt_train_opts *o, void **keep, dt_error *err)
{
    char *text = NULL, *path = dt_path_join(dir, "args.json");
    size_t size;
    dt_status st = path ? dt_file_read(path, 1 << 20, &text, &size, err) : dt_fail_memory(err, 64, "a path");
    if (st == DT_OK) st = dt_options_read(table, text, path, free_options, keep, err);
    if (st == DT_OK && !o->data) st = dt_fail(err, DT_ERR_FORMAT, "%s: 'data' is missing", path);
    dt_free(text);
    dt_free(path);
    o->out = dir;
    return st;
}

static int take_up(const dt_opt *table, const char *dir, dt_train_opts *o, owned_texts *own, dt_error *err)
{
    dt_status st = read_args(table, dir, o, &own->json, err);
    if (st == DT_ERR_ARG) return dt_cli_usage_error(&dt_cmd_train, "%s", err->text);
    return st == DT_OK ? complete(&dt_cmd_train, o, err) : dt_cli_fail(&dt_cmd_train, err);
}

/* The options of a run, in the order of args.json. */
static void make_table(dt_train_opts *o, const char **resume, dt_opt out[MAX_TABLE])
{
    const dt_opt table[] = {
        {"data", NULL, DT_OPT_STR, &o->data, 0, 0, NULL, "FILE",
         "data set: data.yaml, obj.data, VOC folder, COCO JSON or folder; with --resume: where it lies now"},
        {"model", NULL, DT_OPT_STR, &o->model, 0, 0, NULL, "NAME", "yolo-nano, yolo-resnet18, ..."},
        {"weights", NULL, DT_OPT_STR, &o->weights, 0, 0, NULL, "FILE",
         "start from these weights where they fit"},
        {"out", "project|name", DT_OPT_STR, &o->out, 0, 0, NULL, "DIR",
         "folder of the run (default: runs/train, runs/train2, ...)"},
        {"resume", NULL, DT_OPT_STR, resume, 0, 0, NULL, "DIR",
         "go on with the run in DIR, to the same bytes"},
        {"epochs", NULL, DT_OPT_INT, &o->epochs, 1, 1000000, NULL, "N", "passes over the data"},
        {"batch", "batch-size", DT_OPT_INT, &o->batch, 1, 4096, NULL, "N", "images a step"},
        {"imgsz", "img|img-size", DT_OPT_INT, &o->imgsz, 0, 4096, NULL, "N",
         "side of the network's input; 0: the model's own"},
        {"optimizer", NULL, DT_OPT_CHOICE, &o->optimizer, 0, 0, "sgd|adamw|adam", NULL, "optimizer"},
        {"lr0", NULL, DT_OPT_F64, &o->lr0, 0, 1000, NULL, "X",
         "learning rate after warm-up; 0: .01 for sgd, .002 else"},
        {"lrf", NULL, DT_OPT_F64, &o->lrf, 0, 1, NULL, "X", "last learning rate as a fraction of the first"},
        {"schedule", NULL, DT_OPT_CHOICE, &o->schedule, 0, 0, "cosine|linear|constant", NULL,
         "course of the learning rate"},
        {"momentum", NULL, DT_OPT_F64, &o->momentum, 0, .9999, NULL, "X", "momentum (beta1 of Adam)"},
        {"weight-decay", NULL, DT_OPT_F64, &o->weight_decay, 0, 10, NULL, "X",
         "on weights; never on norms and biases"},
        {"warmup-epochs", NULL, DT_OPT_F64, &o->warmup_epochs, 0, 1000, NULL, "X",
         "epochs of rising learning rate"},
        {"clip", NULL, DT_OPT_F64, &o->clip, 1e-6, 1e9, NULL, "X", "largest norm of the gradient"},
        {"ema-decay", NULL, DT_OPT_F64, &o->ema_decay, 0, .999999, NULL, "X", "of the averaged weights"},
        {"ema-tau", NULL, DT_OPT_F64, &o->ema_tau, 1e-3, 1e9, NULL, "X",
         "steps in which the averaging sets in"},
        {"freeze", NULL, DT_OPT_LIST, &o->freeze, 0, 0, NULL, "PATTERN",
         "do not train what matches, e.g. 'backbone.*'"},
        {"lr", NULL, DT_OPT_LIST, &o->lr, 0, 0, NULL, "PATTERN=X", "own learning rate for what matches"},
        {"patience", NULL, DT_OPT_INT, &o->patience, 0, 1000000, NULL, "N",
         "stop after N epochs without a better result; 0: never"},
        {"val-interval", NULL, DT_OPT_INT, &o->val_interval, 1, 1000000, NULL, "N",
         "evaluate every N epochs (and after the last)"},
        {"seed", NULL, DT_OPT_INT, &o->seed, 0, 9e15, NULL, "N", "decides everything random"},
        {"workers", NULL, DT_OPT_INT, &o->workers, 0, 256, NULL, "N",
         "loader threads; results do not depend on it"},
        {"threads", NULL, DT_OPT_INT, &o->threads, 0, 1024, NULL, "N",
         "compute threads, 0: all processors; results do not depend on it"},
        {"device", NULL, DT_OPT_STR, &o->device, 0, 0, NULL, "NAME", "cpu, cuda or cuda:N"},
        {"cache", NULL, DT_OPT_INT, &o->cache_mib, 0, 1 << 24, NULL, "MIB", "memory for decoded images"},
        {"save-minutes", NULL, DT_OPT_F64, &o->save_minutes, 0, 1e6, NULL, "X",
         "time between states within an epoch"},
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
        {"degrees", NULL, DT_OPT_F64, &o->aug.degrees, 0, 180, NULL, "X", "largest rotation"},
        {"translate", NULL, DT_OPT_F64, &o->aug.translate, 0, 1, NULL, "X", "largest shift, in sides"},
        {"scale", NULL, DT_OPT_F64, &o->aug.scale, 0, .95, NULL, "X", "scaled by 1 - X to 1 + X"},
        {"shear", NULL, DT_OPT_F64, &o->aug.shear, 0, 80, NULL, "X", "largest shear in degrees"},
        {"perspective", NULL, DT_OPT_F64, &o->aug.perspective, 0, .001, NULL, "X", "largest tilt a pixel"},
        {"box-rule", NULL, DT_OPT_CHOICE, &o->box_rule, 0, 0, dt_box_rule_names, NULL,
         "which boxes stay after augmentation"},
        {"multi-scale", NULL, DT_OPT_F64, &o->multi_scale, 0, .9, NULL, "F",
         "side of each batch: imgsz * (1 - F) to imgsz * (1 + F), in steps of 32"},
        {"hsv-h", NULL, DT_OPT_F64, &o->aug.hsv_h, 0, 1, NULL, "X", "hue jitter"},
        {"hsv-s", NULL, DT_OPT_F64, &o->aug.hsv_s, 0, 1, NULL, "X", "saturation jitter"},
        {"hsv-v", NULL, DT_OPT_F64, &o->aug.hsv_v, 0, 1, NULL, "X", "value jitter"},
        {"reduced-decode", NULL, DT_OPT_FLAG, &o->reduced_decode, 0, 0, NULL, NULL,
         "decode large JPEG files at 1/2, 1/4 or 1/8; faster, other pixels"},
        {"hash-batches", NULL, DT_OPT_FLAG, &o->hash_batches, 0, 0, NULL, NULL,
         "SHA-256 of every batch in DIR/batches.csv, for dettool replay --verify"},
        {"strict", NULL, DT_OPT_FLAG, &o->strict, 0, 0, NULL, NULL,
         "stop at the first thing wrong with the data"},
        {"force", "exist-ok", DT_OPT_FLAG, &o->force, 0, 0, NULL, NULL,
         "write over the run that is in --out"},
        {"json", NULL, DT_OPT_FLAG, &o->json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {0},
    };
    _Static_assert(sizeof table <= MAX_TABLE * sizeof *table, "MAX_TABLE is too small");
    memcpy(out, table, sizeof table);
}

dt_status dt_train_read_opts(const char *dir, dt_train_opts *o, void **keep, dt_error *err)
{
    *o = defaults();
    const char *resume = NULL;
    dt_opt table[MAX_TABLE];
    make_table(o, &resume, table);
    return read_args(table, dir, o, keep, err);
}

static int run_train(int argc, char **argv)
{
    dt_train_run run = {.opts = defaults(), .task = &dt_train_detect};
    dt_train_opts *o = &run.opts;
    const char *resume = NULL;
    dt_opt table[MAX_TABLE];
    make_table(o, &resume, table);
    int count;
    int rc = dt_cli_parse(&dt_cmd_train, table, argc, argv, NULL, 0, &count);
    if (rc >= 0) return rc;

    dt_error err = {0};
    owned_texts own = {0};
    dt_mem_keep_freed();
    rc = resume ? take_up(table, resume, o, &own, &err) : set_up(table, o, &own, &err);
    if (rc < 0) {
        run.args = own.args.data;
        dt_status st = dt_train(&run, resume != NULL, &err);
        if (st == DT_OK) st = print_result(&run, &err);
        rc = st == DT_OK ? DT_EXIT_OK : dt_cli_fail(&dt_cmd_train, &err);
    }
    dt_train_free(&run);
    owned_free(&own);
    return rc;
}

const dt_command dt_cmd_train = {
    .name = "train",
    .usage = "dettool train --data PATH [--model NAME] [options]\n       dettool train --resume DIR",
    .summary = "train a detector on a data set",
    .details =
        "Writes DIR/{last,best}.safetensors, results.csv, args.json and the state from which --resume "
        "goes on.\n"
        "The result depends on the options and the data alone: not on threads, workers, or on being "
        "killed and\n"
        "resumed at any moment.\n\n"
        "--data is a data.yaml or a Darknet obj.data, a VOC folder or VOCdevkit, a COCO JSON file or a "
        "folder of them.\n"
        "Its splits train and val are used. VOC's difficult objects and COCO's crowds are neither "
        "positive nor\n"
        "negative; VOC pixels are counted from 1 unless the files show a 0.\n\n"
        "Example:\n"
        "  dettool convert voc2yolo VOCdevkit data/voc\n"
        "  dettool train --data data/voc/data.yaml --model yolo-nano --epochs 100 --out runs/voc\n"
        "  dettool train --data VOCdevkit --model yolo-nano --epochs 100 --out runs/voc",
    .run = run_train,
};
