"""Writes voc_eval.txt: PASCAL VOC average precision, from a plain port of the published rule.

The rule works on inclusive integer pixels (width = xmax - xmin + 1), as the development kit does; boxes are written
to the file as the half-open ones (xmin - 1, ymin - 1, xmax, ymax). Needs numpy for random numbers only.
Run: python make_voc_eval.py (writes beside itself).
  case NAME IMAGES CLASSES GTS DTS / image class x1 y1 x2 y2 difficult / image class x1 y1 x2 y2 score
  class AP07 AP10 RIGHT WRONG (per class; -1 without objects) / mean AP07 AP10
"""
import os

import numpy as np

rng = np.random.default_rng(11)


def overlap(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0]) + 1
    h = min(a[3], b[3]) - max(a[1], b[1]) + 1
    if w <= 0 or h <= 0:
        return 0.0
    area = lambda r: (r[2] - r[0] + 1) * (r[3] - r[1] + 1)
    return w * h / (area(a) + area(b) - w * h)


def evaluate(gts, dts, threshold=0.5):
    positives = sum(1 for g in gts if not g["difficult"])
    if positives == 0:
        return -1.0, -1.0, None, None
    taken = set()
    tp, fp, curve = 0, 0, []
    for d in sorted(dts, key=lambda d: -d["score"]):  # stable
        here = [(n, g) for n, g in enumerate(gts) if g["image"] == d["image"]]
        best, best_n = -1.0, None
        for n, g in here:
            o = overlap(d["box"], g["box"])
            if o > best:
                best, best_n = o, n
        if best > threshold:
            if not gts[best_n]["difficult"]:
                if best_n in taken:
                    fp += 1
                else:
                    tp += 1
                    taken.add(best_n)
        else:
            fp += 1
        curve.append((tp / positives, tp / max(tp + fp, np.finfo(np.float64).eps)))
    ap07 = 0.0
    for t in np.arange(0.0, 1.1, 0.1):
        ap07 += max([p for r, p in curve if r >= t], default=0.0) / 11.0
    recall = [0.0] + [r for r, _ in curve] + [1.0]
    precision = [0.0] + [p for _, p in curve] + [0.0]
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    ap10 = 0.0
    for i in range(1, len(recall)):
        if recall[i] != recall[i - 1]:
            ap10 += (recall[i] - recall[i - 1]) * precision[i]
    return ap07, ap10, tp, fp


def box():
    x, y = rng.integers(1, 150, 2)
    w, h = rng.integers(4, 60, 2)
    return [int(x), int(y), int(x + w), int(y + h)]


def make(images, classes, objects, detections, difficult, levels=997, shift=6):
    gts = [{"image": int(rng.integers(images)), "cls": int(rng.integers(classes)), "box": box(),
            "difficult": int(rng.random() < difficult)} for _ in range(objects)]
    gts.sort(key=lambda g: g["image"])
    dts = []
    for _ in range(detections):
        if gts and rng.random() < .75:
            g = gts[rng.integers(len(gts))]
            b = (np.array(g["box"]) + rng.integers(-shift, shift + 1, 4)).tolist()
            b = [b[0], b[1], max(b[0], b[2]), max(b[1], b[3])]
            dts.append({"image": g["image"], "cls": g["cls"], "box": b})
        else:
            dts.append({"image": int(rng.integers(images)), "cls": int(rng.integers(classes)), "box": box()})
        dts[-1]["score"] = float(rng.integers(levels)) / levels
    dts.sort(key=lambda d: d["image"])
    return gts, dts


cases = {
    "plain": (4, 2, *make(4, 2, 30, 90, 0)),
    "difficult": (3, 2, *make(3, 2, 30, 120, .4)),
    "ties": (3, 2, *make(3, 2, 25, 90, .2, levels=3)),
    "duplicates": (2, 1, *make(2, 1, 8, 90, .1, shift=2)),
    "only_difficult": (2, 2, *make(2, 2, 10, 30, 1)),
    "no_detections": (2, 2, *make(2, 2, 10, 0, .2)),
    "large": (20, 5, *make(20, 5, 150, 600, .15)),
}
# IoU of exactly one half is not enough; one pixel more is
cases["half"] = (1, 1, [{"image": 0, "cls": 0, "box": [1, 1, 10, 10], "difficult": 0},
                        {"image": 0, "cls": 0, "box": [101, 1, 110, 10], "difficult": 0}],
                 [{"image": 0, "cls": 0, "box": [1, 1, 10, 5], "score": .9},
                  {"image": 0, "cls": 0, "box": [101, 1, 110, 6], "score": .8}])
out = []
for name, (images, classes, gts, dts) in cases.items():
    out.append(f"case {name} {images} {classes} {len(gts)} {len(dts)}")
    for b in gts + dts:
        x1, y1, x2, y2 = b["box"]
        last = b["difficult"] if "difficult" in b else repr(b["score"])
        out.append(f"{b['image']} {b['cls']} {x1 - 1} {y1 - 1} {x2} {y2} {last}")
    aps = []
    for c in range(classes):
        a07, a10, tp, fp = evaluate([g for g in gts if g["cls"] == c], [d for d in dts if d["cls"] == c])
        out.append(f"class {a07.hex()} {a10.hex()} {-1 if tp is None else tp} {-1 if fp is None else fp}")
        if a07 >= 0:
            aps.append((a07, a10))
    mean = [sum(v) / len(aps) for v in zip(*aps)] or [-1.0, -1.0]
    out.append(f"mean {float(mean[0]).hex()} {float(mean[1]).hex()}")
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "voc_eval.txt"), "w") as f:
    f.write("\n".join(out) + "\n")
