#!/usr/bin/env bash
# Boxes that are smaller than a stride on both sides when pictures are scaled to IMGSZ: file, line, what.
#   small_boxes.sh PATH [IMGSZ [STRIDE]]
set -euo pipefail
{ "${DETTOOL:-dettool}" check "${1:?a data set}" --imgsz "${2:-640}" --stride "${3:-8}" --no-decode --quiet --json ||
    [ $? -eq 1 ]; } | jq -nr '
    input | .findings[] | select(.rule == "box-small") | [.file, .line, .message] | @tsv'
