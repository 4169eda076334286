/** The PNG files of VOC's segmentation: numbers, one a pixel. SegmentationClass has the class (1 aeroplane
 *  ... 20 tvmonitor), SegmentationObject the object (1: the first of the annotation); 0 is the background in
 *  both, 255 the border between objects ("void"), which belongs to nobody. */
#ifndef DT_DATASETS_VOC_MASK_H
#define DT_DATASETS_VOC_MASK_H

#include "datasets/image/image.h"

enum { DT_MASK_BACKGROUND = 0, DT_MASK_VOID = 255, DT_MASK_NUMBERS = 256 };

/** VOC's colour of a number (VOCdevkit, VOClabelcolormap): its bits 0, 3, 6 are the upper bits of red, 1, 4,
 *  7 of green, 2, 5 of blue. */
void dt_voc_color(int number, uint8_t rgb[3]);

/** The number of a colour; -1: the map does not have it. */
int dt_voc_color_number(const uint8_t rgb[3]);

typedef struct dt_voc_mask {
    dt_image numbers; /* one channel */
    enum { DT_MASK_FROM_PALETTE, DT_MASK_FROM_GRAY, DT_MASK_FROM_COLORS } from;
    size_t counts[DT_MASK_NUMBERS]; /* pixels of each number */
    int odd;                        /* a number in use whose palette colour is not VOC's; -1: none */
    uint8_t odd_rgb[3];             /* that colour */
} dt_voc_mask;

/** Reads a file. Of a palette the indices count, whatever its colours are; gray levels are numbers as they
 *  stand; colours are looked up in VOC's map. DT_ERR_UNSUPPORTED: another kind of file, or a colour that the
 *  map does not have; DT_ERR_FORMAT: damaged. */
dt_status dt_voc_mask_load(const char *path, dt_voc_mask *mask, dt_error *err);
void dt_voc_mask_free(dt_voc_mask *mask);

#endif
