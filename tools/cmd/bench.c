#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/optim.h"
#include "core/rng.h"
#include "losses/loss.h"
#include "models/blocks.h"
#include "models/detector.h"
#include "models/registry.h"
#include "tools/bench_loader.h"
#include "tools/cli.h"
#include "tools/op_times.h"

/* What is timed: one forward pass, or one whole training step (forward, loss, backward, SGD with momentum),
 * on random pictures. */
typedef struct bench {
    dt_ctx *ctx;
    const dt_model_entry *entry;
    dt_detector *detector; /* or NULL */
    dt_module *net;
    dt_optim *optim;
    dt_tensor *images;
    int64_t batch, imgsz;
    int64_t *classes;
    float *boxes; /* one a picture */
    int32_t *box_class, *box_image;
    int train;
    dt_op_times *ops; /* or NULL */
} bench;

static dt_status add_param(void *arg, const char *full_name, dt_module *owner, dt_param *param)
{
    (void)owner;
    bench *b = arg;
    return param->is_buffer ? DT_OK : dt_optim_add_param(b->ctx, b->optim, 0, full_name, param->tensor);
}

static dt_status make_network(bench *b)
{
    static const char *const names[] = {"object"};
    if (b->entry->task == DT_TASK_DETECT) {
        dt_detector_opts opts = dt_detector_defaults();
        opts.model = b->entry->name;
        opts.names = names;
        opts.class_count = 1;
        opts.imgsz = (int)b->imgsz;
        b->detector = dt_detector_create(b->ctx, &opts);
        if (!b->detector) return dt_ctx_status(b->ctx);
        b->net = dt_detector_net(b->detector);
        dt_detector_train(b->detector, b->train);
        return b->train ? DT_OK : dt_detector_fuse(b->ctx, b->detector);
    }
    b->net = b->entry->make(b->ctx, NULL, NULL, 1000);
    if (!b->net) return dt_ctx_status(b->ctx);
    dt_module_train(b->net, b->train);
    return b->train ? DT_OK : dt_module_fold_norms(b->ctx, b->net);
}

static dt_status prepare(bench *b)
{
    if (make_network(b) != DT_OK) return dt_ctx_status(b->ctx);
    b->images = dt_empty(b->ctx, DT_F32, DT_SHAPE(b->batch, 3, b->imgsz, b->imgsz));
    b->classes = dt_calloc((size_t)b->batch, sizeof *b->classes);
    b->boxes = dt_calloc((size_t)b->batch * 4, sizeof *b->boxes);
    b->box_class = dt_calloc((size_t)b->batch, sizeof *b->box_class);
    b->box_image = dt_calloc((size_t)b->batch, sizeof *b->box_image);
    if (!b->classes || !b->boxes || !b->box_class || !b->box_image)
        return dt_ctx_fail_memory(b->ctx, (size_t)b->batch * 8, "targets");
    if (!b->images) return dt_ctx_status(b->ctx);
    dt_rng rng = dt_rng_make(1, DT_RNG_TEST, 0, 0);
    int64_t n = dt_numel(b->images);
    for (int64_t i = 0; i < n; i++)
        dt_f32(b->images)[i] = dt_rng_f32(&rng) * 2 - 1;
    for (int64_t i = 0; i < b->batch; i++) {
        b->classes[i] = (int64_t)dt_rng_below(&rng, 1000);
        b->box_image[i] = (int32_t)i;
        float side = (float)b->imgsz;
        for (int k = 0; k < 4; k++)
            b->boxes[i * 4 + k] = side * (k < 2 ? 0.2f : 0.5f) + side * 0.3f * dt_rng_f32(&rng);
    }
    if (!b->train) return DT_OK;
    b->optim = dt_optim_create(b->ctx, DT_SGD);
    if (!b->optim) return dt_ctx_status(b->ctx);
    dt_group_opts opts = dt_group_defaults(DT_SGD);
    opts.lr = 0.001;
    opts.momentum = 0.9;
    opts.weight_decay = 1e-4;
    dt_optim_add_group(b->ctx, b->optim, "all", &opts);
    dt_module_each_param(b->net, add_param, b);
    return dt_ctx_status(b->ctx);
}

static void enter(bench *b, dt_phase phase)
{
    if (b->ops) b->ops->phase = phase;
}

static dt_status train_step(bench *b)
{
    dt_tensor *loss;
    dt_optim_zero_grad(b->optim);
    enter(b, DT_PHASE_FORWARD);
    if (b->detector) {
        dt_detector_labels labels = {
            .n = b->batch, .boxes = b->boxes, .cls = b->box_class, .image = b->box_image};
        dt_detector_losses parts;
        loss = dt_detector_loss(b->ctx, b->detector, b->images, &labels, &parts);
    } else {
        loss = dt_cross_entropy(b->ctx, dt_forward(b->ctx, b->net, b->images), b->classes, b->batch, NULL);
    }
    enter(b, DT_PHASE_BACKWARD);
    if (dt_backward(b->ctx, loss, NULL) != DT_OK) return dt_ctx_status(b->ctx);
    return dt_optim_step(b->ctx, b->optim);
}

static dt_status infer_step(bench *b)
{
    if (b->detector) {
        dt_tensor *boxes, *scores;
        return dt_detector_forward(b->ctx, b->detector, b->images, &boxes, &scores);
    }
    dt_forward(b->ctx, b->net, b->images);
    return dt_ctx_status(b->ctx);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One untimed run, then `count` timed ones; milliseconds a picture, sorted. */
static dt_status measure(bench *b, double *ms, int64_t count)
{
    dt_grad_enable(b->ctx, b->train);
    for (int64_t i = -1; i < count; i++) {
        dt_scope scope = dt_scope_open(b->ctx);
        dt_ctx_set_step(b->ctx, (uint64_t)(i + 1));
        if (b->ops && i == 0) dt_ctx_set_op_timer(b->ctx, dt_op_times_add, b->ops);
        double start = dt_seconds();
        dt_status st = b->train ? train_step(b) : infer_step(b);
        dt_scope_close(b->ctx, scope);
        if (st != DT_OK) return st;
        if (i >= 0) ms[i] = (dt_seconds() - start) * 1e3 / (double)b->batch;
    }
    qsort(ms, (size_t)count, sizeof *ms, by_value);
    return DT_OK;
}

static dt_status report(const bench *b, const double *ms, int64_t count, int json)
{
    int threads = dt_pool_threads(dt_ctx_pool(b->ctx));
    double median = count % 2 ? ms[count / 2] : (ms[count / 2 - 1] + ms[count / 2]) / 2;
    double peak_mb = (double)dt_mem_peak() / 1e6, total = 0;
    for (int64_t i = 0; i < count; i++)
        total += ms[i];
    total /= (double)count;
    int64_t images = count * b->batch;
    if (!json) {
        printf("%s %s, %lld x %lld, batch %lld, %d threads: %.2f ms an image at best, %.2f median of %lld; "
               "%.0f MB\n",
               b->entry->name, b->train ? "training step" : "forward", (long long)b->imgsz,
               (long long)b->imgsz, (long long)b->batch, threads, ms[0], median, (long long)count, peak_mb);
        if (b->ops) dt_op_times_text(b->ops, images, total, stdout);
        return DT_OK;
    }
    dt_str out = {0};
    dt_json j = dt_json_begin(&out, 2);
    dt_json_object(&j);
    dt_json_key(&j, "model");
    dt_json_str(&j, b->entry->name);
    dt_json_key(&j, "train");
    dt_json_bool(&j, b->train);
    dt_json_key(&j, "imgsz");
    dt_json_int(&j, b->imgsz);
    dt_json_key(&j, "batch");
    dt_json_int(&j, b->batch);
    dt_json_key(&j, "threads");
    dt_json_int(&j, threads);
    dt_json_key(&j, "ms_min");
    dt_json_num(&j, ms[0]);
    dt_json_key(&j, "ms_median");
    dt_json_num(&j, median);
    dt_json_key(&j, "peak_mb");
    dt_json_num(&j, peak_mb);
    if (b->ops) dt_op_times_json(b->ops, images, total, &j);
    dt_json_object_end(&j);
    dt_status st = out.failed ? dt_ctx_fail_memory(b->ctx, out.len, "the result") : DT_OK;
    if (st == DT_OK) puts(out.data);
    dt_str_free(&out);
    return st;
}

static void bench_free(bench *b)
{
    if (b->optim) dt_optim_destroy(b->optim);
    if (b->detector)
        dt_detector_destroy(b->detector);
    else
        dt_module_destroy(b->net);
    dt_free(b->classes);
    dt_free(b->boxes);
    dt_free(b->box_class);
    dt_free(b->box_image);
    dt_ctx_destroy(b->ctx);
}

static int run(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "loader") == 0) return dt_bench_loader(argc - 1, argv + 1);
    int64_t imgsz = 0, batch = 1, threads = 0, repeat = 10;
    int train = 0, json = 0, by_op = 0;
    dt_op_times times = {0};
    const char *operands[1];
    const dt_opt opts[] = {
        {"imgsz", "img", DT_OPT_INT, &imgsz, 0, 4096, NULL, "N", "side of the pictures; 0: the model's own"},
        {"batch", "b", DT_OPT_INT, &batch, 1, 4096, NULL, "N", "pictures at a time"},
        {"threads", NULL, DT_OPT_INT, &threads, 0, 1024, NULL, "N", "0: one for each processor"},
        {"repeat", "n", DT_OPT_INT, &repeat, 1, 100000, NULL, "N", "timed runs"},
        {"train", NULL, DT_OPT_FLAG, &train, 0, 0, NULL, NULL,
         "time a training step instead of a forward pass"},
        {"ops", NULL, DT_OPT_FLAG, &by_op, 0, 0, NULL, NULL, "what every op takes of it, too"},
        {"json", NULL, DT_OPT_FLAG, &json, 0, 0, NULL, NULL, "one JSON document on stdout"},
        {0},
    };
    int count;
    int rc = dt_cli_parse(&dt_cmd_bench, opts, argc, argv, operands, 1, &count);
    if (rc >= 0) return rc;
    if (count != 1) return dt_cli_usage_error(&dt_cmd_bench, "one MODEL is needed");
    dt_error err = {0};
    bench b = {.train = train, .batch = batch, .ops = by_op ? &times : NULL};
    b.entry = dt_model_find_any(operands[0], &err);
    if (!b.entry) return dt_cli_usage_error(&dt_cmd_bench, "%s", err.text);
    b.imgsz = imgsz ? imgsz : b.entry->imgsz;
    double *ms = dt_calloc((size_t)repeat, sizeof *ms);
    if (!ms) {
        dt_fail_memory(&err, (size_t)repeat * sizeof *ms, "times");
        return dt_cli_fail(&dt_cmd_bench, &err);
    }
    dt_status st = dt_ctx_create(&(dt_ctx_opts){.threads = (int)threads, .seed = 1}, &b.ctx, &err);
    if (st != DT_OK) {
        dt_free(ms);
        return dt_cli_fail(&dt_cmd_bench, &err);
    }
    st = prepare(&b);
    if (st == DT_OK) st = measure(&b, ms, repeat);
    if (st == DT_OK) st = report(&b, ms, repeat, json);
    rc = st == DT_OK ? DT_EXIT_OK : dt_cli_fail(&dt_cmd_bench, dt_ctx_error(b.ctx));
    bench_free(&b);
    dt_free(ms);
    return rc;
}

const dt_command dt_cmd_bench = {
    .name = "bench",
    .usage = "dettool bench MODEL [options]\n       dettool bench loader [options]",
    .summary = "time a model (forward pass or training step) or the loader",
    .details =
        "Random weights and pictures, float32, on the CPU. Times are milliseconds a picture. The forward "
        "pass is\n"
        "timed with norms folded into the convolutions; a training step is forward, loss, backward and SGD "
        "with\n"
        "momentum. --ops adds the mean time in the kernels of every op; the optimizer is not one of them.\n\n"
        "Examples:\n"
        "  dettool bench resnet18 --train --batch 8 --threads 2 --json\n"
        "  dettool bench yolo-nano --ops\n"
        "  dettool bench loader --help",
    .run = run,
};
