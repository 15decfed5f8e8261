import { describe, expect, it } from 'vitest';
import type { Subject } from '../../shared/checks/check.ts';
import { toKnown, toUnknown } from '../../shared/evidence/fact.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { toWhoSecretTable } from '../../shared/report/who-secret-table.ts';
import { whoSecretDocument } from '../../shared/who/secret-document.ts';
import { toWhoSecret } from '../../shared/who/who-secret.ts';
import { toSubject } from '../checks/cases.ts';
import { bind, give, join, runs } from '../rbac/cluster.ts';

const wanted = { namespace: 'payments', name: 'db' };
const account = '111122223333';
const admin = `arn:aws:iam::${account}:role/admin`;
const api = 'system:serviceaccount:payments:api';

const rbac = join(
  give('account payments/api', 'payments', 'get secrets db'),
  give('group developers', 'payments', 'create pods'),
  give('account ci/deployer', 'payments', 'get secrets cache'),
  { roles: [], roleBindings: [bind('cluster-admin', 'cluster-admin', 'group system:masters')] },
);
const inside: Subject['facts'] = {
  'kubernetes.roles': toKnown(rbac.roles),
  'kubernetes.roleBindings': toKnown(rbac.roleBindings),
  'kubernetes.serviceAccounts': toKnown([
    { namespace: 'payments', name: 'api' },
    { namespace: 'ci', name: 'deployer' },
  ]),
  'kubernetes.workloads': toKnown([runs('payments/api', 'db')]),
  'kubernetes.secrets': toKnown([{ ...wanted, type: 'Opaque' }]),
  'kubernetes.awsAuth': toKnown({ mapRoles: [], mapUsers: [], mapAccounts: [] }),
  'cluster.accessEntries': toKnown([
    {
      principalArn: `arn:aws:iam::${account}:role/path/admin`,
      username: `arn:aws:sts::${account}:assumed-role/admin/{{SessionName}}`,
      kubernetesGroups: [],
      accessPolicies: [
        {
          policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
          accessScope: { type: 'cluster' },
        },
      ],
    },
  ]),
};
const answer = (facts: Subject['facts'] = {}, secret = wanted, secretReaders: string[] = []) => {
  const subject = toSubject({ cluster: { accessConfig: { authenticationMode: 'API' } } });
  const document = toWhoSecret(
    { ...subject, facts: { ...subject.facts, ...inside, ...facts } },
    settings.parse({ expected: { secretReaders } }),
    secret,
  );
  return whoSecretDocument.parse(document);
};
const draw = (...given: Parameters<typeof answer>) =>
  [...toWhoSecretTable(answer(...given), { width: 100, colour: false })].join('');

describe('who may read one Secret', () => {
  it('is told with how, of each identity', () => {
    expect(answer()).toMatchObject({
      schema: 'keyward/who-secret-v1',
      secret: 'payments/db',
      exists: true,
      may: {
        identities: [
          { identity: admin, kind: 'iam', how: 'reads', everySecret: true, group: null },
          {
            identity: 'developers',
            kind: 'group',
            how: 'through pods in namespace payments',
            everySecret: false,
            ways: [{ may: ['create pods'], by: [expect.stringMatching(/^RoleBinding payments\//)] }],
          },
          { identity: 'system:masters', group: 'control-plane' },
          { identity: api, kind: 'service-account', how: 'reads', ways: [{ may: ['get secrets'] }] },
        ],
        missing: [],
      },
      read: { unknown: 'incomplete-window' },
    });
  });

  it('marks whom the configuration expects', () => {
    const { may } = answer({}, wanted, ['system:serviceaccount:payments:*']);
    const expected = 'identities' in may ? may.identities.filter((one) => one.expected) : [];
    expect(expected.map(({ identity }) => identity)).toEqual([api]);
  });

  it('is asked of a Secret that is not there too', () => {
    expect(answer({}, { namespace: 'payments', name: 'none' }).exists).toBe(false);
    const part = toKnown([], [{ what: 'page 2', reason: 'throttled' }]);
    expect(answer({ 'kubernetes.secrets': part }).exists).toBe(null);
    expect(answer({ 'kubernetes.secrets': toUnknown('access-denied', 'list secrets') }).exists).toBe(null);
  });

  it('names what was not seen', () => {
    const { may, notVisible } = answer({
      'kubernetes.workloads': toUnknown('access-denied', 'list pods'),
      'kubernetes.serviceAccounts': toKnown([], [{ what: 'page 2', reason: 'throttled' }]),
    });
    expect(may).toMatchObject({
      missing: [
        { what: 'kubernetes.serviceAccounts: page 2', reason: 'throttled' },
        { what: 'kubernetes.workloads', reason: 'access-denied: list pods' },
      ],
    });
    expect(notVisible.map(({ what }) => what)).toContain('nodes');
    expect(notVisible.map(({ what }) => what)).not.toContain('the principal that created the cluster');
    const older = answer({ cluster: toKnown({ name: 'shop', arn: 'arn' }) });
    expect(older.notVisible.map(({ what }) => what)).toContain('the principal that created the cluster');
  });

  it.each(['kubernetes.roles', 'kubernetes.roleBindings'] as const)('is unknown without %s', (fact) => {
    expect(answer({ [fact]: toUnknown('access-denied', 'list them') }).may).toEqual({
      unknown: 'access-denied',
      detail: 'list them',
    });
  });

  it('is drawn: unexpected ones first, each with its steps, then the limits', () => {
    const lines = draw({}, wanted, ['*:role/admin']).split('\n');
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(at('Who may read Secret payments/db')).toBe(1);
    expect(at('unexpected  developers (group)')).toBeGreaterThan(0);
    expect(at('through pods in namespace payments (create pods)')).toBe(at('developers (group)') + 1);
    expect(at('  expected    arn:aws:iam')).toBeGreaterThan(at('unexpected  system:serviceaccount'));
    expect(at('every Secret of the cluster')).toBeGreaterThan(0);
    expect(at('besides     one part of Kubernetes or EKS')).toBeGreaterThan(0);
    expect(at('not visible nodes')).toBeGreaterThan(at('besides'));
    expect(draw({}, { namespace: 'none', name: 'none' })).toContain('(there is none of that name now)');
    expect(draw({ 'kubernetes.roles': toUnknown('access-denied', 'list roles') })).toContain(
      'unknown     access-denied: list roles',
    );
  });
});
