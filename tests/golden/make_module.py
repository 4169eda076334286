"""The printed form, state dict, results and gradients of a small network of PyTorch.

    python tests/golden/make_module.py        writes tests/golden/core/module.txt, names.txt and net.safetensors

tests/core/test_module.c and test_layers.c build the same network (tests/core/net.h).
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

OUT = pathlib.Path(__file__).parent / "core"


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(16, 16, (3, 5), stride=2, padding=(1, 2), groups=4, bias=False)
        self.bn = nn.BatchNorm2d(16, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 7, stride=2, padding=3), nn.BatchNorm2d(16), nn.ReLU(),
                                  nn.MaxPool2d(3, 2, 1))
        self.blocks = nn.ModuleList([Block(), Block()])
        self.norms = nn.Sequential(nn.GroupNorm(4, 16), nn.Conv2d(16, 8, 3, padding=2, dilation=2),
                                   nn.LeakyReLU(0.01), nn.GELU(), nn.Identity(), nn.Upsample(scale_factor=2.0),
                                   nn.AvgPool2d(2), nn.AdaptiveAvgPool2d((2, 3)), nn.Hardswish(), nn.Mish(),
                                   nn.Sigmoid())
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(48, 5), nn.Linear(5, 4, bias=False),
                                  nn.LayerNorm(4, eps=1e-6))

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norms(x))


torch.manual_seed(3)
net = Net()
OUT.mkdir(exist_ok=True)
(OUT / "module.txt").write_text(str(net) + "\n")
(OUT / "names.txt").write_text("".join(f"{k} {tuple(v.shape)}\n" for k, v in net.state_dict().items()))
print(net, sum(p.numel() for p in net.parameters()))

out = {f"state.{k}": v.clone() for k, v in net.state_dict().items()}
x = torch.randn(2, 3, 33, 33)
net.head[1].p = 0.0
net.eval()
out |= {"x": x, "y.eval": net(x).detach()}
net.train()
y = net(x)
(y * torch.arange(8.0).reshape(2, 4)).sum().backward()
out |= {"y.train": y.detach()} | {f"grad.{k}": p.grad for k, p in net.named_parameters()}
out |= {f"after.{k}": v.clone() for k, v in net.state_dict().items() if "running" in k or "num_batches" in k}
save_file(out, OUT / "net.safetensors")
