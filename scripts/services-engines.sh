#!/usr/bin/env bash
# Unpacks the engines that images are loaded into and run by, each with its own libraries: Docker 20.10 (which has its own image store
# alone), Docker 28 (which can use containerd's) and podman; and the tools that look into squashfs. A part of `npm run services`.
set -euo pipefail
cd "$(dirname "$0")/.."

stable=bookworm
mkdir -p .services
# The programs are told where their libraries are: the real place, also where .services is a link.
into=$(realpath .services)

# bring FOLDER "SUITE..." "PACKAGE..." PROGRAM...: programs of the last suite, with all that they link to
bring() (
  folder=$into/$1
  read -ra suites <<<"$2"
  read -ra packages <<<"$3"
  programs=("${@:4}")
  if ready; then
    echo "services: ready in .services/$1"
    exit 0
  fi
  # shellcheck source=scripts/debian-archive.sh
  . scripts/debian-archive.sh
  echo "services: fetching ${packages[*]}"
  debian_archive "${suites[@]}" || { echo "services: $why. The tests that need .services/$1 are then skipped" >&2; exit 1; }
  suite=${suites[-1]}
  mapfile -t libraries < <(libraries_of "${packages[@]}" patchelf)
  # (zlib1g is the one library here whose package is not called lib…; patchelf is stable's: what 0.18 makes of a Go program does not start)
  unpack "${packages[@]/%//$suite}" "patchelf/$stable" "${libraries[@]/%//$suite}" "zlib1g/$suite"

  rm -rf "$folder"
  mkdir -p "$folder/bin"
  copy_libraries "$folder/lib"
  patchelf() { "$folder/lib/$loader" --library-path "$folder/lib" "$work/root/usr/bin/patchelf" "$@"; }
  for program in "${programs[@]}"; do
    cp "$(find "$work/root" -path "*bin/$program" -type f -print -quit)" "$folder/bin/$program"
    if patchelf --print-interpreter "$folder/bin/$program" >/dev/null 2>&1; then
      patchelf --set-interpreter "$folder/lib/$loader" --force-rpath --set-rpath "$folder/lib" "$folder/bin/$program"
    fi
  done
  ready || { echo "services: unpacked into .services/$1, and does not start" >&2; exit 1; }
  echo "services: unpacked into .services/$1"
)

ready() {
  local program
  for program in "${programs[@]}"; do starts "$folder/bin/$program" || return 1; done
}

# Not each knows both, and unsquashfs ends with 1 having answered; what cannot be loaded ends with 126 or more.
starts() {
  local flag status
  for flag in --version --help; do
    status=0
    "$1" "$flag" >/dev/null 2>&1 || status=$?
    [ "$status" -ge 126 ] || return 0
  done
  return 1
}

engine=(dockerd docker containerd containerd-shim-runc-v2 runc)
bring docker20 "$stable" 'docker.io containerd runc' "${engine[@]}"
bring docker28 "$stable sid" 'docker.io docker-cli containerd runc' "${engine[@]}"
bring podman "$stable" 'podman conmon runc' podman conmon runc
bring squashfs "$stable sid" squashfs-tools unsquashfs mksquashfs
# a file system whose files can share their bytes
bring btrfs "$stable" btrfs-progs mkfs.btrfs
# a program that needs no other file: what the images of the tests run
bring busybox "$stable" busybox-static busybox
