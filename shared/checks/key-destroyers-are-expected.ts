/**
 * Claims that nobody but the account's administrators and those expected may, by a plain call, take the key away from
 * the cluster: disable or delete it, its material, its store, its policy or the cluster's grant. Does not claim that
 * administrators will not, nor that nobody could under conditions.
 */
import { classifyAccount } from '../evidence/account-trust.ts';
import { findClusterGrants } from '../evidence/eks-grant.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { toGiving } from '../policy/held-in-words.ts';
import type { Holding, KeyQuestion } from '../policy/holding.ts';
import { findHoldings } from '../policy/key-holders.ts';
import { toKeyStoreQuestion } from '../policy/key-store.ts';
import { keyStoreActions, retirement, toDestroyingActions } from '../policy/powers.ts';
import { findWorkload } from '../policy/trust-policy.ts';
import { toWitnessJson, type WitnessJson } from '../policy/witness-json.ts';
import { accessFacts, isClusterAccountLetIn, toKeyQuestion, toNotVisible } from './access/key-access.ts';
import { type Named, type Others, type PlainHolder, tally, toNames, toUnsettled } from './access/tally.ts';
import { defineCheck } from './check.ts';

interface Destroyer {
  key: string;
  principal: string;
  action: string;
  by: string[];
  /** What runs as the principal, where that is a workload. */
  workload: string | null;
  witness: WitnessJson;
  others: Others;
  notVisible: string[];
}

const powers = ['destroy', 'retire', 'keyStore'] as const;
type Destruction = (typeof powers)[number];

const caveat = 'A cluster that loses its key can’t be recovered.';

const toMessage =
  (who: (destroyer: Destroyer) => string) =>
  (destroyer: Destroyer): string =>
    `${destroyer.principal}${who(destroyer)} may ${destroyer.action} on ${destroyer.key}, by ${destroyer.by.join(', ')}. ${caveat}`;

const fix = ({ principal, by }: Destroyer): string =>
  `Narrow what lets it (${by.join(', ')}), or add to expected.administrators: - ${JSON.stringify(principal)}`;

export const keyDestroyersAreExpected = defineCheck({
  id: 'key-destroyers-are-expected',
  kind: 'state',
  link: 3,
  scope: 'family',
  subject: 'principal',
  facts: accessFacts,
  title: 'Only expected principals may take the cluster’s key away',
  rationale:
    'The likeliest harm to a sealed cluster is the loss of its key: who may disable or delete it, change its policy or end the cluster’s grant can make the cluster unrecoverable.',
  remediation: {
    text: 'Take the action on this key from the principal: name other keys in its policy’s Resource, or deny it in the key policy or a service control policy. If it is meant, name it in expected.administrators.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-adding-permission.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-adding-permission.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html',
  ],
  frameworks: { 'NIST 800-53': ['AC-3', 'AC-6', 'SC-12', 'CP-9'], 'PCI DSS 4': ['3.6', '3.7'] },
  outcomes: {
    outsiderMayDestroy: {
      severity: 'high',
      message: toMessage(() => ', from outside the organisation,'),
      fix,
    },
    userMayDestroy: { severity: 'high', message: toMessage(() => ', an IAM user,'), fix },
    workloadMayDestroy: {
      severity: 'high',
      message: toMessage(({ workload }) => `, which workloads run as (${workload}),`),
      fix,
    },
    mayDestroy: { severity: 'medium', message: toMessage(() => ''), fix },
    everybodyMayDestroy: {
      severity: 'high',
      message: ({ key, by, action, everybody }: Destroyer & { everybody: Named }) =>
        `${by.join(', ')} lets whoever there is ${action} on ${key}: of the accounts that were read, ${everybody.count} unexpected principals (${toNames(everybody)}). ${caveat}`,
    },
    administratorsMayDestroy: {
      severity: 'medium',
      message: ({ key, others }: Pick<Destroyer, 'key' | 'others'>) =>
        `${others.administrators.count} administrators of the account may take ${key} away: ${toNames(others.administrators)}.`,
    },
  },
  pass: 'By what could be read, only administrators of the account and expected principals may take the key away by a plain call.',
  *evaluate({ read, peek, cluster, key, collectedAt }, settings) {
    read('cluster');
    const metadata = read('key.metadata');
    if (metadata.KeyManager === 'AWS')
      return yield { notApplicable: 'The key is managed by AWS, and so is its policy.' };
    const evidence = { peek, cluster, key, collectedAt };
    const question = toKeyQuestion(evidence, read('key.policy'), settings);
    const organization = peek('organization');
    const isOutside = (account: string | null) =>
      account !== null &&
      account !== key.account &&
      classifyAccount(account, { ownAccount: cluster.account, organization, settings }) === 'outside';
    const { accountAdministrators, administrators } = settings.expected;
    const holdings: Holding<Destruction>[] = [
      ...findHoldings<Destruction>(question, { destroy: toDestroyingActions(metadata.Origin) }),
      ...findRetirers(question, cluster),
      ...(metadata.CustomKeyStoreId
        ? findHoldings<Destruction>(toKeyStoreQuestion(question), { keyStore: keyStoreActions })
        : []),
    ].filter(({ principal }) => !isExpectedPrincipal(principal, cluster.name, administrators));
    const { single, everybody, others, unsettled } = tally(holdings, powers);
    const shared = { key: key.arn, others, notVisible: toNotVisible(evidence) };
    const toShown = ({ name, holding: { holder }, held }: PlainHolder) => {
      const witness = toWitnessJson(held.witness);
      const entry = holder?.entry;
      const workload =
        entry && 'RoleName' in entry ? findWorkload(entry.AssumeRolePolicyDocument) : undefined;
      const told = { principal: name, action: witness.action, by: toGiving(held), witness };
      return { ...shared, ...told, workload: workload ?? null };
    };
    for (const one of single) {
      const shown = toShown(one);
      const outcome = isOutside(one.holding.account)
        ? 'outsiderMayDestroy'
        : one.holding.kind === 'user'
          ? 'userMayDestroy'
          : shown.workload
            ? 'workloadMayDestroy'
            : 'mayDestroy';
      yield { outcome, subject: one.name, evidence: shown };
    }
    if (everybody) {
      const { first, ...named } = everybody;
      yield {
        outcome: 'everybodyMayDestroy',
        subject: '*',
        evidence: { ...toShown(first), everybody: named },
      };
    }
    if (!accountAdministrators && others.administrators.count > 0)
      yield { outcome: 'administratorsMayDestroy', subject: 'administrators', evidence: shared };
    if (unsettled.length > 0) yield toUnsettled(unsettled, 'take the key away');
    read('key.grants');
    read('iam.key');
    if (isClusterAccountLetIn(evidence, holdings)) read('iam.cluster');
  },
});

/** Who may retire the cluster's grant: the grant says so, and no policy can. Its issuing account's root is no news. */
const findRetirers = (
  question: KeyQuestion,
  cluster: { name: string; arn: string },
): Holding<Destruction>[] => {
  const grants = findClusterGrants(question.grants ?? [], cluster).map(
    ({ IssuingAccount: _, ...grant }) => grant,
  );
  return grants.length === 0
    ? []
    : findHoldings<Destruction>({ ...question, grants }, { retire: [retirement] });
};
