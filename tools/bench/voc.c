/* A VOC set with the number of files, objects and sizes of VOC2012, for timing what reads and converts it.
 *
 *     ninja -C build bench_voc
 *     build/bench_voc /tmp/VOC2012 [FILES]        17,125 annotations with 40,138 objects, as many JPEG files
 *
 * Annotations have VOC2012's elements (source, pose, parts of one person in ten, tabs); pictures are flat gray of the
 * annotated size. ImageSets/Main has train, val and a list of leftovers, so that every annotation is in a split. The set is
 * the same, byte for byte, on every machine. */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/str.h"
#include "datasets/image/image.h"
#include "datasets/voc/voc.h"

enum { FILES = 17125, OBJECTS = 40138, SIZES = 4 };

static const int sizes[SIZES][2] = {{500, 375}, {375, 500}, {500, 333}, {333, 500}};

typedef struct lcg {
    uint64_t state;
} lcg;

static int next(lcg *g, int below)
{
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    return (int)((g->state >> 33) % (uint64_t)below);
}

static void put_box(dt_str *out, const char *indent, int x, int y, int w, int h)
{
    dt_str_printf(out,
                  "%s<bndbox>\n%s\t<xmax>%d</xmax>\n%s\t<xmin>%d</xmin>\n%s\t<ymax>%d</ymax>\n"
                  "%s\t<ymin>%d</ymin>\n%s</bndbox>\n",
                  indent, indent, x + w, indent, x + 1, indent, y + h, indent, y + 1, indent);
}

static void put_object(dt_str *out, lcg *g, int width, int height)
{
    static const char *const poses[] = {"Unspecified", "Frontal", "Left", "Right", "Rear"};
    int w = 16 + next(g, width - 16), h = 16 + next(g, height - 16);
    int x = next(g, width - w + 1), y = next(g, height - h + 1);
    int person = next(g, 10) < 4;
    dt_str_printf(out,
                  "\t<object>\n\t\t<name>%s</name>\n\t\t<pose>%s</pose>\n\t\t<truncated>%d</truncated>\n"
                  "\t\t<difficult>%d</difficult>\n",
                  person ? "person" : dt_voc_classes[next(g, 20)], poses[next(g, 5)], next(g, 2),
                  next(g, 12) == 0);
    put_box(out, "\t\t", x, y, w, h);
    if (person && next(g, 10) == 0) {
        dt_str_append(out, "\t\t<part>\n\t\t\t<name>head</name>\n");
        put_box(out, "\t\t\t", x, y, w / 2, h / 2);
        dt_str_append(out, "\t\t</part>\n");
    }
    dt_str_append(out, "\t</object>\n");
}

static void put_annotation(dt_str *out, lcg *g, const char *stem, const int size[2], int objects)
{
    dt_str_printf(out, "<annotation>\n\t<filename>%s.jpg</filename>\n\t<folder>VOC2012</folder>\n", stem);
    for (int i = 0; i < objects; i++)
        put_object(out, g, size[0], size[1]);
    dt_str_printf(out,
                  "\t<segmented>0</segmented>\n\t<size>\n\t\t<depth>3</depth>\n\t\t<height>%d</height>\n"
                  "\t\t<width>%d</width>\n\t</size>\n\t<source>\n\t\t<annotation>PASCAL "
                  "VOC2012</annotation>\n\t\t<database>The VOC2012 Database</database>\n"
                  "\t\t<image>flickr</image>\n\t</source>\n</annotation>\n",
                  size[1], size[0]);
}

static dt_status write_text(const char *folder, const char *name, const char *extension, const char *data,
                            size_t size, dt_error *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, extension);
    FILE *f = fopen(path, "wb");
    if (!f) return dt_fail(err, DT_ERR_IO, "%s cannot be written", path);
    int failed = fwrite(data, 1, size, f) != size;
    failed |= fclose(f) != 0;
    return failed ? dt_fail(err, DT_ERR_IO, "%s: write failed", path) : DT_OK;
}

/* The bytes of a flat JPEG of each size. */
static dt_status make_pictures(const char *root, char *data[SIZES], size_t bytes[SIZES], dt_error *err)
{
    for (int i = 0; i < SIZES; i++) {
        dt_image image;
        char path[4096];
        snprintf(path, sizeof path, "%s/picture.jpg", root);
        DT_TRY(dt_image_create(&image, sizes[i][0], sizes[i][1], 3, err));
        memset(image.data, 114, (size_t)image.width * (size_t)image.height * 3);
        dt_status st = dt_image_save(path, &image, 90, err);
        dt_image_free(&image);
        DT_TRY(st);
        DT_TRY(dt_file_read(path, 1 << 24, &data[i], &bytes[i], err));
        remove(path);
    }
    return DT_OK;
}

static dt_status make(const char *root, int files, dt_error *err)
{
    char annotations[2048], images[2048], lists[2048], stem[32];
    char *picture[SIZES] = {0};
    size_t bytes[SIZES];
    dt_str split[3] = {{0}};
    static const char *const names[3] = {"train", "val", "rest"};
    lcg g = {1};
    snprintf(annotations, sizeof annotations, "%s/Annotations", root);
    snprintf(images, sizeof images, "%s/JPEGImages", root);
    snprintf(lists, sizeof lists, "%s/ImageSets/Main", root);
    DT_TRY(dt_mkdirs(annotations, err));
    DT_TRY(dt_mkdirs(images, err));
    DT_TRY(dt_mkdirs(lists, err));
    DT_TRY(make_pictures(root, picture, bytes, err));
    dt_status st = DT_OK;
    for (int i = 0; i < files && st == DT_OK; i++) {
        dt_str text = {0};
        int size = next(&g, SIZES);
        /* So many that all files together have OBJECTS. */
        int objects = (int)((int64_t)OBJECTS * (i + 1) / FILES - (int64_t)OBJECTS * i / FILES);
        snprintf(stem, sizeof stem, "%d_%06d", 2007 + i % 6, i);
        put_annotation(&text, &g, stem, sizes[size], objects);
        dt_str_printf(&split[i % 3], "%s\n", stem);
        st = write_text(annotations, stem, ".xml", text.data, text.len, err);
        if (st == DT_OK) st = write_text(images, stem, ".jpg", picture[size], bytes[size], err);
        dt_str_free(&text);
    }
    for (int i = 0; i < 3; i++) {
        if (st == DT_OK && split[i].len)
            st = write_text(lists, names[i], ".txt", split[i].data, split[i].len, err);
        dt_str_free(&split[i]);
    }
    for (int i = 0; i < SIZES; i++)
        dt_free(picture[i]);
    return st;
}

int main(int argc, char **argv)
{
    int64_t files = FILES;
    dt_error err = {0};
    if (argc < 2 || argc > 3 ||
        (argc == 3 && (dt_parse_i64_all(argv[2], &files) != 0 || files < 1 || files > FILES))) {
        fprintf(stderr, "usage: %s DIR [FILES]\n", argv[0]);
        return 2;
    }
    if (make(argv[1], (int)files, &err) == DT_OK) return 0;
    fprintf(stderr, "%s\n", err.text);
    return 1;
}
