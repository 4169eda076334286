#!/usr/bin/env python3
"""Writes sampler.txt: lengths, shards and index multisets of torch.utils.data's samplers, the shape of torchvision's
grouped batches, and LVIS' repeat factors by the formula of the paper.

Permutations are the random generator's own and are not compared; everything else is.
"""
import math
import os
import sys
from collections import Counter

import numpy as np
import torch
from torch.utils.data import BatchSampler, DistributedSampler, RandomSampler, SequentialSampler, WeightedRandomSampler

sys.path.insert(0, os.path.dirname(__file__))
import golden_text  # noqa: E402


class Items:
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n


def main():
    out = []
    # records, draws: how many records come k times, k = 0, 1, ...
    rows = []
    for n in (1, 5, 23):
        for draws in (1, 4, 5, 23, 24, 50):
            seen = Counter(RandomSampler(Items(n), num_samples=draws))
            times = Counter(seen.get(i, 0) for i in range(n))
            rows.append([n, draws, min(seen.get(i, 0) for i in range(n)), max(seen.values()), times[max(seen.values())]])
    out.append(("random", np.array(rows)))

    rows = []
    for n in (1, 7, 10, 23):
        for world in (1, 2, 3, 4, 16):
            for drop in (0, 1):
                if drop and n < world:
                    continue
                for rank in range(world):
                    s = DistributedSampler(Items(n), world, rank, shuffle=False, drop_last=bool(drop))
                    ids = list(s)
                    assert len(s) == len(ids)
                    rows.append([n, world, rank, drop, len(ids)] + (ids + [-1] * 32)[:32])
    out.append(("distributed", np.array(rows)))

    rows = []
    for n in (1, 8, 9, 23):
        for batch in (1, 4, 8, 30):
            for drop in (0, 1):
                b = BatchSampler(SequentialSampler(Items(n)), batch, bool(drop))
                sizes = [len(x) for x in b]
                assert len(sizes) == len(b)
                rows.append([n, batch, drop, len(b), sizes[-1] if sizes else 0])
    out.append(("batches", np.array(rows)))

    # Shares of draws with replacement, and of the first draw without, to which ours are compared within 5 sigma.
    weights = torch.tensor([0.1, 0.0, 2.0, 0.5, 1.0, 0.4], dtype=torch.float64)
    torch.manual_seed(0)
    draws = 200000
    ids = torch.tensor(list(WeightedRandomSampler(weights, draws, replacement=True)))
    first = torch.tensor([list(WeightedRandomSampler(weights, 3, replacement=False)) for _ in range(20000)])
    out.append(("weights", weights.numpy()))
    out.append(("with_replacement", torch.bincount(ids, minlength=6).numpy() / draws))
    for k in range(3):
        out.append((f"without_replacement{k}", torch.bincount(first[:, k], minlength=6).numpy() / 20000))

    rng = np.random.RandomState(3)
    classes, begin = [], [0]
    for _ in range(60):
        classes += [int(c) for c in np.minimum(rng.geometric(0.4, rng.randint(0, 5)) - 1, 6)]
        begin.append(len(classes))
    records = [set(classes[a:b]) for a, b in zip(begin, begin[1:])]
    frequency = Counter(c for r in records for c in r)
    for name, t in (("lvis", 0.001), ("half", 0.5)):
        factor = {c: max(1.0, math.sqrt(t / (n / len(records)))) for c, n in frequency.items()}
        out.append((f"factors_{name}", np.array([max([factor[c] for c in r], default=1.0) for r in records])))
    out.append(("classes", np.array(classes)))
    out.append(("begin", np.array(begin)))
    golden_text.write(os.path.join(os.path.dirname(__file__), "sampler.txt"), out)


if __name__ == "__main__":
    main()
