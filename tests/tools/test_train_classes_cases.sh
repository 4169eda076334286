#!/usr/bin/env bash
# Training of classifiers, case by case: patience, means, large pictures, and what has no meaning or is wrong.
. "$(dirname "$0")/steps.sh"

"$DETTOOL_BIN" sample voc --images 40 --seed 5 >/dev/null
"$DETTOOL_BIN" crop voc crops --square --size 40 >/dev/null 2>&1
mkdir -p small two cifar
for c in disc star; do
    mkdir -p small/train/$c small/val/$c
    cp $(ls crops/train/$c/*.jpg | head -n 24) small/train/$c && cp $(ls crops/val/$c/*.jpg | head -n 4) small/val/$c
    cp -r crops/train/$c two
done
for c in 0 1 2; do printf "\\x0$c"; head -c 3072 /dev/zero; done | tee cifar/data_batch_1.bin >cifar/test_batch.bin
norm="normalize(0.4914, 0.4822, 0.4465; 0.247, 0.2435, 0.2616)"
expect 0 'top1' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --transforms "resize(32, 32)" --out plain

# patience counts evaluations, the mean is over pictures
expect 0 'best epoch' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 7 --val-interval 5 --patience 1 --lr0 0 --optimizer sgd --out patient
[ "$(tail -n 1 patient/results.csv | cut -d, -f1)" = 7 ] && [ -n "$(tail -n 1 patient/results.csv | cut -d, -f6)" ] || { cat patient/results.csv; fail "patience"; }
expect 0 'top1' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --batch 36 --no-drop-last --sampler sequential --lr 'conv1.*=0.00001' --schedule constant --warmup-epochs 0 --lr0 0.01 --out odd
awk -F, 'NR == 2 { n = $4 * 48; d = n - int(n + .5); if (d > .001 || d < -.001 || $8 != 0.01) exit 1 }' odd/results.csv ||
    { cat odd/results.csv; fail "accuracy is no number of 48 pictures, or lr is another group's"; }

# ---- large JPEG files at a reduced size: other pixels, the same classes; what holds no JPEG files has no size to choose ----
mkdir -p big/a big/b && cp $(ls voc/JPEGImages/*.jpg | head -n 8) big/a && cp $(ls voc/JPEGImages/*.jpg | tail -n 8) big/b
for how in '' --reduced-decode; do
    expect 0 'top1' "$DETTOOL_BIN" train --data big --imgsz 32 --epochs 1 --batch 8 --transforms "resize(32, 32)" $how --out "big-run$how"
    expect 0 'big/' "$DETTOOL_BIN" replay "big-run$how" --step 0 --slot 0 --out "big-seen$how"
done
cmp -s big-seen/epoch1_batch0_slot0.png big-seen--reduced-decode/epoch1_batch0_slot0.png && fail "--reduced-decode changed nothing"
expect 1 'holds pixels, not JPEG files' "$DETTOOL_BIN" train --data cifar10:cifar --reduced-decode --out x11

# ---- what has no meaning, or is wrong ----
expect 1 'the state of a training, not a model' "$DETTOOL_BIN" eval --weights plain/state.safetensors --data crops
expect 0 '--val-transforms: random-crop may draw at random' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --val-transforms "resize(32) random-crop(32)" --out drawn
expect 1 'no numbers (NaN)' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --optimizer sgd --lr0 1000 --clip 0 --warmup-epochs 0 --ema-decay 0 --out nan
[ ! -e nan/best.safetensors ] || fail "weights that give NaN are the best"
expect 1 'left to train' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --freeze '*' --out odd --force
[ -s odd/best.safetensors ] || fail "--force took a run away for one that could not begin"
before=$(cat odd/*.safetensors odd/results.csv | cksum)
expect 1 'more than one value a channel' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --batch 1 --out odd --force
[ "$(cat odd/*.safetensors odd/results.csv | cksum)" = "$before" ] || fail "--force took a run away for one whose first step fails"
# a run over another one ends as one in a new folder, and says everything once
again=("$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --weights plain/best.safetensors)
expect 0 'top1' "${again[@]}" --out fresh
cp -r plain over && expect 0 'top1' "${again[@]}" --out over --force
cmp fresh/last.safetensors over/last.safetensors || fail "--force changes the result"
[ "$(grep -c 'tensors taken over' err.txt)" -eq 1 ] || { cat err.txt; fail "messages of the rehearsal"; }
cp -r small junk && echo junk >junk/train/star/zzz.jpg
expect 1 '^dettool train: error: [^ ]*zzz.jpg' "$DETTOOL_BIN" train --data junk --imgsz 32 --epochs 1 --batch 48 --no-drop-last --strict --sampler sequential --out x13
# args.json of a pipeline that is none
cp -r plain bad-args && sed -i 's/resize(32, 32)/resiiize(32)/' bad-args/args.json
expect 1 'there is no step "resiiize"' "$DETTOOL_BIN" train --resume bad-args
expect 1 'the last batch of an epoch has one picture (48 in batches of 47)' \
    "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --batch 47 --no-drop-last --out x12
cp -r small pipes && mkfifo pipes/train/disc/zz.jpg
expect 0 'zz.jpg: not a regular file' timeout 60 "$DETTOOL_BIN" train --data pipes --imgsz 32 --epochs 1 --out piped
expect 1 'lies in the data set' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --out small/run
expect 1 'lies in the data set' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --out small/train/a/b
expect 2 'is a data set with boxes' "$DETTOOL_BIN" train --data voc --model resnet18 --out x10
expect 2 'no meaning in the training of a classifier' "$DETTOOL_BIN" train --model resnet18 --imgsz 32 --batch 16 --data crops --mosaic 0.5 --out x
expect 2 'holds pictures by class' "$DETTOOL_BIN" train --data crops --model yolo-nano --out x
expect 2 'lr-step' "$DETTOOL_BIN" train --model resnet18 --imgsz 32 --batch 16 --data crops --schedule step --out x
expect 1 'network takes 32x32' "$DETTOOL_BIN" train --data crops --model resnet18 --imgsz 32 --transforms "resize(40, 40)" --out x2
expect 1 'normalize differently' "$DETTOOL_BIN" train --data crops --imgsz 32 --transforms "resize(32, 32)" --val-transforms "resize(32, 32) $norm" --out x2
expect 1 '--val-transforms: pictures come out with 16x16' "$DETTOOL_BIN" train --data crops --imgsz 32 --val-transforms "resize(16, 16)" --out x2
# one of the two pipelines alone gives the other its normalize step
expect 0 '^transforms: resize(36) center-crop(32)$' "$DETTOOL_BIN" weights plain/best.safetensors
expect 0 'top1' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --val-transforms "resize(32, 32) $norm" --out plain2
expect 1 'small/train/.*: the transforms give a picture of' "$DETTOOL_BIN" train --data small --imgsz 32 --epochs 1 --transforms "random-apply(0.5 | resize(20))" --out x5
cp -r small blind && find blind/val -name '*.jpg' -exec sh -c 'echo nothing >"$1"' - {} \;
expect 1 "none of the [0-9]* pictures of the split 'val' decodes: .*blind/val/disc/" "$DETTOOL_BIN" train --data blind --imgsz 32 --epochs 1 --out x6
expect 1 "none of the" "$DETTOOL_BIN" eval --weights plain/best.safetensors --data blind
cp -r small untrained && rm untrained/train/star/* && echo text >untrained/train/star/notes.txt
expect 0 "no picture of 1 of the 2 classes: star" "$DETTOOL_BIN" train --data untrained --imgsz 32 --epochs 1 --out x7
expect 1 'findings (--strict)' "$DETTOOL_BIN" train --data untrained --imgsz 32 --epochs 1 --strict --out x8
expect 0 "rounded down, is no picture" "$DETTOOL_BIN" train --data two --val-fraction 0.001 --imgsz 32 --epochs 1 --num-samples 16 --out x9
expect 2 'for a detector' "$DETTOOL_BIN" eval --weights plain/best.safetensors --data crops --conf 0.5
expect 1 'no such' "$DETTOOL_BIN" train --data cifar10:nowhere --out x3
[ ! -e x ] || fail "a refused run left a folder"
