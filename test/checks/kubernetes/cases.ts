/** Cases for checks of what stands in a cluster: objects as a collector narrows them, and judged. */
import type { z } from 'zod';
import type { Check, Facts, Subject, Verdict } from '../../../shared/checks/check.ts';
import { type Fact, type MissingPart, toKnown, type Unknown } from '../../../shared/evidence/fact.ts';
import { secret } from '../../../shared/evidence/kubernetes/secret.ts';
import { ingress, serviceAccount } from '../../../shared/evidence/kubernetes/service-account.ts';
import { workload } from '../../../shared/evidence/kubernetes/workload.ts';
import { settings } from '../../../shared/evidence/settings.ts';
import { clusterArn } from '../cases.ts';

const collectedAt = '2026-11-24T02:00:00.000Z';
const throttledPage: MissingPart = { what: 'page 2', reason: 'throttled' };

type SecretInput = Partial<z.input<typeof secret>>;
type WorkloadInput = z.input<typeof workload>;
type PodInput = Partial<WorkloadInput['spec']>;
type ContainerInput = WorkloadInput['spec']['containers'][number];

export interface Inside {
  secrets?: z.input<typeof secret>[] | Unknown;
  workloads?: WorkloadInput[] | Unknown;
  serviceAccounts?: z.input<typeof serviceAccount>[] | Unknown;
  ingresses?: z.input<typeof ingress>[] | Unknown;
  /** Facts of which a part could not be read. */
  missing?: (keyof Facts)[];
  /** Whether these are manifests. */
  isLint?: boolean;
  settings?: z.input<typeof settings>;
}

/** A Secret whose metadata was read: its keys are those its one writer wrote. */
export const toSecret = (name: string, given: SecretInput = {}): z.input<typeof secret> => {
  const keys = given.keys ?? ['password'];
  return {
    namespace: 'shop',
    name,
    type: 'Opaque',
    dataCount: keys.length,
    createdAt: '2026-10-01T09:00:00Z',
    keys,
    labels: {},
    annotationNames: [],
    owners: [],
    writers: [
      {
        manager: 'kubectl-create',
        operation: 'Update',
        time: '2026-10-01T09:00:00Z',
        keys,
        wroteLastApplied: false,
      },
    ],
    ...given,
  };
};

/** The same as `--no-metadata` gives it: what the table alone tells. */
export const toTableRow = (name: string, type = 'Opaque', dataCount = 1): z.input<typeof secret> => ({
  namespace: 'shop',
  name,
  type,
  dataCount,
});

/** The same as a manifest gives it. */
export const toManifest = (name: string, given: SecretInput = {}): z.input<typeof secret> => ({
  namespace: 'shop',
  name,
  type: 'Opaque',
  keys: ['password'],
  dataCount: given.keys?.length ?? 1,
  labels: {},
  annotationNames: [],
  origin: { file: 'secrets.yaml', line: 1 },
  ...given,
});

/** A Deployment of one container. */
export const toWorkload = (
  container: Partial<ContainerInput> = {},
  pod: PodInput = {},
  given: Partial<WorkloadInput> = {},
): WorkloadInput => ({
  kind: 'Deployment',
  namespace: 'shop',
  name: 'api',
  pods: 3,
  spec: { containers: [{ name: 'api', ...container }], ...pod },
  ...given,
});

export const fromSecret = (name: string, secretName: string, key: string, optional?: boolean) => ({
  name,
  valueFrom: { secretKeyRef: { name: secretName, key, ...(optional === undefined ? {} : { optional }) } },
});

/** One container with a Secret's volume mounted. */
export const toMounting = (
  source: z.input<typeof workload>['spec']['volumes'] extends (infer V)[] | undefined
    ? Omit<V & object, 'name'>
    : never,
  pod: PodInput = {},
  container: Partial<ContainerInput> = {},
  subPath?: string,
): WorkloadInput =>
  toWorkload(
    {
      volumeMounts: [{ name: 'files', mountPath: '/files', ...(subPath === undefined ? {} : { subPath }) }],
      ...container,
    },
    { volumes: [{ name: 'files', ...source }], ...pod },
  );

export const toSubject = (inside: Inside = {}): Subject => {
  const toFact = <Shape extends z.ZodType>(
    name: keyof Facts,
    shape: Shape,
    answer: z.input<Shape>[] | Unknown = [],
  ): Fact<z.output<Shape>[]> =>
    Array.isArray(answer)
      ? toKnown(
          answer.map((entry) => shape.parse(entry)),
          inside.missing?.includes(name) ? [throttledPage] : [],
        )
      : answer;
  return {
    cluster: inside.isLint
      ? { arn: 'manifests', name: '', account: '', region: '' }
      : { arn: clusterArn, name: 'shop', account: '111122223333', region: 'eu-west-1' },
    facts: {
      'kubernetes.secrets': toFact('kubernetes.secrets', secret, inside.secrets),
      'kubernetes.workloads': toFact('kubernetes.workloads', workload, inside.workloads),
      'kubernetes.serviceAccounts': toFact(
        'kubernetes.serviceAccounts',
        serviceAccount,
        inside.serviceAccounts,
      ),
      'kubernetes.ingresses': toFact('kubernetes.ingresses', ingress, inside.ingresses),
    },
    collectedAt,
  };
};

export const judgeInside = (check: Check, inside: Inside = {}): Verdict[] =>
  check.judge(toSubject(inside), settings.parse(inside.settings ?? {}));

/** What an unknown says of a page that is missing. */
export const saysThrottled = { status: 'unknown', reason: 'throttled', message: 'page 2' };
