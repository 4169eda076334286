#!/usr/bin/env bash
# The program depends on no CUDA library: it starts on machines without any. The module alone does.
set -eu
if ! command -v readelf >/dev/null; then
    echo "SKIPPED: readelf (binutils) is not here"
    exit 77
fi
failed=0
if [ ! -x "$DETTOOL_BIN" ]; then
    echo "SKIPPED: there is no $DETTOOL_BIN"
    exit 77
fi
needed=$(readelf -d "$DETTOOL_BIN" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
if [ -z "$needed" ]; then
    echo "no NEEDED entries found in $DETTOOL_BIN: the check sees nothing"
    failed=1
fi
if all=$(ldd "$DETTOOL_BIN" 2>/dev/null); then needed="$needed $all"; fi
if grep -Eo 'lib(cuda|cudart|cublas|cublasLt|cudnn|nvrtc|nccl|cusparse|cusolver|curand)[._][^ ]*' <<<"$needed"; then
    echo "$DETTOOL_BIN depends on CUDA"
    failed=1
fi

# What the module wants of the program would only be found missing when it is loaded.
module=$(dirname "$DETTOOL_BIN")/dettool_cuda.so
if [ -e "$module" ] && readelf -W --dyn-syms "$module" | awk '$7 == "UND" && $5 == "GLOBAL" && $8 ~ /^dt_/ {print $8; n++} END {exit !n}'; then
    echo "$module refers to symbols of the program"
    failed=1
fi
exit $failed
