# Sourced by the scripts that unpack services: Debian's archive, without touching the system. apt keeps its own state in $work,
# a temporary folder that goes with the script; neither root nor sudo is needed.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
case "$(dpkg --print-architecture 2>/dev/null || true)" in
  amd64) triplet=x86_64-linux-gnu ;;
  arm64) triplet=aarch64-linux-gnu ;;
  *) triplet= ;;
esac

# debian_archive SUITE...: fetches the lists of these suites. Fails, with the reason in $why, where that cannot be.
debian_archive() {
  why='packages are known for Debian on amd64 and arm64 only'
  [ -n "$triplet" ] && [ -r "$keyring" ] || return 1
  why='apt has no Debian mirror among its sources'
  local suite
  # the mirror that this machine already uses
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -n 1 || true)
  [ -n "$mirror" ] || return 1
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  mkdir -p "$work"/{lists/partial,archives/partial,debs,root}
  for suite in "$@"; do echo "deb [signed-by=$keyring] $mirror $suite main"; done >"$work/sources.list"
  apt apt-get update
}

# apt COMMAND...: apt-get or apt-cache with that state
apt() {
  local command=$1; shift
  "$command" -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$work/lists" \
    -o "Dir::Cache::Archives=$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Get::List-Cleanup=0 -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# libraries_of PACKAGE...: what these link to, and what that links to in turn
libraries_of() {
  local known next="$*"
  until [ "$next" = "${known-}" ]; do
    known=$next
    # shellcheck disable=SC2086 -- a list of names
    next=$(apt apt-cache depends $known | sed -nE 's/^ +(Pre)?Depends: (lib[^ ]*)$/\2/p' | cat - <(tr ' ' '\n' <<<"$known") | sort -u | tr '\n' ' ')
  done
  tr ' ' '\n' <<<"$known" | grep '^lib'
}

# unpack PACKAGE/SUITE...: into $work/root
unpack() {
  (cd "$work/debs" && apt apt-get download "$@" && for package in *.deb; do dpkg -x "$package" "$work/root"; done)
}

# copy_libraries FOLDER: the shared libraries of $work/root, the C library and its loader among them
copy_libraries() {
  mkdir -p "$1"
  find "$work/root/usr/lib/$triplet" "$work/root/lib/$triplet" -maxdepth 1 -name '*.so*' -exec cp -a -t "$1" {} + 2>/dev/null || true
  loader=$(basename "$(find "$1" -name 'ld-linux-*.so.*' | head -n 1)")
}
