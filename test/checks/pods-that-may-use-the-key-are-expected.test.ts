import { describe, expect, it } from 'vitest';
import type { Subject } from '../../shared/checks/check.ts';
import { podsThatMayUseTheKeyAreExpected } from '../../shared/checks/pods-that-may-use-the-key-are-expected.ts';
import type { PodIdentityAssociation } from '../../shared/evidence/access-entry.ts';
import { toKnown } from '../../shared/evidence/fact.ts';
import type { ServiceAccount } from '../../shared/evidence/kubernetes/service-account.ts';
import type { Workload } from '../../shared/evidence/kubernetes/workload.ts';
import { account, clusterArn, denied, type Given, keyArn, saysDenied } from './cases.ts';
import { judgeWith } from './cluster-facts.ts';
import { allow, delegation, document, inventory, keyPolicy, named, role, toRoleArn } from './iam-cases.ts';

const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E';
const provider = `arn:aws:iam::${account}:oidc-provider/${issuer}`;
const cluster = { identity: { oidc: { issuer: `https://${issuer}` } } };

const web = (sub: string, more: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: {
    StringLike: { [`${issuer}:sub`]: `system:serviceaccount:${sub}` },
    StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' },
  },
  ...more,
});
const pods = (more: object = {}) => ({
  Effect: 'Allow',
  Principal: { Service: 'pods.eks.amazonaws.com' },
  Action: ['sts:AssumeRole', 'sts:TagSession'],
  ...more,
});
const tagged = (tags: Record<string, string>) => ({
  Condition: {
    StringEquals: Object.fromEntries(
      Object.entries(tags).map(([tag, value]) => [`aws:RequestTag/${tag}`, value]),
    ),
  },
});
const trusting = (...statements: object[]) => ({ AssumeRolePolicyDocument: document(...statements) });
const decrypts = allow('kms:Decrypt');

const cart: ServiceAccount = { namespace: 'shop', name: 'cart', roleArn: toRoleArn('cart') };
const plain = (name: string): ServiceAccount => ({ namespace: 'shop', name });
const association = (more: Partial<PodIdentityAssociation> = {}): PodIdentityAssociation => ({
  namespace: 'shop',
  serviceAccount: 'cart',
  roleArn: toRoleArn('cart'),
  ...more,
});

interface Inside {
  accounts?: ServiceAccount[];
  associations?: PodIdentityAssociation[];
  facts?: Subject['facts'];
}
const tell = (roles: object[], { accounts = [], associations = [], facts = {} }: Inside, given: Given = {}) =>
  judgeWith(
    podsThatMayUseTheKeyAreExpected,
    {
      'kubernetes.serviceAccounts': toKnown(accounts),
      'cluster.podIdentityAssociations': toKnown(associations),
      ...facts,
    },
    { cluster, iam: inventory({ roles: roles as ReturnType<typeof role>[] }), ...given },
  );
const irsa = (statements: object[], trust: object[] = [web('shop:cart')]) =>
  tell([role('cart', statements, trusting(...trust))], { accounts: [cart] });
const podIdentity = (statements: object[], trust: object[], more: Partial<PodIdentityAssociation> = {}) =>
  tell([role('cart', statements, trusting(...trust))], { associations: [association(more)] });

const fails = [{ status: 'fail', severity: 'medium', subject: 'serviceaccount/shop/cart' }];

describe('pods-that-may-use-the-key-are-expected', () => {
  it('fails for a service account whose role may decrypt, with the request that shows it and what runs as it', () => {
    const workload: Workload = {
      kind: 'Deployment',
      namespace: 'shop',
      name: 'cart',
      spec: { serviceAccountName: 'cart', containers: [] },
    };
    const others = [
      { ...workload, name: 'other', spec: { containers: [] } },
      { ...workload, namespace: 'else' },
    ];
    const verdicts = tell([role('cart', [decrypts], trusting(web('shop:cart')))], {
      accounts: [cart],
      facts: { 'kubernetes.workloads': toKnown([...others, workload]) },
    });
    expect(verdicts).toMatchObject([
      {
        ...fails[0],
        message: `Pods of service account shop/cart (deployment/shop/cart) may become ${toRoleArn('cart')} by IRSA, which may kms:Decrypt with ${keyArn}, by key-policy statement 1, identity-policy role/cart/own#statement 1. That alone reveals no Secret: the ciphertext lies in etcd, which EKS shows to nobody.`,
        evidence: {
          workloads: { count: 1, names: ['deployment/shop/cart'] },
          paths: [
            {
              role: toRoleArn('cart'),
              way: 'IRSA',
              uses: [{ power: 'decrypt', witness: { resource: keyArn } }],
            },
          ],
        },
        fix: expect.stringContaining(`expected.decrypters: - "${toRoleArn('cart')}"`),
      },
    ]);
  });

  it.each<[string, object[]]>([
    ['decrypt', [decrypts]],
    ['take the key away', [allow('kms:ScheduleKeyDeletion')]],
    ['do everything, as an administrator', [allow('*')]],
  ])('fails for a role by IRSA that may %s', (_, statements) => {
    expect(irsa(statements)).toMatchObject(fails);
  });

  it('says of a role that may take the key away what that means', () => {
    expect(irsa([allow(['kms:Decrypt', 'kms:DisableKey'])])).toMatchObject([
      {
        message: expect.stringMatching(
          /may kms:Decrypt and kms:DisableKey with .*A cluster that loses its key can’t be recovered\.$/,
        ),
        fix: expect.stringMatching(/expected\.decrypters: .*; expected\.administrators: /),
      },
    ]);
  });

  it.each<[string, object[]]>([
    ['names another service account', [web('shop:other')]],
    ['names another namespace', [web('else:cart')]],
    [
      'names another cluster’s provider',
      [web('shop:cart', { Principal: { Federated: provider.replace('EXAMPLE', 'ANOTHER') } })],
    ],
    ['names EC2', [pods({ Principal: { Service: 'ec2.amazonaws.com' } })]],
    ['denies it', [web('shop:cart'), { ...web('*'), Effect: 'Deny' }]],
    [
      'asks for another audience',
      [
        web('shop:cart', {
          Condition: {
            StringEquals: {
              [`${issuer}:sub`]: 'system:serviceaccount:shop:cart',
              [`${issuer}:aud`]: 'vault',
            },
          },
        }),
      ],
    ],
  ])('passes for an annotation where the role’s trust policy %s', (_, trust) => {
    expect(irsa([decrypts], trust)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, object[]]>([
    ['on other keys', [allow('kms:Decrypt', { Resource: `${keyArn}0` })]],
    [
      'through a service alone',
      [allow('kms:Decrypt', { Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } } })],
    ],
    ['nothing of KMS', []],
  ])('passes for a role that may decrypt %s', (_, statements) => {
    expect(irsa(statements)).toMatchObject([{ status: 'pass' }]);
  });

  it('passes where the cluster has no OIDC provider', () => {
    const roles = [role('cart', [decrypts], trusting(web('shop:cart')))];
    expect(tell(roles, { accounts: [cart] }, { cluster: {} })).toMatchObject([{ status: 'pass' }]);
  });

  it('fails once for a role that lets in service accounts which do not name it', () => {
    const accounts = [...Array.from({ length: 25 }, (_, index) => plain(`a-${index + 10}`)), cart];
    expect(tell([role('cart', [decrypts], trusting(web('*')))], { accounts })).toMatchObject([
      {
        status: 'fail',
        subject: toRoleArn('cart'),
        message: expect.stringMatching(
          /^Pods of 25 service accounts that do not name the role \(shop\/a-10, .*shop\/a-29 and 5 more\) may become .*: its trust policy lets them in\./,
        ),
        evidence: { serviceAccounts: { count: 25 } },
      },
      ...fails,
    ]);
  });

  it.each<[string, object[], Partial<PodIdentityAssociation>]>([
    ['lets in Pod Identity', [pods()], {}],
    [
      'lets in this service account by its tags',
      [pods(tagged({ 'kubernetes-namespace': 'shop', 'eks-cluster-arn': clusterArn }))],
      {},
    ],
    ['lets in this cluster', [pods({ Condition: { ArnEquals: { 'aws:SourceArn': clusterArn } } })], {}],
  ])('fails for an association whose role %s', (_, trust, more) => {
    expect(podIdentity([decrypts], trust, more)).toMatchObject([
      { ...fails[0], evidence: { paths: [{ way: 'Pod Identity' }] } },
    ]);
  });

  it.each<[string, object[], object[], Partial<PodIdentityAssociation>]>([
    ['the role trusts EC2', [decrypts], [pods({ Principal: { Service: 'ec2.amazonaws.com' } })], {}],
    ['the role trusts another namespace', [decrypts], [pods(tagged({ 'kubernetes-namespace': 'else' }))], {}],
    [
      'the role asks for tags that are switched off',
      [decrypts],
      [pods(tagged({ 'kubernetes-namespace': 'shop' }))],
      { disableSessionTags: true },
    ],
    [
      'a session policy leaves nothing of KMS',
      [decrypts],
      [pods()],
      { disableSessionTags: true, policy: document(allow('s3:GetObject')) },
    ],
    [
      'the role may decrypt for another namespace’s pods',
      [
        allow('kms:Decrypt', {
          Condition: { StringEquals: { 'aws:PrincipalTag/kubernetes-namespace': 'else' } },
        }),
      ],
      [pods()],
      {},
    ],
    ['there is no such role', [decrypts], [pods()], { roleArn: toRoleArn('gone') }],
  ])('passes for an association where %s', (_, statements, trust, more) => {
    expect(podIdentity(statements, trust, more)).toMatchObject([{ status: 'pass' }]);
  });

  it('knows what EKS says of the pods: a role that may decrypt by these tags does', () => {
    const byTag = allow('kms:Decrypt', {
      Condition: { StringEquals: { 'aws:PrincipalTag/kubernetes-namespace': 'shop' } },
    });
    expect(podIdentity([byTag], [pods()])).toMatchObject(fails);
  });

  it('fails where a session policy leaves the power', () => {
    const more = { disableSessionTags: true, policy: document(allow('kms:*')) };
    expect(podIdentity([decrypts], [pods()], more)).toMatchObject(fails);
  });

  it.each<[string, object, string]>([
    ['lets the first in', { Principal: { AWS: toRoleArn('first') } }, 'fail'],
    ['lets its account in', { Principal: { AWS: `arn:aws:iam::${account}:root` } }, 'fail'],
    [
      'asks for the external id of another service account',
      { Principal: { AWS: toRoleArn('first') }, Condition: { StringEquals: { 'sts:ExternalId': 'x' } } },
      'pass',
    ],
    ['lets another in', { Principal: { AWS: toRoleArn('else') } }, 'pass'],
  ])('judges the target role of an association, where its trust policy %s: %s', (_, trust, status) => {
    const target = role(
      'target',
      [decrypts],
      trusting({ Effect: 'Allow', Action: 'sts:AssumeRole', ...trust }),
    );
    const associations = [association({ roleArn: toRoleArn('first'), targetRoleArn: toRoleArn('target') })];
    const verdicts = tell([role('first', [decrypts], trusting(pods())), target], { associations });
    expect(verdicts).toMatchObject([{ status }]);
    if (status === 'fail')
      expect(verdicts).toMatchObject([{ evidence: { paths: [{ role: toRoleArn('target') }] } }]);
  });

  it('tells both ways of one service account in one finding', () => {
    const roles = [
      role('cart', [decrypts], trusting(web('shop:cart'))),
      role('more', [decrypts], trusting(pods())),
    ];
    const verdicts = tell(roles, {
      accounts: [cart],
      associations: [association({ roleArn: toRoleArn('more') })],
    });
    expect(verdicts).toMatchObject([
      { ...fails[0], evidence: { paths: [{ way: 'IRSA' }, { way: 'Pod Identity' }] } },
    ]);
  });

  it.each<[string, NonNullable<Given['settings']>, string]>([
    ['its role is expected to decrypt', { expected: { decrypters: ['*:role/cart'] } }, 'pass'],
    ['the service account is', { expected: { decrypters: ['system:serviceaccount:shop:*'] } }, 'pass'],
    ['its role is expected to administer alone', { expected: { administrators: ['*:role/cart'] } }, 'fail'],
    [
      'it is on another cluster',
      { expected: { decrypters: [{ principal: '*:role/cart', clusters: 'other-*' }] } },
      'fail',
    ],
  ])('where %s: %s', (_, settings, status) => {
    const roles = [role('cart', [decrypts], trusting(web('shop:cart')))];
    expect(tell(roles, { accounts: [cart] }, { settings })).toMatchObject([{ status }]);
  });

  it('is unknown where the trust policy hangs on what nobody can see, and silent where the role may nothing', () => {
    const trust = [web('shop:cart', { Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } })];
    expect(irsa([decrypts], trust)).toMatchObject([
      { status: 'unknown', message: `whether service account shop/cart may become ${toRoleArn('cart')}` },
    ]);
    expect(irsa([], trust)).toMatchObject([{ status: 'pass' }]);
  });

  it('is unknown for a role of another account that the key policy names, whose IAM was not read', () => {
    const foreign = 'arn:aws:iam::444455556666:role/cart';
    const accounts = [{ ...cart, roleArn: foreign }];
    const policy = keyPolicy(delegation, named('arn:aws:iam::444455556666:root', 'kms:Decrypt'));
    expect(tell([], { accounts }, { policy })).toMatchObject([
      { status: 'unknown', message: expect.stringContaining(`what ${foreign} may do with the key`) },
    ]);
    expect(tell([], { accounts })).toMatchObject([{ status: 'pass' }]);
  });

  it('does not apply to a key that AWS manages, or without one', () => {
    expect(tell([], {}, { metadata: { KeyManager: 'AWS' } })).toMatchObject([{ status: 'not-applicable' }]);
    expect(tell([], {}, { key: null, cluster: { encryptionConfig: [] } })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it.each<[string, Given, Subject['facts']]>([
    ['the cluster', { cluster: denied }, {}],
    ['the key', { metadata: denied }, {}],
    ['its policy', { policy: denied }, {}],
    ['its grants', { grants: denied }, {}],
    ['the IAM of the account', { iam: denied }, {}],
    ['service accounts', {}, { 'kubernetes.serviceAccounts': denied }],
    ['associations', {}, { 'cluster.podIdentityAssociations': denied }],
  ])('is unknown without %s', (_, given, facts) => {
    expect(tell([], { facts }, given)).toMatchObject(saysDenied);
  });

  it('fails for what it saw where the associations could not be read', () => {
    const roles = [role('cart', [decrypts], trusting(web('shop:cart')))];
    const facts = { 'cluster.podIdentityAssociations': denied };
    expect(tell(roles, { accounts: [cart], facts })).toMatchObject([...fails, { status: 'unknown' }]);
  });

  it('takes five thousand service accounts and a role that lets them all in', () => {
    const accounts = Array.from({ length: 5000 }, (_, index) => plain(`a-${index}`));
    const roles = Array.from({ length: 5 }, (_, index) => role(`r-${index}`, [decrypts], trusting(web('*'))));
    expect(tell(roles, { accounts })).toHaveLength(5);
  });
});
