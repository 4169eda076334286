"""The printed form and the state dict of a small network of PyTorch.

    python tests/golden/make_module.py        writes tests/golden/core/module.txt and names.txt

tests/core/test_module.c builds the same network.
"""
import pathlib

from torch import nn

OUT = pathlib.Path(__file__).parent / "core"


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(16, 16, (3, 5), stride=2, padding=(1, 2), groups=4, bias=False)
        self.bn = nn.BatchNorm2d(16, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU()


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


net = Net()
OUT.mkdir(exist_ok=True)
(OUT / "module.txt").write_text(str(net) + "\n")
(OUT / "names.txt").write_text("".join(f"{k} {tuple(v.shape)}\n" for k, v in net.state_dict().items()))
print(net, sum(p.numel() for p in net.parameters()))
