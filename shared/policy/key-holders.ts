/** Who may do what with one key: every user and role of the accounts that were read, and whoever else is named. */
import { parseArn } from '../evidence/arn.ts';
import type { IamInventory } from '../evidence/iam.ts';
import type { Grant } from '../evidence/key.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import { isAdministratorByEffect } from './administrator.ts';
import { decide, type Request } from './decide.ts';
import { type Distinction, splitHolders, toDistinction } from './distinction.ts';
import type { FixedPrincipal } from './fixed-caller.ts';
import { type Holder, type HolderGroup, isServiceLinked, selectPowers, toHolderIndex } from './holders.ts';
import { toIdentityContext } from './identity-context.ts';
import { findStrangers } from './named-strangers.ts';
import type { NamedPolicy, Policies, Policy, Statement } from './policy.ts';
import { findPower, type Power, type PowerOptions } from './power.ts';
import { foreignActions, retirement } from './powers.ts';

/** An account whose IAM was read. */
export type AccountPrincipals = {
  account: string;
  inventory: IamInventory;
  /** Principals of it may be missing. */
  isPartial: boolean;
  /** Null where it is in no organisation; left out where that is not known. */
  organizationId?: string | null;
  serviceControl?: NamedPolicy[][];
};

export type KeyQuestion = PowerOptions & {
  keyPolicy: Policy;
  grants?: Grant[];
  resourceControl?: NamedPolicy[][];
  accounts: AccountPrincipals[];
};

/** One power that somebody has. The witness is a request that shows it; null where only what was not seen may give it. */
export type Held = { power: Exclude<Power, 'no'>; witness: Request | null; policies: Policies };

export type Holding<Name extends string> = {
  /** As IAM says it, or a service's or provider's name. */
  principal: string;
  kind: 'role' | 'user' | 'session' | 'account' | 'service' | 'federated';
  /** Null for services, and for providers of nobody's account. */
  account: string | null;
  /** Null where the account's IAM was not read. */
  holder: Holder | null;
  /** Known by effect, never by name. */
  group: 'administrators' | 'aws-services' | null;
  powers: Partial<Record<Name, Held>>;
};

/** What is asked: the actions that make up each power. */
export type Asked<Name extends string> = Readonly<Partial<Record<Name, readonly string[]>>>;

/**
 * Everybody who may do any of what is asked, sorted by name; who may nothing of it is left out. `*` is nobody here,
 * but the principals of the accounts that were read. Deleted principals may nothing.
 */
export function findHoldings<Name extends string>(
  question: KeyQuestion,
  asked: Asked<Name>,
): Holding<Name>[] {
  const found = [
    ...question.accounts.flatMap((account) => findInAccount(question, account, asked)),
    ...findStrangers(question, asked),
  ];
  return found.sort((a, b) => (a.principal < b.principal ? -1 : 1));
}

function findInAccount<Name extends string>(
  question: KeyQuestion,
  account: AccountPrincipals,
  asked: Asked<Name>,
): Holding<Name>[] {
  const { keyArn, keyPolicy } = question;
  const index = toHolderIndex(account.inventory);
  const isForeign = account.account !== keyArn.split(':')[4];
  const singled = new Set(toNames(question).flatMap((name) => index.byName.get(toPrincipalName(name)) ?? []));
  const isOpen = selectPowers(keyPolicy).some(isForAll);
  const shared = toSharedStatements(question, account);
  const groups = isOpen ? index.groups : [...index.anyKey, ...(index.byKey.get(keyArn) ?? [])];
  const askPart = (part: Holder[], filter: (action: string) => boolean): Holding<Name>[] => {
    const isAsked = (action: string) => (!isForeign || foreignActions.has(action)) && filter(action);
    return findInPart(question, account, part, asked, isAsked);
  };
  return [
    ...groups.flatMap((group) =>
      split(group, shared).flatMap((part) =>
        askPart(
          part.filter((holder) => !singled.has(holder)),
          // Where the key policy only delegates, nobody may more than the policies of their own allow.
          (action) => action !== retirement && (isOpen || group.allowed.has(action)),
        ),
      ),
    ),
    ...[...singled].flatMap((holder) => askPart([holder], () => true)),
  ];
}

/** Asks for the first and answers for all: nothing in the policies tells them apart. */
function findInPart<Name extends string>(
  question: KeyQuestion,
  account: AccountPrincipals,
  part: Holder[],
  asked: Asked<Name>,
  isAsked: (action: string) => boolean,
): Holding<Name>[] {
  const [first] = part;
  if (!first) return [];
  const held: [Name, Held][] = [];
  for (const name of toNamesOf(asked)) {
    const actions = (asked[name] ?? []).filter(isAsked);
    if (actions.length === 0) continue;
    const policies = toPolicies(question, account, first);
    const { power, witness } = findPower(toFixed(account, first), actions, policies, question);
    if (power !== 'no') held.push([name, { power, witness, policies }]);
  }
  if (held.length === 0) return [];
  const group = toGroup(first, account);
  return part.map((holder) => ({
    principal: holder.arn,
    kind: holder.fixed.principal.kind === 'user' ? 'user' : 'role',
    account: account.account,
    holder,
    group,
    powers: toPowers(
      held.map(([name, { power, witness }]) => {
        const policies = toPolicies(question, account, holder);
        return [name, { power, witness: witness && toOwnRequest(witness, first, holder), policies }];
      }),
    ),
  }));
}

/** The names of a record, as its type knows them. */
function toNamesOf<Name extends string>(asked: Asked<Name>): Name[] {
  const names: Name[] = [];
  for (const name in asked) names.push(name);
  return names;
}

function toPowers<Name extends string>(held: [Name, Held][]): Partial<Record<Name, Held>> {
  const powers: Partial<Record<Name, Held>> = {};
  for (const [name, one] of held) powers[name] = one;
  return powers;
}

function toGroup({ fixed, identity }: Holder, { serviceControl }: AccountPrincipals) {
  if (isServiceLinked(fixed)) return 'aws-services';
  return isAdministratorByEffect(identity, serviceControl) ? 'administrators' : null;
}

function toFixed({ organizationId }: AccountPrincipals, { fixed }: Holder): FixedPrincipal {
  return organizationId === undefined ? fixed : { ...fixed, organizationId };
}

function toPolicies(
  { keyPolicy, grants, resourceControl }: KeyQuestion,
  { serviceControl }: AccountPrincipals,
  { identity }: Holder,
): Policies {
  return { keyPolicy, identity, grants, serviceControl, resourceControl };
}

/** The same request in the name of another holder of the same part. */
function toOwnRequest(request: Request, from: Holder, to: Holder): Request {
  if (from === to) return request;
  const { principal } = request;
  const own = { ...to.fixed.principal };
  const session: Request['principal'] =
    principal.kind === 'role-session' && own.kind === 'role'
      ? {
          kind: 'role-session',
          arn: principal.arn.replace(
            /\/[^/]*\/([^/]*)$/,
            (_, name) => `/${own.arn.split('/').at(-1)}/${name}`,
          ),
          roleArn: own.arn,
          accountId: own.accountId,
        }
      : own;
  const keys = new Set(Object.keys(toIdentityContext(principal)));
  const rest = Object.entries(request.context).filter(([key]) => !keys.has(key));
  return {
    ...request,
    principal: session,
    context: { ...toIdentityContext(session), ...Object.fromEntries(rest) },
  };
}

/** Everybody whom the key policy or a grant names; each of them is asked for alone. */
function toNames({ keyPolicy, grants = [], resourceControl = [] }: KeyQuestion): string[] {
  const documents = [keyPolicy, ...resourceControl.flat().flatMap(({ policy }) => policy ?? [])];
  return [
    ...documents.flatMap(({ statements }) =>
      statements.flatMap(({ principals, notPrincipals }) =>
        [...(principals ?? []), ...(notPrincipals ?? [])].map(({ value }) => value),
      ),
    ),
    ...grants.flatMap(({ GranteePrincipal = '', RetiringPrincipal = '' }) => [
      GranteePrincipal,
      RetiringPrincipal,
    ]),
  ].filter((name) => parseArn(name) !== undefined);
}

/** Whether a statement lets in whoever its conditions do, named or not. */
export function isForAll({ effect, principals }: Statement): boolean {
  return effect === 'Allow' && (principals === null || principals.some(({ value }) => value === '*'));
}

function toSharedStatements(
  { keyPolicy, resourceControl = [] }: KeyQuestion,
  { serviceControl = [] }: AccountPrincipals,
): Statement[] {
  const named = [...serviceControl.flat(), ...resourceControl.flat()];
  return [keyPolicy, ...named.flatMap(({ policy }) => policy ?? [])].flatMap(selectPowers);
}

const splits = new WeakMap<HolderGroup, Map<string, Holder[][]>>();

function split(group: HolderGroup, shared: Statement[]): Holder[][] {
  const distinction = toDistinction([...shared, ...group.statements]);
  const mark = toDistinctionMark(distinction);
  const known = splits.get(group) ?? new Map<string, Holder[][]>();
  const parts = known.get(mark) ?? splitHolders(group.holders, distinction);
  splits.set(group, known.set(mark, parts));
  return parts;
}

function toDistinctionMark({ arnConditions, tagKeys, isPersonal }: Distinction): string {
  return JSON.stringify([isPersonal, tagKeys, arnConditions.map((condition) => Object.values(condition))]);
}

/** The statements and grants by which somebody has a power, and what was not seen of what could take it away. */
export function toReasons({ witness, policies }: Held) {
  return witness === null ? { because: [], notSeen: [] } : decide(witness, policies);
}
