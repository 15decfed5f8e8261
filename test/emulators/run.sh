#!/usr/bin/env bash
# Serves moto and ministack on free loopback ports. Scans a fleet in moto; deploys the service into ministack, with moto
# as its Security Hub, and runs it. What the service asks of Athena is asked of DuckDB.
set -euo pipefail
cd "$(dirname "$0")/../.."
source test/emulators/venv.sh

work="$(mktemp -d)"
servers=()
stop() {
  for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
  wait || true
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# Takes what to wait for in a log, and its server; prints the line, or the log where the server ends before.
await() {
  for _ in $(seq 300); do
    if grep -s -m 1 "$1" "$2"; then return; fi
    if ! kill -0 "$3" 2>/dev/null; then break; fi
    sleep 0.1
  done
  cat "$2" >&2
  return 1
}

# Port 0: the system picks a free one, and the server says which.
PYTHONUNBUFFERED=1 "$venv/bin/moto_server" -H 127.0.0.1 -p 0 >"$work/moto.log" 2>&1 &
servers+=($!)
moto="$(await 'Running on http' "$work/moto.log" $! | grep -o 'http://[0-9.:]*')"

# ministack serves TLS, which the bucket's policy insists on, and holds every role to its policies (AUTH). Its functions
# run on the Node that comes first in its PATH, and inherit its environment.
port="$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')"
ministack="https://127.0.0.1:$port"
export NODE_EXTRA_CA_CERTS="$work/certificate.pem"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
  -keyout "$work/key.pem" -out "$NODE_EXTRA_CA_CERTS" 2>"$work/openssl.log" || { cat "$work/openssl.log" >&2; exit 1; }
env GATEWAY_PORT="$port" USE_SSL=1 MINISTACK_SSL_CERT="$NODE_EXTRA_CA_CERTS" MINISTACK_SSL_KEY="$work/key.pem" \
  AUTH=true LAMBDA_EXECUTOR=local MINISTACK_REGION=eu-central-1 SFN_WAIT_SCALE=0 \
  AWS_ENDPOINT_URL="$ministack" AWS_ENDPOINT_URL_SECURITYHUB="$moto" PYTHONUNBUFFERED=1 \
  "$venv/bin/ministack" >"$work/ministack.log" 2>&1 &
servers+=($!)
await ' Ready ' "$work/ministack.log" $! >"$work/ready"

EMULATORS_PYTHON="$venv/bin/python" MOTO_ENDPOINT="$moto" MINISTACK_ENDPOINT="$ministack" vitest run --config test/emulators/vitest.config.ts "$@"
