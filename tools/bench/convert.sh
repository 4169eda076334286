#!/usr/bin/env bash
# VOC to YOLO, labels only, on a set with the sizes and counts of VOC2012: dettool beside the converters that are installed,
# in turn, minimum of the rounds.
#
#   tools/bench/convert.sh [ROUNDS] [DIR]        (5, /dev/shm: in memory, so that no disk is measured)
#
# Peers, each left out by name where it is missing: panlabel, datum (datumaro[cli]), coco (hotcoco; it converts from COCO only, so it
# gets the set as COCO).
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} work=$(mktemp -d "${2:-/dev/shm}/dettool-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
cmake --build build --target dettool bench_voc >/dev/null
dettool=$PWD/build/dettool
build/bench_voc "$work/voc"
"$dettool" convert voc2coco "$work/voc" "$work/coco" --images none >/dev/null 2>&1
cd "$work"

files=$(find voc/Annotations -name '*.xml' | wc -l)
echo "$files annotations, $(grep -c '<object>' -r voc/Annotations -h | paste -sd+ | bc) objects; $(nproc) processors"
names=() commands=()
subject() { names+=("$1") commands+=("$2"); }
subject "dettool, 2 workers" "$dettool convert voc2yolo voc out --images none --jobs 2"
subject "dettool, 1 worker" "$dettool convert voc2yolo voc out --images none --jobs 1"
if command -v panlabel >/dev/null; then
    subject "$(panlabel --version)" "panlabel convert --from voc --to yolo --allow-lossy --input voc --output out"
else
    echo "panlabel: not installed"
fi
if command -v datum >/dev/null; then
    subject "$(datum --version 2>&1 | tail -n 1 | sed 's/^[0-9]/datumaro &/')" "datum convert -if voc -i voc -f yolo -o out"
else
    echo "datum: not installed"
fi
subject "dettool, from COCO" "$dettool convert coco2yolo coco/annotations/instances_train.json out --images none --jobs 2"
if command -v coco >/dev/null; then
    subject "$(coco --version), from COCO" "coco convert --from coco --to yolo --input coco/annotations/instances_train.json --output out"
else
    echo "coco (hotcoco): not installed"
fi

for ((i = 0; i < ${#names[@]}; i++)); do best[i]=999999 memory[i]=0 written[i]=0; done
for ((round = 0; round < rounds; round++)); do
    for ((i = 0; i < ${#names[@]}; i++)); do
        rm -rf out
        # shellcheck disable=SC2086
        /usr/bin/time -o time -f "%e %M" ${commands[i]} >log 2>&1 || { tail -n 3 log; best[i]=failed; continue; }
        read -r seconds kib <time
        best[i]=$(echo "$seconds ${best[i]}" | awk '{print $1 < $2 ? $1 : $2}') memory[i]=$kib
        written[i]=$(find out -name '*.txt' | wc -l)
    done
done
for ((i = 0; i < ${#names[@]}; i++)); do
    printf '%-28s %8s s %9.0f files/s %6d MB  %d text files\n' "${names[i]}" "${best[i]}" \
        "$(echo "${written[i]} ${best[i]}" | awk '{print $1 / $2}')" $((memory[i] / 1024)) "${written[i]}"
done
