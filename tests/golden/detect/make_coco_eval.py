"""Writes coco_eval.txt: small evaluations by pycocotools with all precision, recall and score values.

Needs pycocotools, numpy. Run: python make_coco_eval.py (writes beside itself).
A case:
  case NAME IMAGES CLASSES GTS DTS
  GTS lines   image class id x y w h area crowd        (image, class: rank of the id)
  DTS lines   image class x y w h score
  stats 12 values
  hash N-VALUES for precision, recall, scores: FNV-1a over the IEEE bytes, little-endian, in numpy's C order
  and for classes: AP AP50 per class
Doubles are written as C99 hexadecimal, so nothing is lost. Hashes keep the file small; every value is in them.
"""
import contextlib
import io
import json
import os
import tempfile

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

rng = np.random.default_rng(7)


def fnv(a):
    h = 0xCBF29CE484222325
    for b in np.ascontiguousarray(a, "<f8").tobytes():
        h = (h ^ b) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


def box(grid):
    b = np.concatenate([rng.uniform(0, 200, 2), rng.choice([8, 20, 60, 150]) * rng.uniform(.4, 1.6, 2)])
    return [float(v) for v in (np.round(b / 8) * 8 if grid else np.round(b, 2))]


def make(images, classes, objects, dets, grid=False, crowds=.1, levels=1000, base_id=1, noise=4, empty=()):
    gt = {"images": [{"id": i, "width": 300, "height": 300} for i in images],
          "categories": [{"id": c, "name": str(c)} for c in classes], "annotations": []}
    usable = [c for c in classes if c not in empty] or classes
    for n in range(objects):
        b = box(grid)
        gt["annotations"].append({"id": base_id + n, "image_id": int(rng.choice(images)),
                                  "category_id": int(rng.choice(usable)), "bbox": b,
                                  "area": float(np.round(b[2] * b[3] * rng.uniform(.5, 1), 3)),
                                  "iscrowd": int(rng.random() < crowds)})
    dt = []
    for _ in range(dets):
        if rng.random() < .7 and gt["annotations"]:
            a = gt["annotations"][rng.integers(len(gt["annotations"]))]
            b = np.array(a["bbox"]) + (rng.integers(-1, 2, 4) * 8 if grid else rng.normal(0, noise, 4))
            b = [float(v) for v in np.maximum(b, [-50, -50, 0, 0])]
            img, cat = a["image_id"], a["category_id"]
        else:
            b, img, cat = box(grid), int(rng.choice(images)), int(rng.choice(classes))
        dt.append({"image_id": img, "category_id": cat, "bbox": b, "score": float(rng.integers(0, levels) / levels)})
    return gt, dt


cases = {
    "plain": make([1, 2, 3], [1, 2], 40, 120),
    "crowds": make([5, 3, 9, 4], [3, 1], 40, 160, crowds=.5),
    "ties": make([1, 2, 3], [1, 2], 40, 150, grid=True, levels=4),
    "all_tied": make([4, 2], [1], 30, 90, grid=True, levels=1),
    "id_zero": make([1, 2], [0, 7], 24, 80, base_id=0, crowds=0),
    "negative_ids": make([-3, 1 << 40], [-1, 5], 24, 60, base_id=-10),
    "empty_classes": make([1, 2, 3], [10, 20, 30, 40], 20, 80, empty=(10, 40)),
    "no_objects": make([1, 2], [1, 2], 0, 20),
    "only_crowds": make([1, 2], [1], 12, 40, crowds=1),
    "no_detections_of_a_class": make([1, 2], [1, 2, 3], 20, 3),
    "more_than_100": make([1, 2], [1], 30, 420, noise=2),
    "exact_boxes": make([1, 2, 3], [1], 25, 60, noise=0),
    "large": make(list(range(1, 41)), list(range(1, 9)), 300, 900),
}
# the ends of the area ranges belong to both neighbours; sizes of detections at the ends, too
gt, dt = make([1], [1], 0, 0)
for n, side in enumerate((32, 96, 31.9, 32.1, 96.1)):
    gt["annotations"].append({"id": n + 1, "image_id": 1, "category_id": 1, "bbox": [200 * n, 0, side, side],
                              "area": side * side if n < 2 else round(side * side), "iscrowd": 0})
    dt.append({"image_id": 1, "category_id": 1, "bbox": [200 * n, 0, side, side], "score": .5})
    dt.append({"image_id": 1, "category_id": 1, "bbox": [200 * n, 500, side, side], "score": .6})
cases["area_ends"] = gt, dt

out = []
for name, (gt, dt) in cases.items():
    with tempfile.TemporaryDirectory() as tmp, contextlib.redirect_stdout(io.StringIO()):
        path = os.path.join(tmp, "gt.json")
        json.dump(gt, open(path, "w"))
        coco = COCO(path)
        e = COCOeval(coco, coco.loadRes(json.loads(json.dumps(dt))), "bbox")
        e.evaluate()
        e.accumulate()
        e.summarize()
    images = {v: i for i, v in enumerate(sorted(x["id"] for x in gt["images"]))}
    classes = {v: i for i, v in enumerate(sorted(x["id"] for x in gt["categories"]))}
    hexes = lambda values: " ".join(float(v).hex() for v in values)
    short = lambda values: " ".join(repr(float(v)) for v in values)  # repr() reads back the same
    out.append(f"case {name} {len(images)} {len(classes)} {len(gt['annotations'])} {len(dt)}")
    for a in gt["annotations"]:
        out.append(f"{images[a['image_id']]} {classes[a['category_id']]} {a['id']} "
                   f"{short(a['bbox'] + [a['area']])} {a['iscrowd']}")
    for d in dt:
        out.append(f"{images[d['image_id']]} {classes[d['category_id']]} {short(d['bbox'] + [d['score']])}")
    out.append("stats " + hexes(e.stats))
    p, r, s = e.eval["precision"], e.eval["recall"], e.eval["scores"]
    out.append(f"hash {fnv(p):016x} {fnv(r):016x} {fnv(s):016x}")
    for k in range(len(classes)):
        ap = [v[v > -1] for v in (p[:, :, k, 0, 2], p[0, :, k, 0, 2])]
        out.append("class " + hexes(np.mean(v) if len(v) else -1 for v in ap))
p = COCOeval(iouType="bbox").params
out.append("iou " + " ".join(float(v).hex() for v in p.iouThrs))
out.append("recall " + " ".join(float(v).hex() for v in p.recThrs))
for n in (1, 7, 8, 9, 127, 128, 129, 136, 255, 256, 1000, 4096, 10007):
    values = (np.arange(n, dtype=np.float64) * 0.7310585786300049 + 0.1) % 1.0
    out.append(f"mean {n} {float(np.mean(values)).hex()}")
out.append("end")
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "coco_eval.txt"), "w") as f:
    f.write("\n".join(out) + "\n")
