"""Golden values of the optimizers, schedules, clipping and weight averaging, from PyTorch.

    python tests/golden/make_optim.py        writes tests/golden/core/optim.safetensors

The cases are listed again, with the same options, in tests/core/test_optim.c, test_schedule.c and test_ema.c.
"""
import copy
import math
import pathlib

import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parent / "core" / "optim.safetensors"
STEPS = 10
SHAPES = {"w0": (5, 3), "w1": (7,), "w2": (2, 2)}

# name: (class, options of all groups, options of the second group, which holds w1 and w2)
CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1), dict(lr=0.05)),
    "sgd_momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=5e-4), dict(weight_decay=0.0)),
    "sgd_dampening": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.9, weight_decay=1e-2), dict(lr=0.2)),
    "sgd_nesterov": (torch.optim.SGD, dict(lr=0.01, momentum=0.937, nesterov=True, weight_decay=5e-4), dict(lr=0.1)),
    "adam": (torch.optim.Adam, dict(lr=1e-2, weight_decay=1e-1), dict(betas=(0.8, 0.95), eps=1e-6)),
    "adamw": (torch.optim.AdamW, dict(lr=1e-2), dict(weight_decay=0.2, betas=(0.5, 0.9))),
    "rmsprop": (torch.optim.RMSprop, dict(lr=1e-2, alpha=0.9, weight_decay=1e-2), dict(eps=1e-4)),
    "rmsprop_momentum": (torch.optim.RMSprop, dict(lr=1e-2, momentum=0.9), dict(momentum=0.5, alpha=0.8)),
    "adagrad": (torch.optim.Adagrad, dict(lr=0.1, lr_decay=0.1, weight_decay=1e-2), dict(eps=1e-3)),
}


def has_grad(name, step):
    """w2 has no gradient in some steps: its own step count falls behind."""
    return name != "w2" or step not in (0, 4, 5)


def run_case(cls, common, second, init, grads):
    params = {k: torch.nn.Parameter(v.clone()) for k, v in init.items()}
    groups = [{"params": [params["w0"]]}, {"params": [params["w1"], params["w2"]], **second}]
    optim = cls(groups, foreach=False, **common)
    history = {k: [] for k in params}
    for step in range(STEPS):
        for k, p in params.items():
            p.grad = grads[k][step].clone() if has_grad(k, step) else None
        optim.step()
        for k, p in params.items():
            history[k].append(p.detach().clone())
    return {k: torch.stack(v) for k, v in history.items()}


def schedules():
    """Factors for steps 0..119, from PyTorch's own schedulers (base rate 1)."""
    def values(make, n=120):
        p = torch.nn.Parameter(torch.zeros(1))
        optim = torch.optim.SGD([p], lr=1.0)
        sched = make(optim)
        out = []
        for _ in range(n):
            out.append(optim.param_groups[0]["lr"])
            optim.step()
            sched.step()
        return torch.tensor(out, dtype=torch.float64)

    lr = torch.optim.lr_scheduler
    warm = lambda s: 0.1 + 0.9 * s / 20 if s < 20 else 1.0
    half = lambda s: 0.01 + 0.99 * (1 + math.cos(math.pi * min(max(s - 20, 0) / 80, 1))) / 2
    return {
        "schedule.cosine": values(lambda o: lr.LambdaLR(o, lambda s: 0.05 + 0.95 * (1 + math.cos(math.pi * min(s, 100) / 100)) / 2)),
        "schedule.cosine_torch": values(lambda o: lr.CosineAnnealingLR(o, T_max=100, eta_min=0.05), 101),
        "schedule.linear_torch": values(lambda o: lr.LinearLR(o, 1.0, 0.01, total_iters=100)),
        "schedule.step_torch": values(lambda o: lr.MultiStepLR(o, [30, 60, 90], gamma=0.1)),
        "schedule.steplr_torch": values(lambda o: lr.StepLR(o, 25, gamma=0.5)),
        "schedule.exponential_torch": values(lambda o: lr.ExponentialLR(o, gamma=0.97)),
        "schedule.poly_torch": values(lambda o: lr.PolynomialLR(o, total_iters=100, power=0.9)),
        "schedule.warm_cosine": values(lambda o: lr.LambdaLR(o, lambda s: warm(s) * half(s))),
    }


def clipping(grads):
    params = {k: torch.nn.Parameter(torch.zeros(s)) for k, s in SHAPES.items()}
    for k, p in params.items():
        p.grad = grads[k][0].clone()
    norm = torch.nn.utils.clip_grad_norm_(params.values(), 0.5, foreach=False)
    return {"clip.norm": norm, **{f"clip.{k}": p.grad for k, p in params.items()}}


def averaging(grads):
    """decay 0.99, tau 5: the live value of step s is grads[s]."""
    average = copy.deepcopy(grads["w0"][0]).double()
    out = []
    for step in range(1, STEPS):
        d = 0.99 * (1 - math.exp(-step / 5))
        average += (1 - d) * (grads["w0"][step].double() - average)
        out.append(average.clone())
    return {"ema.w0": torch.stack(out)}


def main():
    torch.manual_seed(1)
    init = {k: torch.randn(s) for k, s in SHAPES.items()}
    grads = {k: torch.randn(STEPS, *s) for k, s in SHAPES.items()}
    out = {f"init.{k}": v for k, v in init.items()} | {f"grad.{k}": v for k, v in grads.items()}
    for name, case in CASES.items():
        out |= {f"{name}.{k}": v for k, v in run_case(*case, init, grads).items()}
    out |= schedules() | clipping(grads) | averaging(grads)
    OUT.parent.mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in out.items()}, OUT, {"torch": torch.__version__})
    print(OUT, OUT.stat().st_size, "bytes")


main()
