#!/usr/bin/env bash
# A training that is killed with SIGKILL again and again, and resumed with other numbers of threads and workers, ends
# with the same bytes as one that was left alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$DETTOOL_BIN" sample voc --images 24 --seed 3 >/dev/null
"$DETTOOL_BIN" convert voc2yolo voc yolo >/dev/null
train=("$DETTOOL_BIN" train --data yolo/data.yaml --model yolo-nano --imgsz 64 --batch 4 --epochs 12 --close-mosaic 4
       --seed 7 --save-minutes 0)

"${train[@]}" --out whole --threads 2 --workers 1 2>whole.log

kills=0
RANDOM=${DT_TEST_SEED:-1}
"${train[@]}" --out torn --threads 1 --workers 3 2>torn.log &
pid=$!
for round in $(seq 1 40); do
    # At any moment, reading the data and writing the state among them: 30 to 530 ms after the start.
    sleep "0.$(printf '%03d' $((30 + RANDOM % 500)))"
    if ! kill -9 "$pid" 2>/dev/null; then break; fi
    wait "$pid" 2>/dev/null || true
    kills=$((kills + 1))
    if [ ! -f torn/args.json ]; then
        "${train[@]}" --out torn --threads 1 --workers 3 2>>torn.log &
    else
        "$DETTOOL_BIN" train --resume torn --threads $((1 + RANDOM % 3)) --workers $((RANDOM % 4)) 2>>torn.log &
    fi
    pid=$!
done
wait "$pid" || { cat torn.log; exit 1; }
[ -f torn/args.json ] && "$DETTOOL_BIN" train --resume torn 2>>torn.log >/dev/null

for f in last.safetensors best.safetensors; do
    cmp "whole/$f" "torn/$f" || { echo "$f differs after $kills kills"; tail -n 20 torn.log; exit 1; }
done
cut -d, -f1,3- whole/results.csv >a.csv
cut -d, -f1,3- torn/results.csv >b.csv
diff a.csv b.csv
[ "$kills" -ge 3 ] || { echo "only $kills kills happened: the test shows nothing"; exit 1; }
ls torn | grep -q tmp && { echo "temporary files are left:"; ls torn; exit 1; }

# One bit anywhere in the state, of its tensors, its header, its metadata or the checksum itself: the state before it is taken, and
# stays while the damaged one is written over.
flip_bit() { # FILE PLACE
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
place() { LC_ALL=C grep -abo -m 1 -- "$1" whole/state.safetensors | head -n 1 | cut -d: -f1; } # of a text in the header
size=$(stat -c %s whole/state.safetensors)
for at in $((size - 100)) $(($(place '"data_hash"') + 15)) $(($(place '"data_hash"') + 3)) $(($(place '"dtype"') + 10)) \
    $(($(place '"dettool.checksum"') + 4)) $(($(place 'crc32:') + 2)) $(($(place 'crc32:') + 9)) $(($(place 'num_batches_tracked') - 40)) 1; do
    rm -rf bent && cp -r whole bent && cp bent/state.prev.safetensors before
    flip_bit bent/state.safetensors "$at"
    "$DETTOOL_BIN" train --resume bent >/dev/null 2>err.txt || { cat err.txt; echo "a bit of byte $at"; exit 1; }
    grep -q 'state.safetensors: .*going back to' err.txt || { cat err.txt; echo "a bit of byte $at was not noticed"; exit 1; }
    cmp before bent/state.prev.safetensors || { echo "a damaged state took the place of the one before it"; exit 1; }
    cmp whole/last.safetensors bent/last.safetensors
done

# What was typed must win or be an error.
if "$DETTOOL_BIN" train --resume torn --lr0 0.5 2>err.txt; then exit 1; else [ $? -eq 2 ]; fi
grep -q -- '--lr0' err.txt

# A run is never written over by accident; other data are noticed.
if "${train[@]}" --out torn 2>err.txt; then exit 1; else [ $? -eq 2 ]; fi
label=$(find yolo/labels/train -name '*.txt' -size +0 | sort | head -n 1)
sed -i '1s/^[0-9]*/0/; 1s/0\.[0-9]*/0.5/' "$label"
if "$DETTOOL_BIN" train --resume torn 2>err.txt; then exit 1; else [ $? -eq 1 ]; fi
grep -q 'other data' err.txt

# A signal that can be caught saves at once.
"$DETTOOL_BIN" train --data yolo/data.yaml --imgsz 64 --batch 4 --epochs 400 --patience 0 --out stopped 2>stop.log &
pid=$!
for _ in $(seq 1 100); do grep -q 'epoch 1/' stop.log 2>/dev/null && break; sleep 0.1; done
kill -TERM "$pid"
if wait "$pid"; then exit 1; fi
grep -q -- '--resume' stop.log
echo "same bytes after $kills kills"
