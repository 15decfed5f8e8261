/**
 * Claims that mounted files which are private keys by their names can be read by their owner alone, and by the pod's
 * own group where it has one. Does not claim that a file of another name holds no private key.
 */
import type { Secret } from '../evidence/kubernetes/secret.ts';
import type { Workload } from '../evidence/kubernetes/workload.ts';
import { defineCheck } from './check.ts';
import { isTooWide, toFileAccess, toOctal } from './kubernetes/file-access.ts';
import { type Edit, toAdvice, toFix } from './kubernetes/mount-instead.ts';
import { pairUses, type Told, toName } from './kubernetes/pairings.ts';
import { type PodPatch, toHowTo, toPatch } from './kubernetes/patch.ts';
import { getKnownKeys, isPrivateKeyName } from './kubernetes/private-keys.ts';
import { indexSecrets } from './kubernetes/secret-index.ts';
import { getFiles, getMounts, type MountUse } from './kubernetes/secret-uses.ts';
import { toCount, toList, toWorkloadWords } from './kubernetes/words.ts';

interface Readable extends Told, Edit {
  files: { container: string; path: string; mode: string }[];
  wantedMode: string;
}

/** The private keys of a mount that more than their owner may read. */
const getWideFiles = (mount: MountUse, secret: Secret | undefined, { spec }: Workload) =>
  getFiles(mount, secret ? getKnownKeys(secret).keys : [])
    .filter(({ key, mode }) => isPrivateKeyName(key) && isTooWide(mode, spec))
    .map((file) => ({ ...mount, ...file }));

/** Whether a mount may hold more files than are known, in a mode that would matter. */
const mayHideKeys = (mount: MountUse, secret: Secret, { spec }: Workload): boolean =>
  mount.items === null && !getKnownKeys(secret).areAll && isTooWide(mount.defaultMode, spec);

type WideFile = ReturnType<typeof getWideFiles>[number];

/** The volume of a Secret, or of projected sources, in which the modes stand. */
const toVolumePatch = ({ spec }: Workload, name: string, mode: number, files: readonly WideFile[]) => {
  const volume = spec.volumes?.find((candidate) => candidate.name === name);
  const kind = volume?.secret ? 'secret' : 'projected';
  const isDefault = files.some(({ hasOwnMode }) => !hasOwnMode);
  // A list of items is replaced as a whole; of projected sources only those that are Secrets were read.
  const items = volume?.secret?.items?.map((item) =>
    files.some(({ key, hasOwnMode }) => hasOwnMode && key === item.key) ? { ...item, mode } : item,
  );
  const hasOwn = kind === 'secret' && files.some(({ hasOwnMode }) => hasOwnMode);
  return {
    name,
    [kind]: { ...(isDefault ? { defaultMode: mode } : {}), ...(hasOwn ? { items } : {}) },
  };
};

/** Whether a file's mode stands among projected sources, which no patch can change one by one. */
const isOutOfReach = ({ spec }: Workload, { volume, hasOwnMode }: WideFile): boolean =>
  hasOwnMode && !spec.volumes?.find(({ name }) => name === volume)?.secret;

const toEdit = (workload: Workload, files: readonly WideFile[]): Edit & { wantedMode: string } => {
  const volumes = Map.groupBy(files, ({ volume }) => volume);
  const sharing = getMounts(workload.spec).filter(({ volume }) => volumes.has(volume));
  const access = toFileAccess(
    workload.spec,
    sharing.map(({ container }) => container),
  );
  const byHand = files.filter((file) => isOutOfReach(workload, file));
  const patched = [...volumes].filter(([, its]) => its.some((file) => !isOutOfReach(workload, file)));
  const pod: PodPatch = {
    ...(access.fsGroup === null ? {} : { securityContext: { fsGroup: access.fsGroup } }),
    volumes: patched.map(([name, its]) => toVolumePatch(workload, name, access.mode, its)),
  };
  const wantedMode = toOctal(access.mode);
  const steps = [
    `Give the files mode ${wantedMode}.`,
    ...(byHand.length > 0
      ? [
          `Set mode ${wantedMode} by hand in the projected sources for ${toList(byHand.map(({ path }) => path))}: a patch would replace that list as a whole.`,
        ]
      : []),
    ...toAdvice(access),
    ...(patched.length > 0 ? [toHowTo(workload)] : []),
  ];
  return { steps: steps.join(' '), patch: patched.length > 0 ? toPatch(workload, pod) : null, wantedMode };
};

export const privateKeyFilesAreOwnerOnly = defineCheck({
  id: 'private-key-files-are-owner-only',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: 'workload',
  facts: ['kubernetes.workloads', 'kubernetes.secrets'],
  title: 'Mounted private keys can be read by their owner alone',
  rationale:
    'Secrets are mounted with mode 0644 where nothing else is said: every user in the container, and whatever runs as one, reads the private key. Programs such as ssh refuse keys that others can read.',
  remediation: {
    text: 'Set defaultMode or the mode of the item to 0400, or 0440 with fsGroup where the pod runs as non-root.',
    url: 'https://kubernetes.io/docs/concepts/configuration/secret/#secret-files-permissions',
  },
  references: ['https://kubernetes.io/docs/tasks/configure-pod-container/security-context/'],
  frameworks: { 'NIST 800-53': ['SC-12', 'AC-6'], 'PCI DSS 4': ['3.6.1'] },
  outcomes: {
    readable: {
      severity: 'low',
      message: (readable: Readable) =>
        `${toWorkloadWords(readable)} mounts private keys of Secret ${readable.secret} so that others than their owner can read them: ${toList(readable.files.map(({ container, path, mode }) => `${path} in ${container} with mode ${mode}`))}. Mode ${readable.wantedMode} is enough.`,
      fix: toFix,
    },
  },
  pass: 'Every mounted file that is a private key by its name can be read by its owner alone, or by the pod’s own group.',
  *evaluate({ read, peek }) {
    // What runs in kube-system is EKS's to change, not the cluster's owner's.
    const workloads = read('kubernetes.workloads').filter(({ namespace }) => namespace !== 'kube-system');
    const secrets = indexSecrets(peek('kubernetes.secrets'));
    const unnamed: string[] = [];
    let isSecretMissed = false;
    const pairings = pairUses(workloads, secrets, (workload) =>
      getMounts(workload.spec).flatMap((mount) => {
        const secret = secrets.find(workload, mount.secret);
        if (secret && mayHideKeys(mount, secret, workload)) unnamed.push(toName(secret));
        if (!secret && mount.items === null && isTooWide(mount.defaultMode, workload.spec))
          isSecretMissed ||= secrets.gap !== undefined;
        return getWideFiles(mount, secret, workload);
      }),
    );
    for (const { workload, uses, told, finding } of pairings) {
      const files = uses.map(({ container, path, mode }) => ({ container, path, mode: toOctal(mode) }));
      yield { outcome: 'readable', ...finding, evidence: { ...told, files, ...toEdit(workload, uses) } };
    }
    if (unnamed.length > 0)
      yield {
        unknown: 'unsupported',
        detail: `nothing names the keys of ${toCount(new Set(unnamed).size, 'mounted Secret')}: ${toList(unnamed)}`,
      };
    if (isSecretMissed) read('kubernetes.secrets');
  },
});
