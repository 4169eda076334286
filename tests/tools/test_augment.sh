#!/usr/bin/env bash
# dettool augment: pictures after transforms are what training sees; lists, errors, both kinds of sets.
. "$(dirname "$0")/expect.sh"
needs jq
cd "$work" || exit 1

"$bin" sample set --images 12 >/dev/null 2>&1
before=$(find set -type f -exec sha256sum {} + | sort | sha256sum)

# ---- the list: every step that it names can be used by its name, and has a line of text ----
expect_exit 0 "$bin" augment --list
for step in resize letterbox center-crop random-crop random-resized-crop hflip iou-crop zoom-out affine perspective color-jitter \
    photometric-distort hsv random-erasing mosaic mixup cutmix copy-paste yolo-augment one-of clean normalize; do
    grep -q "^$step\b" stdout || fail "$step is not in the list"
done

expect_exit 0 "$bin" augment --list --json
jq -e 'all(.help | length > 0) and (map(select(.name == "random-crop"))[0] |
    .moves_boxes and (.options | map(.name) | index("padding"))) and
    (map(select(.name == "hflip"))[0].options[0] | .name == "p" and .min == 0 and .max == 1 and .default == "0.5") and
    (map(select(.name == "mosaic"))[0].mixes_pictures)' stdout >/dev/null || { fail "the list as JSON"; cat stdout; }

# ---- pictures, boxes, what was drawn ----
expect_exit 0 "$bin" augment set --out a --count 5 --seed 3 --json \
    --transforms "letterbox(96) hflip(1) random-crop(64) # a comment"
jq -e '.transforms == "letterbox(96) hflip(1) random-crop(64)" and (.pictures | length) == 5 and
    (.pictures | all(.width == 64 and .height == 64 and (.steps | length) == 3 and .steps[1].applied)) and
    (.pictures | all(.boxes | all(.x1 >= 0 and .x2 <= 64 and .x1 < .x2)))' stdout >/dev/null || { fail "JSON"; cat stdout; }
[ "$(find a -name '*.png' | wc -l)" -eq 6 ] && [ -f a/sheet.png ] || fail "files: $(ls a)"
cp stdout first.json
expect_exit 0 "$bin" augment set --out b --count 5 --seed 3 --json --transforms "letterbox(96) hflip(1) random-crop(64)"
diff -r a b >/dev/null || fail "the same seed gives other pictures"
sed 's|"a/|"b/|' first.json | cmp -s - stdout || fail "the same seed draws other numbers"
expect_exit 0 "$bin" augment set --out c --count 5 --seed 4 --transforms "letterbox(96) hflip(1) random-crop(64)"
diff -r a c >/dev/null && fail "another seed gives the same pictures"
# More pictures than there are: over again, in the next epoch.
expect_exit 0 "$bin" augment set --out d --count 20 --split train --json --transforms "letterbox(64) random-crop(48)"
jq -e '[.pictures[].epoch] | unique == [1, 2] or unique == [1, 2, 3]' stdout >/dev/null || fail "epochs"
# Sizes may differ.
expect_exit 0 "$bin" augment set --out e --count 4 --json --transforms "scale-jitter(64, scale=(0.5, 2))"
[ "$(jq '[.pictures[].width] | unique | length' stdout)" -gt 1 ] || fail "one size"
# Without a chain: the recipe; it mixes pictures.
expect_exit 0 "$bin" augment set --out f --count 3 --imgsz 128 --json
[ "$(find f -name '*.png' | wc -l)" -eq 4 ] || fail "the recipe"
jq -e '.transforms == null and (.pictures | all(.width == 128 and .augmentation.views.main.mosaic == 4 and
    (.sources | length) == 4 and (.sources | all(.image | endswith(".jpg")))))' stdout >/dev/null || { fail "its JSON"; cat stdout; }
# A side for chains that leave it open, as in training; not for the others.
expect_exit 0 "$bin" augment set --out m --count 2 --imgsz 80 --json --transforms "iou-crop hflip(0.5)"
jq -e '.transforms == "iou-crop hflip(0.5) letterbox(80)" and (.pictures | all(.width == 80))' stdout >/dev/null ||
    { fail "--imgsz"; cat stdout; }
expect_exit 0 "$bin" augment set --out n --count 2 --imgsz 80 --json --transforms "resize(40, 48)"
jq -e '.pictures | all(.width == 48 and .height == 40)' stdout >/dev/null || { fail "--imgsz with a size"; cat stdout; }
echo "letterbox(64)
   grayscale" >chain.txt
expect_exit 0 "$bin" augment set --out g --count 1 --json --transforms @chain.txt
jq -e '.transforms == "letterbox(64) grayscale"' stdout >/dev/null || { fail "@FILE"; cat stdout; }
[ "$before" = "$(find set -type f -exec sha256sum {} + | sort | sha256sum)" ] || fail "the set was touched"

# ---- what training sees is the same ----
chain="letterbox(96) hflip photometric-distort random-erasing"
expect_exit 0 "$bin" train --data set --imgsz 96 --batch 4 --epochs 1 --seed 3 --workers 2 --hash-batches --transforms "$chain" --out run
expect_exit 0 "$bin" replay run --verify
expect_exit 0 "$bin" replay run --epoch 1 --sample 2 --out seen --json
cp stdout seen.json
jq -c '.boxes' stdout >seen.boxes
jq -c '.steps | map(.drawn)' stdout >seen.drawn
expect_exit 0 "$bin" replay run --epoch 1 --sample 2 --out seen
grep -qE '^photometric-distort.*: .*[a-z_]+ [0-9]' stdout && grep -q "^letterbox(96)" stdout && grep -qE "^hflip" stdout ||
    { fail "replay does not explain the steps"; cat stdout; }
expect_exit 0 "$bin" augment set --out h --count 3 --seed 3 --json --transforms "$chain"
jq -c '.pictures[2].boxes' stdout | cmp -s - seen.boxes || { fail "boxes of a training"; cat seen.boxes; jq -c '.pictures[2].boxes' stdout; }
jq -c '.pictures[2].steps | map(.drawn)' stdout | cmp -s - seen.drawn || fail "draws of a training"
jq -e --arg c "$chain" '.transforms | startswith("letterbox(96) hflip")' run/args.json >/dev/null || fail "args.json"

# ---- pictures by class ----
"$bin" crop set crops --size 32 --square >/dev/null 2>&1
expect_exit 0 "$bin" augment crops --out k --count 4 --json --transforms "random-resized-crop(24) normalize(0.5, 0.5, 0.5; 0.2, 0.2, 0.2)"
jq -e '.pictures | all(.width == 24 and (.name | length) > 0)' stdout >/dev/null || { fail "classes"; cat stdout; }

expect_exit 0 "$bin" augment crops --out l --count 2 --imgsz 32 --json
jq -e '.transforms == "random-resized-crop(32) hflip(0.5)" and (.pictures | all(.steps | length == 2))' stdout >/dev/null ||
    { fail "classes without a chain"; cat stdout; }

jq -e '[.pictures[].name] | unique | length == 2' stdout >/dev/null || { fail "one class alone is shown"; cat stdout; }

# ---- what does not decode is left out as in a training, with a word ----
cp -r crops torn && cls=$(ls torn/train | head -n 1) && echo text >"torn/train/$cls/000.jpg"
expect_exit 0 "$bin" augment torn --out torn1 --count 500 --imgsz 32 --json
grep -q "train/$cls/000.jpg.*the next picture takes its place" stderr || { fail "a picture that does not decode"; cat stderr; }
jq -e '.pictures | length == 500 and all(.image | endswith("000.jpg") | not)' stdout >/dev/null || fail "pictures that decode"

# ---- all that yolo-augment draws is told ----
expect_exit 0 "$bin" augment set --out ya --count 1 --json --transforms "yolo-augment(64, mixup=1, cutmix=1, copy-paste=0.5)"
jq -e '.pictures[0].steps[0].drawn | (.views | keys == ["cutmix", "main", "mixup", "paste"]) and (.cuts | length == 3) and has("mix_ratio") and has("paste_seed")' \
    stdout >/dev/null || { fail "draws of yolo-augment"; cat stdout; }

# ---- wrong arguments ----
printf 'hflip\nhflopp\n' >chain.txt
expect_exit 2 "$bin" augment set --out x --transforms @chain.txt
grep -q -- '--transforms: chain.txt: step 2, line 2' stderr || { fail "a file of steps"; cat stderr; }
expect_exit 2 "$bin" augment
expect_exit 2 "$bin" augment set
grep -q -- "--out is needed" stderr || fail "--out"
expect_exit 2 "$bin" augment set --out x --transforms "hflipp"
grep -q 'did you mean "hflip"' stderr || { fail "did you mean"; cat stderr; }
expect_exit 2 "$bin" augment set --out x --transforms "erasing"
grep -q 'did you mean "random-erasing"' stderr || { fail "a part of a name"; cat stderr; }
expect_exit 2 "$bin" augment set --out x --transforms @nowhere
expect_exit 1 "$bin" augment set --out a --transforms hflip
grep -q "not empty" stderr || fail "a full folder"
expect_exit 1 "$bin" augment nowhere --out x
expect_exit 1 "$bin" augment set --split dev --out x
grep -q "'dev'" stderr || { fail "no such split"; cat stderr; }
expect_exit 1 "$bin" augment set --out x --transforms "random-crop(9999)"
grep -q "set/.*\.jpg: step 1 (random-crop).*9999 pixels" stderr || { fail "a crop that is too large"; cat stderr; }
[ -e x ] && [ -n "$(ls -A x)" ] && fail "a failure leaves pictures: $(ls x)"
expect_exit 2 "$bin" train --data set --transforms hflip --mosaic 0.5 --out x2
grep -q "mosaic.*yolo-augment" stderr || { fail "mosaic and transforms"; cat stderr; }
expect_exit 2 "$bin" train --data set --transforms "hflip(7)" --out x2
[ -e x2 ] && fail "a run was begun"
expect_exit 1 "$bin" train --data set --transforms "hflip normalize(0.5, 0.5, 0.5; 0.2, 0.2, 0.2)" --epochs 1 --out x3
grep -q "normalize" stderr || fail "normalize of a detector"

finish
