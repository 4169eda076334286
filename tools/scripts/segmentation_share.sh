#!/usr/bin/env bash
# Classes of a VOC segmentation from the most pixels to the fewest: number, name, share of the pixels, images, objects.
# Fails if the set has none.
#   segmentation_share.sh PATH
set -euo pipefail
"${DETTOOL:-dettool}" inspect "${1:?a data set}" --quiet --json | jq -r '
    if .segmentation == null then error("no segmentation in \(.path)") else .segmentation end
    | .objects as $objects
    | .classes | sort_by(-.pixels)[]
    | [.number, (.name // "?"), "\(.share * 1000 | round / 10) %", .images, ($objects[.name // ""] // 0)]
    | @tsv'
