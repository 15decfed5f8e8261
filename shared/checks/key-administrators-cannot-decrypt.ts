/**
 * Claims that no principal that the key policy names holds both decryption and administration of the key. Does not
 * claim that an administrator could not give itself decryption, and leaves out what the account's IAM policies add
 * through the account root's statement.
 */
import { administeringActions, decryptingActions } from '../policy/kms-actions.ts';
import { toNamedPowers } from '../policy/named-powers.ts';
import { parsePolicy } from '../policy/policy-document.ts';
import { defineCheck } from './check.ts';

interface BothPowers {
  key: string;
  principal: string;
  decrypting: string[];
  administering: string[];
  statements: string[];
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
    const powers = toNamedPowers(policy, key.arn, [...decryptingActions, ...administeringActions]);
    for (const [principal, held] of powers) {
      const actions = held.map(({ action }) => action);
      const decrypting = actions.filter((action) => decryptingActions.includes(action));
      const administering = actions.filter((action) => administeringActions.includes(action));
      if (decrypting.length === 0 || administering.length === 0) continue;
      const statements = [...new Set(held.flatMap(({ statementIds }) => statementIds))].sort();
      const evidence = { key: key.arn, principal, decrypting, administering, statements };
      yield { outcome: 'holdsBoth', subject: principal, evidence };
    }
  },
});
