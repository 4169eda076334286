#!/usr/bin/env bash
# Classes from the rarest to the most frequent, with how many times rarer than the most frequent one each is.
#   class_imbalance.sh PATH
set -euo pipefail
"${DETTOOL:-dettool}" inspect "${1:?a data set}" --no-decode --quiet --json | jq -r '
    (.classes | map(.objects) | max) as $most
    | .classes | sort_by(.objects)[]
    | [.name, .objects, (if .objects > 0 then "1 : \($most / .objects * 10 | round / 10)" else "none" end),
       (.splits | to_entries | map("\(.key) \(.value)") | join(", "))]
    | @tsv'
