/* The masks of a record over its picture. */
#include "tools/inspect_pictures.h"

static const dt_rgb BORDER = {255, 255, 255}, NOBODY = {128, 128, 128};

static dt_mask_paint paint_of(int32_t cls)
{
    return (dt_mask_paint){cls >= 0 ? dt_class_color(cls) : NOBODY, 1, 1};
}

/* Objects in the colours of the classes that the annotation gives them; without an object file the classes
 * themselves. */
static void choose_paint(const dt_inspection *in, const dt_record *r, int kind, dt_mask_paint paint[256])
{
    for (int n = 1; n < DT_MASK_VOID; n++)
        paint[n] = paint_of(kind == DT_MASK_CLASS ? in->masks.classes[n] : -1);
    for (size_t i = 0; i < r->count && kind == DT_MASK_OBJECT; i++) {
        const dt_object *o = &in->set.objects[r->first + i];
        if (o->index >= 0 && o->index + 1 < DT_MASK_VOID) paint[o->index + 1] = paint_of(o->cls);
    }
    paint[DT_MASK_BACKGROUND] = (dt_mask_paint){0};
    paint[DT_MASK_VOID] = (dt_mask_paint){BORDER, 1, 0};
}

dt_status dt_draw_record_masks(const dt_inspection *in, const dt_record *r, dt_image *image, dt_error *err)
{
    /* The object file tells neighbours of one class apart; the class file is for where it cannot be read. */
    static const int order[DT_MASKS] = {DT_MASK_OBJECT, DT_MASK_CLASS};
    for (int i = 0; i < DT_MASKS && r->masks; i++) {
        dt_mask_paint paint[DT_MASK_NUMBERS];
        dt_voc_mask mask;
        dt_error problem = {0};
        if (!r->masks->files[order[i]]) continue;
        dt_status st = dt_voc_mask_load(r->masks->files[order[i]], &mask, &problem);
        if (st == DT_ERR_MEMORY) return dt_fail(err, st, "%s", problem.text);
        if (st != DT_OK) continue;
        choose_paint(in, r, order[i], paint);
        dt_draw_mask(image, &mask.numbers, paint);
        dt_voc_mask_free(&mask);
        return DT_OK;
    }
    return DT_OK;
}
