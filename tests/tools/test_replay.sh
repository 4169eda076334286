#!/usr/bin/env bash
# dettool replay: the picture of a place in training, hashes of all batches through kill and resume, what changed since.
. "$(dirname "$0")/steps.sh"
replay() { "$DETTOOL_BIN" replay "$@"; }

"$DETTOOL_BIN" sample voc --images 14 --seed 5 >/dev/null
"$DETTOOL_BIN" convert voc2yolo voc yolo >/dev/null 2>&1
train=("$DETTOOL_BIN" train --data yolo/data.yaml --imgsz 64 --batch 4 --threads 1 --close-mosaic 1 --mixup 0.5
       --hash-batches)
expect 0 'best' "${train[@]}" --epochs 3 --out run --workers 2

# Every batch has a row; all are the same again, with any number of workers
batches=$(($(wc -l <run/batches.csv) - 1))
[ "$((batches % 3))" -eq 0 ] && [ "$batches" -ge 6 ] || fail "$batches rows"
head -n 2 run/batches.csv | tr '\n' ' ' | grep -qE '^step,epoch,batch,sha256 0,1,0,[0-9a-f]{64} $' || fail "rows"
expect 0 "^$batches batches are the same" replay run --verify
expect 0 "^$((batches / 3)) batches" replay run --verify --epoch 2 --workers 3
expect 0 '"equal": true' replay run --verify --json

# Stopped in the middle and resumed: the same rows, whatever a kill left at the end of the file
expect 0 'best' "${train[@]}" --epochs 3 --out again --workers 0
cmp run/batches.csv again/batches.csv || fail "rows depend on workers"
"${train[@]}" --epochs 400 --out cut --workers 1 >/dev/null 2>&1 &
pid=$!
rows() { cat cut/batches.csv 2>/dev/null | wc -l; }
for _ in $(seq 100); do [ "$(rows)" -gt 4 ] && break; sleep .1; done
kill -KILL "$pid"; wait "$pid" 2>/dev/null || true
printf '999,1,0,12' >>cut/batches.csv
"$DETTOOL_BIN" train --resume cut >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do [ "$(rows)" -gt 30 ] && break; sleep .1; done
kill -INT "$pid"; wait "$pid" 2>/dev/null || true
cut -d, -f1 cut/batches.csv | tail -n +2 | awk '$1 != NR - 1 { bad = 1 } END { exit bad }' || fail "steps after resume"
expect 0 'are the same' replay cut --verify --epoch 1
[ "$(sed -n 2p cut/batches.csv)" = "$(sed -n 2p run/batches.csv)" ] || fail "the number of epochs changed the first batch"

# One picture, by step and by sample: the same files
expect 0 '"step": 1' replay run --step 1 --slot 2 --out seen --json
sample=$(sed -n 's/^  "sample": \([0-9]*\),/\1/p' out.txt)
image=$(sed -n 's/^  "image": "\(.*\)",/\1/p' out.txt)
hash=$(sed -n 's/.*"batch_sha256": "\(.*\)",/\1/p' out.txt)
[ -s "$image" ] || fail "image $image"
grep -q "^1,1,1,$hash$" run/batches.csv || fail "hash of the batch"
[ "$(grep -c '"place"' out.txt)" -ge 4 ] && grep -q '"top-left".*"label": ".*\.txt"' out.txt || fail "sources"
grep -q '"boxes"' out.txt && grep -q '"hue"' out.txt && grep -q '"name": "[a-z]*"' out.txt || fail "boxes"
cmp out.txt seen/epoch1_batch1_slot2.json || fail "JSON"
expect 0 'epoch 1, batch 1, slot 2' replay run --epoch 1 --sample "$sample" --out seen2
expect 0 'epoch 1, batch 1, slot 2' replay run --epoch 1 --sample "$(basename "$image")" --out seen3
for f in .png .boxes.png .json; do
    cmp "seen/epoch1_batch1_slot2$f" "seen2/epoch1_batch1_slot2$f" && cmp "seen/epoch1_batch1_slot2$f" "seen3/epoch1_batch1_slot2$f"
done
cmp -s seen/epoch1_batch1_slot2.png seen/epoch1_batch1_slot2.boxes.png && fail "no boxes are drawn"
expect 0 '"mosaic": 0,' replay run --step $((batches * 2 / 3)) --slot 0 --out seen --json

# Decoding at a reduced size: the same boxes but for rounding, other pixels.
for set in yolo/data.yaml voc; do # boxes in fractions, boxes in pixels
    plain=("$DETTOOL_BIN" train --data "$set" --imgsz 64 --batch 4 --threads 1 --workers 0 --epochs 1 --mosaic 0 --force)
    expect 0 'best' "${plain[@]}" --out full
    expect 0 'best' "${plain[@]}" --out small --reduced-decode
    for run in full small; do
        expect 0 'written' replay "$run" --step 0 --slot 0 --out "seen-$run"
        sed -n 's/.*"class".*"x1": \([-0-9.e]*\), "y1": \([-0-9.e]*\), "x2": \([-0-9.e]*\), "y2": \([-0-9.e]*\),.*/\1 \2 \3 \4/p' \
            "seen-$run/epoch1_batch0_slot0.json" >"$run.boxes"
    done
    [ -s full.boxes ] || fail "no boxes to compare"
    paste full.boxes small.boxes | awk 'NF != 8 { bad = 1 }
        { for (i = 1; i <= 4; i++) { d = $i - $(i + 4); if (d > 1 || d < -1) bad = 1 } } END { exit bad }' ||
        { paste full.boxes small.boxes; fail "boxes of --reduced-decode"; }
    cmp -s seen-full/epoch1_batch0_slot0.png seen-small/epoch1_batch0_slot0.png && fail "--reduced-decode changed nothing"
done

# What has changed since
cp -r yolo moved
expect 0 'are the same' replay run --verify --data moved/data.yaml --epoch 1
label=$(grep -l . moved/labels/train/*.txt | head -n 1)
sed -i '1s/^\([0-9]*\) [0-9.]*/\1 0.40/' "$label"
expect 1 'has other bytes than in training' replay run --verify --data moved/data.yaml
rm "$(ls moved/images/train/* | head -n 1)"
expect 1 'epoch 1, batch' replay run --verify --data moved/data.yaml

# One picture is shown as the network was given it, or not at all: a picture under its name that is another one, a label, a picture more
expect 0 '"proven": true' replay run --step 0 --slot 0 --out proof --json
"${train[@]::${#train[@]}-1}" --epochs 1 --out plain >/dev/null 2>&1
expect 0 'not proven to be what the network was given: the run has no hashes' replay plain --step 0 --slot 0 --out proof
expect 0 '"proven": false' replay plain --step 0 --slot 0 --out proof --json
first=$(sed -n 's/^  "image": "\(.*\)",/\1/p' out.txt | head -n 1)
for change in picture label more; do
    rm -rf other && cp -rL yolo other
    one=other/images/train/$(basename "$first")
    case $change in
    picture) cp "$(ls other/images/val/*.jpg | head -n 1)" "$one" ;;
    label) printf '0 .5 .5 .2 .2\n' >>"other/labels/train/$(basename "${first%.*}").txt" ;;
    more) cp "$(ls other/images/val/*.jpg | head -n 1)" other/images/train/zzz.jpg ;;
    esac
    rm -rf proof2
    expect 1 'other bytes than in training' replay run --step 0 --slot 0 --out proof2 --data other/data.yaml
    expect 1 'other data than when the run was made' replay plain --step 0 --slot 0 --out proof2 --data other/data.yaml
    [ ! -e proof2 ] || fail "$change: something was written all the same"
    cp -r plain torn && sed -i 's/"epochs": 1/"epochs": 2/' torn/args.json
    expect 1 'made with other data' "$DETTOOL_BIN" train --resume torn --data other/data.yaml
    rm -rf torn
done

# A list of batches with holes proves nothing
cp -r run holes
for edit in '4d' '$d' '4p' '2d'; do
    sed "$edit" run/batches.csv >holes/batches.csv
    [ "$edit" = 4p ] && sed -n '1,4p;4,$p' run/batches.csv >holes/batches.csv
    expect 1 'batches.csv.*row' replay holes --verify
done

# ... nor one whose rows name other batches than their steps were
awk -F, -v OFS=, 'NR == 3 { $2 = 1; $3 = 0; $4 = before } { before = $4; print }' run/batches.csv >holes/batches.csv
expect 1 'batches.csv:3: epoch 1, batch 0 was step 1' replay holes --verify

# Another number of batches an epoch: a step is another batch than it was
cp -r run fewer && sed -i 's/"batch": 4/"batch": 3/' fewer/args.json
expect 1 'was step\|other bytes' replay fewer --step $((batches - 1)) --slot 0 --out proof3
cp -r plain other-batch && sed -i 's/"batch": 4/"batch": 3/' other-batch/args.json
expect 1 'batches an epoch as data and options are now' replay other-batch --step 0 --slot 0 --out proof3
cp -r yolo grown && for i in 1 2 3 4; do cp "$(ls yolo/images/val/*.jpg | head -n 1)" grown/images/train/zz$i.jpg; done
expect 1 'was step\|other bytes' replay run --data grown/data.yaml --step $((batches - 1)) --slot 0 --out proof3
[ ! -e proof3 ] || fail "pictures of other batches"

# Epochs that were never trained, and a list of batches that is gone
"${train[@]}" --epochs 50 --out early >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do [ "$(cat early/batches.csv 2>/dev/null | wc -l)" -gt 4 ] && break; sleep .1; done
kill -INT "$pid"; wait "$pid" 2>/dev/null || true
expect 1 'the network was never given it' replay early --epoch 50 --sample 0 --out proof4
at=$(tail -n 1 early/batches.csv | cut -d, -f1)
rm early/batches.csv
rc=0 # the next step: of the epoch in which the state stands, or, where that was its last batch, of one that was never begun
replay early --step "$((at + 1))" --slot 0 --out proof5 >out.txt 2>err.txt || rc=$?
case $rc in
0) grep -q 'the run has come to it, or not yet' err.txt || { cat err.txt; fail "a step after the state"; } ;;
*) grep -q 'the network was never given it' err.txt && [ ! -e proof5 ] || { cat err.txt; fail "a step after the state"; } ;;
esac
expect 0 'batches.csv is missing' replay early --step 0 --slot 0 --out proof4
expect 1 'though the run was made with --hash-batches' replay early --verify

# What the augmentation takes from texts is the run's, too
for how in --box-rule --mixup-style; do
    expect 0 'best' "$DETTOOL_BIN" train --data yolo/data.yaml --imgsz 64 --batch 4 --threads 1 --close-mosaic 0 --mixup 1 --hash-batches \
        --epochs 1 --out texts --force $how yolox
    expect 0 'are the same' replay texts --verify
done

# Usage
expect 2 'one RUN is needed' replay
expect 2 '--out DIR is needed' replay run --epoch 1 --sample 0
expect 2 'which picture' replay run --out x
expect 2 'which picture' replay run --out x --step 0 --slot 0 --sample 1
expect 2 'goes with --epoch' replay run --out x --sample 1
expect 2 'goes with --slot' replay run --out x --step 1
expect 2 'goes with --verify' replay run --out x --step 1 --slot 0 --workers 2
expect 2 '--verify goes with' replay run --verify --step 1
expect 1 '3 epochs' replay run --out x --epoch 4 --sample 0
expect 1 'samples 0..' replay run --out x --epoch 1 --sample 9999
expect 1 'no picture of this name' replay run --out x --epoch 1 --sample nope.jpg
expect 1 'pictures 0..3' replay run --out x --step 0 --slot 4
expect 1 'nope/args.json' replay nope --verify
rm again/batches.csv
expect 1 '--hash-batches' replay again --verify
sed -i '3s/.*/what/' run/batches.csv
expect 1 'batches.csv:3' replay run --verify
expect 0 'Examples' replay --help
[ ! -e x ] || fail "a folder was left"
echo passed
