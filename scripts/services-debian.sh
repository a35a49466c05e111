#!/usr/bin/env bash
# Unpacks the registry and the tools that the tests measure lading against into .services/, from Debian's archive.
#
# Packages are unpacked, never installed: Debian's docker-registry would start a daemon on every interface, its skopeo is years
# behind, and so neither root nor sudo is needed. apt keeps its own state in a temporary folder; the system's is not touched.
# A part of `npm run services`.
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian 12 has the last registry of the 2.x line, whose gaps (no referrers API, no paging) the tests are about.
stable=bookworm
from_stable=(docker-registry)
from_sid=(skopeo crane oras umoci openssl rclone cosign)
tools=("${from_stable[@]}" "${from_sid[@]}")
into=$PWD/.services

works() { "$1" --version >/dev/null 2>&1 || "$1" version >/dev/null 2>&1; }

ready() {
  local tool
  for tool in "${tools[@]}"; do works "$into/bin/$tool" || return 1; done
}

if ready; then
  echo "services: ready in .services/bin: ${tools[*]}"
  exit 0
fi

by_hand() {
  local tool missing=()
  for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  [ ${#missing[@]} -eq 0 ] && { echo "services: ready on the PATH: ${tools[*]}"; exit 0; }
  echo "services: $1. Put these on the PATH yourself: ${missing[*]}" >&2
  exit 1
}
# shellcheck source=scripts/debian-archive.sh
. scripts/debian-archive.sh
echo "services: fetching ${tools[*]}"
debian_archive "$stable" sid || by_hand "$why"
rm -rf "$into/bin" "$into/lib"
mkdir -p "$into/bin"
mapfile -t libraries < <(libraries_of "${from_sid[@]}" patchelf)
unpack "${from_stable[@]/%//$stable}" "${from_sid[@]/%//sid}" "patchelf/$stable" "${libraries[@]/%//sid}"

# skopeo of sid wants sid's C library: the copies find it, and everything else they load, in .services/lib
copy_libraries "$into/lib"
# (patchelf too is stable's: what 0.18 makes of a Go program does not start)
patchelf() { "$into/lib/$loader" --library-path "$into/lib" "$work/root/usr/bin/patchelf" "$@"; }
for tool in "${tools[@]}"; do
  cp "$work/root/usr/bin/$tool" "$into/bin/$tool"
  if patchelf --print-interpreter "$into/bin/$tool" >/dev/null 2>&1; then
    patchelf --set-interpreter "$into/lib/$loader" --force-rpath --set-rpath "$into/lib" "$into/bin/$tool"
  fi
done

for tool in "${tools[@]}"; do
  works "$into/bin/$tool" || { echo "services: $tool was unpacked and does not start:" >&2; "$into/bin/$tool" --version >&2; exit 1; }
done
echo "services: unpacked into .services/bin: ${tools[*]}"
