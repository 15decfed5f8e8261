/**
 * Claims that no container of a workload imports a whole Secret into its environment. Does not claim that single keys
 * are kept out of it: secrets-are-mounted-not-exported judges those.
 */
import { defineCheck } from './check.ts';
import { type Edit, toFix, toMountInstead } from './kubernetes/mount-instead.ts';
import { pairUses, type Told } from './kubernetes/pairings.ts';
import { indexSecrets } from './kubernetes/secret-index.ts';
import { getImports } from './kubernetes/secret-uses.ts';
import { toList, toWorkloadWords } from './kubernetes/words.ts';

interface Imported extends Told, Edit {
  imports: { container: string; prefix: string | null }[];
}

export const envFromImportsNoSecret = defineCheck({
  id: 'env-from-imports-no-secret',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: 'workload',
  facts: ['kubernetes.workloads', 'kubernetes.secrets'],
  title: 'No container imports a whole Secret into its environment',
  rationale:
    'envFrom turns every key of a Secret into a variable, those that are added later too: whoever may write the Secret sets the environment of the program, PATH and LD_PRELOAD included, and nobody sees in the manifest what the container gets.',
  remediation: {
    text: 'Mount the Secret as a volume, or name the keys that the program needs one by one.',
    url: 'https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/#create-a-pod-that-has-access-to-the-secret-data-through-a-volume',
  },
  references: [
    'https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/#configure-all-key-value-pairs-in-a-secret-as-container-environment-variables',
  ],
  frameworks: {
    'CIS Amazon EKS Benchmark': ['4.4.1'],
    'CIS Kubernetes Benchmark': ['5.4.1'],
    'DISA STIG Kubernetes': ['V-242415'],
    'NIST 800-53': ['SC-28', 'AC-6'],
  },
  outcomes: {
    imported: {
      severity: 'medium',
      message: (imported: Imported) =>
        `${toWorkloadWords(imported)} imports every key of Secret ${imported.secret} into the environment of ${toList(imported.imports.map(({ container }) => container))}: each key, those added later too, is a variable that child processes and crash dumps carry.`,
      fix: toFix,
    },
  },
  pass: 'No container of a workload has an envFrom that names a Secret.',
  *evaluate({ read, peek }) {
    const secrets = indexSecrets(peek('kubernetes.secrets'));
    const pairings = pairUses(read('kubernetes.workloads'), secrets, ({ spec }) => getImports(spec));
    for (const { workload, uses, told, finding } of pairings) {
      const imports = uses.map(({ container, prefix }) => ({ container, prefix }));
      const exported = uses.map((use) => ({ ...use, key: null, variable: null }));
      yield {
        outcome: 'imported',
        ...finding,
        evidence: { ...told, imports, ...toMountInstead(workload, finding.object.name, exported) },
      };
    }
  },
});
