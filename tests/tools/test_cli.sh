#!/usr/bin/env bash
# The command line itself: help, wrong usage, exit codes, what goes to which stream.
set -u
bin=${DETTOOL_BIN:?}
[ -x "$bin" ] || { echo "SKIPPED: $bin is not built"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0

fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

# expect CODE STDOUT-PATTERN STDERR-PATTERN ARGUMENTS...   ('' = the stream must be empty)
expect() {
    local code=$1 out=$2 err=$3
    shift 3
    "$bin" "$@" >"$tmp/out" 2>"$tmp/err"
    local rc=$?
    [ $rc -eq "$code" ] || fail "dettool $*: exit $rc, expected $code: $(head -c 300 "$tmp/err")"
    if [ -n "$out" ]; then grep -qe "$out" "$tmp/out" || fail "dettool $*: no '$out' on standard output"
    else [ ! -s "$tmp/out" ] || fail "dettool $*: unexpected standard output: $(head -c 200 "$tmp/out")"; fi
    if [ -n "$err" ]; then grep -qe "$err" "$tmp/err" || fail "dettool $*: no '$err' in: $(cat "$tmp/err")"
    else [ ! -s "$tmp/err" ] || fail "dettool $*: unexpected standard error: $(head -c 200 "$tmp/err")"; fi
}

# The program as a whole
expect 2 '' 'Commands:'
expect 0 'Commands:' '' --help
expect 0 'Commands:' '' -h
expect 0 'Commands:' '' help
expect 0 '^dettool [0-9][0-9.]*$' '' --version
expect 2 '' "unknown command 'evl'; did you mean eval?" evl
expect 2 '' "unknown command 'zzzzzz'" zzzzzz
expect 2 '' 'unknown option --json' --json eval
expect 2 '' 'did you mean eval' help evall

# Every command: in the overview, with help that shows an example
commands=$("$bin" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ] || fail "no commands listed"
for c in $commands; do
    expect 0 '^Usage: dettool '"$c" '' "$c" --help
    grep -q 'Example' "$tmp/out" || fail "$c --help shows no example"
    expect 0 '^Usage: dettool '"$c" '' "$c" --no-such-thing -h
    expect 0 '^Usage: dettool '"$c" '' help "$c"
    expect 2 '' "dettool $c: error: unknown option --no-such-thing" "$c" --no-such-thing
done

# Options (eval stands for all: the parser is one)
expect 2 '' 'unknown option --gtt; did you mean --gt?' eval --gtt x
expect 2 '' 'unknown option rul=coco; did you mean --rule?' eval rul=coco
expect 2 '' 'did you mean --per-class?' eval --perclass
expect 2 '' '^dettool eval: error: --gt needs a value (FILE)$' eval --gt
expect 2 '' '--gt needs a value' eval --gt --json
expect 2 '' "--gt is given twice, as 'a' and as 'b'" eval --gt a gt=b
expect 2 '' "--rule: 'coko' is none of coco|voc07|voc10; did you mean coco?" eval --rule coko
expect 2 '' "--rule: 'VOC' is none of" eval --rule=VOC
expect 2 '' "--json: 'maybe' is neither true nor false" eval --json=maybe
expect 2 '' "--threads: '2.5' is not a whole number" eval --threads 2.5
expect 2 '' "--threads: '' is not a whole number" eval --threads=
expect 2 '' "--threads: -1 is outside 0 to" eval --threads -1
expect 2 '' "--threads: '99999999999999999999' is not" eval --threads 99999999999999999999
expect 2 '' "unexpected argument 'a.json'" eval a.json --gt x
expect 2 '' "unexpected argument '--gt'" eval -- --gt
expect 2 '' 'See: dettool eval --help' eval --gt

# The three ways of writing an option are one; underscores and dashes are, too. A missing file is exit 1.
for words in "--gt /no/gt --dt /no/dt --per_class" "--gt=/no/gt --dt=/no/dt --per-class" "gt=/no/gt dt=/no/dt per_class=true"; do
    # shellcheck disable=SC2086
    expect 1 '' '/no/gt' eval $words
done

# A file called key=value is an operand, not an unknown option
(cd "$tmp" && : >x=1.json && "$bin" eval x=1.json 2>err; grep -q "unexpected argument 'x=1.json'" err) ||
    fail "a file named x=1.json is not taken as an operand"

# A full disk is a failure, a reader that goes away is not a message
if [ -w /dev/full ]; then
    "$bin" --help >/dev/full 2>"$tmp/err"
    rc=$?
    [ $rc -eq 1 ] && grep -q 'could not be written' "$tmp/err" || fail "full disk: exit $rc: $(cat "$tmp/err")"
fi
{ "$bin" eval --help; echo $? >"$tmp/rc"; } 2>"$tmp/err" | true
[ ! -s "$tmp/err" ] || fail "closed pipe: $(cat "$tmp/err")"

[ $failures -eq 0 ] || { echo "$failures failures" >&2; exit 1; }
echo "command line: ok"
