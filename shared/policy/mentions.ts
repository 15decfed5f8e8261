import { type Effort, effortOfPolicy } from './effort.ts';
import { toPattern } from './pattern.ts';
import type { Policy, Statement } from './policy.ts';
import { toRepresentatives } from './value-classes.ts';

/** What a policy mentions, and names that it does not: a stranger must be nobody the policy knows. */
export type Mentions = {
  keyArn: string;
  partition: string;
  /** Our own organisation, where its id is given. */
  organizationId: string | null;
  accountIds: string[];
  organizationIds: string[];
  principalArns: string[];
  bucketArns: string[];
  /** Services that Allow statements name, as principals or in conditions on who calls. */
  services: string[];
  /** The fresh ids that follow are not all the kinds there are. */
  isPartial: boolean;
  freshAccountIds: string[];
  freshOrganizationIds: string[];
  freshService: string;
  freshVpcIds: string[];
  freshVpceIds: string[];
};

const accountKeys = [
  'aws:principalaccount',
  'aws:principalorgmasteraccountid',
  'aws:sourceaccount',
  'aws:sourceowner',
  'aws:vpceaccount',
  'kms:calleraccount',
];
const arnKeys = ['aws:principalarn', 'aws:sourcearn'];
const vpcKeys = ['aws:sourcevpc', 'aws:ec2instancesourcevpc'];
const serviceKeys = ['aws:principalservicename', 'aws:principalservicenameslist'];
const commonServices = ['ec2.amazonaws.com', 's3.amazonaws.com', 'lambda.amazonaws.com', 'sns.amazonaws.com'];
const digits = [...'9876543210'];
const vpcCharacters = [...'vpce-9876543210abdf'];

const mentionsOfPolicies = new WeakMap<Statement, { statements: Statement[]; mentions: Mentions }>();

/** The mentions of a policy, which checks ask about once for each of its statements, often by a copy of it. */
export function getMentions(policy: Policy, organizationId: string | undefined, keyArn: string): Mentions {
  const { statements } = policy;
  const [first] = statements;
  const known = first && mentionsOfPolicies.get(first);
  if (
    known?.mentions.keyArn === keyArn &&
    known.mentions.organizationId === (organizationId ?? null) &&
    known.statements.length === statements.length &&
    known.statements.every((statement, index) => statement === statements[index])
  ) {
    return known.mentions;
  }
  const mentions = toMentions(policy, organizationId, keyArn);
  if (first) mentionsOfPolicies.set(first, { statements, mentions });
  return mentions;
}

function toMentions(policy: Policy, organizationId: string | undefined, keyArn: string): Mentions {
  const effort = { left: Math.ceil(effortOfPolicy / (1 + policy.statements.length)) };
  const conditions = policy.statements.flatMap((statement) => statement.conditions);
  const entries = policy.statements.flatMap(({ principals, notPrincipals }) => [
    ...(principals ?? []),
    ...(notPrincipals ?? []),
  ]);
  const values = [
    ...conditions.flatMap((condition) => condition.values),
    ...entries.map((entry) => entry.value),
  ];
  const text = [...values, keyArn, organizationId ?? ''].join('\n');
  const accountIds = toUnique(text.match(/(?<!\d)\d{12}(?!\d)/g) ?? []);
  const organizationIds = toUnique(text.match(/\bo-[a-z0-9]{2,32}(?![a-z0-9*?])/g) ?? []);
  const valuesOf = (keys: string[]) =>
    conditions.flatMap((condition) => (keys.includes(condition.key) ? condition.values : []));
  const accountPatterns = [
    ...valuesOf(accountKeys),
    ...valuesOf(arnKeys).map((arn) => arn.split(':')[4] ?? ''),
    // A wildcard may stand for any number of the parts before it; the ids of root and federated users begin so, too.
    ...valuesOf([...arnKeys, 'aws:userid']).flatMap((text) =>
      text.split(':').filter((part) => /^[*?]*\d[\d*?]*$/.test(part)),
    ),
  ];
  const organizationPatterns = [
    ...valuesOf(['aws:principalorgid', 'aws:sourceorgid', 'aws:vpceorgid']),
    ...valuesOf(['aws:principalorgpaths', 'aws:sourceorgpaths', 'aws:vpceorgpaths']).map(
      (path) => path.split('/')[0] ?? '',
    ),
  ];
  const freshAccounts = toFresh(
    accountPatterns,
    '????????????',
    accountIds,
    toFreshText(text, '999999999999'),
    effort,
    digits,
  );
  const freshOrganizations = toFresh(
    organizationPatterns,
    'o-??????????',
    organizationIds,
    toFreshText(text, 'o-9999999999'),
    effort,
    null,
  );
  const toFreshNetworks = (keys: string[], prefix: string) => {
    const patterns = valuesOf(keys);
    const mentioned = patterns.filter((id) => !/[*?]/.test(id));
    const suggestion = toFreshText(text, `${prefix}99999999999999999`);
    return toFresh(patterns, `${prefix}${'?'.repeat(17)}`, mentioned, suggestion, effort, vpcCharacters);
  };
  const freshVpcs = toFreshNetworks(vpcKeys, 'vpc-');
  const freshVpces = toFreshNetworks(['aws:sourcevpce'], 'vpce-');
  return {
    keyArn,
    partition: keyArn.split(':')[1] ?? 'aws',
    organizationId: organizationId ?? null,
    accountIds,
    organizationIds,
    principalArns: toUnique(
      entries.flatMap(({ type, value }) => (type === 'AWS' && isPrincipalArn(value) ? value : [])),
    ),
    bucketArns: toUnique(values.filter((value) => /^arn:[^:]+:s3:::[^*?]+$/.test(value))),
    services: toUnique(policy.statements.filter(({ effect }) => effect === 'Allow').flatMap(toServices)),
    isPartial: ![freshAccounts, freshOrganizations, freshVpcs, freshVpces].every(
      ({ isComplete }) => isComplete,
    ),
    freshAccountIds: freshAccounts.values,
    freshOrganizationIds: freshOrganizations.values,
    freshService:
      commonServices.find((service) => !text.includes(service)) ??
      toFreshText(text, 'service-9.amazonaws.com'),
    freshVpcIds: freshVpcs.values,
    freshVpceIds: freshVpces.values,
  };
}

function toServices({ principals, conditions }: Statement): string[] {
  const named = (principals ?? []).flatMap(({ type, value }) => (type === 'Service' ? value : []));
  const conditioned = conditions.flatMap(({ key, values }) => (serviceKeys.includes(key) ? values : []));
  // A pattern's shortest text stands for the services that it takes in.
  return [...named, ...conditioned.map((value) => value.replaceAll('*', '').replaceAll('?', 'x'))].filter(
    (value) => value !== '',
  );
}

function isPrincipalArn(value: string): boolean {
  return value.startsWith('arn:') && !value.endsWith(':root');
}

/**
 * Ids that nobody mentions, one for each way that half-open patterns (`12*`) can take them: a pattern that leaves
 * room for accounts one does not own leaves room for a stranger's.
 */
function toFresh(
  patterns: string[],
  shape: string,
  mentioned: string[],
  suggestion: string,
  effort: Effort,
  alphabet: string[] | null,
): { values: string[]; isComplete: boolean } {
  const halfOpen = toUnique(patterns).filter(
    (text) => /[*?]/.test(text) && !/^\*+$/.test(text) && !text.includes('$'),
  );
  if (halfOpen.length === 0) {
    return { values: [suggestion], isComplete: true };
  }
  const toGlob = (text: string) => toPattern([{ text, isLiteral: false }]);
  return toRepresentatives(
    halfOpen.map((text) => ({ patterns: [toGlob(text)], before: '', after: '' })),
    { within: [toGlob(shape)], without: mentioned.map(toGlob) },
    [suggestion],
    effort,
    alphabet,
  );
}

/** The text, its last 9 before any suffix counted down until the policy does not hold it. */
function toFreshText(text: string, wanted: string): string {
  let fresh = wanted;
  for (let count = 1; text.includes(fresh); count += 1) {
    const nines = /9+/.exec(wanted)?.[0] ?? '9';
    fresh = wanted.replace(nines, String(BigInt(nines) - BigInt(count)));
  }
  return fresh;
}

function toUnique(texts: string[]): string[] {
  return [...new Set(texts)].sort();
}
