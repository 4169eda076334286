/* A file of the size of COCO's instances_train2017.json, and the time and memory that reading it takes.
 *
 *     ninja -C build bench_coco
 *     build/bench_coco make /tmp/instances_train2017.json [IMAGES]    118,287 images, 860,001 annotations
 *     build/bench_coco read /tmp/instances_train2017.json
 *
 * The file is the same, byte for byte, on every machine. `read` prints one line of JSON; peak_mb is of the process. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/file.h"
#include "core/num.h"
#include "datasets/coco/coco.h"

enum { IMAGES = 118287, ANNOTATIONS = 860001, CATEGORIES = 80 };

typedef struct lcg {
    uint64_t state;
} lcg;

/* 31 bits of a 64-bit linear congruence: enough to make up boxes. */
static int next(lcg *g, int below)
{
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    return (int)((g->state >> 33) % (uint64_t)below);
}

static void put_hundredths(FILE *out, int v)
{
    fprintf(out, "%d.%02d", v / 100, v % 100);
}

/* COCO's ids have holes: 1..90 without ten of them. */
static int category_id(int index)
{
    static const int after[] = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83};
    int id = index + 1;
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        id += id >= after[i];
    return id;
}

static void put_images(FILE *out, int images)
{
    for (int i = 0; i < images; i++) {
        long long id = 9 + (long long)i * 5;
        fprintf(out,
                "%s{\"license\": %d,\"file_name\": \"%012lld.jpg\",\"coco_url\": "
                "\"http://images.cocodataset.org/train2017/%012lld.jpg\",\"height\": %d,\"width\": "
                "640,\"date_captured\": \"2013-11-14 11:18:45\",\"flickr_url\": "
                "\"http://farm9.staticflickr.com/8186/8119368305_4e622c8349_z.jpg\",\"id\": %lld}",
                i ? "," : "", i % 8 + 1, id, id, 426 + i % 55, id);
    }
}

/* Polygons of 8 to 47 points, around the box; one object in a hundred is a crowd with an RLE. */
static void put_annotation(FILE *out, lcg *g, int index, int images)
{
    int w = 500 + next(g, 30000), h = 500 + next(g, 20000), x = next(g, 64000 - w), y = next(g, 42600 - h);
    int crowd = index % 100 == 99, points = 8 + next(g, 40);
    fputs(index ? ",{\"segmentation\": " : "{\"segmentation\": ", out);
    if (crowd) {
        fputs("{\"counts\": [", out);
        for (int i = 0; i < points * 2; i++)
            fprintf(out, "%s%d", i ? "," : "", next(g, 400));
        fputs("],\"size\": [426,640]}", out);
    } else {
        fputs("[[", out);
        for (int i = 0; i < points; i++) {
            if (i) fputc(',', out);
            put_hundredths(out, x + next(g, w));
            fputc(',', out);
            put_hundredths(out, y + next(g, h));
        }
        fputs("]]", out);
    }
    fputs(",\"area\": ", out);
    put_hundredths(out, (int)((double)w * h / 200));
    fprintf(out, ",\"iscrowd\": %d,\"image_id\": %lld,\"bbox\": [", crowd,
            9 + (long long)next(g, images) * 5);
    const int box[4] = {x, y, w, h};
    for (int i = 0; i < 4; i++) {
        if (i) fputc(',', out);
        put_hundredths(out, box[i]);
    }
    fprintf(out, "],\"category_id\": %d,\"id\": %d}", category_id(next(g, CATEGORIES)), 156 + index * 2);
}

static int make(const char *path, int images)
{
    int annotations = (int)((int64_t)ANNOTATIONS * images / IMAGES);
    lcg g = {1};
    FILE *out = fopen(path, "wb");
    if (!out) {
        perror(path);
        return 1;
    }
    fputs("{\"info\": {\"description\": \"made by bench_coco\"},\"licenses\": [],\"images\": [", out);
    put_images(out, images);
    fputs("],\"annotations\": [", out);
    for (int i = 0; i < annotations; i++)
        put_annotation(out, &g, i, images);
    fputs("],\"categories\": [", out);
    for (int i = 0; i < CATEGORIES; i++)
        fprintf(out, "%s{\"supercategory\": \"thing\",\"id\": %d,\"name\": \"class %d\"}", i ? "," : "",
                category_id(i), i);
    fputs("]}\n", out);
    int failed = ferror(out) | fclose(out);
    if (failed) perror(path);
    return failed != 0;
}

static int read_file(const char *path)
{
    const dt_coco_read_opts opts = {.no_images = 1};
    dt_dataset set;
    dt_findings findings = {0};
    dt_error err = {0};
    struct rusage usage;
    double start = dt_seconds();
    if (dt_coco_read(path, &opts, &set, &findings, &err) != DT_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    double seconds = dt_seconds() - start;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"seconds\":%.3f,\"peak_mb\":%.1f,\"images\":%zu,\"objects\":%zu,\"classes\":%zu,\"findings\":%"
           "zu}\n",
           seconds, (double)usage.ru_maxrss / 1024, set.record_count, set.object_count, set.class_count,
           findings.count);
    dt_dataset_free(&set);
    dt_findings_free(&findings);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t images = IMAGES;
    if (argc == 3 && strcmp(argv[1], "read") == 0) return read_file(argv[2]);
    int typed =
        argc == 4 ? dt_parse_i64_all(argv[3], &images) == 0 && images > 0 && images <= IMAGES : argc == 3;
    if (typed && strcmp(argv[1], "make") == 0) return make(argv[2], (int)images);
    fprintf(stderr, "usage: %s make FILE [IMAGES] | read FILE\n", argv[0]);
    return 2;
}
