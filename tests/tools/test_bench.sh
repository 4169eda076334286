#!/usr/bin/env bash
# dettool bench: the contract's keys, the times by op, wrong usage.
. "$(dirname "$0")/steps.sh"
# number KEY: its value in out.txt
number() { sed -n "s/.*\"$1\": \([-0-9.e]*\).*/\1/p" out.txt | head -n 1; }
bench() { "$DETTOOL_BIN" bench "$@" --imgsz 64 --threads 1 --repeat 3; }

expect 0 '"ms_min"' bench yolo-nano --json
grep -q '"model": "yolo-nano"' out.txt || fail "no model"
awk -v a="$(number ms_min)" -v b="$(number ms_median)" 'BEGIN { exit !(a > 0 && b >= a) }' || { cat out.txt; fail "times"; }
[ "$(number imgsz)" = 64 ] && [ "$(number batch)" = 1 ] && [ "$(number threads)" = 1 ] || fail "settings"
grep -q '"ops"' out.txt && fail "times by op without --ops"

expect 0 'training step' bench yolo-nano --train --batch 2 --ops
grep -q '^conv2d ' out.txt || fail "no convolution among the ops"
expect 0 '"outside_ops_ms"' bench yolo-nano --train --batch 2 --ops --json
grep -q '{"op": "conv2d", "calls": [1-9][0-9]*, "forward_ms": [0-9.e-]*, "backward_ms": 0}' out.txt ||
    fail "a convolution runs in the forward pass only"
grep -q '"conv2d_dx".*"forward_ms": 0,' out.txt || fail "its gradient runs in the backward pass only"
# The parts are a part of the whole
sed -n 's/.*"forward_ms": \([0-9.e-]*\), "backward_ms": \([0-9.e-]*\).*/\1 \2/p' out.txt |
    awk -v min="$(number ms_min)" -v outside="$(number outside_ops_ms)" \
        '{ sum += $1 + $2 } END { exit !(sum > 0 && outside >= 0 && sum + outside >= min) }' || { cat out.txt; fail "sums"; }
expect 0 'forward' bench resnet18

expect 2 'MODEL is needed' bench
expect 2 'there is no model' bench yolo-nan
expect 2 'batch' "$DETTOOL_BIN" bench yolo-nano --batch 0
expect 1 'multiple of 32' "$DETTOOL_BIN" bench yolo-nano --imgsz 100

# The loader, on a generated set, on a data set, on a folder
loader() { "$DETTOOL_BIN" bench loader --seconds 0.05 --imgsz 64 --batch 4 --workers 2 "$@"; }
mkdir tmp
expect 0 'libjpeg-turbo alone' env TMPDIR="$work/tmp" "$DETTOOL_BIN" bench loader --seconds 0.05 --imgsz 64 --batch 4
[ -z "$(ls tmp)" ] || fail "the generated set is left in TMPDIR"
"$DETTOOL_BIN" sample voc --images 6 >/dev/null 2>&1
expect 0 '"images": 6,' loader --data voc --json
for stage in libjpeg decode letterbox mosaic; do
    grep -q "\"$stage\": {\"images_per_s_1\": [1-9].*\"images_per_s_n\": [1-9].*\"own_share\": " out.txt || fail "$stage"
done
expect 0 '^6 pictures' loader --data "$(dirname "$(find voc -name '*.jpg' | head -n 1)")" --reduced-decode
expect 1 'no JPEG' loader --data tmp
expect 1 'nope' loader --data nope
expect 2 'workers' loader --workers=0
"$DETTOOL_BIN" sample shapes --images 8 >/dev/null 2>&1 && "$DETTOOL_BIN" crop shapes crops --size 40 >/dev/null 2>&1
expect 0 '^decode ' "$DETTOOL_BIN" bench loader --data crops --imgsz 64 --batch 4 --seconds 0.05
mkdir -p cifar && head -c 3073 /dev/zero >cifar/data_batch_1.bin
expect 1 'no JPEG files to time' "$DETTOOL_BIN" bench loader --data cifar
expect 0 'Examples' "$DETTOOL_BIN" bench loader --help
echo passed
