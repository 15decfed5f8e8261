import { describe, expect, it } from 'vitest';
import {
  getFiles,
  getMounts,
  getPullSecrets,
  getReferences,
} from '../../../shared/checks/kubernetes/secret-uses.ts';
import { workload } from '../../../shared/evidence/kubernetes/workload.ts';
import { fromSecret, toMounting, toWorkload } from './cases.ts';

/** The files of the one mount of a pod, as `PATH key`. */
const listFiles = (
  subPath: string | undefined,
  items?: { key: string; path: string }[],
  mountPath = '/files/',
) => {
  const given = toMounting(
    { secret: { secretName: 'db', items } },
    {},
    {
      volumeMounts: [{ name: 'files', mountPath, subPath }],
    },
  );
  return getMounts(workload.parse(given).spec)
    .flatMap((mount) => getFiles(mount, ['a', 'b']))
    .map(({ path, key }) => `${path} ${key}`);
};

describe('the files that a container sees of a Secret', () => {
  it.each<[string, string | undefined, { key: string; path: string }[] | undefined, string[]]>([
    ['are all of its keys', undefined, undefined, ['/files/a a', '/files/b b']],
    ['are all of its keys where the list of items is empty', undefined, [], ['/files/a a', '/files/b b']],
    ['are its items', undefined, [{ key: 'a', path: 'x/y' }], ['/files/x/y a']],
    ['are the one at the subPath', 'a', undefined, ['/files/ a']],
    [
      'are those beneath the subPath',
      'x/y',
      [
        { key: 'a', path: 'x/y/z' },
        { key: 'b', path: 'x/yy' },
      ],
      ['/files/z a'],
    ],
    ['are none where the subPath is another file', 'c', undefined, []],
    [
      'are the one that a subPath names around corners',
      './/..2026_11_01/x//y',
      [{ key: 'a', path: 'x/y' }],
      ['/files/ a'],
    ],
    ['are all where the subPath is the volume', './', undefined, ['/files/a a', '/files/b b']],
    ['are all where the subPath is the link', '..data', undefined, ['/files/a a', '/files/b b']],
  ])('%s', (_, subPath, items, files) => {
    expect(listFiles(subPath, items)).toEqual(files);
  });

  it('stand under the mount path, however it ends', () => {
    expect(listFiles(undefined, [{ key: 'a', path: 'a' }], '/deep//')).toEqual(['/deep/a a']);
    expect(listFiles(undefined, [{ key: 'a', path: 'a' }], '/')).toEqual(['/a a']);
  });

  it('are none of a volume that is no Secret, and none where nothing is mounted', () => {
    expect(getMounts(workload.parse(toMounting({ openedWith: 'db' })).spec)).toEqual([]);
    expect(getMounts(workload.parse(toWorkload()).spec)).toEqual([]);
  });
});

describe('the references of a pod', () => {
  it('are every way in which it names a Secret, in every container', () => {
    const given = toWorkload(
      { env: [fromSecret('A', 'a', 'k')], envFrom: [{ secretRef: { name: 'b' } }] },
      {
        initContainers: [{ name: 'init', env: [fromSecret('A', 'c', 'k')] }],
        ephemeralContainers: [{ name: 'debug', envFrom: [{ secretRef: { name: 'd' } }] }],
        volumes: [
          { name: '1', secret: { secretName: 'e' } },
          { name: '2', projected: { sources: [{ secret: { name: 'f' } }, { secret: { name: 'g' } }] } },
          { name: '3', openedWith: 'h' },
        ],
        imagePullSecrets: [{ name: 'p' }],
      },
    );
    const { spec } = workload.parse(given);
    expect(getReferences(spec).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    expect(getPullSecrets(spec)).toEqual(['p']);
  });

  it('are none of a pod that names none', () => {
    const { spec } = workload.parse(toWorkload());
    expect(getReferences(spec)).toEqual([]);
    expect(getPullSecrets(spec)).toEqual([]);
  });
});
