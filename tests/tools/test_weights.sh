#!/usr/bin/env bash
# dettool weights: table, JSON, statistics, broken files.
set -u
bin=${DETTOOL_BIN:?}
[ -x "$bin" ] || { echo "SKIPPED: $bin is not built"; exit 77; }
file=${DETTOOL_GOLDEN:?}/core/python.safetensors
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
run() { "$bin" weights "$@" >"$tmp/out" 2>"$tmp/err"; }
has() { grep -qF -- "$1" "$tmp/${2:-out}" || fail "no '$1' in $(cat "$tmp/${2:-out}")"; }

run "$file" || fail "table: exit $?"
has "model: yolo-nano"
grep -qE '^f32 +float32 +\(2, 3\)$' "$tmp/out" || fail "row of f32"
grep -qE '^empty +float32 +\(3, 0, 2\)$' "$tmp/out" || fail "row of empty"
has "12 tensors, 1042 elements, 3138 bytes"
[ "$(LC_ALL=C tr -d '\n -~' <"$tmp/out" | LC_ALL=C tr -d '\200-\377' | wc -c)" = 0 ] || fail "control characters in the table"
[ -s "$tmp/err" ] && fail "text on standard error"

run "$file" --stats || fail "stats: exit $?"
grep -qE '^u8 .* min 0  max 255  mean 87.3333$' "$tmp/out" || fail "statistics of u8"
grep -qE '^f32 .*  1 NaN or infinite$' "$tmp/out" || fail "infinities of f32"

run "$file" --json --stats || fail "json: exit $?"
has '"metadata": {'
has '{"name": "i32", "dtype": "int32", "shape": [2, 1, 1], "bytes": 8, "min": -2, "max": 1, "mean": -0.5, "not_finite": 0}'
has '"elements": 1042'

head -c 500 "$file" >"$tmp/cut.safetensors"
run "$tmp/cut.safetensors"
[ $? = 1 ] || fail "a cut file: exit $?"
has "$tmp/cut.safetensors" err
run "$tmp/none.safetensors"
[ $? = 1 ] || fail "a missing file: exit $?"
run
[ $? = 2 ] || fail "no file: exit $?"
[ $failures = 0 ] || exit 1
echo "all good"
