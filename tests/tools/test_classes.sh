#!/usr/bin/env bash
# Pictures by class on the command line: inspect and check of class folders, CIFAR and MNIST; what other commands say of them.
. "$(dirname "$0")/expect.sh"
needs jq

byte() { printf "\\x$(printf %02x "$1")"; }
pixels() { head -c "$1" /dev/zero | tr '\0' "\\$(printf %03o "$2")"; }

# ---- class folders ----
mkdir -p "$work/f/train/cat" "$work/f/train/dog" "$work/f/val/cat" "$work/f/val/eel" "$work/f/train/empty"
cp "$golden/images/exif1.jpg" "$work/f/train/cat/a.jpg"
cp "$golden/images/rgb.png" "$work/f/train/dog/a.png"
cp "$golden/images/exif1.jpg" "$work/f/val/cat/b.jpg"
cp "$golden/images/gray.png" "$work/f/val/eel/e.png"
echo text >"$work/f/train/dog/notes.txt"
head -c 100 "$golden/images/exif1.jpg" >"$work/f/train/dog/cut.jpg"
expect_exit 0 "$bin" inspect "$work/f"
grep -q "pictures by class, 5 images" "$work/stdout" || { fail "text"; cat "$work/stdout"; }
grep -q "box side" "$work/stdout" && fail "sizes of boxes of a set without boxes"
expect_exit 0 "$bin" inspect "$work/f" --json --html "$work/page.html" --draw "$work/drawn"
jq -e '.format == "classes" and .images == 5 and (.classes | map([.name, .objects]) == [["cat", 2], ["dog", 2], ["eel", 1]]) and
    (.splits | map([.name, .images])) == [["train", 3], ["val", 2]]' "$work/stdout" >/dev/null || { fail "JSON"; cat "$work/stdout"; }
grep -q '<h2>Images</h2>' "$work/page.html" || fail "page"
[ -f "$work/drawn/val/b.jpg" ] || fail "--draw"
expect_exit 1 "$bin" check "$work/f" --json
got=$(jq -r '[.findings[] | "\(.rule):\(.file // "-" | split("/") | last)"] | sort | join(" ")' "$work/stdout")
want="class-untested:- class-untrained:- class-unused:empty image-near:a.png image-unreadable:cut.jpg image-unsupported:notes.txt split-leak:b.jpg split-leak:e.png"
[ "$got" = "$want" ] || fail "check: $got"
cp "$work/f/val/cat/b.jpg" "$work/f/val/eel/b.jpg"
expect_exit 1 "$bin" check "$work/f" --json
jq -e '[.findings[] | select(.rule == "object-conflict" and .severity == "error" and (.file | endswith("eel/b.jpg")))] | length == 1' \
    "$work/stdout" >/dev/null || { fail "the same picture in two classes"; cat "$work/stdout"; }
expect_exit 1 "$bin" convert voc2yolo "$work/f" "$work/y"
expect_exit 1 "$bin" fix "$work/f" "$work/y"
grep -q "pictures by class" "$work/stderr" || { fail "fix does not say what it is"; cat "$work/stderr"; }
expect_exit 2 "$bin" train --data "$work/f" --model yolo-nano --out "$work/run"

# ---- CIFAR-10 ----
mkdir "$work/c"
{ byte 3; pixels 3072 7; byte 4; pixels 3072 9; byte 3; pixels 3072 7; } >"$work/c/data_batch_1.bin"
{ byte 3; pixels 3072 9; byte 5; pixels 3072 1; byte 4; pixels 3072 9; } >"$work/c/test_batch.bin"
for path in "cifar10:$work/c" "$work/c"; do
    expect_exit 1 "$bin" check "$path" --json
    jq -e '.format == "classes"' "$work/stdout" >/dev/null || fail "format of $path"
    got=$(jq -r '[.findings[] | select(.file) | "\(.rule):\(.file | split("/") | last):\(.other // "" | split("/") | last)"] | sort | join(" ")' "$work/stdout")
    want="image-twice:data_batch_1.bin:2:data_batch_1.bin:0 object-conflict:test_batch.bin:0:data_batch_1.bin:1 split-leak:test_batch.bin:2:data_batch_1.bin:1"
    [ "$got" = "$want" ] || fail "check $path: $got"
done
expect_exit 0 "$bin" inspect "cifar10:$work/c" --html "$work/c.html"
expect_exit 1 "$bin" inspect "cifar10:$work/c" --draw "$work/nothing"
grep -q "no picture files" "$work/stderr" && [ ! -e "$work/nothing" ] || fail "--draw of CIFAR"
expect_exit 0 "$bin" inspect "cifar10:$work/c"
grep -q "32 x 32 (6)" "$work/stdout" || { fail "sizes"; cat "$work/stdout"; }
head -c 6000 "$work/c/data_batch_1.bin" >"$work/cut" && mv "$work/cut" "$work/c/data_batch_1.bin"
expect_exit 1 "$bin" inspect "cifar10:$work/c"
grep -q "data_batch_1.bin: 6000 bytes are not rows of 3073" "$work/stderr" || { fail "a cut file"; cat "$work/stderr"; }
expect_exit 1 "$bin" train --data "cifar10:$work/none" --out "$work/run"
grep -q "none: no such folder" "$work/stderr" || { fail "no folder"; cat "$work/stderr"; }

# ---- MNIST ----
mkdir "$work/m"
{ printf '\0\0\x08\x03\0\0\0\x03\0\0\0\x02\0\0\0\x04'; head -c 24 "$golden/images/exif1.jpg"; } >"$work/m/train-images-idx3-ubyte"
{ printf '\0\0\x08\x01\0\0\0\x03'; printf '\x01\x09\x01'; } | gzip >"$work/m/train-labels-idx1-ubyte.gz"
expect_exit 0 "$bin" inspect "mnist:$work/m" --json
jq -e '.images == 3 and .classes[1].objects == 2 and .classes[9].objects == 1 and .image_sizes[0].width == 4' "$work/stdout" >/dev/null || fail "MNIST"

finish
