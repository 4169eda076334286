#!/usr/bin/env python3
"""Times COCO evaluation of one pair of files: dettool, hotcoco and pycocotools, and compares their twelve numbers.

python tools/bench/eval.py --dettool build/dettool --gt GT.json --dt DETECTIONS.json [--runs 9]
Modules that are not installed are left out. dettool is timed as a whole process; the Python packages inside a running
interpreter (load both files, evaluate, accumulate, summarize), so without their start-up.
"""
import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import time

KEYS = "AP AP50 AP75 APs APm APl AR1 AR10 AR100 ARs ARm ARl".split()


def dettool(args, threads):
    command = [args.dettool, "eval", "--gt", args.gt, "--dt", args.dt, "--json", "--threads", str(threads)]
    result = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [result[k] for k in KEYS]


def python_package(coco_class, eval_class):
    def run(args):
        with contextlib.redirect_stdout(io.StringIO()):
            gt = coco_class(args.gt)
            e = eval_class(gt, gt.loadRes(args.dt) if hasattr(gt, "loadRes") else gt.load_res(args.dt), "bbox")
            e.evaluate()
            e.accumulate()
            e.summarize()
        return [float(v) for v in e.stats]
    return run


@contextlib.contextmanager
def quiet():
    """Native code prints past sys.stdout."""
    sys.stdout.flush()
    saved, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(null)


parser = argparse.ArgumentParser()
parser.add_argument("--dettool", required=True)
parser.add_argument("--gt", required=True)
parser.add_argument("--dt", required=True)
parser.add_argument("--runs", type=int, default=9)
args = parser.parse_args()

subjects = {f"dettool, {n} thread{'s' * (n > 1)}": lambda a, n=n: dettool(a, n) for n in (1, 2)}
try:
    import hotcoco
    subjects[f"hotcoco {getattr(hotcoco, '__version__', '')}"] = python_package(hotcoco.COCO, hotcoco.COCOeval)
except ImportError:
    pass
try:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    subjects["pycocotools"] = python_package(COCO, COCOeval)
except ImportError:
    pass

# Rounds of all subjects, so that a slow moment of the machine meets them all.
times, stats = {name: [] for name in subjects}, {}
for _ in range(args.runs):
    for name, run in subjects.items():
        with quiet():
            start = time.perf_counter()
            stats[name] = run(args)
            times[name].append(time.perf_counter() - start)
reference = stats.get("pycocotools", next(iter(stats.values())))
for name, t in times.items():
    t.sort()
    equal = sum(a == b for a, b in zip(stats[name], reference))
    print(f"{name:22} min {1e3 * t[0]:8.1f} ms   median {1e3 * t[len(t) // 2]:8.1f} ms   {equal} of 12 numbers equal")
