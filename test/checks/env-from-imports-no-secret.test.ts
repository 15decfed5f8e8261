import { describe, expect, it } from 'vitest';
import { envFromImportsNoSecret } from '../../shared/checks/env-from-imports-no-secret.ts';
import { denied, saysDenied } from './cases.ts';
import {
  fromSecret,
  type Inside,
  judgeInside,
  saysThrottled,
  toSecret,
  toWorkload,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(envFromImportsNoSecret, inside);
const importing = (name: string, prefix?: string) => ({ envFrom: [{ prefix, secretRef: { name } }] });

describe('env-from-imports-no-secret', () => {
  it.each<[string, Inside]>([
    ['no container imports anything', { workloads: [toWorkload()] }],
    [
      'a container takes single keys',
      { workloads: [toWorkload({ env: [fromSecret('DB_PASSWORD', 'db', 'password')] })] },
    ],
    [
      // Only the sources that are Secrets are evidence: a ConfigMap's name is not kept.
      'it imports ConfigMaps alone',
      { workloads: [toWorkload({ envFrom: [] })] },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Inside]>([
    ['a container', { workloads: [toWorkload(importing('db'))] }],
    [
      'an init container',
      { workloads: [toWorkload({}, { initContainers: [{ name: 'init', ...importing('db') }] })] },
    ],
    [
      'an ephemeral container',
      { workloads: [toWorkload({}, { ephemeralContainers: [{ name: 'debug', ...importing('db') }] })] },
    ],
    ['a container, with a prefix', { workloads: [toWorkload(importing('db', 'DB_'))] }],
    [
      'a container, of a Secret that is not there yet',
      { secrets: [], workloads: [toWorkload(importing('db'))] },
    ],
    [
      'a container, and single values are allowed',
      {
        workloads: [toWorkload(importing('db'))],
        settings: { expected: { secretVariables: true } },
      },
    ],
    [
      'a container, and Secrets could not be listed',
      { secrets: denied, workloads: [toWorkload(importing('db'))] },
    ],
  ])('fails when %s imports a Secret', (_, inside) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'medium',
      subject: 'deployment/shop/api',
      object: { kind: 'Secret', namespace: 'shop', name: 'db' },
      evidence: { secret: 'shop/db', workload: 'deployment/shop/api', pods: 3 },
    });
    expect(verdict?.message).toContain('imports every key of Secret shop/db');
  });

  it('is one finding for one bad chart, with a count, however many containers import it', () => {
    const workloads = [
      toWorkload(
        importing('db'),
        { initContainers: [{ name: 'migrate', ...importing('db', 'M_') }] },
        { pods: 40 },
      ),
    ];
    const verdicts = judge({ secrets: [toSecret('db')], workloads });
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]?.message).toMatch(/^deployment\/shop\/api \(40 pods\) imports .* of migrate and api:/);
    expect(verdicts[0]?.evidence).toMatchObject({
      pods: 40,
      imports: [
        { container: 'migrate', prefix: 'M_' },
        { container: 'api', prefix: null },
      ],
    });
  });

  it('patches the volume in, and leaves the list of imports to a person: a patch would replace it whole', () => {
    const [verdict] = judge({ secrets: [toSecret('db')], workloads: [toWorkload(importing('db'))] });
    const patch = String(verdict?.evidence.patch);
    expect(patch).toContain('mountPath: /etc/secrets/db');
    expect(patch).not.toContain('envFrom');
    expect(patch).not.toContain('items');
    expect(verdict?.evidence.steps).toContain('Take secretRef db out of envFrom of api by hand');
  });

  it('says that an ephemeral container cannot be edited', () => {
    const workloads = [toWorkload({}, { ephemeralContainers: [{ name: 'debug', ...importing('db') }] })];
    expect(judge({ workloads })[0]).toMatchObject({
      evidence: { patch: null },
      fix: expect.stringContaining('delete the pod'),
    });
  });

  it.each<[string, Inside, object[]]>([
    ['workloads could not be listed', { workloads: denied }, saysDenied],
    ['a page of them is missing', { missing: ['kubernetes.workloads'] }, [saysThrottled]],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });

  it('mounts what the pod can do without so that it still can', () => {
    const workloads = [toWorkload({ envFrom: [{ secretRef: { name: 'db', optional: true } }] })];
    expect(judge({ workloads })).toMatchObject([{ fix: expect.stringContaining('optional: true') }]);
  });
});
