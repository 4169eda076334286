"""Golden values of the elementwise, layout and reduction ops from PyTorch: tests/golden/ops.txt.

Operands are float32 numbers; results and gradients of sum(w * result) in float64. Run: python3 tests/golden/make_ops.py (torch 2.15)."""
import os

import torch
import torch.nn.functional as F

from golden_text import write

torch.manual_seed(7)
entries = []


def record(name, fn, *inputs, grads=True):
    """name.in<k>, name.out, name.grad<k> of fn over the operands."""
    for k, t in enumerate(inputs):
        entries.append((f"{name}.in{k}", t.double() if t.is_floating_point() else t.long()))
    y = fn(*(t.double() if t.is_floating_point() else t for t in inputs))
    entries.append((f"{name}.out", y.double() if y.is_floating_point() else y.long()))
    if not grads:
        return
    leaves = [t.double().requires_grad_() if t.is_floating_point() else t for t in inputs]
    y = fn(*leaves)
    w = torch.arange(1, y.numel() + 1, dtype=torch.float64).reshape(y.shape) * 0.25
    (y * w).sum().backward()
    for k, t in enumerate(leaves):
        if t.is_floating_point() and t.grad is not None:
            entries.append((f"{name}.grad{k}", t.grad))


kinks = torch.tensor([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
line = torch.cat([torch.linspace(-5.3, 5.3, 17), kinks])
positive = torch.linspace(0.07, 6.0, 24)
unary = {
    "neg": (torch.neg, line), "abs": (torch.abs, line), "exp": (torch.exp, line), "log": (torch.log, positive),
    "sqrt": (torch.sqrt, positive), "square": (torch.square, line), "sin": (torch.sin, line), "cos": (torch.cos, line),
    "atan": (torch.atan, line), "sigmoid": (torch.sigmoid, line), "tanh": (torch.tanh, line),
    "relu": (torch.relu, line), "silu": (F.silu, line), "gelu": (F.gelu, line), "hardswish": (F.hardswish, line),
    "mish": (F.mish, line), "softplus": (F.softplus, line), "leaky_relu": (lambda x: F.leaky_relu(x, 0.1), line),
    "clamp": (lambda x: x.clamp(-0.5, 1.0), line), "affine": (lambda x: -1.5 * x + 0.25, line),
    "pow": (lambda x: x ** 1.7, positive),
}
for op, (fn, x) in unary.items():
    record(op, fn, x)

ties = torch.randint(-2, 3, (2, 3, 4)).float()
a, b = torch.randn(2, 3, 4), torch.rand(3, 1) + 0.5
record("add", torch.add, a, b)
record("sub", torch.sub, a, b)
record("mul", torch.mul, a, b)
record("div", torch.div, a, b)
record("maximum", torch.maximum, ties, torch.randint(-2, 3, (3, 4)).float())
record("minimum", torch.minimum, ties, torch.randint(-2, 3, (3, 4)).float())
record("where", lambda c, x, y: torch.where(c > 0, x, y), torch.randint(0, 2, (3, 4)), a, b)
record("compare", lambda x, y: x >= y, ties, torch.zeros(1), grads=False)

record("sum", lambda x: x.sum((0, 2)), a)
record("mean", lambda x: x.mean((1, 2), keepdim=True), a)
record("max", lambda x: x.max(2).values, ties)
record("max_index", lambda x: x.max(2).indices, ties, grads=False)
record("min", lambda x: x.min(1).values, ties)
record("min_index", lambda x: x.min(1).indices, ties, grads=False)
record("softmax", lambda x: F.softmax(x, 1), 3 * a)
record("log_softmax", lambda x: F.log_softmax(x, -1), 3 * a)
target = torch.rand(24)
record("bce_with_logits", lambda x: F.binary_cross_entropy_with_logits(x, target.to(x.dtype), reduction="none"), line)
entries.append(("bce_with_logits.target", target.double()))

record("concat", lambda x, y: torch.cat([x, y], 1), a, torch.randn(2, 2, 4))
record("slice", lambda x: x[:, :, 1:4:2], a)
record("permute", lambda x: x.permute(2, 0, 1), a)
record("expand", lambda x: x.expand(2, 3, 4), b)
record("pad_constant", lambda x: F.pad(x, (1, 2, 0, 3), value=0.5), a)
record("pad_edge", lambda x: F.pad(x, (1, 2, 0, 3), mode="replicate"), a)
record("pad_reflect", lambda x: F.pad(x, (1, 2, 0, 2), mode="reflect"), a)
record("index_select", lambda x, i: x.index_select(1, i), a, torch.tensor([2, 0, 0, 1]))
record("gather", lambda x, i: x.gather(2, i), a, torch.randint(0, 4, (2, 3, 2)))
record("scatter_add", lambda i, x: torch.zeros(2, 3, 5, dtype=x.dtype).scatter_add(2, i, x),
       torch.randint(0, 5, (2, 3, 4)), a)

write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.txt"), entries)
