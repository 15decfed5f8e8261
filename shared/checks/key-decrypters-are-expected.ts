/**
 * Claims that nobody but the cluster's own and those expected may decrypt with the key by a plain call, by its policy,
 * its grants or IAM. Does not claim that nobody could under conditions (MFA, a network, through a service), nor that
 * who may decrypt can read a Secret: the ciphertext lies in etcd, which EKS shows to nobody.
 */
import { isEksService } from '../evidence/eks-grant.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import { toGiving } from '../policy/held-in-words.ts';
import type { Holder } from '../policy/holders.ts';
import { findHoldings } from '../policy/key-holders.ts';
import { powerActions } from '../policy/powers.ts';
import { toAssumers } from '../policy/trust-policy.ts';
import { toWitnessJson, type WitnessJson } from '../policy/witness-json.ts';
import { accessFacts, isClusterAccountLetIn, toKeyQuestion, toNotVisible } from './access/key-access.ts';
import { type Named, type Others, type PlainHolder, tally, toNames, toUnsettled } from './access/tally.ts';
import { defineCheck } from './check.ts';

interface Decrypter {
  key: string;
  principal: string;
  action: string;
  by: string[];
  witness: WitnessJson;
  others: Others;
  notVisible: string[];
}

const caveat = 'That alone reveals no Secret: the ciphertext lies in etcd, which EKS shows to nobody.';

/** Of a key that clusters share, which key-is-dedicated tells: a role that EKS alone can become is another's. */
const isClusterRole = (holder: Holder | null): boolean => {
  const entry = holder?.entry;
  const assumers = entry && 'RoleName' in entry ? toAssumers(entry.AssumeRolePolicyDocument) : null;
  return assumers?.length ? assumers.every(({ principal }) => principal === 'eks.amazonaws.com') : false;
};

export const keyDecryptersAreExpected = defineCheck({
  id: 'key-decrypters-are-expected',
  kind: 'state',
  link: 3,
  scope: 'family',
  subject: 'principal',
  facts: accessFacts,
  title: 'Only expected principals may decrypt with the cluster’s key',
  rationale:
    'EKS decrypts by its own grant; nobody else needs to. Whoever may decrypt holds one half of every Secret, and a copy of etcd or of a backup would be the other.',
  remediation: {
    text: 'Take Decrypt on this key from the principal: name other keys in its policy’s Resource, or deny it in the key policy. If it is meant, name it in expected.decrypters.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/determining-access.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/determining-access.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html',
  ],
  frameworks: { 'NIST 800-53': ['AC-3', 'AC-6', 'SC-12'], 'PCI DSS 4': ['3.6', '3.7'] },
  outcomes: {
    mayDecrypt: {
      severity: 'medium',
      message: ({ principal, action, key, by }: Decrypter) =>
        `${principal} may ${action} with ${key}, by ${by.join(', ')}. ${caveat}`,
      fix: ({ principal, by }: Decrypter) =>
        `Narrow what lets it (${by.join(', ')}), or add to expected.decrypters: - ${JSON.stringify(principal)}`,
    },
    everybodyMayDecrypt: {
      severity: 'medium',
      message: ({ key, by, action, everybody }: Decrypter & { everybody: Named }) =>
        `${by.join(', ')} lets whoever there is ${action} with ${key}: of the accounts that were read, ${everybody.count} unexpected principals (${toNames(everybody)}). ${caveat}`,
    },
    administratorsMayDecrypt: {
      severity: 'medium',
      message: ({ key, others }: Pick<Decrypter, 'key' | 'others'>) =>
        `${others.administrators.count} administrators of the account may decrypt with ${key}: ${toNames(others.administrators)}. ${caveat}`,
    },
  },
  pass: 'By what could be read, only expected principals may decrypt with the key by a plain call.',
  *evaluate({ read, peek, cluster, key, collectedAt }, settings) {
    const { roleArn } = read('cluster');
    if (read('key.metadata').KeyManager === 'AWS')
      return yield { notApplicable: 'The key is managed by AWS, and so is its policy.' };
    const evidence = { peek, cluster, key, collectedAt };
    const question = toKeyQuestion(evidence, read('key.policy'), settings);
    const { accountAdministrators, decrypters } = settings.expected;
    const holdings = findHoldings(question, { decrypt: powerActions.decrypt }).filter(
      ({ principal, holder }) =>
        !isEksService(principal) &&
        !(key.clusters.length > 1 && isClusterRole(holder)) &&
        (roleArn === undefined || toPrincipalName(principal) !== toPrincipalName(roleArn)) &&
        !isExpectedPrincipal(principal, cluster.name, decrypters),
    );
    const { single, everybody, others, unsettled } = tally(holdings, ['decrypt']);
    const shared = { key: key.arn, others, notVisible: toNotVisible(evidence) };
    const toShown = ({ name, held }: PlainHolder) => {
      const witness = toWitnessJson(held.witness);
      return { ...shared, principal: name, action: witness.action, by: toGiving(held), witness };
    };
    for (const one of single) yield { outcome: 'mayDecrypt', subject: one.name, evidence: toShown(one) };
    if (everybody) {
      const { first, ...named } = everybody;
      yield {
        outcome: 'everybodyMayDecrypt',
        subject: '*',
        evidence: { ...toShown(first), everybody: named },
      };
    }
    if (!accountAdministrators && others.administrators.count > 0)
      yield { outcome: 'administratorsMayDecrypt', subject: 'administrators', evidence: shared };
    if (unsettled.length > 0) yield toUnsettled(unsettled, 'decrypt');
    read('key.grants');
    read('iam.key');
    if (isClusterAccountLetIn(evidence, holdings)) read('iam.cluster');
  },
});
