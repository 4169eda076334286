#!/usr/bin/env bash
# Training of classifiers on the command line: that it learns, what it writes, kills and resumption, eval, infer, replay, weights of
# another head, recipes.
. "$(dirname "$0")/steps.sh"

"$DETTOOL_BIN" sample voc --images 100 --seed 5 >/dev/null
"$DETTOOL_BIN" crop voc crops --square --size 40 >/dev/null 2>&1
transforms=(--transforms "random-resized-crop(32, scale=(0.6, 1)) hflip normalize(0.5, 0.5, 0.5; 0.25, 0.25, 0.25)"
            --val-transforms "resize(32) center-crop(32) normalize(0.5, 0.5, 0.5; 0.25, 0.25, 0.25)")
train=("$DETTOOL_BIN" train --model resnet18 --imgsz 32 --batch 16 "${transforms[@]}" --seed 3)

# ---- it learns: discs, squares, stars and triangles; a quarter would be chance ----
expect 0 'top1' "${train[@]}" --data crops --epochs 6 --sampler class-balanced --best-state --hash-batches --out run --workers 2
for f in best last best.state state; do [ -s run/$f.safetensors ] || fail "no $f.safetensors"; done
for f in results.csv results.png confusion_matrix.png train_batch0.jpg args.json; do [ -s run/$f ] || fail "no $f"; done
head -n 1 run/results.csv | grep -q '^epoch,time,train/loss,train/acc,val/loss,metrics/accuracy_top1,metrics/accuracy_top5,lr/pg0$' || fail "columns"
[ "$(wc -l <run/results.csv)" -eq 7 ] || fail "rows"
expect 0 'top1' "$DETTOOL_BIN" eval --weights run/best.safetensors --data crops --split test --json
awk -F'[:,]' '/"top1"/ {found = 1; if ($2 < 0.4) {print "top-1 " $2; exit 1}} END {exit !found}' out.txt || fail "it does not learn"
cp out.txt eval.json
expect 0 'top1' "$DETTOOL_BIN" eval --weights run/best.safetensors --data crops --split test --json --batch 5 --workers 3 --threads 1
diff <(grep -v '"loss"' out.txt) <(grep -v '"loss"' eval.json) || fail "the score depends on batch or threads"
expect 0 'mean recall' "$DETTOOL_BIN" eval --weights run/best.safetensors --data crops --per-class --confusion m.png
[ -s m.png ] || fail "--confusion"
expect 2 'the extension must be' "$DETTOOL_BIN" eval --weights run/best.safetensors --data crops --confusion m.txt

# ---- replay ----
expect 0 'same bytes as in training' "$DETTOOL_BIN" replay run --verify
expect 0 '"steps"' "$DETTOOL_BIN" replay run --step 5 --slot 1 --out seen --json
grep -q 'random-resized-crop' out.txt && grep -q '"class"' out.txt || { cat out.txt; fail "replay: what was drawn"; }
again=$(basename "$(ls crops/train/disc/*.jpg | head -n 1)")
mkdir -p twin && cp -r crops/train/disc crops/train/star twin && cp "crops/train/disc/$again" "twin/star/$again"
"$DETTOOL_BIN" train --data twin --imgsz 32 --epochs 1 --val-fraction 0 --sampler class-balanced --num-samples 16 --out twins >/dev/null 2>&1
expect 1 'give more of the path' "$DETTOOL_BIN" replay twins --epoch 1 --sample "$again" --out seen2
rc=0
"$DETTOOL_BIN" replay twins --epoch 1 --sample "star/$again" --out seen2 >out2.txt 2>err2.txt || rc=$?
if [ $rc -eq 0 ]; then grep -q "star/$again" out2.txt; else grep -q 'the sampler did not draw it' err2.txt; fi || { cat err2.txt; fail "a sample by class and name"; }

# ---- infer: files and folders ----
picture=$(find crops/test/star -name '*.jpg' | sort | head -n 1)
expect 0 'star' "$DETTOOL_BIN" infer "$picture" --weights run/best.safetensors
expect 0 '"file"' "$DETTOOL_BIN" infer crops/test/* --weights run/best.safetensors --json
[ "$(grep -c '"file"' out.txt)" -eq "$(find crops/test -name '*.jpg' | wc -l)" ] || fail "pictures of infer"

# a name with a line end stays one row
nasty=$(printf 'two\nlines.jpg') && cp "$picture" "$nasty"
expect 0 'two?lines.jpg: ' "$DETTOOL_BIN" infer "$nasty" --weights run/best.safetensors
[ "$(wc -l <out.txt)" -eq 1 ] || { cat out.txt; fail "rows of infer"; }

mkdir small && for c in disc star; do mkdir -p small/train/$c small/val/$c && cp $(ls crops/train/$c/*.jpg | head -n 24) small/train/$c && cp $(ls crops/val/$c/*.jpg | head -n 4) small/val/$c; done

# ---- workers and threads change nothing; a killed run ends with the same bytes ----
short=("${train[@]}" --data small --epochs 3 --save-minutes 0 --best-state)
expect 0 'top1' "${short[@]}" --out whole --workers 0 --threads 2
"${short[@]}" --out torn --workers 3 --threads 1 >/dev/null 2>&1 &
pid=$!
kills=0
RANDOM=${DT_TEST_SEED:-1}
for _ in $(seq 12); do
    sleep "0.$(printf '%03d' $((200 + RANDOM % 700)))"
    kill -9 "$pid" 2>/dev/null || break
    wait "$pid" 2>/dev/null || true
    kills=$((kills + 1))
    if [ -f torn/args.json ]; then
        "$DETTOOL_BIN" train --resume torn --workers $((RANDOM % 3)) >/dev/null 2>torn.log &
    else
        "${short[@]}" --out torn --workers 3 --threads 1 >/dev/null 2>torn.log &
    fi
    pid=$!
done
wait "$pid" || { cat torn.log; fail "the torn run"; }
for f in last.safetensors best.safetensors; do cmp whole/$f torn/$f || fail "$f differs after $kills kills"; done
[ -s torn/best.state.safetensors ] || fail "no state of the best epoch"
[ "$kills" -ge 1 ] || fail "no kill happened"

# ---- a set without splits: the same pictures are held out in training and in evaluation ----
mkdir flat && cp -r crops/train/* flat/
expect 0 'held out' "${train[@]}" --data flat --epochs 1 --val-fraction 0.25 --split-seed 9 --out flat-run
score=$(sed -n 2p flat-run/results.csv | cut -d, -f6)
expect 0 'top1' "$DETTOOL_BIN" eval --weights flat-run/best.safetensors --data flat --json # the weights know which pictures those are
cp out.txt flat.json
expect 0 'top1' "$DETTOOL_BIN" eval --weights flat-run/best.safetensors --data flat --val-fraction 0.25 --split-seed 9 --json
cmp out.txt flat.json || fail "eval scores another part than training did"
expect 1 'has splits' "$DETTOOL_BIN" eval --weights flat-run/best.safetensors --data crops --val-fraction 0.25
expect 1 'has splits' "${train[@]}" --data crops --split-seed 9 --out x4
awk -F'[:,]' -v want="$score" '/"top1"/ {if ($2 - want > 1e-4 || want - $2 > 1e-4) exit 1}' out.txt ||
    fail "another score than in training: $score"

# a picture more, and the draw holds out pictures of training
cp -r flat grown && cp "$(ls grown/disc/*.jpg | head -n 1)" grown/disc/aaa.jpg
expect 1 'may have been trained on' "$DETTOOL_BIN" eval --weights flat-run/best.safetensors --data grown
expect 0 'top1' "$DETTOOL_BIN" eval --weights flat-run/best.safetensors --data grown --val-fraction 0.25 --split-seed 9

# ---- weights of another head; frozen layers; a learning rate of their own ----
mkdir two && cp -r crops/train/disc crops/train/star two/
expect 0 'of another shape' "${train[@]}" --data two --weights run/best.safetensors --epochs 1 --freeze 'layer*' --lr 'fc.*=0.01' --out two-run
expect 1 'class' "$DETTOOL_BIN" eval --weights two-run/best.safetensors --data crops

# ---- the two recipes of textbooks, in short ----
cifar() { for c in 0 1 2 0 1 2; do printf "\\x0$c"; head -c 3072 /dev/zero | tr '\0' "\\$((c + 1))00"; done; }
mkdir cifar && cifar >cifar/data_batch_1.bin && cifar >cifar/test_batch.bin
norm="normalize(0.4914, 0.4822, 0.4465; 0.247, 0.2435, 0.2616)"
expect 0 'top1' "$DETTOOL_BIN" train --data cifar10:cifar --model alexnet --epochs 2 --batch 6 --optimizer sgd --lr0 0.01 --no-nesterov \
    --decay-all --schedule multistep --lr-milestones 1 --warmup-epochs 0 --clip 0 --ema-decay 0 --no-drop-last --patience 0 \
    --transforms "resize(224, 224, filter=bicubic-aa) $norm" --val-transforms "resize(224, 224, filter=bicubic-aa) $norm" --out alex
[ "$(cut -d, -f8 alex/results.csv | tail -n +2 | tr '\n' ' ')" = "0.01000000 0.00100000 " ] || { cat alex/results.csv; fail "learning rates"; }
expect 0 'top1' "$DETTOOL_BIN" train --data flat --model resnet50 --head relu-dropout --imgsz 32 --epochs 2 --batch 16 --num-samples 32 \
    --optimizer sgd --lr0 0.001 --no-nesterov --weight-decay 0 --schedule step --lr-step 1 --lr-gamma 0.1 --warmup-epochs 0 --clip 0 \
    --ema-decay 0 --no-drop-last --patience 0 --best-state --out r50
[ "$(cut -d, -f8 r50/results.csv | tail -n +2 | tr '\n' ' ')" = "0.00100000 0.00010000 " ] || { cat r50/results.csv; fail "StepLR"; }

# a folder behind a prefix is found from any other folder
(mkdir -p elsewhere && cd elsewhere && "$DETTOOL_BIN" train --resume ../alex >../resumed.txt 2>&1) || { cat resumed.txt; fail "--resume of cifar10:DIR"; }

echo "all passed after $kills kills"
