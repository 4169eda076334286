#!/usr/bin/env bash
# dettool inspect and check: planted faults, each found exactly once; the page; --draw; hostile names; BCCD.
. "$(dirname "$0")/expect.sh"
needs jq

expect_rules() { # "RULE SEVERITY COUNT" lines on stdin are all that $work/stdout (JSON) has
    sort >"$work/want"
    jq -r '.rules[] | "\(.rule) \(.severity) \(.count)"' "$work/stdout" | sort >"$work/got"
    diff "$work/want" "$work/got" >"$work/diff" || { fail "$1: rules (expected, found)"; cat "$work/diff"; }
}

tree_hash() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }

"$bin" sample "$work/voc" --images 40 2>/dev/null
"$bin" convert voc2yolo "$work/voc" "$work/yolo" --images copy >/dev/null 2>&1

# ---- a clean set, usage ----
expect_exit 0 "$bin" check "$work/yolo" --strict
expect_exit 0 "$bin" check "$work/yolo/data.yaml" --strict
expect_exit 0 "$bin" check "$work/voc" --strict
expect_exit 2 "$bin" inspect
expect_exit 2 "$bin" inspect "$work/yolo" --html "$work/yolo/data.yaml"
expect_exit 2 "$bin" inspect "$work/yolo" --format vok
expect_exit 1 "$bin" check "$work/nothing"
grep -q "nothing" "$work/stderr" || fail "the missing folder is not named"
mkdir "$work/empty"
expect_exit 1 "$bin" check "$work/empty"
grep -q "data.yaml" "$work/stderr" || fail "what was looked for is not said"

# ---- statistics: the same from both formats ----
statistics='{images, objects, classes: [.classes[] | {name, objects, images, splits}], splits, image_sizes,
    small: .boxes.small, per_image}'
expect_exit 0 "$bin" inspect "$work/voc" --json
jq "$statistics" "$work/stdout" >"$work/a.json" || fail "no JSON"
expect_exit 0 "$bin" inspect "$work/yolo" --json
jq "$statistics" "$work/stdout" >"$work/b.json"
diff "$work/a.json" "$work/b.json" || fail "VOC and YOLO differ"
for key in path format decoded images backgrounds objects measured difficult crowd classes splits balance boxes \
    per_image image_sizes segmentation counts rules findings; do
    jq -e "has(\"$key\")" "$work/stdout" >/dev/null || fail "key $key"
done

# ---- planted faults, YOLO ----
set_=$work/yolo
labels=$set_/labels/train
train=($(cd "$set_/images/train" && ls | sed 's/\.jpg$//'))
val=($(cd "$set_/images/val" && ls | sed 's/\.jpg$//'))
cut=$set_/images/train/${train[0]}.jpg
head -c $(($(stat -c %s "$cut") / 2)) "$cut" >"$work/cut" && mv "$work/cut" "$cut" # image-truncated
: >"$set_/images/train/${train[1]}.jpg"                                            # image-unreadable
echo "9 .5 .5 .1 .1" >>"$labels/${train[2]}.txt"                                   # class-range
echo "  4: Star" >>"$set_/data.yaml"                                               # class-unused, class-similar
printf '0 .5 .5 .3 .3\n0 .5 .5 .3 .3\n' >"$labels/${train[3]}.txt"                 # object-twice
printf '0 .5 .5 .3 .3\n0 .501 .5 .3 .3\n' >"$labels/${train[4]}.txt"               # object-near
printf '0 .5 .5 .3 .3\n1 .501 .5 .3 .3\n' >"$labels/${train[5]}.txt"               # object-conflict
printf '0 .95 .5 .2 .2\n' >"$labels/${train[6]}.txt"                               # box-outside
printf '0 .5 .5 0 .2\n' >"$labels/${train[7]}.txt"                                 # box-empty
printf '0 50 50 20 20\n' >"$labels/${train[8]}.txt"                                # box-not-normalised
printf '0 .5 .5\n' >"$labels/${train[9]}.txt"                                      # label-columns
printf '0 a .5 .2 .2\n' >"$labels/${train[10]}.txt"                                # label-number
printf '0 .5 .5 .01 .01\n' >"$labels/${train[11]}.txt"                             # box-small
: >"$labels/orphan.txt"                                                            # label-orphan
rm "$labels/${train[12]}.txt"                                                      # label-missing
cp "$set_/images/train/${train[13]}.jpg" "$set_/images/train/copy.jpg"             # image-near
cp "$labels/${train[13]}.txt" "$labels/copy.txt"
cp "$set_/images/val/${val[0]}.jpg" "$set_/images/train/leak.jpg"                  # split-leak
cp "$set_/labels/val/${val[0]}.txt" "$labels/leak.txt"
cp "$golden/images/exif6.jpg" "$set_/images/train/turned.jpg"                      # exif-orientation
echo "0 .5 .5 .6 .6" >"$labels/turned.txt"
cp "$golden/images/palette4.png" "$set_/images/train/${train[14]}.png"             # stem-twice
before=$(tree_hash "$set_")
expect_exit 1 "$bin" check "$set_" --json
cp "$work/stdout" "$work/yolo.json"
expect_rules yolo <<END
image-truncated error 1
image-unreadable error 1
class-range error 1
class-unused warning 1
class-similar warning 1
object-twice warning 1
object-near warning 1
object-conflict warning 1
box-outside warning 1
box-empty error 1
box-not-normalised error 1
label-columns error 1
label-number error 1
box-small note 1
label-orphan warning 1
label-missing note 1
image-near note 1
split-leak warning 1
exif-orientation note 1
stem-twice warning 1
END
where=$(jq -r '.findings[] | select(.rule == "object-near") | "\(.file | split("/") | last):\(.line) \(.object)"' "$work/stdout")
[ "$where" = "${train[4]}.txt:2 1" ] || fail "object-near is at $where"
jq -e '.findings[] | select(.rule == "split-leak") | .message | contains("same bytes")' "$work/stdout" >/dev/null ||
    fail "the copy across splits is not called one"
expect_exit 1 "$bin" check "$set_" --json --jobs 1
cmp -s "$work/stdout" "$work/yolo.json" || fail "--jobs changes the report"
expect_exit 1 "$bin" check "$set_" --no-decode --json
jq -e '[.rules[].rule] | index("image-truncated") or index("image-near") | not' "$work/stdout" >/dev/null ||
    fail "--no-decode decodes"
expect_exit 0 "$bin" inspect "$set_"
expect_exit 1 "$bin" inspect "$set_" --strict
expect_exit 1 "$bin" check "$set_" --imgsz 4096 --json
jq -e '[.rules[].rule] | index("box-small") | not' "$work/stdout" >/dev/null || fail "--imgsz does nothing"

# ---- the page and the drawn copies; the set stays as it was ----
expect_exit 0 "$bin" inspect "$set_" --html "$work/page.html" --draw "$work/drawn"
[ "$(find "$work/drawn/train" -name '*.jpg' | wc -l)" -eq $(($(ls "$set_/images/train" | wc -l) - 1)) ] || fail "drawn copies"
[ -f "$work/drawn/train/${train[14]}_2.jpg" ] || fail "a stem that comes twice is drawn once"
grep -q "1 pictures could not be drawn" "$work/stderr" || fail "the picture that was not drawn is not said"
expect_exit 1 "$bin" inspect "$set_" --draw "$set_/images"
grep -q "empty" "$work/stderr" || fail "--draw into a full folder"
expect_exit 1 "$bin" inspect "$set_" --html "$work/no/such/page.html"
[ "$before" = "$(tree_hash "$set_")" ] || fail "the data set was changed"
check_page() { # FILE
    if command -v xmllint >/dev/null; then
        # libxml2 knows HTML 4: newer elements are no error of ours.
        xmllint --html --noout "$1" 2>&1 | grep ' error : ' | grep -v "Tag [a-z]* invalid" && fail "$1 is not well-formed"
    fi
    grep -Eq '(src|href)="(https?:|//)' "$1" && fail "$1 loads something"
    grep -qi "<script" "$1" && fail "$1 has a script"
}
check_page "$work/page.html"
for text in 'id="problems"' 'id="classes"' 'id="boxes"' 'id="samples"' 'data:image/jpeg;base64,' '<svg' \
    prefers-color-scheme 'A picture of one split is in another'; do
    grep -q "$text" "$work/page.html" || fail "the page lacks $text"
done

# ---- hostile names ----
evil='<script>alert(1)</script><img src=x onerror=alert(2)>"'"'"'&'
mkdir -p "$work/evil/images/train" "$work/evil/labels/train"
name='"><svg onload=alert(3)> %s
x'
cp "$golden/images/rgb.png" "$work/evil/images/train/$name.png"
printf '0 .5 .5 .5 .5\n7 .5 .5 .5 .5\n' >"$work/evil/labels/train/$name.txt"
printf 'path: .\ntrain: images/train\nnames:\n  - "%s"\n  - "\\e[31m"\n' "${evil//\"/\\\"}" >"$work/evil/data.yaml"
expect_exit 1 "$bin" inspect "$work/evil" --strict --html "$work/evil.html" --draw "$work/evil-drawn"
check_page "$work/evil.html"
grep -qE '<img src=x|<svg onload' "$work/evil.html" && fail "a name became markup"
grep -q '&lt;script&gt;alert(1)' "$work/evil.html" || fail "the class name is not shown"
grep -q $'\e' "$work/stdout" "$work/evil.html" && fail "an escape sequence got through"
expect_exit 1 "$bin" check "$work/evil" --json
jq -e . "$work/stdout" >/dev/null || fail "hostile names break the JSON"

# ---- planted faults, VOC ----
set_=$work/voc
stems=($(cd "$set_/Annotations" && ls | sed 's/\.xml$//'))
edit() { sed -i "$2" "$set_/Annotations/${stems[$1]}.xml"; }
edit 0 '0,/<width>/s/<width>[0-9]*/<width>999/'                                # size-mismatch
edit 1 '0,/<xmax>/s/<xmax>[0-9.]*/<xmax>-5/'                                   # box-inverted
edit 2 '0,/<xmax>/s/<xmax>[0-9.]*/<xmax>9999/'                                 # box-outside
rm "$set_/JPEGImages/${stems[3]}".*                                            # image-missing
echo "<annotation><object>" >"$set_/Annotations/${stems[4]}.xml"               # xml-malformed
edit 5 's/<filename>[^<]*/<filename>..\/..\/x.jpg/'                            # filename-unsafe
edit 6 's/<name>[^<]*/<name> /'
incomplete=$(grep -c '<name>' "$set_/Annotations/${stems[6]}.xml")             # object-incomplete
expect_exit 1 "$bin" check "$set_" --json
jq '.rules |= map(select(.rule != "split-skipped"))' "$work/stdout" >"$work/x" && mv "$work/x" "$work/stdout"
expect_rules voc <<END
size-mismatch warning 1
box-inverted error 1
box-outside warning 1
image-missing error 1
xml-malformed error 1
filename-unsafe warning 1
filename-differs note 1
object-incomplete error $incomplete
END

# ---- planted faults, COCO; an object is named by its annotation's id ----
"$bin" sample "$work/fresh" --images 40 2>/dev/null
"$bin" convert voc2coco "$work/fresh" "$work/coco" --images copy >/dev/null 2>&1
"$bin" convert voc2yolo "$work/fresh" "$work/from1" --images copy >/dev/null 2>&1
json=$work/coco/annotations/instances_train.json
pictures=$work/coco/images/train
jq '.annotations[0].category_id = 77                                  # category-unknown
    | .annotations[1].image_id = 99999                                # image-unknown
    | .annotations[2].bbox = [10, 10, -5, 4]                          # box-inverted
    | .annotations[3].bbox = [10, 10, 0, 4]                           # box-empty
    | .annotations[4].bbox = [-20, 5, 60, 40]                         # box-outside
    | .annotations[7] as $o
    | .annotations += [$o | .id = 900001]                             # object-twice
    | .annotations[8] as $o
    | .annotations += [$o | .id = 900002 | .bbox[0] += 0.5]           # object-near
    | .annotations[9] as $o
    | .annotations += [$o | .id = 900003 | .category_id = (.category_id % 4 + 1)] # object-conflict
    | .annotations += [$o | .id = 900004 | .bbox = [5, 5, 3, 3]]      # box-small
    | .categories += [{id: 9, name: "Disc", supercategory: ""}]       # class-unused, class-similar, category-ids
    | .images[3].width = 11                                           # size-mismatch
    | .images[4].file_name = "none.jpg"                               # image-missing, label-missing' "$json" >"$work/x" &&
    mv "$work/x" "$json"
files=($(ls "$pictures"))
head -c 3000 "$pictures/${files[7]}" >"$work/x" && mv "$work/x" "$pictures/${files[7]}"   # image-truncated
: >"$pictures/${files[8]}"                                                                # image-unreadable
cp "$golden/images/gray.png" "$pictures/extra.png"                                        # label-missing
expect_exit 1 "$bin" check "$work/coco" --json
expect_rules coco <<END
category-unknown error 1
image-unknown error 1
box-inverted error 1
box-empty error 1
box-outside warning 1
object-twice warning 1
object-near warning 1
object-conflict warning 1
box-small note 1
class-unused warning 1
class-similar warning 1
category-ids note 1
size-mismatch warning 1
image-missing error 1
label-missing warning 2
image-truncated error 1
image-unreadable error 1
END
got=$(jq -c '[.findings[] | select(.rule | startswith("object-")) | .object] | sort' "$work/stdout")
[ "$got" = "[900001,900002,900003]" ] || fail "COCO: objects $got"
got=$(jq -r '.findings[] | select(.rule == "label-missing") | .file | split("/") | last' "$work/stdout" | sort | paste -sd' ')
[ "$got" = "${files[4]} extra.png" ] || fail "COCO: unlisted pictures: $got"
# A folder that serves other sets, too, is one note.
expect_exit 1 "$bin" check "$json" --json
jq '.images |= .[:3] | .annotations |= map(select(.image_id <= 3))' "$json" >"$work/x" && mv "$work/x" "$json"
"$bin" check "$json" --json >"$work/stdout" 2>"$work/stderr"
got=$(jq -c '[.findings[] | select(.rule == "label-missing") | [.severity, (.message | split(" ") | .[0])]]' "$work/stdout")
[ "$got" = "[[\"note\",\"$((${#files[@]} + 1 - 3))\"]]" ] || fail "COCO: a shared folder: $got"

# ---- class numbers that count from 1 ----
for label in "$work"/from1/labels/*/*.txt; do
    awk '{$1 = $1 + 1; print}' "$label" >"$work/x" && mv "$work/x" "$label"
done
expect_exit 1 "$bin" check "$work/from1" --json
jq -e '[.rules[] | select(.rule == "class-base")] | length == 1' "$work/stdout" >/dev/null || fail "1-based numbers are not seen"

# ---- BCCD ----
if [ -d "${DETTOOL_DATA:-}/bccd" ]; then
    expect_exit 1 "$bin" check "$DETTOOL_DATA/bccd"
    expect_exit 0 "$bin" inspect "$DETTOOL_DATA/bccd" --json
    got=$(jq -c '[.images, (.classes | map({(.name): .objects}) | add), (.splits | map({(.name): .images}) | add),
        (.findings | map(select(.rule == "box-empty")) | length)]' "$work/stdout")
    want='[364,{"Platelets":361,"RBC":4155,"WBC":372},{"train":205,"val":87,"test":72},2]'
    [ "$got" = "$want" ] || fail "BCCD: $got"
else
    echo "SKIPPED: bccd is not in DETTOOL_DATA"
fi

# ---- COCO: a finding names the picture, too ----
if [ -d "${DETTOOL_DATA:-}/coco-tiny" ]; then
    expect_exit 0 "$bin" inspect "$DETTOOL_DATA/coco-tiny" --json --html "$work/coco.html"
    got=$(jq -c '[.format, (.splits[] | [.name, .images, .objects]),
        (.findings[] | select(.rule == "object-conflict") | .other | split("/") | last)]' "$work/stdout")
    [ "$got" = '["coco",["train",80,705],["val",80,815],"000000098304.jpg"]' ] || fail "coco-tiny: $got"
    check_page "$work/coco.html"
else
    echo "SKIPPED: coco-tiny is not in DETTOOL_DATA"
fi

finish
