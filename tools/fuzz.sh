#!/usr/bin/env bash
# Builds the libFuzzer targets with clang and runs each for a while (DT_FUZZ_SECONDS, 60 by default), two at a time,
# starting from the stored corpus in tests/fuzz/corpus/.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/deps.sh --fuzz
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzzers
ctest --preset fuzz -j2
