/* Class sets: what each format holds, and what each of its faults is called. */
#include "datasets/classes/class_set.h"

#include <zlib.h>

#include "core/str.h"
#include "fixture.h"

static const dt_class_opts fifth = {.val_share = .2};

static char text[4096]; /* of the error of the last opening */

static dt_status try_open(const char *path, dt_class_set *set, dt_findings *findings)
{
    dt_error err = {0};
    dt_status st = dt_class_set_open(path, &fifth, set, findings, &err);
    snprintf(text, sizeof text, "%s", err.text);
    return st;
}

/* Opens without success: the message has all of the parts ('|' between them). */
static void refused(const char *path, dt_status status, const char *parts)
{
    dt_class_set set;
    char copy[512], *rest = copy;
    snprintf(copy, sizeof copy, "%s", parts);
    CHECK_INT(try_open(path, &set, NULL), status);
    for (char *part = strtok_r(rest, "|", &rest); part; part = strtok_r(NULL, "|", &rest))
        CHECK_MSG(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
    dt_class_set_free(&set);
}

static const char *prefixed(const char *prefix, const fixture *f, const char *name)
{
    static char path[4][700];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s%s", prefix, fixture_path(f, name));
    return out;
}

/* ---- CIFAR ---- */

enum { PIXELS = 3072 };

static uint8_t pixel(int64_t picture, size_t i)
{
    return (uint8_t)(i * 7 + i / 1024 * 31 + (size_t)picture * 13);
}

/* `count` rows of `labels` bytes and pixels; label byte k of picture i is (first + i + k) % classes. */
static void cifar_file(const fixture *f, const char *name, int labels, int count, int first, int classes,
                       size_t cut)
{
    size_t row = (size_t)labels + PIXELS, size = row * (size_t)count;
    uint8_t *data = dt_malloc(size);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < labels; k++)
            data[(size_t)i * row + (size_t)k] = (uint8_t)((first + i + k) % classes);
        for (size_t p = 0; p < PIXELS; p++)
            data[(size_t)i * row + (size_t)labels + p] = pixel(i, p);
    }
    fixture_bytes(f, name, data, size - cut);
    dt_free(data);
}

static void expect_picture(const dt_class_split *split, int64_t index, int32_t cls)
{
    dt_source source = dt_class_split_source(split);
    dt_sample s = {.cls = -1};
    dt_error err = {0};
    int wrong = 0;
    if (!CHECK_OK(source.load(source.self, index, &s, &err), &err)) return;
    CHECK_INT(s.cls, cls);
    CHECK_INT(s.image.width, 32);
    CHECK_INT(s.image.height, 32);
    CHECK_INT(s.image.channels, 3);
    for (size_t i = 0; i < 1024; i++)
        for (size_t c = 0; c < 3; c++)
            wrong += s.image.data[3 * i + c] != pixel(index, c * 1024 + i);
    CHECK_INT(wrong, 0);
    dt_sample_free(&s);
}

static void cifar10(void)
{
    fixture f = fixture_new();
    dt_class_set set;
    dt_error err = {0};
    char name[DT_CLASS_NAME];
    cifar_file(&f, "c/cifar-10-batches-bin/data_batch_1.bin", 1, 12, 0, 10, 0);
    cifar_file(&f, "c/cifar-10-batches-bin/data_batch_2.bin", 1, 3, 5, 10, 0);
    cifar_file(&f, "c/cifar-10-batches-bin/test_batch.bin", 1, 4, 9, 10, 0);
    CHECK(dt_class_set_is(fixture_path(&f, "c")));
    CHECK(dt_class_set_is(fixture_path(&f, "c/cifar-10-batches-bin")));
    static const char *const ways[] = {"cifar10:", "", "cifar10:"}, *const places[] = {
                                                                        "c", "c", "c/cifar-10-batches-bin"};
    for (int i = 0; i < 3; i++) {
        if (!CHECK_INT(try_open(prefixed(ways[i], &f, places[i]), &set, NULL), DT_OK)) continue;
        CHECK_INT(set.names.count, 10);
        CHECK(strcmp(set.names.items[9], "truck") == 0);
        CHECK_INT(set.splits[0].count, 15);
        CHECK_INT(set.splits[1].count, 4);
        expect_picture(&set.splits[0], 11, 1);
        CHECK_INT(set.splits[0].records[12].cls, 5);
        CHECK(strstr(dt_class_record_name(&set.splits[0].records[14], name), "data_batch_2.bin:2") != NULL);
        CHECK(dt_class_set_split(&set, "c", "test", &err) == &set.splits[1]);
        CHECK(dt_class_set_split(&set, "c", "val", &err) == &set.splits[1]);
        CHECK(dt_class_set_split(&set, "c", "dev", &err) == NULL &&
              strstr(err.text, "'dev'; there are: train val"));
        dt_class_set_free(&set);
    }
    fixture_text(&f, "c/cifar-10-batches-bin/batches.meta.txt", "a\r\nb\n\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
    CHECK_INT(try_open(prefixed("cifar10:", &f, "c"), &set, NULL), DT_OK);
    CHECK(strcmp(set.names.items[0], "a") == 0 && strcmp(set.names.items[9], "j") == 0);
    dt_class_set_free(&set);
    fixture_text(&f, "c/cifar-10-batches-bin/batches.meta.txt", "a\nb\n");
    refused(prefixed("cifar10:", &f, "c"), DT_ERR_FORMAT, "batches.meta.txt|2 class names, not 10");
    fixture_text(&f, "c/cifar-10-batches-bin/batches.meta.txt", "a\n\nb\na\nc\nd\ne\nf\ng\nh\ni\n");
    refused(prefixed("cifar10:", &f, "c"), DT_ERR_FORMAT, "batches.meta.txt|line 4|second class \"a\"");
    fixture_text(&f, "c/cifar-10-batches-bin/batches.meta.txt", "a\n\xff\n");
    refused(prefixed("cifar10:", &f, "c"), DT_ERR_FORMAT, "batches.meta.txt|line 2|not UTF-8");

    dt_findings findings = {0};
    cifar_file(&f, "gap/data_batch_1.bin", 1, 2, 0, 10, 0);
    cifar_file(&f, "gap/data_batch_3.bin", 1, 2, 0, 10, 0);
    if (CHECK_INT(try_open(prefixed("cifar10:", &f, "gap"), &set, &findings), DT_OK)) {
        CHECK_INT(findings.count, 1);
        CHECK(strcmp(findings.items[0].rule, "image-missing") == 0 &&
              strstr(findings.items[0].file, "data_batch_2.bin"));
        dt_class_set_free(&set);
    }
    dt_findings_free(&findings);

    cifar_file(&f, "short/data_batch_1.bin", 1, 2, 0, 10, 1);
    refused(prefixed("cifar10:", &f, "short"), DT_ERR_FORMAT,
            "short/data_batch_1.bin|6145 bytes|rows of 3073");
    cifar_file(&f, "empty/data_batch_1.bin", 1, 1, 0, 10, 3073);
    refused(prefixed("cifar10:", &f, "empty"), DT_ERR_FORMAT, "0 bytes");
    cifar_file(&f, "label/data_batch_1.bin", 1, 12, 0, 11, 0);
    refused(prefixed("cifar10:", &f, "label"), DT_ERR_FORMAT, "picture 10, byte 30730: label 10|0 to 9");
    fixture_text(&f, "python/cifar-10-batches-py/data_batch_1", "x");
    refused(prefixed("cifar10:", &f, "python"), DT_ERR_NOT_FOUND, "Python version|cifar-10-binary.tar.gz");
    refused(prefixed("cifar10:", &f, "nowhere"), DT_ERR_NOT_FOUND, "nowhere: no such folder");
    fixture_free(&f);
}

static void cifar100(void)
{
    fixture f = fixture_new();
    dt_class_set set;
    dt_str fine = {0};
    for (int i = 0; i < 100; i++)
        dt_str_printf(&fine, "fine%d\n", i);
    cifar_file(&f, "c/train.bin", 2, 6, 3, 20, 0);
    cifar_file(&f, "c/test.bin", 2, 2, 0, 20, 0);
    fixture_text(&f, "c/fine_label_names.txt", fine.data);
    dt_str_free(&fine);
    CHECK(dt_class_set_is(fixture_path(&f, "c")));
    if (CHECK_INT(try_open(fixture_path(&f, "c"), &set, NULL), DT_OK)) {
        CHECK_INT(set.names.count, 100);
        CHECK_INT(set.splits[0].records[1].cls, 5); /* the second byte */
        expect_picture(&set.splits[0], 5, 9);
        dt_class_set_free(&set);
    }
    if (CHECK_INT(try_open(prefixed("cifar100-coarse:", &f, "c"), &set, NULL), DT_OK)) {
        CHECK_INT(set.names.count, 20);
        CHECK_INT(set.splits[0].records[1].cls, 4);
        CHECK(strcmp(set.names.items[19], "19") == 0);
        dt_class_set_free(&set);
    }
    fixture_free(&f);
}

/* ---- MNIST ---- */

typedef struct idx {
    uint32_t magic, count, height, width;
    size_t bytes; /* behind the head */
} idx;

static void put(uint8_t *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void idx_file(const fixture *f, const char *name, idx h, int packed)
{
    uint8_t data[4096] = {0};
    size_t head = h.magic == 0x801 ? 8 : 16;
    put(data, h.magic);
    put(data + 4, h.count);
    if (head == 16) {
        put(data + 8, h.height);
        put(data + 12, h.width);
    }
    for (size_t i = 0; i < h.bytes; i++)
        data[head + i] = (uint8_t)(head == 8 ? i % 10 : i * 5);
    if (!packed) {
        fixture_bytes(f, name, data, head + h.bytes);
        return;
    }
    uint8_t squeezed[4096];
    z_stream z = {.next_in = data,
                  .avail_in = (uInt)(head + h.bytes),
                  .next_out = squeezed,
                  .avail_out = sizeof squeezed};
    CHECK(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    fixture_bytes(f, name, squeezed, packed == 1 ? z.total_out : z.total_out - 12);
    deflateEnd(&z);
}

static const idx images = {0x803, 12, 5, 7, 420}, labels = {0x801, 12, 0, 0, 12};

static void mnist(void)
{
    static const struct {
        const char *images, *labels;
        int packed;
    } spellings[] = {{"m/train-images-idx3-ubyte", "m/train-labels-idx1-ubyte", 0},
                     {"m/train-images.idx3-ubyte", "m/train-labels-idx1-ubyte", 0},
                     {"m/MNIST/raw/train-images-idx3-ubyte.gz", "m/MNIST/raw/train-labels-idx1-ubyte.gz", 1},
                     {"m/raw/train-images.idx3-ubyte.gz", "m/raw/train-labels.idx1-ubyte.gz", 1}};
    for (size_t i = 0; i < 4; i++) {
        fixture f = fixture_new();
        dt_class_set set;
        idx_file(&f, spellings[i].images, images, spellings[i].packed);
        idx_file(&f, spellings[i].labels, labels, spellings[i].packed);
        CHECK(dt_class_set_is(fixture_path(&f, "m")));
        if (CHECK_INT(try_open(prefixed(i % 2 ? "mnist:" : "", &f, "m"), &set, NULL), DT_OK)) {
            dt_source source = dt_class_split_source(&set.splits[0]);
            dt_sample s = {.cls = -1};
            dt_error err = {0};
            CHECK_INT(set.names.count, 10);
            CHECK_INT(set.splits[0].count, 12);
            CHECK_INT(set.splits[1].count, 0);
            CHECK_OK(source.load(source.self, 11, &s, &err), &err);
            CHECK_INT(s.cls, 1);
            CHECK_INT(s.image.width, 7);
            CHECK_INT(s.image.height, 5);
            CHECK_INT(s.image.data[3 * 34 + 2], (uint8_t)(5 * (11 * 35 + 34)));
            dt_sample_free(&s);
            dt_class_set_free(&set);
        }
        fixture_free(&f);
    }
    fixture f = fixture_new();
    dt_class_set set;
    idx_file(&f, "m/train-images-idx3-ubyte", images, 0);
    idx_file(&f, "m/train-labels-idx1-ubyte", labels, 0);
    idx_file(&f, "m/t10k-images-idx3-ubyte", images, 0);
    idx_file(&f, "m/t10k-labels-idx1-ubyte", labels, 0);
    CHECK_INT(try_open(prefixed("fashion-mnist:", &f, "m"), &set, NULL), DT_OK);
    CHECK(strcmp(set.names.items[9], "Ankle boot") == 0);
    CHECK_INT(set.splits[1].count, 12);
    dt_class_set_free(&set);
    fixture_free(&f);
}

static void mnist_faults(void)
{
    static const struct {
        idx images, labels;
        int packed;
        const char *parts;
    } cases[] = {
        {{0x801, 12, 5, 7, 420}, {0x801, 12, 0, 0, 12}, 0, "train-images-idx3-ubyte|0x00000801|0x00000803"},
        {{0x803, 12, 5, 7, 420}, {0x803, 12, 0, 0, 12}, 0, "train-labels-idx1-ubyte|0x00000803|0x00000801"},
        {{0x803, 12, 5, 7, 419}, {0x801, 12, 0, 0, 12}, 0, "435 bytes|12 pictures of 7 x 5 take 436"},
        {{0x803, 12, 5, 7, 421}, {0x801, 12, 0, 0, 12}, 0, "437 bytes"},
        {{0x803, 12, 5, 7, 420}, {0x801, 12, 0, 0, 11}, 0, "19 bytes|12 labels take 20"},
        {{0x803, 12, 5, 7, 420}, {0x801, 11, 0, 0, 11}, 0, "11 labels for the 12 pictures"},
        {{0x803, 12, 0, 7, 420}, {0x801, 12, 0, 0, 12}, 0, "7 x 0 pixels"},
        {{0x803, 0xffffffff, 4096, 4096, 4}, {0x801, 12, 0, 0, 12}, 0, "20 bytes|4294967295 pictures"},
        {{0x803, 12, 0xffffffff, 0xffffffff, 4}, {0x801, 12, 0, 0, 12}, 0, "4294967295 x 4294967295"},
        {{0x803, 12, 5, 7, 420}, {0x801, 12, 0, 0, 12}, 2, "train-images-idx3-ubyte.gz|cut off"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f = fixture_new();
        idx_file(&f, cases[i].packed ? "m/train-images-idx3-ubyte.gz" : "m/train-images-idx3-ubyte",
                 cases[i].images, cases[i].packed);
        idx_file(&f, "m/train-labels-idx1-ubyte", cases[i].labels, 0);
        refused(prefixed("mnist:", &f, "m"), DT_ERR_FORMAT, cases[i].parts);
        fixture_free(&f);
    }
    fixture f = fixture_new();
    idx_file(&f, "m/train-images-idx3-ubyte", images, 0);
    refused(prefixed("mnist:", &f, "m"), DT_ERR_NOT_FOUND, "no train-labels-idx1-ubyte");
    fixture_bytes(&f, "m/train-labels-idx1-ubyte", "abc", 3);
    refused(prefixed("mnist:", &f, "m"), DT_ERR_FORMAT, "3 bytes are too few");
    refused(prefixed("mnist:", &f, "."), DT_ERR_NOT_FOUND, "no train-images-idx3-ubyte");
    fixture_free(&f);
}

/* ---- folders ---- */

static void expect_files(const dt_class_split *split, const fixture *f, const char *want)
{
    dt_str got = {0};
    for (int64_t i = 0; i < split->count; i++)
        dt_str_printf(&got, "%s%d:%s", i ? " " : "", split->records[i].cls,
                      split->records[i].file + strlen(f->root) + 1);
    CHECK_MSG(strcmp(got.data ? got.data : "", want) == 0, "%s: %s", split->name, got.data);
    dt_str_free(&got);
}

static void expect_rule(const dt_findings *findings, const char *rule, const char *file)
{
    int found = 0;
    for (size_t i = 0; i < findings->count; i++)
        found += strcmp(findings->items[i].rule, rule) == 0 && strstr(findings->items[i].file, file) != NULL;
    CHECK_MSG(found == 1, "%s %s: %d findings", rule, file, found);
}

static void folders(void)
{
    fixture f = fixture_new();
    dt_class_set set;
    dt_findings findings = {0};
    static const char *const files[] = {"d/train/dog/b.jpg",     "d/train/dog/a.PNG", "d/train/Cat/x/2.jpeg",
                                        "d/train/Cat/x-1/1.jpg", "d/train/Cat/z.jpg", "d/train/.git/h.jpg",
                                        "d/train/dog/.h.jpg",    "d/train/dog/n.txt", "d/train/top.jpg",
                                        "d/valid/dog/c.jpg",     "d/valid/eel/e.jpg", "d/test/Cat/t.webp",
                                        "d/test/dog/t.jpg"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        fixture_text(&f, files[i], "not decoded here");
    fixture_text(&f, "d/notes/readme.txt", "");
    CHECK(symlink("..", fixture_path(&f, "d/train/Cat/x/up")) == 0);
    CHECK(dt_class_set_is(fixture_path(&f, "d")));
    if (CHECK_INT(try_open(fixture_path(&f, "d"), &set, &findings), DT_OK)) {
        CHECK_INT(set.names.count, 3);
        CHECK(strcmp(set.names.items[0], "Cat") == 0 && strcmp(set.names.items[2], "eel") == 0);
        CHECK_INT(set.held_out, 0);
        /* by whole folder name: '-' stands before '/' */
        expect_files(&set.splits[0], &f,
                     "0:d/train/Cat/z.jpg 0:d/train/Cat/x/2.jpeg 0:d/train/Cat/x-1/1.jpg 1:d/train/dog/a.PNG "
                     "1:d/train/dog/b.jpg");
        expect_files(&set.splits[1], &f, "1:d/valid/dog/c.jpg 2:d/valid/eel/e.jpg");
        expect_files(&set.splits[2], &f, "1:d/test/dog/t.jpg");
        expect_rule(&findings, "folder-skipped", "Cat/x/up");
        expect_rule(&findings, "image-unsupported", "dog/n.txt");
        expect_rule(&findings, "image-unsupported", "t.webp");
        expect_rule(&findings, "label-missing", "top.jpg");
        expect_rule(&findings, "class-unused", "test/Cat");
        CHECK_INT(findings.count, 5);
        dt_class_set_free(&set);
    }
    dt_findings_free(&findings);
    fixture_text(&f, "e/a/x.txt", "");
    CHECK(!dt_class_set_is(fixture_path(&f, "e")));
    refused(fixture_path(&f, "e"), DT_ERR_NOT_FOUND, "no JPEG or PNG picture lies in a class folder");
    fixture_text(&f, "v/VOC/Annotations/a.xml", "<annotation/>");
    fixture_text(&f, "v/VOC/JPEGImages/a.jpg", "");
    CHECK(!dt_class_set_is(fixture_path(&f, "v")));
    CHECK(!dt_class_set_is(fixture_path(&f, "v/VOC")));
    fixture_free(&f);
}

/* Links to folders that were read already give no picture a second time, or under another class. */
static void linked_folders(void)
{
    fixture f = fixture_new();
    dt_class_set set;
    dt_findings findings = {0};
    fixture_text(&f, "d/a/1.jpg", "");
    fixture_text(&f, "d/a/p/2.jpg", "");
    fixture_text(&f, "d/a/q/3.jpg", "");
    fixture_text(&f, "d/b/4.jpg", "");
    CHECK(symlink("..", fixture_path(&f, "d/a/up")) == 0);
    CHECK(symlink("../q", fixture_path(&f, "d/a/p/q")) == 0);
    CHECK(symlink(".", fixture_path(&f, "d/me")) == 0);
    if (CHECK_INT(try_open(fixture_path(&f, "d"), &set, &findings), DT_OK)) {
        CHECK_INT(set.names.count, 2);
        expect_files(&set.splits[0], &f, "0:d/a/1.jpg 0:d/a/p/2.jpg 0:d/a/p/q/3.jpg 1:d/b/4.jpg");
        expect_rule(&findings, "folder-skipped", "d/a/up");
        expect_rule(&findings, "folder-skipped", "d/a/q");
        expect_rule(&findings, "folder-skipped", "d/me");
        dt_class_set_free(&set);
    }
    dt_findings_free(&findings);
    fixture_free(&f);
}

static void layouts(void)
{
    fixture f = fixture_new();
    dt_class_set set;
    dt_findings findings = {0};
    fixture_text(&f, "d/train/a/1.jpg", "");
    fixture_text(&f, "d/val/a/2.jpg", "");
    fixture_text(&f, "d/other/3.jpg", "");
    if (CHECK_INT(try_open(fixture_path(&f, "d"), &set, &findings), DT_OK)) {
        CHECK_INT(set.names.count, 1);
        expect_files(&set.splits[0], &f, "0:d/train/a/1.jpg");
        expect_rule(&findings, "folder-skipped", "d/other");
        dt_class_set_free(&set);
    }
    dt_findings_free(&findings);
    fixture_text(&f, "bare/train/1.jpg", "");
    fixture_text(&f, "bare/test/2.jpg", "");
    refused(fixture_path(&f, "bare"), DT_ERR_FORMAT, "in no class folder");
    fixture_text(&f, "l/labels/1.jpg", "");
    fixture_text(&f, "l/images/1.jpg", "");
    CHECK(dt_class_set_is(fixture_path(&f, "l")));
    fixture_text(&f, "bytes/\xff/1.jpg", "");
    refused(fixture_path(&f, "bytes"), DT_ERR_FORMAT, "not UTF-8");
    fixture_free(&f);
}

/* .29 * 100 is 28.999999999999996. */
static void share_of_a_hundred(void)
{
    fixture f = fixture_new();
    dt_class_set set;
    dt_error err = {0};
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "d/a/%d.jpg", i);
        fixture_text(&f, name, "");
    }
    const dt_class_opts opts = {.val_share = .29};
    if (CHECK_INT(dt_class_set_open(fixture_path(&f, "d"), &opts, &set, NULL, &err), DT_OK)) {
        CHECK_INT(set.splits[1].count, 29);
        dt_class_set_free(&set);
    }
    fixture_free(&f);
}

/* A class may be called "train". */
static void class_named_as_a_split(void)
{
    fixture f = fixture_new();
    dt_class_set set;
    fixture_text(&f, "d/bus/1.jpg", "");
    fixture_text(&f, "d/train/1.jpg", "");
    fixture_text(&f, "d/train/wagon/2.jpg", "");
    if (CHECK_INT(try_open(fixture_path(&f, "d"), &set, NULL), DT_OK)) {
        CHECK_INT(set.names.count, 2);
        expect_files(&set.splits[0], &f, "0:d/bus/1.jpg 1:d/train/1.jpg 1:d/train/wagon/2.jpg");
        dt_class_set_free(&set);
    }
    fixture_free(&f);
}

static uint64_t names_hash(const dt_class_set *set, int split)
{
    return dt_class_split_hash(set, &set->splits[split], 0);
}

static void held_out(void)
{
    fixture f = fixture_new();
    for (int i = 0; i < 60; i++) {
        char name[64];
        snprintf(name, sizeof name, "d/%s/%02d.jpg", i < 9 ? "few" : "many", i);
        fixture_text(&f, name, "");
    }
    dt_class_set a, b;
    dt_error err = {0};
    dt_class_opts o = {.val_share = .2, .seed = 1};
    CHECK_OK(dt_class_set_open(fixture_path(&f, "d"), &o, &a, NULL, &err), &err);
    CHECK_OK(dt_class_set_open(fixture_path(&f, "d"), &o, &b, NULL, &err), &err);
    CHECK_INT(a.held_out, 1);
    CHECK_INT(a.splits[0].count, 60 - 1 - 10); /* a fifth of 9 and of 51, rounded down */
    CHECK_INT(a.splits[1].count, 11);
    CHECK_INT(a.splits[1].records[0].cls, 0);
    CHECK_INT(a.splits[1].records[1].cls, 1);
    CHECK(names_hash(&a, 1) == names_hash(&b, 1));
    dt_class_set_free(&b);
    o.seed = 2;
    CHECK_OK(dt_class_set_open(fixture_path(&f, "d"), &o, &b, NULL, &err), &err);
    CHECK_INT(b.splits[1].count, 11);
    CHECK(names_hash(&a, 1) != names_hash(&b, 1));
    /* Another class changes nothing in this one. */
    dt_class_set c;
    fixture_text(&f, "d/afresh/1.jpg", "");
    CHECK_OK(dt_class_set_open(fixture_path(&f, "d"), &o, &c, NULL, &err), &err);
    for (int64_t i = 0; i < 11; i++)
        CHECK(strcmp(b.splits[1].records[i].file, c.splits[1].records[i].file) == 0);
    dt_class_set_free(&c);
    dt_class_set_free(&b);
    dt_class_set_free(&a);
    o.val_share = 0;
    CHECK_OK(dt_class_set_open(fixture_path(&f, "d"), &o, &a, NULL, &err), &err);
    CHECK_INT(a.splits[0].count, 61);
    CHECK_INT(a.held_out, 0);
    dt_class_set_free(&a);
    o.val_share = 1;
    CHECK_INT(dt_class_set_open(fixture_path(&f, "d"), &o, &a, NULL, &err), DT_ERR_ARG);
    fixture_free(&f);
}

static void expect_all_seen(const char *path)
{
    uint64_t nth = 1;
    size_t before = dt_mem_live();
    for (;; nth++) {
        dt_class_set set;
        dt_findings findings = {0};
        dt_mem_fail_at(nth);
        dt_status st = try_open(path, &set, &findings);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        dt_class_set_free(&set);
        dt_findings_free(&findings);
        if (!CHECK_INT(dt_mem_live(), before) || !fired) break;
        CHECK_MSG(st == DT_ERR_MEMORY, "%s: allocation %llu failed unseen (%s)", path,
                  (unsigned long long)nth, text);
    }
    CHECK(nth > 10);
}

static void every_allocation_can_fail(void)
{
    fixture f = fixture_new();
    cifar_file(&f, "c/data_batch_1.bin", 1, 2, 0, 10, 0);
    idx_file(&f, "m/raw/train-images.idx3-ubyte.gz", images, 1);
    idx_file(&f, "m/raw/train-labels-idx1-ubyte", labels, 0);
    fixture_text(&f, "d/train/dog/b.jpg", "");
    fixture_text(&f, "d/train/dog/b.txt", "");
    fixture_text(&f, "d/train/cat/deep/b.jpg", "");
    fixture_text(&f, "d/val/dog/b.jpg", "");
    fixture_text(&f, "e/dog/b.jpg", "");
    expect_all_seen(prefixed("cifar10:", &f, "c"));
    expect_all_seen(prefixed("mnist:", &f, "m"));
    expect_all_seen(fixture_path(&f, "d"));
    expect_all_seen(fixture_path(&f, "e"));
    fixture_free(&f);
}

int main(void)
{
    RUN(cifar10);
    RUN(cifar100);
    RUN(mnist);
    RUN(mnist_faults);
    RUN(folders);
    RUN(linked_folders);
    RUN(layouts);
    RUN(share_of_a_hundred);
    RUN(class_named_as_a_split);
    RUN(held_out);
    RUN(every_allocation_can_fail);
    return dt_test_end();
}
