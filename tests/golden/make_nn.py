"""Writes core/nn.safetensors: operands and PyTorch's results of the neural-network ops, forward and backward, float32.

Needs torch and safetensors. Run: python make_nn.py (writes beside itself). Tensors are named <case>.<what>; inputs come
from float64 computation rounded to float32, so that the expected values are right to the last digits.
"""
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(7)
out = {}


def put(name, t):
    out[name] = t.detach().to(torch.float32).contiguous() if t.is_floating_point() else t.to(torch.int64).contiguous()


def leaf(*shape):
    return torch.randn(*shape).double().requires_grad_()


def case(name, fn, operands):
    """operands: name -> tensor; gradients of sum(y * dy) for all that require one."""
    y = fn(**operands)
    dy = torch.randn(y.shape).double()
    y.backward(dy)
    put(name + ".y", y)
    put(name + ".dy", dy)
    for key, t in operands.items():
        put(f"{name}.{key}", t)
        if t.grad is not None:
            put(f"{name}.d{key}", t.grad)


def conv(**kw):
    return lambda x, w, b: F.conv2d(x, w, b, **kw)


case("conv", conv(padding=1), dict(x=leaf(2, 3, 7, 9), w=leaf(4, 3, 3, 3), b=leaf(4)))
case("conv_wino", conv(padding=1), dict(x=leaf(1, 32, 9, 10), w=leaf(32, 32, 3, 3), b=leaf(32)))
case("conv_odd", conv(stride=(2, 3), padding=(2, 1), dilation=(1, 2)),
     dict(x=leaf(2, 4, 11, 12), w=leaf(6, 4, 3, 2), b=leaf(6)))
case("conv_depthwise", conv(stride=2, padding=1, groups=6), dict(x=leaf(1, 6, 9, 9), w=leaf(6, 1, 3, 3), b=leaf(6)))
case("max_pool", lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), dict(x=leaf(1, 2, 8, 10)))
case("avg_pool", lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=True), dict(x=leaf(1, 2, 8, 10)))
case("avg_pool_cut", lambda x: F.avg_pool2d(x, (3, 2), (1, 3), (1, 0), count_include_pad=False), dict(x=leaf(1, 2, 9, 10)))
case("adaptive", lambda x: F.adaptive_avg_pool2d(x, (3, 4)), dict(x=leaf(1, 2, 7, 10)))
case("layer_norm", lambda x, w, b: F.layer_norm(x, (5, 7), w, b), dict(x=leaf(3, 5, 7), w=leaf(5, 7), b=leaf(5, 7)))
case("group_norm", lambda x, w, b: F.group_norm(x, 3, w, b), dict(x=leaf(2, 6, 4, 5), w=leaf(6), b=leaf(6)))
case("nearest", lambda x: F.interpolate(x, (13, 9), mode="nearest"), dict(x=leaf(1, 2, 5, 7)))
case("bilinear", lambda x: F.interpolate(x, (13, 4), mode="bilinear", align_corners=False), dict(x=leaf(1, 2, 5, 7)))
case("matmul", lambda x, w: torch.matmul(x, w), dict(x=leaf(2, 1, 4, 5), w=leaf(3, 5, 6)))
case("linear", lambda x, w, b: F.linear(x, w, b), dict(x=leaf(3, 7), w=leaf(5, 7), b=leaf(5)))

mean, var = torch.randn(3).double(), torch.rand(3).double() + 0.5
put("batch_norm.mean", mean)
put("batch_norm.var", var)
case("batch_norm", lambda x, w, b: F.batch_norm(x, mean, var, w, b, True, 0.1, 1e-5),
     dict(x=leaf(2, 3, 4, 5), w=leaf(3), b=leaf(3)))
put("batch_norm.mean_after", mean)
put("batch_norm.var_after", var)
case("batch_norm_eval", lambda x, w, b: F.batch_norm(x, mean, var, w, b, False, 0.1, 1e-5),
     dict(x=leaf(2, 3, 4, 5), w=leaf(3), b=leaf(3)))

save_file(out, os.path.join(os.path.dirname(os.path.abspath(__file__)), "core", "nn.safetensors"))
