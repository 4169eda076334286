#!/usr/bin/env bash
# dettool split: sizes, kept splits, all formats, the way back, wrong usage, near-duplicates of real data.
. "$(dirname "$0")/expect.sh"
needs jq

"$bin" sample "$work/voc" --images 40 2>/dev/null
"$bin" convert voc2yolo "$work/voc" "$work/yolo" --images copy >/dev/null 2>&1
"$bin" convert voc2coco "$work/voc" "$work/coco" --images copy >/dev/null 2>&1

# ---- usage ----
"$bin" split --help >"$work/help" || fail "split --help"
grep -q "^  dettool split .*--group" "$work/help" || fail "no example of --group"
expect_exit 2 "$bin" split "$work/yolo"
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --train
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --train 0
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --train 1.5
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --train -- -1
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --train 0.8 --val 0.3
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --val 41
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --part fold0
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --part a/b=0.5
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --keep tset
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --keep val
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --group '('
expect_exit 2 "$bin" split "$work/yolo" "$work/o" --method even
expect_exit 1 "$bin" split "$work/nothing" "$work/o"
expect_exit 1 "$bin" split "$work/yolo" "$work/o" --group jpg
grep -q "got no picture" "$work/stderr" || fail "one block for all: $(cat "$work/stderr")"
[ -e "$work/o" ] && fail "wrong usage wrote something"

# ---- every format; the same pictures whatever the format and the threads ----
for from in voc yolo coco; do
    expect_exit 0 "$bin" split "$work/$from" "$work/out_$from" --train 60% --val 0.2 --test rest --seed 3 --images copy --jobs 1 --json
    cp "$work/stdout" "$work/$from.json"
    [ "$(jq -c '[.parts[] | [.name, .pictures]]' "$work/$from.json")" = '[["train",24],["val",8],["test",8]]' ] || fail "$from: parts $(jq -c '[.parts[] | [.name, .pictures]]' "$work/$from.json")"
    [ "$(jq '[.parts[].objects] | add' "$work/$from.json")" = "$(jq .objects "$work/$from.json")" ] || fail "$from: objects"
    expect_exit 0 "$bin" split "$work/$from" "$work/par_$from" --train 60% --val 0.2 --test rest --seed 3 --images copy --jobs 3 --json
    diff -r "$work/out_$from" "$work/par_$from" >/dev/null || fail "$from: threads change the result"
    "$bin" inspect "$work/out_$from" --json 2>/dev/null >"$work/inspect.json" || fail "$from: inspect"
    expect_exit 0 "$bin" convert --undo "$work/par_$from"
    [ -e "$work/par_$from" ] && fail "$from: --undo left something"
done
(cd "$work/out_yolo/images/val" && ls | sed 's/\..*//') >"$work/a"
sort "$work/out_voc/ImageSets/Main/val.txt" >"$work/b"
jq -r '.images[].file_name' "$work"/out_coco/annotations/instances_val.json | xargs -n1 basename | sed 's/\..*//' | sort >"$work/c"
cmp -s "$work/a" "$work/b" && cmp -s "$work/b" "$work/c" || fail "formats give other val splits: $(paste "$work/a" "$work/b" "$work/c" | head -3)"

# ---- kept splits ----
before=$(cd "$work/yolo/labels/val" && cat * | sha256sum)
expect_exit 0 "$bin" split "$work/yolo" "$work/kept" --keep val --part fold0=0.5 --part fold1=rest --near-duplicates=false
[ "$(cd "$work/kept/labels/val" && cat * | sha256sum)" = "$before" ] || fail "a kept split changed"
[ -d "$work/kept/images/fold0" ] && [ -d "$work/kept/images/fold1" ] || fail "parts of other names"
expect_exit 0 "$bin" split "$work/yolo" "$work/dry" --val 0.5 --dry-run
[ -e "$work/dry" ] && fail "--dry-run wrote something"

# ---- what the shares leave out is in the certificate ----
expect_exit 0 "$bin" split "$work/yolo" "$work/part" --train 0.5 --val 0.25
[ "$(jq '[.objects[]? , .findings[]? | select(.rule == "left-out")] | length > 0' "$work/part/conversion.json")" = true ] || grep -q left-out "$work/part/conversion.json" || fail "left-out is not in the certificate"

# ---- real near-duplicates: BloodImage_00037 and 00038 show the same field ----
if [ -d "${DETTOOL_DATA:-/nowhere}/bccd" ]; then
    for seed in 0 1 2 3; do
        expect_exit 0 "$bin" split "$DETTOOL_DATA/bccd" "$work/bccd$seed" --train 0.5 --val 0.5 --seed $seed
        [ "$(grep -l 'BloodImage_0003[78]$' "$work/bccd$seed"/ImageSets/Main/{train,val}.txt | wc -l)" = 1 ] || fail "seed $seed parts near-duplicates"
    done
    "$bin" check "$work/bccd0" --json 2>/dev/null | jq -e '[.. | objects | select(.rule? == "split-leak")] | length == 0' >/dev/null || fail "check finds a leak"
else
    echo "SKIPPED CASE: no real data (DETTOOL_DATA)"
fi

[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))
