#!/usr/bin/env bash
# dettool sample: the folder that it writes, repeatability, refusals.
set -u
bin=$DETTOOL_BIN
[ -x "$bin" ] || { echo "SKIPPED: $bin is not built"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
check() { # check TEXT COMMAND...
    local text=$1
    shift
    "$@" || { echo "failed: $text"; failed=1; }
}
exits() { # exits CODE COMMAND...
    local code=$1
    shift
    "$@" >"$dir/out" 2>"$dir/err"
    [ $? -eq "$code" ]
}

check "makes a set" exits 0 "$bin" sample "$dir/a" --images 9 --seed 3
check "nothing on standard output" test ! -s "$dir/out"
check "nine pictures" test "$(find "$dir/a/JPEGImages" -name '*.jpg' | wc -l)" -eq 9
check "nine annotations" test "$(find "$dir/a/Annotations" -name '*.xml' | wc -l)" -eq 9
check "all in a split, none twice" test "$(cat "$dir"/a/ImageSets/Main/*.txt | sort -u | wc -l)" -eq 9
check "again" exits 0 "$bin" sample "$dir/b" --images 9 --seed 3
check "same bytes" diff -r "$dir/a" "$dir/b"
check "another seed" exits 0 "$bin" sample "$dir/c" --images 9 --seed 4
check "other pictures" test -n "$(diff -rq "$dir/a" "$dir/c")"
check "refuses a folder that holds something" exits 1 "$bin" sample "$dir/a"
check "names the folder" grep -q "$dir/a" "$dir/err"
check "needs a folder" exits 2 "$bin" sample
check "checks the number" exits 2 "$bin" sample "$dir/d" --images 0
check "knows one format" exits 2 "$bin" sample "$dir/d" --format coco
check "has help" exits 0 "$bin" sample --help
check "left nothing behind" test ! -e "$dir/d"
exit $failed
