#!/usr/bin/env bash
# data/: the class names are those that the readers know, the set is the one that dettool sample makes and has no problems.
. "$(dirname "$0")/expect.sh"
data=${DETTOOL_SOURCE:?}/data

expect_exit 0 "$bin" sample "$work/shapes" --images 8
for part in Annotations ImageSets; do
    diff -r "$data/shapes/$part" "$work/shapes/$part" || fail "data/shapes/$part is not what sample --images 8 writes"
done
expect_exit 0 "$bin" check "$data/shapes" --strict
grep -q "0 errors, 0 warnings" "$work/stdout" || fail "data/shapes has problems: $(cat "$work/stdout")"

# The 20 names of VOC are what a converted VOC set has without --classes, and the same with them.
expect_exit 0 "$bin" convert voc2yolo "$golden/segmentation/voc" "$work/usual"
expect_exit 0 "$bin" convert voc2yolo "$golden/segmentation/voc" "$work/named" --classes "$data/names/voc.names"
cmp "$work/usual/data.yaml" "$work/named/data.yaml" || fail "voc.names are other classes than VOC's"
[ "$(sort -u "$data/names/coco.names" | wc -l)" -eq 80 ] || fail "coco.names are not 80"

coco=${DETTOOL_DATA:-../shared/data}/coco-tiny/annotations/instances_val2017.json
if [ -f "$coco" ] && command -v jq >/dev/null; then
    jq -r '.categories | sort_by(.id) | .[].name' "$coco" | cmp - "$data/names/coco.names" || fail "coco.names are other classes than COCO's"
else
    echo "SKIPPED coco.names beside COCO's own file: no jq, or no $coco"
fi
finish
