#!/usr/bin/env bash
# dettool train on what users have: odd pictures, splits without objects, data that move, folders in use, edited files.
. "$(dirname "$0")/steps.sh"

"$DETTOOL_BIN" sample voc --images 12 --seed 5 >/dev/null
"$DETTOOL_BIN" convert voc2yolo voc yolo >/dev/null 2>&1
small=(--imgsz 64 --batch 4 --workers 0 --threads 1)
train() { "$DETTOOL_BIN" train "${small[@]}" "$@"; }

# A batch larger than the data set, one image, one epoch, a folder with blanks and UTF-8, no val split
mkdir -p "grüne Ampel/images" "grüne Ampel/labels"
cp "$(ls yolo/images/train/*.jpg | head -n 1)" "grüne Ampel/images/a b.jpg"
echo '0 0.5 0.5 0.25 0.25' >"grüne Ampel/labels/a b.txt"
printf 'train: images\nnames: ["rotes Licht"]\n' >"grüne Ampel/data.yaml"
expect 0 "no split 'val'" train --data "grüne Ampel/data.yaml" --epochs 1 --out "ein Lauf"
[ -s "ein Lauf/best.safetensors" ] || fail "no best.safetensors without a val split"
[ -s "ein Lauf/train_batch0.jpg" ] || fail "no picture of the first batch"
grep -q '^1 epoch in' out.txt || fail "one epoch is not 'epochs'"
expect 0 'rotes Licht' "$DETTOOL_BIN" infer "grüne Ampel/images" --weights "ein Lauf/best.safetensors" --conf 0 --max-det 1

# Validation less often than there are epochs: still after the last
expect 0 'AP50' train --data yolo/data.yaml --epochs 2 --val-interval 50 --out rarely
[ "$(grep -c ',,,,' rarely/results.csv)" -eq 1 ] || fail "one epoch with and one without validation"

# Splits without objects
cp -r yolo noval
for f in noval/labels/val/*.txt; do : >"$f"; done
expect 0 "no object in the split 'val'" train --data noval/data.yaml --epochs 2 --out noval-run
[ -s noval-run/best.safetensors ] || fail "no best.safetensors without objects in val"
for f in noval/labels/train/*.txt; do : >"$f"; done
expect 1 'nothing to learn' train --data noval/data.yaml --epochs 1 --out x
[ ! -e x ] || fail "a run that never began left a folder"

# A finished run says so; a run goes on from any folder, and where its data now lie; other data are an error
train --data yolo/data.yaml --epochs 2 --out run >/dev/null 2>&1
expect 0 'this training is finished' "$DETTOOL_BIN" train --resume run
(cd / && expect 0 'finished' "$DETTOOL_BIN" train --resume "$work/run") 2>/dev/null || fail "resume from another folder"
mv yolo elsewhere
expect 1 'yolo/data.yaml' "$DETTOOL_BIN" train --resume run
expect 0 'finished' "$DETTOOL_BIN" train --resume run --data elsewhere/data.yaml
echo '0 0.5 0.5 0.1 0.1' >>"$(ls elsewhere/labels/val/*.txt | head -n 1)"
expect 1 'other data' "$DETTOOL_BIN" train --resume run --data elsewhere/data.yaml
mv elsewhere yolo
sed -i '$d' "$(ls yolo/labels/val/*.txt | head -n 1)"
expect 0 'finished' "$DETTOOL_BIN" train --resume run

# args.json after an editor: the limits of the command line hold
cp -r run edited
for change in 's/"batch": 4/"batch": 0/' 's/"batch": 4/"batch": 1e300/' 's/"optimizer": "adamw"/"optimizer": "best"/' \
    's/"model": "yolo-nano"/"model": null/' 's/"scale": [0-9.]*/"scale": "much"/'; do
    sed "$change" run/args.json >edited/args.json
    cmp -s run/args.json edited/args.json && fail "nothing changed: $change"
    expect 1 'edited/args.json' "$DETTOOL_BIN" train --resume edited
done
sed '/"data"/d' run/args.json >edited/args.json
expect 1 "'data' is missing" "$DETTOOL_BIN" train --resume edited

# The weights a run began with are not needed to go on with it
cp run/last.safetensors begin.safetensors
train --data yolo/data.yaml --epochs 2 --weights begin.safetensors --out from >/dev/null 2>&1
rm begin.safetensors
expect 0 'finished' "$DETTOOL_BIN" train --resume from

# Logs that cannot be written: named, and no training is lost
train --data yolo/data.yaml --epochs 3 --out whole >/dev/null 2>&1
mkdir nolog nolog/results.csv nolog/results.csv/x
expect 1 'results.csv' train --data yolo/data.yaml --epochs 3 --out nolog
rm -r nolog/results.csv
expect 0 'resuming nolog at epoch 2, batch 1' "$DETTOOL_BIN" train --resume nolog
cmp whole/last.safetensors nolog/last.safetensors || fail "the weights differ after a log that failed"
[ "$(wc -l <nolog/results.csv)" -eq 4 ] || fail "a row of results.csv is missing"

# --force leaves nothing of the run before
printf 'old' >whole/best.safetensors
expect 0 'epoch' train --data yolo/data.yaml --epochs 2 --val-interval 2 --out whole --force
[ "$(wc -l <whole/results.csv)" -eq 3 ] || fail "rows of the old run"
grep -q old whole/best.safetensors && fail "the old best.safetensors"

# One process a folder
"$DETTOOL_BIN" train "${small[@]}" --data yolo/data.yaml --epochs 500 --patience 0 --out busy >/dev/null 2>busy.log &
pid=$!
for _ in $(seq 1 100); do grep -q 'epoch 1/' busy.log && break; sleep 0.1; done
expect 1 'another process' "$DETTOOL_BIN" train --resume busy
expect 1 'another process' train --data yolo/data.yaml --epochs 1 --out busy --force
kill -INT "$pid" 2>/dev/null || fail "the first process is gone"
rc=0
wait "$pid" || rc=$?
[ "$rc" -eq 1 ] || { tail -n 3 busy.log; fail "exit $rc after a signal"; }
grep -q 'go on with --resume busy' busy.log || fail "no word on how to go on"

echo passed
