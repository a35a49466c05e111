#!/usr/bin/env bash
# Unpacks the Ceph object gateway of Debian 12 into .services/ceph/: the judge of lading's S3 store, on one machine in memory.
#
# A part of `npm run services`. Unpacked like the others, with the libraries it was built with; its command `ceph` is Python with
# libraries of its own and is not needed: `osdmaptool` makes the one map that would be asked of it.
set -euo pipefail
cd "$(dirname "$0")/.."

stable=bookworm
packages=(ceph-base ceph-common ceph-mon ceph-osd radosgw)
programs=(ceph-mon ceph-osd monmaptool osdmaptool radosgw radosgw-admin)
into=$PWD/.services/ceph

ready() {
  local program
  for program in "${programs[@]}"; do "$into/bin/$program" --version >/dev/null 2>&1 || return 1; done
}

if ready; then
  echo "services: ready in .services/ceph"
  exit 0
fi

# shellcheck source=scripts/debian-archive.sh
. scripts/debian-archive.sh
echo "services: fetching Ceph"
if ! debian_archive "$stable"; then
  echo "services: $why. The tests of S3 then run against the fake alone" >&2
  exit 1
fi
mapfile -t libraries < <(libraries_of "${packages[@]}" patchelf)
unpack "${packages[@]/%//$stable}" "patchelf/$stable" "${libraries[@]/%//$stable}"

rm -rf "$into"
mkdir -p "$into/bin"
copy_libraries "$into/lib"
# what it loads by name while it runs
cp -a -t "$into/lib" "$work/root/usr/lib/$triplet"/{ceph,rados-classes}
patchelf() { "$into/lib/$loader" --library-path "$into/lib" "$work/root/usr/bin/patchelf" "$@"; }
# Some of its libraries name their folder in the system, which would go before the program's own path.
while IFS= read -r library; do
  [ -z "$(patchelf --print-rpath "$library" 2>/dev/null || true)" ] || patchelf --remove-rpath "$library"
done < <(find "$into/lib" -type f -name '*.so*')
for program in "${programs[@]}"; do
  cp "$work/root/usr/bin/$program" "$into/bin/$program"
  patchelf --set-interpreter "$into/lib/$loader" --force-rpath --set-rpath "$into/lib:$into/lib/ceph" "$into/bin/$program"
done

ready || { echo "services: Ceph was unpacked and does not start:" >&2; "$into/bin/radosgw" --version >&2; exit 1; }
echo "services: unpacked into .services/ceph"
