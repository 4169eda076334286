#!/usr/bin/env bash
# Checks the CUDA backend on a machine with an NVIDIA GPU: builds program and module for this GPU, then runs every test
# that has a CUDA part with DT_REQUIRE_CUDA=1, so that nothing can pass by being skipped.
#
#   tools/gpu_check.sh [BUILD_DIR]            (build-gpu)
#
# Needs the packages of tools/test.sh, the CUDA toolkit from 12 on and cuDNN 9; CUDACXX names another nvcc, CUDNN_ROOT
# another place of cuDNN (a folder with include/ and lib/).
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build-gpu}

command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d . || true)
generator=()
command -v ninja >/dev/null && generator=(-G Ninja)
cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DDT_CUDA=ON \
      ${capability:+-DCMAKE_CUDA_ARCHITECTURES="$capability"}
cmake --build "$build" -j "$(nproc)"

export DT_REQUIRE_CUDA=1
status=0
# The op table with its CUDA column, and the backend's own test. One test at a time: they share the GPU.
ctest --test-dir "$build" --output-on-failure -R '^(ops\.|core\.cuda$|tools\.no_cuda$)' || status=$?
"$build/tests/op_table" | tail -n 3 || status=1
# Again with a wait after every kernel: an error then names the kernel that made it.
DT_CUDA_SYNC=1 "$build/tests/core_test_cuda" || status=1
if command -v compute-sanitizer >/dev/null && [ "${DT_GPU_SANITIZER:-1}" = 1 ]; then
    compute-sanitizer --tool memcheck --error-exitcode 9 "$build/tests/core_test_cuda" >"$build/memcheck.log" 2>&1 ||
        { status=1; tail -n 40 "$build/memcheck.log"; }
fi
[ "$status" = 0 ] && echo "gpu_check: all passed" || echo "gpu_check: FAILED"
exit "$status"
