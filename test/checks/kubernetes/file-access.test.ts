import { describe, expect, it } from 'vitest';
import { isTooWide, toFileAccess, toOctal } from '../../../shared/checks/kubernetes/file-access.ts';
import type { PodSpec } from '../../../shared/evidence/kubernetes/workload.ts';

const pod = (
  securityContext: PodSpec['securityContext'],
  ...users: (number | null | undefined)[]
): PodSpec => ({
  securityContext,
  containers: users.map((runAsUser, index) => ({
    name: `c${index}`,
    ...(runAsUser === undefined ? {} : { securityContext: { runAsUser: runAsUser ?? undefined } }),
  })),
});

describe('the mode that a pod can live with', () => {
  it.each<[string, PodSpec, ReturnType<typeof toFileAccess>]>([
    ['root', pod({ runAsUser: 0 }, undefined), { mode: 0o400, fsGroup: null, isUserUnknown: false }],
    ['nothing said', pod(undefined, undefined), { mode: 0o400, fsGroup: null, isUserUnknown: true }],
    [
      'a user with fsGroup',
      pod({ runAsUser: 7, fsGroup: 8 }, undefined),
      { mode: 0o440, fsGroup: null, isUserUnknown: false },
    ],
    [
      'fsGroup 0',
      pod({ runAsUser: 7, fsGroup: 0 }, undefined),
      { mode: 0o440, fsGroup: null, isUserUnknown: false },
    ],
    [
      'nothing but fsGroup',
      pod({ fsGroup: 8 }, undefined),
      { mode: 0o440, fsGroup: null, isUserUnknown: false },
    ],
    [
      'a user without fsGroup',
      pod({ runAsUser: 7 }, undefined),
      { mode: 0o440, fsGroup: 7, isUserUnknown: false },
    ],
    [
      'runAsNonRoot alone',
      pod({ runAsNonRoot: true }, undefined),
      { mode: 0o440, fsGroup: 65534, isUserUnknown: false },
    ],
    [
      'a container that is root in a pod that is not',
      pod({ runAsUser: 7 }, 0),
      { mode: 0o400, fsGroup: null, isUserUnknown: false },
    ],
    [
      'a container that is not root in a pod that is',
      pod({ runAsUser: 0 }, 7),
      { mode: 0o440, fsGroup: 7, isUserUnknown: false },
    ],
    ['two containers, one not root', pod(undefined, 0, 7), { mode: 0o440, fsGroup: 7, isUserUnknown: false }],
    [
      'two containers, one unknown',
      pod(undefined, 0, undefined),
      { mode: 0o400, fsGroup: null, isUserUnknown: true },
    ],
  ])('is told by %s', (_, spec, access) => {
    expect(toFileAccess(spec, ['c0', 'c1'])).toEqual(access);
  });

  it('looks only at the containers that read the files', () => {
    expect(toFileAccess(pod(undefined, 0, 7), ['c0'])).toMatchObject({ mode: 0o400 });
  });
});

describe('a mode', () => {
  it.each<[number, boolean, boolean]>([
    [0o400, false, false],
    [0o600, false, false],
    [0o700, false, false],
    [0o440, true, false],
    [0o640, true, false],
    [0o460, true, true],
    [0o404, true, true],
    [0o644, true, true],
    [0o401, true, true],
  ])('%o is too wide without fsGroup: %s, with it: %s', (mode, without, withGroup) => {
    expect(isTooWide(mode, pod(undefined))).toBe(without);
    expect(isTooWide(mode, pod({ fsGroup: 5 }))).toBe(withGroup);
  });

  it('is written as manifests write it', () => {
    expect([0, 0o7, 0o440, 0o644].map(toOctal)).toEqual(['0000', '0007', '0440', '0644']);
  });
});
