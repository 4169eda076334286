#!/usr/bin/env python3
"""Writes transforms_augment.txt: colour and geometry of torchvision v2 (uint8 tensors, tv_tensors) and OpenCV.

Pictures are made by picture(): both sides build them from the same integer recurrence. Entries are in the form of
golden_text.py; a name holds the operation, then seed, width, height, channels and the parameters.
"""
import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F
import cv2

import golden_text

SIZES = [(9, 7, 3), (8, 6, 1), (1, 5, 3), (5, 1, 3), (1, 1, 3)]


def picture(seed, w, h, c):
    out, x = np.empty(w * h * c, np.uint8), np.uint32(seed * 2654435761 % 2**32)
    for i in range(out.size):
        x = np.uint32((int(x) * 1664525 + 1013904223) % 2**32)
        out[i] = x >> 24
    return out.reshape(h, w, c)


def nine_tiles(sizes, side, x, y):
    """Where Ultralytics' mosaic of nine puts pictures of these sizes (w, h) on its canvas of 2 x 2 sides, which starts at
    (x, y) in the field of 3 x 3 sides; the first picture's corner is at (side, side) of the field."""
    s, (w0, h0), out = side, sizes[0], []
    for i, (w, h) in enumerate(sizes):
        wp, hp = sizes[i - 1]
        left, top = [(s, s), (s, s - h), (s + wp, s - h), (s + w0, s), (s + w0, s + hp), (s + w0 - w, s + h0),
                     (s + w0 - wp - w, s + h0), (s - w, s + h0 - h), (s - w, s + h0 - hp - h)][i]
        out.append([left - x, top - y, left + w - x, top + h - y])
    return np.clip(np.array(out, dtype=float), 0, 2 * side)


def main():
    entries = []

    def put(name, seed, w, h, c, params, image):
        entries.append((":".join([name, str(seed), str(w), str(h), str(c)] + [repr(p) for p in params]), image))

    def tensor(seed, w, h, c):
        return torch.from_numpy(picture(seed, w, h, c).transpose(2, 0, 1).copy())

    def bytes_of(t):
        return t.numpy().transpose(1, 2, 0).astype(np.int64)

    colour = {
        "brightness": (F.adjust_brightness, [0.0, .37, 1.9]),
        "contrast": (F.adjust_contrast, [0.0, .42, 1.8]),
        "saturation": (F.adjust_saturation, [0.0, .42, 1.8]),
        "hue": (F.adjust_hue, [-.5, -.13, .03, .31]),
        "sharpness": (F.adjust_sharpness, [0.0, .5, 2.3]),
        "posterize": (F.posterize, [0, 3, 8]),
        "solarize": (F.solarize, [0.0, 100.0, 128.5]),
        "autocontrast": (lambda t, _: F.autocontrast(t), [0.0]),
        "equalize": (lambda t, _: F.equalize(t), [0.0]),
        "invert": (lambda t, _: F.invert(t), [0.0]),
        "gray": (F.rgb_to_grayscale, [1, 3]),
    }
    for number, (name, (function, values)) in enumerate(colour.items()):
        sizes = SIZES + [(24, 20, 3)] if name == "equalize" else SIZES  # more than 255 pixels
        for k, (w, h, c) in enumerate(sizes):
            for v in values:
                seed = 10 * number + k
                put(name, seed, w, h, c, [float(v)], bytes_of(function(tensor(seed, w, h, c), v)))
    for k, (w, h, c) in enumerate([(17, 13, 3), (16, 12, 1)]):
        for kx, ky, sx, sy in [(3, 3, .6, .6), (5, 7, 1.3, 2.0), (1, 9, .5, 3.1)]:
            put("blur", 200 + k, w, h, c, [kx, ky, sx, sy],
                bytes_of(F.gaussian_blur(tensor(200 + k, w, h, c), [kx, ky], [sx, sy])))
    boxes = torch.tensor([[2, 3, 9, 8], [0, 0, 17, 13], [10.5, 1.25, 16, 4]], dtype=torch.float64)
    for k, (w, h, c) in enumerate([(17, 13, 3), (16, 12, 1), (1, 9, 3)]):
        for angle, tx, ty, scale, shx, shy in [(0, 2, -1, 1, 0, 0), (33, 0, 0, 1, 0, 0), (-72.5, 1, 3, .8, 8, -5),
                                               (10, -4, 2, 1.6, 0, 12)]:
            params = [float(angle), float(tx), float(ty), float(scale), float(shx), float(shy)]
            for mode in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
                put("affine-" + mode.value, 300 + k, w, h, c, params,
                    bytes_of(F.affine(tensor(300 + k, w, h, c), angle, [tx, ty], scale, [shx, shy],
                                      interpolation=mode, fill=[114.0] * c)))
            moved = F.affine(tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=(h, w), clamping_mode=None),
                             angle, [tx, ty], scale, [shx, shy])
            put("affine-boxes", 300 + k, w, h, c, params, moved.numpy())
    for k, end in enumerate([[(1, 2), (15, 0), (16, 11), (0, 12)], [(3, 1), (16, 3), (13, 12), (2, 9)]]):
        start = [(0, 0), (16, 0), (16, 12), (0, 12)]
        flat = [float(v) for point in end for v in point]
        moved = F.perspective(tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=(13, 17), clamping_mode=None),
                              start, [list(p) for p in end])
        put("perspective-boxes", 400 + k, 17, 13, 3, flat, moved.numpy())
        put("perspective", 400 + k, 17, 13, 3, flat,
            bytes_of(F.perspective(tensor(400 + k, 17, 13, 3), start, [list(p) for p in end],
                                   interpolation=InterpolationMode.BILINEAR, fill=[114.0] * 3)))
    for k, m in enumerate([[1.1, .1, -2, -.08, .9, 1.5, .004, -.006, 1], [.8, -.2, 3, .15, 1.2, -1, -.003, .008, 1]]):
        warped = cv2.warpPerspective(picture(500 + k, 21, 14, 3), np.array(m).reshape(3, 3), (19, 15),
                                     flags=cv2.INTER_LINEAR, borderValue=(114, 114, 114))
        put("warp-perspective", 500 + k, 21, 14, 3, [float(v) for v in m], warped.astype(np.int64))
    tiles = [(96, 64), (48, 96), (96, 96), (96, 24), (80, 96), (96, 60), (33, 96), (96, 50), (70, 96)]
    for k, (x, y) in enumerate([(0, 0), (48, 48), (95, 17), (30, 80)]):
        put("nine", k, 96, 96, 3, [x, y], nine_tiles(tiles, 96, x, y) / 2)
    golden_text.write("transforms_augment.txt", entries)


if __name__ == "__main__":
    main()
