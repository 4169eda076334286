#!/usr/bin/env bash
# dettool diff: exit codes, lines, JSON, drawn pictures, edits of other commands seen again, sources untouched.
. "$(dirname "$0")/expect.sh"
needs jq

tree_hash() { (cd "$1" && find . -print0 | sort -z | xargs -0 stat -c '%n %s %Y' | sha256sum); }

"$bin" sample "$work/a" --images 20 2>/dev/null
cp -r "$work/a" "$work/b"

# ---- usage ----
"$bin" diff --help >"$work/help" || fail "diff --help"
grep -q "^  dettool diff .*data" "$work/help" || fail "diff --help has no example"
expect_exit 2 "$bin" diff "$work/a"
expect_exit 2 "$bin" diff "$work/a" "$work/b" "$work/c"
expect_exit 2 "$bin" diff "$work/a" "$work/b" --iou 2
expect_exit 2 "$bin" diff "$work/a" "$work/b" --iou .8 --same-iou .7
expect_exit 2 "$bin" diff "$work/a" "$work/b" --tolerance -0.5
expect_exit 2 "$bin" diff "$work/a" "$work/b" --ioo .5
expect_exit 1 "$bin" diff "$work/a" "$work/nothing"
expect_exit 0 "$bin" diff "$work/a" "$work/b"
grep -qx "equal: 20 images, [0-9]* objects, 4 classes" "$work/stdout" || fail "equal sets: $(cat "$work/stdout")"
expect_exit 0 "$bin" diff "$work/a" "$work/b" --json
jq -e '.equal and .differences == [] and .counts.images_in_both == 20' "$work/stdout" >/dev/null || fail "equal sets in JSON"

# ---- conversions, all six pairs ----
"$bin" convert voc2yolo "$work/a" "$work/yolo" --difficult keep >/dev/null 2>&1
"$bin" convert voc2coco "$work/a" "$work/coco" >/dev/null 2>&1
"$bin" convert yolo2yolo "$work/yolo" "$work/darknet" --layout darknet >/dev/null 2>&1
for one in a yolo coco darknet; do
    for other in a yolo coco darknet; do
        expect_exit 0 "$bin" diff "$work/$one" "$work/$other"
        expect_exit 0 "$bin" diff "$work/$one" "$work/$other" --content
    done
done
# Six decimals, as other tools write them.
cp -rL "$work/yolo" "$work/short"
for f in "$work"/short/labels/*/*.txt; do
    awk '{printf "%d %.6f %.6f %.6f %.6f\n", $1, $2, $3, $4, $5}' "$f" >"$work/f" && cp "$work/f" "$f"
done
for other in a yolo coco; do expect_exit 0 "$bin" diff "$work/short" "$work/$other"; done
expect_exit 1 "$bin" diff "$work/short" "$work/yolo" --tolerance 0

# ---- planted differences ----
edit() { sed -i "$2" "$work/b/Annotations/$1.xml"; }
with=($(cd "$work/a/Annotations" && grep -c '<object>' *.xml | awk -F: '$2 > 1 {sub(".xml", "", $1); print $1}'))
class=$(grep -m1 -o '<name>[a-z]*' "$work/a/Annotations/${with[0]}.xml" | cut -d'>' -f2)
edit "${with[0]}" '0,/<name>[a-z]*/s/<name>[a-z]*/<name>nova/'                      # relabelled, and a new class
edit "${with[1]}" '0,/<difficult>0/s/<difficult>0/<difficult>1/'                    # attribute
x=$(grep -m1 -o '<xmin>[0-9]*' "$work/b/Annotations/${with[2]}.xml" | cut -d'>' -f2)
edit "${with[2]}" "0,/<xmin>/s/<xmin>[0-9]*/<xmin>$((x + 2))/"                      # moved
edit "${with[3]}" '/<object>/,/<\/object>/d'                                        # removed
removed=$(grep -c '<object>' "$work/a/Annotations/${with[3]}.xml")
edit "${with[4]}" '/<\/annotation>/i <object><name>disc</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>7</xmax><ymax>5</ymax></bndbox></object>'
moved=$(head -1 "$work/b/ImageSets/Main/val.txt")
sed -i "/^$moved\$/d" "$work/b"/ImageSets/Main/*.txt
echo "$moved" >>"$work/b/ImageSets/Main/train.txt"
gone=$(tail -1 "$work/a/ImageSets/Main/val.txt")
sed -i "/^$gone\$/d" "$work/b"/ImageSets/Main/*.txt
rm "$work/b/Annotations/$gone.xml"
before=$(tree_hash "$work/a"; tree_hash "$work/b")
expect_exit 1 "$bin" diff "$work/a" "$work/b" --draw "$work/drawn" --limit 0
cp "$work/stdout" "$work/text"
line() { grep -qE "$1" "$work/text" || fail "no line $1 in: $(cat "$work/text")"; }
line "^class only in B: nova$"
line "^(train|val)/${with[0]}.jpg: relabelled $class -> nova \[[0-9., ]*\] \(IoU 1\)$"
line "^(train|val)/${with[1]}.jpg: changed [a-z]* \[[0-9., ]*\]: difficult 0 -> 1$"
line "^(train|val)/${with[2]}.jpg: moved [a-z]* \[$((x - 1)), [0-9., ]*\] -> \[$((x + 1)), [0-9., ]*\] \(IoU 0\.[0-9]*\)$"
[ "$(grep -cE "/${with[3]}.jpg: removed " "$work/text")" -eq "$removed" ] || fail "removed objects"
line "/${with[4]}.jpg: added disc \[0, 0, 7, 5\]$"
line "^val/$moved.jpg: image in another split: val -> train$"
line "^val/$gone.jpg: image only in A$"
line "^objects: $removed removed, 1 added, 1 moved, 1 relabelled, 1 with other attributes, [0-9]* equal$"
line "^images: 1 only in A \([0-9]* objects\), 0 only in B \(0 objects\), 1 in another split, 0 of another size, 19 in both$"
line "^classes: 0 only in A, 1 only in B$"
[ "$(find "$work/drawn" -name '*.jpg' | wc -l)" -eq 5 ] || fail "drawn: $(find "$work/drawn")"
[ "$before" = "$(tree_hash "$work/a"; tree_hash "$work/b")" ] || fail "diff touched a source"
expect_exit 1 "$bin" diff "$work/a" "$work/b" --draw "$work/drawn"
grep -q "is not empty" "$work/stderr" || fail "the full folder is not named: $(cat "$work/stderr")"
expect_exit 1 "$bin" diff "$work/a" "$work/b" --draw "$work/b/new"
[ -e "$work/b/new" ] && fail "drawn into a source"
expect_exit 1 "$bin" diff "$work/a" "$work/b" --limit 2
[ "$(grep -c . "$work/stdout")" -eq 6 ] && grep -q "^\.\.\. and $((removed + 5)) more" "$work/stdout" || fail "--limit: $(cat "$work/stdout")"
expect_exit 1 "$bin" diff "$work/a" "$work/b" --json --jobs 1
cp "$work/stdout" "$work/json"
jq -e --argjson removed "$removed" '(.equal | not) and (.differences | length) == $removed + 7 and .counts.objects_moved == 1 and
    .counts.objects_removed == $removed and ([.differences[] | select(.kind == "object-changed") | .changes[]] | sort) ==
    ["attributes", "moved", "relabelled"] and ([.differences[] | select(.fields) | .fields[]]) == ["difficult"] and
    .a.unit == 1' "$work/json" >/dev/null || fail "JSON: $(cat "$work/json")"
expect_exit 1 "$bin" diff "$work/a" "$work/b" --json --jobs 5
cmp "$work/stdout" "$work/json" || fail "--jobs changes the report"
expect_exit 1 "$bin" diff "$work/a" "$work/b" --json --limit 1
[ "$(jq '.differences | length' "$work/stdout")" -eq 1 ] || fail "--limit in JSON"
# Across formats what both hold is compared: the flag is none of YOLO's.
expect_exit 1 "$bin" diff "$work/yolo" "$work/b" --json
jq -e '.counts.objects_attributes == 0 and .counts.objects_moved == 1' "$work/stdout" >/dev/null || fail "across formats"

# ---- what other commands did ----
expect_exit 0 "$bin" remap "$work/a" "$work/r" --map "$class=renamed"
expect_exit 1 "$bin" diff "$work/a" "$work/r" --json
n=$(grep -c "<name>$class<" "$work"/a/Annotations/*.xml | awk -F: '{s += $2} END {print s}')
jq -e --argjson n "$n" '.counts.objects_relabelled == $n and .counts.objects_moved == 0 and .counts.classes_only_a == 1' "$work/stdout" >/dev/null || fail "a remap"
expect_exit 0 "$bin" filter "$work/a" "$work/part" --splits train
expect_exit 1 "$bin" diff "$work/a" "$work/part" --json
jq -e '.counts.images_only_b == 0 and .counts.images_only_a == (.a.images - .b.images) and .counts.objects_removed == 0' "$work/stdout" >/dev/null || fail "a filter"

# ---- names that a terminal minds ----
name=$'a b%s%n\n\e[31mx\xff"<&>'
for e in e1 e2; do
    mkdir -p "$work/$e/images/train" "$work/$e/labels/train"
    cp "$golden/images/exif1.jpg" "$work/$e/images/train/$name.jpg"
    printf 'train: images/train\nnames: ["%%s \\e[31m", b]\n' >"$work/$e/data.yaml"
done
echo "0 .5 .5 .2 .2" >"$work/e1/labels/train/$name.txt"
echo "1 .5 .5 .2 .2" >"$work/e2/labels/train/$name.txt"
expect_exit 1 "$bin" diff "$work/e1" "$work/e2" --draw "$work/ed"
grep -q $'\e' "$work/stdout" "$work/stderr" && fail "an escape sequence got through"
[ "$(grep -c relabelled "$work/stdout")" -eq 2 ] && [ "$(grep -c . "$work/stdout")" -eq 4 ] || fail "hostile names: $(cat "$work/stdout")"
[ "$(find "$work/ed" -type f -print0 | tr -dc '\0' | wc -c)" -eq 1 ] || fail "hostile names are not drawn"
expect_exit 1 "$bin" diff "$work/e1" "$work/e2" --json
jq -e . "$work/stdout" >/dev/null || fail "hostile names break the JSON"

# ---- real data ----
data=${DETTOOL_DATA:-../shared/data}
if [ -d "$data/coco-tiny" ] && [ -d "$data/bccd" ]; then
    expect_exit 0 "$bin" convert coco2voc "$data/coco-tiny" "$work/cv" --crowd keep
    expect_exit 0 "$bin" diff "$data/coco-tiny" "$work/cv"
    expect_exit 0 "$bin" convert voc2yolo "$data/bccd" "$work/by"
    expect_exit 1 "$bin" diff "$data/bccd" "$work/by" # two boxes without area
    grep -qx "objects: 2 removed, 0 added, 0 moved, 0 relabelled, 0 with other attributes, 4886 equal" "$work/stdout" || fail "bccd: $(cat "$work/stdout")"
    expect_exit 0 "$bin" convert voc2yolo "$data/bccd" "$work/raw" --voc-rule raw
    expect_exit 1 "$bin" diff "$data/bccd" "$work/raw" --limit 1 # another rule moves every box by a pixel
    grep -q " 4886 moved" "$work/stdout" || fail "another coordinate rule: $(cat "$work/stdout")"
    expect_exit 0 "$bin" diff "$data/bccd" "$work/raw" --tolerance 1
else
    echo "SKIPPED: $data/coco-tiny or bccd is not there"
fi

[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))
