#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/classes/class_set.h"
#include "datasets/detect_format.h"
#include "tools/options_json.h"
#include "tools/train.h"
#include "tools/transforms_option.h"

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

/* What the task tells of the best epoch. */
static void write_best(const dt_train_run *run, const dt_train_row *best, dt_json *j)
{
    const dt_train_task *task = run->task;
    for (int c = 0; c < task->scores; c++) {
        const char *name = task->columns[task->losses + c].result;
        if (name) dt_json_key(j, name), dt_json_num(j, best->scores[c]);
    }
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
    if (best && best->validated) write_best(run, best, &j);
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
    if (best && best->validated) {
        const char *before = "";
        printf("best epoch %lld: ", (long long)best->epoch);
        for (int c = 0; c < run->task->scores; c++) {
            const dt_train_column *column = &run->task->columns[run->task->losses + c];
            if (!column->result) continue;
            printf("%s%s %.4f", before, column->result, best->scores[c]);
            before = ", ";
        }
        printf("; ");
    }
    printf("%s/best.safetensors\n", run->opts.out);
    return DT_OK;
}

/* What a run's options point to. */
typedef struct owned_texts {
    void *json; /* args.json of a resumed run */
    dt_str args;
    char *out, *data, *weights, *transforms, *val_transforms;
} owned_texts;

static void owned_free(owned_texts *own)
{
    dt_options_free(own->json);
    dt_str_free(&own->args);
    dt_free(own->out);
    dt_free(own->data);
    dt_free(own->weights);
    dt_free(own->transforms);
    dt_free(own->val_transforms);
}

/* An existing path made absolute, symbolic links as they are: a run can be resumed from any folder. What is
 * no path in the file system stays. */
static dt_status make_absolute(const char **path, char **own, dt_error *err)
{
    char here[PATH_MAX];
    if (!*path) return DT_OK;
    const size_t prefix = dt_class_set_prefix(*path);
    const char *file = *path + prefix;
    if (!(dt_is_file(file) || dt_is_dir(file)) || !getcwd(here, sizeof here)) return DT_OK;
    char *full = dt_path_join(here, file);
    *own = full ? dt_format("%.*s%s", (int)prefix, *path, full) : NULL;
    dt_free(full);
    if (!*own) return dt_fail_memory(err, strlen(*path), "a path");
    *path = *own;
    return DT_OK;
}

/* What is no pipeline is a usage error; args.json gets its canonical text, "@FILE" read. -1 to go on. */
static int take_transforms(const char *option, const char **text, char **own)
{
    dt_error err = {0};
    dt_transforms *transforms;
    dt_str canonical = {0};
    if (!*text) return -1;
    const int rc = dt_transforms_option(&dt_cmd_train, option, *text, &transforms);
    if (rc >= 0) return rc;
    dt_transforms_text(transforms, &canonical);
    dt_transforms_free(transforms);
    *text = *own = dt_str_take(&canonical);
    if (*own) return -1;
    dt_fail_memory(&err, 64, "the transforms");
    return dt_cli_fail(&dt_cmd_train, &err);
}

/* The task of a new run: the model's, if there was one on the command line, else that of the data. */
static int choose_task(dt_train_opts *o, const dt_train_task **task, dt_error *err)
{
    int classes = dt_class_set_is(o->data);
    if (!o->model) o->model = classes ? dt_train_classify.default_model : dt_train_detect.default_model;
    *task = dt_train_find_task(o->model, err);
    if (!*task) return dt_cli_fail(&dt_cmd_train, err);
    const dt_set_format *format;
    char *source = NULL;
    dt_error none = {0};
    if (!classes && *task == &dt_train_classify &&
        dt_set_format_detect(o->data, NULL, &format, &source, &none) == DT_OK) {
        dt_free(source);
        return dt_cli_usage_error(
            &dt_cmd_train,
            "--model %s is a classifier; %s is a data set with boxes (dettool crop makes class "
            "folders of them)",
            o->model, o->data);
    }
    if (classes && *task != &dt_train_classify)
        return dt_cli_usage_error(&dt_cmd_train,
                                  "--model %s is a detector; %s holds pictures by class, without boxes",
                                  o->model, o->data);
    return -1;
}

/* Options and text of args.json of a new run; -1 to go on, or an exit code. */
static int set_up(const dt_opt *table, dt_train_opts *o, const dt_train_task **task, owned_texts *own,
                  dt_error *err)
{
    if (!o->data) return dt_cli_usage_error(&dt_cmd_train, "--data is needed: the data set to train on");
    int rc = take_transforms("transforms", &o->transforms, &own->transforms);
    if (rc < 0) rc = take_transforms("val-transforms", &o->val_transforms, &own->val_transforms);
    if (rc < 0) rc = choose_task(o, task, err);
    o->asks_split = dt_cli_typed(table, "val-fraction") || dt_cli_typed(table, "split-seed");
    if (rc < 0) rc = dt_train_check_typed(*task, table, o);
    if (rc < 0) rc = dt_train_complete(*task, o);
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
    dt_opt mine[DT_TRAIN_TABLE];
    dt_train_task_table(*task, table, mine);
    if (st == DT_OK) st = args_text(mine, &own->args, err);
    return st == DT_OK ? -1 : dt_cli_fail(&dt_cmd_train, err);
}

/* The run in `dir`; -1 to go on, or an exit code. */
static int take_up(const dt_opt *table, const char *dir, dt_train_opts *o, const dt_train_task **task,
                   owned_texts *own, dt_error *err)
{
    dt_status st = dt_train_read_args(table, dir, o, task, &own->json, err);
    if (st == DT_ERR_ARG) return dt_cli_usage_error(&dt_cmd_train, "%s", err->text);
    return st == DT_OK ? dt_train_complete(*task, o) : dt_cli_fail(&dt_cmd_train, err);
}

static int run_train(int argc, char **argv)
{
    dt_train_run run = {.opts = dt_train_defaults()};
    dt_train_opts *o = &run.opts;
    const char *resume = NULL;
    dt_opt table[DT_TRAIN_TABLE];
    dt_train_table(o, &resume, table);
    int count;
    int rc = dt_cli_parse(&dt_cmd_train, table, argc, argv, NULL, 0, &count);
    if (rc >= 0) return rc;

    dt_error err = {0};
    owned_texts own = {0};
    dt_mem_keep_freed();
    rc = resume ? take_up(table, resume, o, &run.task, &own, &err) : set_up(table, o, &run.task, &own, &err);
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
    .summary = "train a detector or a classifier on a data set",
    .details =
        "Writes DIR/{last,best}.safetensors, results.csv, args.json and the state from which --resume "
        "goes on.\n"
        "The result depends on the options and the data alone: not on threads, workers, or on being "
        "killed and\n"
        "resumed at any moment. --resume refuses data that have changed, as far as the pictures' names, "
        "labels, "
        "sizes and\n"
        "last 4 KiB tell; a damaged state is noticed by its checksum, and the one before it is taken.\n\n"
        "--data is a data.yaml or a Darknet obj.data, a VOC folder or VOCdevkit, a COCO JSON file or a "
        "folder of them.\n"
        "Its splits train and val are used. VOC's difficult objects and COCO's crowds are neither "
        "positive nor\n"
        "negative; VOC pixels are counted from 1 unless the files show a 0.\n\n"
        "For a classifier --data is a folder of class folders: DIR/train/CLASS/..., DIR/val/CLASS/..., or "
        "DIR/CLASS/..., of "
        "which\n"
        "--val-fraction of each class is held out; or cifar10:DIR, cifar100:DIR (binary version), mnist:DIR, "
        "fashion-mnist:DIR\n"
        "(gzip or not). Without --model the data decide. What it writes, too: confusion_matrix.png.\n\n"
        "--transforms is a chain of steps in place of the usual augmentation: `dettool augment --list` has "
        "them, `dettool "
        "augment\n"
        "PATH --transforms ...` shows what they do. A detector's chain of no fixed size ends in its "
        "letterbox; a classifier's "
        "gives\n"
        "imgsz x imgsz and ends in normalize(mean; std), or else the network sees 0 to 1. --val-transforms "
        "is the\n"
        "classifier's chain in evaluation; where only one of the two is given, the other one takes its "
        "normalize.\n\n"
        "Examples:\n"
        "  dettool convert voc2yolo VOCdevkit data/voc\n"
        "  dettool train --data data/voc/data.yaml --model yolo-nano --epochs 100 --out runs/voc\n"
        "  dettool train --data VOCdevkit --model yolo-nano --epochs 100 --out runs/voc\n"
        "  dettool train --data VOCdevkit --transforms \"zoom-out(fill=114) iou-crop hflip "
        "photometric-distort\"\n"
        "  dettool train --data flowers --model resnet50 --epochs 30 --schedule step --lr-step 15 --out "
        "runs/flowers\n"
        "  dettool train --data cifar10:cifar-10-batches-bin --model resnet18 --imgsz 32 --out runs/cifar",
    .run = run_train,
};
