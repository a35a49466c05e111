#!/usr/bin/env bash
# Brings the servers and tools that the tests need and measure lading against into .services/, and nothing into the system.
#
#   npm run services        a second run has nothing to do and says so
set -euo pipefail
here=$(dirname "$0")
"$here/services-debian.sh"
"$here/services-ceph.sh"
"$here/services-npm.sh"
"$here/services-engines.sh"
