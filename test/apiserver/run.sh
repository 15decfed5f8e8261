#!/usr/bin/env bash
# The tests that need a real kube-apiserver; each file starts its own, on loopback ports.
set -euo pipefail
cd "$(dirname "$0")/../.."
source test/apiserver/binaries.sh

KUBERNETES_BINARIES="$binaries" vitest run --config test/apiserver/vitest.config.ts "$@"
