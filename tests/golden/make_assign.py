"""Task-aligned assignment (TOOD) and the loss built on it, written from the formulas with whole matrices
-> assign.txt, yolo_loss.txt. Inputs are rounded so that float32 holds them and no two metrics tie."""
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
import torchvision.ops as ops

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import golden_text

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(11)
SIDE, STRIDES = 64, (8, 16, 32)


def points():
    xy, stride = [], []
    for s in STRIDES:
        for y in range(SIDE // s):
            for x in range(SIDE // s):
                xy.append(((x + 0.5) * s, (y + 0.5) * s))
                stride.append(s)
    return np.array(xy), np.array(stride, dtype=np.float64)


def assign(xy, boxes, scores, gt, cls, ignore, alpha=0.5, beta=6.0, topk=10, ignore_iou=0.5):
    """boxes (A, 4), scores (C, A), gt (G, 4) -> owner (A), target (A)."""
    n, g = len(xy), len(gt)
    owner, target = np.full(n, -1), np.zeros(n)
    if g == 0:
        return owner, target
    iou = ops.box_iou(torch.from_numpy(gt), torch.from_numpy(boxes)).numpy()
    x, y = xy[None, :, 0], xy[None, :, 1]
    inside = (x > gt[:, 0:1]) & (y > gt[:, 1:2]) & (x < gt[:, 2:3]) & (y < gt[:, 3:4])
    metric = scores[cls] ** alpha * iou ** beta * inside * (ignore[:, None] == 0)
    chosen = np.zeros((g, n), dtype=bool)
    for i in range(g):
        best = np.argsort(-metric[i], kind="stable")[:topk]
        chosen[i, best[metric[i, best] > 0]] = True
    contested = np.where(chosen, iou, -1)
    winner = contested.argmax(0)
    taken = chosen.any(0)
    owner[taken] = winner[taken]
    for i in range(g):
        mine = owner == i
        if mine.any():
            target[mine] = metric[i, mine] / metric[i, mine].max() * iou[i, mine].max()
    for i in range(g):
        if ignore[i]:
            owner[(owner == -1) & (inside[i] | (iou[i] >= ignore_iou))] = -2
    return owner, target


def f32(a, digits):
    return np.round(a, digits).astype(np.float32).astype(np.float64)


XY, STRIDE = points()
out = [("points", XY)]
for case, (g, spread) in enumerate([(4, 3.0), (9, 6.0), (1, 20.0), (0, 5.0)]):
    p = rng.uniform(0, SIDE - 12, (g, 2))
    gt = f32(np.concatenate([p, p + rng.uniform(6, 34, (g, 2))], 1), 2)
    cls, ignore = rng.integers(0, 3, g), (np.arange(g) % 4 == 3).astype(np.int64)
    base = np.concatenate([XY - 2 * STRIDE[:, None], XY + 2 * STRIDE[:, None]], 1)
    if g:  # near some object, so that metrics are not all tiny
        base = np.where(rng.random((len(XY), 1)) < 0.7, gt[rng.integers(0, g, len(XY))], base)
    boxes = f32(base + rng.normal(0, spread, base.shape), 2)
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    scores = f32(rng.uniform(0.001, 0.9, (3, len(XY))), 4)
    owner, target = assign(XY, boxes, scores, gt, cls, ignore)
    out += [(f"gt{case}", gt), (f"cls{case}", cls), (f"ignore{case}", ignore), (f"boxes{case}", boxes.T.copy()),
            (f"scores{case}", scores), (f"owner{case}", owner), (f"target{case}", target)]
golden_text.write(os.path.join(HERE, "assign.txt"), out)

# --- the loss, on logits that a formula gives ---
BINS, CLASSES, BATCH, A = 16, 3, 2, len(XY)


def wave(shape, a, b):
    i = torch.arange(int(np.prod(shape)), dtype=torch.float64)
    return (a * torch.sin(b * (i + 1))).reshape(shape)


box = wave((BATCH, 4 * BINS, A), 2.0, 0.7391).requires_grad_(True)
cls_logits = (wave((BATCH, CLASSES, A), 2.0, 1.3717) - 1).requires_grad_(True)
labels = [  # image, class, ignore, box
    (0, 1, 0, (4.0, 6.0, 40.0, 44.0)),
    (0, 2, 0, (20.0, 24.0, 60.0, 60.0)),
    (0, 0, 1, (0.0, 40.0, 24.0, 64.0)),
    (1, 0, 0, (8.0, 8.0, 30.0, 28.0)),
]
xy, stride = torch.from_numpy(XY), torch.from_numpy(STRIDE)
prob = box.reshape(BATCH, 4, BINS, A).softmax(2)
dist = (prob * torch.arange(BINS, dtype=torch.float64).reshape(1, 1, BINS, 1)).sum(2)
lt, rb = dist[:, :2], dist[:, 2:]
decoded = torch.cat([xy.T - lt * stride, xy.T + rb * stride], 1)  # (N, 4, A)
total_target, cls_target, mask, rows = 0.0, torch.zeros(BATCH, CLASSES, A, dtype=torch.float64), \
    torch.ones(BATCH, 1, A, dtype=torch.float64), []
for n in range(BATCH):
    mine = [row for row in labels if row[0] == n]
    gt = np.array([row[3] for row in mine])
    kinds, ign = np.array([row[1] for row in mine]), np.array([row[2] for row in mine])
    # Predictions reach the assigner as float32.
    owner, target = assign(XY, decoded[n].T.detach().float().double().numpy(),
                           cls_logits[n].detach().sigmoid().float().double().numpy(), gt, kinds, ign)
    for a in range(A):
        if owner[a] == -2:
            mask[n, 0, a] = 0
        if owner[a] >= 0:
            cls_target[n, kinds[owner[a]], a] = target[a]
            rows.append((n, a, target[a], gt[owner[a]]))
norm = max(1.0, sum(r[2] for r in rows))
cls_loss = 0.5 * (F.binary_cross_entropy_with_logits(cls_logits, cls_target, reduction="none") * mask).sum() / norm
box_loss, dfl_loss = 0.0, 0.0
for n, a, w, gt in rows:
    g = torch.from_numpy(gt)
    box_loss = box_loss + w * ops.complete_box_iou_loss(decoded[n, :, a][None], g[None])[0]
    sides = torch.cat([(xy[a] - g[:2]) / stride[a], (g[2:] - xy[a]) / stride[a]]).clamp(0, BINS - 1 - 0.01)
    logits = box[n, :, a].reshape(4, BINS)
    low = sides.floor().long()
    each = F.cross_entropy(logits, low, reduction="none") * (low + 1 - sides) + \
        F.cross_entropy(logits, low + 1, reduction="none") * (sides - low)
    dfl_loss = dfl_loss + w * each.mean()
box_loss, dfl_loss = 7.5 * box_loss / norm, 1.5 * dfl_loss / norm
(box_loss + cls_loss + dfl_loss).backward()


def probes(grad):
    """Norm and projections of a gradient that is too long to store."""
    flat = grad.reshape(-1)
    return [flat.norm()] + [(flat * wave(flat.shape, 1.0, f)).sum() for f in (0.31, 1.93, 2.71)]


golden_text.write(os.path.join(HERE, "yolo_loss.txt"), [
    ("losses", torch.stack([box_loss, cls_loss, dfl_loss]).detach()),
    ("positives", np.array([len(rows)])),
    ("box_grad", torch.stack(probes(box.grad))),
    ("cls_grad", torch.stack(probes(cls_logits.grad))),
])
print("positives", len(rows), "norm", float(norm), "losses", *(x.item() for x in (box_loss, cls_loss, dfl_loss)))
