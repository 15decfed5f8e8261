/** Who may do what with one key: every user and role of the accounts that were read, and whoever else is named. */
import { toPrincipalName } from '../evidence/principal-arn.ts';
import { isAdministratorByEffect } from './administrator.ts';
import { type Settled, type Shared, toGroupKind, toSettled, toShared } from './alike.ts';
import type { Request } from './decide.ts';
import { type Part, splitHolders, toBoth } from './distinction.ts';
import type { FixedPrincipal } from './fixed-caller.ts';
import { type Holder, type HolderGroup, isServiceLinked, toHolderIndex } from './holders.ts';
import type { AccountPrincipals, Asked, Holding, KeyQuestion } from './holding.ts';
import { toIdentityContext } from './identity-context.ts';
import { findStrangers } from './named-strangers.ts';
import type { Policies, Statement } from './policy.ts';
import { findPower } from './power.ts';
import { foreignActions, retirement } from './powers.ts';
import { selectPowers } from './said-of-keys.ts';

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
  const isPossible = (action: string) => !isForeign || foreignActions.has(action);
  const singled = new Set(toNames(question).flatMap((name) => index.byName.get(toPrincipalName(name)) ?? []));
  const isOpen = selectPowers(keyPolicy).some(isForAll);
  const shared = toShared(question, account);
  const groups = isOpen ? index.groups : [...index.anyKey, ...(index.byKey.get(keyArn) ?? [])];
  return [
    ...groups.flatMap((group) => {
      // Where the key policy only delegates, nobody may more than the policies of their own allow.
      const isAsked = (action: string) =>
        action !== retirement && isPossible(action) && (isOpen || group.allowed.has(action));
      const kind = toGroupKind(question, group, shared, index.answers);
      return split(group, shared).flatMap(({ holders, mark }): Holding<Name>[] => {
        const part = singled.size === 0 ? holders : holders.filter((holder) => !singled.has(holder));
        return findInPart(question, account, part, asked, isAsked, (actions, find) =>
          index.answers.settle(`${kind} ${index.answers.toNumber(mark)} ${actions.join()}`, find),
        );
      });
    }),
    ...[...singled].flatMap((holder) =>
      findInPart(question, account, [holder], asked, isPossible, (_, find) => toSettled(find())),
    ),
  ];
}

type Settle = (actions: string[], find: () => ReturnType<typeof findPower>) => Settled;

/** Asks for the first and answers for all: nothing in the policies tells them apart. */
function findInPart<Name extends string>(
  question: KeyQuestion,
  account: AccountPrincipals,
  part: Holder[],
  asked: Asked<Name>,
  isAsked: (action: string) => boolean,
  settle: Settle,
): Holding<Name>[] {
  const [first] = part;
  if (!first) return [];
  const found = new Map<Name, ReturnType<typeof findPower>>();
  const find = (name: Name, actions: string[]) => {
    const known =
      found.get(name) ??
      findPower(toFixed(account, first), actions, toPolicies(question, account, first), question);
    found.set(name, known);
    return known;
  };
  const powers: Holding<Name>['powers'] = {};
  const isAskedBy = (name: Name) => (asked[name] ?? []).filter(isAsked);
  for (const name of toNamesOf(asked)) {
    const actions = isAskedBy(name);
    if (actions.length === 0) continue;
    const { power, isShown } = settle(actions, () => find(name, actions));
    if (power !== 'no') powers[name] = { power, isShown };
  }
  if (Object.keys(powers).length === 0) return [];
  const group = toGroup(first, account);
  const kindOfHolder = first.fixed.principal.kind === 'user' ? 'user' : 'role';
  return part.map((holder) => ({
    principal: holder.arn,
    kind: kindOfHolder,
    account: account.account,
    holder,
    group,
    powers,
    show: (name) => {
      const one = powers[name];
      if (!one) return null;
      const { witness } = find(name, isAskedBy(name));
      return {
        power: one.power,
        witness: witness && toOwnRequest(witness, first, holder),
        policies: toPolicies(question, account, holder),
      };
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
  ];
}

/** Whether a statement lets in whoever its conditions do, named or not. */
export function isForAll({ effect, principals }: Statement): boolean {
  return effect === 'Allow' && (principals === null || principals.some(({ value }) => value === '*'));
}

const splits = new WeakMap<HolderGroup, Map<string, Part[]>>();

function split(group: HolderGroup, { distinction, mark }: Shared): Part[] {
  const known = splits.get(group) ?? new Map<string, Part[]>();
  const parts = known.get(mark) ?? splitHolders(group.holders, toBoth(distinction, group.distinction));
  splits.set(group, known.set(mark, parts));
  return parts;
}
