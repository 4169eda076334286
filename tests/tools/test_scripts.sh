#!/usr/bin/env bash
# tools/scripts/: the same answers from VOC, COCO and YOLO sets, in folders and with names that have blanks.
set -u
bin=${DETTOOL_BIN:?}
scripts=${DETTOOL_SOURCE:?}/tools/scripts
golden=${DETTOOL_GOLDEN:?}
command -v jq >/dev/null || { echo "SKIPPED: jq is not there"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
export DETTOOL=$bin

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

run() { # CODE SCRIPT ARGUMENTS...
    local want=$1 script=$2 got
    shift 2
    bash "$scripts/$script.sh" "$@" >"$work/stdout" 2>"$work/stderr"
    got=$?
    [ $got -eq $want ] || { fail "exit $got, expected $want: $script.sh $*"; cat "$work/stderr"; }
}

sets=$work/a\ folder
mkdir "$sets"
"$bin" sample "$sets/my voc" --images 30 >/dev/null 2>&1
# Names with blanks, an apostrophe and letters beyond ASCII.
cd "$sets/my voc" || exit 1
for stem in 000001 000002; do
    name="picture $stem d'été"
    mv "JPEGImages/$stem.jpg" "JPEGImages/$name.jpg"
    sed "s/$stem/$name/" "Annotations/$stem.xml" >"Annotations/$name.xml" && rm "Annotations/$stem.xml"
    sed -i "s/^$stem\$/$name/" ImageSets/Main/*.txt
done
cd - >/dev/null || exit 1
"$bin" convert voc2yolo "$sets/my voc" "$sets/my yolo" >/dev/null 2>&1
"$bin" convert voc2coco "$sets/my voc" "$sets/my coco" >/dev/null 2>&1

# ---- class_imbalance ----
for format in voc yolo coco; do
    run 0 class_imbalance "$sets/my $format"
    cp "$work/stdout" "$work/imbalance.$format"
done
[ "$(wc -l <"$work/imbalance.voc")" -eq 4 ] || fail "class_imbalance: $(cat "$work/imbalance.voc")"
cmp -s "$work/imbalance.voc" "$work/imbalance.yolo" || fail "class_imbalance: VOC and YOLO differ"
cmp -s "$work/imbalance.voc" "$work/imbalance.coco" || fail "class_imbalance: VOC and COCO differ"
[ "$(tail -n 1 "$work/imbalance.voc" | cut -f3)" = "1 : 1" ] || fail "class_imbalance: the most frequent is not the last"
cut -f2 "$work/imbalance.voc" | sort -nc 2>/dev/null || fail "class_imbalance: order"
total=$(cat "$sets/my voc/Annotations/"*.xml | grep -c "<object>")
[ "$(cut -f2 "$work/imbalance.voc" | paste -sd+ | bc)" -eq "$total" ] || fail "class_imbalance: not $total objects"

# ---- small_boxes ----
for format in voc yolo coco; do
    run 0 small_boxes "$sets/my $format" 64 64
    sort -o "$work/stdout" "$work/stdout"
    # The same objects, whatever file they stand in.
    cut -f3 "$work/stdout" | sed 's/, in .*//; s/: .* are /: /' | sort >"$work/small.$format"
done
[ "$(wc -l <"$work/small.voc")" -eq "$total" ] || fail "small_boxes: $(wc -l <"$work/small.voc") of $total"
cmp -s "$work/small.voc" "$work/small.yolo" || fail "small_boxes: VOC and YOLO differ"
cmp -s "$work/small.voc" "$work/small.coco" || fail "small_boxes: VOC and COCO differ"
run 0 small_boxes "$sets/my voc" 4096
[ -s "$work/stdout" ] && fail "small_boxes at 4096: $(cat "$work/stdout")"
run 0 small_boxes "$sets/my voc" 64 64
grep -q "^$sets/my voc/Annotations/picture 000001 d'été.xml"$'\t[0-9]*\t' "$work/stdout" || fail "small_boxes: name with blanks"

# ---- files_with_errors ----
for format in voc yolo coco; do
    run 0 files_with_errors "$sets/my $format"
    [ -s "$work/stdout" ] && fail "files_with_errors: $format is clean: $(cat "$work/stdout")"
done
sed -i '0,/<xmax>/s/<xmax>[0-9.]*/<xmax>0/' "$sets/my voc/Annotations/picture 000001 d'été.xml"
sed -i 's/<ymax>[0-9.]*/<ymax>0/' "$sets/my voc/Annotations/picture 000002 d'été.xml"
run 0 files_with_errors "$sets/my voc"
head -n 1 "$work/stdout" | grep -q "picture 000002 d'été.xml"$'\tbox-inverted$' || { fail "files_with_errors: the worst is not first"; cat "$work/stdout"; }
[ "$(wc -l <"$work/stdout")" -eq 2 ] || fail "files_with_errors: VOC"
echo "nonsense" >>"$sets/my yolo/labels/train/picture 000001 d'été.txt"
run 0 files_with_errors "$sets/my yolo"
[ "$(cut -f1,3 "$work/stdout")" = $'1\tlabel-number' ] || { fail "files_with_errors: YOLO"; cat "$work/stdout"; }
json=$(ls "$sets/my coco/annotations/"*train*.json)
jq '.annotations[0].bbox[2] = -4' "$json" >"$work/x" && mv "$work/x" "$json"
run 0 files_with_errors "$sets/my coco"
[ "$(cut -f1 "$work/stdout")" = 1 ] || { fail "files_with_errors: COCO"; cat "$work/stdout"; }

# ---- segmentation_share ----
cp -r "$golden/segmentation/voc" "$sets/with masks"
run 0 segmentation_share "$sets/with masks"
[ "$(sed -n 2p "$work/stdout")" = $'15\tperson\t13 %\t2\t3' ] || { fail "segmentation_share"; cat "$work/stdout"; }
run 5 segmentation_share "$sets/my voc"
grep -q "no segmentation" "$work/stderr" || fail "segmentation_share without one: $(cat "$work/stderr")"

# ---- what goes wrong is said, and fails ----
for script in class_imbalance small_boxes files_with_errors segmentation_share; do
    bash "$scripts/$script.sh" >"$work/stdout" 2>"$work/stderr" && fail "$script.sh: without a set it is no error"
    grep -q "a data set" "$work/stderr" || fail "$script.sh does not say what it wants"
    bash "$scripts/$script.sh" "$work/no such set" >"$work/stdout" 2>"$work/stderr" && fail "$script.sh: a missing set is no error"
    grep -q "no such set" "$work/stderr" || fail "$script.sh: the missing set is not named"
done

[ $failures -eq 0 ] || exit 1
echo "all passed"
