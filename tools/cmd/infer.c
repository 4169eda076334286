#include <stdio.h>
#include <string.h>

#include "core/device.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/num.h"
#include "datasets/image/draw.h"
#include "datasets/image/image.h"
#include "datasets/transforms/planes.h"
#include "datasets/transforms/sample_transforms.h"
#include "models/classifier.h"
#include "models/detector.h"
#include "tools/cli.h"
#include "tools/infer_classes.h"
#include "tools/infer_files.h"

enum { MAX_CLASSES_SHOWN = 6 };

typedef struct infer_opts {
    const char *weights, *out, *device;
    double conf, iou;
    int64_t max_det, imgsz, threads, top;
    int json, save_txt, save_conf, agnostic, no_draw;
} infer_opts;

typedef struct infer_job {
    const infer_opts *opts;
    dt_ctx *ctx;
    dt_detector *detector;
    const dt_detector_opts *info;
    dt_predict_opts predict;
    int imgsz;
    dt_names files, pictures, labels; /* what is read; where the drawn copy and the text go */
    dt_json *json;
    int failed; /* files that could not be done */
} infer_job;

/* The picture as the network wants it: (1, 3, imgsz, imgsz). */
static dt_tensor *to_input(infer_job *job, const dt_image *image, dt_letterbox *lb)
{
    const dt_detector_opts *info = job->info;
    dt_error *err = dt_ctx_error(job->ctx);
    int n = job->imgsz;
    dt_sample src = {.image = *image}, boxed = {0};
    dt_tensor *input = NULL;
    float *planes = NULL;
    if (dt_letterbox_make(info->letterbox, info->no_upscale, image->width, image->height, n, n, lb, err) !=
            DT_OK ||
        dt_sample_letterbox(&src, lb, info->filter, (uint8_t)info->fill, &boxed, err) != DT_OK)
        return NULL;
    size_t bytes = (size_t)3 * (size_t)n * (size_t)n * sizeof *planes;
    planes = dt_malloc_aligned(bytes);
    if (planes) {
        const float mean[3] = {(float)info->mean[0], (float)info->mean[1], (float)info->mean[2]};
        const float std[3] = {(float)info->std[0], (float)info->std[1], (float)info->std[2]};
        dt_image_to_planes(&boxed.image, (float)info->divisor, mean, std, planes);
        input = dt_from(job->ctx, DT_F32, DT_SHAPE(1, 3, n, n), planes);
    } else {
        dt_fail_memory(err, bytes, "the network's input");
    }
    dt_free(planes);
    dt_sample_free(&boxed);
    return input;
}

static int64_t class_number(const infer_job *job, const dt_detection *d)
{
    return d->cls + job->info->class_base;
}

static void write_json(const infer_job *job, const char *file, const dt_image *image,
                       const dt_detection *items, int64_t n)
{
    dt_json *j = job->json;
    dt_json_object(j);
    dt_json_key(j, "file"), dt_json_str(j, file);
    dt_json_key(j, "width"), dt_json_int(j, image->width);
    dt_json_key(j, "height"), dt_json_int(j, image->height);
    dt_json_key(j, "detections");
    dt_json_array(j);
    for (int64_t i = 0; i < n; i++) {
        dt_json_compact(j);
        dt_json_object(j);
        dt_json_key(j, "class"), dt_json_int(j, class_number(job, &items[i]));
        dt_json_key(j, "name"), dt_json_str(j, job->info->names[items[i].cls]);
        dt_json_key(j, "conf"), dt_json_f32(j, items[i].score);
        dt_json_key(j, "box");
        dt_json_array(j);
        for (int k = 0; k < 4; k++)
            dt_json_f32(j, items[i].box[k]);
        dt_json_array_end(j);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
    dt_json_object_end(j);
}

/* "a.jpg: 640x480, 12 RBC, 1 WBC, 15.2 ms" */
static void print_line(const infer_job *job, const char *file, const dt_image *image,
                       const dt_detection *items, int64_t n, double ms)
{
    dt_cli_printf_safe(stdout, "%s: %dx%d", file, image->width, image->height);
    if (n == 0) printf(", nothing found");
    int shown = 0;
    for (int c = 0; c < job->info->class_count; c++) {
        int64_t count = 0;
        for (int64_t i = 0; i < n; i++)
            count += items[i].cls == c;
        if (count == 0) continue;
        if (shown++ == MAX_CLASSES_SHOWN) {
            printf(", ...");
            break;
        }
        dt_cli_printf_safe(stdout, ", %lld %s", (long long)count, job->info->names[c]);
    }
    printf(", %.1f ms\n", ms);
}

/* Rows `class cx cy w h [conf]` in fractions of the picture, as the label files that train reads. */
static dt_status write_txt(const infer_job *job, const char *path, const dt_image *image,
                           const dt_detection *items, int64_t n, dt_error *err)
{
    dt_str text = {0};
    for (int64_t i = 0; i < n; i++) {
        const float *b = items[i].box;
        const double values[] = {
            (b[0] + (double)b[2]) / 2 / image->width, (b[1] + (double)b[3]) / 2 / image->height,
            ((double)b[2] - b[0]) / image->width, ((double)b[3] - b[1]) / image->height, items[i].score};
        dt_str_printf(&text, "%lld", (long long)class_number(job, &items[i]));
        for (int k = 0; k < (job->opts->save_conf ? 5 : 4); k++) {
            char number[DT_NUM_MAX];
            dt_format_fixed(number, values[k], 6);
            dt_str_char(&text, ' ');
            dt_str_append(&text, number);
        }
        dt_str_char(&text, '\n');
    }
    dt_status st = text.failed ? dt_fail_memory(err, text.len, path)
                               : dt_file_write_atomic(path, text.data ? text.data : "", text.len, err);
    dt_str_free(&text);
    return st;
}

static dt_status draw(const infer_job *job, const char *path, dt_image *image, const dt_detection *items,
                      int64_t n, dt_error *err)
{
    dt_box *boxes = dt_malloc((size_t)n * sizeof *boxes);
    int32_t *classes = dt_malloc((size_t)n * sizeof *classes);
    float *scores = dt_malloc((size_t)n * sizeof *scores);
    dt_status st =
        boxes && classes && scores ? DT_OK : dt_fail_memory(err, (size_t)n * sizeof *boxes, "drawing");
    if (st == DT_OK) {
        for (int64_t i = 0; i < n; i++) {
            const float *b = items[i].box;
            boxes[i] = (dt_box){b[0], b[1], b[2], b[3]};
            classes[i] = items[i].cls;
            scores[i] = items[i].score;
        }
        st = dt_draw_detections(image, boxes, classes, scores, job->info->names, job->info->class_count,
                                (int)n, err);
    }
    if (st == DT_OK) st = dt_image_save(path, image, 0, err);
    dt_free(boxes);
    dt_free(classes);
    dt_free(scores);
    return st;
}

static dt_status do_file(infer_job *job, size_t i, dt_detections *found, dt_error *err)
{
    const char *file = job->files.items[i];
    dt_image image = {0};
    int warnings = 0;
    DT_TRY(dt_image_load(file, NULL, &image, &warnings, err));
    if (warnings) dt_cli_warn("%s: the file is damaged; what could be decoded is used", file);
    double before = dt_seconds();
    dt_scope scope = dt_scope_open(job->ctx);
    dt_letterbox lb;
    dt_tensor *input = to_input(job, &image, &lb);
    dt_status st = input ? dt_detector_predict(job->ctx, job->detector, input, &lb, &job->predict, found)
                         : dt_ctx_status(job->ctx);
    dt_scope_close(job->ctx, scope);
    if (st != DT_OK) *err = *dt_ctx_error(job->ctx);
    dt_ctx_clear_error(job->ctx);
    double ms = (dt_seconds() - before) * 1e3;
    if (st == DT_OK && job->labels.count)
        st = write_txt(job, job->labels.items[i], &image, found->items, found->count, err);
    if (st == DT_OK && job->pictures.count)
        st = draw(job, job->pictures.items[i], &image, found->items, found->count, err);
    /* Last: a file whose results could not be written is reported as failed and as nothing else. */
    if (st == DT_OK && job->json) write_json(job, file, &image, found->items, found->count);
    if (st == DT_OK && !job->json) print_line(job, file, &image, found->items, found->count, ms);
    dt_image_free(&image);
    return st;
}

static dt_status plan_outputs(infer_job *job, dt_error *err)
{
    const infer_opts *o = job->opts;
    if (!o->out) return DT_OK;
    DT_TRY(dt_mkdirs(o->out, err));
    if (!o->no_draw) DT_TRY(dt_infer_targets(&job->files, o->out, NULL, &job->pictures, err));
    DT_TRY(dt_infer_check_targets(&job->files, &job->pictures, err));
    if (!o->save_txt) return DT_OK;
    char *labels = dt_path_join(o->out, "labels");
    dt_status st = labels ? dt_mkdirs(labels, err) : dt_fail_memory(err, strlen(o->out), "a path");
    if (st == DT_OK) st = dt_infer_targets(&job->files, labels, ".txt", &job->labels, err);
    dt_free(labels);
    return st == DT_OK ? dt_infer_check_targets(&job->files, &job->labels, err) : st;
}

static dt_status prepare(infer_job *job, dt_error *err)
{
    const infer_opts *o = job->opts;
    DT_TRY(dt_ctx_create(&(dt_ctx_opts){.threads = (int)o->threads}, &job->ctx, err));
    dt_device *device;
    dt_status st = dt_device_open(job->ctx, o->device, &device);
    if (st == DT_OK) {
        dt_ctx_set_device(job->ctx, device);
        job->detector = dt_detector_load(job->ctx, o->weights);
        st = job->detector ? dt_detector_fuse(job->ctx, job->detector) : dt_ctx_status(job->ctx);
    }
    if (st != DT_OK) {
        *err = *dt_ctx_error(job->ctx);
        return st;
    }
    job->info = dt_detector_info(job->detector);
    job->imgsz = o->imgsz ? (int)o->imgsz : job->info->imgsz;
    job->predict = dt_detector_predict_defaults(job->detector);
    if (o->conf >= 0) job->predict.conf = o->conf;
    if (o->iou >= 0) job->predict.iou = o->iou;
    if (o->max_det > 0) job->predict.max_det = (int)o->max_det;
    job->predict.class_agnostic = o->agnostic;
    return plan_outputs(job, err);
}

static void run_files(infer_job *job)
{
    dt_detections found = {0};
    for (size_t i = 0; i < job->files.count; i++) {
        dt_error err = {0};
        if (do_file(job, i, &found, &err) == DT_OK) continue;
        dt_cli_fail(&dt_cmd_infer, &err);
        job->failed++;
        if (!job->json) continue;
        dt_json_object(job->json);
        dt_json_key(job->json, "file"), dt_json_str(job->json, job->files.items[i]);
        dt_json_key(job->json, "error"), dt_json_str(job->json, err.text);
        dt_json_object_end(job->json);
    }
    dt_detections_free(&found);
}

/* What the table of options cannot say; -1 to go on, or the exit code. Fills in what depends on other
 * options. */
static int check_usage(infer_opts *o, int count)
{
    if (count == 0) return dt_cli_usage_error(&dt_cmd_infer, "an image or a folder of images is needed");
    if (!o->weights)
        return dt_cli_usage_error(&dt_cmd_infer, "--weights is needed, e.g. runs/train/best.safetensors");
    if (o->imgsz % 32 != 0)
        return dt_cli_usage_error(&dt_cmd_infer, "--imgsz %lld: a multiple of 32 is wanted",
                                  (long long)o->imgsz);
    if ((o->conf < 0 && o->conf != -1) || (o->iou < 0 && o->iou != -1))
        return dt_cli_usage_error(&dt_cmd_infer, "--conf and --iou lie between 0 and 1 (-1: as stored)");
    if (o->save_conf && !o->save_txt)
        return dt_cli_usage_error(&dt_cmd_infer, "--save-conf needs --save-txt");
    if (!o->out && !o->json) o->out = "runs/infer";
    if (!o->out && o->save_txt) return dt_cli_usage_error(&dt_cmd_infer, "--save-txt needs --out DIR");
    return -1;
}

/* What has a meaning for a classifier is done by it; -1: the weights are not those of one. */
static int infer_classes(const infer_opts *o, const dt_opt *table, const char *const *operands, int count)
{
    static const char *const boxes_only[] = {"conf",    "iou",      "max-det",   "imgsz", "agnostic",
                                             "no-draw", "save-txt", "save-conf", "out"};
    if (!dt_classifier_is_file(o->weights)) {
        if (!dt_cli_typed(table, "top")) return -1;
        return dt_cli_usage_error(&dt_cmd_infer, "--top is for the weights of a classifier; %s is none",
                                  o->weights);
    }
    for (size_t i = 0; i < sizeof boxes_only / sizeof *boxes_only; i++)
        if (dt_cli_typed(table, boxes_only[i]))
            return dt_cli_usage_error(&dt_cmd_infer, "--%s is for a detector; %s is a classifier",
                                      boxes_only[i], o->weights);
    dt_infer_classes_opts opts = {o->weights, o->device, (int)o->top, (int)o->threads, o->json};
    return dt_infer_classes(&dt_cmd_infer, &opts, operands, count);
}

static int infer(const infer_opts *o, const char *const *operands, int count)
{
    dt_error err = {0};
    dt_str text = {0};
    dt_json json = dt_json_begin(&text, 2);
    dt_mem_keep_freed();
    infer_job job = {.opts = o, .json = o->json ? &json : NULL};
    dt_status st = dt_infer_collect(operands, count, &job.files, &err);
    if (st == DT_OK) st = prepare(&job, &err);
    if (st == DT_OK) {
        if (job.json) dt_json_array(&json);
        run_files(&job);
        if (job.json) dt_json_array_end(&json);
        if (job.json && text.failed) st = dt_fail_memory(&err, text.len, "the JSON document");
        if (job.json && st == DT_OK) puts(text.data);
        if (!job.json && o->out)
            printf("%zu of %zu pictures done; see %s\n", job.files.count - (size_t)job.failed,
                   job.files.count, o->out);
    }
    int rc = st != DT_OK ? dt_cli_fail(&dt_cmd_infer, &err) : job.failed ? DT_EXIT_FAILED : DT_EXIT_OK;
    dt_str_free(&text);
    dt_detector_destroy(job.detector);
    dt_ctx_destroy(job.ctx);
    dt_names_free(&job.files);
    dt_names_free(&job.pictures);
    dt_names_free(&job.labels);
    return rc;
}

static int run(int argc, char **argv)
{
    infer_opts o = {.device = "cpu", .conf = -1, .iou = -1, .top = 5};
    const dt_opt table[] = {
        {"weights", "w|model", DT_OPT_STR, &o.weights, 0, 0, NULL, "FILE",
         "detector or classifier (best.safetensors of a training)"},
        {"top", NULL, DT_OPT_INT, &o.top, 1, 100000, NULL, "K", "classifier: best classes shown"},
        {"conf", "conf-thres|thresh", DT_OPT_F64, &o.conf, -1, 1, NULL, "X",
         "lowest score shown; -1: as stored in the weights (.25)"},
        {"iou", "iou-thres|nms", DT_OPT_F64, &o.iou, -1, 1, NULL, "X",
         "overlap above which the weaker box goes; -1: as stored (.7)"},
        {"max-det", NULL, DT_OPT_INT, &o.max_det, 0, 1000000, NULL, "N",
         "most boxes a picture; 0: as stored (300)"},
        {"imgsz", "img|img-size", DT_OPT_INT, &o.imgsz, 0, 8192, NULL, "N",
         "side of the network's input; 0: as trained"},
        {"agnostic", "agnostic-nms", DT_OPT_FLAG, &o.agnostic, 0, 0, NULL, NULL,
         "suppress across classes, too"},
        {"out", "project", DT_OPT_STR, &o.out, 0, 0, NULL, "DIR",
         "where drawn copies go (default: runs/infer; none with --json)"},
        {"no-draw", NULL, DT_OPT_FLAG, &o.no_draw, 0, 0, NULL, NULL, "no drawn copies"},
        {"save-txt", NULL, DT_OPT_FLAG, &o.save_txt, 0, 0, NULL, NULL, "YOLO rows in DIR/labels/<stem>.txt"},
        {"save-conf", NULL, DT_OPT_FLAG, &o.save_conf, 0, 0, NULL, NULL,
         "the score as sixth column of these rows"},
        {"threads", NULL, DT_OPT_INT, &o.threads, 0, 1024, NULL, "N", "compute threads, 0: all processors"},
        {"device", NULL, DT_OPT_STR, &o.device, 0, 0, NULL, "NAME", "cpu, cuda or cuda:N"},
        {"json", NULL, DT_OPT_FLAG, &o.json, 0, 0, NULL, NULL, "one JSON document on standard output"},
        {0},
    };
    const char **operands = dt_calloc((size_t)argc, sizeof *operands);
    if (!operands) {
        dt_error err = {0};
        dt_fail_memory(&err, (size_t)argc * sizeof *operands, "the arguments");
        return dt_cli_fail(&dt_cmd_infer, &err);
    }
    int count;
    int rc = dt_cli_parse(&dt_cmd_infer, table, argc, argv, operands, argc, &count);
    if (rc < 0 && count > 0 && o.weights) rc = infer_classes(&o, table, operands, count);
    if (rc < 0) rc = check_usage(&o, count);
    if (rc < 0) rc = infer(&o, operands, count);
    dt_free(operands);
    return rc;
}

const dt_command dt_cmd_infer = {
    .name = "infer",
    .usage = "dettool infer IMAGE|DIR... --weights FILE [options]",
    .summary = "find objects in images and draw them, or name what they show",
    .details =
        "Boxes are in pixels of the original picture (upright, as its EXIF tag says). A file that cannot be "
        "read is\n"
        "named, the others are done, and the exit code is 1.\n\n"
        "With the weights of a classifier the best classes of each picture are printed; nothing is drawn.\n\n"
        "Examples:\n"
        "  dettool infer leaf.jpg --weights runs/leaves/best.safetensors --top 3\n"
        "  dettool infer photo.jpg street/ --weights runs/train/best.safetensors --out drawn --save-txt",
    .run = run,
};
