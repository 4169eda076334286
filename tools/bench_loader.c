#include "tools/bench_loader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/pool.h"
#include "datasets/classes/class_set.h"
#include "datasets/detect_format.h"
#include "datasets/synthetic.h"
#include "tools/cli.h"
#include "tools/run_data.h"

/* ---- a job on several threads ---- */

typedef struct rate_run {
    dt_bench_job job;
    void *arg;
    double end;
    atomic_llong next, done;
    atomic_int stop;
} rate_run;

typedef struct rate_thread {
    rate_run *run;
    int index;
    pthread_t id;
    dt_error err;
} rate_thread;

static void *rate_main(void *p)
{
    rate_thread *t = p;
    rate_run *r = t->run;
    while (!atomic_load(&r->stop) && dt_seconds() < r->end) {
        if (r->job(r->arg, t->index, atomic_fetch_add(&r->next, 1), &t->err) != DT_OK) {
            atomic_store(&r->stop, 1);
            break;
        }
        atomic_fetch_add(&r->done, 1);
    }
    return NULL;
}

dt_status dt_bench_rate(dt_bench_job job, void *arg, int threads, double seconds, double *rate, dt_error *err)
{
    rate_thread *all = dt_calloc((size_t)threads, sizeof *all);
    if (!all) return dt_fail_memory(err, (size_t)threads * sizeof *all, "threads");
    dt_status st = job(arg, 0, 0, err); /* first touch of buffers and pages */
    double begin = dt_seconds();
    rate_run run = {.job = job, .arg = arg, .end = begin + seconds};
    int started = 0;
    for (; started < threads && st == DT_OK; started++) {
        all[started] = (rate_thread){.run = &run, .index = started};
        if (pthread_create(&all[started].id, NULL, rate_main, &all[started]) != 0) {
            st = dt_fail(err, DT_ERR_STATE, "thread %d of %d does not start", started + 1, threads);
            atomic_store(&run.stop, 1);
            break;
        }
    }
    for (int i = 0; i < started; i++) {
        pthread_join(all[i].id, NULL);
        if (st == DT_OK && all[i].err.status != DT_OK)
            st = dt_fail(err, all[i].err.status, "%s", all[i].err.text);
    }
    *rate = (double)atomic_load(&run.done) / (dt_seconds() - begin);
    dt_free(all);
    return st;
}

/* ---- the pictures ---- */

typedef struct bench_set {
    dt_dataset set;
    dt_findings findings;
    dt_split_source source;
    dt_bench_files files;
    char *made; /* folder of a generated set, removed at the end */
} bench_set;

static int is_jpeg(const char *path)
{
    const char *ext = path ? dt_path_extension(path) : "";
    return (strcasecmp(ext, ".jpg") == 0 || strcasecmp(ext, ".jpeg") == 0) && dt_is_file(path);
}

/* A folder of pictures without labels. */
static dt_status read_folder(const char *dir, dt_dataset *set, dt_error *err)
{
    dt_names names;
    DT_TRY(dt_dir_list(dir, &names, err));
    dt_status st = DT_OK;
    for (size_t i = 0; i < names.count && st == DT_OK; i++) {
        dt_record *record;
        char *path = dt_path_join(dir, names.items[i]);
        st = !path           ? dt_fail_memory(err, 64, "a path")
             : is_jpeg(path) ? dt_dataset_add_record(set, path, NULL, &record, err)
                             : DT_OK;
        dt_free(path);
    }
    dt_names_free(&names);
    return st;
}

/* The pictures of class folders; those of CIFAR and MNIST are no files. */
static dt_status read_classes(const char *path, dt_dataset *set, dt_error *err)
{
    dt_class_set classes;
    const dt_class_opts opts = {0};
    DT_TRY(dt_class_set_open(path, &opts, &classes, NULL, err));
    dt_status st = classes.format == DT_CLASSES_FOLDER
                       ? DT_OK
                       : dt_fail(err, DT_ERR_ARG,
                                 "%s: its pictures lie in memory, there are no JPEG files to time", path);
    for (int s = 0; s < DT_CLASS_SPLITS; s++)
        for (int64_t i = 0; i < classes.splits[s].count && st == DT_OK; i++) {
            dt_record *record;
            st = dt_dataset_add_record(set, classes.splits[s].records[i].file, NULL, &record, err);
        }
    dt_class_set_free(&classes);
    return st;
}

enum { MADE_PICTURES = 64 };

static dt_status make_set(bench_set *b, dt_error *err)
{
    const char *tmp = getenv("TMPDIR");
    b->made = dt_format("%s/dettool-bench-XXXXXX", tmp ? tmp : "/tmp");
    if (!b->made) return dt_fail_memory(err, 64, "a path");
    if (!mkdtemp(b->made)) {
        dt_free(b->made);
        b->made = NULL;
        return dt_fail(err, DT_ERR_IO, "no folder for the pictures can be made in %s", tmp ? tmp : "/tmp");
    }
    return dt_synthetic_write_voc(b->made, 1, MADE_PICTURES, NULL, NULL, err);
}

/* Everything in a folder that this command made. */
static void remove_made(const char *path)
{
    dt_names names;
    dt_error err;
    if (dt_is_dir(path) && dt_dir_list(path, &names, &err) == DT_OK) {
        for (size_t i = 0; i < names.count; i++) {
            char *child = dt_path_join(path, names.items[i]);
            if (child) remove_made(child);
            dt_free(child);
        }
        dt_names_free(&names);
        rmdir(path);
    } else {
        unlink(path);
    }
}

static dt_status take_files(bench_set *b, dt_error *err)
{
    size_t n = b->set.record_count;
    b->source = (dt_split_source){
        .set = &b->set, .records = dt_calloc(n, sizeof *b->source.records), .bad = dt_calloc(n, 1)};
    b->files = (dt_bench_files){.data = dt_calloc(n, sizeof *b->files.data),
                                .names = dt_calloc(n, sizeof *b->files.names),
                                .size = dt_calloc(n, sizeof *b->files.size)};
    if (!b->source.records || !b->source.bad || !b->files.data || !b->files.names || !b->files.size)
        return dt_fail_memory(err, n * 32, "the list of pictures");
    for (size_t i = 0; i < n; i++) {
        const char *path = b->set.records[i].image;
        if (!is_jpeg(path)) continue;
        int64_t k = b->source.count++;
        b->source.records[k] = i;
        b->files.names[k] = path;
        DT_TRY(dt_file_read(path, 1 << 30, &b->files.data[k], &b->files.size[k], err));
        b->files.count++;
    }
    return DT_OK;
}

static dt_status open_set(bench_set *b, const char *path, dt_error *err)
{
    if (!path) DT_TRY(make_set(b, err));
    const char *from = path ? path : b->made;
    dt_status st = dt_class_set_is(from)
                       ? read_classes(from, &b->set, err)
                       : dt_dataset_read(from, NULL, NULL, &b->set, NULL, &b->findings, err);
    if (st == DT_ERR_NOT_FOUND && dt_is_dir(from)) {
        dt_error_clear(err);
        st = read_folder(from, &b->set, err);
    }
    if (st == DT_OK) st = take_files(b, err);
    if (st == DT_OK && b->source.count == 0)
        st = dt_fail(err, DT_ERR_NOT_FOUND, "%s: no JPEG picture was found", from);
    return st;
}

static void close_set(bench_set *b)
{
    for (int64_t i = 0; i < b->files.count; i++)
        dt_free(b->files.data[i]);
    dt_free(b->files.data);
    dt_free(b->files.names);
    dt_free(b->files.size);
    dt_split_source_free(&b->source);
    dt_dataset_free(&b->set);
    dt_findings_free(&b->findings);
    if (b->made) remove_made(b->made);
    dt_free(b->made);
}

/* ---- what is timed ---- */

static dt_status load_one(void *arg, int thread, int64_t i, dt_error *err)
{
    (void)thread;
    const dt_split_source *s = arg;
    dt_image image = {0};
    dt_status st = dt_image_load(dt_split_source_record(s, i % s->count)->image, NULL, &image, NULL, err);
    dt_image_free(&image);
    return st;
}

/* Whole batches: the clock runs from the first one on. */
static dt_status loader_rate(bench_set *b, const dt_loader_opts *opts, double seconds, double *rate,
                             dt_error *err)
{
    dt_source source = dt_split_source_as_source(&b->source);
    dt_loader *loader;
    DT_TRY(dt_loader_create(&source, opts, &loader, err));
    double begin = 0, now = 0;
    int64_t images = 0;
    dt_status st = DT_OK;
    for (int64_t epoch = 0; st == DT_OK && (begin == 0 || now - begin < seconds); epoch++) {
        const dt_batch *batch = NULL;
        st = dt_loader_start(loader, epoch, 0, err);
        while (st == DT_OK && (begin == 0 || now - begin < seconds)) {
            st = dt_loader_next(loader, &batch, err);
            if (st != DT_OK || !batch) break;
            now = dt_seconds();
            if (begin == 0)
                begin = now;
            else
                images += batch->count;
        }
    }
    dt_loader_destroy(loader);
    *rate = now > begin ? (double)images / (now - begin) : 0;
    return st;
}

enum { JPEG, DECODE, LETTERBOX, MOSAIC, STAGES };

static const struct {
    const char *key, *title;
    int decodes; /* of JPEG files a picture */
} stages[STAGES] = {{"libjpeg", "libjpeg-turbo alone", 1},
                    {"decode", "decode", 1},
                    {"letterbox", "decode, letterbox, floats", 1},
                    {"mosaic", "training: mosaic, HSV, flips", 4}};

typedef struct bench_opts {
    const char *data;
    int64_t imgsz, batch, workers;
    double seconds;
    int json, reduced;
} bench_opts;

static dt_status measure_stage(bench_set *b, const bench_opts *o, int stage, int workers, double *rate,
                               dt_error *err)
{
    if (stage == JPEG) return dt_bench_jpeg(&b->files, workers, o->seconds, rate, err);
    if (stage == DECODE) return dt_bench_rate(load_one, &b->source, workers, o->seconds, rate, err);
    dt_loader_opts lo = dt_loader_defaults();
    lo.batch = (int)o->batch;
    lo.imgsz = (int)o->imgsz;
    lo.workers = workers;
    lo.shuffle = lo.augment = stage == MOSAIC;
    b->source.reduce_to = o->reduced ? (int)o->imgsz : 0;
    return loader_rate(b, &lo, o->seconds, rate, err);
}

/* Time beyond libjpeg's, in shares of libjpeg's. */
static double own_share(const double *rates, int stage)
{
    double jpeg = stages[stage].decodes / rates[JPEG];
    return (1 / rates[stage] - jpeg) / jpeg;
}

static void print_text(const bench_set *b, const bench_opts *o, double rates[2][STAGES])
{
    printf("%lld pictures, %lld x %lld, batch %lld; images a second\n", (long long)b->source.count,
           (long long)o->imgsz, (long long)o->imgsz, (long long)o->batch);
    printf("%-30s %10s %6lld workers   scaling   our own work, of libjpeg's time\n", "", "1 worker",
           (long long)o->workers);
    for (int s = 0; s < STAGES; s++) {
        printf("%-30s %10.1f %14.1f %8.2fx", stages[s].title, rates[0][s], rates[1][s],
               rates[1][s] / rates[0][s]);
        if (s != JPEG) printf("   %5.1f %%", 100 * own_share(rates[0], s));
        putchar('\n');
    }
}

static dt_status print_json(const bench_set *b, const bench_opts *o, double rates[2][STAGES], dt_error *err)
{
    dt_str text = {0};
    dt_json j = dt_json_begin(&text, 2);
    dt_json_object(&j);
    dt_json_key(&j, "images"), dt_json_int(&j, b->source.count);
    dt_json_key(&j, "imgsz"), dt_json_int(&j, o->imgsz);
    dt_json_key(&j, "batch"), dt_json_int(&j, o->batch);
    dt_json_key(&j, "workers"), dt_json_int(&j, o->workers);
    for (int s = 0; s < STAGES; s++) {
        dt_json_key(&j, stages[s].key);
        dt_json_compact(&j);
        dt_json_object(&j);
        dt_json_key(&j, "images_per_s_1"), dt_json_num(&j, rates[0][s]);
        dt_json_key(&j, "images_per_s_n"), dt_json_num(&j, rates[1][s]);
        dt_json_key(&j, "own_share"), dt_json_num(&j, s == JPEG ? 0 : own_share(rates[0], s));
        dt_json_object_end(&j);
    }
    dt_json_object_end(&j);
    dt_status st = text.failed ? dt_fail_memory(err, text.len, "the result") : DT_OK;
    if (st == DT_OK) puts(text.data);
    dt_str_free(&text);
    return st;
}

static dt_status bench(const bench_opts *o, dt_error *err)
{
    bench_set b = {0};
    double rates[2][STAGES] = {{0}};
    dt_status st = open_set(&b, o->data, err);
    for (int s = 0; s < STAGES && st == DT_OK; s++)
        for (int n = 0; n < 2 && st == DT_OK; n++) {
            if (n == 1 && o->workers == 1)
                rates[1][s] = rates[0][s];
            else
                st = measure_stage(&b, o, s, n ? (int)o->workers : 1, &rates[n][s], err);
            if (st == DT_OK && rates[n][s] <= 0)
                st = dt_fail(err, DT_ERR_STATE, "no picture was ready in time; --seconds %g is too short",
                             o->seconds);
        }
    if (st == DT_OK && o->json)
        st = print_json(&b, o, rates, err);
    else if (st == DT_OK)
        print_text(&b, o, rates);
    close_set(&b);
    return st;
}

static const dt_command command = {
    .name = "bench loader",
    .usage = "dettool bench loader [--data PATH] [options]",
    .summary = "time reading, decoding and augmentation",
    .details =
        "PATH is a data set of any format, class folders, or a folder of pictures; only its JPEG files are "
        "timed. Without "
        "--data a set is\n"
        "generated. Nothing is cached between pictures, as in the first epoch of a set that does not fit in "
        "memory; a mosaic\n"
        "decodes four files. 'Our own work' is the time beyond libjpeg-turbo's own decoding of the same "
        "files from memory,\n"
        "with one worker.\n\n"
        "Examples:\n"
        "  dettool bench loader --data data/voc/data.yaml --workers 8\n"
        "  dettool bench loader --data photos --imgsz 320 --seconds 10 --json",
};

int dt_bench_loader(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    bench_opts o = {.imgsz = 640, .batch = 16, .seconds = 3, .workers = processors > 1 ? processors : 1};
    const dt_opt opts[] = {
        {"data", NULL, DT_OPT_STR, &o.data, 0, 0, NULL, "PATH", "data set or folder of pictures"},
        {"imgsz", "img", DT_OPT_INT, &o.imgsz, 32, 4096, NULL, "N", "side of the network's input"},
        {"batch", "b", DT_OPT_INT, &o.batch, 1, 4096, NULL, "N", "pictures a batch"},
        {"workers", "w", DT_OPT_INT, &o.workers, 1, 256, NULL, "N", "threads of the second column"},
        {"seconds", NULL, DT_OPT_F64, &o.seconds, .01, 3600, NULL, "S", "time for each figure"},
        {"reduced-decode", NULL, DT_OPT_FLAG, &o.reduced, 0, 0, NULL, NULL,
         "the loader decodes large files at 1/2, 1/4 or 1/8"},
        {"json", NULL, DT_OPT_FLAG, &o.json, 0, 0, NULL, NULL, "one JSON document on stdout"},
        {0},
    };
    int count;
    int rc = dt_cli_parse(&command, opts, argc, argv, NULL, 0, &count);
    if (rc >= 0) return rc;
    dt_error err = {0};
    dt_mem_keep_freed(); /* as dettool train does */
    return bench(&o, &err) == DT_OK ? DT_EXIT_OK : dt_cli_fail(&command, &err);
}
