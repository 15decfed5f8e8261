/** A cluster with its key and what a scan must find of them: the unit that the seeded fleets are made of. */
import type { Fault } from '../faults.ts';
import { cluster, key, type Site } from './build.ts';
import type { SandboxCluster, SandboxKey } from './fleet.ts';
import { eksGrant } from './grants.ts';
import { terraformEksPolicy } from './policies.ts';

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';

/** One seeded finding. A subject is told where the check judges several things of one resource. */
export type SeededFinding = {
  check: string;
  cluster: string;
  status: 'fail' | 'unknown';
  severity?: Severity;
  subject?: string;
};

/** A seeded finding of what happened: found for sure by who reads so many days, the last ones; any, where none are told. */
export type SeededEventFinding = SeededFinding & { needsDays?: number };

export type Scenario = {
  clusters: SandboxCluster[];
  keys: SandboxKey[];
  findings: SeededFinding[];
  faults: Fault[];
};

/** Gives the finding that a scan must fail, of a cluster that `sealed` and its like fill in. */
export const fail = (check: string, severity: Severity, subject?: string) =>
  ({ check, status: 'fail', severity, ...(subject === undefined ? {} : { subject }) }) as const;

export const unknown = (check: string) => ({ check, status: 'unknown' }) as const;

type Expected = Omit<SeededFinding, 'cluster'>;

/** Adds findings, all about the named cluster, to parts of a fleet. */
export const scenario = (
  name: string,
  parts: { clusters?: SandboxCluster[]; keys?: SandboxKey[]; faults?: Fault[] },
  ...expected: Expected[]
): Scenario => ({
  clusters: parts.clusters ?? [],
  keys: parts.keys ?? [],
  faults: parts.faults ?? [],
  findings: expected.map((finding) => ({ ...finding, cluster: name })),
});

/** A cluster without a key of its own. */
export const unsealed = (
  site: Site,
  name: string,
  more: Parameters<typeof cluster>[2],
  ...expected: Expected[]
) => scenario(name, { clusters: [cluster(site, name, more)] }, ...expected);

/** A cluster sealed with its own key, in its own account, as terraform-aws-eks leaves it where nothing else is said. */
export const sealed = (
  site: Site,
  name: string,
  parts: { cluster?: Parameters<typeof cluster>[2]; key?: Parameters<typeof key>[2]; faults?: Fault[] } = {},
  ...expected: Expected[]
): Scenario => {
  const own = key(site, name, {
    policy: terraformEksPolicy(site.account, name),
    grants: [eksGrant(name, site.account, site.region)],
    ...parts.key,
  });
  const clusters = [cluster(site, name, { keyArn: own.metadata.Arn, ...parts.cluster })];
  return scenario(name, { clusters, keys: [own], faults: parts.faults }, ...expected);
};

/** Everything of several scenarios, together. */
export const joinScenarios = (scenarios: Scenario[]): Scenario => ({
  clusters: scenarios.flatMap(({ clusters }) => clusters),
  keys: scenarios.flatMap(({ keys }) => keys),
  findings: scenarios.flatMap(({ findings }) => findings),
  faults: scenarios.flatMap(({ faults }) => faults),
});
