#!/usr/bin/env bash
# Installs moto into a venv of its own, serves it on a free loopback port, and scans a fleet in it.
set -euo pipefail
cd "$(dirname "$0")/../.."

moto='moto[server]==5.2.5'
venv="$PWD/.cache/moto-5.2.5"

# The stamp comes last: an installation that broke off is begun anew.
if [ ! -f "$venv/installed" ]; then
  python3 -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --no-compile --quiet --disable-pip-version-check "$moto"
  touch "$venv/installed"
fi

log="$(mktemp)"
# Port 0: the system picks a free one, and the server says which.
PYTHONUNBUFFERED=1 "$venv/bin/moto_server" -H 127.0.0.1 -p 0 >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$log"' EXIT
trap 'exit 130' INT TERM

for _ in $(seq 300); do
  endpoint="$(sed -n 's/.*Running on \(http:[0-9.:/]*\).*/\1/p' "$log" | head -n 1)"
  if [ -n "$endpoint" ]; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then cat "$log" >&2; exit 1; fi
  sleep 0.1
done
if [ -z "$endpoint" ]; then echo 'moto did not start within 30 seconds' >&2; cat "$log" >&2; exit 1; fi

MOTO_ENDPOINT="$endpoint" vitest run --config test/emulators/vitest.config.ts
