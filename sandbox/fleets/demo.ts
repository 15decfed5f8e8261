/** The demo's company: several accounts and Regions, every fault that the checks find, and clusters that are perfect. */
import type { Fault } from '../faults.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { analyzerFinding } from './analyzer-finding.ts';
import { accountIds, accounts, credentials, memberRole, organizationId } from './demo/accounts.ts';
import { dataScenarios } from './demo/data.ts';
import { demoEvents } from './demo/events.ts';
import { organizationPolicies, organizationUnits, teamRoles } from './demo/iam.ts';
import { paymentsScenarios } from './demo/payments.ts';
import { platformScenarios } from './demo/platform.ts';
import { toReadFindings, withAuditLog } from './demo/reads.ts';
import { stagingScenarios } from './demo/staging.ts';
import { demoTrails, trailBucket, trailFindings } from './demo/trails.ts';
import { withWaysOut } from './demo/ways-out.ts';
import type { Fleet, SandboxAnalyzer, SandboxCluster } from './fleet.ts';
import { withIam } from './iam/account-iam.ts';
import { leakyFindings, leakyInside } from './kubernetes/leaky.ts';
import { platformInside } from './kubernetes/platform.ts';
import { joinScenarios, type SeededEventFinding, type SeededFinding } from './scenario.ts';

export const demoMemberRole = memberRole;

/** Where the organisation's trail keeps its log files. */
export const demoTrailBucket = trailBucket;

// Control Tower's Region deny leaves a Region enabled and denies its calls.
const regionDeny: Fault[] = ['eks', 'kms'].map((service) => ({
  kind: 'denied-by-scp',
  service,
  region: 'us-west-2',
}));

// The sandbox account keeps its IAM to itself.
const iamDeny: Fault = {
  kind: 'access-denied',
  service: 'iam',
  operation: 'GetAccountAuthorizationDetails',
  account: accountIds.sandbox,
};

const sealed = (now: Date) =>
  withWaysOut(
    joinScenarios([
      ...platformScenarios(now),
      ...paymentsScenarios(now),
      ...dataScenarios(now),
      ...stagingScenarios(now),
    ]),
    now,
  );

/** Two clusters whose keys are as they should be, each told from within: one is kept well, the other badly. */
const toInsides = (now: Date): Record<string, KubernetesObject[]> => ({
  'payments-hsm': leakyInside(now),
  'platform-green': platformInside(now),
});

/** Whom the company expects to read every Secret of its clusters: who runs them, and what it runs in all of them. */
export const demoSecretReaders = [
  `*:role/${memberRole}`,
  '*:role/terraform',
  '*:role/AWSBackupDefaultServiceRole',
  ...[
    'argocd',
    'cert-manager',
    'external-secrets',
    'flux-system',
    'ingress-nginx',
    'monitoring',
    'velero',
  ].map((namespace) => `system:serviceaccount:${namespace}:*`),
];

/** What `--kubernetes` fails above info in those two, beside those whom their access entries let read. */
export const demoInsideFaults: SeededFinding[] = leakyFindings.map((finding) => ({
  ...finding,
  cluster: 'payments-hsm',
}));

const everything = (now: Date) => {
  const insides = toInsides(now);
  const { clusters, ...others } = sealed(now);
  return {
    ...others,
    clusters: clusters.map((one) => withAuditLog({ ...one, inside: insides[one.name] }, now)),
  };
};

/** IAM Access Analyzer is on where the key is that the partner may use. */
const analyzersOf = (clusters: SandboxCluster[]): SandboxAnalyzer[] => {
  const shared = clusters.find(({ name }) => name === 'data-share')?.encryptionConfig?.[0]?.provider?.keyArn;
  if (shared === undefined) return [];
  const [, , , region] = shared.split(':');
  return [
    {
      arn: `arn:aws:access-analyzer:${region}:${accountIds.data}:analyzer/external-access`,
      findings: [analyzerFinding(shared, { AWS: accountIds.partner }, ['kms:Decrypt', 'kms:DescribeKey'])],
    },
  ];
};

/** Takes the moment that its dates are counted back from; the same moment gives the same fleet. */
export const demoFleet = (now: Date): Fleet => {
  const { clusters, keys, faults } = everything(now);
  return {
    organization: {
      id: organizationId,
      managementAccount: accountIds.management,
      delegatedAdministrators: [accountIds.audit],
      hasEmptyPages: true,
      units: organizationUnits,
      policies: organizationPolicies,
    },
    accounts: withIam(accounts, accountIds.management, clusters, teamRoles(clusters)),
    credentials,
    clusters,
    keys,
    analyzers: analyzersOf(clusters),
    trails: demoTrails(now),
    history: { until: now, streams: demoEvents(clusters, keys, now).streams },
    faults: [...regionDeny, iamDeny, ...faults],
  };
};

/** All that a scan of the demo's fleet must fail above info, and the unknowns that were seeded on purpose. */
export const demoFaults: SeededFinding[] = [...everything(new Date(0)).findings, ...trailFindings];

/** All that a scan which reads the demo's audit logs must fail beside these. */
export const demoReadFaults: SeededFinding[] = toReadFindings(everything(new Date(0)).clusters);

const toEventFaults = (now: Date): SeededEventFinding[] => {
  const { clusters, keys } = everything(now);
  return demoEvents(clusters, keys, now).findings;
};

const eventFaults = toEventFaults(new Date(0));
/** How far back the demo reads: far enough for a baseline of what is normal. */
export const demoDays = 17;
const isWithinDemo = ({ needsDays = 0 }: SeededEventFinding) => needsDays <= demoDays;

/** All that a scan which reads the demo's days of events must fail beside these. */
export const demoEventFaults: SeededEventFinding[] = eventFaults.filter(isWithinDemo);

/** What a scan that reads further back finds, too. */
export const demoEarlierFaults: SeededEventFinding[] = eventFaults.filter((fault) => !isWithinDemo(fault));
