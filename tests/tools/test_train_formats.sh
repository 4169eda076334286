#!/usr/bin/env bash
# dettool train and eval on VOC, COCO and YOLO forms of one set: same labels, same weights.
. "$(dirname "$0")/steps.sh"

"$DETTOOL_BIN" sample voc --images 16 --seed 5 >/dev/null
"$DETTOOL_BIN" convert voc2yolo voc yolo --difficult ignore >/dev/null 2>&1
"$DETTOOL_BIN" convert voc2coco voc coco >/dev/null 2>&1
small=(--imgsz 64 --batch 4 --workers 0 --threads 1 --epochs 1 --seed 3)
for data in voc coco yolo; do
    expect 0 best.safetensors "$DETTOOL_BIN" train --data $data "${small[@]}" --out run-$data
done
cmp run-voc/best.safetensors run-coco/best.safetensors || fail "VOC and COCO have equal labels and other weights"
diff <(cut -d, -f1,3- run-voc/results.csv) <(cut -d, -f1,3- run-coco/results.csv) || fail "other losses"
# The rows of YOLO are fractions: a box is the same to 1e-9 of a pixel, and here to the last bit of a float.
cmp run-voc/best.safetensors run-yolo/best.safetensors || fail "VOC and YOLO have other weights"

# A detector of one form is scored on the others
for data in voc coco coco/annotations/instances_val.json yolo/data.yaml; do
    "$DETTOOL_BIN" eval --weights run-coco/best.safetensors --data $data --split val --json 2>/dev/null >score.json
    grep -v '_per_\|ms' score.json >score-$(echo $data | tr / _).json
done
for s in score-*.json; do diff score-voc.json "$s" >/dev/null || { diff score-voc.json "$s"; fail "another score: $s"; }; done

# COCO's own areas decide what is small; a crowd is no object to be found
for change in 's/"area": *[0-9.]*/"area": 5/ APm' 's/"iscrowd": *0/"iscrowd": 1/ AP'; do
    rm -rf changed && cp -r coco changed
    sed -i "${change% *}" changed/annotations/instances_val.json
    "$DETTOOL_BIN" eval --weights run-coco/best.safetensors --data changed --split val --json 2>/dev/null >score.json
    grep -q "\"${change##* }\": -1" score.json || { head -n 16 score.json; fail "${change##* } after ${change% *}"; }
    grep -q '"AP": -1' score-coco.json && fail "there is nothing to score"
done

# Resumed, the data are looked at again, whatever their form
expect 0 'this training is finished' "$DETTOOL_BIN" train --resume run-coco
cp -r coco moved
expect 0 'this training is finished' "$DETTOOL_BIN" train --resume run-coco --data moved
sed -i '0,/"bbox": *\[/s/"bbox": *\[/&1/' moved/annotations/instances_train.json
expect 1 'other data' "$DETTOOL_BIN" train --resume run-coco --data moved
sed -i '0,/<xmin>/s/<xmin>/<xmin>1/' "voc/Annotations/$(head -n 1 voc/ImageSets/Main/train.txt | tr -d ' \r').xml"
expect 1 'other data' "$DETTOOL_BIN" train --resume run-voc

# What is not there is named
expect 1 "no split 'tset'; there are: train, val, test" "$DETTOOL_BIN" eval --weights run-voc/best.safetensors --data voc --split tset
expect 1 "no split 'train'; there are: val" "$DETTOOL_BIN" train --data coco/annotations/instances_val.json --out x
mkdir alone && cp coco/annotations/instances_train.json alone/
expect 1 'the pictures (.*) were not found' "$DETTOOL_BIN" train --data alone/instances_train.json --out x
expect 1 'no data set found' "$DETTOOL_BIN" train --data run-voc --out x
[ ! -e x ] || fail "a run that never began left a folder"
echo passed
