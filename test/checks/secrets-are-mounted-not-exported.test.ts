import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { secretsAreMountedNotExported } from '../../shared/checks/secrets-are-mounted-not-exported.ts';
import { denied, saysDenied } from './cases.ts';
import {
  fromSecret,
  type Inside,
  judgeInside,
  saysThrottled,
  toManifest,
  toSecret,
  toTableRow,
  toWorkload,
} from './kubernetes/cases.ts';

const judge = (inside: Inside) => judgeInside(secretsAreMountedNotExported, inside);
const allowing = { expected: { secretVariables: true } };
const password = toWorkload({ env: [fromSecret('DB_PASSWORD', 'db', 'password')] });
const ofType = (type: string, key: string): Inside => ({
  secrets: [toSecret('db', { type, keys: [key] })],
  workloads: [toWorkload({ env: [fromSecret('VALUE', 'db', key)] })],
});

describe('secrets-are-mounted-not-exported', () => {
  it.each<[string, Inside]>([
    ['no workload has a variable from a Secret', { secrets: [toSecret('db')], workloads: [toWorkload()] }],
    [
      'a Secret is mounted alone',
      {
        secrets: [toSecret('db')],
        workloads: [
          toWorkload(
            { volumeMounts: [{ name: 'db', mountPath: '/db' }] },
            { volumes: [{ name: 'db', secret: { secretName: 'db' } }] },
          ),
        ],
      },
    ],
    [
      'the configuration allows single values',
      { secrets: [toSecret('db')], workloads: [password], settings: allowing },
    ],
    [
      'an optional Secret does not exist, as the EBS CSI driver names one',
      {
        secrets: [],
        workloads: [toWorkload({ env: [fromSecret('AWS_ACCESS_KEY_ID', 'aws-secret', 'key_id', true)] })],
      },
    ],
    [
      'nothing of Secrets could be listed, and nobody takes one',
      { secrets: denied, workloads: [toWorkload()] },
    ],
  ])('passes when %s', (_, inside) => {
    expect(judge(inside)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Inside, string]>([
    ['a single value of an Opaque Secret', ofType('Opaque', 'password'), 'low'],
    ['a password of basic-auth', ofType('kubernetes.io/basic-auth', 'password'), 'low'],
    ['the public part of a tls Secret', ofType('kubernetes.io/tls', 'ca.crt'), 'low'],
    ['a key of an API, whatever its ending', ofType('Opaque', 'api.key'), 'low'],
    ['the private key of a tls Secret', ofType('kubernetes.io/tls', 'tls.key'), 'medium'],
    ['the certificate of a tls Secret', ofType('kubernetes.io/tls', 'tls.crt'), 'medium'],
    ['a key for ssh', ofType('kubernetes.io/ssh-auth', 'ssh-privatekey'), 'medium'],
    ['a docker configuration', ofType('kubernetes.io/dockerconfigjson', '.dockerconfigjson'), 'medium'],
    ['an old docker configuration', ofType('kubernetes.io/dockercfg', '.dockercfg'), 'medium'],
    ['a private key that is Opaque', ofType('Opaque', 'jwt-private-key.pem'), 'medium'],
    ['a private key of a type of its own', ofType('example.com/thing', 'id_ed25519'), 'medium'],
  ])('fails when a variable takes %s', (_, inside, severity) => {
    const [verdict, ...rest] = judge(inside);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity,
      subject: 'deployment/shop/api',
      object: { kind: 'Secret', namespace: 'shop', name: 'db' },
    });
  });

  it('says who takes which key, by which variable, in how many pods', () => {
    const [verdict] = judge({ secrets: [toSecret('db')], workloads: [password] });
    expect(verdict?.message).toContain(
      'deployment/shop/api (3 pods) takes password of Secret shop/db (Opaque) as DB_PASSWORD in api.',
    );
    expect(verdict?.evidence).toMatchObject({
      secret: 'shop/db',
      type: 'Opaque',
      workload: 'deployment/shop/api',
      pods: 3,
      variables: [{ container: 'api', variable: 'DB_PASSWORD', key: 'password' }],
    });
  });

  it('names a Secret and a workload once, however many keys and containers, by the worst of them', () => {
    const workloads = [
      toWorkload(
        { env: [fromSecret('A', 'db', 'password'), fromSecret('B', 'db', 'server.key')] },
        {
          initContainers: [{ name: 'migrate', env: [fromSecret('A', 'db', 'password')] }],
          ephemeralContainers: [{ name: 'debugger', env: [fromSecret('A', 'db', 'password')] }],
        },
      ),
      toWorkload({ env: [fromSecret('A', 'db', 'password')] }, {}, { name: 'worker', kind: 'CronJob' }),
    ];
    const verdicts = judge({ secrets: [toSecret('db')], workloads });
    expect(verdicts).toMatchObject([
      {
        subject: 'deployment/shop/api',
        severity: 'medium',
        evidence: {
          variables: [
            { container: 'migrate' },
            { container: 'api', key: 'password' },
            { container: 'api', key: 'server.key' },
            { container: 'debugger' },
          ],
        },
      },
      { subject: 'cronjob/shop/worker', severity: 'low' },
    ]);
  });

  it('counts the pods of all that bear the name of one workload together', () => {
    const toVerdict = (...pods: (number | undefined)[]) => {
      const workloads = pods.map((count) => ({ ...password, pods: count }));
      const [verdict, ...rest] = judge({ secrets: [toSecret('db')], workloads });
      expect(rest).toEqual([]);
      return verdict;
    };
    expect(toVerdict(2, undefined, 3)?.evidence.pods).toBe(5);
    expect(toVerdict(1)?.message).toMatch(/^deployment\/shop\/api \(1 pod\) takes/);
    expect(toVerdict(undefined)?.evidence.pods).toBeNull();
    expect(toVerdict(undefined)?.message).toMatch(/^deployment\/shop\/api takes/);
  });

  it('is not unknown of a page that is missing where every Secret that is taken was found', () => {
    expect(
      judge({ secrets: [toSecret('db')], workloads: [password], missing: ['kubernetes.secrets'] }),
    ).toMatchObject([{ status: 'fail' }]);
  });

  it('does not mistake a Secret of another namespace for its own', () => {
    const secrets = [toSecret('db', { namespace: 'other', type: 'kubernetes.io/tls' })];
    expect(judge({ secrets, workloads: [password] })).toMatchObject([
      { severity: 'low', evidence: { type: null } },
    ]);
  });

  it.each<[string, string]>([
    ['server.key', 'medium'],
    ['password', 'low'],
  ])(
    'judges a Secret that is not in the listing by the name of its key, and says so (%s)',
    (key, severity) => {
      const workloads = [toWorkload({ env: [fromSecret('VALUE', 'later', key)] })];
      const [verdict] = judge({ secrets: [], workloads });
      expect(verdict).toMatchObject({ status: 'fail', severity, evidence: { type: null } });
      expect(verdict?.message).toContain(
        'not in the listing, so that only the names of its keys tell what it is',
      );
    },
  );

  it('judges optional Secrets of manifests, where they may stand elsewhere', () => {
    const origin = { file: 'deploy.yaml', line: 3 };
    const workloads = [
      toWorkload({ env: [fromSecret('VALUE', 'elsewhere', 'password', true)] }, {}, { origin }),
    ];
    expect(judge({ isLint: true, secrets: [], workloads })).toMatchObject([
      { status: 'fail', object: { kind: 'Secret', name: 'elsewhere', origin } },
    ]);
  });

  it('names no namespace where a manifest leaves it to whoever applies it', () => {
    const workloads = [{ ...password, namespace: '', origin: { file: 'deploy.yaml', line: 1 } }];
    const [verdict] = judge({ isLint: true, workloads });
    expect(verdict).toMatchObject({
      subject: 'deployment//api',
      evidence: { secret: 'db', workload: 'deployment/api' },
      fix: expect.stringContaining('run kubectl patch deployment api --patch-file patch.yaml.'),
    });
    expect(verdict?.message).toMatch(/^deployment\/api .* takes password of Secret db /);
  });

  it('keeps the same workload of two manifests apart, each beside its own Secret', () => {
    const manifests = ['dev.yaml', 'prod.yaml'].map((file) => ({ file, line: 1 }));
    const [first, second] = judge({
      isLint: true,
      secrets: manifests.map((origin, index) =>
        toManifest('db', { origin, type: index === 0 ? 'Opaque' : 'kubernetes.io/tls' }),
      ),
      workloads: manifests.map((origin) => ({ ...password, origin })),
    });
    expect(first).toMatchObject({ severity: 'low', object: { origin: { file: 'dev.yaml' } } });
    expect(second).toMatchObject({ severity: 'medium', object: { origin: { file: 'prod.yaml' } } });
  });

  it.each<[string, Inside, object[]]>([
    ['workloads could not be listed', { workloads: denied }, saysDenied],
    [
      'workloads were listed in part, beside what failed',
      { secrets: [toSecret('db')], workloads: [password], missing: ['kubernetes.workloads'] },
      [{ status: 'fail' }, saysThrottled],
    ],
    [
      'the type of a Secret could not be seen, beside what its key tells',
      { secrets: denied, workloads: [password] },
      [{ status: 'fail', severity: 'low' }, ...saysDenied],
    ],
    [
      'single values are allowed, and the type could not be seen',
      { secrets: denied, workloads: [password], settings: allowing },
      saysDenied,
    ],
    [
      'an optional Secret may stand on a page that is missing',
      {
        missing: ['kubernetes.secrets'],
        workloads: [toWorkload({ env: [fromSecret('VALUE', 'db', 'password', true)] })],
      },
      [saysThrottled],
    ],
  ])('says unknown when %s', (_, inside, verdicts) => {
    expect(judge(inside)).toMatchObject(verdicts);
  });

  it('needs no metadata: the table tells the type', () => {
    const { workloads } = ofType('kubernetes.io/tls', 'tls.key');
    const secrets = [toTableRow('db', 'kubernetes.io/tls', 2)];
    expect(judge({ secrets, workloads })).toMatchObject([{ severity: 'medium' }]);
  });

  it('gives the edit as a patch: the variable goes, the one key is mounted', () => {
    const [verdict] = judge({ secrets: [toSecret('db')], workloads: [password] });
    expect(verdict?.status === 'fail' && verdict.fix).toBe(
      `Let the program read /etc/secrets/db/password instead of its environment. If the image runs as another user than root, give the pod an fsGroup, and the files mode 0440. Make this edit where the manifest of deployment/shop/api is kept, or save it as patch.yaml and run kubectl patch deployment api --namespace shop --patch-file patch.yaml.

spec:
  template:
    spec:
      containers:
        - name: api
          env:
            - $patch: delete
              name: DB_PASSWORD
          volumeMounts:
            - name: secret-db
              mountPath: /etc/secrets/db
              readOnly: true
      volumes:
        - name: secret-db
          secret:
            secretName: db
            defaultMode: 256 # 0400
            items:
              - key: password
                path: password
`,
    );
  });

  it('gives a non-root pod the group by which it reads the files', () => {
    const workloads = [{ ...password, spec: { ...password.spec, securityContext: { runAsUser: 1000 } } }];
    const [verdict] = judge({ secrets: [toSecret('db')], workloads });
    expect(parse(String(verdict?.evidence.patch))).toMatchObject({
      spec: {
        template: {
          spec: { securityContext: { fsGroup: 1000 }, volumes: [{ secret: { defaultMode: 0o440 } }] },
        },
      },
    });
  });
});
