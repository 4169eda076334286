#!/usr/bin/env bash
# Installs what building needs and is missing, from Debian's packages. Does nothing when all is there.
# Usage: tools/deps.sh [--fuzz]      --fuzz: clang and its runtime for the fuzz targets too
set -euo pipefail

packages=(gcc libc6-dev cmake ninja-build pkg-config libjpeg62-turbo-dev libpng-dev libxml2-dev libcjson-dev
          libyaml-dev zlib1g-dev libopenblas-dev)
[ "${1:-}" = "--fuzz" ] && packages+=(clang-14 libclang-rt-14-dev)

missing=()
for p in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "deps.sh: please install as root: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "deps.sh: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
