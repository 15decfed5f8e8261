import {
  absent,
  free,
  type Home,
  known,
  maybe,
  toArn,
  toChosen,
  toDomains,
  toGlob,
  toOrganizationPaths,
  toRegion,
} from './caller-domains.ts';
import type { KeyDomain } from './key-values.ts';
import type { Mentions } from './mentions.ts';
import type { Principal } from './principal.ts';

/** A kind of caller: one principal that stands for it, and what it can make of the condition keys. */
export type Caller = { principal: Principal; readonly domains: Map<string, KeyDomain> };

// Ids that IAM gives and nobody chooses: no policy knows those of a stranger.
const strangerRoleId = 'AROA9999999999STRANGE';
const strangerUserId = 'AIDA9999999999STRANGE';

/** The principals an account's owner can make up: roles, users, and the root user. Names are his to choose. */
export function toAccountCallers(home: Home, mentions: Mentions): Caller[] {
  const { accountId } = home;
  const iam = `arn:${mentions.partition}:iam::${accountId}`;
  const session = `arn:${mentions.partition}:sts::${accountId}:assumed-role/any-role/any-session`;
  const role: Principal = { kind: 'role-session', arn: session, roleArn: `${iam}:role/any-role`, accountId };
  const user: Principal = { kind: 'user', arn: `${iam}:user/any-user`, accountId };
  // GetFederationToken makes sessions of yet another type: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
  const federated = `arn:${mentions.partition}:sts::${accountId}:federated-user/`;
  const root: Principal = { kind: 'account-root', arn: `${iam}:root`, accountId };
  const chosen = (prefix: string, name: string) => toChosen(prefix, name, mentions.principalArns);
  return [
    toCaller(role, home, mentions, () => ({
      'aws:principalarn': chosen(`${iam}:role/`, 'any-role'),
      'aws:userid': chosen(`${strangerRoleId}:`, 'any-session'),
      'aws:federatedprovider': free,
    })),
    toCaller(user, home, mentions, () => ({
      'aws:principalarn': chosen(`${iam}:user/`, 'any-user'),
      'aws:username': chosen('', 'any-user'),
      'aws:userid': known(strangerUserId),
    })),
    toCaller({ kind: 'user', arn: `${federated}any-user`, accountId }, home, mentions, () => ({
      'aws:principalarn': chosen(federated, 'any-user'),
      'aws:userid': chosen(`${accountId}:`, 'any-user'),
    })),
    toCaller(root, home, mentions, () => ({})),
  ];
}

/** A user, a role (any session of it) or one session, as its ARN in a Principal element says. */
export function toNamedCaller(arn: string, home: Home, mentions: Mentions): Caller {
  const { accountId } = home;
  const [, kind = '', name = '', session = ''] =
    /^[^:]+:[^:]+:[^:]+::\d+:([^/]+)\/([^/]+)(?:\/(.*))?$/.exec(arn) ?? [];
  const sts = `arn:${mentions.partition}:sts::${accountId}:assumed-role`;
  if (kind === 'role') {
    const principal: Principal = {
      kind: 'role-session',
      arn: `${sts}/${arn.split('/').at(-1)}/any-session`,
      roleArn: arn,
      accountId,
    };
    return toCaller(principal, home, mentions, () => ({
      'aws:userid': toChosen(`${strangerRoleId}:`, 'any-session', []),
      'aws:federatedprovider': free,
    }));
  }
  if (kind === 'assumed-role') {
    const roleArn = `arn:${mentions.partition}:iam::${accountId}:role/${name}`;
    const principal: Principal = { kind: 'role-session', arn, roleArn, accountId };
    return toCaller(principal, home, mentions, () => ({
      'aws:userid': known(`${strangerRoleId}:${session}`),
      'aws:federatedprovider': free,
    }));
  }
  // The id of a federated user follows from its name.
  const chosen: Record<string, KeyDomain> =
    kind === 'federated-user' ? {} : { 'aws:userid': known(strangerUserId) };
  return toCaller({ kind: 'user', arn, accountId }, home, mentions, () => chosen);
}

/** A federated session, by the provider that vouches for it. */
export function toFederatedCaller(provider: string, mentions: Mentions): Caller {
  const accountId = /^arn:[^:]+:iam::(\d{12}):/.exec(provider)?.[1] ?? null;
  const principal: Principal = { kind: 'federated', provider, accountId };
  const home = accountId === null ? null : { accountId, organizationId: null };
  return toCaller(principal, home, mentions, () => ({ 'aws:userid': free }));
}

/**
 * A service that acts for a stranger. It may or may not say for whom (aws:SourceAccount and its like), but never
 * names somebody else; the services of AWS set the `aws:…` pairs of the encryption context themselves, to the
 * resource they act for, so a CloudTrail or CloudWatch Logs policy that pins its own ARN there is closed to others.
 */
export function toServiceCaller(service: string, home: Home, mentions: Mentions): Caller {
  return toCaller({ kind: 'service', service }, null, mentions, () => {
    const { accountId, organizationId } = home;
    const source = toSourceDomain(service, accountId, mentions);
    return {
      'aws:sourceaccount': maybe(accountId),
      'aws:sourceowner': maybe(accountId),
      'aws:sourcearn': source,
      'aws:sourceorgid': organizationId === null ? absent : maybe(organizationId),
      'aws:sourceorgpaths': organizationId === null ? absent : toOrganizationPaths(organizationId, true),
      'aws:principalservicenameslist': { ...free, suggestions: [service], isList: true },
      'kms:encryptioncontext:aws:*': source,
    };
  });
}

/** The resources that a service may act for where it acts for an account. */
function toSourceDomain(service: string, accountId: string, mentions: Mentions): KeyDomain {
  const { partition } = mentions;
  return {
    kind: 'text',
    // Buckets carry no account in their ARN, and their names are anybody's to take.
    within: [toArn(`arn:${partition}:*:*:${accountId}:*`), toArn(`arn:${partition}:s3:::?*`)],
    // Bucket names and the parts of a resource are the services' to shape: no account id stands alone among them.
    without: [
      ...mentions.bucketArns.map(toGlob),
      toGlob(`arn:${partition}:s3:::*:*`),
      ...mentions.accountIds.flatMap((id) =>
        [`*:${accountId}:${id}:*`, `*:${accountId}:*:${id}:*`].map(toGlob),
      ),
    ],
    suggestions: [
      `arn:${partition}:${service.split('.')[0]}:${toRegion(mentions)}:${accountId}:any-resource`,
    ],
    canBeAbsent: true,
    isList: false,
  };
}

/** KMS refuses unsigned calls today, but the policy's answer to one is asked all the same. */
export function toAnonymousCaller(mentions: Mentions): Caller {
  return toCaller({ kind: 'anonymous' }, null, mentions, () => ({}));
}

/**
 * From 7 to 30 days. Who says nothing says 30, also to a condition.
 * https://docs.aws.amazon.com/kms/latest/cryptographic-details/key-deletion.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
const pendingDays: KeyDomain = {
  kind: 'options',
  options: Array.from({ length: 24 }, (_, index) => [String(30 - index)]),
};

/** What a caller can make of a key. A key nobody knows counts as free: rather a finding too many than one missed. */
export function toKeyDomain({ domains }: Caller, key: string): KeyDomain {
  const own =
    domains.get(key) ?? (key === 'kms:schedulekeydeletionpendingwindowindays' ? pendingDays : undefined);
  if (own !== undefined) {
    return own;
  }
  const family = key.startsWith('kms:encryptioncontext:aws:')
    ? domains.get('kms:encryptioncontext:aws:*')
    : undefined;
  return family ?? { ...free, isList: listKeys.test(key) };
}

// AWS's keys that hold lists; of keys that are not AWS's or KMS's nobody can tell, so they may.
const listKeys =
  /^aws:(principalorgpaths|sourceorgpaths|vpceorgpaths|resourceorgpaths|calledvia|tagkeys|principalservicenameslist)$|^kms:(encryptioncontextkeys|grantoperations|resourcealiases)$|^(?!aws:|kms:)/;

/** What it can make of the keys is worked out when a condition asks: of most callers none does. */
function toCaller(
  principal: Principal,
  home: Home | null,
  mentions: Mentions,
  toChosenDomains: () => Record<string, KeyDomain>,
): Caller {
  let domains: Map<string, KeyDomain> | undefined;
  return {
    principal,
    get domains() {
      domains ??= toDomains(principal, home, mentions, toChosenDomains());
      return domains;
    },
  };
}
