#!/usr/bin/env bash
# Needs a real kube-apiserver: the tests' own.
set -euo pipefail
cd "$(dirname "$0")/../.."
source test/apiserver/binaries.sh

KUBERNETES_BINARIES="$binaries" exec node test/bench/kubernetes.ts
