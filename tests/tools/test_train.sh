#!/usr/bin/env bash
# dettool train: what it writes, what it learns, what it says about bad input.
. "$(dirname "$0")/steps.sh"

"$DETTOOL_BIN" sample voc --images 24 --seed 5 >/dev/null
"$DETTOOL_BIN" convert voc2yolo voc yolo >/dev/null 2>&1
train=("$DETTOOL_BIN" train --data yolo/data.yaml --imgsz 64 --batch 8 --epochs 2)

expect 0 '"epochs": 2' "${train[@]}" --out run --json
for f in last.safetensors best.safetensors results.csv results.png args.json state.safetensors events.out.tfevents.0.dettool; do
    [ -s "run/$f" ] || fail "run/$f is missing"
done
[ "$(wc -l <run/results.csv)" -eq 3 ] || fail "results.csv rows"
head -n 1 run/results.csv | grep -q '^epoch,time,train/box_loss,' || fail "results.csv header"

# Usage
expect 2 '--data is needed' "$DETTOOL_BIN" train
expect 2 'did you mean --freeze' "${train[@]}" --freez x
expect 2 'multiple of 32' "$DETTOOL_BIN" train --data yolo/data.yaml --imgsz=100 --out x
expect 1 'did you mean "yolo-nano"' "${train[@]}" --model yolo-nan --out x
expect 1 'no parameter' "${train[@]}" --freeze 'bakbone.*' --out x
expect 1 'PATTERN=VALUE' "${train[@]}" --lr 'head.*' --out x
expect 1 'no parameter' "${train[@]}" --lr 'heat.*=0.1' --out x
expect 2 '--resume run' "${train[@]}" --out run
expect 1 'no such file' "$DETTOOL_BIN" train --data nope.yaml --out x
expect 1 'No such file' "$DETTOOL_BIN" train --resume nope
[ ! -e x ] || fail "a run that never began left a folder"

# Freezing and own learning rates
expect 0 'frozen' "${train[@]}" --freeze 'backbone.*' --lr 'head.*=0.01' --out frozen
expect 0 'frozen' "$DETTOOL_BIN" train --data yolo/data.yaml --imgsz 64 --batch 8 --epochs 1 --freeze 'backbone.*' --out frozen1
for d in frozen frozen1 run; do "$DETTOOL_BIN" weights $d/last.safetensors --stats | grep backbone >$d.txt; done
[ -s frozen.txt ] || fail "no backbone in the weights"
cmp frozen.txt frozen1.txt || fail "a frozen backbone moved (weights or running statistics)"
cmp -s frozen.txt run.txt && fail "the backbone does not move when it is not frozen"

# A detector for other classes is an error that names both files
sed 's/ 0: .*/ 0: gizmo/' yolo/data.yaml >yolo/other.yaml
expect 1 'gizmo' "$DETTOOL_BIN" eval --weights run/best.safetensors --data yolo/other.yaml --split val
grep -q 'best.safetensors' err.txt || fail "the weights are not named"

# Weights taken over where they fit
expect 0 'tensors taken over' "${train[@]}" --weights run/best.safetensors --out from

# Damaged data: named, the rest goes on; --strict stops
cp -rL yolo bad
img=$(ls bad/images/train/*.jpg | head -n 1)
head -c 900 "$img" >cut.jpg && mv cut.jpg "$img"
img2=$(ls bad/images/train/*.jpg | sed -n 2p)
: >"$img2"
label=$(find bad/labels/train -name '*.txt' -size +0 | sort | tail -n 1)
printf '0 0.5 0.5 0.1\n99 0.5 0.5 0.1 0.1\n' >>"$label"
mv bad/labels/train/$(basename "${img2%.jpg}").txt bad/labels/train/nobody.txt
expect 0 'best.safetensors' "$DETTOOL_BIN" train --data bad/data.yaml --imgsz 64 --batch 8 --epochs 1 --out badrun
grep -q "$(basename "$img")" err.txt || fail "the truncated image is not named"
grep -q "$(basename "$img2")" err.txt || fail "the empty image is not named"
grep -q "$(basename "$label"):" err.txt || fail "the bad row is not named with its line"
grep -q 'nobody.txt' err.txt || fail "the label without image is not named"
expect 1 'strict' "$DETTOOL_BIN" train --data bad/data.yaml --imgsz 64 --batch 8 --epochs 1 --out strict --strict
mv bad/images/val bad/images/gone
expect 1 'images/val' "$DETTOOL_BIN" train --data bad/data.yaml --out gone

# A disk without room: what was there stays, one clear message
cp -r run full
sum=$(sha256sum <full/state.safetensors)
expect 1 'full/' bash -c "ulimit -f 2000; exec '$DETTOOL_BIN' train --data yolo/data.yaml --imgsz 64 --batch 8 --epochs 3 --out full --force"
ls full | grep -q tmp && fail "a temporary file is left"
echo passed
