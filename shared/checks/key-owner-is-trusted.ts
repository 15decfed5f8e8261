/**
 * Claims that the key lives in the cluster's account, in its organisation or in a trusted account. Does not claim
 * anything about who there may use or destroy it (link 3).
 */
import { classifyAccount } from '../evidence/account-trust.ts';
import { defineCheck } from './check.ts';

export const keyOwnerIsTrusted = defineCheck({
  id: 'key-owner-is-trusted',
  kind: 'state',
  link: 2,
  scope: 'key',
  subject: null,
  facts: ['organization'],
  title: 'The key lives in an account of the organisation or a trusted one',
  rationale:
    'Whoever owns the key’s account decides who may use it and whether it exists. An owner outside the organisation can make the cluster unrecoverable at any time.',
  remediation: {
    text: 'If the account is one you trust, name it in trustedAccounts. If not, plan a new cluster under a key of your own: the key of a cluster can never be changed.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html',
  ],
  frameworks: { 'NIST 800-53': ['SC-12', 'AC-6'], 'PCI DSS 4': ['3.6'] },
  outcomes: {
    outside: {
      severity: 'high',
      message: ({ key, owner }: { key: string; owner: string }) =>
        `The cluster's key ${key} lives in account ${owner}, which is neither in the organisation nor trusted. Its owner can make the cluster unrecoverable by disabling or deleting the key.`,
    },
  },
  pass: 'The key lives in an account of the organisation or a trusted one.',
  *evaluate({ peek, key, cluster }, settings) {
    const zone = classifyAccount(key.account, {
      ownAccount: cluster.account,
      organization: peek('organization'),
      settings,
    });
    if (zone === 'inside') return;
    if (zone === 'outside')
      return yield { outcome: 'outside', evidence: { key: key.arn, owner: key.account } };
    yield zone;
  },
});
