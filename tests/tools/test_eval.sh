#!/usr/bin/env bash
# dettool eval: the figures of the shared results file in all 15 digits, both outputs, bad input.
set -u
bin=${DETTOOL_BIN:?}
data=${DETTOOL_DATA:-../shared/data}
[ -x "$bin" ] || { echo "SKIPPED: $bin is not built"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

# expect CODE STDERR-PATTERN ARGUMENTS...   ('' = standard error must be empty); standard output goes to $tmp/out
expect() {
    local code=$1 err=$2
    shift 2
    "$bin" eval "$@" >"$tmp/out" 2>"$tmp/err"
    local rc=$?
    [ $rc -eq "$code" ] || fail "eval $*: exit $rc, expected $code: $(head -c 300 "$tmp/err")"
    if [ -n "$err" ]; then grep -qe "$err" "$tmp/err" || fail "eval $*: no '$err' in: $(cat "$tmp/err")"
    else [ ! -s "$tmp/err" ] || fail "eval $*: unexpected: $(head -c 300 "$tmp/err")"; fi
    if [ "$code" -ne 0 ] && [ -s "$tmp/out" ]; then fail "eval $*: results in spite of the failure"; fi
}

# ---- a small set of our own ----
cat >"$tmp/gt.json" <<'JSON'
{"images": [{"id": 1, "width": 100, "height": 100}, {"id": 2, "width": 100, "height": 100}],
 "categories": [{"id": 7, "name": "seven"}, {"id": 3, "name": "th\"ree"}, {"id": 5, "name": "unused"}],
 "annotations": [
  {"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 10, 40, 40], "area": 1600, "iscrowd": 0},
  {"id": 2, "image_id": 2, "category_id": 7, "bbox": [50, 50, 20, 20], "area": 400, "iscrowd": 0},
  {"id": 3, "image_id": 2, "category_id": 3, "bbox": [0, 0, 50, 50], "area": 2500, "iscrowd": 1},
  {"id": 4, "image_id": 2, "category_id": 3, "bbox": [60, 0, 40, 40], "area": 1600, "iscrowd": 0}]}
JSON
cat >"$tmp/dt.json" <<'JSON'
[{"image_id": 1, "category_id": 7, "bbox": [10, 10, 40, 40], "score": 0.9},
 {"image_id": 2, "category_id": 7, "bbox": [50, 50, 20, 20], "score": 0.8},
 {"image_id": 2, "category_id": 3, "bbox": [60, 0, 40, 40], "score": 0.7},
 {"image_id": 2, "category_id": 3, "bbox": [5, 5, 20, 20], "score": 0.75}]
JSON
expect 0 '' --gt "$tmp/gt.json" --dt "$tmp/dt.json" --per-class
grep -q '^ Average Precision  (AP) @\[ IoU=0.50:0.95 | area=   all | maxDets=100 \] = 1.000$' "$tmp/out" || fail "no summary line: $(cat "$tmp/out")"
grep -q '^ Average Recall     (AR) @\[ IoU=0.50:0.95 | area= large | maxDets=100 \] = -1.000$' "$tmp/out" || fail "no AR line"
grep -q '^ *7  seven  *1.0000  *1.0000  *2  *0  *2$' "$tmp/out" || fail "no row of class 7: $(cat "$tmp/out")"
grep -q '^ *5  unused  *-  *-  *0  *0  *0$' "$tmp/out" || fail "no row of the unused class"
expect 0 '' --gt "$tmp/gt.json" --dt "$tmp/dt.json" --json
grep -q '"AR1": 0.5,' "$tmp/out" || fail "JSON: AR1: $(cat "$tmp/out")"
grep -q '"APl": -1,' "$tmp/out" || fail "JSON: APl"
grep -q '{"id": 3, "name": "th\\"ree", .*"gt": 1, "gt_ignored": 1, "dt": 2}' "$tmp/out" || fail "JSON: class 3: $(cat "$tmp/out")"
for rule in voc07 voc10; do
    expect 0 '' --gt "$tmp/gt.json" --dt "$tmp/dt.json" --rule $rule --json
    grep -q "\"rule\": \"$rule\"" "$tmp/out" || fail "$rule: rule"
    grep -q '"AP": null,' "$tmp/out" || fail "$rule: AP must be null"
done
expect 0 '' --gt "$tmp/gt.json" --dt "$tmp/dt.json" --rule voc10
grep -q '^AP50   0.75$' "$tmp/out" || fail "voc10: $(cat "$tmp/out")" # the crowd box is a miss by IoU, as difficult ones are
if command -v python3 >/dev/null; then
    "$bin" eval --gt "$tmp/gt.json" --dt "$tmp/dt.json" --json | python3 -c 'import json,sys; d=json.load(sys.stdin); assert len(d["per_class"])==3' ||
        fail "the JSON does not parse"
fi

# ---- warnings ----
edit() { sed "$1" "$tmp/$2.json" >"$tmp/$3.json"; }
edit '1s/"category_id": 7/"category_id": 8/' dt dt_cat
expect 0 'warning: 1 detections are of categories' --gt "$tmp/gt.json" --dt "$tmp/dt_cat.json"
edit 's/"id": 1, "image_id": 1/"id": 0, "image_id": 1/' gt gt_zero
expect 0 'warning: an annotation has id 0' --gt "$tmp/gt_zero.json" --dt "$tmp/dt.json"
edit 's/ "area": 400,//' gt gt_area
expect 0 'warning: 1 annotations have no area' --gt "$tmp/gt_area.json" --dt "$tmp/dt.json"
edit 's/"id": 2, "image_id": 2/"id": 2, "image_id": 22/' gt gt_image
expect 0 'warning: 1 annotations are of images' --gt "$tmp/gt_image.json" --dt "$tmp/dt.json"

# ---- empty results, nothing to find ----
echo '[]' >"$tmp/none.json"
expect 0 '' --gt "$tmp/gt.json" --dt "$tmp/none.json" --json
grep -q '"AP": 0,' "$tmp/out" && grep -q '"APl": -1,' "$tmp/out" || fail "empty results: $(cat "$tmp/out")"
echo '{"images":[],"annotations":[],"categories":[]}' >"$tmp/empty.json"
expect 0 '' --gt "$tmp/empty.json" --dt "$tmp/none.json"
grep -q '^AP     -1.0$' "$tmp/out" || fail "empty ground truth: $(cat "$tmp/out")"
expect 0 '' --gt "$tmp/empty.json" --dt "$tmp/none.json" --rule voc07
grep -q '^AP50   -1.0$' "$tmp/out" || fail "empty ground truth, voc07"

# ---- bad input ----
expect 1 '/no/gt.json: No such file' --gt /no/gt.json --dt "$tmp/dt.json"
expect 1 '/no/dt.json: No such file' --gt "$tmp/gt.json" --dt /no/dt.json
expect 1 'this is a folder' --gt "$tmp" --dt "$tmp/dt.json"
expect 1 'ground truth is an object' --gt "$tmp/dt.json" --dt "$tmp/dt.json"
expect 1 'detections are an array' --gt "$tmp/gt.json" --dt "$tmp/gt.json"
edit '3s/"image_id": 2/"image_id": 777/' dt dt_image
expect 1 'dt_image.json: detection 3 is of image_id 777, which .*gt.json does not list' --gt "$tmp/gt.json" --dt "$tmp/dt_image.json"
edit 's/0.75/NaN/' dt dt_nan
expect 1 "dt_nan.json: line 4, byte [0-9]*: a number is expected, found 'NaN}\]'" --gt "$tmp/gt.json" --dt "$tmp/dt_nan.json"
edit 's/, "score": 0.7}/}/' dt dt_score
expect 1 'a detection without "score"' --gt "$tmp/gt.json" --dt "$tmp/dt_score.json"
head -c 250 "$tmp/dt.json" >"$tmp/cut.json"
expect 1 'cut.json: line 4, .*truncated' --gt "$tmp/gt.json" --dt "$tmp/cut.json"
head -c 500 "$tmp/gt.json" >"$tmp/cut_gt.json"
expect 1 'cut_gt.json: line 6, .*truncated' --gt "$tmp/cut_gt.json" --dt "$tmp/dt.json"
: >"$tmp/zero.json"
expect 1 'zero.json: line 1, byte 0: the file ends' --gt "$tmp/gt.json" --dt "$tmp/zero.json"
edit 's/"id": 4, "image_id"/"id": 1, "image_id"/' gt gt_twice
expect 1 'annotation id 1 is used twice' --gt "$tmp/gt_twice.json" --dt "$tmp/dt.json"
head -c 100000 /dev/zero | tr '\0' '[' >"$tmp/deep.json"
expect 1 'deep.json' --gt "$tmp/gt.json" --dt "$tmp/deep.json"
{ printf '{"x":'; cat "$tmp/deep.json"; } >"$tmp/deep_gt.json"
expect 1 'nested deeper than' --gt "$tmp/deep_gt.json" --dt "$tmp/dt.json"
expect 2 '--dt is missing' --gt "$tmp/gt.json"

# ---- the shared results file ----
dt=$data/coco-tiny/detections_darknet_yolo-fastest-1.1_val2017.json
gt=$data/coco-tiny/annotations/instances_val2017.json
if [ ! -f "$dt" ]; then
    echo "SKIPPED: $dt is not there"
else
    for threads in 1 2 5; do
        expect 0 '' --gt "$gt" --dt "$dt" --threads $threads
        sed -n 's/^\(A[PR][0-9a-z]*\) *\(0\.[0-9]*\)$/\1 \2/p' "$tmp/out" >"$tmp/numbers.$threads"
    done
    cmp "$tmp/numbers.1" "$tmp/numbers.2" && cmp "$tmp/numbers.1" "$tmp/numbers.5" || fail "threads change the numbers"
    # repr() of every number, from pycocotools 2.0.11
    cat >"$tmp/want" <<'NUMBERS'
AP 0.16286006695731356
AP50 0.3052103686600591
AP75 0.1591282857601754
APs 0.032402503746893914
APm 0.17674660340543902
APl 0.29413911073702464
AR1 0.17992941669194323
AR10 0.2846764756269976
AR100 0.3231088154864304
ARs 0.09182877275151359
ARm 0.3493671115921116
ARl 0.5165891472868217
NUMBERS
    diff "$tmp/want" "$tmp/numbers.1" || fail "the figures of the shared results file"
fi

[ $failures -eq 0 ] || { echo "$failures failures" >&2; exit 1; }
echo "eval: ok"
