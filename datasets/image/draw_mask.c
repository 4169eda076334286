/* Masks over pictures. */
#include "datasets/image/draw.h"

/* The mask's number under a pixel of the image: the nearest, where they differ in size. */
static int number_at(const dt_image *image, const dt_image *mask, int x, int y)
{
    int64_t mx = (2 * (int64_t)x + 1) * mask->width / (2 * (int64_t)image->width);
    int64_t my = (2 * (int64_t)y + 1) * mask->height / (2 * (int64_t)image->height);
    return mask->data[(size_t)my * (size_t)mask->width + (size_t)mx];
}

static uint8_t blend(uint8_t below, uint8_t over)
{
    return (uint8_t)((below + over + 1) / 2);
}

void dt_draw_mask(dt_image *image, const dt_image *mask, const dt_mask_paint paint[256])
{
    if (image->channels != 3 || mask->channels != 1) return;
    for (int y = 0; y < image->height; y++) {
        uint8_t *p = image->data + (size_t)y * (size_t)image->width * 3;
        for (int x = 0; x < image->width; x++, p += 3) {
            int n = number_at(image, mask, x, y);
            if (!paint[n].shown) continue;
            dt_rgb c = paint[n].color;
            int edge =
                paint[n].outlined && ((x > 0 && number_at(image, mask, x - 1, y) != n) ||
                                      (y > 0 && number_at(image, mask, x, y - 1) != n) ||
                                      (x + 1 < image->width && number_at(image, mask, x + 1, y) != n) ||
                                      (y + 1 < image->height && number_at(image, mask, x, y + 1) != n));
            p[0] = edge ? c.r : blend(p[0], c.r);
            p[1] = edge ? c.g : blend(p[1], c.g);
            p[2] = edge ? c.b : blend(p[2], c.b);
        }
    }
}
