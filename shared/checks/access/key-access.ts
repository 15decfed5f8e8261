/** What the checks of who may use a key ask, from the facts that they declare. */
import { toClusterContexts } from '../../evidence/eks-grant.ts';
import { type Fact, getGap, isKnown } from '../../evidence/fact.ts';
import type { ControlPolicies } from '../../evidence/iam.ts';
import type { Grant, KeyMetadata } from '../../evidence/key.ts';
import type { Settings } from '../../evidence/settings.ts';
import type { AccountPrincipals, Holding, KeyQuestion } from '../../policy/holding.ts';
import { toResourceControl, toServiceControl } from '../../policy/identity-policies.ts';
import type { NamedPolicy } from '../../policy/policy.ts';
import { parsePolicy } from '../../policy/policy-document.ts';
import type { FactName, Facts, Subject } from '../check.ts';

export const accessFacts = [
  'cluster',
  'key.metadata',
  'key.policy',
  'key.grants',
  'key.aliases',
  'iam.key',
  'iam.cluster',
  'serviceControl.key',
  'serviceControl.cluster',
  'resourceControl.key',
  'organization',
] as const satisfies readonly FactName[];
type AccessFact = (typeof accessFacts)[number];

interface AccessEvidence {
  peek: <N extends AccessFact>(name: N) => Fact<Facts[N]>;
  cluster: Subject['cluster'];
  key: NonNullable<Subject['key']>;
  collectedAt: string;
}

/** Everything that was read and has a say, as one question. Throws a PolicyError where the policy is not understood. */
export const toKeyQuestion = (
  { peek, cluster, key, collectedAt }: AccessEvidence,
  keyPolicy: string,
  settings: Settings,
): KeyQuestion => {
  const [grants, metadata, aliases] = [peek('key.grants'), peek('key.metadata'), peek('key.aliases')];
  const organization = peek('organization');
  const id = settings.organizationId ?? (isKnown(organization) ? organization.value.id : undefined);
  const toAccount = (place: 'key' | 'cluster', account: string): AccountPrincipals[] => {
    const iam = peek(`iam.${place}`);
    const isMember = isKnown(organization) && organization.value.accounts.includes(account);
    const serviceControl = toSeenControl(peek(`serviceControl.${place}`), account, toServiceControl);
    return isKnown(iam)
      ? [
          {
            account,
            inventory: iam.value,
            isPartial: iam.missing.length > 0,
            ...(isMember && id !== undefined ? { organizationId: id } : {}),
            ...(serviceControl ? { serviceControl } : {}),
          },
        ]
      : [];
  };
  return {
    keyArn: key.arn,
    keyPolicy: parsePolicy(keyPolicy),
    grants: isKnown(grants) ? grants.value : undefined,
    resourceControl: toSeenControl(peek('resourceControl.key'), key.account, toResourceControl),
    contexts: toOwnContexts(key.family?.map((member) => member.grants) ?? [grants], cluster),
    knownContext: {
      ...(isKnown(metadata) ? toKeyContext(metadata.value) : {}),
      ...(isKnown(aliases) && !getGap(aliases) ? { 'kms:ResourceAliases': aliases.value } : {}),
      'aws:CurrentTime': [collectedAt],
      'aws:EpochTime': [String(Math.floor(Date.parse(collectedAt) / 1000))],
    },
    accounts: [
      ...toAccount('key', key.account),
      ...(cluster.account === key.account ? [] : toAccount('cluster', cluster.account)),
    ],
  };
};

/** Where a call failed, what it would have told stands at every level as a policy that was not read. */
const toSeenControl = (
  fact: Fact<ControlPolicies>,
  account: string,
  toLevels: typeof toServiceControl,
): NamedPolicy[][] | undefined => {
  if (!isKnown(fact)) return undefined;
  const unread = fact.value.levels.flatMap(({ policies }) =>
    policies.flatMap(({ Id, Content }) => (Content === undefined ? Id : [])),
  );
  const lost = fact.missing.filter(({ what }) => !unread.some((id) => what.includes(id)));
  return toLevels(fact.value, account).map((level) => [
    ...level,
    ...lost.map(({ what }) => ({ ref: what, policy: null })),
  ]);
};

const toOwnContexts = (listings: Fact<Grant[]>[], cluster: Subject['cluster']): Record<string, string>[] => {
  const [named = [], ...relatives] = listings.map((listing) => (isKnown(listing) ? listing.value : []));
  const { own } = toClusterContexts(named, relatives.flat(), cluster);
  return [...new Set(own)].map((context) => ({ 'aws:eks:context': context }));
};

/** What a key says of itself in every request. https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html */
const toKeyContext = (metadata: KeyMetadata): Record<string, string[]> => {
  const { Origin, KeySpec, KeyUsage, MultiRegion, MultiRegionConfiguration } = metadata;
  const told = {
    'kms:KeyOrigin': Origin,
    'kms:KeySpec': KeySpec,
    'kms:KeyUsage': KeyUsage,
    'kms:MultiRegion': MultiRegion === undefined ? undefined : String(MultiRegion),
    'kms:MultiRegionKeyType': MultiRegionConfiguration?.MultiRegionKeyType,
  };
  return Object.fromEntries(
    Object.entries(told).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]]])),
  );
};

/** What could take a power away, and was not seen. */
export const toNotVisible = ({ peek, cluster, key }: AccessEvidence): string[] => {
  const tell = (what: string, fact: Fact<ControlPolicies>) => {
    const gap = getGap(fact);
    return gap ? [`${what}: ${gap.unknown}`] : [];
  };
  return [
    'session policies',
    ...tell(`service control policies of ${key.account}`, peek('serviceControl.key')),
    ...(cluster.account === key.account
      ? []
      : tell(`service control policies of ${cluster.account}`, peek('serviceControl.cluster'))),
    ...tell(`resource control policies of ${key.account}`, peek('resourceControl.key')),
  ];
};

/**
 * The account whose principals should have been read and perhaps were not, beside the key's own: the cluster's, where
 * the key lets it in.
 */
export const isClusterAccountLetIn = (
  { peek, cluster, key }: AccessEvidence,
  holdings: Pick<Holding<string>, 'account'>[],
): boolean =>
  cluster.account !== key.account &&
  (isKnown(peek('iam.cluster')) || holdings.some(({ account }) => account === cluster.account));
