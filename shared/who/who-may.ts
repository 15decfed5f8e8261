/** Who may decrypt with a cluster's key, administer or destroy it, how, and under which conditions. */
import { isEksService } from '../evidence/eks-grant.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { isKnown } from '../evidence/fact.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import type { Settings } from '../evidence/settings.ts';
import { decide } from '../policy/decide.ts';
import { toConditionText, toConditionWords } from '../policy/held-in-words.ts';
import type { Held, Holding } from '../policy/holding.ts';
import { findHoldings } from '../policy/key-holders.ts';
import { toUnreadRefs } from '../policy/policies.ts';
import { keyStoreActions, type PowerName, powerActions, retirement } from '../policy/powers.ts';
import { toAssumers } from '../policy/trust-policy.ts';
import { type KeySubject, peekAt, toDistinct, toMissing, toQuestion, toQuestionsByAction } from './access.ts';
import type { Gap, WhoAnswer, WhoMay, WhoPrincipal } from './document.ts';
import { findDeleted, findEverybody } from './not-of-an-account.ts';

/** By one action on one member of the family. */
export interface Hold {
  action: string;
  held: Held;
}

/** One principal, with everything that it holds on any member of the family. */
export interface Holder {
  principal: string;
  kind: WhoPrincipal['kind'];
  group: Holding<string>['group'];
  entry: NonNullable<Holding<string>['holder']>['entry'] | null;
  holds: Hold[];
}

/** By which a holder gives itself decryption: by changing the policy, a grant to itself, a replica with its own policy. */
const escalations = new Set(['kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:ReplicateKey']);

const actionsOf: Record<PowerName, ReadonlySet<string>> = {
  decrypt: new Set(powerActions.decrypt),
  administer: new Set(powerActions.administer),
  destroy: new Set([...powerActions.destroy, retirement, ...keyStoreActions]),
};
export const powerNames = ['decrypt', 'administer', 'destroy'] as const satisfies PowerName[];

/** Takes the key that a cluster names and its relatives; gives who may what with any of them. */
export const toWhoMay = (
  [named, ...relatives]: [KeySubject, ...KeySubject[]],
  settings: Settings,
): WhoMay => {
  const holders = new Map<string, Holder>();
  const missing: Gap[] = [];
  for (const subject of [named, ...relatives]) {
    const question = toQuestion(subject, settings);
    if ('unknown' in question) {
      if (subject === named) return question;
      const { account, arn } = subject.key;
      missing.push({
        what: `the policy of ${arn}`,
        account,
        reason: `${question.unknown}: ${question.detail}`,
      });
      continue;
    }
    for (const { question: asked, actions } of toQuestionsByAction(subject, question))
      for (const holding of findHoldings(asked, toEach(actions))) addHolding(holders, holding);
    const everybody = findEverybody(question);
    missing.push(...everybody.missing, ...toMissing(subject));
    for (const holder of [...everybody.holders, ...findDeleted(question)]) addHolder(holders, holder);
  }
  const cluster = peekAt(named)('cluster');
  const roleArn = isKnown(cluster) ? cluster.value.roleArn : undefined;
  const principals = [...holders.values()]
    .sort((a, b) => (a.principal < b.principal ? -1 : 1))
    .map((holder) => toPrincipal(holder, settings, { name: named.cluster.name, roleArn }));
  return { principals, missing: toDistinct(missing) };
};

const toEach = (actions: readonly string[]): Record<string, readonly string[]> =>
  Object.fromEntries(actions.map((action) => [action, [action]]));

const addHolding = (holders: Map<string, Holder>, holding: Holding<string>): void => {
  const { principal, kind, group, holder, powers, show } = holding;
  const holds = Object.keys(powers).flatMap((action): Hold[] => {
    const held = show(action);
    return held ? [{ action, held }] : [];
  });
  addHolder(holders, { principal, kind, group, entry: holder?.entry ?? null, holds });
};

const addHolder = (holders: Map<string, Holder>, holder: Holder): void => {
  const key = `${holder.kind} ${toPrincipalName(holder.principal)}`;
  const known = holders.get(key);
  if (known) known.holds.push(...holder.holds);
  else holders.set(key, { ...holder, holds: [...holder.holds] });
};

const toPrincipal = (
  holder: Holder,
  settings: Settings,
  cluster: { name: string; roleArn: string | undefined },
): WhoPrincipal => {
  const { principal, kind, group, entry, holds } = holder;
  return {
    principal,
    kind,
    decrypt: toDecryptAnswer(holds),
    administer: toAnswer(holds, 'administer'),
    destroy: toAnswer(holds, 'destroy'),
    expected: toExpected(holder, settings, cluster),
    via: toVia(holder),
    conditions: toConditions(holds),
    assumableBy: entry && 'RoleName' in entry ? toAssumableBy(entry.AssumeRolePolicyDocument) : [],
    group,
  };
};

const toAnswer = (holds: readonly Hold[], power: PowerName): WhoAnswer => {
  const powers = holds.flatMap(({ action, held }) => (actionsOf[power].has(action) ? held.power : []));
  return powers.includes('yes') ? 'yes' : powers.length > 0 ? 'conditional' : 'no';
};

const toDecryptAnswer = (holds: readonly Hold[]): WhoAnswer => {
  const own = toAnswer(holds, 'decrypt');
  const canGive = holds.some(({ action }) => escalations.has(action));
  return own === 'no' && canGive ? 'via-escalation' : own;
};

const toExpected = (
  { principal, group, kind, holds }: Holder,
  { expected }: Settings,
  { name, roleArn }: { name: string; roleArn: string | undefined },
): WhoPrincipal['expected'] => {
  // A service that the key policy lets in for whomever it acts is anybody's way in.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
  const isDeputy =
    kind === 'service' &&
    holds.some(
      ({ held }) => held.power === 'yes' && toAllows(held).some(({ source }) => source === 'key-policy'),
    );
  const isOrdinary =
    isEksService(principal) ||
    (group === 'aws-services' && !isDeputy) ||
    (group === 'administrators' && expected.accountAdministrators);
  const isClusterRole = roleArn !== undefined && toPrincipalName(principal) === toPrincipalName(roleArn);
  const isNamed = (globs: Settings['expected']['decrypters']) => isExpectedPrincipal(principal, name, globs);
  const mayChange = isOrdinary || isNamed(expected.administrators);
  return {
    decrypt: isOrdinary || isClusterRole || isNamed(expected.decrypters),
    administer: mayChange,
    destroy: mayChange,
  };
};

const toVia = ({ holds }: Holder): WhoPrincipal['via'] => {
  const via = new Map<string, WhoPrincipal['via'][number]>();
  for (const { action, held } of holds)
    for (const { source, ref } of toAllows(held)) {
      const key = `${source} ${ref}`;
      const known = via.get(key) ?? { source, ref, actions: [] };
      via.set(key, known);
      if (!known.actions.includes(action)) known.actions.push(action);
    }
  return [...via.values()].sort((a, b) => (`${a.source} ${a.ref}` < `${b.source} ${b.ref}` ? -1 : 1));
};

type Allow = Pick<WhoPrincipal['via'][number], 'source' | 'ref'>;

const toAllows = ({ witness, policies }: Held): Allow[] =>
  (witness === null ? [] : decide(witness, policies).because).flatMap(({ source, ref, effect }): Allow[] =>
    effect === 'allow' && (source === 'key-policy' || source === 'grant' || source === 'identity-policy')
      ? [{ source, ref }]
      : [],
  );

const toConditions = (holds: readonly Hold[]): string[] => {
  const words = holds.flatMap(({ held }) => {
    if (held.power !== 'conditional') return [];
    const asked = [
      ...toConditionWords(held),
      ...toUnreadRefs(held.policies).map((ref) => `what ${ref} says, which could not be read`),
    ];
    if (asked.length > 0) return asked;
    // What is allowed as it is hangs on its caller's own account alone.
    return [held.witness === null ? 'policies that could not be seen' : 'IAM policies that were not read'];
  });
  return [...new Set(words)].sort();
};

const toAssumableBy = (trustPolicy: string): WhoPrincipal['assumableBy'] =>
  (toAssumers(trustPolicy) ?? []).map(({ principal, kind, conditions }) => ({
    principal,
    kind,
    conditions: conditions.map(toConditionText),
  }));
