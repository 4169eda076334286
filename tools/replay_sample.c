#include "tools/replay_sample.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "datasets/transforms/aug_params_json.h"
#include "datasets/transforms/planes.h"
#include "tools/label_json.h"

static void write_boxes(const dt_train_run *run, const dt_batch *batch, int slot, dt_json *j)
{
    dt_json_key(j, "boxes");
    dt_json_array(j);
    for (size_t k = batch->label_begin[slot]; k < batch->label_begin[slot + 1]; k++)
        dt_label_json(&batch->labels[k], run->task->class_name(run, batch->labels[k].cls), j);
    dt_json_array_end(j);
}

/* The files that a record comes from. */
static void write_record(const void *self, int64_t index, dt_json *j)
{
    const dt_train_run *run = self;
    dt_json_key(j, "image"), dt_json_str(j, run->task->record_name(run, index));
    dt_json_key(j, "label");
    dt_json_str(j, run->task->label_file ? run->task->label_file(run, index) : NULL);
}

/* What was drawn for this place. */
static dt_status drawn(const dt_train_run *run, const dt_batch *batch, int slot, dt_pick *pick,
                       dt_aug_params *params, dt_error *err)
{
    int64_t places = dt_loader_places(run->loader);
    dt_pick *order = dt_realloc_array(NULL, (size_t)places, sizeof *order);
    if (!order) return dt_fail_memory(err, (size_t)places * sizeof *order, "the order of an epoch");
    dt_status st = dt_loader_order(run->loader, batch->epoch, order, err);
    if (st == DT_OK) *pick = order[batch->number * run->loading.batch + slot];
    dt_free(order);
    *params = (dt_aug_params){0};
    if (st == DT_OK && run->loading.augment)
        st = dt_loader_params(run->loader, batch->epoch, *pick, params, err);
    return st;
}

static dt_status write_steps(const dt_train_run *run, const dt_batch *batch, dt_pick pick, dt_json *j,
                             dt_error *err)
{
    dt_explain explain = {.json = j};
    dt_json_key(j, "steps");
    dt_json_array(j);
    dt_status st = dt_loader_explain(run->loader, batch->epoch, pick, &explain, err);
    dt_json_array_end(j);
    return st;
}

dt_status dt_replay_explain(const dt_train_run *run, const dt_batch *batch, int slot, dt_str *out,
                            dt_error *err)
{
    dt_pick pick;
    dt_aug_params params;
    dt_explain explain = {.text = out};
    if (!run->loading.pipeline) return DT_OK;
    DT_TRY(drawn(run, batch, slot, &pick, &params, err));
    DT_TRY(dt_loader_explain(run->loader, batch->epoch, pick, &explain, err));
    return out->failed ? dt_fail_memory(err, out->len, "the description") : DT_OK;
}

static dt_status make_json(const dt_train_run *run, const dt_batch *batch, int slot, const char *picture,
                           const char *unproven, dt_str *out, dt_error *err)
{
    dt_pick pick;
    dt_aug_params params;
    DT_TRY(drawn(run, batch, slot, &pick, &params, err));
    char hash[DT_SHA256_TEXT];
    dt_batch_hash(batch, hash);
    dt_json j = dt_json_begin(out, 2);
    dt_json_object(&j);
    dt_json_key(&j, "run"), dt_json_str(&j, run->opts.out);
    dt_json_key(&j, "epoch"), dt_json_int(&j, batch->epoch + 1);
    dt_json_key(&j, "batch"), dt_json_int(&j, batch->number);
    dt_json_key(&j, "slot"), dt_json_int(&j, slot);
    dt_json_key(&j, "step"), dt_json_int(&j, batch->epoch * dt_loader_batches(run->loader) + batch->number);
    dt_json_key(&j, "batch_sha256"), dt_json_str(&j, hash);
    dt_json_key(&j, "proven"), dt_json_bool(&j, unproven == NULL);
    dt_json_key(&j, "sample"), dt_json_int(&j, pick.index);
    dt_json_key(&j, "image"), dt_json_str(&j, run->task->record_name(run, pick.index));
    /* A picture that does not decode gives its place to the next one. */
    if (batch->indices[slot] != pick.index) {
        dt_json_key(&j, "replaced_by");
        dt_json_str(&j, run->task->record_name(run, batch->indices[slot]));
    }
    dt_json_key(&j, "picture"), dt_json_str(&j, picture);
    dt_json_key(&j, "width"), dt_json_int(&j, batch->width);
    dt_json_key(&j, "height"), dt_json_int(&j, batch->height);
    if (batch->classes[slot] >= 0) {
        dt_json_key(&j, "class"), dt_json_int(&j, batch->classes[slot]);
        dt_json_key(&j, "name"), dt_json_str(&j, run->task->class_name(run, batch->classes[slot]));
    }
    write_boxes(run, batch, slot, &j);
    if (run->loading.pipeline) DT_TRY(write_steps(run, batch, pick, &j, err));
    if (run->loading.augment) {
        dt_aug_params_json(&params, write_record, run, &j);
    }
    dt_json_object_end(&j);
    dt_str_char(out, '\n');
    return out->failed ? dt_fail_memory(err, out->len, "the description") : DT_OK;
}

static dt_status check_exact(const dt_train_run *run, const dt_batch *batch, int slot, const dt_image *image,
                             dt_error *err)
{
    const dt_loader_opts *o = &run->loading;
    size_t floats = 3 * (size_t)batch->width * (size_t)batch->height;
    float *again = dt_malloc_aligned(floats * sizeof *again);
    if (!again) return dt_fail_memory(err, floats * sizeof *again, "a picture");
    dt_image_to_planes(image, o->divisor, o->mean, o->std, again);
    int same = memcmp(again, batch->pixels + (size_t)slot * floats, floats * sizeof *again) == 0;
    dt_free(again);
    return same ? DT_OK : dt_fail(err, DT_ERR_STATE, "the network's input is not made of 8-bit values");
}

static dt_status save(const char *dir, const char *stem, const char *ending, const dt_image *image,
                      const dt_str *text, dt_error *err)
{
    char *name = dt_format("%s%s", stem, ending), *path = name ? dt_path_join(dir, name) : NULL;
    dt_status st = !path   ? dt_fail_memory(err, 64, "a path")
                   : image ? dt_image_save(path, image, 0, err)
                           : dt_file_write_atomic(path, text->data, text->len, err);
    dt_free(name);
    dt_free(path);
    return st;
}

dt_status dt_replay_write(const dt_train_run *run, const dt_batch *batch, int slot, const char *dir,
                          const char *unproven, dt_str *out, dt_error *err)
{
    dt_image image = {0};
    char *stem =
        dt_format("epoch%lld_batch%lld_slot%d", (long long)batch->epoch + 1, (long long)batch->number, slot);
    char *picture = stem ? dt_format("%s.png", stem) : NULL;
    dt_status st = picture ? dt_mkdirs(dir, err) : dt_fail_memory(err, 64, "a name");
    if (st == DT_OK) st = dt_train_picture(batch, slot, &run->loading, &image, err);
    if (st == DT_OK) st = check_exact(run, batch, slot, &image, err);
    if (st == DT_OK) st = make_json(run, batch, slot, picture, unproven, out, err);
    if (st == DT_OK) st = save(dir, stem, ".png", &image, NULL, err);
    if (st == DT_OK) st = run->task->draw_labels(run, batch, slot, 1, &image, err);
    if (st == DT_OK) st = save(dir, stem, ".boxes.png", &image, NULL, err);
    if (st == DT_OK) st = save(dir, stem, ".json", NULL, out, err);
    dt_image_free(&image);
    dt_free(stem);
    dt_free(picture);
    return st;
}
