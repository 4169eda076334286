#include "datasets/voc/voc_mask.h"

#include <string.h>

void dt_voc_color(int number, uint8_t rgb[3])
{
    rgb[0] = rgb[1] = rgb[2] = 0;
    for (int bit = 7; bit >= 5; bit--, number >>= 3)
        for (int c = 0; c < 3; c++)
            rgb[c] |= (uint8_t)((number >> c & 1) << bit);
}

int dt_voc_color_number(const uint8_t rgb[3])
{
    uint8_t back[3];
    int number = 0;
    for (int step = 0; step < 3; step++)
        for (int c = 0; c < 3; c++)
            number |= (rgb[c] >> (7 - step) & 1) << (3 * step + c);
    dt_voc_color(number, back);
    return number < DT_MASK_NUMBERS && memcmp(rgb, back, 3) == 0 ? number : -1;
}

void dt_voc_mask_free(dt_voc_mask *mask)
{
    dt_image_free(&mask->numbers);
}

static dt_status look_up_colors(const char *path, const dt_image *colors, dt_image *numbers, dt_error *err)
{
    size_t count = (size_t)colors->width * (size_t)colors->height;
    DT_TRY(dt_image_create(numbers, colors->width, colors->height, 1, err));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *rgb = colors->data + 3 * i;
        /* Mostly the colour of the pixel before. */
        int number = i && memcmp(rgb, rgb - 3, 3) == 0 ? numbers->data[i - 1] : dt_voc_color_number(rgb);
        if (number < 0)
            return dt_fail(
                err, DT_ERR_UNSUPPORTED,
                "%s: the pixel (%zu, %zu) has the colour %d %d %d, which is not in VOC's colour map", path,
                i % (size_t)colors->width, i / (size_t)colors->width, rgb[0], rgb[1], rgb[2]);
        numbers->data[i] = (uint8_t)number;
    }
    return DT_OK;
}

/* Looks at the entries that are in use only: what the others hold is of no consequence. */
static void compare_palette(dt_voc_mask *mask, const dt_palette *palette)
{
    for (int i = 0; i < DT_MASK_NUMBERS && mask->odd < 0; i++) {
        uint8_t rgb[3];
        if (!mask->counts[i] || i >= palette->count) continue;
        dt_voc_color(i, rgb);
        if (memcmp(rgb, palette->rgb[i], 3) == 0) continue;
        mask->odd = i;
        memcpy(mask->odd_rgb, palette->rgb[i], 3);
    }
}

dt_status dt_voc_mask_load(const char *path, dt_voc_mask *mask, dt_error *err)
{
    dt_palette palette;
    const dt_image_load_opts opts = {.raw_orientation = 1, .numbers = &palette};
    dt_image image;
    *mask = (dt_voc_mask){.odd = -1};
    DT_TRY(dt_image_load(path, &opts, &image, NULL, err));
    if (image.channels == 1) {
        mask->from = palette.count ? DT_MASK_FROM_PALETTE : DT_MASK_FROM_GRAY;
        mask->numbers = image;
    } else {
        mask->from = DT_MASK_FROM_COLORS;
        dt_status st = look_up_colors(path, &image, &mask->numbers, err);
        dt_image_free(&image);
        if (st != DT_OK) {
            dt_voc_mask_free(mask);
            return st;
        }
    }
    size_t count = (size_t)mask->numbers.width * (size_t)mask->numbers.height;
    for (size_t i = 0; i < count; i++)
        mask->counts[mask->numbers.data[i]]++;
    if (mask->from == DT_MASK_FROM_PALETTE) compare_palette(mask, &palette);
    return DT_OK;
}
