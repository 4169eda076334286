"""Networks with weights from a formula of name and index (tests/models/formula.h has the same one), run in float64
-> models.txt. Long tensors are stored as their norm and one projection."""
import math
import os
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import golden_text

torch.set_default_dtype(torch.float64)
out = []


def fnv1a(text):
    h = 2166136261
    for c in text.encode():
        h = ((h ^ c) * 16777619) & 0xFFFFFFFF
    return h


def noise(name, n):
    """n numbers in [-1, 1), a pure function of name and position."""
    with np.errstate(over="ignore"):
        h = np.arange(n, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(fnv1a(name))
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        h = h ^ (h >> np.uint32(16))
    return torch.from_numpy(h.astype(np.float64) / 2147483648.0 - 1.0)


def fill(model):
    with torch.no_grad():
        for name, t in list(model.named_parameters()) + list(model.named_buffers()):
            if name.endswith("num_batches_tracked"):
                continue
            u = noise(name, t.numel()).reshape(t.shape)
            if t.dim() > 1:
                value = u * math.sqrt(6.0 / (t.numel() // t.shape[0]))
            elif name.endswith("running_var"):
                value = 1 + 0.2 * u
            elif name.endswith("weight"):
                value = 1 + 0.1 * u
            else:
                value = 0.1 * u
            t.copy_(value.float().double())  # the C side holds float32


def digest(t):
    flat = t.detach().reshape(-1)
    return [flat.norm().item(), (flat * noise("digest", flat.numel())).sum().item()]


def add_grads(key, model):
    out.append((key + ".grads", torch.tensor([digest(p.grad) for _, p in model.named_parameters()])))


def resnet_case(name, training):
    model = getattr(torchvision.models, name)(num_classes=10)
    fill(model)
    model.train(training)
    x = noise("input", 2 * 3 * 64 * 96).reshape(2, 3, 64, 96).float().double()
    features = {}
    for i in range(1, 5):
        getattr(model, f"layer{i}").register_forward_hook(lambda m, a, y, i=i: features.__setitem__(i, y))
    logits = model(x)
    (logits * noise("loss", logits.numel()).reshape(logits.shape)).sum().backward()
    key = name + (".train" if training else ".eval")
    out.append((key + ".logits", logits.detach()))
    out.append((key + ".features", torch.tensor([digest(features[i]) for i in range(1, 5)])))
    add_grads(key, model)


# --- yolo-nano, written once more from its description ---
class Conv(nn.Module):
    def __init__(self, i, o, k=1, s=1):
        super().__init__()
        self.conv = nn.Conv2d(i, o, k, s, k // 2, bias=False)
        self.bn = nn.BatchNorm2d(o, eps=1e-3, momentum=0.03)

    def forward(self, x):
        return F.silu(self.bn(self.conv(x)))


class Pair(nn.Module):
    def __init__(self, c, residual):
        super().__init__()
        self.first, self.second, self.residual = Conv(c, c, 3), Conv(c, c, 3), residual

    def forward(self, x):
        y = self.second(self.first(x))
        return x + y if self.residual else y


class CSP(nn.Module):
    def __init__(self, i, h, o, residual):
        super().__init__()
        self.a, self.b, self.chain = Conv(i, h), Conv(i, h), nn.Sequential(Pair(h, residual))
        self.out = Conv(2 * h, o)

    def forward(self, x):
        return self.out(torch.cat([self.chain(self.a(x)), self.b(x)], 1))


class SPP(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.add_module("in", Conv(i, h))
        self.out = Conv(4 * h, o)

    def forward(self, x):
        y = [getattr(self, "in")(x)]
        for _ in range(3):
            y.append(F.max_pool2d(y[-1], 5, 1, 2))
        return self.out(torch.cat(y, 1))


class Backbone(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.stem = Conv(3, w[0], 3, 2)
        for i in range(4):
            stage = nn.Sequential()
            stage.add_module("down", Conv(w[i], w[i + 1], 3, 2))
            stage.add_module("csp", CSP(w[i + 1], w[i + 1] // 2, w[i + 1], True))
            self.add_module(f"stage{i + 1}", stage)

    def forward(self, x):
        y = [self.stem(x)]
        for i in range(4):
            y.append(getattr(self, f"stage{i + 1}")(y[-1]))
        return y[2:]


class Neck(nn.Module):
    def __init__(self, c, w):
        super().__init__()
        self.spp, self.lateral4, self.lateral3 = SPP(c[2], c[2] // 2, w), Conv(c[1], w), Conv(c[0], w)
        self.top_down4, self.top_down3 = CSP(2 * w, w // 2, w, False), CSP(2 * w, w // 2, w, False)
        self.down3, self.bottom_up4 = Conv(w, w, 3, 2), CSP(2 * w, w // 2, w, False)
        self.down4, self.bottom_up5 = Conv(w, w, 3, 2), CSP(2 * w, w // 2, w, False)

    def forward(self, c):
        def up(x):
            return F.interpolate(x, scale_factor=2)
        top5 = self.spp(c[2])
        top4 = self.top_down4(torch.cat([up(top5), self.lateral4(c[1])], 1))
        p3 = self.top_down3(torch.cat([up(top4), self.lateral3(c[0])], 1))
        p4 = self.bottom_up4(torch.cat([self.down3(p3), top4], 1))
        return [p3, p4, self.bottom_up5(torch.cat([self.down4(p4), top5], 1))]


class Head(nn.Module):
    def __init__(self, i, w, classes):
        super().__init__()
        for name in ("p3", "p4", "p5"):
            level = nn.Module()
            for branch, o in (("box", 64), ("cls", classes)):
                level.add_module(branch, nn.Sequential(Conv(i, w, 3), Conv(w, w, 3), nn.Conv2d(w, o, 1)))
            self.add_module(name, level)

    def forward(self, p):
        levels = [self.p3, self.p4, self.p5]
        return [torch.cat([getattr(m, b)(x).flatten(2) for m, x in zip(levels, p)], 2) for b in ("box", "cls")]


class Nano(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = Backbone([16, 32, 64, 128, 192])
        self.neck = Neck([64, 128, 192], 64)
        self.head = Head(64, 32, classes)

    def forward(self, x):
        return self.head(self.neck(self.backbone(x)))


def nano_case():
    model = Nano(3)
    fill(model)
    model.eval()
    x = noise("input", 2 * 3 * 64 * 96).reshape(2, 3, 64, 96).float().double()
    box, cls = model(x)
    (box * noise("loss", box.numel()).reshape(box.shape)).sum().backward()
    out.append(("yolo-nano.box", torch.tensor(digest(box))))
    out.append(("yolo-nano.cls", torch.tensor(digest(cls))))
    out.append(("yolo-nano.cls_first", cls.detach().reshape(-1)[:20]))
    grads = [digest(p.grad) for _, p in model.named_parameters() if p.grad is not None]
    out.append(("yolo-nano.grads", torch.tensor(grads)))
    out.append(("yolo-nano.params", torch.tensor([sum(p.numel() for p in model.parameters())])))


# --- the AlexNet of the widths of the paper, as one nn.Sequential ---
class Alexnet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 96, kernel_size=11, stride=4, padding=1), nn.ReLU(), nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(96, 256, kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(256, 384, kernel_size=3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 384, kernel_size=3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Flatten(), nn.Linear(256 * 5 * 5, 4096), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, classes))

    def forward(self, x):
        return self.net(x)


def classifier_case(key, model, side):
    """A classifier in evaluation: dropout passes everything on."""
    fill(model)
    model.eval()
    x = noise("input", 2 * 3 * side * side).reshape(2, 3, side, side).float().double()
    logits = model(x)
    (logits * noise("loss", logits.numel()).reshape(logits.shape)).sum().backward()
    out.append((key + ".logits", logits.detach()))
    out.append((key + ".params", torch.tensor([sum(p.numel() for p in model.parameters())])))
    add_grads(key, model)


resnet_case("resnet18", False)
resnet_case("resnet18", True)
resnet_case("resnet50", False)
nano_case()
classifier_case("alexnet", Alexnet(10), 224)
classifier_case("alexnet-tv", torchvision.models.alexnet(num_classes=10), 96)
classifier_case("relu-dropout", nn.Sequential(torchvision.models.resnet18(), nn.ReLU(), nn.Dropout(0.5),
                                              nn.Linear(1000, 5)), 64)
golden_text.write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "models.txt"), out)
