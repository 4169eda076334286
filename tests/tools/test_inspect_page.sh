#!/usr/bin/env bash
# The page of dettool inspect in a browser: phone and desktop, light and dark. With DETTOOL_SCREENSHOTS=DIR the pictures of
# it are kept there.
set -u
bin=${DETTOOL_BIN:?}
golden=${DETTOOL_GOLDEN:?}
here=${DETTOOL_SOURCE:?}/tests/tools/page
browser=
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && { browser=$name; break; }
done
[ -n "$browser" ] || { echo "SKIPPED: no chromium, chromium-browser or google-chrome"; exit 77; }
command -v jq >/dev/null || { echo "SKIPPED: jq is not there"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
shots=${DETTOOL_SCREENSHOTS:-$work}
mkdir -p "$shots"
failures=0

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

browse() { # SCHEME(0 dark, 1 light) ARGUMENTS...
    local scheme=$1
    shift
    timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
        --user-data-dir="$work/profile" --blink-settings=preferredColorScheme="$scheme" "$@"
}
browse 1 --dump-dom "data:text/html,<p>here</p>" 2>"$work/log" | grep -q here || {
    echo "SKIPPED: $browser does not start here"
    exit 77
}

# A copy with the measuring script, in a frame of the wanted width: windows of a browser are never narrower than 500.
frame() { # PAGE WIDTH > wrapper
    sed -e '/http-equiv="Content-Security-Policy"/d' -e 's/ loading="lazy"//g' "$1" >"$work/copy.html"
    { echo '<script>'; cat "$here/measure.js"; echo '</script>'; } >>"$work/copy.html"
    cat >"$work/frame.html" <<END
<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><body style="margin:0">
<iframe src="copy.html" style="border:0;width:$2px;height:5000px"></iframe><pre id="out"></pre><script>
addEventListener('load', function () {
  var out;
  try { out = frames[0].measure(); } catch (e) { out = {failed: String(e)}; }
  document.getElementById('out').textContent = JSON.stringify(out);
});
</script>
END
}

measure() { # PAGE WIDTH SCHEME -> $work/m.json
    frame "$1" "$2"
    browse "$3" --allow-file-access-from-files --window-size=1400,5100 \
        --dump-dom "file://$work/frame.html" 2>"$work/log" >"$work/dom"
    sed -n 's/.*<pre id="out">\(.*\)<\/pre>.*/\1/p' "$work/dom" |
        sed -e 's/&lt;/</g' -e 's/&gt;/>/g' -e 's/&amp;/\&/g' >"$work/m.json"
    jq -es 'length == 1 and .[0].width > 0' "$work/m.json" >/dev/null 2>&1 || { fail "$1 at $2: not measured"; cat "$work/m.json"; return 1; }
}

expect() { # WHAT JQ-CONDITION
    jq -e "$2" "$work/m.json" >/dev/null || {
        fail "$1"
        jq -c '{width, scroll_width, scheme, contrast, contrast_of, smallest, smallest_of, broken, requests, small_targets,
            dead_links, charts: [.charts[]? | {title, cut, over}]}' "$work/m.json"
    }
}

check_page() { # NAME PAGE JSON CHARTS
    local name=$1 page=$2 json=$3 scheme width
    grep -Eoi '(src|href|action|data|poster)="(https?:|//|file:)[^"]*' "$page" && fail "$name loads something"
    grep -Eoi 'url\([^)]*|@import[^;]*' "$page" && fail "$name: the style loads something"
    for scheme in dark light; do
        for width in 360 1280; do
            measure "$page" $width $([ $scheme = dark ]; echo $?) || continue
            expect "$name: scheme at $width" ".scheme == \"$scheme\" and .width == $width"
            expect "$name: scrolls sideways at $width, $scheme" '.scroll_width <= .width'
            expect "$name: contrast at $width, $scheme" '.contrast >= 4.5'
            expect "$name: tiny letters at $width" '.smallest >= 10'
            expect "$name: requests" '.requests == []'
            expect "$name: broken pictures" '.broken == 0 and .pictures > 0'
            expect "$name: links too low for a finger" '.small_targets == []'
            expect "$name: dead links" '.dead_links == []'
            expect "$name: charts at $width" "(.charts | length) == $4 and all(.charts[]; .seen and .marks > 0 and .cut == [] and .over == [])"
            browse $([ $scheme = dark ]; echo $?) --window-size=$((width < 500 ? 500 : width)),3600 \
                --screenshot="$shots/$name-$width-$scheme.png" \
                "file://$([ $width -lt 500 ] && echo "$work/frame.html" || echo "$page")" >/dev/null 2>&1
            [ "$(stat -c %s "$shots/$name-$width-$scheme.png" 2>/dev/null || echo 0)" -gt 20000 ] ||
                fail "$name: no screenshot at $width, $scheme"
        done
    done
    # Axes say what they count.
    for axis in boxes images "width : height" top bottom left right; do
        expect "$name: no axis '$axis'" "[.charts[].texts[]] | index(\"$axis\") != null"
    done
    # What the JSON has is on the page, under its rule.
    jq -n --slurpfile m "$work/m.json" --slurpfile j "$json" '
        ($j[0].rules | map([.rule, .severity, ([.count, 101] | min)])) as $want
        | ($m[0].rules | map([.rule, .severity, .listed])) as $got
        | if $want == $got then empty else {want: $want, got: $got} end' >"$work/diff"
    [ -s "$work/diff" ] && { fail "$name: rules of page and JSON differ"; cat "$work/diff"; }
    jq -r '.findings | group_by(.rule)[] | .[0:50][] | [.rule, .message] | @tsv' "$json" >"$work/messages"
    while IFS=$'\t' read -r rule message; do
        jq -e --arg rule "$rule" --arg message "${message//$5\//}" \
            'any(.rules[]; .rule == $rule and (.text | contains($message)))' "$work/m.json" >/dev/null ||
            fail "$name: the page lacks $rule: $message"
    done <"$work/messages"
    # The page as it is, with its own policy, has nothing to complain about.
    browse 1 --enable-logging=stderr --virtual-time-budget=5000 --dump-dom "file://$page" 2>&1 >/dev/null |
        grep CONSOLE && fail "$name: the browser complains"
}

expect_pictures() { # NAME RULE...
    local name=$1 rule
    shift
    for rule in "$@"; do
        expect "$name: no picture with $rule" "any(.rules[]; .rule == \"$rule\" and .pictures > 0)"
    done
}

# ---- planted faults in a YOLO set with hostile and long names ----
"$bin" sample "$work/voc" --images 40 >/dev/null 2>&1
"$bin" convert voc2yolo "$work/voc" "$work/yolo" --images copy >/dev/null 2>&1
labels=$work/yolo/labels/train
images=$work/yolo/images/train
train=($(cd "$images" && ls | sed 's/\.jpg$//'))
printf '0 .5 .5 .3 .3\n0 .5 .5 .3 .3\n' >"$labels/${train[0]}.txt"
printf '0 .5 .5 .3 .3\n1 .501 .5 .3 .3\n' >"$labels/${train[1]}.txt"
printf '0 .99 .5 .3 .3\n' >"$labels/${train[2]}.txt"
printf '0 .5 .5 0 .3\n' >"$labels/${train[3]}.txt"
printf '0 .5 .5 .004 .004\n9 .5 .5 .1 .1\n' >"$labels/${train[4]}.txt"
head -c 6000 "$images/${train[5]}.jpg" >"$work/cut" && mv "$work/cut" "$images/${train[5]}.jpg"
cp "$images/${train[6]}.jpg" "$work/yolo/images/val/leak.jpg"
cp "$labels/${train[6]}.txt" "$work/yolo/labels/val/leak.txt"
cp "$golden/images/exif6.jpg" "$images/turned.jpg"
echo "0 .5 .5 .6 .6" >"$labels/turned.txt"
long=$(printf 'a_very_long_name_without_any_blank_%.0s' 1 2 3 4 5)
mv "$images/${train[7]}.jpg" "$images/$long.jpg" && mv "$labels/${train[7]}.txt" "$labels/$long.txt"
sed -i "s/square/$long/; s/star/<b onload=alert(1)>/" "$work/yolo/data.yaml"
"$bin" inspect "$work/yolo" --quiet --json --html "$work/yolo.html" >"$work/yolo.json" 2>"$work/log"
check_page yolo "$work/yolo.html" "$work/yolo.json" 5 "$work/yolo"
expect_pictures yolo object-twice object-conflict box-outside box-empty box-small class-range image-truncated split-leak \
    exif-orientation

# ---- segmentation ----
cp -r "$golden/segmentation/voc" "$work/masks"
cp "$golden/segmentation/files/boat.png" "$work/masks/SegmentationClass/000001.png"
cp "$golden/segmentation/files/third.png" "$work/masks/SegmentationObject/000001.png"
"$bin" inspect "$work/masks" --quiet --json --html "$work/masks.html" >"$work/masks.json" 2>"$work/log"
check_page masks "$work/masks.html" "$work/masks.json" 5 "$work/masks"
expect_pictures masks mask-class mask-unboxed mask-differs
grep -q 'id="segmentation"' "$work/masks.html" || fail "no section about the segmentation"

# ---- real sets ----
for name in bccd coco-tiny; do
    set_=${DETTOOL_DATA:-}/$name
    [ -d "$set_" ] || { echo "SKIPPED: $name is not in DETTOOL_DATA"; continue; }
    "$bin" inspect "$set_" --quiet --json --html "$work/$name.html" >"$work/$name.json" 2>"$work/log"
    check_page $name "$work/$name.html" "$work/$name.json" 5 "$set_"
done

[ $failures -eq 0 ] || exit 1
echo "all passed"
