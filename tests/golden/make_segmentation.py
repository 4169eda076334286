#!/usr/bin/env python3
"""A small VOC set with segmentation, files that are no good, and what Pillow reads from them.

    python make_segmentation.py        writes segmentation/ beside itself

segmentation/voc/      Annotations, JPEGImages, ImageSets, SegmentationClass, SegmentationObject as VOC2012 has them:
                       palette PNGs, 255 on a border of 5 pixels around each object, boxes that take the border in
segmentation/files/    the class file of 000001 in other dress, and damaged ones
segmentation/expected.txt
    color NUMBER R G B                      VOC's colour map, by the loop of VOClabelcolormap.m
    mask FILE WIDTH HEIGHT                  then its numbers:
    number N PIXELS X1 Y1 X2 Y2             bounding box half-open
Pillow, numpy.
"""
import os

import numpy as np
from PIL import Image

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "segmentation")
NAMES = ("aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant "
         "sheep sofa train tvmonitor").split()
VOID = 255


def color_map():
    table = []
    for i in range(256):
        rgb, c = [0, 0, 0], i
        for shift in range(8):
            for k in range(3):
                rgb[k] |= (c >> k & 1) << (7 - shift)
            c >>= 3
        table.append(rgb)
    return table


MAP = color_map()


def shape(kind, box, w, h):
    x1, y1, x2, y2 = box
    y, x = np.mgrid[0:h, 0:w] + 0.5
    if kind == "disc":
        return ((x - (x1 + x2) / 2) / ((x2 - x1) / 2)) ** 2 + ((y - (y1 + y2) / 2) / ((y2 - y1) / 2)) ** 2 <= 1
    return (x > x1) & (x < x2) & (y > y1) & (y < y2)


def grow(mask, by):
    out = mask.copy()
    for dy in range(-by, by + 1):
        for dx in range(-by, by + 1):
            if dx * dx + dy * dy > by * by:
                continue
            moved = np.zeros_like(mask)
            h, w = mask.shape
            moved[max(0, dy):h + min(0, dy), max(0, dx):w + min(0, dx)] = \
                mask[max(0, -dy):h + min(0, -dy), max(0, -dx):w + min(0, -dx)]
            out |= moved
    return out


def shrink(mask, by):
    return ~grow(~mask, by)


def picture(stem, w, h, objects, border=2):
    """objects: (class, kind, box), the later in front. The border takes `border` pixels on either side."""
    pixels = np.stack(np.mgrid[0:h, 0:w], -1).sum(-1)[..., None] * np.array([0.3, 0.4, 0.5]) + 60
    cls, obj = np.zeros((h, w), np.uint8), np.zeros((h, w), np.uint8)
    visible, lines = [], []
    for number, (name, kind, box) in enumerate(objects, 1):
        m = shape(kind, box, w, h)
        visible = [v & ~m for v in visible] + [m]
        pixels[m] = MAP[NAMES.index(name) + 1]
    for number, ((name, _, _), m) in enumerate(zip(objects, visible), 1):
        inside = shrink(m, border) if border else m
        cls[inside], obj[inside] = NAMES.index(name) + 1, number
    for m in visible if border else []:
        edge = grow(m, border) & ~shrink(m, border)
        cls[edge] = obj[edge] = VOID
    for (name, _, _), m in zip(objects, visible):
        ys, xs = np.nonzero(grow(m, border) if border else m)
        lines.append(f"\t<object>\n\t\t<name>{name}</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n"
                     f"\t\t<difficult>0</difficult>\n\t\t<bndbox>\n\t\t\t<xmin>{xs.min() + 1}</xmin>\n"
                     f"\t\t\t<ymin>{ys.min() + 1}</ymin>\n\t\t\t<xmax>{xs.max() + 1}</xmax>\n"
                     f"\t\t\t<ymax>{ys.max() + 1}</ymax>\n\t\t</bndbox>\n\t</object>\n")
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(f"{HERE}/voc/JPEGImages/{stem}.jpg", quality=90)
    with open(f"{HERE}/voc/Annotations/{stem}.xml", "w") as f:
        f.write(f"<annotation>\n\t<folder>VOC2012</folder>\n\t<filename>{stem}.jpg</filename>\n\t<size>\n"
                f"\t\t<width>{w}</width>\n\t\t<height>{h}</height>\n\t\t<depth>3</depth>\n\t</size>\n"
                f"\t<segmented>1</segmented>\n{''.join(lines)}</annotation>\n")
    return cls, obj


def palette_image(a, table=None):
    image = Image.fromarray(a, "P")
    image.putpalette([v for rgb in (table or MAP) for v in rgb])
    return image


def main():
    for folder in ("voc/Annotations", "voc/JPEGImages", "voc/ImageSets/Main", "voc/ImageSets/Segmentation",
                   "voc/SegmentationClass", "voc/SegmentationObject", "files"):
        os.makedirs(f"{HERE}/{folder}", exist_ok=True)
    sets = {
        "000001": (96, 72, [("aeroplane", "disc", (8, 10, 48, 50)), ("person", "box", (58, 6, 86, 64))]),
        "000002": (120, 80, [("sofa", "box", (10, 30, 100, 72)), ("cat", "disc", (30, 8, 66, 50)),
                             ("dog", "disc", (92, 40, 136, 76))]),
        "000003": (64, 64, [("bottle", "box", (20, 8, 40, 56))]),
        "000004": (80, 60, [("person", "disc", (6, 6, 40, 54)), ("person", "disc", (34, 10, 72, 50))]),
        "000005": (50, 70, [("cat", "disc", (6, 16, 44, 60))]),
    }
    expected = [f"color {i} {r} {g} {b}" for i, (r, g, b) in enumerate(MAP)]
    arrays = {}
    for stem, (w, h, objects) in sets.items():
        plain = stem == "000003"  # no border, so that 4 bits hold all numbers
        pair = picture(stem, w, h, objects, 0 if plain else 2)
        for folder, a in zip(("SegmentationClass", "SegmentationObject"), pair):
            path = f"voc/{folder}/{stem}.png"
            palette_image(a).save(f"{HERE}/{path}", optimize=True, **({"bits": 4} if plain else {}))
            arrays[path] = a
    for name, stems in {"train": ["000001", "000002", "000003"], "val": ["000004", "000005"]}.items():
        for kind in ("Main", "Segmentation"):
            with open(f"{HERE}/voc/ImageSets/{kind}/{name}.txt", "w") as f:
                f.write("".join(s + "\n" for s in stems))

    a = arrays["voc/SegmentationClass/000001.png"]
    rgb = np.array(MAP, np.uint8)[a]
    Image.fromarray(rgb).save(f"{HERE}/files/colors.png", optimize=True)
    Image.fromarray(np.dstack([rgb, np.full(a.shape, 255, np.uint8)])).save(f"{HERE}/files/alpha.png", optimize=True)
    Image.fromarray(a).save(f"{HERE}/files/gray.png", optimize=True)
    for name in ("colors", "alpha", "gray"):
        arrays[f"files/{name}.png"] = a
    table = [list(c) for c in MAP]
    table[1], table[15] = table[15], table[1]
    palette_image(a, table).save(f"{HERE}/files/reordered.png", optimize=True)
    arrays["files/reordered.png"] = a
    smooth = Image.fromarray(rgb).resize((a.shape[1] * 2, a.shape[0] * 2), Image.BILINEAR).resize(
        (a.shape[1], a.shape[0]), Image.BILINEAR)
    smooth.save(f"{HERE}/files/smoothed.png", optimize=True)
    Image.fromarray(a.astype(np.uint16)).save(f"{HERE}/files/sixteen.png", optimize=True)
    palette_image(a[:-4, :-6]).save(f"{HERE}/files/smaller.png", optimize=True)
    swapped = a.copy()
    swapped[a == 1] = 4
    palette_image(swapped).save(f"{HERE}/files/boat.png", optimize=True)
    beyond = a.copy()
    beyond[a == 1] = 21
    palette_image(beyond).save(f"{HERE}/files/beyond.png", optimize=True)
    stray = a.copy()
    stray[60:66, 60:72][a[60:66, 60:72] == 15] = 9
    stray[40:52, 60:84] = 9
    palette_image(stray).save(f"{HERE}/files/stray.png", optimize=True)
    o = arrays["voc/SegmentationObject/000001.png"]
    third = o.copy()
    third[60:70, 4:40] = 3
    palette_image(third).save(f"{HERE}/files/third.png", optimize=True)
    gone = o.copy()
    gone[o == 2] = 0
    palette_image(gone).save(f"{HERE}/files/gone.png", optimize=True)
    exchanged = o.copy()
    exchanged[o == 1], exchanged[o == 2] = 2, 1
    palette_image(exchanged).save(f"{HERE}/files/exchanged.png", optimize=True)
    with open(f"{HERE}/voc/SegmentationClass/000001.png", "rb") as f:
        data = f.read()
    with open(f"{HERE}/files/truncated.png", "wb") as f:
        f.write(data[:len(data) - 60])

    for path in sorted(arrays):
        back = np.array(Image.open(f"{HERE}/{path}"))
        if back.ndim == 2:
            assert (back == arrays[path]).all(), path
        a = arrays[path]
        expected.append(f"mask {path} {a.shape[1]} {a.shape[0]}")
        for n in np.unique(a):
            ys, xs = np.nonzero(a == n)
            expected.append(f"number {n} {len(xs)} {xs.min()} {ys.min()} {xs.max() + 1} {ys.max() + 1}")
    with open(f"{HERE}/expected.txt", "w") as f:
        f.write("\n".join(expected) + "\n")


if __name__ == "__main__":
    main()
