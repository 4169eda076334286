/** The project's own stroke font: the printable ASCII characters as polylines, drawn smoothly at any size. */
#ifndef DT_DATASETS_FONT_H
#define DT_DATASETS_FONT_H

/** Grid: one unit is one pixel at scale 1; x from 0 to 6; y: 0 top of capitals, 3 top of small letters, 10
 * baseline, 13 lowest. Line height 16, of which 2 lie above the capitals. */
enum { DT_FONT_LINE = 16, DT_FONT_ABOVE = 2, DT_FONT_GAP = 2 };

/** Strokes of a character: polylines apart by blanks, each point two hexadecimal digits x and y. Anything
 * outside 0x20..0x7e gives the box that stands for unknown characters. */
const char *dt_font_strokes(unsigned code);

/** From the left edge to where the next character starts, in units. */
int dt_font_advance(unsigned code);

#endif
