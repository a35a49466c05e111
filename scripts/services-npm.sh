#!/usr/bin/env bash
# Installs what the tests need from npm and only they need into .services/npm: Azurite, and Google's own client, which the fake of its
# service is held to. A part of `npm run services`.
set -euo pipefail
cd "$(dirname "$0")/.."

# the version whose behaviour the tests were written for; the next ones lack a dependency
azurite=3.36.0
google_client=8.4.0
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
