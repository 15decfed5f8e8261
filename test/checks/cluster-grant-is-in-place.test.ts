import { describe, expect, it } from 'vitest';
import { clusterGrantIsInPlace } from '../../shared/checks/cluster-grant-is-in-place.ts';
import { account, clusterArn, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
import { outside, toRole, toRoot } from './policies.ts';

const own = toEksGrant('shop', 'context-1');
const other = toEksGrant('pay', 'context-2');
const revoked = { health: { issues: [{ code: 'KmsGrantRevoked' }] } };
const ask = (grants: Given['grants'], more: Given = {}) => judge(clusterGrantIsInPlace, { grants, ...more });

describe('cluster-grant-is-in-place', () => {
  it.each<[string, Given['grants']]>([
    ['by its name', [other, own]],
    ['by its name, the issuer not told', [{ ...own, IssuingAccount: undefined }]],
    [
      'by the cluster’s ARN',
      [
        {
          ...own,
          Name: undefined,
          GranteePrincipal: undefined,
          GranteeServicePrincipal: 'eks.amazonaws.com',
          Constraints: { SourceArn: clusterArn },
        },
      ],
    ],
    ['by its name, the Region not told', [{ ...own, GranteePrincipal: 'eks.amazonaws.com' }]],
    ['in a part of the list', [own]],
  ])('passes for a grant known %s', (says, grants) => {
    const missing = says.includes('part') ? (['key.grants'] as const) : [];
    expect(ask(grants, { missing: [...missing] })).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each([
    ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
    ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
    ['aws-eusc', 'eusc-de-east-1', 'amazonaws.eu'],
    ['aws-iso', 'us-iso-east-1', 'c2s.ic.gov'],
    ['aws-iso-b', 'us-isob-east-1', 'sc2s.sgov.gov'],
  ])('knows EKS in partition %s, Region %s, by %s', (partition, region, suffix) => {
    const arn = `arn:${partition}:eks:${region}:${account}:cluster/shop`;
    const grant = { ...own, GranteePrincipal: `eks.${region}.${suffix}` };
    expect(ask([grant], { place: { arn, region } })).toMatchObject([{ status: 'pass' }]);
    expect(ask([grant])).toMatchObject([{ status: 'fail' }]);
  });

  it('fails when EKS holds other clusters’ grants and none for this one', () => {
    expect(ask([other, { ...toEksGrant('audit', 'context-3') }])).toMatchObject([
      {
        status: 'fail',
        severity: 'medium',
        subject: null,
        evidence: { key: keyArn, otherGrants: ['eks-grant-audit', 'eks-grant-pay'] },
      },
    ]);
    expect(ask([other])[0]?.message).toContain(
      `EKS holds grants on ${keyArn} (eks-grant-pay), but none for this cluster.`,
    );
  });

  it('fails when EKS reports the grant as revoked', () => {
    const [verdict] = ask([], { cluster: revoked });
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'medium',
      evidence: { key: keyArn, ownGrants: [], otherGrants: [] },
    });
    expect(verdict?.message).toContain(`EKS reports its grant on ${keyArn} as revoked`);
    expect(verdict?.message).toContain('works on with its cached key until it restarts');
  });

  it('believes EKS that its grant is revoked, whatever the key and its grants show', () => {
    const [verdict] = ask([own, { GrantId: 'g', GranteePrincipal: toRole('operator') }], {
      cluster: revoked,
    });
    expect(verdict).toMatchObject({ status: 'fail', evidence: { ownGrants: ['grant-of-shop'] } });
    expect(verdict?.message).toContain('though one there carries this cluster’s name (grant-of-shop)');
    for (const given of [{ metadata: denied }, { metadata: { KeyState: 'Disabled' } }])
      expect(ask([own], { cluster: revoked, ...given })).toMatchObject([{ status: 'fail' }]);
    const [unseen] = ask(denied, { cluster: revoked });
    expect(unseen).toMatchObject({ status: 'fail', evidence: { ownGrants: null } });
    expect(unseen?.message).toContain('as revoked. A running');
  });

  it.each<[string, object]>([
    ['another grantee', { GranteePrincipal: toRole('operator') }],
    ['a look-alike grantee', { GranteePrincipal: 'eks.evil.amazonaws.com.evil' }],
    ['EKS of another Region as grantee', { GranteePrincipal: 'eks.us-east-1.amazonaws.com' }],
    ['a grantee beside EKS', { GranteeServicePrincipal: 'lambda.amazonaws.com' }],
    ['no grantee', { GranteePrincipal: undefined }],
    ['another cluster’s ARN', { Constraints: { SourceArn: `${clusterArn}-two` } }],
    ['no decryption', { Operations: ['Encrypt', 'DescribeKey'] }],
    ['a longer name', { Name: 'eks-grant-shop-two' }],
    ['no name', { Name: undefined }],
  ])('does not take for the cluster’s a grant with %s', (_, more) => {
    expect(ask([{ ...own, ...more }, other])).toMatchObject([{ status: 'fail' }]);
  });

  it('is unknown when no grant of EKS shows the shape that names clusters', () => {
    const [verdict] = ask([{ ...own, GranteePrincipal: toRole('operator') }]);
    const nameless = { ...own, Name: 'mine' };
    expect(ask([nameless], { cluster: { health: { issues: [{ code: 'Other' }] } } })).toMatchObject([
      { status: 'unknown' },
    ]);
    expect(ask([nameless], { cluster: { health: undefined } })).toMatchObject([{ status: 'unknown' }]);
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'unsupported' });
    expect(verdict?.message).toContain('AWS documents no shape of EKS’s grants');
  });

  it('is unknown when another account issued the only grant of this name', () => {
    const namesake = { ...own, IssuingAccount: toRoot(outside) };
    const [verdict] = ask([namesake, other]);
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'unsupported' });
    expect(verdict?.message).toContain(`was issued by ${toRoot(outside)}`);
    expect(ask([namesake], { cluster: revoked })).toMatchObject([{ status: 'fail' }]);
    expect(ask([{ ...namesake, IssuingAccount: account }])).toMatchObject([{ status: 'pass' }]);
  });

  it('is unknown when a fact could not be read', () => {
    expect(ask(denied)).toMatchObject(saysDenied);
    expect(ask([own], { cluster: denied })).toMatchObject(saysDenied);
    expect(ask([own], { metadata: denied })).toMatchObject(saysDenied);
    expect(ask([own], { metadata: { KeyState: undefined } })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
    expect(ask([other], { missing: ['key.grants'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled', message: 'no grant of this cluster was seen; page 2' },
    ]);
  });

  it.each<[string, Given]>([
    ['a cluster that is made', { cluster: { status: 'CREATING' } }],
    ['a cluster that is deleted', { cluster: { status: 'DELETING' } }],
    ['a key that is disabled', { metadata: { KeyState: 'Disabled' } }],
    ['a key that is to be deleted', { metadata: { KeyState: 'PendingDeletion' } }],
  ])('is not applicable to %s', (_, given) => {
    expect(ask([other], given)).toMatchObject([{ status: 'not-applicable' }]);
  });

  it('does not ask who else holds grants', () => {
    expect(ask([own, { GrantId: 'g', GranteePrincipal: toRole('operator') }])).toMatchObject([
      { status: 'pass' },
    ]);
  });
});
