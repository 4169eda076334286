# What the tests of commands share; to be sourced. $bin: the program; $golden: golden files; $work: a folder that goes at the end.
set -u
bin=${DETTOOL_BIN:?}
golden=${DETTOOL_GOLDEN:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

needs() { # PROGRAM: the test is skipped where it is not there
    command -v "$1" >/dev/null || { echo "SKIPPED: $1 is not there"; exit 77; }
}

expect_exit() { # CODE COMMAND...: what is printed is in $work/stdout and $work/stderr afterwards
    local want=$1 got
    shift
    "$@" >"$work/stdout" 2>"$work/stderr"
    got=$?
    [ "$got" -eq "$want" ] || { fail "exit $got, expected $want: $*"; tail -n 5 "$work/stderr" "$work/stdout"; }
}

finish() { # at the end
    [ $failures -eq 0 ] || exit 1
    echo "all passed"
}
