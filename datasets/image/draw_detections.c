#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "datasets/image/draw.h"

enum { LABEL_MAX = 96, PLACES = 6 };

typedef struct tag {
    int item; /* index into the caller's array */
    double rank;
    double x, y, width, height;
    char text[LABEL_MAX]; /* "": no label */
} tag;

/* Descending rank; equal ones in the order given. */
static int by_rank(const void *a, const void *b)
{
    const tag *p = a, *q = b;
    if (p->rank != q->rank) return p->rank < q->rank ? 1 : -1;
    return p->item < q->item ? -1 : p->item > q->item;
}

static double overlap(double ax, double ay, double aw, double ah, double bx, double by, double bw, double bh)
{
    double w = fmin(ax + aw, bx + bw) - fmax(ax, bx), h = fmin(ay + ah, by + bh) - fmax(ay, by);
    return w > 0 && h > 0 ? w * h : 0;
}

/* Chooses among places around the box the one that hides least of the labels placed before; earlier places
 * win ties. A place that had to be pushed back into the picture counts what it then hides of its own box. */
static void place_tag(tag *t, const tag *placed, int placed_count, dt_box box, int width, int height)
{
    const double below = box.y2, above = box.y1 - t->height, right = box.x2 - t->width;
    const double places[PLACES][2] = {{box.x1, above}, {box.x1, box.y1}, {box.x1, below},
                                      {right, above},  {right, below},   {box.x1, box.y2 - t->height}};
    double best = INFINITY, best_x = 0, best_y = 0;
    for (int i = 0; i < PLACES; i++) {
        double x = fmax(0, fmin(places[i][0], width - t->width)),
               y = fmax(0, fmin(places[i][1], height - t->height));
        double cost = 0.02 * i * t->width * t->height;
        cost += 0.5 * (fabs(x - places[i][0]) * t->height + fabs(y - places[i][1]) * t->width);
        for (int k = 0; k < placed_count; k++)
            cost += overlap(x, y, t->width, t->height, placed[k].x, placed[k].y, placed[k].width,
                            placed[k].height);
        if (cost < best) {
            best = cost;
            best_x = x;
            best_y = y;
        }
    }
    t->x = floor(best_x);
    t->y = floor(best_y);
}

static void write_text(char out[LABEL_MAX], const char *const *names, int name_count, int cls,
                       const float *score)
{
    char number[DT_NUM_MAX] = "";
    if (score && isfinite(*score)) dt_format_fixed(number, (double)*score, 2);
    const char *blank = number[0] ? " " : "";
    if (names && cls >= 0 && cls < name_count && names[cls])
        snprintf(out, LABEL_MAX, "%.80s%s%s", names[cls], blank, number);
    else
        snprintf(out, LABEL_MAX, "class %d%s%s", cls, blank, number);
}

static int drawable(dt_box b)
{
    return isfinite(b.x1) && isfinite(b.y1) && isfinite(b.x2) && isfinite(b.y2);
}

dt_status dt_draw_items(dt_image *image, const dt_draw_item *items, int count, dt_error *err)
{
    if (!image->data || image->channels != 3)
        return dt_fail(err, DT_ERR_ARG, "drawing on an image with %d channels, 3 are needed",
                       image->channels);
    if (count <= 0) return DT_OK;
    tag *tags = dt_calloc((size_t)count, sizeof *tags);
    if (!tags) return dt_fail_memory(err, (size_t)count * sizeof *tags, "labels");

    const double size = (image->width + image->height) / 2.;
    const double scale = fmin(fmax(rint(size / 640 * 2) / 2, 1), 8);
    const int line = (int)fmax(rint(size * 0.003), 2), pad = (int)ceil(2 * scale);
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (!drawable(items[i].box)) continue;
        tag *t = &tags[n++];
        t->item = i;
        t->rank = items[i].rank;
        if (!items[i].text || !*items[i].text) continue;
        snprintf(t->text, LABEL_MAX, "%s", items[i].text);
        t->width = ceil(dt_text_width(t->text, scale)) + 2 * pad;
        t->height = dt_text_height(scale) + 1;
    }
    qsort(tags, (size_t)n, sizeof *tags, by_rank);
    for (int i = n - 1; i >= 0; i--)
        dt_draw_rect(image, items[tags[i].item].box, line, items[tags[i].item].color);
    for (int i = 0; i < n; i++)
        place_tag(&tags[i], tags, i, items[tags[i].item].box, image->width, image->height);
    for (int i = n - 1; i >= 0; i--) {
        const tag *t = &tags[i];
        dt_rgb color = items[t->item].color;
        if (!*t->text) continue;
        dt_draw_fill(image, (int)t->x, (int)t->y, (int)(t->x + t->width), (int)(t->y + t->height), color);
        dt_draw_text(image, t->x + pad, t->y, t->text, scale, dt_text_color_on(color));
    }
    dt_free(tags);
    return DT_OK;
}

dt_status dt_draw_detections(dt_image *image, const dt_box *boxes, const int32_t *classes,
                             const float *scores, const char *const *names, int name_count, int count,
                             dt_error *err)
{
    dt_draw_item *items = count > 0 ? dt_calloc((size_t)count, sizeof *items) : NULL;
    char(*texts)[LABEL_MAX] = count > 0 ? dt_calloc((size_t)count, sizeof *texts) : NULL;
    dt_status st = DT_OK;
    if (count > 0 && (!items || !texts)) st = dt_fail_memory(err, (size_t)count * sizeof *texts, "labels");
    for (int i = 0; i < count && st == DT_OK; i++) {
        write_text(texts[i], names, name_count, classes[i], scores ? &scores[i] : NULL);
        items[i] = (dt_draw_item){.box = boxes[i],
                                  .color = dt_class_color(classes[i]),
                                  .text = texts[i],
                                  .rank = scores && isfinite(scores[i]) ? (double)scores[i] : 0};
    }
    if (st == DT_OK) st = dt_draw_items(image, items, count, err);
    dt_free(items);
    dt_free(texts);
    return st;
}
