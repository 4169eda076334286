#!/usr/bin/env python3
"""Pictures a second of dettool's loader, of torchvision v2 and of OpenCV (as Ultralytics loads), each behind torch's
DataLoader: the same files, workers and size, in turn within one run.

  tools/bench/loader.py DIR [--workers 2] [--imgsz 640] [--batch 16] [--seconds 5] [--rounds 3] [--dettool build/dettool]

DIR: a folder of JPEG pictures. Stages: decode; decode + letterbox + float tensor; four-picture mosaic with a random crop,
HSV and flip. The peers' mosaic places and crops its pictures without rotation or scaling, so it does less than ours.
Needs torch, torchvision, opencv-python, numpy. The best of the rounds counts.
"""
import argparse
import json
import os
import random
import subprocess
import time

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms import v2

cv2.setNumThreads(0)  # workers are the parallelism, as Ultralytics sets it


class Vision:
    """torchvision.io and transforms.v2."""

    def __init__(self, size):
        self.size = size
        self.color = v2.ColorJitter(brightness=0.4, saturation=0.7, hue=0.015)
        self.floats = v2.ToDtype(torch.float32, scale=True)

    def decode(self, path):
        return decode_jpeg(read_file(path), mode=ImageReadMode.RGB)

    def fit(self, image):
        h, w = image.shape[-2:]
        r = self.size / max(h, w)
        return v2.functional.resize(image, [round(h * r), round(w * r)], antialias=False) if r != 1 else image

    def letterbox(self, path):
        image = self.fit(self.decode(path))
        h, w = image.shape[-2:]
        top, left = (self.size - h) // 2, (self.size - w) // 2
        image = v2.functional.pad(image, [left, top, self.size - w - left, self.size - h - top], fill=114)
        return self.floats(image)

    def mosaic(self, paths):
        s = self.size
        canvas = torch.full((3, 2 * s, 2 * s), 114, dtype=torch.uint8)
        for i, path in enumerate(paths):
            image = self.fit(self.decode(path))
            h, w = image.shape[-2:]
            y, x = (s - h, s)[i // 2], (s - w, s)[i % 2]
            canvas[:, y:y + h, x:x + w] = image
        y, x = random.randint(0, s), random.randint(0, s)
        image = self.color(tv_tensors.Image(canvas[:, y:y + s, x:x + s]))
        if random.random() < 0.5:
            image = v2.functional.horizontal_flip(image)
        return self.floats(image).as_subclass(torch.Tensor).contiguous()


class OpenCV:
    """cv2 and numpy, step by step as Ultralytics does it."""

    def __init__(self, size):
        self.size = size

    def decode(self, path):
        return cv2.imread(path)

    def fit(self, image):
        h, w = image.shape[:2]
        r = self.size / max(h, w)
        if r == 1:
            return image
        return cv2.resize(image, (round(w * r), round(h * r)), interpolation=cv2.INTER_LINEAR)

    def floats(self, image):
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[::-1])).float() / 255

    def letterbox(self, path):
        image = self.fit(self.decode(path))
        h, w = image.shape[:2]
        top, left = (self.size - h) // 2, (self.size - w) // 2
        return self.floats(cv2.copyMakeBorder(image, top, self.size - h - top, left, self.size - w - left,
                                              cv2.BORDER_CONSTANT, value=(114, 114, 114)))

    def mosaic(self, paths):
        s = self.size
        canvas = np.full((2 * s, 2 * s, 3), 114, dtype=np.uint8)
        for i, path in enumerate(paths):
            image = self.fit(self.decode(path))
            h, w = image.shape[:2]
            y, x = (s - h, s)[i // 2], (s - w, s)[i % 2]
            canvas[y:y + h, x:x + w] = image
        y, x = random.randint(0, s), random.randint(0, s)
        image = np.ascontiguousarray(canvas[y:y + s, x:x + s])
        gains = np.random.uniform(-1, 1, 3) * (0.015, 0.7, 0.4) + 1
        hue, sat, val = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
        steps = np.arange(256, dtype=gains.dtype)
        luts = [((steps * gains[0]) % 180), np.clip(steps * gains[1], 0, 255), np.clip(steps * gains[2], 0, 255)]
        image = cv2.cvtColor(cv2.merge([cv2.LUT(p, t.astype(np.uint8)) for p, t in zip((hue, sat, val), luts)]),
                             cv2.COLOR_HSV2BGR)
        if random.random() < 0.5:
            image = cv2.flip(image, 1)
        return self.floats(image)


class Pictures(Dataset):
    def __init__(self, paths, peer, stage):
        self.paths, self.peer, self.stage = paths, peer, stage

    def __len__(self):
        return 1 << 24

    def __getitem__(self, i):
        path = self.paths[i % len(self.paths)]
        if self.stage == "decode":
            self.peer.decode(path)
            return 0
        if self.stage == "letterbox":
            return self.peer.letterbox(path)
        return self.peer.mosaic([path] + random.choices(self.paths, k=3))


def start_worker(_):
    torch.set_num_threads(1)


def rate(paths, peer, stage, args):
    loader = DataLoader(Pictures(paths, peer, stage), args.batch, num_workers=args.workers, worker_init_fn=start_worker)
    it = iter(loader)
    next(it)
    begin, images = time.perf_counter(), 0
    while time.perf_counter() - begin < args.seconds:
        next(it)
        images += args.batch
    result = images / (time.perf_counter() - begin)
    del it
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("dir")
    p.add_argument("--workers", type=int, default=os.cpu_count())
    p.add_argument("--imgsz", type=int, default=640)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--dettool", default="build/dettool")
    args = p.parse_args()
    paths = sorted(os.path.join(args.dir, f) for f in os.listdir(args.dir) if f.lower().endswith((".jpg", ".jpeg")))
    torch.set_num_threads(1)
    peers = {"torchvision": Vision(args.imgsz), "opencv": OpenCV(args.imgsz)}
    stages = ("decode", "letterbox", "mosaic")
    best = {}
    for _ in range(args.rounds):
        text = subprocess.run([args.dettool, "bench", "loader", "--data", args.dir, "--imgsz", str(args.imgsz), "--batch",
                               str(args.batch), "--workers", str(args.workers), "--seconds", str(args.seconds), "--json"],
                              check=True, capture_output=True, text=True).stdout
        ours = json.loads(text)
        for stage in stages:
            got = {"dettool": ours[stage]["images_per_s_n"]}
            got.update((name, rate(paths, peer, stage, args)) for name, peer in peers.items())
            for name, value in got.items():
                best[stage, name] = max(best.get((stage, name), 0), value)
    print(f"{len(paths)} pictures, {args.imgsz} x {args.imgsz}, batch {args.batch}, {args.workers} workers, best of "
          f"{args.rounds}; torch {torch.__version__}, OpenCV {cv2.__version__}")
    for stage in stages:
        ours = best[stage, "dettool"]
        print(f"{stage:10s} dettool {ours:8.1f}" + "".join(
            f"   {name} {best[stage, name]:8.1f} (dettool {ours / best[stage, name]:.2f} times)" for name in peers))


if __name__ == "__main__":
    main()
