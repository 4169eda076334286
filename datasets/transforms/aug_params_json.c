#include "datasets/transforms/aug_params_json.h"

#include <stdio.h>

const char *dt_aug_view_name(int view)
{
    static const char *const names[DT_AUG_VIEWS] = {"main", "mixup", "cutmix", "paste"};
    return names[view];
}

int dt_aug_view_used(const dt_aug_params *p, int view)
{
    const int used[DT_AUG_VIEWS] = {1, p->mixup, p->cutmix, p->paste};
    return used[view];
}

static const char *tile_name(const dt_aug_view *view, int tile)
{
    static const char *const four[] = {"top-left", "top-right", "bottom-left", "bottom-right"};
    static const char *const nine[] = {"centre", "top",         "top-right", "right",   "bottom-right",
                                       "bottom", "bottom-left", "left",      "top-left"};
    return view->mosaic == 4 ? four[tile] : view->mosaic == 9 ? nine[tile] : "whole";
}

static void write_sources(const dt_aug_params *p, void (*record)(const void *, int64_t, dt_json *),
                          const void *self, dt_json *j)
{
    dt_aug_source list[DT_AUG_SOURCES];
    const int count = dt_aug_sources(p, list);
    dt_json_key(j, "sources");
    dt_json_array(j);
    for (int i = 0; i < count; i++) {
        const int view = list[i].slot / DT_AUG_TILES, tile = list[i].slot % DT_AUG_TILES;
        dt_json_compact(j);
        dt_json_object(j);
        dt_json_key(j, "view"), dt_json_str(j, dt_aug_view_name(view));
        dt_json_key(j, "place"), dt_json_str(j, tile_name(&p->view[view], tile));
        dt_json_key(j, "sample"), dt_json_int(j, list[i].index);
        record(self, list[i].index, j);
        dt_json_object_end(j);
    }
    dt_json_array_end(j);
}

static void write_view(const dt_aug_view *v, dt_json *j)
{
    dt_json_object(j);
    dt_json_key(j, "mosaic"), dt_json_int(j, v->mosaic);
    dt_json_key(j, "center_x"), dt_json_num(j, v->center_x);
    dt_json_key(j, "center_y"), dt_json_num(j, v->center_y);
    dt_json_key(j, "degrees"), dt_json_num(j, v->degrees);
    dt_json_key(j, "scale"), dt_json_num(j, v->scale);
    dt_json_key(j, "shear_x"), dt_json_num(j, v->shear_x);
    dt_json_key(j, "shear_y"), dt_json_num(j, v->shear_y);
    dt_json_key(j, "translate_x"), dt_json_num(j, v->translate_x);
    dt_json_key(j, "translate_y"), dt_json_num(j, v->translate_y);
    dt_json_key(j, "perspective_x"), dt_json_num(j, v->perspective_x);
    dt_json_key(j, "perspective_y"), dt_json_num(j, v->perspective_y);
    dt_json_key(j, "mirror"), dt_json_bool(j, v->mirror);
    dt_json_object_end(j);
}

static void write_cuts(const dt_aug_params *p, dt_json *j)
{
    dt_json_key(j, "cuts");
    dt_json_array(j);
    for (int i = 0; i < DT_AUG_CUTS; i++) {
        const double sides[] = {p->cut[i].x1, p->cut[i].y1, p->cut[i].x2, p->cut[i].y2};
        dt_json_compact(j);
        dt_json_array(j);
        for (int k = 0; k < 4; k++)
            dt_json_num(j, sides[k]);
        dt_json_array_end(j);
    }
    dt_json_array_end(j);
}

void dt_aug_params_values(const dt_aug_params *p, dt_json *j)
{
    dt_json_key(j, "views");
    dt_json_object(j);
    for (int v = 0; v < DT_AUG_VIEWS; v++) {
        if (!dt_aug_view_used(p, v)) continue;
        dt_json_key(j, dt_aug_view_name(v));
        write_view(&p->view[v], j);
    }
    dt_json_object_end(j);
    if (p->mixup) dt_json_key(j, "mix_ratio"), dt_json_num(j, p->mix_ratio);
    if (p->cutmix) write_cuts(p, j);
    if (p->paste) {
        char seed[24];
        snprintf(seed, sizeof seed, "%016llx", (unsigned long long)p->paste_seed);
        dt_json_key(j, "paste_seed"), dt_json_str(j, seed);
    }
    dt_json_key(j, "flip_lr"), dt_json_bool(j, p->flip_lr);
    dt_json_key(j, "flip_ud"), dt_json_bool(j, p->flip_ud);
    dt_json_key(j, "hue"), dt_json_num(j, p->hue);
    dt_json_key(j, "saturation"), dt_json_num(j, p->sat);
    dt_json_key(j, "value"), dt_json_num(j, p->val);
}

void dt_aug_params_json(const dt_aug_params *p, void (*record)(const void *, int64_t, dt_json *),
                        const void *self, dt_json *j)
{
    write_sources(p, record, self, j);
    dt_json_key(j, "augmentation");
    dt_json_object(j);
    dt_aug_params_values(p, j);
    dt_json_object_end(j);
}
