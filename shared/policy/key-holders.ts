/** Who may do what with one key: every user and role of the accounts that were read, and whoever else is named. */
import { parseArn } from '../evidence/arn.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import { isAdministratorByEffect } from './administrator.ts';
import type { Request } from './decide.ts';
import { type Distinction, splitHolders, toDistinction } from './distinction.ts';
import type { FixedPrincipal } from './fixed-caller.ts';
import { type Holder, type HolderGroup, isServiceLinked, selectPowers, toHolderIndex } from './holders.ts';
import {
  type AccountPrincipals,
  type Asked,
  type Held,
  type Holding,
  type KeyQuestion,
  toPowers,
} from './holding.ts';
import { toIdentityContext } from './identity-context.ts';
import { findStrangers } from './named-strangers.ts';
import type { Policies, Statement } from './policy.ts';
import { findPower } from './power.ts';
import { foreignActions, retirement } from './powers.ts';

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
  const policies = toPolicies(question, account, first);
  const witnesses = new Map<Name, Pick<Held, 'power' | 'witness'>>();
  for (const name of toNamesOf(asked)) {
    const actions = (asked[name] ?? []).filter(isAsked);
    if (actions.length === 0) continue;
    const { power, witness } = findPower(toFixed(account, first), actions, policies, question);
    if (power !== 'no') witnesses.set(name, { power, witness });
  }
  if (witnesses.size === 0) return [];
  const group = toGroup(first, account);
  const kind = first.fixed.principal.kind === 'user' ? 'user' : 'role';
  const powers = toPowers(witnesses);
  return part.map((holder) => ({
    principal: holder.arn,
    kind,
    account: account.account,
    holder,
    group,
    powers,
    show: (name) => {
      const held = witnesses.get(name);
      if (!held) return null;
      const witness = held.witness && toOwnRequest(held.witness, first, holder);
      return { power: held.power, witness, policies: toPolicies(question, account, holder) };
    },
  }));
}

/** The names of a record, as its type knows them. */
function toNamesOf<Name extends string>(asked: Asked<Name>): Name[] {
  const names: Name[] = [];
  for (const name in asked) names.push(name);
  return names;
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
