import type { Caller } from './caller.ts';
import {
  toAccountCallers,
  toAnonymousCaller,
  toFederatedCaller,
  toNamedCaller,
  toServiceCaller,
} from './caller.ts';
import type { Mentions } from './mentions.ts';
import type { Policy, PrincipalEntry, Statement } from './policy.ts';
import { toAccountId } from './principal.ts';

type AccountClass = 'inside' | 'outside' | 'unknown';

/**
 * Where a caller may come from.
 * - `anyone`: a stranger, in an account nobody knows and outside the organisation, and any AWS service acting for
 *   one, where the policy names no service.
 * - `outside`: whoever the policy names and `classifyAccount` calls outside: accounts, principals, providers, other
 *   organisations. Strangers are `anyone`'s. `unknown`: the same for what is classed unknown; an organisation is
 *   that as long as our own's id is not given.
 * - `service`: a service that an Allow statement names, acting for a stranger; of those only the ones asked about.
 * - `principal`: this one user, role (any session of it) or session.
 */
export type Zone =
  | { kind: 'anyone'; organizationId?: string }
  | {
      kind: 'outside' | 'unknown';
      classifyAccount: (accountId: string) => AccountClass;
      organizationId?: string;
    }
  | { kind: 'service'; organizationId?: string; isAsked?: (service: string) => boolean }
  | { kind: 'principal'; arn: string };

/**
 * Whether a statement's Principal can take in anybody of the zone at all. Most statements name the account's own
 * principals, and need no search. Says yes where it can't tell.
 */
export function canAdmit(zone: Zone, { principals }: Statement): boolean {
  if (principals === null || principals.some(({ value }) => value === '*')) return true;
  switch (zone.kind) {
    case 'anyone':
      return false;
    case 'service':
      return principals.some(({ type }) => type === 'Service');
    case 'principal':
      return principals.some(({ type }) => type === 'AWS');
    case 'outside':
    case 'unknown':
      return principals.some(({ type, value }) => {
        const accountId = toAccountId(value) ?? value.split(':')[4] ?? '';
        return type === 'Federated' || (type === 'AWS' && zone.classifyAccount(accountId) === zone.kind);
      });
  }
}

/** Every kind of caller of a zone that the policy can tell apart, one by one: the first may already be the answer. */
export function* toCallers(zone: Zone, policy: Policy, mentions: Mentions): Generator<Caller> {
  const strangers = mentions.freshAccountIds.flatMap((accountId) =>
    [null, ...mentions.freshOrganizationIds].map((organizationId) => ({ accountId, organizationId })),
  );
  switch (zone.kind) {
    case 'anyone':
      for (const home of strangers) yield* toAccountCallers(home, mentions);
      for (const home of strangers) yield toServiceCaller(mentions.freshService, home, mentions);
      yield toAnonymousCaller(mentions);
      return;
    case 'service':
      for (const service of mentions.services.filter((name) => zone.isAsked?.(name) ?? true)) {
        for (const home of strangers) yield toServiceCaller(service, home, mentions);
      }
      return;
    case 'principal':
      for (const organizationId of [null, ...mentions.freshOrganizationIds, ...mentions.organizationIds]) {
        yield toNamedCaller(zone.arn, { accountId: zone.arn.split(':')[4] ?? '', organizationId }, mentions);
      }
      return;
    case 'outside':
    case 'unknown':
      yield* toClassedCallers(zone, policy, mentions);
  }
}

function* toClassedCallers(
  zone: Extract<Zone, { kind: 'outside' | 'unknown' }>,
  policy: Policy,
  mentions: Mentions,
): Generator<Caller> {
  // Whose organisation is named can be told only by who knows the own.
  const isForeignKnown = zone.organizationId !== undefined;
  const foreign = mentions.organizationIds.filter((id) => id !== zone.organizationId);
  const named = isForeignKnown || zone.kind === 'unknown' ? foreign : [];
  const organizationIds = [null, ...mentions.freshOrganizationIds, ...named];
  const isAsked = (accountId: string) => zone.classifyAccount(accountId) === zone.kind;
  const byAccount = Map.groupBy(mentions.principalArns, (arn) => arn.split(':')[4]);
  for (const accountId of mentions.accountIds.filter(isAsked)) {
    const principalArns = byAccount.get(accountId) ?? [];
    for (const organizationId of organizationIds) {
      const home = { accountId, organizationId };
      for (const arn of principalArns) yield toNamedCaller(arn, home, mentions);
      yield* toAccountCallers(home, mentions);
    }
  }
  const isForeignAsked = isForeignKnown === (zone.kind === 'outside');
  for (const organizationId of isForeignAsked ? foreign : []) {
    for (const accountId of mentions.freshAccountIds) {
      yield* toAccountCallers({ accountId, organizationId }, mentions);
    }
  }
  for (const provider of toProviders(policy)) {
    // A web identity provider belongs to no account: always from outside.
    const accountId = /^arn:[^:]+:iam::(\d{12}):/.exec(provider)?.[1];
    if (accountId === undefined ? zone.kind === 'outside' : isAsked(accountId)) {
      yield toFederatedCaller(provider, mentions);
    }
  }
}

function toProviders(policy: Policy): string[] {
  const entries = policy.statements.flatMap(({ principals }): PrincipalEntry[] => principals ?? []);
  return [...new Set(entries.flatMap(({ type, value }) => (type === 'Federated' ? value : [])))];
}
