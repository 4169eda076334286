#!/usr/bin/env bash
# dettool fix, filter and remap: planted faults, dry runs, the source untouched, targets in the way, hostile names, real data.
. "$(dirname "$0")/expect.sh"
needs jq

tree_hash() { (cd "$1" && find . -print0 | sort -z | xargs -0 stat -c '%n %s %Y' | sha256sum && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }

"$bin" sample "$work/voc" --images 24 2>/dev/null
"$bin" convert voc2yolo "$work/voc" "$work/yolo" --images copy >/dev/null 2>&1

# ---- usage ----
for command in fix filter remap; do
    "$bin" $command --help >"$work/help" || fail "$command --help"
    grep -q "^  dettool $command .*data" "$work/help" || fail "$command --help has no example"
    grep -q "^  --dry-run" "$work/help" || fail "$command --help lacks --dry-run"
    expect_exit 2 "$bin" $command "$work/yolo"
    expect_exit 2 "$bin" $command "$work/yolo" "$work/o" --tp voc
    expect_exit 1 "$bin" $command "$work/nothing" "$work/o" $([ $command = remap ] && echo --map a=b)
done
expect_exit 2 "$bin" fix "$work/voc" "$work/o" --numbers 1
expect_exit 2 "$bin" fix "$work/yolo" "$work/o" --filename
expect_exit 2 "$bin" fix "$work/yolo" "$work/o" --renumber-ids
expect_exit 2 "$bin" filter "$work/yolo" "$work/o" --voc-rule raw
expect_exit 2 "$bin" filter "$work/yolo" "$work/o" --to coco --layout darknet
expect_exit 2 "$bin" filter "$work/yolo" "$work/o" --seed 3
expect_exit 2 "$bin" filter "$work/yolo" "$work/o" --classes disk
grep -q "did you mean 'disc'" "$work/stderr" || fail "no did-you-mean for a class: $(cat "$work/stderr")"
expect_exit 2 "$bin" filter "$work/yolo" "$work/o" --splits trian
grep -q "did you mean 'train'" "$work/stderr" || fail "no did-you-mean for a split"
expect_exit 2 "$bin" remap "$work/yolo" "$work/o"
expect_exit 2 "$bin" remap "$work/yolo" "$work/o" --map starr=sun
grep -q "did you mean 'star'" "$work/stderr" || fail "no did-you-mean for an old name"
[ -e "$work/o" ] && fail "wrong usage wrote something"

# ---- planted faults, YOLO ----
set_=$work/yolo
labels=$set_/labels/train
train=($(cd "$set_/images/train" && ls | sed 's/\.jpg$//'))
: >"$set_/images/train/${train[0]}.jpg"                             # image-unreadable
cut=$set_/images/train/${train[1]}.jpg                              # image-truncated
head -c $(($(stat -c %s "$cut") / 2)) "$cut" >"$work/cut" && mv "$work/cut" "$cut"
printf '9 .5 .5 .1 .1\n0 .5 .5 .2 .2\n' >"$labels/${train[2]}.txt"  # class-range
printf '0 .5 .5 .3 .3\n0 .5 .5 .3 .3\n' >"$labels/${train[3]}.txt"  # object-twice
printf '0 .5 .5 .3 .3\n0 .501 .5 .3 .3\n' >"$labels/${train[4]}.txt" # object-near
printf '0 .95 .5 .2 .2\n0 2 .5 .1 .1\n' >"$labels/${train[5]}.txt"  # box-outside
printf '0 .5 .5 0 .2\n0 .5 .5 -.2 .2\n' >"$labels/${train[6]}.txt"  # box-empty, box-inverted
printf '0 50 50 20 20\n0 .5\n0 a .5 .2 .2\n' >"$labels/${train[7]}.txt" # not-normalised, columns, number
sed -i 's/^names:/names:\n  4: unused/' "$set_/data.yaml"           # class-unused
before=$(tree_hash "$set_")
expect_exit 1 "$bin" check "$set_"
expect_exit 0 "$bin" fix "$set_" "$work/o" --dry-run --near .9
[ -e "$work/o" ] && fail "--dry-run wrote something"
cp "$work/stdout" "$work/diff"
grep -qxF -- "--- $labels/${train[5]}.txt" "$work/diff" || fail "the diff lacks the file"
grep -A1 '\[object-twice\]' "$work/diff" | grep -qxF -- '-0 .5 .5 .3 .3' || fail "the diff lacks the repeated row"
grep -A1 -xF -- '-0 .95 .5 .2 .2' "$work/diff" | grep -Eq '^\+0 0\.92[45][0-9]* 0\.5' || fail "the diff lacks the cut row"
[ "$(grep -c '^--- ' "$work/diff")" -eq "$(grep '^--- ' "$work/diff" | sort -u | wc -l)" ] || fail "a file twice in the diff"
expect_exit 1 "$bin" fix "$set_" "$work/o" --dry-run --strict
expect_exit 0 "$bin" fix "$set_" "$work/o" --dry-run --near .9 --json
jq -e '.dry_run and (.changes | length) == ([.fates[] | .changed + .dropped] | add)' "$work/stdout" >/dev/null || fail "--dry-run --json"
[ "$(jq '[.changes[] | select(.rule == "box-outside")] | length' "$work/stdout")" -eq 2 ] || fail "box-outside in JSON"

expect_exit 0 "$bin" fix "$set_" "$work/fixed" --near .9 --drop-missing --drop-damaged --drop-unused
[ "$(jq '[.objects[], .findings[] | select(.rule == "image-truncated" and .fate == "dropped" and has("object") == false)] | length' \
    "$work/fixed/conversion.json")" -eq 1 ] || fail "the damaged picture is not in conversion.json"
grep -q '"command": "dettool fix .* DST --near .9 --drop-missing' "$work/fixed/conversion.json" || fail "the command is not in conversion.json"
expect_exit 0 "$bin" check "$work/fixed" --json
jq -r '.rules[].rule' "$work/stdout" | grep -vxE 'box-small|label-missing|image-near|split-leak' && fail "check finds more after fix"
[ "$before" = "$(tree_hash "$set_")" ] || fail "fix touched its source"
expect_exit 0 "$bin" fix "$work/fixed" "$work/again" --strict
diff -r "$work/fixed/labels" "$work/again/labels" || fail "fix is not done after one turn"
expect_exit 0 "$bin" train --data "$work/fixed/data.yaml" --model yolo-nano --epochs 1 --imgsz 64 --batch 4 --out "$work/run"
expect_exit 0 "$bin" convert --undo "$work/fixed"
[ -e "$work/fixed" ] && fail "--undo left $(find "$work/fixed" | head -3)"
# Switches off: nothing changes but the rows that cannot be read.
expect_exit 0 "$bin" fix "$set_" "$work/o" --no-clip --no-empty --no-inverted --no-dedupe
cmp "$labels/${train[5]}.txt" "$work/o/labels/train/${train[5]}.txt" && cmp "$labels/${train[6]}.txt" "$work/o/labels/train/${train[6]}.txt" ||
    fail "switches that are off change rows"
rm -rf "$work/o" "$work/again"
# The same bytes for any number of jobs, and whatever the destination is called.
expect_exit 0 "$bin" fix "$set_" "$work/j" --jobs 1
expect_exit 0 "$bin" fix "$set_" "$work/k" --jobs 5
diff -r "$work/j" "$work/k" >/dev/null 2>&1 || fail "--jobs changes the output"
rm -rf "$work/j" "$work/k"

# ---- numbers from 1 ----
mkdir -p "$work/one/images/train" "$work/one/labels/train"
cp "$golden/images/exif1.jpg" "$work/one/images/train/a.jpg"
printf 'train: images/train\nnames: [a, b]\n' >"$work/one/data.yaml"
printf '1 .5 .5 .2 .2\n2 .5 .5 .3 .3\n' >"$work/one/labels/train/a.txt"
expect_exit 0 "$bin" fix "$work/one" "$work/o"
[ "$(cat "$work/o/labels/train/a.txt")" = "0 .5 .5 .2 .2
1 .5 .5 .3 .3" ] || fail "numbers from 1: $(cat "$work/o/labels/train/a.txt")"
expect_exit 0 "$bin" fix "$work/one" "$work/o" --numbers 0
[ "$(cat "$work/o/labels/train/a.txt")" = "1 .5 .5 .2 .2" ] || fail "--numbers 0"
rm -rf "$work/o"

# ---- planted faults, VOC ----
set_=$work/voc
stems=($(cd "$set_/Annotations" && ls | sed 's/\.xml$//'))
edit() { sed -i "$2" "$set_/Annotations/${stems[$1]}.xml"; }
edit 0 '0,/<width>/s/<width>[0-9]*/<width>999/'
edit 1 '0,/<xmax>/s/<xmax>[0-9.]*/<xmax>-5/'
edit 2 '0,/<xmax>/s/<xmax>[0-9.]*/<xmax>9999/'
rm "$set_/JPEGImages/${stems[3]}".*
edit 4 's/<filename>[^<]*/<filename>..\/..\/x.jpg/'
before=$(tree_hash "$set_")
expect_exit 0 "$bin" fix "$set_" "$work/o"
[ -f "$work/o/Annotations/${stems[3]}.xml" ] || fail "an annotation without picture was dropped unasked"
expect_exit 0 "$bin" fix "$set_" "$work/o" --drop-missing
expect_exit 0 "$bin" check "$work/o" --json
jq -r '.rules[].rule' "$work/stdout" | grep -vxE 'split-skipped|box-small|image-near' && fail "check finds more after fix of VOC"
[ "$before" = "$(tree_hash "$set_")" ] || fail "fix touched its source"

# ---- targets ----
echo mine >"$work/o/mine"
expect_exit 1 "$bin" fix "$set_" "$work/o"
grep -q "mine was not written" "$work/stderr" || fail "the file in the way is not named"
for target in "$set_" "$set_/new" "$work" "$set_/../voc/x/y"; do
    expect_exit 1 "$bin" filter "$set_" "$target"
    grep -q "the source" "$work/stderr" || fail "$target: $(cat "$work/stderr")"
done
mkdir "$work/sealed" "$work/full"
chmod 755 "$work"
if [ "$(id -u)" -ne 0 ]; then
    chmod 555 "$work/sealed"
    expect_exit 1 "$bin" filter "$set_" "$work/sealed/x"
elif command -v setpriv >/dev/null && setpriv --reuid=65534 --clear-groups "$bin" --version >/dev/null 2>&1; then
    expect_exit 1 setpriv --reuid=65534 --clear-groups "$bin" filter "$set_" "$work/sealed/x"
    grep -q "sealed" "$work/stderr" || fail "the folder that cannot be written is not named"
else
    echo "SKIPPED: a target that cannot be written (no other user to run as)"
fi
[ -n "$(ls -A "$work/sealed")" ] && fail "something was written to a sealed folder"
(trap '' XFSZ; ulimit -f 0; exec "$bin" filter "$set_" "$work/full/x" >/dev/null 2>&1)
[ $? -eq 1 ] || fail "a full disk is no error"
[ -n "$(ls -A "$work/full")" ] && fail "a full disk left something: $(ls -A "$work/full")"
if mount -t tmpfs -o size=64k tmpfs "$work/full" 2>/dev/null; then
    expect_exit 1 "$bin" filter "$set_" "$work/full/x" --images copy
    grep -q "No space" "$work/stderr" || fail "the full disk is not named: $(cat "$work/stderr")"
    [ -n "$(ls -A "$work/full")" ] && fail "a full disk left something: $(ls -A "$work/full")"
    umount "$work/full"
else
    echo "SKIPPED: a small file system (mount is not allowed)"
fi

# ---- hostile names ----
evil=$work/evil
name=$'a b%s%n\n\e[31mx\xff"<&>'
mkdir -p "$evil/images/train" "$evil/labels/train"
cp "$golden/images/exif1.jpg" "$evil/images/train/$name.jpg"
printf '0 .5 .5 .2 .2\n0 .5 .5 .2 .2\n1 .9 .5 .4 .2\n' >"$evil/labels/train/$name.txt"
printf 'train: images/train\nnames: ["%%s <&>", "b=c, d"]\n' >"$evil/data.yaml"
expect_exit 0 "$bin" fix "$evil" "$work/e1" --dry-run
grep -q $'\e' "$work/stdout" && fail "an escape sequence got through"
[ "$(grep -c '^--- ' "$work/stdout")" -eq 1 ] || fail "a line end in a name broke the diff"
expect_exit 0 "$bin" fix "$evil" "$work/e1"
[ -f "$work/e1/labels/train/$name.txt" ] || fail "the name changed: $(ls "$work/e1/labels/train")"
for to in voc coco; do
    expect_exit 0 "$bin" filter "$evil" "$work/e_$to" --to $to --classes 'b=c\, d'
    expect_exit 0 "$bin" fix "$work/e_$to" "$work/f_$to"
    expect_exit 0 "$bin" convert --undo "$work/f_$to"
done
expect_exit 0 "$bin" remap "$evil" "$work/e2" --map '"b=c, d"=x y' --map '%s <&>='
grep -q '^  0: "x y"$' "$work/e2/data.yaml" || fail "remap of odd names: $(cat "$work/e2/data.yaml")"
for c in e1 e2; do jq -e . "$work/$c/conversion.json" >/dev/null || fail "hostile names break conversion.json"; done
expect_exit 0 "$bin" convert --undo "$work/e1"
[ -e "$work/e1" ] && fail "--undo left $(find "$work/e1")"

# ---- COCO: all records come through as they are ----
data=${DETTOOL_DATA:-../shared/data}
if [ -d "$data/coco-tiny" ]; then
    canon='[(.images | sort_by(.id)), (.annotations | sort_by(.id)), (.categories | sort_by(.id)), .info, .licenses]'
    expect_exit 0 "$bin" filter "$data/coco-tiny" "$work/c" --strict
    for split in train val; do
        jq -S "$canon" "$data/coco-tiny/annotations/instances_${split}2017.json" | sha256sum >"$work/a"
        jq -S "$canon" "$work/c/annotations/instances_$split.json" | sha256sum >"$work/b"
        cmp -s "$work/a" "$work/b" || fail "coco-tiny $split is not the same after a trip"
    done
    source=$data/coco-tiny/annotations/instances_val2017.json
    expect_exit 0 "$bin" filter "$data/coco-tiny" "$work/p" --splits val --classes person,car --drop-crowd --drop-empty
    jq -S '[.categories[] | select(.name == "person" or .name == "car") | .id] as $c |
        [.annotations[] | select((.category_id | IN($c[])) and .iscrowd == 0)] | sort_by(.id)' "$source" >"$work/a"
    jq -S '.annotations | sort_by(.id)' "$work/p/annotations/instances_val.json" >"$work/b"
    cmp -s "$work/a" "$work/b" || fail "filter of coco-tiny by class"
    [ "$(jq -c '[.categories[] | [.id, .name, .supercategory]]' "$work/p/annotations/instances_val.json")" = \
        '[[1,"person","person"],[3,"car","vehicle"]]' ] || fail "categories keep their ids"
    [ "$(jq '.images | length' "$work/p/annotations/instances_val.json")" -eq "$(jq '[.[].image_id] | unique | length' "$work/a")" ] ||
        fail "--drop-empty"
    expect_exit 0 "$bin" remap "$data/coco-tiny" "$work/m" --map car=vehicle --map truck=vehicle --map bus=vehicle --only-mapped
    [ "$(jq -c '[.categories[] | [.id, .name]]' "$work/m/annotations/instances_val.json")" = '[[3,"vehicle"]]' ] || fail "remap of coco-tiny"
    expect_exit 0 "$bin" filter "$data/coco-tiny" "$work/s1" --sample 10 --seed 4
    expect_exit 0 "$bin" filter "$data/coco-tiny" "$work/s2" --sample 10 --seed 4 --jobs 1
    expect_exit 0 "$bin" filter "$data/coco-tiny" "$work/s3" --sample 10 --seed 5
    cmp -s "$work/s1/conversion.json" "$work/s2/conversion.json" || fail "a sample is not the same again"
    cmp -s "$work/s1/conversion.json" "$work/s3/conversion.json" && fail "another seed gives the same sample"
    expect_exit 0 "$bin" filter "$data/coco-tiny" "$work/y" --to yolo --min-side 32
    expect_exit 0 "$bin" check "$work/y" --no-decode
else
    echo "SKIPPED: $data/coco-tiny is not there"
fi

[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))
