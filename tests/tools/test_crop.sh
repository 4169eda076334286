#!/usr/bin/env bash
# dettool crop on the command line.
. "$(dirname "$0")/expect.sh"

"$bin" sample "$work/voc" >/dev/null 2>&1 || fail "sample"
expect_exit 0 "$bin" crop --help
expect_exit 2 "$bin" crop "$work/voc"
expect_exit 2 "$bin" crop "$work/voc" "$work/out" --seed 3
expect_exit 2 "$bin" crop "$work/voc" "$work/out" --type png --quality 50
expect_exit 2 "$bin" crop "$work/voc" "$work/out" --image-dir "$work"
expect_exit 2 "$bin" crop "$work/voc" "$work/out" --sqare
grep -q "square" "$work/stderr" || fail "no did-you-mean"
expect_exit 1 "$bin" crop "$work/nothing" "$work/out"
expect_exit 1 "$bin" crop "$work/voc" "$work/voc/crops"
[ ! -e "$work/out" ] || fail "a refused command wrote something"

before=$(cd "$work/voc" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
expect_exit 0 "$bin" crop "$work/voc" "$work/out" --square --margin 0.1 --type png --jobs 1
expect_exit 0 "$bin" crop "$work/voc" "$work/two" --square --margin 0.1 --type png --jobs 3
diff -r "$work/out" "$work/two" >/dev/null || fail "--jobs changes the output"
after=$(cd "$work/voc" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
[ "$before" = "$after" ] || fail "the source was touched"
objects=$(cat "$work"/voc/Annotations/*.xml | grep -c "<object>")
crops=$(find "$work/out" -name '*.png' | wc -l)
[ "$objects" = "$crops" ] || fail "$crops crops of $objects objects"
expect_exit 0 "$bin" crop "$work/voc" "$work/out" --limit 2 --json
grep -q '"format":"class folders"' "$work/stdout" || fail "JSON"
for folder in "$work"/out/*/*/; do
    [ "$(find "$folder" -type f | wc -l)" -le 2 ] || fail "more than the limit in $folder"
done
expect_exit 0 "$bin" convert --undo "$work/out"
[ ! -e "$work/out" ] || fail "undo left something"

data=${DETTOOL_DATA:-../shared/data}/bccd
if [ -d "$data" ]; then
    expect_exit 0 "$bin" crop "$data" "$work/bccd" --flat
    count() { find "$work/bccd/$1" -name '*.jpg' | wc -l; }
    [ "$(count RBC) $(count WBC) $(count Platelets)" = "4153 372 361" ] || fail "crops of BCCD"
    expect_exit 1 "$bin" crop "$data" "$work/bccd" --flat --strict # two boxes have no area
else
    echo "SKIPPED bccd: $data is not there"
fi
[ $failures -eq 0 ] && echo "ok"
exit $((failures > 0))
