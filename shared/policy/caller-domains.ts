import { toIdentityContext } from './identity-context.ts';
import type { KeyDomain } from './key-values.ts';
import type { Mentions } from './mentions.ts';
import { type Pattern, toArnPattern, toPattern } from './pattern.ts';
import type { Principal } from './principal.ts';

/** Where a caller lives. The organisation is null where the account belongs to none. */
export type Home = { accountId: string; organizationId: string | null };

/** What a caller can make of the keys that are not free: its identity, its networks, what AWS fills in. */
export function toDomains(
  principal: Principal,
  home: Home | null,
  mentions: Mentions,
  chosen: Record<string, KeyDomain>,
): Map<string, KeyDomain> {
  const organization = home?.organizationId ?? null;
  const identity = Object.entries(toIdentityContext(principal)).map(([key, values]): [string, KeyDomain] => [
    key.toLowerCase(),
    { kind: 'options', options: [values] },
  ]);
  const keyAccountId = mentions.keyArn.split(':')[4] ?? '';
  const foreignOrganizations = mentions.organizationIds.filter((id) => id !== organization).map((id) => [id]);
  return new Map<string, KeyDomain>([
    ...identityKeys.map((key): [string, KeyDomain] => [key, absent]),
    // A direct call has no source. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    ...sourceKeys.map((key): [string, KeyDomain] => [key, absent]),
    ...identity,
    ['aws:principalorgid', organization === null ? absent : known(organization)],
    ['aws:principalorgpaths', organization === null ? absent : toOrganizationPaths(organization, false)],
    [
      'aws:principalorgmasteraccountid',
      organization === null || home === null ? absent : known(home.accountId),
    ],
    // Networks: one's own, an id AWS gives. The private address inside (aws:VpcSourceIp) is the network's owner's to
    // choose, so it is free. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    ['aws:sourceip', { kind: 'address' }],
    ['aws:sourcevpc', maybe(...mentions.freshVpcIds)],
    ['aws:ec2instancesourcevpc', maybe(...mentions.freshVpcIds)],
    ['aws:sourcevpce', maybe(...mentions.freshVpceIds)],
    ['aws:vpceaccount', home === null ? absent : maybe(home.accountId)],
    ['aws:vpceorgid', organization === null ? absent : maybe(organization)],
    ['aws:vpceorgpaths', organization === null ? absent : toOrganizationPaths(organization, true)],
    ['aws:securetransport', known('true')],
    ['aws:requestedregion', known(toRegion(mentions))],
    ['aws:resourceaccount', known(keyAccountId)],
    [
      'aws:resourceorgid',
      mentions.organizationId === null
        ? { kind: 'options', options: [['o-ofthekeysowner'], ...foreignOrganizations, null] }
        : known(mentions.organizationId),
    ],
    ...Object.entries(chosen),
  ]);
}

const identityKeys = [
  'aws:principalarn',
  'aws:principalaccount',
  'aws:principaltype',
  'aws:principalservicename',
  'aws:principalservicenameslist',
  'aws:username',
  'aws:userid',
  'aws:federatedprovider',
  'kms:calleraccount',
];
const sourceKeys = [
  'aws:sourceaccount',
  'aws:sourceowner',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
];

// IAM allows neither in a name, so StringEquals with a pattern for its value matches nobody.
const unnameable = ['*', '?'].map((char) =>
  toPattern([
    { text: '*', isLiteral: false },
    { text: char, isLiteral: true },
    { text: '*', isLiteral: false },
  ]),
);
export const absent: KeyDomain = { kind: 'options', options: [null] };
export const free: Extract<KeyDomain, { kind: 'text' }> = {
  kind: 'text',
  within: [],
  without: [],
  suggestions: ['any-value'],
  canBeAbsent: true,
  isList: false,
};

export function known(value: string): KeyDomain {
  return { kind: 'options', options: [[value]] };
}

export function maybe(...values: string[]): KeyDomain {
  return { kind: 'options', options: [null, ...values.map((value) => [value])] };
}

export function toChosen(prefix: string, name: string, taken: string[]): KeyDomain {
  return {
    kind: 'text',
    within: [toNamePattern(prefix)],
    // Principals that the policy names are callers of their own. A name holds no colon.
    without: [
      ...taken
        .filter((arn) => arn.startsWith(prefix) && !arn.slice(prefix.length).includes(':'))
        .map((text) => toPattern([{ text, isLiteral: true }])),
      ...unnameable,
    ],
    suggestions: [`${prefix}${name}`],
    canBeAbsent: false,
    isList: false,
  };
}

export function toOrganizationPaths(organizationId: string, canBeAbsent: boolean): KeyDomain {
  return {
    kind: 'text',
    within: [toGlob(`${organizationId}/?*`)],
    without: [],
    suggestions: [`${organizationId}/r-any/ou-any/`],
    canBeAbsent,
    isList: true,
  };
}

/** The prefix and a name, which holds no colon. */
function toNamePattern(prefix: string): Pattern {
  const { tokens } = toPattern([{ text: prefix, isLiteral: true }]);
  return {
    ignoresCase: false,
    tokens: [...tokens, { any: 'one', segment: true }, { any: 'many', segment: true }],
  };
}

export function toGlob(text: string) {
  return toPattern([{ text, isLiteral: false }]);
}

export function toArn(text: string) {
  return toArnPattern([{ text, isLiteral: false }]);
}

export function toRegion({ keyArn }: Mentions): string {
  return keyArn.split(':')[3] ?? '';
}
