#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "datasets/image/draw.h"
#include "tools/picture_cell.h"
#include "tools/train.h"

enum { MAX_PICTURES = 16, MAX_CELL = 400 };

dt_status dt_train_picture(const dt_batch *batch, int picture, const dt_loader_opts *o, dt_image *out,
                           dt_error *err)
{
    DT_TRY(dt_image_create(out, batch->width, batch->height, 3, err));
    size_t plane = (size_t)batch->width * (size_t)batch->height;
    for (size_t c = 0; c < 3; c++) {
        const float *values = batch->pixels + ((size_t)picture * 3 + c) * plane;
        for (size_t i = 0; i < plane; i++) {
            double byte = ((double)values[i] * o->std[c] + o->mean[c]) * o->divisor;
            out->data[i * 3 + c] = (uint8_t)lround(fmin(fmax(byte, 0), 255));
        }
    }
    return DT_OK;
}

static dt_status make_cell(const dt_train_run *run, const dt_batch *batch, int picture, dt_image *cell,
                           dt_error *err)
{
    dt_image full = {0};
    dt_status st = dt_train_picture(batch, picture, &run->loading, &full, err);
    double scale = 1;
    if (st == DT_OK) st = dt_cell_make(&full, MAX_CELL, &scale, cell, err);
    if (st == DT_OK) st = run->task->draw_labels(run, batch, picture, scale, cell, err);
    dt_image_free(&full);
    return st;
}

dt_status dt_train_draw_batch(const dt_train_run *run, const dt_batch *batch, dt_error *err)
{
    dt_image cells[MAX_PICTURES] = {0}, montage = {0};
    const dt_image *list[MAX_PICTURES] = {0};
    int count = batch->count < MAX_PICTURES ? batch->count : MAX_PICTURES;
    dt_status st = DT_OK;
    for (int i = 0; i < count && st == DT_OK; i++) {
        list[i] = &cells[i];
        st = make_cell(run, batch, i, &cells[i], err);
    }
    if (st == DT_OK)
        st = dt_image_montage(list, count, 0, cells[0].width, cells[0].height, (dt_rgb){255, 255, 255},
                              &montage, err);
    char *path = dt_train_path(run, "train_batch0.jpg");
    if (st == DT_OK) st = path ? dt_image_save(path, &montage, 0, err) : dt_fail_memory(err, 64, "a path");
    dt_free(path);
    dt_image_free(&montage);
    for (int i = 0; i < count; i++)
        dt_image_free(&cells[i]);
    return st;
}

void dt_train_name_pictures(const dt_train_run *run, const dt_batch *batch, char *out, size_t size)
{
    static const char more[] = ", ...";
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < batch->count; i++) {
        const char *name = dt_path_base(run->task->record_name(run, batch->indices[i]));
        const size_t need = strlen(name) + (i ? 2 : 0);
        if (used + need + sizeof more > size) {
            if (used + sizeof more <= size) memcpy(out + used, more, sizeof more);
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", name);
    }
}
