#!/usr/bin/env python3
"""PyTorch's side of `dettool bench resnet18 --train`: forward, loss, backward, SGD with momentum; or forward only.

python train_resnet18.py [--batch 8] [--imgsz 224] [--threads 2] [--repeat 10] [--infer]
Prints one JSON document with ms_min and ms_median per image and the resident set in MB.
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as F
import torchvision

p = argparse.ArgumentParser()
p.add_argument("--batch", type=int, default=8)
p.add_argument("--imgsz", type=int, default=224)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--repeat", type=int, default=10)
p.add_argument("--infer", action="store_true")
a = p.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(1)
net = torchvision.models.resnet18(weights=None)
x = torch.rand(a.batch, 3, a.imgsz, a.imgsz) * 2 - 1
target = torch.randint(0, 1000, (a.batch,))
optim = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)


def train():
    optim.zero_grad()
    F.cross_entropy(net(x), target).backward()
    optim.step()


def infer():
    with torch.inference_mode():
        net(x)


net.train(not a.infer)
times = []
for i in range(a.repeat + 1):
    start = time.perf_counter()
    infer() if a.infer else train()
    if i:
        times.append((time.perf_counter() - start) * 1e3 / a.batch)
print(json.dumps({"torch": torch.__version__, "train": not a.infer, "imgsz": a.imgsz, "batch": a.batch,
                  "threads": a.threads, "ms_min": min(times), "ms_median": statistics.median(times),
                  "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}))
