#!/usr/bin/env bash
# dettool infer: outputs, sizes, folders, bad files. A detector that has learnt nothing is enough.
. "$(dirname "$0")/steps.sh"

"$DETTOOL_BIN" sample voc --images 12 --seed 5 >/dev/null
"$DETTOOL_BIN" convert voc2yolo voc yolo >/dev/null 2>&1
"$DETTOOL_BIN" train --data yolo/data.yaml --imgsz 64 --batch 4 --epochs 1 --out run >/dev/null 2>&1
w=run/last.safetensors
img=$(ls voc/JPEGImages/*.jpg | head -n 1)

# Wrong usage
expect 2 'an image or a folder' "$DETTOOL_BIN" infer --weights $w
expect 2 '--weights is needed' "$DETTOOL_BIN" infer "$img"
expect 2 'multiple of 32' "$DETTOOL_BIN" infer "$img" --weights $w --imgsz 50
expect 2 'between 0 and 1' "$DETTOOL_BIN" infer "$img" --weights $w --iou -0.5
expect 2 'needs --save-txt' "$DETTOOL_BIN" infer "$img" --weights $w --save-conf
expect 1 'no such file' "$DETTOOL_BIN" infer nope.jpg --weights $w
expect 1 'nope.jpg: No such file' "$DETTOOL_BIN" infer nope.jpg "$img" --weights $w --conf 0
grep -q "$(basename "$img"):" out.txt || fail "a picture that is missing stops the others"
mkdir empty
expect 1 'no image' "$DETTOOL_BIN" infer empty --weights $w
echo nonsense >bad.safetensors
expect 1 'bad.safetensors' "$DETTOOL_BIN" infer "$img" --weights bad.safetensors

# Everything found, nothing found
expect 0 '1 of 1' "$DETTOOL_BIN" infer "$img" --weights $w --out all --conf 0 --max-det 5 --save-txt --save-conf
[ -s "all/$(basename "$img")" ] || fail "no drawn copy"
[ "$(wc -l <"all/labels/$(basename "${img%.jpg}").txt")" -eq 5 ] || fail "label rows"
awk 'NF != 6 { exit 1 }' all/labels/*.txt || fail "columns"
expect 0 'nothing found' "$DETTOOL_BIN" infer "$img" --weights $w --out none --conf 1 --save-txt
[ -f "none/labels/$(basename "${img%.jpg}").txt" ] || fail "an empty label file is a result, too"

# JSON: the contract's keys; boxes inside the picture
expect 0 '"detections"' "$DETTOOL_BIN" infer voc/JPEGImages --weights $w --json --conf 0 --max-det 3
for key in file width height detections class name conf box; do
    grep -q "\"$key\"" out.txt || fail "no key $key"
done
[ "$(grep -c '"file"' out.txt)" -eq 12 ] || fail "a file is missing in the JSON"
expect 0 '\[\]' "$DETTOOL_BIN" infer "$img" --weights $w --json --conf 1

# The same name from two folders
mkdir a b
cp "$img" a/x.jpg
cp "$img" b/x.jpg
expect 0 '2 of 2' "$DETTOOL_BIN" infer a b/x.jpg --weights $w --out same
[ -f same/x.jpg ] && [ -f same/x_2.jpg ] || fail "one picture was written over the other"

# Inputs are never written over
before=$(sha256sum <a/x.jpg)
expect 1 'is an input' "$DETTOOL_BIN" infer a/x.jpg --weights $w --out a
[ "$before" = "$(sha256sum <a/x.jpg)" ] || fail "the input was changed"

# ... nor are their labels, by whatever name the folder goes
mkdir flat flat/images flat/labels
cp "$img" flat/images/x.jpg
echo '0 0.5 0.5 0.1 0.1' >flat/labels/x.txt
ln -s flat alias
expect 1 'would be written over' "$DETTOOL_BIN" infer flat/images --weights $w --out alias --save-txt --no-draw
[ "$(cat flat/labels/x.txt)" = '0 0.5 0.5 0.1 0.1' ] || fail "a label of the data set was written over"
expect 0 '1 of 1' "$DETTOOL_BIN" infer flat/images --weights $w --out flat/found --save-txt
expect 0 '1 of 1' "$DETTOOL_BIN" infer flat/images --weights $w --out flat/found --save-txt

# Names as they come: blanks, %, a newline, a hyphen in front, no extension, a link
mkdir names
cp "$img" names/'a b%d.jpg'
cp "$img" names/$'new\nline.PNG'
cp "$img" names/noext
cp "$img" ./-x.jpg
ln -s "$PWD/names/noext" names/link.jpeg
ln -s nowhere names/dangling.jpg
expect 0 '5 of 5' "$DETTOOL_BIN" infer --weights $w --out named names names/noext -- -x.jpg
for f in 'a b%d.jpg' $'new\nline.PNG' noext.jpg link.jpeg -x.jpg; do
    [ -s "named/$f" ] || fail "named/$f is missing"
done

# As many operands as the system takes, over and over the same here
expect 1 'no such file' "$DETTOOL_BIN" infer $(yes nope.jpg | head -n 5000) --weights $w --no-draw

# Results that cannot be written: an error, and no line that says otherwise
mkdir -p taken/"$(basename "$img")"/x
expect 1 '0 of 1' "$DETTOOL_BIN" infer "$img" --weights $w --out taken --conf 1
grep -q 'nothing found' out.txt && fail "a picture that could not be written counts as done"
expect 1 '"error"' "$DETTOOL_BIN" infer "$img" --weights $w --out taken --json
[ "$(grep -c '"file"' out.txt)" -eq 1 ] || fail "one file, two entries"

# Bad files: named, the others are done, exit 1
: >zero.jpg
head -c 300 "$img" >cut.jpg
expect 1 'zero.jpg' "$DETTOOL_BIN" infer zero.jpg cut.jpg "$img" --weights $w --out mixed
grep -q 'cut.jpg' err.txt || fail "cut.jpg is not named"
[ -s "mixed/$(basename "$img")" ] || fail "the good picture was not done"
expect 1 '"error"' "$DETTOOL_BIN" infer zero.jpg "$img" --weights $w --json
echo passed
