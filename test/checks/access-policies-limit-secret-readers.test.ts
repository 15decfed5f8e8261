import { describe, expect, it } from 'vitest';
import { accessPoliciesLimitSecretReaders } from '../../shared/checks/access-policies-limit-secret-readers.ts';
import type { Subject } from '../../shared/checks/check.ts';
import type { AccessEntry } from '../../shared/evidence/access-entry.ts';
import { toKnown, toUnknown } from '../../shared/evidence/fact.ts';
import { account, denied, type Given, saysDenied } from './cases.ts';
import { judgeWith } from './cluster-facts.ts';

const partner = '666677778888';
const api = { accessConfig: { authenticationMode: 'API' } };

type Access = [policy: string, ...namespaces: string[]];

const entry = (name: string, ...access: Access[]): AccessEntry => ({
  principalArn: name.startsWith('arn:') ? name : `arn:aws:iam::${account}:role/${name}`,
  accessPolicies: access.map(([policy, ...namespaces]) => ({
    policyArn: `arn:aws:eks::aws:cluster-access-policy/${policy}`,
    accessScope: { type: namespaces.length > 0 ? 'namespace' : 'cluster', namespaces },
  })),
});
const outsider = (...access: Access[]) => entry(`arn:aws:iam::${partner}:role/support/helper`, ...access);

const tell = (entries: AccessEntry[], given: Given = {}, facts: Subject['facts'] = {}) =>
  judgeWith(
    accessPoliciesLimitSecretReaders,
    { 'cluster.accessEntries': toKnown(entries), ...facts },
    { cluster: api, ...given },
  );

const ordinary = [
  entry('terraform', ['AmazonEKSClusterAdminPolicy']),
  entry(
    'aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_AWSAdministratorAccess_0123456789abcdef',
    ['AmazonEKSClusterAdminPolicy'],
  ),
  entry('deploy', ['AmazonEKSEditPolicy', 'shop', 'shop-*']),
  entry('developers', ['AmazonEKSViewPolicy']),
  entry('shop-nodes'),
  entry('service-role/AWSBackupDefaultServiceRole', ['AWSBackupFullAccessPolicyForBackup']),
  entry('argocd-capability', ['AmazonEKSArgoCDClusterPolicy'], ['AmazonEKSArgoCDPolicy', 'argocd']),
  entry('shop-auto-nodes', ['AmazonEKSAutoNodePolicy']),
  entry(
    'aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS',
    ['AmazonEKSClusterInsightsPolicy'],
    ['AmazonEKSEventPolicy'],
  ),
];
const many = (count: number, policy = 'AmazonEKSAdminViewPolicy') =>
  Array.from({ length: count }, (_, index) => entry(`reader-${index}`, [policy]));

describe('access-policies-limit-secret-readers', () => {
  it.each<[string, AccessEntry[], Given?]>([
    ['an ordinary account’s entries', ordinary],
    ['no entry at all', []],
    ['as many readers as are allowed', many(5)],
    [
      'more readers, where more are allowed',
      many(9),
      { settings: { thresholds: { clusterWideReaders: 9 } } },
    ],
    [
      'more readers that are expected',
      many(9),
      { settings: { expected: { secretReaders: ['*:role/reader-*'] } } },
    ],
    ['readers of an AWS service, however many', many(9, 'AWSBackupFullAccessPolicyForBackup')],
    ['viewers, who read no Secrets, however many', many(9, 'AmazonEKSViewPolicy')],
    [
      'an outsider who is expected',
      [outsider(['AmazonEKSAdminPolicy'])],
      { settings: { expected: { secretReaders: ['*/helper'] } } },
    ],
    [
      'an outsider of a trusted account',
      [outsider(['AmazonEKSAdminPolicy'])],
      { settings: { trustedAccounts: [partner] } },
    ],
    ['an outsider who views', [outsider(['AmazonEKSViewPolicy'])]],
    // Who reads the Secrets of some namespaces is secret-access-is-limited's to tell.
    ['an outsider with one namespace', [outsider(['AmazonEKSEditPolicy', 'shop'])]],
    ['an outsider who views kube-system', [outsider(['AmazonEKSSecretReaderPolicy', 'kube-system'])]],
    ['a policy that is not known, in one namespace', [entry('new', ['AmazonEKSTomorrowPolicy', 'shop'])]],
  ])('passes with %s', (_, entries, given) => {
    expect(tell(entries, given)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Access[]]>([
    ['AmazonEKSClusterAdminPolicy', [['AmazonEKSClusterAdminPolicy']]],
    ['AmazonEKSAdminPolicy', [['AmazonEKSAdminPolicy']]],
    ['AmazonEKSEditPolicy', [['AmazonEKSEditPolicy']]],
    ['AmazonEKSAdminViewPolicy', [['AmazonEKSAdminViewPolicy']]],
    ['AmazonEKSSecretReaderPolicy', [['AmazonEKSSecretReaderPolicy']]],
    ['the policy of AWS Backup', [['AWSBackupFullAccessPolicyForBackup']]],
    ['a namespace that is a star', [['AmazonEKSSecretReaderPolicy', 'shop', '*']]],
    ['editing kube-system, whose service accounts read everything', [['AmazonEKSEditPolicy', 'kube-*']]],
    ['the second of two policies', [['AmazonEKSViewPolicy'], ['AmazonEKSAdminViewPolicy']]],
  ])('fails for an outsider with %s', (_, access) => {
    expect(tell([...ordinary, outsider(...access)])).toEqual([
      expect.objectContaining({
        status: 'fail',
        severity: 'medium',
        subject: `arn:aws:iam::${partner}:role/helper`,
        message: expect.stringContaining(
          `of account ${partner}, which is neither in the organisation nor trusted`,
        ),
      }),
    ]);
  });

  it('says how to take the policy away, by the entry as EKS knows it', () => {
    const [verdict] = tell([outsider(['AmazonEKSAdminPolicy'])]);
    expect(verdict).toMatchObject({
      fix: expect.stringContaining(
        `aws eks disassociate-access-policy --cluster-name shop --principal-arn arn:aws:iam::${partner}:role/support/helper --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy`,
      ),
    });
  });

  it('fails for too many readers, and tells AWS’s own services apart', () => {
    const [verdict, ...rest] = tell([...ordinary, ...many(4)]);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'medium',
      subject: 'readers',
      message: expect.stringMatching(
        /^6 principals may read every Secret.*, more than 5: .*role\/terraform by AmazonEKSClusterAdminPolicy/,
      ),
      evidence: { ofServices: [{ policies: ['AWSBackupFullAccessPolicyForBackup'] }] },
    });
  });

  it('names twenty of many', () => {
    const [verdict] = tell(many(30));
    expect(verdict?.message).toMatch(/reader-19 by AmazonEKSAdminViewPolicy and others\.$/);
  });

  it('is unknown for a policy that is not known, by its name', () => {
    expect(tell([entry('AWSServiceRoleForAmazonEKS', ['AmazonEKSEventPolicy'])])).toMatchObject([
      { status: 'unknown' },
    ]);
    expect(tell([...ordinary, entry('new', ['AmazonEKSTomorrowPolicy'])])).toMatchObject([
      {
        status: 'unknown',
        reason: 'unsupported',
        message: `whether access policy AmazonEKSTomorrowPolicy lets arn:aws:iam::${account}:role/new read Secrets is not known`,
      },
    ]);
  });

  it('is unknown where nobody can tell whose account it is', () => {
    const given: Given = { organization: toUnknown('access-denied', 'not allowed to ask') };
    expect(tell([outsider(['AmazonEKSAdminPolicy'])], given)).toMatchObject([
      {
        status: 'unknown',
        reason: 'access-denied',
        message: expect.stringContaining('role/helper may read'),
      },
    ]);
  });

  it.each([{ authenticationMode: 'CONFIG_MAP' }, undefined])(
    'is unknown where aws-auth alone counts: %j',
    (accessConfig) => {
      expect(tell([], { cluster: { accessConfig } })).toMatchObject([
        { status: 'unknown', reason: 'unsupported', message: expect.stringContaining('aws-auth alone') },
      ]);
    },
  );

  it('may fail and never passes where aws-auth counts too and was not read', () => {
    const both: Given = { cluster: { accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } } };
    const part = { status: 'unknown', message: expect.stringContaining('aws-auth counts too') };
    expect(tell(ordinary, both)).toMatchObject([part]);
    expect(tell([outsider(['AmazonEKSAdminPolicy'])], both)).toMatchObject([{ status: 'fail' }, part]);
    const awsAuth = toKnown({ mapRoles: [], mapUsers: [], mapAccounts: [] });
    expect(tell(ordinary, both, { 'kubernetes.awsAuth': awsAuth })).toMatchObject([{ status: 'pass' }]);
  });

  it('is unknown without the cluster or its entries', () => {
    expect(tell([], { cluster: denied })).toMatchObject(saysDenied);
    expect(tell([], {}, { 'cluster.accessEntries': denied })).toMatchObject(saysDenied);
    expect(tell([], {}, { 'cluster.accessEntries': undefined })).toMatchObject([
      { status: 'unknown', message: 'cluster.accessEntries was not collected' },
    ]);
  });

  it('does not pass over entries of which a part is missing', () => {
    const entries = toKnown(ordinary, [{ what: 'the access policies of someone', reason: 'throttled' }]);
    expect(tell([], {}, { 'cluster.accessEntries': entries })).toMatchObject([
      { status: 'unknown', reason: 'throttled' },
    ]);
  });
});
