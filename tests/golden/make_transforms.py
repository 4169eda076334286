#!/usr/bin/env python3
"""Writes transforms.txt: resize, warp and HSV by OpenCV and Pillow on pseudo-random pictures.

Each case: a line of its name and numbers, then a line of the output's bytes in hex. Inputs come from a linear congruential
generator that the test repeats.
"""
import cv2
import numpy as np
from PIL import Image


def picture(seed, width, height, channels):
    v, data = seed, bytearray()
    for _ in range(width * height * channels):
        v = (v * 1664525 + 1013904223) % 2**32
        data.append(v >> 24)
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.frombuffer(bytes(data), np.uint8).reshape(shape).copy()


def pillow(image, w, h):
    # One axis at a time, horizontal first: newer releases of Pillow pick the order of the two passes by their cost.
    step = Image.fromarray(image).resize((w, image.shape[0]), Image.BILINEAR)
    return np.asarray(step.resize((w, h), Image.BILINEAR))


def hsv_jitter(image, hue, sat, val):
    h, s, v = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
    x = np.arange(256, dtype=np.float64)
    lut_h = ((x + hue * 180) % 180).astype(np.uint8)
    lut_s = np.clip(x * (sat + 1), 0, 255).astype(np.uint8)
    lut_v = np.clip(x * (val + 1), 0, 255).astype(np.uint8)
    return cv2.cvtColor(cv2.merge((cv2.LUT(h, lut_h), cv2.LUT(s, lut_s), cv2.LUT(v, lut_v))), cv2.COLOR_HSV2RGB)


def main():
    with open("transforms.txt", "w") as out:
        def put(head, image):
            out.write(" ".join(map(str, head)) + "\n" + np.ascontiguousarray(image).tobytes().hex() + "\n")

        sizes = [(23, 17, 41, 29), (41, 29, 23, 17), (40, 30, 20, 15), (16, 16, 16, 31), (37, 50, 8, 9), (5, 3, 50, 2),
                 (1, 1, 7, 5), (60, 2, 3, 7), (33, 21, 33, 20), (9, 40, 27, 13)]
        for i, (w, h, nw, nh) in enumerate(sizes):
            for channels in (1, 3):
                image = picture(100 + i, w, h, channels)
                numbers = (100 + i, w, h, channels, nw, nh)
                put(("bilinear",) + numbers, cv2.resize(image, (nw, nh), interpolation=cv2.INTER_LINEAR))
                put(("bilinear-aa",) + numbers, pillow(image, nw, nh))
                put(("nearest",) + numbers, cv2.resize(image, (nw, nh), interpolation=cv2.INTER_NEAREST))
        for i, (angle, scale, shift) in enumerate([(0, 1, (2.5, -1.25)), (0, .6, (0, 0)), (0, 1.7, (-4, 3)), (12, 1, (0, 0)),
                                                   (-33, 1.4, (3, 2)), (170, .8, (1, 1))]):
            for channels in (1, 3):
                image = picture(200 + i, 31, 22, channels)
                m = cv2.getRotationMatrix2D((15.5, 11), angle, scale)
                m[:, 2] += shift
                warped = cv2.warpAffine(image, m, (29, 25), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
                                        borderValue=(114,) * channels)
                put(("warp", 200 + i, 31, 22, channels, 29, 25) + tuple(repr(float(v)) for v in m.ravel()), warped)
        image = picture(300, 32, 32, 3)
        put(("rgb2hsv", 300, 32, 32, 3), cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
        image[..., 0] %= 180
        put(("hsv2rgb", 300, 32, 32, 3), cv2.cvtColor(image, cv2.COLOR_HSV2RGB))
        for i, gains in enumerate([(.015, .7, .4), (-.015, -.7, -.4), (.3, .2, -.1), (0, 0, .25)]):
            put(("jitter", 310 + i, 40, 30, 3) + gains, hsv_jitter(picture(310 + i, 40, 30, 3), *gains))


if __name__ == "__main__":
    main()
