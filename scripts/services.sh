#!/usr/bin/env bash
# Unpacks the servers and tools that the tests measure lading against into .services/, from Debian's archive and from npm.
#
# Packages are unpacked, never installed: Debian's docker-registry would start a daemon on every interface, its skopeo is years
# behind, and so neither root nor sudo is needed. apt keeps its own state in a temporary folder; the system's is not touched.
#
#   npm run services        a second run has nothing to do and says so
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian 12 has the last registry of the 2.x line, whose gaps (no referrers API, no paging) the tests are about.
stable=bookworm
from_stable=(docker-registry)
from_sid=(skopeo crane oras umoci openssl rclone)
tools=("${from_stable[@]}" "${from_sid[@]}")
into=$PWD/.services

works() { "$1" --version >/dev/null 2>&1 || "$1" version >/dev/null 2>&1; }

ready() {
  local tool
  for tool in "${tools[@]}"; do works "$into/bin/$tool" || return 1; done
}

# Google's own client, which the fake of its service is held to; a library: its entry stands where the programs are
google_client=8.4.0
bring_google_client() {
  local entry=npm/node_modules/@google-cloud/storage/build/esm/src/index.js
  [ -x "$into/bin/google-cloud-storage" ] || {
    mkdir -p "$into/npm" "$into/bin"
    npm install --prefix "$into/npm" --loglevel=error --no-audit --no-fund --ignore-scripts "@google-cloud/storage@$google_client"
    chmod +x "$into/$entry"
    ln -sfn "../$entry" "$into/bin/google-cloud-storage"
  }
  echo "services: ready in .services/bin: google-cloud-storage"
}

if ready; then
  bring_google_client
  echo "services: ready in .services/bin: ${tools[*]}"
  exit 0
fi

case "$(dpkg --print-architecture 2>/dev/null || true)" in
  amd64) triplet=x86_64-linux-gnu ;;
  arm64) triplet=aarch64-linux-gnu ;;
  *) triplet= ;;
esac
by_hand() {
  local tool missing=()
  for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  bring_google_client
  [ ${#missing[@]} -eq 0 ] && { echo "services: ready on the PATH: ${tools[*]}"; exit 0; }
  echo "services: $1. Put these on the PATH yourself: ${missing[*]}" >&2
  exit 1
}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -n "$triplet" ] && [ -r "$keyring" ] || by_hand 'packages are known for Debian on amd64 and arm64 only'
# the mirror that this machine already uses
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -n 1 || true)
[ -n "$mirror" ] || by_hand "apt has no Debian mirror among its sources"

rm -rf "$into/bin" "$into/lib"
mkdir -p "$into/bin" "$into/lib"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{lists/partial,archives/partial,debs,root}
for suite in "$stable" sid; do echo "deb [signed-by=$keyring] $mirror $suite main"; done >"$work/sources.list"
apt() {
  local command=$1; shift
  "$command" -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$work/lists" \
    -o "Dir::Cache::Archives=$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Get::List-Cleanup=0 -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# what the given packages link to, and what that links to in turn
libraries_of() {
  local known next="$*"
  until [ "$next" = "${known-}" ]; do
    known=$next
    # shellcheck disable=SC2086 -- a list of names
    next=$(apt apt-cache depends $known | sed -nE 's/^ +(Pre)?Depends: (lib[^ ]*)$/\2/p' | cat - <(tr ' ' '\n' <<<"$known") | sort -u | tr '\n' ' ')
  done
  tr ' ' '\n' <<<"$known" | grep '^lib'
}

echo "services: fetching ${tools[*]} from $mirror"
apt apt-get update
mapfile -t libraries < <(libraries_of "${from_sid[@]}" patchelf)
cd "$work/debs"
apt apt-get download "${from_stable[@]/%//$stable}" "${from_sid[@]/%//sid}" "patchelf/$stable" "${libraries[@]/%//sid}"
for package in *.deb; do dpkg -x "$package" "$work/root"; done

# skopeo of sid wants sid's C library: the copies find it, and everything else they load, in .services/lib
find "$work/root/usr/lib/$triplet" "$work/root/lib/$triplet" -maxdepth 1 -name '*.so*' -exec cp -a -t "$into/lib" {} + 2>/dev/null || true
loader=$(basename "$(find "$into/lib" -name 'ld-linux-*.so.*' | head -n 1)")
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
bring_google_client
