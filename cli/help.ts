/** What `keyward help` says. At most 80 columns, so that it fits any terminal. */
import type { CommandName } from './arguments.ts';

export const overview = `Usage: keyward COMMAND [OPTIONS]

Proves that the Secrets of every EKS cluster are sealed with a key that only
that cluster can open, and says who else could.

Commands:
  scan            Read clusters and their keys, and say what is wrong
  demo            The same scan on an embedded AWS; nothing to set up
  check FILE      Judge saved evidence again
  secrets         How a cluster's Secrets are kept and consumed; needs no AWS
  lint PATH…      The same of manifests, before they reach a cluster
  who CLUSTER     Who may decrypt with a cluster's key, administer or destroy it
  plan CLUSTER    What to do about a cluster's key, in order; changes nothing
  learn CLUSTER   Whom to expect: who was seen using its key, as configuration
  report FILE     A page to read and print, of saved evidence or JSON
  verify PLACE    Whether each night's evidence is what was signed
  checks          List all checks
  explain CHECK   What a check claims, why, and how to fix what it finds
  completion SHELL
                  What makes bash, zsh or fish complete commands and options

  help [COMMAND]  This text, or a command's
  --version       The version

Exit codes:
  0   Nothing failed at or above --fail-on
  1   Something did
  2   A target could not be scanned at all, or the run was interrupted
  64  Wrong usage, or --clusters matched no cluster

Examples:
  keyward demo
  keyward scan --profile audit --regions eu-central-1,eu-west-1
  keyward who payments --regions eu-central-1
  keyward explain key-is-usable
`;

const manners = `  --quiet               Nothing on standard error but errors
  --verbose             Also what is asked: throttling as it happens, then steps
                        and requests, counted and timed; and where an unforeseen
                        error happened
  --no-color            No colour (NO_COLOR and pipes are respected anyway)
  -h, --help            This text
`;

const oneDocument = `  --format FMT          table (default) or json
${manners}`;

const reporting = `  --format FMT[=FILE]   table (default), json, jsonl, csv, asff, ocsf, sarif,
                        junit, markdown or html (one page, to read or print);
                        may be repeated; one of them may lack =FILE and takes
                        standard output
${manners}`;

const judging = `  --checks A,B          Only these checks
  --config FILE         Configuration (default: keyward.config.yaml, if there)
  --baseline FILE       What an earlier run wrote as json or jsonl: each finding
                        is new or unchanged, and only new ones make exit 1
  --fail-on SEVERITY    critical, high (default), medium, low or info: exit 1 if
                        something of it or worse failed
  --strict              Exit 2 if anything is unknown
`;

const targets = `  --profile NAME        Profile of the AWS configuration
  --regions A,B|all     Regions (all: every one that is enabled)
  --accounts A,B        Accounts, reached through --role-name
  --organization        Every active account of the organisation
  --role-name ROLE      Role to assume in other accounts
`;

const events = `  --since TIME          How far back (24h, 7d; at most 90d): who changed a key
                        and who used them, by LookupEvents within a budget
  --trail s3://BUCKET[/PREFIX]
                        Who used them by a trail's log files
  --logs DIR            The same by log files in a folder
`;

const reads = `  --audit-log PATH|s3://…|cloudwatch
                        Who read Secrets: by an audit log's files (all of it,
                        unless --since is given), or by Logs Insights
  --audit-budget-gb N   Ask Logs Insights to scan no more of a cluster's log
                        (default: 10)
`;

const metadata = `  --no-metadata         Ask of Secrets no more than names, types and how many
                        keys; what needs their metadata is unknown
`;

const inside = `  --kubernetes          Through EKS: the cluster's access entry for the caller
  --kubeconfig FILE     By the context whose server is the cluster's endpoint
                        (with --kubernetes too: first by this, else through EKS)
  --context NAME        By this context alone
${metadata}`;

export const commandHelp: Record<CommandName, string> = {
  scan: `Usage: keyward scan [OPTIONS]

Reads EKS clusters and the KMS keys they name; changes nothing, reads no Secret.

What to scan:
${targets}  --clusters GLOB       Only clusters whose name matches
  --gentle              Half the request rates

What happened (CloudTrail):
${events}${reads}
Inside the clusters (lists metadata; no value of a Secret is ever asked for):
${inside}
What to judge:
${judging}
What to write:
  --save-evidence FILE  What was read, for keyward check (mode 0600)
${reporting}
Examples:
  keyward scan --regions all
  keyward scan --organization --role-name KeywardMember --regions eu-west-1
  keyward scan --regions eu-west-1 --since 24h
  keyward scan --regions eu-west-1 --kubernetes
  keyward scan --clusters 'prod-*' --format table --format json=findings.json
`,
  demo: `Usage: keyward demo [OPTIONS]

Scans a made-up company on an AWS that runs inside this process: no account and
no network are needed. Ends with 0 once it ran.

Options:
  --clusters GLOB       Only clusters whose name matches
  --checks A,B          Only these checks
  --config FILE         Configuration, on top of what the company expects
  --save-evidence FILE  What was read, for keyward check (mode 0600)
${reporting}
Examples:
  keyward demo
  keyward demo --clusters 'payments-*' --format json
`,
  check: `Usage: keyward check FILE [OPTIONS]

Judges what scan --save-evidence wrote, by the settings saved with it unless
--config names others. Asks nothing of AWS.

Options:
${judging}${reporting}
Examples:
  keyward check evidence.jsonl
  keyward check evidence.jsonl --checks key-rotates --format jsonl
`,
  report: `Usage: keyward report FILE [-o FILE]

Draws one HTML page, which needs nothing else to be read, mailed or printed:
the verdict, the fleet as a map, each cluster's chain, who may use each key and
who did. FILE is what --save-evidence wrote, or what --format json did: then
without who may use a key, who did and the timeline, and the page says so.

Options:
  -o, --output FILE     Where to (default: standard output)
  --quiet               Nothing on standard error but errors
  --verbose             Show where an unforeseen error happened
  --no-color            No colour (NO_COLOR and pipes are respected anyway)
  -h, --help            This text

Exit codes: 0 once it is drawn, whatever it says; 2 where FILE is damaged or of
another version; 64 where it is neither, or can't be read

Examples:
  keyward report evidence.jsonl -o report.html
  keyward report findings.json > report.html
`,
  secrets: `Usage: keyward secrets [OPTIONS]

Says how the Secrets of one cluster are kept and consumed, and who may read
them. Any cluster a kubeconfig reaches; no AWS is needed. Sends nothing but get
and list, and never asks for a value of a Secret.

Where to look:
  --kubeconfig FILE     Default: the files of KUBECONFIG, else ~/.kube/config,
                        else the service account of the pod this runs in
  --context NAME        Default: the current one
  --namespace NAME      Only what stands in it, and what is of the whole cluster
  --audit-log PATH      Who read Secrets: by an audit log, a file or a folder;
                        all of it, or with --since TIME that much (24h, 7d)
${metadata}
What to judge:
${judging}
What to write:
  --save-evidence FILE  What was read, for keyward check (mode 0600)
${reporting.replace(' asff,', '')}
Exit codes: as keyward scan; 2 where the cluster could not be read at all

Examples:
  keyward secrets
  keyward secrets --context staging --namespace payments
  keyward secrets --kubeconfig admin.conf --format json --fail-on medium
`,
  lint: `Usage: keyward lint PATH… [OPTIONS]

Judges Kubernetes manifests by the checks that a cluster's inside is judged by,
before they reach one. PATH is a file, a folder (searched for *.yaml, *.yml and
*.json) or - for standard input. Values of Secrets are neither kept nor shown.

What to judge:
${judging}
What to write:
  --format FMT[=FILE]   table (default), json, jsonl, csv, ocsf, sarif, junit,
                        markdown or github (annotations of GitHub Actions); may
                        be repeated; one of them may lack =FILE and takes
                        standard output
${manners}
Exit codes: as keyward scan; 2 where a file could not be read or parsed, 64
where there was nothing of Kubernetes

Examples:
  keyward lint deploy/
  helm template ./chart | keyward lint -
  kubectl kustomize overlays/prod | keyward lint - --fail-on medium
  keyward lint deploy/ --format github
`,
  who: `Usage: keyward who CLUSTER [OPTIONS]

Says who may decrypt with the key of one cluster (its name, or its ARN),
administer or destroy it: how, under which conditions, and who can become that
principal.
Changes nothing.

Where to look:
${targets}  --gentle              Half the request rates

What happened (CloudTrail):
${events}  --timeline            Draw it: uses, changes, and when somebody outside could
${reads}
Inside the cluster (lists metadata; no value of a Secret is ever asked for):
${inside}
What to ask:
  --can PRINCIPAL       Whether this principal may, and why: an ARN, an account
                        or a service, seen or not
  --action ACTION       What --can asks about (default: kms:Decrypt)
  --key-policy FILE     What if this were the key's policy: who gains, who
                        loses, who is left to change it. A policy, or the output
                        of terraform show -json PLAN
  --secret NAMESPACE/NAME  Who may read that Secret through the API server, and
                        how; reads inside the cluster (--kubernetes by default)
  --config FILE         Configuration (default: keyward.config.yaml, if there)

What to write:
${oneDocument}
Exit codes: 0 answered; 2 the cluster or its key could not be read; 64 wrong
usage

Examples:
  keyward who payments --regions eu-central-1
  keyward who payments --can arn:aws:iam::111122223333:role/deploy
  keyward who payments --key-policy new-policy.json
  keyward who payments --secret payments/database
  keyward who payments --since 7d --trail s3://trail-bucket --timeline
`,
  plan: `Usage: keyward plan CLUSTER [OPTIONS]

Says what to do about the key of one cluster (its name, or its ARN), in order.
Of a cluster without a key of yours: what has to hold first, and the steps to
give it one, by eksctl, the AWS CLI and the console. Of a sealed one: what is
broken, the worst first. With it the key policy to put, weighed before anybody
puts it, and how to verify. Changes nothing.

Where to look:
${targets}  --gentle              Half the request rates

What to plan for:
  --key ARN             The key that a cluster without one is to be given
                        (default: one that is yet to be made)
  --config FILE         Configuration (default: keyward.config.yaml, if there)

What to write:
${oneDocument}
Exit codes: 0 answered; 2 the cluster or its key could not be read; 64 wrong
usage

Examples:
  keyward plan payments --regions eu-central-1
  keyward plan payments --key arn:aws:kms:eu-central-1:111122223333:alias/eks
  keyward plan payments --format json | jq .policy.document > key-policy.json
`,
  learn: `Usage: keyward learn CLUSTER [OPTIONS]

Prints who was seen using and changing the key of one cluster (its name, or its
ARN), and reading its Secrets, as configuration to review and commit. Nothing is
expected because it happened: a person says so. Changes nothing.

Where to look:
${targets}  --gentle              Half the request rates
  --config FILE         Configuration (default: keyward.config.yaml, if there)

What to look at (default: --since 24h):
${events}${reads}
Options:
${manners}
Exit codes: 0 answered; 2 no event could be read; 64 wrong usage

Examples:
  keyward learn payments --regions eu-central-1 --since 7d
  keyward learn payments --logs ./cloudtrail > seen.yaml
`,
  verify: `Usage: keyward verify s3://BUCKET[/PREFIX]|DIR [OPTIONS]

Walks the chain of manifests that the nightly service signs, from the newest to
the oldest, hashes every object of every run that is still there, and says which
night is whole, altered, missing or unsigned. DIR is a copy of the bucket, made
by aws s3 sync. Changes nothing.

Options:
  --public-key FILE|ARN
                        Only this key counts: its PEM, and KMS is not asked for
                        it, or its ARN (default: the one the newest night names)
  --from DATE           Only nights since this day (YYYY-MM-DD)
  --profile NAME        Profile of the AWS configuration
${oneDocument}
Exit codes: 0 all whole, or gone once they were old enough; 1 something altered,
missing, unsigned or by another key; 2 something could not be read; 64 wrong
usage

Examples:
  keyward verify s3://RUNS_BUCKET --public-key keyward.pem
  keyward verify s3://RUNS_BUCKET --from 2026-11-01 --format json
  keyward verify ./copy --public-key keyward.pem
`,
  checks: `Usage: keyward checks [OPTIONS]

Lists all checks with the severities of their outcomes.

Options:
  --format FMT          table (default) or json
  --verbose             Show where an unforeseen error happened
  --no-color            No colour
  -h, --help            This text

Examples:
  keyward checks
  keyward checks --format json
`,
  explain: `Usage: keyward explain CHECK [OPTIONS]

Says what a check claims, why it matters, how to fix what it finds, and how to
except it.

Options:
  --verbose             Show where an unforeseen error happened
  --no-color            No colour
  -h, --help            This text

Examples:
  keyward explain key-is-usable
  keyward explain key-rotates --no-color
`,
  completion: `Usage: keyward completion bash|zsh|fish

Prints what makes a shell complete keyward's commands, options, checks and
formats.

Options:
  --verbose             Show where an unforeseen error happened
  -h, --help            This text

Examples:
  source <(keyward completion bash)       (in ~/.bashrc)
  source <(keyward completion zsh)        (in ~/.zshrc, after compinit)
  keyward completion fish > ~/.config/fish/completions/keyward.fish
`,
};
