#!/usr/bin/env bash
# Packages the service and holds its template, and those of the member accounts, to CloudFormation's rules; holds the
# container recipe to hadolint's.
set -euo pipefail
cd "$(dirname "$0")/../.."
source test/emulators/venv.sh

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
AWS_REGION="${AWS_REGION:-eu-central-1}" osls package --package "$folder" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
# W3005: osls names dependencies that references name already. E3601: the state machine's ARNs take their partition by
# substitution, which the rule does not make; test/contract/state-machine.test.ts makes it and asks asl-validator.
"$venv/bin/cfn-lint" --ignore-checks W3005 E3601 -- "$folder/cloudformation-template-update-stack.json" infra/member-*.yml
"$venv/bin/hadolint" Dockerfile
echo 'cfn-lint has nothing to say of the stack and the member templates, nor hadolint of the container recipe'
