/**
 * Claims that no principal that the key policy names holds both decryption and administration of the key. Does not
 * claim that an administrator could not give itself decryption, and leaves out what the account's IAM policies add
 * through the account root's statement.
 */
import { administeringActions, decryptingActions } from '../policy/kms-actions.ts';
import { toNamedPowers } from '../policy/named-powers.ts';
import { parsePolicy } from '../policy/policy-document.ts';
import { toWitnessJson, type WitnessJson } from '../policy/witness-json.ts';
import { defineCheck } from './check.ts';

interface BothPowers {
  key: string;
  principal: string;
  decrypting: string[];
  administering: string[];
  statements: string[];
  /** A request to decrypt, and one to administer. */
  witness: WitnessJson;
  administeringWitness: WitnessJson;
}

export const keyAdministratorsCannotDecrypt = defineCheck({
  id: 'key-administrators-cannot-decrypt',
  kind: 'state',
  link: 3,
  scope: 'family',
  subject: 'principal',
  facts: ['key.policy'],
  title: 'Nobody named by the key policy both administers the key and decrypts with it',
  rationale:
    'Who governs a key should not be who reads with it: one stolen role then opens the data and covers its traces by changing or deleting the key.',
  remediation: {
    text: 'Split the principal’s statements: give administration to one role, Decrypt and ReEncrypt* to another. A cluster needs neither for people: EKS uses the key by its grant.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html',
  },
  references: ['https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html'],
  frameworks: { 'NIST 800-53': ['AC-5', 'AC-6', 'SC-12'], 'PCI DSS 4': ['3.6', '3.7'] },
  outcomes: {
    holdsBoth: {
      severity: 'medium',
      message: ({ key, principal, decrypting, administering, statements }: BothPowers) =>
        `By ${statements.join(', ')} of the policy of ${key}, ${principal} may both ${decrypting.join(', ')} and ${administering.join(', ')}.`,
    },
  },
  pass: 'No principal that the key policy names both administers the key and decrypts with it.',
  *evaluate({ read, key }) {
    const policy = parsePolicy(read('key.policy'));
    const actions = [...decryptingActions, ...administeringActions];
    const { powers, undecided } = toNamedPowers(policy, key.arn, actions);
    for (const [principal, held] of powers) {
      const of = (actions: string[]) => held.filter(({ action }) => actions.includes(action));
      const [decrypting, administering] = [of(decryptingActions), of(administeringActions)];
      const [witness, administeringWitness] = [decrypting[0], administering[0]];
      if (!witness || !administeringWitness) continue;
      const toNames = (names: string[]) => [...new Set(names)];
      const evidence = {
        key: key.arn,
        principal,
        decrypting: toNames(decrypting.map(({ action }) => action)),
        administering: toNames(administering.map(({ action }) => action)),
        statements: toNames(held.map(({ statementId }) => statementId)).sort(),
        witness: toWitnessJson(witness.request),
        administeringWitness: toWitnessJson(administeringWitness.request),
      };
      yield { outcome: 'holdsBoth', subject: principal, evidence };
    }
    for (const detail of undecided) yield { unknown: 'unsupported', detail };
  },
});
