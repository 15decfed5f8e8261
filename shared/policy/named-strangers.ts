/** Whom a key policy or a grant names in an account whose IAM was not read, and services. */
import { isDeletedPrincipal, toPrincipalName } from '../evidence/principal-arn.ts';
import { toHolderIndex } from './holders.ts';
import { type Asked, type Held, type Holding, type KeyQuestion, toPowers } from './holding.ts';
import type { PrincipalEntry } from './policy.ts';
import { findPower } from './power.ts';
import { foreignActions } from './powers.ts';
import { type Principal, toAccountId, toPrincipalAccountId } from './principal.ts';

type Stranger = { name: string; principal: Principal; kind: Holding<string>['kind'] };

/**
 * What they may by what was seen: `conditional` where their own account's IAM has the last word. Principals of
 * accounts that were read are no strangers, unless they are sessions that belong to no role; who does not exist
 * there may nothing.
 */
export function findStrangers<Name extends string>(
  question: KeyQuestion,
  asked: Asked<Name>,
): Holding<Name>[] {
  const { keyArn, keyPolicy, grants, resourceControl } = question;
  const keyAccount = keyArn.split(':')[4];
  return toStrangers(question).flatMap(({ name, principal, kind }): Holding<Name>[] => {
    const account = toPrincipalAccountId(principal);
    const isForeign = account !== null && account !== keyAccount;
    // No IAM policies belong to a federated user: it has what its session was given, and what names it.
    const identity = isFederatedUser(name) ? { identity: { policies: [], boundary: null } } : {};
    const policies = { keyPolicy, grants, resourceControl, ...identity };
    const held = new Map<Name, Held & { isShown: boolean }>();
    for (const power in asked) {
      const actions = (asked[power] ?? []).filter((action) => !isForeign || foreignActions.has(action));
      const { power: answer, ...found } = findPower({ principal }, actions, policies, question);
      // An unread boundary of the key's own account, or an account's own choice of whom it lets, has the last word.
      const isOpen = kind === 'account' || (account === keyAccount && !isFederatedUser(name));
      if (answer !== 'no') held.set(power, { power: isOpen ? 'conditional' : answer, ...found, policies });
    }
    if (held.size === 0) return [];
    const group = kind === 'service' || name.includes(':role/aws-service-role/') ? 'aws-services' : null;
    return [
      {
        principal: name,
        kind,
        account,
        holder: null,
        group,
        powers: toPowers(held),
        show: (power) => held.get(power) ?? null,
      },
    ];
  });
}

function toStrangers(question: KeyQuestion): Stranger[] {
  const { keyPolicy, grants = [], accounts } = question;
  const entries = keyPolicy.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ principals }) => principals ?? []);
  const ofGrants = grants.flatMap((grant): PrincipalEntry[] =>
    [
      grant.GranteePrincipal,
      grant.GranteeServicePrincipal,
      grant.RetiringPrincipal,
      grant.RetiringServicePrincipal,
    ].flatMap((value) =>
      value === undefined ? [] : { type: value.startsWith('arn:') ? 'AWS' : 'Service', value },
    ),
  );
  const strangers = new Map<string, Stranger>();
  for (const entry of [...entries, ...ofGrants]) {
    const stranger = toStranger(entry);
    if (stranger && !isRead(stranger, accounts)) strangers.set(stranger.name, stranger);
  }
  return [...strangers.values()];
}

function isRead({ name, principal, kind }: Stranger, accounts: KeyQuestion['accounts']): boolean {
  const account = accounts.find((one) => one.account === toPrincipalAccountId(principal));
  if (!account || isFederatedUser(name)) return false;
  if (kind === 'account' || !account.isPartial) return true;
  return toHolderIndex(account.inventory).byName.has(toPrincipalName(name));
}

/** A session that GetFederationToken made: no IAM policies belong to it. */
export function isFederatedUser(name: string): boolean {
  return name.includes(':federated-user/');
}

/** Whom an entry of a policy or a grant names; null for nobody in particular. */
export function toStranger({ type, value }: PrincipalEntry): Stranger | null {
  if (value === '*' || isDeletedPrincipal(value)) return null;
  switch (type) {
    case 'Service':
      return { name: value, kind: 'service', principal: { kind: 'service', service: value } };
    case 'Federated': {
      const accountId = /^arn:[^:]+:iam::(\d{12}):/.exec(value)?.[1] ?? null;
      return { name: value, kind: 'federated', principal: { kind: 'federated', provider: value, accountId } };
    }
    case 'CanonicalUser':
      return null;
    case 'AWS':
      return toNamedStranger(value);
  }
}

function toNamedStranger(value: string): Stranger | null {
  const account = toAccountId(value);
  if (account !== null) {
    const arn = value.startsWith('arn:') ? value : `arn:aws:iam::${account}:root`;
    return { name: account, kind: 'account', principal: { kind: 'account-root', arn, accountId: account } };
  }
  const [, , service, , accountId = '', resource = ''] = value.split(':');
  if (service === 'sts' && resource.startsWith('assumed-role/')) {
    const principal = {
      kind: 'role-session' as const,
      arn: value,
      roleArn: toPrincipalName(value),
      accountId,
    };
    return { name: value, kind: 'session', principal };
  }
  if (isFederatedUser(value)) {
    return { name: value, kind: 'session', principal: { kind: 'user', arn: value, accountId } };
  }
  const kind = resource.startsWith('user/') ? 'user' : 'role';
  return { name: value, kind, principal: { kind, arn: value, accountId } };
}
