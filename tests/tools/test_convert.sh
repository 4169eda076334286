#!/usr/bin/env bash
# dettool convert on the command line: BCCD, exit codes, full disk, kills.
. "$(dirname "$0")/expect.sh"

make_voc() { # FOLDER COUNT
    local i
    mkdir -p "$1/Annotations" "$1/JPEGImages"
    for ((i = 0; i < $2; i++)); do
        echo "<annotation><size><width>16</width><height>12</height></size><object><name>n</name><bndbox><xmin>1</xmin>\
<ymin>1</ymin><xmax>8</xmax><ymax>6</ymax></bndbox></object></annotation>" >"$1/Annotations/i$i.xml"
        cp "$golden/images/exif1.jpg" "$1/JPEGImages/i$i.jpg"
    done
}

make_voc "$work/voc" 60
expect_exit 2 "$bin" convert
expect_exit 2 "$bin" convert voc2yolo "$work/voc"
expect_exit 2 "$bin" convert voc2yola "$work/voc" "$work/o"
expect_exit 2 "$bin" convert voc2yolo "$work/voc" "$work/o" --voc-rule exactly
expect_exit 2 "$bin" convert voc2yolo "$work/voc" "$work/o" --class-base 2
expect_exit 1 "$bin" convert voc2yolo "$work/nothing" "$work/o"
grep -q "nothing" "$work/stderr" || fail "the missing folder is not named"
expect_exit 0 "$bin" convert --help
expect_exit 0 "$bin" convert voc2yolo "$work/voc" "$work/o" --strict
[ "$(cat "$work/o/labels/train/i7.txt")" = "0 0.250000 0.250000 0.500000 0.500000" ] || fail "label row"
[ -f "$work/o/images/train/i7.jpg" ] || fail "the link leads nowhere"

# --strict: a zero-byte picture and a box without area are findings, and the rest is written all the same.
: >"$work/voc/JPEGImages/i3.jpg"
sed -i 's/<xmax>8/<xmax>1/' "$work/voc/Annotations/i4.xml"
echo "<annotation><object>" >"$work/voc/Annotations/i5.xml"
expect_exit 1 "$bin" convert voc2yolo "$work/voc" "$work/o" --strict
for name in i3.jpg i4.xml:1 i5.xml; do
    grep -q "$name" "$work/stderr" || fail "$name is not named"
done
expect_exit 0 "$bin" convert voc2yolo "$work/voc" "$work/o"
grep -q "55 kept\|57 kept" "$work/stdout" || { fail "count of boxes"; cat "$work/stdout"; }

# The same bytes for any number of jobs.
expect_exit 0 "$bin" convert voc2yolo "$work/voc" "$work/j" --jobs 1
expect_exit 0 "$bin" convert voc2yolo "$work/voc" "$work/k" --jobs 5
diff -r "$work/j" "$work/k" >/dev/null || fail "--jobs changes the output"

# A full disk (files may have 0 blocks): exit 1, the earlier output stays, nothing is left over.
before=$(cat "$work/o/conversion.json" | sha256sum)
said=$(trap '' XFSZ; ulimit -f 0; exec "$bin" convert voc2yolo "$work/voc" "$work/o" 2>&1 >/dev/null)
[ $? -eq 1 ] || fail "a full disk is no error"
grep -q "write failed" <<<"$said" || fail "the failed write is not named: $said"
[ "$before" = "$(cat "$work/o/conversion.json" | sha256sum)" ] || fail "a full disk changed the earlier output"
ls -a "$work" | grep -q partial && fail "a full disk left a folder"

# Kills at many moments: the target is the old output or the new one, whole.
for i in $(seq 1 25); do
    "$bin" convert voc2yolo "$work/voc" "$work/o" --images copy >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$(printf %02d $((i % 30)))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ "$(ls "$work/o/labels/train" | wc -l)" -eq 58 ] || fail "kill $i: $(ls "$work/o/labels/train" | wc -l) labels"
    [ -s "$work/o/conversion.json" ] || fail "kill $i: no certificate"
done
expect_exit 0 "$bin" convert voc2yolo "$work/voc" "$work/o"

if [ "$(id -u)" -ne 0 ]; then
    mkdir "$work/ro" && chmod 555 "$work/ro"
    expect_exit 1 "$bin" convert voc2yolo "$work/voc" "$work/ro"
    expect_exit 1 "$bin" convert voc2yolo "$work/voc" "$work/ro/deeper"
fi
(cd "$work" && mkdir here && cd here && "$bin" convert voc2yolo ../voc . >/dev/null 2>&1 && [ -f data.yaml ]) ||
    fail "conversion into the current folder"

bccd=${DETTOOL_DATA:-../shared/data}/bccd
if [ -d "$bccd" ]; then
    expect_exit 1 "$bin" convert voc2yolo "$bccd" "$work/bccd" --strict
    grep -q "364 images" "$work/stdout" || fail "BCCD: images"
    grep -q "4886 kept, 0 of them clipped; 2 dropped" "$work/stdout" || fail "BCCD: boxes"
    grep -q '"found": 1' "$work/bccd/conversion.json" || fail "BCCD: coordinate base"
    grep -q 'BloodImage_00338.xml:158' "$work/stderr" || fail "BCCD: the box without area"
    expect_exit 0 "$bin" convert voc2yolo "$bccd" "$work/raw" --voc-rule raw --class-base 1 --difficult drop --strict
    (cd "$work/raw" && sha256sum --quiet -c "$golden/bccd_script.sha256") || fail "BCCD: not the script's bytes"
else
    echo "SKIPPED: $bccd is not there"
fi
[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))
