#!/usr/bin/env bash
# From nothing to a trained detector and a drawn picture: installs what is missing from Debian's packages, builds, makes
# the sample data set, converts it, trains 60 epochs, evaluates, draws what it finds. Under 5 minutes on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/deps.sh
cmake --preset release >/dev/null
cmake --build --preset release

dettool=build/dettool
voc=data/sample-voc yolo=data/sample-yolo run=runs/quickstart
if [ ! -d "$voc" ]; then "$dettool" sample "$voc"; fi
"$dettool" convert voc2yolo "$voc" "$yolo"
"$dettool" train --data "$yolo/data.yaml" --model yolo-nano --epochs 60 --batch 4 --imgsz 256 --close-mosaic 12 --val-interval 10 \
    --out "$run" --force
"$dettool" eval --weights "$run/best.safetensors" --data "$yolo/data.yaml" --split test --per-class
"$dettool" infer "$yolo/images/test" --weights "$run/best.safetensors" --out "$run/drawn"
echo
echo "Trained weights: $run/best.safetensors"
echo "Drawn pictures:  $(find "$run/drawn" -maxdepth 1 -name '*.jpg' | sort | head -n 1) and others beside it"
