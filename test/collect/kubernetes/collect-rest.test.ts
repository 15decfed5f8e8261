import { describe, expect, it } from 'vitest';
import { collectAwsAuth } from '../../../shared/collect/kubernetes/collect-aws-auth.ts';
import { collectBackupLocations } from '../../../shared/collect/kubernetes/collect-backup-locations.ts';
import { collectRoleBindings, collectRoles } from '../../../shared/collect/kubernetes/collect-rbac.ts';
import {
  collectIngresses,
  collectServiceAccounts,
} from '../../../shared/collect/kubernetes/collect-service-accounts.ts';
import type { KubernetesApi } from '../../../shared/collect/kubernetes/kubernetes-api.ts';
import { toKnown, toUnknown } from '../../../shared/evidence/fact.ts';
import { type Answer, openApi, refuse, serveKubernetes, serveLists } from './serve-kubernetes.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';

const collect = async <T>(lists: Record<string, object[]>, read: (api: KubernetesApi) => Promise<T>) => {
  const server = await serveKubernetes(serveLists(lists));
  return JSON.parse(JSON.stringify(await read(openApi(server.endpoint))));
};

describe('RBAC', () => {
  const role = {
    metadata: { name: 'reader', namespace: 'shop', labels: { a: 'b' } },
    rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['x'], verbs: ['get'] }],
  };
  const aggregated = {
    metadata: { name: 'view', labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'view' } }] },
    rules: null,
  };

  it('has roles of namespaces and of the cluster', async () => {
    const fact = await collect(
      { [`${rbac}/roles`]: [role], [`${rbac}/clusterroles`]: [aggregated] },
      collectRoles,
    );
    expect(fact).toEqual(
      toKnown([
        { kind: 'Role', namespace: 'shop', name: 'reader', labels: { a: 'b' }, rules: role.rules },
        {
          kind: 'ClusterRole',
          name: 'view',
          labels: aggregated.metadata.labels,
          rules: [],
          aggregationRule: aggregated.aggregationRule,
        },
      ]),
    );
  });

  it('has bindings, also such as bind nobody', async () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' };
    const subjects = [
      { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:authenticated' },
      { kind: 'ServiceAccount', name: 'default', namespace: 'shop' },
    ];
    const fact = await collect(
      {
        [`${rbac}/rolebindings`]: [{ metadata: { name: 'a', namespace: 'shop' }, roleRef, subjects }],
        [`${rbac}/clusterrolebindings`]: [{ metadata: { name: 'b' }, roleRef }],
      },
      collectRoleBindings,
    );
    const ref = { kind: 'ClusterRole', name: 'admin' };
    expect(fact).toEqual(
      toKnown([
        {
          kind: 'RoleBinding',
          namespace: 'shop',
          name: 'a',
          roleRef: ref,
          subjects: [
            { kind: 'Group', name: 'system:authenticated' },
            { kind: 'ServiceAccount', name: 'default', namespace: 'shop' },
          ],
        },
        { kind: 'ClusterRoleBinding', name: 'b', roleRef: ref, subjects: [] },
      ]),
    );
  });

  it('says of one namespace that those of others were not asked for', async () => {
    const fact = await collect(
      { [`${rbac}/namespaces/shop/roles`]: [role], [`${rbac}/clusterroles`]: [] },
      (api) => collectRoles(api, 'shop'),
    );
    expect(fact).toMatchObject({
      value: [{ name: 'reader' }],
      missing: [{ what: 'only the namespace shop was asked for, not the roles of others' }],
    });
  });
});

describe('service accounts and ingresses', () => {
  it('tell the role that their pods take, and the Secrets they name', async () => {
    const account = {
      metadata: {
        name: 'web',
        namespace: 'shop',
        annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/web', other: 'S3CR3T' },
      },
      secrets: [{ name: 'web-token' }],
      imagePullSecrets: [{ name: 'pull' }],
      automountServiceAccountToken: false,
    };
    const bare = { metadata: { name: 'default', namespace: 'shop' } };
    expect(await collect({ '/api/v1/serviceaccounts': [account, bare] }, collectServiceAccounts)).toEqual(
      toKnown([
        {
          namespace: 'shop',
          name: 'web',
          roleArn: 'arn:aws:iam::111122223333:role/web',
          secrets: [{ name: 'web-token' }],
          imagePullSecrets: [{ name: 'pull' }],
          automountServiceAccountToken: false,
        },
        { namespace: 'shop', name: 'default' },
      ]),
    );
  });

  it('tell the certificates that ingresses take', async () => {
    const toIngress = (name: string, spec: object) => ({ metadata: { name, namespace: 'shop' }, spec });
    expect(
      await collect(
        {
          '/apis/networking.k8s.io/v1/ingresses': [
            toIngress('web', { tls: [{ hosts: ['a'], secretName: 'web-tls' }, { hosts: ['b'] }] }),
            toIngress('plain', {}),
          ],
        },
        collectIngresses,
      ),
    ).toEqual(
      toKnown([
        { namespace: 'shop', name: 'web', tls: [{ secretName: 'web-tls' }, {}] },
        { namespace: 'shop', name: 'plain' },
      ]),
    );
  });

  it('are unknown where an old server does not serve them', async () => {
    expect(await collect({}, collectIngresses)).toMatchObject({ unknown: 'unsupported' });
  });
});

describe('Velero', () => {
  it.each<[string, object, object]>([
    ['of S3', { kmsKeyId: '', s3Url: 'https://s3.eu-central-1.amazonaws.com' }, {}],
    ['of a MinIO', { s3Url: 'http://minio.velero:9000' }, { otherHost: 'minio.velero:9000' }],
    ['with no address', { s3Url: 'x' }, { otherHost: 'no address' }],
    ['with a key of its own', { customerKeyEncryptionFile: '/credentials/key' }, { sendsOwnKey: true }],
    ['with another algorithm', { serverSideEncryption: 'AES256' }, { serverSideEncryption: 'AES256' }],
  ])('has its storage locations, %s', async (_, config, more) => {
    const location = {
      metadata: { name: 'default', namespace: 'velero' },
      spec: {
        provider: 'aws',
        objectStorage: { bucket: 'backups', prefix: 'prod' },
        config: { region: 'eu-central-1', ...config },
        credential: { name: 'cloud', key: 'creds' },
      },
    };
    const path = '/apis/velero.io/v1/backupstoragelocations';
    expect(await collect({ [path]: [location] }, collectBackupLocations)).toEqual(
      toKnown([
        {
          namespace: 'velero',
          name: 'default',
          provider: 'aws',
          bucket: 'backups',
          prefix: 'prod',
          region: 'eu-central-1',
          ...more,
        },
      ]),
    );
  });

  it.each<[string, Answer, object]>([
    ['is not installed', [404, '404 page not found\n'], toKnown([])],
    ['is forbidden', refuse(403, 'Forbidden', 'no'), { unknown: 'access-denied' }],
    ['is asked of something that is no API server', [404, '<html>Not found'], { unknown: 'unsupported' }],
  ])('%s', async (_, answer, expected) => {
    const server = await serveKubernetes(() => answer);
    expect(await collectBackupLocations(openApi(server.endpoint))).toMatchObject(expected);
  });
});

describe('aws-auth', () => {
  const collectFrom = async (answer: Answer) => {
    const server = await serveKubernetes(() => answer);
    return JSON.parse(JSON.stringify(await collectAwsAuth(openApi(server.endpoint))));
  };
  const nobody = { mapRoles: [], mapUsers: [], mapAccounts: [] };

  it('is read as EKS reads it', async () => {
    const mapRoles = `- rolearn: arn:aws:iam::111122223333:role/node
  username: system:node:{{EC2PrivateDNSName}}
  groups:
    - system:bootstrappers
    - system:nodes
- RoleARN: arn:aws:iam::111122223333:role/nobody
  groups:
`;
    const mapUsers = '[{"userarn": "arn:aws:iam::111122223333:user/ops", "groups": ["system:masters"]}]';
    expect(await collectFrom({ data: { mapRoles, mapUsers, mapAccounts: '- 011122223333\n' } })).toEqual(
      toKnown({
        mapRoles: [
          {
            rolearn: 'arn:aws:iam::111122223333:role/node',
            username: 'system:node:{{EC2PrivateDNSName}}',
            groups: ['system:bootstrappers', 'system:nodes'],
          },
          { rolearn: 'arn:aws:iam::111122223333:role/nobody' },
        ],
        mapUsers: [{ userarn: 'arn:aws:iam::111122223333:user/ops', groups: ['system:masters'] }],
        mapAccounts: ['011122223333'],
      }),
    );
  });

  it.each<[string, Answer, object]>([
    [
      'lets nobody in where there is none',
      refuse(404, 'NotFound', 'configmaps "aws-auth" not found'),
      toKnown(nobody),
    ],
    ['lets nobody in where it is empty', { data: null }, toKnown(nobody)],
    ['lets nobody in where its lists are', { data: { mapRoles: '', mapUsers: '[]\n' } }, toKnown(nobody)],
    [
      'is missing an entry that makes no sense',
      { data: { mapRoles: '- username: x\n- rolearn: r\n  groups: system:masters\n' } },
      toKnown(nobody, [
        { what: "an entry of mapRoles in kube-system/aws-auth can't be understood", reason: 'failed' },
        { what: "an entry of mapRoles in kube-system/aws-auth can't be understood", reason: 'failed' },
      ]),
    ],
    [
      'is unknown where it is no YAML',
      { data: { mapRoles: '- {a: S3CR3T' } },
      toUnknown('failed', 'kube-system/aws-auth does not hold the YAML that EKS reads'),
    ],
    [
      'is unknown where it is no list',
      { data: { mapRoles: 'rolearn: x' } },
      toUnknown('failed', 'kube-system/aws-auth does not hold the YAML that EKS reads'),
    ],
    [
      'is unknown where it unfolds without end',
      {
        data: {
          mapRoles: `a: &a [x,x]\n${'bcdefghijklmnop'
            .split('')
            .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghijklmnop'[index]}`)}]`)
            .join('\n')}`,
        },
      },
      toUnknown('failed', 'kube-system/aws-auth does not hold the YAML that EKS reads'),
    ],
    [
      'is unknown where it is forbidden',
      refuse(403, 'Forbidden', 'configmaps "aws-auth" is forbidden'),
      toUnknown('access-denied', 'get configmaps kube-system/aws-auth: configmaps "aws-auth" is forbidden'),
    ],
  ])('%s', async (_, answer, expected) => {
    expect(await collectFrom(answer)).toEqual(expected);
  });
});
