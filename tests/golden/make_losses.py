"""Losses and their gradients in float64 from torch and torchvision -> losses.txt."""
import os
import sys

import torch
import torch.nn.functional as F
import torchvision.ops as ops

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import golden_text

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
out = []


def case(name, fn, *inputs):
    """Stores inputs, the unreduced loss and the gradient of its weighted sum with respect to the first input."""
    x = inputs[0].clone().requires_grad_(True)
    y = fn(x, *inputs[1:])
    w = torch.linspace(0.5, 1.5, y.numel()).reshape(y.shape)
    (y * w).sum().backward()
    out.append((name, y.detach()))
    out.append((name + ".grad", x.grad))


def boxes(n):
    p = torch.rand(n, 2) * 60
    return torch.cat([p, p + 4 + torch.rand(n, 2) * 50], 1)


pred, target = boxes(24), boxes(24)
target[0] = pred[0] + torch.tensor([0.5, 0.25, -0.5, -0.75])  # nested
target[1] = pred[1] + 200  # far away
target[2] = pred[2] + 0.125
out += [("pred", pred), ("target", target)]


def log_iou(a, b):
    return -torch.log(torch.clamp(ops.box_iou(a, b).diagonal(), min=1e-7))


case("iou", lambda a, b: 1 - ops.box_iou(a, b).diagonal(), pred, target)
case("log", log_iou, pred, target)
case("giou", ops.generalized_box_iou_loss, pred, target)
case("diou", ops.distance_box_iou_loss, pred, target)
case("ciou", ops.complete_box_iou_loss, pred, target)

logits = torch.randn(9, 7) * 3
labels = torch.tensor([0, 6, 3, 3, -100, 1, 2, 5, -100])
out += [("logits", logits), ("labels", labels)]
case("ce", lambda x: F.cross_entropy(x, labels, reduction="none"), logits)
case("ce_smooth", lambda x: F.cross_entropy(x, labels, reduction="none", label_smoothing=0.1), logits)
out.append(("ce_mean", F.cross_entropy(logits, labels, label_smoothing=0.1)))

soft = torch.rand(9, 7)
hard = (torch.rand(9, 7) < 0.3).double()
out += [("soft", soft), ("hard", hard)]
case("bce", lambda x: F.binary_cross_entropy_with_logits(x, soft, reduction="none"), logits)
case("focal", lambda x: ops.sigmoid_focal_loss(x, hard, alpha=0.25, gamma=2), logits)
case("focal_plain", lambda x: ops.sigmoid_focal_loss(x, hard, alpha=-1, gamma=1.5), logits)
case("l1", lambda x: F.l1_loss(x, soft, reduction="none"), logits)
case("l2", lambda x: F.mse_loss(x, soft, reduction="none"), logits)
case("smooth_l1", lambda x: F.smooth_l1_loss(x, soft, beta=0.5, reduction="none"), logits)

bins = torch.randn(6, 16)
sides = torch.tensor([0.0, 3.25, 14.9, 7.5, 15.0, 20.0])
t = sides.clamp(0, 15 - 0.01)
low = t.floor().long()


def dfl(x):
    left = F.cross_entropy(x, low, reduction="none") * (low + 1 - t)
    return left + F.cross_entropy(x, low + 1, reduction="none") * (t - low)


out += [("bins", bins), ("sides", sides)]
case("dfl", dfl, bins)

golden_text.write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "losses.txt"), out)
