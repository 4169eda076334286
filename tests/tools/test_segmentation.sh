#!/usr/bin/env bash
# Segmentation of a VOC set in inspect, check, convert and the edits: planted faults, each found once; nothing lost unsaid.
. "$(dirname "$0")/expect.sh"
needs jq
golden=$golden/segmentation

fresh() { rm -rf "$work/set"; cp -r "$golden/voc" "$work/set"; }

expect_masks() { # NAME EXIT "FILE:LINE:RULE:SEVERITY ..."; FILE without folder, LINE 0 where there is none
    expect_exit "$2" "$bin" check "$work/set" --quiet --json
    tr ' ' '\n' <<<"$3" | sed '/^$/d' | sort >"$work/want"
    jq -r '.findings[] | select(.rule | startswith("mask-"))
        | "\((.file // "-") | split("/") | last):\(.line // 0):\(.rule):\(.severity)"' "$work/stdout" | sort >"$work/got"
    diff "$work/want" "$work/got" >"$work/diff" || { fail "$1 (expected, found)"; cat "$work/diff"; }
}

class() { cp "$golden/files/$1.png" "$work/set/SegmentationClass/000001.png"; }
object() { cp "$golden/files/$1.png" "$work/set/SegmentationObject/000001.png"; }

# ---- what is there ----
fresh
expect_masks clean 0 ""
expect_exit 0 "$bin" inspect "$work/set" --json
got=$(jq -c '.segmentation | [.images, .class_files_read, .object_files_read, .instances, .numbers, .pixels.all, .objects.person,
    (.classes | map(.number)), (.classes | map(.share) | add | . * 1000 | round)]' "$work/stdout")
[ "$got" = '[5,5,5,9,"voc",28908,3,[0,1,5,8,12,15,18],1000]' ] || fail "statistics: $got"
want=$(awk '/^mask/ {on = $2 ~ /SegmentationClass/} /^number/ && on {n[$2] += $3} END {print n[0], n[8], n[15], n[255]}' "$golden/expected.txt")
got=$(jq -r '.segmentation | [(.classes | map({(.number | tostring): .pixels}) | add | .["0"], .["8"], .["15"]), .pixels.void] | join(" ")' "$work/stdout")
[ "$got" = "$want" ] || fail "pixels: $got, Pillow: $want"
expect_exit 0 "$bin" inspect "$work/set" --json --no-decode
jq -e '.segmentation | .images == 5 and .class_files_read == 0 and .classes == []' "$work/stdout" >/dev/null || fail "--no-decode"
expect_exit 0 "$bin" inspect "$work/set" --html "$work/page.html" --draw "$work/drawn"
grep -q "^segmentation: 5 images" "$work/stdout" || fail "text"
grep -q 'id="segmentation"' "$work/page.html" || fail "page"
cmp -s "$work/drawn/train/000001.jpg" "$work/set/JPEGImages/000001.jpg" && fail "--draw draws nothing"
"$bin" sample "$work/plain" --images 3 >/dev/null 2>&1
expect_exit 0 "$bin" inspect "$work/plain" --json
jq -e 'has("segmentation") and .segmentation == null' "$work/stdout" >/dev/null || fail "a set without segmentation"

# ---- planted faults ----
fresh; class boat;      expect_masks "wrong class" 1 "000001.xml:10:mask-class:error"
fresh; class beyond;    expect_masks "beyond the list" 1 "000001.png:0:mask-class-range:error 000001.xml:10:mask-class:error"
fresh; class stray;     expect_masks "two classes" 0 "000001.xml:22:mask-class:warning"
fresh; class smaller;   expect_masks "size" 1 "000001.png:0:mask-size:error"
fresh; class truncated; expect_masks "cut off" 1 "000001.png:0:mask-unreadable:error"
fresh; class smoothed;  expect_masks "smoothed colours" 1 "000001.png:0:mask-format:error"
fresh; class sixteen;   expect_masks "16 bits" 1 "000001.png:0:mask-format:error"
fresh; class colors;    expect_masks "colours" 0 "000001.png:0:mask-palette:note"
fresh; class alpha;     expect_masks "colours with alpha" 0 "000001.png:0:mask-palette:note"
fresh; class gray;      expect_masks "gray" 0 "000001.png:0:mask-palette:note"
fresh; class reordered; expect_masks "palette" 0 "000001.png:0:mask-palette:warning"
fresh; object third;    expect_masks "no box" 0 "000001.png:0:mask-unboxed:warning 000001.png:0:mask-differs:warning"
fresh; object gone;     expect_masks "no pixels" 0 "000001.xml:22:mask-empty:warning 000001.png:0:mask-differs:warning"
fresh; object exchanged
expect_masks "order" 1 "000001.xml:10:mask-class:error 000001.xml:22:mask-class:error 000001.xml:10:mask-box:warning 000001.xml:22:mask-box:warning"
fresh; sed -i '0,/<xmax>/s/<xmax>[0-9]*/<xmax>75/' "$work/set/Annotations/000001.xml"
expect_masks "box" 0 "000001.xml:10:mask-box:warning"
jq -e '.findings[] | select(.rule == "mask-box") | .object == 0 and (.other | endswith("SegmentationObject/000001.png"))
    and (.message | contains("29 pixels off"))' "$work/stdout" >/dev/null || fail "mask-box says too little"
fresh; object gone; sed -i 's/<difficult>0/<difficult>1/' "$work/set/Annotations/000001.xml"
expect_masks "difficult without pixels" 0 "000001.xml:22:mask-empty:note 000001.png:0:mask-differs:warning"
fresh; rm "$work/set/SegmentationObject/000003.png"
expect_masks "one file is missing" 1 "000003.png:0:mask-single:warning train.txt:3:mask-missing:error"
fresh; rm "$work/set/SegmentationClass/000005.png"
expect_masks "the other file is missing" 1 "000005.png:0:mask-single:warning val.txt:2:mask-missing:error"
fresh; rm -r "$work/set/SegmentationObject"
expect_masks "no object files" 0 "SegmentationClass:0:mask-single:note"
fresh; rm -r "$work/set/SegmentationObject" "$work/set/SegmentationClass"
expect_masks "lists only" 0 "Segmentation:0:mask-missing:warning"
fresh; echo 000009 >>"$work/set/ImageSets/Segmentation/val.txt"
expect_masks "a list names what is not there" 1 \
    "val.txt:3:mask-missing:error val.txt:3:mask-missing:error val.txt:3:mask-missing:warning"
fresh; cp "$work/set/SegmentationClass/000001.png" "$work/set/SegmentationClass/000009.png"
cp "$work/set/SegmentationObject/000001.png" "$work/set/SegmentationObject/000009.png"
expect_masks "no annotation" 0 "000009.png:0:mask-orphan:warning 000009.png:0:mask-orphan:warning"
fresh; mv "$work/set/SegmentationClass/000001.png" "$work/x.png"
cp "$work/set/JPEGImages/000001.jpg" "$work/set/SegmentationClass/000001.jpg"
expect_masks "a JPEG" 1 "000001.jpg:0:mask-format:error"

# ---- another list of classes ----
fresh; sed -i 's/<name>\([a-z]*\)/<name>my \1/' "$work/set/Annotations/"*.xml
expect_masks "own names" 0 ""
expect_exit 0 "$bin" inspect "$work/set" --json
got=$(jq -c '.segmentation | [.numbers, (.classes[] | select(.number == 15) | .name)]' "$work/stdout")
[ "$got" = '["vote","my person"]' ] || fail "own names: $got"
sed -i '0,/my person/s//my cat/' "$work/set/Annotations/000004.xml"
expect_masks "own names, wrong class" 1 "000004.xml:10:mask-class:error"

# ---- conversion and edits: nothing is lost unsaid ----
fresh
masks() { (cd "$1" && find Segmentation* -type l -o -path 'Segmentation*' -type f 2>/dev/null | sort | wc -l); }
expect_exit 0 "$bin" convert voc2yolo "$work/set" "$work/yolo"
grep -q "segmentation: of 0 pictures kept, of 5 not held" "$work/stdout" || fail "voc2yolo says nothing"
jq -e '.counts.masks_lost == 5 and .fates["mask-lost"].changed == 5 and
    ([.findings[] | select(.rule == "mask-lost")] | length) == 5' "$work/yolo/conversion.json" >/dev/null || fail "voc2yolo: certificate"
expect_exit 0 "$bin" convert voc2coco "$work/set" "$work/coco" --json
jq -e '.masks_lost == 5' "$work/stdout" >/dev/null || fail "voc2coco says nothing"
expect_exit 0 "$bin" fix "$work/set" "$work/fixed"
[ "$(masks "$work/fixed")" -eq 10 ] || fail "fix: $(masks "$work/fixed") files"
cmp -s "$work/fixed/SegmentationClass/000002.png" "$golden/voc/SegmentationClass/000002.png" || fail "fix: another file"
[ "$(cat "$work/fixed/ImageSets/Segmentation/val.txt")" = $'000004\n000005' ] || fail "fix: list"
expect_exit 0 "$bin" check "$work/fixed"
expect_exit 0 "$bin" convert --undo "$work/fixed"
[ ! -e "$work/fixed/SegmentationClass" ] || fail "--undo leaves masks"
expect_exit 0 "$bin" fix "$work/set" "$work/copied" --images copy
[ -f "$work/copied/SegmentationObject/000001.png" ] && [ ! -L "$work/copied/SegmentationObject/000001.png" ] || fail "--images copy"
expect_exit 0 "$bin" fix "$work/set" "$work/none" --images none
grep -q "segmentation: of 0 pictures kept, of 5 lost" "$work/stdout" || fail "--images none says nothing"
expect_exit 0 "$bin" filter "$work/set" "$work/filtered" --exclude-classes dog
grep -q "000002.png: objects were left out" "$work/stderr" || { fail "filter says nothing"; cat "$work/stderr"; }
grep -q "segmentation: of 4 pictures kept, of 1 lost" "$work/stdout" || { fail "filter: summary"; cat "$work/stdout"; }
[ "$(masks "$work/filtered")" -eq 8 ] || fail "filter: $(masks "$work/filtered") files"
[ "$(cat "$work/filtered/ImageSets/Segmentation/train.txt")" = $'000001\n000003' ] || fail "filter: list"
expect_exit 0 "$bin" remap "$work/set" "$work/remapped" --map cat=tiger
grep -q "class of an object changed" "$work/stderr" || { fail "remap says nothing"; cat "$work/stderr"; }
[ "$(masks "$work/remapped")" -eq 6 ] || fail "remap: $(masks "$work/remapped") files"
expect_exit 0 "$bin" split "$work/set" "$work/parted" --train 3 --val 2
[ "$(masks "$work/parted")" -eq 10 ] || fail "split: $(masks "$work/parted") files"
cmp -s "$work/parted/ImageSets/Segmentation/val.txt" "$work/parted/ImageSets/Main/val.txt" || fail "split: lists"
cp -r "$work/set" "$work/boxes_only" && rm -r "$work/boxes_only/"*Segmentation* "$work/boxes_only/ImageSets/Segmentation"
expect_exit 0 "$bin" merge "$work/boxes_only" "$work/set" "$work/joined"
[ "$(masks "$work/joined")" -eq 10 ] || fail "merge: $(masks "$work/joined") files of a set that lies behind one without"
sed -i '/<object>/,$d' "$work/boxes_only/Annotations/000001.xml" && echo "</annotation>" >>"$work/boxes_only/Annotations/000001.xml"
sed -i 's/<xmin>/<xmin>1/' "$work/boxes_only/Annotations/000002.xml"
expect_exit 0 "$bin" merge "$work/set" "$work/boxes_only" "$work/more"
grep -q "000002.png: objects were added" "$work/stderr" || { fail "merge: more objects than in the masks"; cat "$work/stderr"; }
[ "$(masks "$work/more")" -eq 8 ] || fail "merge: $(masks "$work/more") files"
expect_exit 0 "$bin" fix "$work/set" "$work/dry" --dry-run --json
jq -e '.masks_kept == 5 and .masks_lost == 0' "$work/stdout" >/dev/null || fail "dry run"

finish
