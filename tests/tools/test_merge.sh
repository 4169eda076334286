#!/usr/bin/env bash
# dettool merge: parts make the whole again, formats in any mix, ids, names, splits, dry runs, targets, sources untouched.
. "$(dirname "$0")/expect.sh"
needs jq

tree_hash() { (cd "$1" && find . -print0 | sort -z | xargs -0 stat -c '%n %s %Y' | sha256sum && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }

"$bin" sample "$work/voc" --images 24 2>/dev/null
"$bin" convert voc2yolo "$work/voc" "$work/yolo" --images copy --difficult keep >/dev/null 2>&1
"$bin" convert voc2coco "$work/voc" "$work/coco" --images copy >/dev/null 2>&1

# ---- usage ----
"$bin" merge --help >"$work/help" || fail "merge --help"
grep -q "^  dettool merge .*data" "$work/help" || fail "merge --help has no example"
expect_exit 2 "$bin" merge "$work/voc" "$work/o"
expect_exit 2 "$bin" merge "$work/voc" "$work/yolo" "$work/o" --tp voc
expect_exit 2 "$bin" merge "$work/voc" "$work/yolo" "$work/o" --into a/b
expect_exit 2 "$bin" merge "$work/voc" "$work/yolo" "$work/o" --rename disc
expect_exit 2 "$bin" merge "$work/voc" "$work/yolo" "$work/o" --rename disk=x
grep -q "did you mean 'disc'" "$work/stderr" || fail "no did-you-mean for a class: $(cat "$work/stderr")"
expect_exit 2 "$bin" merge "$work/voc" "$work/voc" "$work/o" --layout darknet
expect_exit 1 "$bin" merge "$work/voc" "$work/nothing" "$work/o"
for target in "$work/voc" "$work/yolo" "$work/yolo/new" "$work"; do
    expect_exit 1 "$bin" merge "$work/voc" "$work/yolo" "$target"
    grep -q "the source" "$work/stderr" || fail "$target: $(cat "$work/stderr")"
done
[ -e "$work/o" ] && fail "wrong usage wrote something"
before=$(tree_hash "$work/voc"; tree_hash "$work/yolo"; tree_hash "$work/coco")

# ---- parts and copies of a set are the set again, in any mix of formats ----
pattern=$(cd "$work/voc/JPEGImages" && ls | sed 's/.*\(.\)\.[a-z]*$/\1/' | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
for set_ in voc yolo coco; do
    "$bin" filter "$work/$set_" "$work/p1_$set_" --images-matching "*[!$pattern].*" >/dev/null 2>&1 || fail "filter $set_"
    "$bin" filter "$work/$set_" "$work/p2_$set_" --images-matching "*$pattern.*" >/dev/null 2>&1 || fail "filter $set_"
    expect_exit 0 "$bin" merge "$work/p1_$set_" "$work/p2_$set_" "$work/w_$set_" --strict
    expect_exit 0 "$bin" diff "$work/$set_" "$work/w_$set_"
    expect_exit 0 "$bin" check "$work/w_$set_" --no-decode
done
for a in voc yolo coco; do
    for b in voc yolo coco; do
        [ $a$b = yoloyolo ] && keep= || keep="--difficult keep" # an option without meaning is an error
        expect_exit 0 "$bin" merge "$work/$a" "$work/$b" "$work/m" $keep
        expect_exit 0 "$bin" diff "$work/$a" "$work/m"
        expect_exit 0 "$bin" merge "$work/p1_$a" "$work/p2_$b" "$work/m" $keep
        expect_exit 0 "$bin" diff "$work/$b" "$work/m"
    done
done
expect_exit 0 "$bin" merge "$work/voc" "$work/yolo" "$work/coco" "$work/m" --strict --json
jq -e '.images == 24 and .images_read == 72 and (.sets | length) == 3 and .sets[2].same_images == 24 and
    .sets[1].same_objects == .sets[1].objects and .fates["image-joined"].dropped == 48' "$work/stdout" >/dev/null || fail "JSON of a merge: $(cat "$work/stdout")"
jq -e '.tool == "dettool merge" and (.sources | length) == 3' "$work/m/conversion.json" >/dev/null || fail "the certificate"
expect_exit 0 "$bin" convert --undo "$work/m"
[ -e "$work/m" ] && fail "--undo left $(find "$work/m" | head -3)"

# The same bytes for any number of jobs; a dry run writes nothing and says as much.
expect_exit 0 "$bin" merge "$work/p1_voc" "$work/yolo" "$work/j" --jobs 1
expect_exit 0 "$bin" merge "$work/p1_voc" "$work/yolo" "$work/k" --jobs 5
diff -r "$work/j" "$work/k" >/dev/null 2>&1 || fail "--jobs changes the output"
expect_exit 0 "$bin" merge "$work/p1_voc" "$work/yolo" "$work/dry" --dry-run --json
[ -e "$work/dry" ] && fail "--dry-run wrote something"
jq -e '.dry_run and (.changes | length) == ([.fates[] | .changed + .dropped] | add)' "$work/stdout" >/dev/null || fail "--dry-run --json"
[ "$before" = "$(tree_hash "$work/voc"; tree_hash "$work/yolo"; tree_hash "$work/coco")" ] || fail "merge touched a source"

# ---- planted: names, splits, objects, ids ----
picture() { # FILE GOLDEN: a picture of its own, by bytes behind the end of the file
    mkdir -p "$(dirname "$1")"
    cp "$golden/images/$2" "$1"
}
make_coco() { # FOLDER JSON
    mkdir -p "$1/annotations"
    echo "$2" >"$1/annotations/instances_train.json"
}
make_coco "$work/a" '{"info": {"year": 1}, "licenses": [{"id": 1}], "images": [
  {"id": 5, "file_name": "one.jpg", "width": 16, "height": 12, "flickr": "f"},
  {"id": 6, "file_name": "two.png", "width": 16, "height": 12}],
 "categories": [{"id": 3, "name": "cat", "supercategory": "pet"}],
 "annotations": [{"id": 10, "image_id": 5, "category_id": 3, "bbox": [1, 1, 8, 8], "area": 20, "iscrowd": 0, "segmentation": [[1, 1, 9, 1, 9, 9]], "score": 0.5},
  {"id": 12, "image_id": 6, "category_id": 3, "bbox": [2, 2, 4, 4]}]}'
make_coco "$work/b" '{"info": {"year": 2}, "extra": [1], "images": [
  {"id": 5, "file_name": "ONE.jpg", "width": 16, "height": 12, "license": 1},
  {"id": 7, "file_name": "sub/same.jpg", "width": 16, "height": 12},
  {"id": 6, "file_name": "two.png", "width": 16, "height": 12}],
 "categories": [{"id": 3, "name": "dog", "rank": 1}, {"id": 9, "name": "cat"}],
 "annotations": [{"id": 10, "image_id": 5, "category_id": 9, "bbox": [1, 1, 8, 8], "iscrowd": 1, "segmentation": {"counts": [0, 192], "size": [12, 16]}},
  {"id": 11, "image_id": 7, "category_id": 9, "bbox": [1, 1, 8, 8.1], "score": 0.25},
  {"id": 12, "image_id": 7, "category_id": 3, "bbox": [3, 3, 5, 5], "segmentation": [[3, 3, 8, 3, 8, 8]], "score": 0.75}]}'
picture "$work/a/images/one.jpg" exif1.jpg
picture "$work/a/images/two.png" rgb.png
picture "$work/b/images/ONE.jpg" exif2.jpg
picture "$work/b/images/two.png" gray.png
picture "$work/b/images/sub/same.jpg" exif1.jpg
expect_exit 0 "$bin" merge "$work/a" "$work/b" "$work/ab"
json=$work/ab/annotations/instances_train.json
jq -e '.info.year == 1 and .extra == [1] and .licenses == [{"id": 1}]' "$json" >/dev/null || fail "members of the files"
[ "$(jq -c '[.categories[] | [.id, .name, .supercategory, .rank]]' "$json")" = '[[3,"cat","pet",null],[4,"dog",null,1]]' ] || fail "categories: $(jq -c .categories "$json")"
[ "$(jq -c '[.images[] | [.id, .file_name, .flickr]]' "$json")" = '[[5,"one.jpg","f"],[6,"two.png",null],[7,"ONE_2.jpg",null],[8,"two_2.png",null]]' ] || fail "images: $(jq -c .images "$json")"
jq -e '.images[2].license == 1 and (.annotations | map([.id, .image_id, .category_id, .score]) | sort) ==
    [[10, 5, 3, 0.5], [12, 6, 3, null], [13, 7, 3, null], [14, 5, 4, 0.75]]' "$json" >/dev/null || fail "annotations: $(jq -c .annotations "$json")"
jq -e '(.annotations[] | select(.id == 13)) | .iscrowd == 1 and .segmentation.counts == [0, 192]' "$json" >/dev/null || fail "a crowd's RLE"
jq -e '(.annotations[] | select(.id == 14)) | .segmentation == [[3, 3, 8, 3, 8, 8]]' "$json" >/dev/null || fail "polygons of an object that moved"
cmp "$work/b/images/ONE.jpg" "$work/ab/images/train/ONE_2.jpg" && cmp "$work/b/images/two.png" "$work/ab/images/train/two_2.png" || fail "renamed pictures"
grep -q "2 images renamed" "$work/stdout" || fail "renamed pictures are not in the summary: $(cat "$work/stdout")"

# Licences: a number means something in its own file only
licensed() { # FOLDER LICENSES IMAGES
    make_coco "$1" "{\"licenses\": $2, \"images\": $3, \"annotations\": [], \"categories\": [{\"id\": 1, \"name\": \"cat\"}]}"
}
licensed "$work/l1" '[{"id": 1, "name": "by", "url": "u"}, {"id": 4, "name": "none"}]' '[{"id": 1, "file_name": "a.jpg", "width": 4, "height": 4, "license": 1}]'
licensed "$work/l2" '[{"id": 1, "name": "nc", "url": "u"}, {"id": 2, "url": "u", "name": "by"}, {"id": 3, "name": "sa"}]' '[
  {"id": 1, "file_name": "b.jpg", "width": 4, "height": 4, "license": 1}, {"id": 2, "file_name": "c.jpg", "license": 2, "width": 4, "height": 4},
  {"id": 3, "file_name": "d.jpg", "width": 4, "height": 4, "license": 3}, {"id": 4, "file_name": "e.jpg", "width": 4, "height": 4},
  {"id": 5, "file_name": "f.jpg", "width": 4, "height": 4, "license": 99}]'
expect_exit 0 "$bin" merge "$work/l1" "$work/l2" "$work/l12" --images none
json=$work/l12/annotations/instances_train.json
[ "$(jq -c '[[.licenses[] | [.id, .name]], (.images | map(.license))]' "$json")" = '[[[1,"by"],[4,"none"],[5,"nc"],[3,"sa"]],[1,5,1,3,null,99]]' ] ||
    fail "licences: $(jq -c '[.licenses, .images]' "$json")"
[ "$(jq '[.findings[] | select(.rule == "id-changed" and (.message | startswith("licence")))] | length' "$work/l12/conversion.json")" -eq 2 ] || fail "licences: not said"
licensed "$work/l3" '{"no": "list"}' '[{"id": 1, "file_name": "g.jpg", "width": 4, "height": 4, "license": 1}]'
expect_exit 0 "$bin" merge "$work/l1" "$work/l3" "$work/l13" --images none
jq -e '.findings | any(.rule == "fields-lost" and (.message | startswith("\"licenses\"")))' "$work/l13/conversion.json" >/dev/null || fail "licences that are no list"
[ "$(grep -c '"rule": "stem-twice".*written as' "$work/ab/conversion.json")" -eq 2 ] || fail "renamed pictures are not in the certificate"
grep -q '"rule": "object-joined".*"message": "cat: the same as object 10 of .*IoU 0.98' "$work/ab/conversion.json" || fail "the dropped object is not named"
expect_exit 0 "$bin" merge "$work/a" "$work/b" "$work/ab1" --strict --dry-run
grep -q "2 images renamed" "$work/stdout" || fail "a dry run does not say what is renamed"
for to in voc yolo; do
    expect_exit 0 "$bin" merge "$work/a" "$work/b" "$work/ab_$to" --to $to --crowd keep
    expect_exit 0 "$bin" diff "$work/ab" "$work/ab_$to"
    expect_exit 0 "$bin" merge "$work/ab_$to" "$work/a" "$work/ab2"
    expect_exit 0 "$bin" diff "$work/ab_$to" "$work/ab2"
done

# The first set's split wins; that is a warning, and a failure under --strict.
mkdir -p "$work/s1" "$work/s2"
for s in s1 s2; do printf 'train: images/train\nval: images/val\nnames: [cat]\n' >"$work/$s/data.yaml"; done
picture "$work/s1/images/train/x.jpg" exif1.jpg
picture "$work/s1/images/val/y.png" rgb.png
picture "$work/s2/images/val/x.jpg" exif1.jpg
picture "$work/s2/images/train/z.png" gray.png
mkdir -p "$work"/s{1,2}/labels/{train,val}
touch "$work/s1/labels/val/y.txt" "$work/s2/labels/train/z.txt"
echo "0 .5 .5 .2 .2" >"$work/s1/labels/train/x.txt"
printf '0 .5 .5 .2 .2\n0 .25 .25 .2 .2\n0 .5 .5 .9 .9 .9 .1\n' >"$work/s2/labels/val/x.txt"
expect_exit 0 "$bin" merge "$work/s1" "$work/s2" "$work/s12"
grep -q "in 'val' of .*s2, but in 'train' of .*s1, where it stays.*split-leak" "$work/stderr" || fail "the split conflict is not named: $(cat "$work/stderr")"
[ "$(cat "$work/s12/labels/train/x.txt")" = "0 .5 .5 .2 .2
0 .25 .25 .2 .2
0 .5 .5 .9 .9 .9 .1" ] || fail "joined rows: $(cat "$work/s12/labels/train/x.txt")"
[ "$(cd "$work/s12/images" && find . -type l | sort | tr '\n' ' ')" = "./train/x.jpg ./train/z.png ./val/y.png " ] || fail "splits: $(find "$work/s12/images")"
expect_exit 1 "$bin" merge "$work/s1" "$work/s2" "$work/s12b" --strict
expect_exit 0 "$bin" merge "$work/s1" "$work/s2" "$work/s12c" --strict --into train
[ "$(ls "$work/s12c/images/train" | wc -l)" -eq 3 ] || fail "--into"

# A new name is none that another picture has, and the first set's pictures keep theirs, whatever the split.
for e in r1 r2; do mkdir -p "$work/$e" && printf 'train: images/train\nval: images/val\nnames: [cat]\n' >"$work/$e/data.yaml"; done
picture "$work/r1/images/train/b.jpg" 420.jpg
picture "$work/r1/images/val/a.jpg" exif1.jpg
picture "$work/r2/images/train/a.jpg" exif2.jpg
picture "$work/r2/images/train/a_2.jpg" exif3.jpg
picture "$work/r2/images/val/c.jpg" exif4.jpg
expect_exit 0 "$bin" merge "$work/r1" "$work/r2" "$work/r12" --to voc
for pair in "r1/images/val/a a" "r2/images/train/a_2 a_2" "r2/images/train/a a_3"; do
    cmp "$work/${pair% *}.jpg" "$work/r12/JPEGImages/${pair#* }.jpg" || fail "names: $pair"
done

# Classes that are only numbers.
sed 's/cat/"0"/' "$work/s2/data.yaml" >"$work/n" && mv "$work/n" "$work/s2/data.yaml"
expect_exit 2 "$bin" merge "$work/s1" "$work/s2" "$work/n"
grep -q "only numbers" "$work/stderr" && grep -q -- "--rename 0=NAME" "$work/stderr" || fail "numbers beside names: $(cat "$work/stderr")"
expect_exit 0 "$bin" merge "$work/s1" "$work/s2" "$work/n" --rename 0=cat
[ "$(cat "$work/n/labels/train/x.txt" | wc -l)" -eq 3 ] || fail "--rename of numbers"

# Names that a terminal, a list, XML or JSON minds.
name=$'a b%s%n\n\e[31mx\xff"<&>'
picture "$work/e1/images/train/$name.jpg" exif1.jpg
picture "$work/e2/images/train/$name.jpg" exif2.jpg
for e in e1 e2; do printf 'train: images/train\nnames: ["%%s <&>"]\n' >"$work/$e/data.yaml"; done
for to in yolo voc coco; do
    expect_exit 0 "$bin" merge "$work/e1" "$work/e2" "$work/e_$to" --to $to
    grep -q $'\e' "$work/stdout" "$work/stderr" && fail "an escape sequence got through"
    jq -e . "$work/e_$to/conversion.json" >/dev/null || fail "hostile names break conversion.json"
    expect_exit 0 "$bin" merge "$work/e_$to" "$work/e1" "$work/e3"
    grep -q "^.*e3: 2 images" "$work/stdout" || fail "hostile names: $(cat "$work/stdout")"
done
expect_exit 0 "$bin" convert --undo "$work/e_yolo"
[ -e "$work/e_yolo" ] && fail "--undo left $(find "$work/e_yolo")"

# ---- real data ----
data=${DETTOOL_DATA:-../shared/data}
if [ -d "$data/coco-tiny" ] && [ -d "$data/bccd" ]; then
    canon='[(.images | sort_by(.id)), (.annotations | sort_by(.id)), (.categories | sort_by(.id)), .info, .licenses]'
    expect_exit 0 "$bin" merge "$data/coco-tiny" "$data/coco-tiny" "$work/c" --strict
    for split in train val; do
        jq -S "$canon" "$data/coco-tiny/annotations/instances_${split}2017.json" | sha256sum >"$work/x"
        jq -S "$canon" "$work/c/annotations/instances_$split.json" | sha256sum >"$work/y"
        cmp -s "$work/x" "$work/y" || fail "coco-tiny $split is not the same after a merge with itself"
    done
    expect_exit 0 "$bin" filter "$data/bccd" "$work/f"
    expect_exit 0 "$bin" merge "$data/bccd" "$data/bccd" "$work/b2"
    diff -r "$work/f" "$work/b2" -x conversion.json || fail "bccd is not the same after a merge with itself"
    expect_exit 0 "$bin" merge "$data/bccd" "$data/coco-tiny" "$work/mix" --to yolo --json
    jq -e '.images == 524 and .classes == 83 and .objects == 6391' "$work/stdout" >/dev/null || fail "bccd with coco-tiny: $(cat "$work/stdout")"
    expect_exit 0 "$bin" check "$work/mix" --no-decode
else
    echo "SKIPPED: $data/coco-tiny or bccd is not there"
fi

[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))
