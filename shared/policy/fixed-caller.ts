import { type Caller, toKeyDomain } from './caller.ts';
import { absent, free, known, toChosen, toDomains } from './caller-domains.ts';
import type { KeyDomain } from './key-values.ts';
import type { Mentions } from './mentions.ts';
import { type Principal, toPrincipalAccountId } from './principal.ts';

/** What is known of one principal whose requests are asked about. */
export type FixedPrincipal = {
  principal: Principal;
  /** Null where its account is in no organisation; left out where that is not known. */
  organizationId?: string | null;
  /** Of the user or role itself. Left out where they were not read. */
  tags?: Record<string, string>;
  /** The unique id of the role (AROA…) or user (AIDA…). */
  uniqueId?: string;
};

/**
 * How a request comes about. `any`: the principal has what it takes, MFA, a network, session tags or a service in
 * between. `plain`: it calls by itself, directly, as what it is, and chooses nothing but the operation's parameters.
 */
export type Manner = 'any' | 'plain';

// Keys whose values the caller writes into its request.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
const parameterKeys = new Set(
  [
    'BypassPolicyLockoutSafetyCheck',
    'DataKeyPairSpec',
    'EncryptionAlgorithm',
    'ExpirationModel',
    'GrantConstraintType',
    'GrantOperations',
    'GranteePrincipal',
    'MessageType',
    'PrimaryRegion',
    'ReEncryptOnSameKey',
    'ReplicaRegion',
    'RetiringPrincipal',
    'RotationPeriodInDays',
    'ScheduleKeyDeletionPendingWindowInDays',
    'ValidTo',
    'WrappingAlgorithm',
    'WrappingKeySpec',
  ].map((name) => `kms:${name.toLowerCase()}`),
);
// Written by the caller into any request. Not kms:RequestAlias: which aliases the key has is the key's.
const chosenKeys = new Set(['aws:useragent', 'aws:referer']);

// Where the call comes from: of a principal of one's own nobody can say that it is not in that network.
const networkKeys = [
  'aws:sourceip',
  'aws:sourcevpc',
  'aws:ec2instancesourcevpc',
  'aws:sourcevpce',
  'aws:vpceaccount',
  'aws:vpceorgid',
  'aws:vpceorgpaths',
];
// What a service says of whom it acts for. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
const sourceKeys = ['aws:sourceaccount', 'aws:sourceowner', 'aws:sourcearn', 'aws:sourceorgid'];

/** What one principal can make of the condition keys. A role stands for its sessions, under any name. */
export function toFixedCaller(fixed: FixedPrincipal, mentions: Mentions): Caller {
  const principal = toSession(fixed.principal);
  const accountId = toPrincipalAccountId(principal);
  const home = accountId === null ? null : { accountId, organizationId: fixed.organizationId ?? null };
  const domains = toDomains(principal, home, mentions, toUserId(fixed));
  if (fixed.organizationId === undefined && home !== null) {
    const ids = [...mentions.organizationIds, ...mentions.freshOrganizationIds].map((id) => [id]);
    domains.set('aws:principalorgid', { kind: 'options', options: [null, ...ids] });
    domains.set('aws:principalorgpaths', { ...free, isList: true });
  }
  for (const key of networkKeys) {
    domains.set(key, { ...free, isList: key === 'aws:vpceorgpaths' });
  }
  for (const key of principal.kind === 'service' ? sourceKeys : []) {
    domains.set(key, free);
  }
  return { principal, domains };
}

/** What the caller can make of one key in the manner asked about. */
export function toFixedDomain(caller: Caller, fixed: FixedPrincipal, manner: Manner, key: string): KeyDomain {
  const domain = toTagDomain(fixed, key) ?? toKeyDomain(caller, key);
  if (manner === 'any' || parameterKeys.has(key) || chosenKeys.has(key) || key === 'aws:userid') {
    return domain;
  }
  const said = toSaid(fixed, key);
  if (said !== undefined) {
    return said;
  }
  const own = toOwnTag(fixed, key);
  if (own !== undefined) {
    return known(own);
  }
  return domain.kind === 'options' && domain.options.length === 1 ? domain : absent;
}

/** In a benchmarking network, which is nobody's: https://www.rfc-editor.org/rfc/rfc2544 */
const someAddress = '198.18.0.1';

/**
 * What a plain call says of the way it is made: a condition that every such call meets is none. Temporary credentials
 * always tell whether a second factor was used, and when they were made; long-term ones never do.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
function toSaid({ principal, organizationId }: FixedPrincipal, key: string): KeyDomain | undefined {
  const isTemporary = principal.kind === 'role' || principal.kind === 'role-session';
  switch (key) {
    case 'aws:viaawsservice':
      return known('false');
    case 'aws:sourceip':
      return known(someAddress);
    case 'aws:multifactorauthpresent':
      return isTemporary ? known('false') : undefined;
    case 'aws:tokenissuetime':
      return isTemporary ? { ...free, canBeAbsent: false } : undefined;
    case 'aws:principalorgpaths':
      // In which unit is not said, so only a pattern for the whole organisation surely holds.
      return organizationId ? known(`${organizationId}/r-unknown/`) : undefined;
    default:
      return undefined;
  }
}

// What a plain call may still say of these follows from where its caller lives, or is its caller's to choose.
const variedKeys = /^aws:(userid|federatedprovider|principalorg|resourceorg)/;

/** What a plain call says of a key that does not follow from who calls, where that is sure without a search. */
export function toPlainValue(fixed: FixedPrincipal, key: string): string[] | 'absent' | 'unknown' {
  if (
    parameterKeys.has(key) ||
    chosenKeys.has(key) ||
    variedKeys.test(key) ||
    fixed.principal.kind === 'service' ||
    toSaid(fixed, key) !== undefined
  ) {
    return 'unknown';
  }
  const own = toOwnTag(fixed, key);
  return own === undefined ? 'absent' : [own];
}

/** A role's session may bring tags of its own: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
function toTagDomain(fixed: FixedPrincipal, key: string): KeyDomain | null {
  if (!key.startsWith(tagPrefix) || fixed.tags === undefined) {
    return null;
  }
  const own = toOwnTag(fixed, key);
  if (fixed.principal.kind === 'user') {
    return own === undefined ? absent : known(own);
  }
  return own === undefined ? free : { ...free, suggestions: [own], canBeAbsent: false };
}

const tagPrefix = 'aws:principaltag/';

function toOwnTag({ tags = {} }: FixedPrincipal, key: string): string | undefined {
  return Object.entries(tags).find(([name]) => `${tagPrefix}${name.toLowerCase()}` === key)?.[1];
}

/** Who calls: for a role, a session that stands for all. */
export function toSession(principal: Principal): Principal {
  if (principal.kind !== 'role') {
    return principal;
  }
  const { arn: roleArn, accountId } = principal;
  const sts = `arn:${roleArn.split(':')[1]}:sts::${accountId}:assumed-role`;
  return {
    kind: 'role-session',
    arn: `${sts}/${roleArn.split('/').at(-1)}/any-session`,
    roleArn,
    accountId,
  };
}

const anyRoleId = 'AROAEXAMPLEEXAMPLE12';

function toUserId({ principal, uniqueId }: FixedPrincipal): Record<string, KeyDomain> {
  switch (principal.kind) {
    case 'role':
      return {
        'aws:userid':
          uniqueId === undefined
            ? { ...free, suggestions: [`${anyRoleId}:any-session`], canBeAbsent: false }
            : toChosen(`${uniqueId}:`, 'any-session', []),
        'aws:federatedprovider': free,
      };
    case 'role-session': {
      const userId =
        principal.userId ??
        (uniqueId === undefined ? undefined : `${uniqueId}:${principal.arn.split('/').at(-1)}`);
      return { 'aws:userid': userId === undefined ? free : known(userId), 'aws:federatedprovider': free };
    }
    case 'user': {
      const userId = principal.userId ?? uniqueId;
      return { 'aws:userid': userId === undefined ? { ...free, canBeAbsent: false } : known(userId) };
    }
    case 'account-root':
    case 'federated':
    case 'service':
    case 'anonymous':
      return {};
  }
}
