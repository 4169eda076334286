"""Writes nms.txt: kept sets of torchvision.ops.nms, per class for real, ties included.

Needs torch, torchvision, numpy. Run: python make_nms.py (writes beside itself).
A case:  case NAME N IOU CLASSES(0|1)  /  N lines x1 y1 x2 y2 score class  /  keep COUNT i...
"""
import os

import numpy as np
import torch
import torchvision

rng = np.random.default_rng(20)


def reference(boxes, scores, classes, iou):
    keep = []
    for c in np.unique(classes):
        at = np.nonzero(classes == c)[0]
        keep += at[torchvision.ops.nms(torch.from_numpy(boxes[at]), torch.from_numpy(scores[at]), iou).numpy()].tolist()
    return sorted(keep, key=lambda i: (-scores[i], i))


def clustered(n, size, spread):
    centre = rng.uniform(0, size, (max(n // 6, 1), 2))[rng.integers(0, max(n // 6, 1), n)]
    centre += rng.normal(0, spread, (n, 2))
    wh = rng.uniform(10, 60, (n, 2))
    return np.concatenate([centre - wh / 2, centre + wh / 2], 1).astype(np.float32)


cases = []
for iou in (0.3, 0.45, 0.5, 0.6, 0.7):
    n = 120
    cases.append((f"random_{iou}", clustered(n, 300, 8), rng.random(n).astype(np.float32), np.zeros(n, int), iou))
    cases.append((f"classes_{iou}", clustered(n, 150, 6), rng.random(n).astype(np.float32), rng.integers(-2, 5, n), iou))
    # integer boxes on a small grid, few score values: IoUs equal to the threshold, equal scores, duplicates
    xy = rng.integers(0, 6, (n, 2)) * 5
    wh = rng.integers(1, 5, (n, 2)) * 5
    boxes = np.concatenate([xy, xy + wh], 1).astype(np.float32)
    cases.append((f"ties_{iou}", boxes, (rng.integers(0, 4, n) / 4).astype(np.float32), rng.integers(0, 2, n), iou))
# IoU exactly at the threshold: 10x10 against 10x5 inside it is 0.5; 0.6 as a float is above 0.6 as a double
exact = np.array([[0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 6], [0, 0, 10, 7], [0, 0, 10, 3]], np.float32)
for iou in (0.3, 0.5, 0.6, 0.7):
    cases.append((f"exact_{iou}", exact, np.array([.9, .8, .7, .6, .5], np.float32), np.zeros(5, int), iou))
odd = np.array([[5, 5, 5, 5], [5, 5, 5, 5], [10, 10, 2, 2], [10, 10, 2, 2], [0, 0, 1e30, 1e30], [0, 0, 1e30, 1e30],
                [-3, -3, 9, 9], [1, 1, 8, 8], [1e-30, 1e-30, 2e-30, 2e-30], [1e-30, 1e-30, 2e-30, 2e-30]], np.float32)
cases.append(("degenerate", odd, np.linspace(1, .1, 10).astype(np.float32), np.zeros(10, int), 0.5))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "nms.txt"), "w") as f:
    for name, boxes, scores, classes, iou in cases:
        f.write(f"case {name} {len(boxes)} {iou} {int(classes.any())}\n")
        for b, s, c in zip(boxes, scores, classes):
            f.write(" ".join(f"{v:.9g}" for v in (*b, s)) + f" {c}\n")
        keep = reference(boxes, scores, classes, iou)
        f.write(f"keep {len(keep)} " + " ".join(map(str, keep)) + "\n")
