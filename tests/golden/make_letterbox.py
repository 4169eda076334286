#!/usr/bin/env python3
"""Writes letterbox.txt: sizes and pads by the rules that Ultralytics, YOLOX and Darknet document.

Each line: mode no_upscale src_w src_h dst_w dst_h new_w new_h left top right bottom
"""
import random


def ultralytics(sw, sh, dw, dh, no_upscale):
    r = min(dh / sh, dw / sw)
    if no_upscale:
        r = min(r, 1.0)
    nw, nh = round(sw * r), round(sh * r)  # Python rounds halves to even, as the original does
    px, py = (dw - nw) / 2, (dh - nh) / 2
    return nw, nh, round(px - 0.1), round(py - 0.1), round(px + 0.1), round(py + 0.1)


def yolox(sw, sh, dw, dh, no_upscale):
    r = min(dh / sh, dw / sw)
    if no_upscale:
        r = min(r, 1.0)
    nw, nh = int(sw * r), int(sh * r)
    return nw, nh, 0, 0, dw - nw, dh - nh


def stretch(sw, sh, dw, dh, no_upscale):
    return dw, dh, 0, 0, 0, 0


def darknet(sw, sh, dw, dh, no_upscale):
    if dw / sw < dh / sh:
        nw, nh = dw, sh * dw // sw
    else:
        nw, nh = sw * dh // sh, dh
    left, top = (dw - nw) // 2, (dh - nh) // 2
    return nw, nh, left, top, dw - nw - left, dh - nh - top


def main():
    rng = random.Random(7)
    sizes = [(640, 480, 640, 640), (480, 640, 640, 640), (1920, 1080, 640, 640), (768, 576, 320, 320),
             (640, 640, 640, 640), (100, 75, 640, 640), (500, 375, 416, 416), (333, 500, 608, 352),
             (641, 427, 640, 640), (427, 640, 320, 320), (3, 2, 5, 5), (5, 2, 3, 3), (1281, 721, 640, 384),
             (1, 2, 5, 5), (2, 1, 5, 5), (3, 2, 15, 15), (6, 4, 15, 13)]  # these four end in exact halves
    while len(sizes) < 150:
        s = tuple(rng.randint(2, 2000) for _ in range(2)) + tuple(32 * rng.randint(1, 40) for _ in range(2))
        if max(s[0] / s[1], s[1] / s[0]) < 20:
            sizes.append(s)
    with open("letterbox.txt", "w") as out:
        for size in sizes:
            for name, rule in (("center", ultralytics), ("top-left", yolox), ("stretch", stretch), ("darknet", darknet)):
                for no_upscale in (0, 1) if name in ("center", "top-left") else (0,):
                    out.write(" ".join(map(str, (name, no_upscale) + size + rule(*size, no_upscale))) + "\n")


if __name__ == "__main__":
    main()
