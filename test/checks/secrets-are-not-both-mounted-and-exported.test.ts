import { describe, expect, it } from 'vitest';
import { secretsAreNotBothMountedAndExported } from '../../shared/checks/secrets-are-not-both-mounted-and-exported.ts';
import { denied, saysDenied } from './cases.ts';
import {
  fromSecret,
  type Inside,
  judgeInside,
  saysThrottled,
  toMounting,
  toSecret,
  toTableRow,
  toWorkload,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(secretsAreNotBothMountedAndExported, inside);
const whole = { secret: { secretName: 'db' } };
const only = (key: string, path = key) => ({ secret: { secretName: 'db', items: [{ key, path }] } });
const variable = { env: [fromSecret('DB_PASSWORD', 'db', 'password')] };
const imports = { envFrom: [{ secretRef: { name: 'db' } }] };
const twoKeys = [toSecret('db', { keys: ['password', 'username'] })];

describe('secrets-are-not-both-mounted-and-exported', () => {
  it.each<[string, Inside]>([
    ['a Secret is only mounted', { secrets: twoKeys, workloads: [toMounting(whole)] }],
    ['a Secret is only exported', { secrets: twoKeys, workloads: [toWorkload(variable)] }],
    ['another key is mounted', { secrets: twoKeys, workloads: [toMounting(only('username'), {}, variable)] }],
    [
      'a subPath leaves only another key to the container',
      { secrets: twoKeys, workloads: [toMounting(whole, {}, variable, 'username')] },
    ],
    [
      'another container has the file',
      {
        secrets: twoKeys,
        workloads: [
          toMounting(whole, {
            containers: [
              { name: 'api', ...variable },
              { name: 'sidecar', volumeMounts: [{ name: 'files', mountPath: '/files' }] },
            ],
          }),
        ],
      },
    ],
    [
      'the volume is mounted by no container',
      { secrets: twoKeys, workloads: [toWorkload(variable, { volumes: [{ name: 'files', ...whole }] })] },
    ],
    [
      'the volume is of another kind, and only opened with the Secret',
      { secrets: twoKeys, workloads: [toMounting({ openedWith: 'db' }, {}, variable)] },
    ],
    [
      'everything is imported, and the subPath names no key',
      { secrets: twoKeys, workloads: [toMounting(whole, {}, imports, 'none')] },
    ],
    [
      'another Secret is imported',
      { secrets: twoKeys, workloads: [toMounting({ secret: { secretName: 'other' } }, {}, imports)] },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Inside, ({ key: string | null } & Record<string, string | null>)[]]>([
    [
      'its key stands in a whole mount',
      { secrets: twoKeys, workloads: [toMounting(whole, {}, variable)] },
      [{ container: 'api', key: 'password', path: '/files/password', variable: 'DB_PASSWORD' }],
    ],
    [
      'an item puts it at another path',
      { secrets: twoKeys, workloads: [toMounting(only('password', 'deep/pw'), {}, variable)] },
      [{ key: 'password', path: '/files/deep/pw' }],
    ],
    [
      'a subPath is just that key',
      { secrets: twoKeys, workloads: [toMounting(whole, {}, variable, '..data/password')] },
      [{ key: 'password', path: '/files' }],
    ],
    [
      'the volume is projected',
      {
        secrets: twoKeys,
        workloads: [toMounting({ projected: { sources: [{ secret: { name: 'db' } }] } }, {}, variable)],
      },
      [{ key: 'password' }],
    ],
    [
      'everything is imported and mounted',
      { secrets: twoKeys, workloads: [toMounting(whole, {}, imports)] },
      [
        { key: 'password', variable: null },
        { key: 'username', variable: null },
      ],
    ],
    [
      'everything is imported, one key mounted',
      { secrets: twoKeys, workloads: [toMounting(only('username'), {}, imports)] },
      [{ key: 'username', variable: null }],
    ],
    [
      'everything is imported and mounted, and nothing names the keys',
      { secrets: [toTableRow('db')], workloads: [toMounting(whole, {}, imports)] },
      [{ key: null, path: '/files' }],
    ],
    [
      'everything is imported and one key at its subPath, and nothing names the keys',
      { secrets: [toTableRow('db')], workloads: [toMounting(whole, {}, imports, 'password')] },
      [{ key: 'password', path: '/files' }],
    ],
    [
      'Secrets could not be listed',
      { secrets: denied, workloads: [toMounting(whole, {}, variable)] },
      [{ key: 'password' }],
    ],
  ])('fails when a container has a variable and %s', (_, inside, keys) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'low',
      subject: 'deployment/shop/api',
      object: { kind: 'Secret', namespace: 'shop', name: 'db' },
      evidence: { keys },
    });
    expect(verdict?.message).toContain(
      ` has ${keys.length > 1 ? 'password and username' : (keys[0]?.key ?? 'every key')} of Secret shop/db both as a file and as a variable in api`,
    );
  });

  it('patches only the variable away: the file is there', () => {
    const [verdict] = judge({ secrets: twoKeys, workloads: [toMounting(whole, {}, variable)] });
    expect(verdict?.evidence.patch).toBe(`spec:
  template:
    spec:
      containers:
        - name: api
          env:
            - $patch: delete
              name: DB_PASSWORD
`);
    expect(verdict?.evidence.steps).toContain('Let the program read /files/password instead');
  });

  it('has no patch where only an import has to go', () => {
    const [verdict] = judge({ secrets: twoKeys, workloads: [toMounting(whole, {}, imports)] });
    expect(verdict?.evidence).toMatchObject({
      patch: null,
      steps: expect.stringMatching(/read \/files\/KEY|read \/files\/password/),
    });
    expect(verdict?.evidence.steps).toContain('out of envFrom of api by hand');
  });

  it.each<[string, Inside, object[]]>([
    ['workloads could not be listed', { workloads: denied }, saysDenied],
    ['a page of them is missing', { missing: ['kubernetes.workloads'] }, [saysThrottled]],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });
});
