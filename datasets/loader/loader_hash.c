#include "core/sha256.h"
#include "datasets/loader/loader.h"

static void add_ints(dt_sha256 *s, const int64_t *values, size_t count)
{
    dt_sha256_add(s, values, count * sizeof *values);
}

/* Fields one by one: structs have padding. */
void dt_batch_hash(const dt_batch *b, char text[DT_SHA256_TEXT])
{
    dt_sha256 s;
    dt_sha256_begin(&s);
    add_ints(&s, (const int64_t[]){b->count, b->channels, b->height, b->width}, 4);
    dt_sha256_add(&s, b->pixels,
                  (size_t)b->count * (size_t)b->channels * (size_t)b->height * (size_t)b->width *
                      sizeof *b->pixels);
    for (int i = 0; i < b->count; i++) {
        const dt_valid_size v = b->valid ? b->valid[i] : (dt_valid_size){b->width, b->height};
        if (v.width != b->width || v.height != b->height)
            add_ints(&s, (const int64_t[]){v.width, v.height}, 2);
        size_t begin = b->label_begin[i], end = b->label_begin[i + 1];
        add_ints(&s, (const int64_t[]){b->classes[i], (int64_t)(end - begin)}, 2);
        for (size_t k = begin; k < end; k++) {
            const dt_label *l = &b->labels[k];
            dt_sha256_add(&s, (const double[]){l->box.x1, l->box.y1, l->box.x2, l->box.y2},
                          4 * sizeof(double));
            add_ints(&s, (const int64_t[]){l->cls, l->ignore}, 2);
        }
    }
    dt_sha256_end(&s, text);
}
