import type { Caller } from './caller.ts';
import {
  toAccountCallers,
  toAnonymousCaller,
  toFederatedCaller,
  toNamedCaller,
  toServiceCaller,
} from './caller.ts';
import { type Mentions, toMentions } from './mentions.ts';
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

/** Every kind of caller of a zone that the policy can tell apart. */
export function toCallers(zone: Zone, policy: Policy, keyArn: string): Caller[] {
  const organizationId = zone.kind === 'principal' ? undefined : zone.organizationId;
  const mentions = toMentions(policy, organizationId, keyArn);
  const strangers = mentions.freshAccountIds.flatMap((accountId) =>
    [null, ...mentions.freshOrganizationIds].map((organizationId) => ({ accountId, organizationId })),
  );
  switch (zone.kind) {
    case 'anyone':
      return [
        ...strangers.flatMap((home) => toAccountCallers(home, mentions)),
        ...strangers.map((home) => toServiceCaller(mentions.freshService, home, mentions)),
        toAnonymousCaller(mentions),
      ];
    case 'service':
      return mentions.services
        .filter((service) => zone.isAsked?.(service) ?? true)
        .flatMap((service) => strangers.map((home) => toServiceCaller(service, home, mentions)));
    case 'principal':
      return [null, ...mentions.freshOrganizationIds, ...mentions.organizationIds].map((id) =>
        toNamedCaller(zone.arn, { accountId: zone.arn.split(':')[4] ?? '', organizationId: id }, mentions),
      );
    case 'outside':
    case 'unknown':
      return toClassedCallers(zone, policy, mentions);
  }
}

function toClassedCallers(
  zone: Extract<Zone, { kind: 'outside' | 'unknown' }>,
  policy: Policy,
  mentions: Mentions,
): Caller[] {
  // Whose organisation is named can be told only by who knows the own.
  const isForeignKnown = zone.organizationId !== undefined;
  const foreign = mentions.organizationIds.filter((id) => id !== zone.organizationId);
  const named = isForeignKnown || zone.kind === 'unknown' ? foreign : [];
  const organizationIds = [null, ...mentions.freshOrganizationIds, ...named];
  const isAsked = (accountId: string) => zone.classifyAccount(accountId) === zone.kind;
  const homes = mentions.accountIds
    .filter(isAsked)
    .flatMap((accountId) => organizationIds.map((organizationId) => ({ accountId, organizationId })));
  const isForeignAsked = isForeignKnown === (zone.kind === 'outside');
  const members = (isForeignAsked ? foreign : []).flatMap((organizationId) =>
    mentions.freshAccountIds.map((accountId) => ({ accountId, organizationId })),
  );
  return [
    ...homes.flatMap((home) => [
      ...mentions.principalArns
        .filter((arn) => arn.split(':')[4] === home.accountId)
        .map((arn) => toNamedCaller(arn, home, mentions)),
      ...toAccountCallers(home, mentions),
    ]),
    ...members.flatMap((home) => toAccountCallers(home, mentions)),
    ...toProviders(policy)
      .filter((provider) => {
        // A web identity provider belongs to no account: always from outside.
        const accountId = /^arn:[^:]+:iam::(\d{12}):/.exec(provider)?.[1];
        return accountId === undefined ? zone.kind === 'outside' : isAsked(accountId);
      })
      .map((provider) => toFederatedCaller(provider, mentions)),
  ];
}

function toProviders(policy: Policy): string[] {
  const entries = policy.statements.flatMap(({ principals }): PrincipalEntry[] => principals ?? []);
  return [...new Set(entries.flatMap(({ type, value }) => (type === 'Federated' ? value : [])))];
}
