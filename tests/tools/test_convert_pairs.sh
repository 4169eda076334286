#!/usr/bin/env bash
# dettool convert between COCO, VOC and YOLO on the command line; --undo.
. "$(dirname "$0")/expect.sh"

make_coco() { # FOLDER COUNT
    local i images="" annotations=""
    mkdir -p "$1/annotations" "$1/train2017"
    for ((i = 1; i <= $2; i++)); do
        images+="${images:+,}{\"id\": $((i * 7)), \"file_name\": \"i$i.jpg\", \"width\": 16, \"height\": 12}"
        annotations+="${annotations:+,}{\"id\": $i, \"image_id\": $((i * 7)), \"category_id\": $((i % 2 ? 90 : 3)), \
\"bbox\": [1, 2, 3.5, 4], \"iscrowd\": $((i == 5)), \"segmentation\": [[1, 2, 4, 2, 4, 6]], \"area\": 6}"
        cp "$golden/images/exif1.jpg" "$1/train2017/i$i.jpg"
    done
    echo "{\"images\": [$images], \"annotations\": [$annotations], \
\"categories\": [{\"id\": 90, \"name\": \"z\"}, {\"id\": 3, \"name\": \"y\"}]}" >"$1/annotations/instances_train2017.json"
}

make_coco "$work/c" 200
json=$work/c/annotations/instances_train2017.json

"$bin" convert --help >"$work/help" || fail "--help"
for pair in voc2yolo voc2coco coco2yolo coco2voc yolo2coco yolo2voc; do
    grep -q "^  dettool convert $pair " "$work/help" || fail "no example of $pair"
done
grep -q "^  dettool convert --undo" "$work/help" || fail "no example of --undo"

# An option that does nothing for the pair is an error, not ignored.
expect_exit 2 "$bin" convert coco2coco "$json" "$work/o"
expect_exit 2 "$bin" convert coco2voc "$json" "$work/o" --class-base 1
expect_exit 2 "$bin" convert coco2yolo "$json" "$work/o" --voc-rule raw
expect_exit 2 "$bin" convert yolo2voc "$json" "$work/o" --crowd keep
expect_exit 2 "$bin" convert voc2coco "$json" "$work/o" --layout darknet
expect_exit 2 "$bin" convert coco2yolo "$json" "$work/o" --layout darknt
expect_exit 2 "$bin" convert coco2yolo "$json" "$work/o" --images nowhere
expect_exit 2 "$bin" convert voc2yolo "$json" "$work/o" --images "$work/c"
expect_exit 2 "$bin" convert --undo "$work/o" "$work/o"
[ -e "$work/o" ] && fail "wrong usage wrote something"

# There and back; ids 3 and 90 are the classes 0 and 1.
expect_exit 0 "$bin" convert coco2yolo "$work/c" "$work/y" --strict
grep -q "199 kept, 0 of them clipped; 0 dropped; 1 crowds left out" "$work/stdout" || fail "counts of coco2yolo"
grep -q "not held by the target: segmentation of 199 objects, area of 199 objects" "$work/stdout" || fail "not held"
[ "$(grep -c '"rule": "fields-lost"' "$work/y/conversion.json")" -eq 199 ] || fail "each object in conversion.json"
grep -q '"rule": "crowd".*annotation 5 of i5.jpg' "$work/y/conversion.json" || fail "the crowd is not named"
[ "$(cat "$work/y/labels/train/i1.txt")" = "1 0.171875 0.3333333333333333 0.218750 0.3333333333333333" ] ||
    fail "label row: $(cat "$work/y/labels/train/i1.txt")"

# Darknet's layout: the same rows, whichever way it is made; run from its folder, moved, taken back.
expect_exit 0 "$bin" convert coco2yolo "$work/c" "$work/d" --strict --layout darknet
expect_exit 0 "$bin" convert yolo2yolo "$work/y" "$work/d2" --strict --layout darknet
diff -r "$work/y/labels/train" "$work/d/obj_train_data" | grep -v '\.jpg$' | grep . && fail "other rows in Darknet's layout"
for f in obj.data obj.names train.txt obj_train_data/i1.txt; do # a list follows its source: of a folder the names
    cmp <(sort "$work/d/$f") <(sort "$work/d2/$f") || fail "$f differs between coco2yolo and yolo2yolo"
done
grep -q '"layout": "darknet"' "$work/d/conversion.json" || fail "the layout is not in conversion.json"
mv "$work/d" "$work/moved"
expect_exit 0 "$bin" convert yolo2yolo "$work/moved/obj.data" "$work/y2" --strict
diff -r "$work/y/labels" "$work/y2/labels" || fail "rows differ after Darknet's layout"
cmp "$work/y/data.yaml" "$work/y2/data.yaml" || fail "data.yaml differs after Darknet's layout"
echo weights >"$work/moved/backup/net.weights"
expect_exit 0 "$bin" convert --undo "$work/moved"
[ "$(find "$work/moved" -type f)" = "$work/moved/backup/net.weights" ] || fail "undo of Darknet's layout"

expect_exit 0 "$bin" convert yolo2voc "$work/y/data.yaml" "$work/yv" --strict
expect_exit 0 "$bin" convert voc2coco "$work/yv" "$work/yvc" --strict
expect_exit 0 "$bin" convert yolo2coco "$work/y/data.yaml" "$work/yc" --strict
expect_exit 0 "$bin" convert coco2voc "$json" "$work/v" --images "$work/c/train2017" --crowd keep --strict
grep -q "200 kept" "$work/stdout" || fail "--crowd keep"
sed -n '/"annotations"/,$p' "$work/yc/annotations/instances_train.json" | grep -o '"bbox.*area' | sort | uniq -c >"$work/a"
sed -n '/"annotations"/,$p' "$work/yvc/annotations/instances_train.json" | grep -o '"bbox.*area' | sort | uniq -c >"$work/b"
cmp -s "$work/a" "$work/b" && grep -q '199 "bbox": \[1, 2, 3.5, 4\], "area' "$work/a" || fail "boxes: $(cat "$work/a" "$work/b")"

# The same bytes for any number of jobs.
for pair in "coco2voc $json" "voc2coco $work/v" "yolo2coco $work/y/data.yaml"; do
    expect_exit 0 "$bin" convert $pair "$work/j" --jobs 1 --images copy
    expect_exit 0 "$bin" convert $pair "$work/k" --jobs 5 --images copy
    diff -r "$work/j" "$work/k" >/dev/null || fail "--jobs changes the output of $pair"
    expect_exit 0 "$bin" convert --undo "$work/j"
    expect_exit 0 "$bin" convert --undo "$work/k"
    [ -e "$work/j" ] && fail "--undo left $(find "$work/j")"
done

# Folders that stay empty are removed, too.
for pair in "coco2voc $json" "coco2yolo $json" "yolo2coco $work/y/data.yaml"; do
    expect_exit 0 "$bin" convert $pair "$work/j" --images none
    expect_exit 0 "$bin" convert --undo "$work/j"
    [ -e "$work/j" ] && fail "--undo left $(find "$work/j")"
done

# Pictures that are not there, a file cut short, a full disk.
expect_exit 1 "$bin" convert coco2yolo "$json" "$work/o" --image-dir "$work/yv"
grep -q "i1.jpg" "$work/stderr" || fail "the missing picture is not named"
head -c 9000 "$json" >"$work/cut.json"
expect_exit 1 "$bin" convert coco2yolo "$work/cut.json" "$work/o" --images none
grep -q "cut.json: line 1, byte" "$work/stderr" || fail "place of the cut: $(cat "$work/stderr")"
(trap '' XFSZ; ulimit -f 0; exec "$bin" convert yolo2coco "$work/y/data.yaml" "$work/o" >/dev/null 2>&1)
[ $? -eq 1 ] || fail "a full disk is no error"
[ -e "$work/o" ] && fail "a failure left a folder"
ls -a "$work" | grep -q partial && fail "a failure left a hidden folder"

# --undo: the changed file stays and is named, and so does what was never written.
echo "0 0.5 0.5 1 1" >"$work/y/labels/train/i3.txt"
touch "$work/y/labels/mine"
expect_exit 1 "$bin" convert --undo "$work/y"
grep -q "labels/train/i3.txt was changed" "$work/stderr" || fail "the changed file is not named"
[ "$(cd "$work/y" && find . -type f | sort | tr '\n' ' ')" = "./labels/mine ./labels/train/i3.txt " ] ||
    fail "left by --undo: $(find "$work/y" | head)"
[ "$(ls "$work/c/train2017" | wc -l)" -eq 200 ] || fail "--undo touched the pictures"
expect_exit 1 "$bin" convert --undo "$work/y"
expect_exit 1 "$bin" convert --undo "$work/c"

data=${DETTOOL_DATA:-../shared/data}
if [ -d "$data/coco-tiny" ]; then
    expect_exit 0 "$bin" convert coco2yolo "$data/coco-tiny" "$work/tiny" --strict
    grep -q "160 images (0 without boxes) in 2 splits, 80 classes" "$work/stdout" || fail "coco-tiny: $(cat "$work/stdout")"
    grep -q "1503 kept, 0 of them clipped; 0 dropped; 17 crowds left out" "$work/stdout" || fail "coco-tiny: boxes"
    grep -q "  79: toothbrush" "$work/tiny/data.yaml" || fail "coco-tiny: classes by ascending id"
else
    echo "SKIPPED: $data/coco-tiny is not there"
fi
[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))
