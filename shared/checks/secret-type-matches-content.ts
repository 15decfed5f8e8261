/**
 * Claims that no Opaque Secret that a person made holds exactly the keys of one of Kubernetes' own types. Does not
 * claim anything of what the keys hold, nor of Secrets that an owner or a known controller writes.
 */
import { type Secret, secretTypes } from '../evidence/kubernetes/secret.ts';
import { defineCheck } from './check.ts';
import { isTypedByHand } from './kubernetes/known-controllers.ts';
import { toName } from './kubernetes/pairings.ts';
import { getDistinctSecrets, toSecretReference } from './kubernetes/secret-index.ts';
import { toCount, toList } from './kubernetes/words.ts';

/** The keys of each type: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types */
const typedKeys: readonly { type: string; keys: readonly string[] }[] = [
  { type: secretTypes.tls, keys: ['tls.crt', 'tls.key'] },
  { type: secretTypes.dockerconfigjson, keys: ['.dockerconfigjson'] },
  { type: secretTypes.dockercfg, keys: ['.dockercfg'] },
  { type: secretTypes.sshAuth, keys: ['ssh-privatekey'] },
  { type: secretTypes.basicAuth, keys: ['password', 'username'] },
  { type: secretTypes.serviceAccountToken, keys: ['ca.crt', 'namespace', 'token'] },
];

interface Mistyped {
  secret: string;
  keys: string[];
  fittingType: string;
}

/** The type whose keys the Secret holds, or undefined; `maybe` where too few of its keys are known to tell. */
const getFittingType = ({ keys, dataCount }: Secret) => {
  if (!keys && dataCount === undefined) return 'maybe';
  const names = new Set(keys);
  const count = Math.max(dataCount ?? 0, names.size);
  const candidates = typedKeys.filter(
    (typed) => typed.keys.length === count && [...names].every((name) => typed.keys.includes(name)),
  );
  return names.size === count ? candidates[0] : candidates.length > 0 ? 'maybe' : undefined;
};

export const secretTypeMatchesContent = defineCheck({
  id: 'secret-type-matches-content',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: null,
  facts: ['kubernetes.secrets'],
  title: 'A Secret that holds the keys of a type is of that type',
  rationale:
    'The API server checks that a typed Secret has its keys, policies and audits tell credentials apart by type, and tools such as kubectl and ingress controllers take them by it. An Opaque copy escapes all of them: a token of a service account looks like any password.',
  remediation: {
    text: 'Create the Secret anew with the type that fits: a type cannot be changed in place.',
    url: 'https://kubernetes.io/docs/concepts/configuration/secret/#secret-types',
  },
  references: ['https://kubernetes.io/docs/concepts/security/secrets-good-practices/'],
  frameworks: { 'NIST 800-53': ['SC-12', 'SC-28'] },
  outcomes: {
    opaque: {
      severity: 'low',
      message: ({ secret, keys, fittingType }: Mistyped) =>
        `Secret ${secret} is Opaque and holds exactly the keys of ${fittingType}: ${toList(keys)}. Whatever goes by the type of a Secret takes it for something else.`,
      fix: ({ secret, fittingType }: Mistyped) =>
        `Create Secret ${secret} anew with type: ${fittingType}: a type cannot be changed in place. Who mounts or names it needs no change.`,
    },
  },
  pass: 'No Opaque Secret that a person made holds exactly the keys of one of Kubernetes’ own types.',
  *evaluate({ read }) {
    const unnamed: string[] = [];
    for (const secret of getDistinctSecrets(read('kubernetes.secrets'))) {
      if (secret.type !== secretTypes.opaque || !isTypedByHand(secret)) continue;
      const fitting = getFittingType(secret);
      if (fitting === 'maybe') unnamed.push(toName(secret));
      else if (fitting)
        yield {
          outcome: 'opaque',
          object: toSecretReference(secret),
          evidence: { secret: toName(secret), keys: [...fitting.keys], fittingType: fitting.type },
        };
    }
    if (unnamed.length > 0)
      yield {
        unknown: 'unsupported',
        detail: `nothing names the keys of ${toCount(unnamed.length, 'Opaque Secret')}: ${toList(unnamed)}`,
      };
  },
});
