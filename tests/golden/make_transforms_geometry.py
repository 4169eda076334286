#!/usr/bin/env python3
"""Writes transforms_geometry.txt: resizing, cropping and padding by torchvision v2, torch, OpenCV and Pillow.

Each case: "name:seed:width:height:channels:parameters count", then `count` values (bytes, or floats). Pictures come from a linear
congruential generator that the test repeats. Needs torch, torchvision, opencv-python, pillow.
"""
import cv2
import numpy as np
import torch
import torchvision.transforms.v2.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import _compute_resized_output_size


def picture(seed, width, height, channels):
    x, data = seed * 2654435761 % 2**32, bytearray()
    for _ in range(width * height * channels):
        x = (x * 1664525 + 1013904223) % 2**32
        data.append(x >> 24)
    return np.frombuffer(bytes(data), np.uint8).reshape(height, width, channels).copy()


def pillow(image, w, h, how):
    # One axis at a time, horizontal first: newer releases of Pillow pick the order of the two passes by their cost.
    gray = image.shape[2] == 1
    step = Image.fromarray(image[:, :, 0] if gray else image).resize((w, image.shape[0]), how)
    return np.asarray(step.resize((w, h), how))


def tensor(image):
    return torch.from_numpy(image).permute(2, 0, 1).contiguous()


def main():
    out = open("transforms_geometry.txt", "w")

    def put(name, seed, image, parameters, values, form="%d"):
        h, w, c = image.shape
        key = ":".join([name, str(seed), str(w), str(h), str(c)] + [str(p) for p in parameters])
        values = np.asarray(values).ravel()
        out.write("%s %d\n%s\n" % (key, values.size, " ".join(form % v for v in values)))

    # odd sizes, sides of one pixel, up, down, and one of each
    sizes = [(13, 11, 29, 19), (31, 23, 17, 13), (40, 30, 20, 15), (16, 16, 16, 31), (37, 50, 8, 9), (5, 3, 31, 2), (1, 1, 7, 5),
             (60, 2, 3, 7), (33, 21, 33, 20), (9, 40, 27, 13), (1, 20, 1, 7), (20, 1, 9, 1), (64, 48, 1, 1), (7, 7, 8, 8)]
    # the middle or an edge of a pixel falls on an edge of the source: roundings decide
    sizes += [(22, 1, 115, 1), (1, 77, 1, 179), (62, 1, 56, 1), (1, 60, 1, 176), (54, 60, 56, 7), (108, 1, 60, 1), (48, 64, 41, 41)]
    for i, (w, h, nw, nh) in enumerate(sizes):
        for c in (1, 3):
            seed = 400 + i
            image = picture(seed, w, h, c)
            p = (nw, nh)
            cv = lambda how: cv2.resize(image, p, interpolation=how)
            put("nearest", seed, image, p, cv(cv2.INTER_NEAREST))
            put("nearest-torch", seed, image, p,
                F.resize(tensor(image), [nh, nw], InterpolationMode.NEAREST).permute(1, 2, 0).numpy())
            put("nearest-exact", seed, image, p,
                F.resize(tensor(image), [nh, nw], InterpolationMode.NEAREST_EXACT).permute(1, 2, 0).numpy())
            put("bilinear", seed, image, p, cv(cv2.INTER_LINEAR))
            put("bicubic", seed, image, p, cv(cv2.INTER_CUBIC))
            put("area", seed, image, p, cv(cv2.INTER_AREA))
            put("bilinear-aa", seed, image, p, pillow(image, nw, nh, Image.BILINEAR))
            put("bicubic-aa", seed, image, p, pillow(image, nw, nh, Image.BICUBIC))
            put("box-aa", seed, image, p, pillow(image, nw, nh, Image.BOX))
            put("lanczos-aa", seed, image, p, pillow(image, nw, nh, Image.LANCZOS))
            # Sides of 1 pixel: torch 2.15 stops at an assertion of its own, or mixes up axes. Its uint8 bicubic without
            # antialiasing is up to 23 levels from its own floats: OpenCV's stands for it.
            for how in ("bilinear", "bicubic") if min(w, h, nw, nh) > 1 else ():
                for antialias in (True, False) if how == "bilinear" else (True,):
                    resized = F.resize(tensor(image), [nh, nw], InterpolationMode(how), antialias=antialias)
                    put("torchvision-" + how + ("-aa" if antialias else ""), seed, image, p, resized.permute(1, 2, 0).numpy())
            if c == 3 and nw * nh < 500 and min(w, h, nw, nh) > 1:
                planes = tensor(image)[None].float() / 255
                for how in ("bilinear", "bicubic"):
                    for antialias in (True, False):
                        y = torch.nn.functional.interpolate(planes.double(), (nh, nw), mode=how, align_corners=False,
                                                            antialias=antialias)
                        put("planes-" + how + ("-aa" if antialias else ""), seed, image, p, y[0].numpy(), "%.8g")

    for i, (w, h) in enumerate([(9, 7), (8, 7), (5, 12), (1, 1), (4, 4)]):
        for c in (1, 3):
            image = picture(500 + i, w, h, c)
            for size in ((4, 4), (5, 6), (8, 9), (11, 3), (1, 1)):
                cropped = F.center_crop(tensor(image), [size[1], size[0]])
                put("center", 500 + i, image, size, cropped.permute(1, 2, 0).numpy())
    for i, (w, h) in enumerate([(9, 7), (6, 5)]):
        image = picture(520 + i, w, h, 3)
        for k, mode in enumerate(("constant", "edge", "reflect", "symmetric")):
            for padding in ((1,), (2, 3), (3, 0, 1, 4)):
                padded = F.pad(tensor(image), list(padding), fill=[11, 22, 33] if mode == "constant" else None, padding_mode=mode)
                put("pad", 520 + i, image, (k, len(padding)) + padding, padded.permute(1, 2, 0).numpy())

    small = picture(1, 1, 1, 1)
    for w, h in ((640, 480), (480, 640), (333, 500), (500, 333), (1, 9), (7, 7), (1999, 3), (641, 480)):
        for size, longest in (([224], None), ([256], 300), ([7], None), ([100], 101), (None, 320), (None, 7), ([12, 34], None)):
            put("rule", 1, small, (w, h) + ((0, 0) if size is None else (size[0], 0) if len(size) == 1 else tuple(size)) + (longest or 0,),
                _compute_resized_output_size((h, w), size, longest, True)[::-1])


main()
