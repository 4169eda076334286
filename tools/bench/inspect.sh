#!/usr/bin/env bash
# `dettool inspect` of many pictures beside libjpeg-turbo's own decoding of the same files, in turn, minimum of the rounds.
#
#   tools/bench/inspect.sh [FROM] [COUNT] [ROUNDS] [THREADS] [DIR]
#
# FROM: a folder with JPEG files to cut pictures from (without it the project's own sample set). 5000 pictures, 5 rounds, 2 threads,
# /dev/shm: in memory, so that no disk is measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
from=${1:-} count=${2:-5000} rounds=${3:-5} threads=${4:-2} work=$(mktemp -d "${5:-/dev/shm}/dettool-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
cmake --build build --target dettool bench_inspect >/dev/null
dettool=$PWD/build/dettool bench=$PWD/build/bench_inspect
if [ -n "$from" ]; then
    "$bench" make "$from" "$work/set" "$count"
else
    "$dettool" sample "$work/sample" --images 200 >/dev/null 2>&1
    "$bench" make "$work/sample" "$work/set" "$count"
fi
echo "$count pictures, $(du -sm "$work/set/images" | cut -f1) MB, $threads threads of $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"

full=999999 reduced=999999 inspect=999999 header=999999 memory=0
smaller() { awk -v a="$1" -v b="$2" 'BEGIN {print a < b ? a : b}'; }
for ((round = 0; round < rounds; round++)); do
    read -r a b < <("$bench" decode "$work/set" "$threads")
    /usr/bin/time -o "$work/time" -f "%e %M" "$dettool" inspect "$work/set" --jobs "$threads" --quiet >"$work/out"
    read -r c kib <"$work/time"
    /usr/bin/time -o "$work/time" -f "%e %M" "$dettool" inspect "$work/set" --jobs "$threads" --quiet --no-decode >"$work/out"
    read -r d _ <"$work/time"
    full=$(smaller "$full" "$a") reduced=$(smaller "$reduced" "$b") inspect=$(smaller "$inspect" "$c")
    header=$(smaller "$header" "$d") memory=$kib
done
line() { awk -v name="$1" -v s="$2" -v full="$full" -v n="$count" 'BEGIN {printf "%-52s %8.2f s %8.0f pictures/s %6.2f x\n", name, s, n / s, s / full}'; }
line "libjpeg-turbo alone, RGB, full size" "$full"
line "libjpeg-turbo alone, gray, the size inspect asks for" "$reduced"
line "dettool inspect" "$inspect"
line "dettool inspect --no-decode" "$header"
echo "dettool inspect: $((memory / 1024)) MB of memory at most"
