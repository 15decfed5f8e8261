/**
 * Claims that no container of a workload takes a key of a Secret as an environment variable. Does not claim that the
 * program keeps it out of its environment: a file can be read into it, and an image can have variables of its own.
 */
import { defineCheck } from './check.ts';
import { type Edit, toFix, toMountInstead } from './kubernetes/mount-instead.ts';
import { pairUses, type Told } from './kubernetes/pairings.ts';
import { isFileCredential } from './kubernetes/private-keys.ts';
import { indexSecrets } from './kubernetes/secret-index.ts';
import { getVariables } from './kubernetes/secret-uses.ts';
import { toList, toSecretWords, toWorkloadWords } from './kubernetes/words.ts';

interface Exported extends Told, Edit {
  variables: { container: string; variable: string; key: string }[];
}

const toSeen = (exported: Exported): string =>
  `${toWorkloadWords(exported)} takes ${toList(exported.variables.map(({ key }) => key))} of ${toSecretWords(exported)} as ${toList(exported.variables.map(({ container, variable }) => `${variable} in ${container}`))}.`;

export const secretsAreMountedNotExported = defineCheck({
  id: 'secrets-are-mounted-not-exported',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: 'workload',
  facts: ['kubernetes.workloads', 'kubernetes.secrets'],
  title: 'Containers take Secrets as files, not as environment variables',
  rationale:
    'A variable is handed to every child process, stands in crash dumps, debug pages and /proc, and keeps its old value until the container restarts. A file has a mode, and Kubernetes renews it in place.',
  remediation: {
    text: 'Mount the Secret as a volume, let the program read the file, and take the variable away. To allow variables for single values set expected.secretVariables: true.',
    url: 'https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/#create-a-pod-that-has-access-to-the-secret-data-through-a-volume',
  },
  references: ['https://kubernetes.io/docs/concepts/security/secrets-good-practices/'],
  frameworks: {
    'CIS Amazon EKS Benchmark': ['4.4.1'],
    'CIS Kubernetes Benchmark': ['5.4.1'],
    'DISA STIG Kubernetes': ['V-242415'],
    'NIST 800-53': ['SC-28', 'AC-6'],
    Prowler: ['core_no_secrets_envs'],
  },
  outcomes: {
    fileCredential: {
      severity: 'medium',
      message: (exported: Exported) =>
        `${toSeen(exported)} That is a credential made to be a file: as a variable every child process and crash dump of the container carries it.`,
      fix: toFix,
    },
    value: {
      severity: 'low',
      message: (exported: Exported) =>
        `${toSeen(exported)} Every child process and crash dump of the container carries it.`,
      fix: toFix,
    },
  },
  pass: 'No container of a workload takes a key of a Secret as a variable, other than the configuration allows.',
  *evaluate({ read, peek }, { expected }) {
    const workloads = read('kubernetes.workloads');
    const secrets = indexSecrets(peek('kubernetes.secrets'));
    let isTypeMissed = false;
    for (const { workload, secret, uses, told, finding } of pairUses(workloads, secrets, ({ spec }) =>
      getVariables(spec),
    )) {
      // An optional Secret that does not exist leaves its variable unset. Manifests cannot tell: it may stand elsewhere.
      const taken = uses.filter((use) => secret || !use.isOptional || (workload.origin && !secrets.gap));
      if (!secret && secrets.gap) isTypeMissed = true;
      if (taken.length === 0) continue;
      const isCredential = taken.some(({ key }) => isFileCredential(secret?.type, key));
      if (!isCredential && expected.secretVariables) continue;
      const variables = taken.map(({ container, variable, key }) => ({ container, variable, key }));
      yield {
        outcome: isCredential ? 'fileCredential' : 'value',
        ...finding,
        evidence: { ...told, variables, ...toMountInstead(workload, finding.object.name, taken) },
      };
    }
    if (isTypeMissed) read('kubernetes.secrets');
  },
});
