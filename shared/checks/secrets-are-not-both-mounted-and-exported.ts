/**
 * Claims that no container has the same key of a Secret both as a file and as a variable. Does not claim that the one
 * way it has it is the better one: secrets-are-mounted-not-exported and env-from-imports-no-secret judge that.
 */
import type { Secret } from '../evidence/kubernetes/secret.ts';
import type { PodSpec } from '../evidence/kubernetes/workload.ts';
import { defineCheck } from './check.ts';
import { type Edit, toFix, toMountInstead } from './kubernetes/mount-instead.ts';
import { pairUses, type Told } from './kubernetes/pairings.ts';
import { indexSecrets } from './kubernetes/secret-index.ts';
import { getFiles, getImports, getMounts, getVariables, type MountUse } from './kubernetes/secret-uses.ts';
import { toList, toWorkloadWords } from './kubernetes/words.ts';

interface Doubled extends Told, Edit {
  /** `key` is null where all keys are imported and mounted, and their names are not known. */
  keys: { container: string; key: string | null; path: string; variable: string | null }[];
}

/** The keys that a mount surely holds: those it names, and those the Secret is known to have. */
const getKeys = (mount: MountUse, secret: Secret | undefined): string[] =>
  mount.items?.map(({ key }) => key) ?? secret?.keys ?? (mount.subPath === null ? [] : [mount.subPath]);

const getDoubles = (spec: PodSpec, find: (name: string) => Secret | undefined) =>
  getMounts(spec).flatMap((mount) => {
    const isHere = (use: { secret: string; container: string }) =>
      use.secret === mount.secret && use.container === mount.container;
    const isImported = getImports(spec).some(isHere);
    const variables = getVariables(spec).filter(isHere);
    const known = getKeys(mount, find(mount.secret));
    const files = getFiles(mount, known);
    const { secret, container } = mount;
    const singles = variables.flatMap(({ variable, key }) =>
      // A variable's key is a file of a whole mount, whether or not anything names it.
      getFiles(mount, [key])
        .filter((file) => file.key === key)
        .map(({ path }) => ({ secret, container, key, path, variable })),
    );
    if (!isImported) return singles;
    if (files.length === 0 && known.length > 0) return singles;
    const all = files.map(({ key, path }) => ({ secret, container, key, path, variable: null }));
    const unnamed = [{ secret, container, key: null, path: mount.mountPath, variable: null }];
    return [...singles, ...(all.length > 0 ? all : unnamed)];
  });

export const secretsAreNotBothMountedAndExported = defineCheck({
  id: 'secrets-are-not-both-mounted-and-exported',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: 'workload',
  facts: ['kubernetes.workloads', 'kubernetes.secrets'],
  title: 'No container has a Secret both as a file and as a variable',
  rationale:
    'A key that a container has as a file need not stand in its environment, too, where child processes and crash dumps carry it. The variable also keeps the old value when the file is renewed, so the two come to differ.',
  remediation: {
    text: 'Let the program read the file, and take the variable away.',
    url: 'https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod',
  },
  references: ['https://kubernetes.io/docs/concepts/security/secrets-good-practices/'],
  frameworks: { 'CIS Amazon EKS Benchmark': ['4.4.1'], 'NIST 800-53': ['SC-28', 'AC-6'] },
  outcomes: {
    doubled: {
      severity: 'low',
      message: (doubled: Doubled) =>
        `${toWorkloadWords(doubled)} has ${toList(doubled.keys.map(({ key }) => key ?? 'every key'))} of Secret ${doubled.secret} both as a file and as a variable in ${toList(doubled.keys.map(({ container }) => container))}: the variable adds a copy that the file makes needless.`,
      fix: toFix,
    },
  },
  pass: 'No container of a workload has a key of a Secret both as a file and as a variable.',
  *evaluate({ read, peek }) {
    const secrets = indexSecrets(peek('kubernetes.secrets'));
    const pairings = pairUses(read('kubernetes.workloads'), secrets, (workload) =>
      getDoubles(workload.spec, (name) => secrets.find(workload, name)),
    );
    for (const { workload, uses, told, finding } of pairings) {
      const keys = uses.map(({ container, key, path, variable }) => ({ container, key, path, variable }));
      yield {
        outcome: 'doubled',
        ...finding,
        evidence: { ...told, keys, ...toMountInstead(workload, finding.object.name, uses) },
      };
    }
  },
});
