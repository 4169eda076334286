#!/usr/bin/env bash
# Files with at least one error, the worst first: count, file, rules. Exit 0 also when there are some.
#   files_with_errors.sh PATH
set -euo pipefail
{ "${DETTOOL:-dettool}" check "${1:?a data set}" --quiet --json || [ $? -eq 1 ]; } | jq -nr '
    input | .findings | map(select(.severity == "error" and .file != null))
    | group_by(.file) | sort_by(-length)[]
    | [length, .[0].file, (map(.rule) | unique | join(" "))]
    | @tsv'
