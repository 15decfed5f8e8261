/**
 * Claims that every bootstrap token has a key that says when it expires. Does not claim that the day is near, or not
 * past: it is a value, and values are not read.
 */
import { secretTypes } from '../evidence/kubernetes/secret.ts';
import { defineCheck } from './check.ts';
import { toName } from './kubernetes/pairings.ts';
import { getKnownKeys } from './kubernetes/private-keys.ts';
import { getDistinctSecrets, toSecretReference } from './kubernetes/secret-index.ts';
import { toCount, toList } from './kubernetes/words.ts';

/** https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#bootstrap-token-secret-format */
const expirationKey = 'expiration';

export const bootstrapTokensExpire = defineCheck({
  id: 'bootstrap-tokens-expire',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: null,
  facts: ['kubernetes.secrets'],
  title: 'Bootstrap tokens expire',
  rationale:
    'A bootstrap token lets whoever has it join machines to the cluster as nodes, and nodes are given the Secrets of the pods that they run. EKS uses none: its nodes come in by IAM.',
  remediation: {
    text: 'Delete the Secret; where nodes do join by it, create tokens for the hour they are needed.',
    url: 'https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/',
  },
  references: ['https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html'],
  frameworks: { 'NIST 800-53': ['IA-5', 'AC-6'] },
  outcomes: {
    never: {
      severity: 'high',
      message: ({ secret }: { secret: string }) =>
        `Secret ${secret} is a bootstrap token without ${expirationKey}: it never expires, and whoever has it can join a machine to the cluster as a node. EKS uses no bootstrap tokens.`,
      fix: ({ secret }: { secret: string }) =>
        `Find out who created Secret ${secret}: EKS did not. If no node joins by it, delete it; else create tokens that expire.`,
    },
  },
  pass: 'Every bootstrap token has a key that says when it expires; when, is not read.',
  *evaluate({ read }) {
    const unnamed: string[] = [];
    for (const secret of getDistinctSecrets(read('kubernetes.secrets'))) {
      if (secret.type !== secretTypes.bootstrapToken || secret.keys?.includes(expirationKey)) continue;
      if (getKnownKeys(secret).areAll)
        yield { outcome: 'never', object: toSecretReference(secret), evidence: { secret: toName(secret) } };
      else unnamed.push(toName(secret));
    }
    if (unnamed.length > 0)
      yield {
        unknown: 'unsupported',
        detail: `nothing names the keys of ${toCount(unnamed.length, 'bootstrap token')}: ${toList(unnamed)}`,
      };
  },
});
