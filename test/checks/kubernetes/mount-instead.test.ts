import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toFix, toMountInstead } from '../../../shared/checks/kubernetes/mount-instead.ts';
import { workload } from '../../../shared/evidence/kubernetes/workload.ts';
import { toMounting, toWorkload } from './cases.ts';

const variable = (container: string, key: string, name = key.toUpperCase()) => ({
  secret: 'db',
  container,
  key,
  variable: name,
});
const imported = (container: string) => ({ secret: 'db', container, key: null, variable: null });

const toEdit = (
  given: ReturnType<typeof toWorkload>,
  uses: Parameters<typeof toMountInstead>[2],
  secret = 'db',
) => {
  const { steps, patch } = toMountInstead(workload.parse(given), secret, uses);
  return { steps, spec: patch === null ? null : parse(patch).spec.template.spec };
};
const gone = (name: string) => ({ $patch: 'delete', name });
const mountAt = (mountPath: string, name = 'secret-db') => ({ name, mountPath, readOnly: true });

describe('the edit that mounts a Secret instead', () => {
  it('touches each container that takes it, in its own list, and mounts one volume with the keys of all', () => {
    const pod = {
      containers: [{ name: 'api' }, { name: 'idle' }, { name: 'worker' }],
      initContainers: [{ name: 'first' }, { name: 'migrate' }],
    };
    const uses = [
      variable('migrate', 'a'),
      variable('api', 'a'),
      variable('api', 'b'),
      variable('worker', 'b'),
    ];
    const { steps, spec } = toEdit(toWorkload({}, pod), uses);
    expect(spec).toEqual({
      containers: [
        { name: 'api', env: [gone('A'), gone('B')], volumeMounts: [mountAt('/etc/secrets/db')] },
        { name: 'worker', env: [gone('B')], volumeMounts: [mountAt('/etc/secrets/db')] },
      ],
      initContainers: [{ name: 'migrate', env: [gone('A')], volumeMounts: [mountAt('/etc/secrets/db')] }],
      volumes: [
        {
          name: 'secret-db',
          secret: {
            secretName: 'db',
            defaultMode: 0o400,
            items: [
              { key: 'a', path: 'a' },
              { key: 'b', path: 'b' },
            ],
          },
        },
      ],
    });
    expect(steps).toMatch(
      /^Let the program read \/etc\/secrets\/db\/a and \/etc\/secrets\/db\/b instead of its environment\. /,
    );
  });

  it('starts a pod without a key that it can do without', () => {
    const uses = [{ ...variable('api', 'a'), isOptional: true }, variable('api', 'b')];
    const { spec } = toEdit(toWorkload(), uses);
    expect(spec.volumes[0].secret).toMatchObject({ optional: true });
    expect(toEdit(toWorkload(), [variable('api', 'b')]).spec.volumes[0].secret).not.toHaveProperty(
      'optional',
    );
  });

  it('takes each variable away once, though it stands twice', () => {
    const { spec } = toEdit(toWorkload(), [variable('api', 'a', 'SAME'), variable('api', 'b', 'SAME')]);
    expect(spec.containers[0].env).toEqual([gone('SAME')]);
  });

  it('mounts every key where one container imports them all', () => {
    const pod = { containers: [{ name: 'api' }, { name: 'worker' }] };
    const { steps, spec } = toEdit(toWorkload({}, pod), [
      variable('api', 'a'),
      imported('api'),
      imported('worker'),
    ]);
    expect(spec).toEqual({
      containers: [
        { name: 'api', env: [gone('A')], volumeMounts: [mountAt('/etc/secrets/db')] },
        { name: 'worker', volumeMounts: [mountAt('/etc/secrets/db')] },
      ],
      volumes: [{ name: 'secret-db', secret: { secretName: 'db', defaultMode: 0o400 } }],
    });
    expect(steps).toContain('read /etc/secrets/db/KEY instead');
    expect(steps).toContain('Take secretRef db out of envFrom of api and worker by hand');
  });

  it.each<[string, ReturnType<typeof toWorkload>, Parameters<typeof toMountInstead>[2], string]>([
    ['a whole mount', toMounting({ secret: { secretName: 'db' } }), [variable('api', 'a')], '/files/a'],
    [
      'an item',
      toMounting({ secret: { secretName: 'db', items: [{ key: 'a', path: 'x/y' }] } }),
      [variable('api', 'a')],
      '/files/x/y',
    ],
    [
      'a whole mount, of an import',
      toMounting({ secret: { secretName: 'db' } }),
      [imported('api')],
      '/files/KEY',
    ],
  ])('lets the program read what the container has already by %s', (_, given, uses, file) => {
    const { steps, spec } = toEdit(given, uses);
    expect(steps).toContain(`read ${file} instead`);
    expect(steps).not.toContain('fsGroup');
    expect(spec?.volumes).toBeUndefined();
    expect(JSON.stringify(spec)).not.toContain('volumeMounts');
  });

  it.each<[string, ReturnType<typeof toWorkload>, Parameters<typeof toMountInstead>[2]]>([
    ['holds another Secret', toMounting({ secret: { secretName: 'other' } }), [variable('api', 'a')]],
    [
      'holds one key of two',
      toMounting({ secret: { secretName: 'db', items: [{ key: 'a', path: 'a' }] } }),
      [variable('api', 'a'), variable('api', 'b')],
    ],
    [
      'holds another key',
      toMounting({ secret: { secretName: 'db', items: [{ key: 'b', path: 'b' }] } }),
      [variable('api', 'a')],
    ],
    [
      'shows a part of an import',
      toMounting({ secret: { secretName: 'db' } }, {}, {}, 'a'),
      [imported('api')],
    ],
    [
      'holds some keys of an import',
      toMounting({ secret: { secretName: 'db', items: [{ key: 'a', path: 'a' }] } }),
      [imported('api')],
    ],
    [
      'is mounted by another container',
      toMounting(
        { secret: { secretName: 'db' } },
        {
          containers: [
            { name: 'api' },
            { name: 'b', volumeMounts: [{ name: 'files', mountPath: '/files' }] },
          ],
        },
      ),
      [variable('api', 'a')],
    ],
  ])('mounts it anew where a volume %s', (_, given, uses) => {
    const { steps, spec } = toEdit(given, uses);
    expect(steps).toContain('read /etc/secrets/db/');
    expect(spec.containers).toMatchObject([{ name: 'api', volumeMounts: [mountAt('/etc/secrets/db')] }]);
    expect(spec.volumes).toMatchObject([{ name: 'secret-db' }]);
  });

  it('is words alone where only an import has to go', () => {
    expect(toEdit(toMounting({ secret: { secretName: 'db' } }), [imported('api')])).toEqual({
      steps:
        'Let the program read /files/KEY instead of its environment. Take secretRef db out of envFrom of api by hand: a patch would replace that list as a whole.',
      spec: null,
    });
  });

  it('mounts every key where one container imports them all, and another takes one', () => {
    const pod = { containers: [{ name: 'api' }, { name: 'worker' }] };
    const { spec } = toEdit(toWorkload({}, pod), [imported('api'), variable('worker', 'a')]);
    expect(spec.volumes).toEqual([{ name: 'secret-db', secret: { secretName: 'db', defaultMode: 0o400 } }]);
  });

  it('does not mind what another container mounts', () => {
    const other = { name: 'other', volumeMounts: [{ name: 'x', mountPath: '/etc/secrets/db' }] };
    const { spec } = toEdit(toWorkload({}, { containers: [{ name: 'api' }, other] }), [variable('api', 'a')]);
    expect(spec.containers[0].volumeMounts).toEqual([mountAt('/etc/secrets/db')]);
  });

  it('says nothing of groups and users where root reads the files', () => {
    const given = toWorkload({}, { securityContext: { runAsUser: 0 } });
    expect(toEdit(given, [variable('api', 'a')]).steps).toBe(
      'Let the program read /etc/secrets/db/a instead of its environment. Make this edit where the manifest of deployment/shop/api is kept, or save it as patch.yaml and run kubectl patch deployment api --namespace shop --patch-file patch.yaml.',
    );
  });

  it('puts nothing over a volume or a mount that is there', () => {
    const volumes = ['secret-db', 'secret-db-2'].map((name) => ({ name, openedWith: 'x' }));
    const volumeMounts = ['/etc/secrets/db//', '/etc/secrets/db-2'].map((mountPath) => ({
      name: 'secret-db',
      mountPath,
    }));
    const { spec } = toEdit(toWorkload({ volumeMounts }, { volumes }), [variable('api', 'a')]);
    expect(spec.containers[0].volumeMounts).toEqual([mountAt('/etc/secrets/db-3', 'secret-db-3')]);
    expect(spec.volumes).toMatchObject([{ name: 'secret-db-3' }]);
  });

  it.each([
    ['db.example.com', 'secret-db-example-com'],
    ['UPPER__and--more', 'secret-upper-and-more'],
    [`${'a'.repeat(52)}.b`, `secret-${'a'.repeat(52)}`],
    [`${'a'.repeat(50)}-._.-`, `secret-${'a'.repeat(50)}`],
    ['x'.repeat(253), `secret-${'x'.repeat(53)}`],
  ])('gives the volume of %s a DNS label for its name', (secret, volume) => {
    const uses = [{ secret, container: 'api', key: 'a', variable: 'A' }];
    const { spec } = toEdit(toWorkload(), uses, secret);
    expect(spec.volumes[0]).toMatchObject({ name: volume, secret: { secretName: secret } });
    expect(volume).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  });

  it('goes by the users of the containers that get the files, and says what the pod then needs', () => {
    const pod = {
      containers: [{ name: 'api' }, { name: 'root', securityContext: { runAsUser: 0 } }],
      securityContext: { runAsUser: 7 },
    };
    const ofUser = toEdit(toWorkload({}, pod), [variable('api', 'a')]);
    expect(ofUser.spec).toMatchObject({
      securityContext: { fsGroup: 7 },
      volumes: [{ secret: { defaultMode: 0o440 } }],
    });
    expect(ofUser.steps).toContain('reads the files by its fsGroup');
    const ofRoot = toEdit(toWorkload({}, pod), [variable('root', 'a')]);
    expect(ofRoot.spec.securityContext).toBeUndefined();
    expect(ofRoot.spec.volumes).toMatchObject([{ secret: { defaultMode: 0o400 } }]);
    expect(ofRoot.steps).not.toMatch(/fsGroup/);
  });

  it('touches no ephemeral container, beside others that can be changed', () => {
    const pod = { ephemeralContainers: [{ name: 'debug' }] };
    const { steps, spec } = toEdit(toWorkload({}, pod), [variable('api', 'a'), variable('debug', 'a')]);
    expect(spec.containers).toMatchObject([{ name: 'api' }]);
    expect(steps).not.toContain('debug');
    expect(toEdit(toWorkload({}, pod), [variable('debug', 'a')])).toEqual({
      steps: 'An ephemeral container is never changed: delete the pod, and debug without the Secret.',
      spec: null,
    });
  });

  it('is shown as words, and under them the patch where there is one', () => {
    expect(toFix({ steps: 'Do.', patch: 'spec: {}\n' })).toBe('Do.\n\nspec: {}\n');
    expect(toFix({ steps: 'Do.', patch: null })).toBe('Do.');
  });
});
