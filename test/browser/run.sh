#!/usr/bin/env bash
# The tests that need a browser: Debian's Chromium, installed where it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v chromium >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
fi

CHROMIUM=$(command -v chromium) vitest run --config test/browser/vitest.config.ts "$@"
