#!/usr/bin/env bash
# Installs what is missing, builds, runs all tests. Usage: tools/test.sh [preset]   (release by default; asan, debug)
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
tools/deps.sh
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
ctest --preset "$preset" -j "$(nproc)"
