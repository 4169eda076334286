#!/usr/bin/env bash
# dettool and PyTorch in turn, the same training step (ResNet-18, 224, batch 8, 2 threads); prints each round and the
# ratio of the best of all rounds. Usage: tools/bench/train.sh [ROUNDS] [PYTHON]   (a Python with torch and torchvision)
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} python=${2:-python3}
value() { sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p" "$2" | head -n 1; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for i in $(seq "$rounds"); do
    build/dettool bench resnet18 --train --batch 8 --imgsz 224 --threads 2 --json >"$tmp/a"
    "$python" tools/bench/train_resnet18.py --batch 8 --threads 2 >"$tmp/b"
    echo "round $i: dettool $(value ms_min "$tmp/a") (median $(value ms_median "$tmp/a")), PyTorch $(value ms_min "$tmp/b")" \
         "(median $(value ms_median "$tmp/b")) ms an image"
    value ms_min "$tmp/a" >>"$tmp/all_a"
    value ms_min "$tmp/b" >>"$tmp/all_b"
done
awk -v a="$(sort -g "$tmp/all_a" | head -n 1)" -v b="$(sort -g "$tmp/all_b" | head -n 1)" \
    'BEGIN { printf "best: dettool %.1f, PyTorch %.1f ms an image, ratio %.2f\n", a, b, a / b }'
