"""A safetensors file made by the Python package, and a check that it reads a file of ours.

    python tests/golden/make_safetensors.py              writes tests/golden/core/python.safetensors
    python tests/golden/make_safetensors.py check FILE   FILE: as core.safetensors writes it (test_safetensors FILE)
"""
import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

OUT = pathlib.Path(__file__).parent / "core" / "python.safetensors"


def tensors():
    halves = torch.arange(0, 65536, 257, dtype=torch.int32).to(torch.uint16)  # all exponents, NaN and infinities too
    return {
        "f32": torch.tensor([[0.0, -0.0, 1.5], [float("inf"), 1e-45, 3.25e38]]),
        "f64": torch.tensor([0.1, -1e300], dtype=torch.float64),
        "i64": torch.tensor(-9007199254740993, dtype=torch.int64),
        "i32": torch.tensor([[[1]], [[-2]]], dtype=torch.int32),
        "u8": torch.tensor([0, 255, 7], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "f16": halves.clone().view(torch.float16),
        "f16.as_f32": halves.view(torch.float16).float(),
        "bf16": halves.clone().view(torch.bfloat16),
        "bf16.as_f32": halves.view(torch.bfloat16).float(),
        "empty": torch.zeros(3, 0, 2),
        "Gr\u00f6\u00dfe \"\\\n\U0001f600": torch.tensor([2.5]),
    }


def make():
    OUT.parent.mkdir(exist_ok=True)
    save_file(tensors(), OUT, {"model": "yolo-nano", "names": "Gr\u00f6\u00dfe,\"\\\n\U0001f600"})
    print(OUT, OUT.stat().st_size, "bytes")


def check(path):
    ours = load_file(path)
    assert list(ours) and set(ours) == set(tensors()), ours.keys()
    for name, t in tensors().items():
        same = ours[name].dtype == t.dtype and ours[name].shape == t.shape
        as_bytes = lambda x: x.reshape(-1).view(torch.uint8) if x.numel() else x
        assert same and torch.equal(as_bytes(ours[name]), as_bytes(t)), name
    with safe_open(path, "pt") as f:
        assert f.metadata() == {"model": "yolo-nano", "names": "Gr\u00f6\u00dfe,\"\\\n\U0001f600"}, f.metadata()
    print("equal")


if len(sys.argv) == 3 and sys.argv[1] == "check":
    check(sys.argv[2])
else:
    make()
