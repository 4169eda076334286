#!/usr/bin/env python3
"""Writes augment.txt: boxes after mosaic and random affine map by the rules that Ultralytics documents.

The four pictures and their eight boxes are those of make_samples() in tests/datasets/test_augment.c. Each case: a line
"mosaic center_x center_y degrees scale shear_x shear_y translate_x translate_y count", then "class x1 y1 x2 y2" a box.
"""
import math
import random

import cv2
import numpy as np

SIDE = 192
SIZES = [(160, 120), (120, 160), (100, 50), (330, 400)]


def boxes_of(i):
    w, h = SIZES[i]
    x, y = w // 10, h // 8
    return [(2 * i, x, y, x + w // 3, y + h // 4), (2 * i + 1, w // 2, h // 2, w // 2 + w // 3, h // 2 + h // 3)]


def loaded_size(w, h):
    r = SIDE / max(w, h)
    if r < 1:  # shrunk when it is loaded
        w, h = min(math.ceil(w * r), SIDE), min(math.ceil(h * r), SIDE)
    return w, h


def fitted(w, h):
    """Sides on the canvas and the pads of a centred letterbox."""
    r = min(SIDE / w, SIDE / h)
    nw, nh = round(w * r), round(h * r)
    return nw, nh, round((SIDE - nw) / 2 - 0.1), round((SIDE - nh) / 2 - 0.1)


def canvas_boxes(mosaic, cx, cy):
    """(class, box, box clipped to the part of the picture that the canvas shows)."""
    canvas = 2 * SIDE if mosaic else SIDE
    for i in range(4 if mosaic else 1):
        w0, h0 = loaded_size(*SIZES[i])
        w, h, left, top = fitted(w0, h0)
        if mosaic:
            left = cx - w if i in (0, 2) else cx
            top = cy - h if i in (0, 1) else cy
        sx, sy = w / SIZES[i][0], h / SIZES[i][1]
        for cls, x1, y1, x2, y2 in boxes_of(i):
            box = np.array([x1 * sx + left, y1 * sy + top, x2 * sx + left, y2 * sy + top])
            yield cls, box, np.clip(box, 0, canvas)


def matrix(mosaic, degrees, scale, shear_x, shear_y, tx, ty):
    half = SIDE if mosaic else SIDE / 2
    center, rotate, shear, shift = np.eye(3), np.eye(3), np.eye(3), np.eye(3)
    center[0, 2] = center[1, 2] = -half
    rotate[:2] = cv2.getRotationMatrix2D(angle=degrees, center=(0, 0), scale=scale)
    shear[0, 1], shear[1, 0] = math.tan(math.radians(shear_x)), math.tan(math.radians(shear_y))
    shift[0, 2], shift[1, 2] = tx * SIDE, ty * SIDE
    return shift @ shear @ rotate @ center


def main():
    rng = random.Random(11)
    with open("augment.txt", "w") as out:
        for case in range(24):
            mosaic = int(case % 4 != 0)
            cx, cy = rng.uniform(.5, 1.5), rng.uniform(.5, 1.5)
            turned = case % 3 == 2
            degrees, shear_x, shear_y = [rng.uniform(-12, 12) if turned else 0 for _ in range(3)]
            scale, tx, ty = rng.uniform(.5, 1.5), rng.uniform(.4, .6), rng.uniform(.4, .6)
            if case == 1:
                cx = cy = scale = 1
                tx = ty = .5
            m = matrix(mosaic, degrees, scale, shear_x, shear_y, tx, ty)
            kept = []
            for cls, whole, seen in canvas_boxes(mosaic, int(cx * SIDE), int(cy * SIDE)):
                corners = np.array([[seen[i], seen[j], 1] for i in (0, 2) for j in (1, 3)]) @ m.T
                box = np.concatenate([corners[:, :2].min(0), corners[:, :2].max(0)]).clip(0, SIDE)
                w, h = box[2] - box[0], box[3] - box[1]
                area = (whole[2] - whole[0]) * (whole[3] - whole[1]) * abs(np.linalg.det(m[:2, :2]))
                if w > 2 and h > 2 and w * h / area > .1 and max(w / h, h / w) < 100:
                    kept.append((cls, *map(float, box)))
            numbers = (mosaic, cx, cy, degrees, scale, shear_x, shear_y, tx, ty, len(kept))
            out.write(" ".join(map(repr, numbers)) + "\n")
            for row in kept:
                out.write(" ".join(map(repr, row)) + "\n")


if __name__ == "__main__":
    main()
