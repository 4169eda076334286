# For tests of commands whose steps build on each other: to be sourced; the first failure ends the test. The folder that they
# run in, an empty one, goes at the end.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { printf 'FAILED: %.500s\n' "$*"; exit 1; }

expect() { # CODE TEXT COMMAND...: exit code and a part of what is said, which is in out.txt and err.txt afterwards
    local code=$1 text=$2 rc=0
    shift 2
    "$@" >out.txt 2>err.txt || rc=$?
    [ "$rc" -eq "$code" ] || { tail -n 20 err.txt; fail "exit $rc instead of $code: $*"; }
    grep -q -- "$text" err.txt out.txt || { tail -n 20 err.txt out.txt; fail "no '$text': $*"; }
}
