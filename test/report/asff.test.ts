import { describe, expect, it } from 'vitest';
import type { Finding } from '../../shared/findings/finding.ts';
import { toFindingId } from '../../shared/findings/finding-id.ts';
import { toTold } from '../../shared/findings/tracked.ts';
import { type AsffContext, toAsff } from '../../shared/report/asff.ts';
import { parseAsff } from '../../shared/report/parse-asff.ts';
import { hostileName, toFinding } from './findings.ts';

const account = '111122223333';
const region = 'eu-central-1';
const clusterArn = (name: string, partition = 'aws') =>
  `arn:${partition}:eks:${region}:${account}:cluster/${name}`;
const context: AsffContext = {
  partition: 'aws',
  firstSeenAt: '2026-11-01T02:00:00.000Z',
  updatedAt: '2026-11-24T02:00:00.000Z',
  recordState: 'ACTIVE',
  frameworks: { 'CIS Amazon EKS Benchmark': ['5.3.1'], 'NIST 800-53': ['SC-12', 'SC-13'] },
};
/** A finding with the id that a run gives it. */
const told = (given: Partial<Finding> = {}) => {
  const finding = toFinding(given);
  const { check, resource, cluster, subject } = finding;
  return toTold({ ...finding, id: toFindingId(check, resource, clusterArn(cluster ?? ''), subject) });
};
const asff = (given: Partial<Finding> = {}, more: Partial<AsffContext> = {}) =>
  toAsff(told(given), { ...context, ...more });

describe('A finding in ASFF', () => {
  it.each([
    ['fail', 'FAILED', 'HIGH'],
    ['pass', 'PASSED', 'INFORMATIONAL'],
    ['unknown', 'NOT_AVAILABLE', 'INFORMATIONAL'],
  ] as const)('is %s as %s, and weighs %s', (status, compliance, label) => {
    expect(asff({ status, severity: 'high' })).toMatchObject({
      Compliance: { Status: compliance },
      FindingProviderFields: { Severity: { Label: label, Original: 'high' } },
    });
  });

  it('is none where it does not apply, or belongs to no account', () => {
    expect(asff({ status: 'not-applicable' })).toBeUndefined();
    expect(asff({ account: null, region: null })).toBeUndefined();
  });

  it('belongs to the default product of its own account and Region, in every partition', () => {
    const cn = 'arn:aws-cn:kms:cn-north-1:111122223333:key/1';
    expect(asff({ region: 'cn-north-1', resource: cn }, { partition: 'aws-cn' })).toMatchObject({
      ProductArn: `arn:aws-cn:securityhub:cn-north-1:${account}:product/${account}/default`,
      AwsAccountId: account,
      GeneratorId: 'keyward/key-rotates',
      Resources: [{ Type: 'AwsKmsKey' }, { Id: `arn:aws-cn:eks:cn-north-1:${account}:cluster/payments` }],
    });
  });

  it('names the key, where it lives, and the cluster that hangs on it, with their details', () => {
    const foreign = 'arn:aws:kms:us-east-1:777788889999:key/1234';
    expect(asff({ resource: foreign })?.Resources).toEqual([
      {
        Type: 'AwsKmsKey',
        Id: foreign,
        Region: 'us-east-1',
        Details: { AwsKmsKey: { KeyId: '1234', AWSAccountId: '777788889999' } },
      },
      {
        Type: 'AwsEksCluster',
        Id: clusterArn('payments'),
        Region: region,
        Details: { AwsEksCluster: { Arn: clusterArn('payments'), Name: 'payments' } },
      },
    ]);
  });

  it('names a cluster once that is itself what the finding is about', () => {
    expect(asff({ resource: clusterArn('payments') })?.Resources).toMatchObject([{ Type: 'AwsEksCluster' }]);
  });

  it('keeps its first date, and says when it was last seen', () => {
    expect(asff()).toMatchObject({
      CreatedAt: context.firstSeenAt,
      FirstObservedAt: context.firstSeenAt,
      LastObservedAt: context.updatedAt,
      UpdatedAt: context.updatedAt,
    });
  });

  it('says why it is unknown, what it is related to, and what to do', () => {
    const unknown = asff({ status: 'unknown', reason: 'access-denied', message: 'It was refused.' });
    expect(unknown?.Compliance).toEqual({
      Status: 'NOT_AVAILABLE',
      StatusReasons: [{ ReasonCode: 'ACCESS_DENIED', Description: 'It was refused.' }],
      RelatedRequirements: ['CIS Amazon EKS Benchmark/5.3.1', 'NIST 800-53/SC-12', 'NIST 800-53/SC-13'],
    });
    expect(unknown?.Remediation.Recommendation).toEqual({
      Text: 'Switch automatic rotation on. It breaks nothing.',
      Url: 'https://example.com/fix',
    });
  });

  it('stays FAILED under an exception, and says so', () => {
    const exception = { reason: 'shared on purpose', owner: 'platform', expires: '2027-03-31' };
    const excepted = asff({ exception });
    expect(excepted?.Compliance?.Status).toBe('FAILED');
    expect(excepted?.Description).toContain('Excepted until 2027-03-31 by platform: shared on purpose');
  });

  it('stays within the limits of the format', () => {
    const long = '🔒'.repeat(2_000);
    const finding = asff(
      {
        status: 'unknown',
        title: long,
        message: long,
        subject: long,
        remediation: { text: long },
        cluster: hostileName,
      },
      { frameworks: { [long]: Array.from({ length: 40 }, (_, index) => `control ${index}`) } },
    );
    const text = JSON.stringify(finding);
    expect(finding?.Title.length).toBeLessThanOrEqual(256);
    expect(finding?.Description.length).toBeLessThanOrEqual(1024);
    expect(finding?.Remediation.Recommendation.Text.length).toBeLessThanOrEqual(512);
    expect(finding?.Compliance?.RelatedRequirements).toHaveLength(32);
    for (const one of finding?.Compliance?.RelatedRequirements ?? [])
      expect(one.length).toBeLessThanOrEqual(64);
    for (const value of Object.values(finding?.ProductFields ?? {}))
      expect(value.length).toBeLessThanOrEqual(2048);
    expect(Buffer.byteLength(text)).toBeLessThan(60_000);
    expect(text.isWellFormed()).toBe(true);
    expect(finding?.Description).not.toMatch(/\p{Cc}/u);
  });
});

describe('A finding of Security Hub', () => {
  const place = { partition: 'aws', account, region };

  it.each([
    ['a failure', {}, {}, true],
    ['an unknown', { status: 'unknown' }, {}, true],
    ['a pass', { status: 'pass' }, {}, false],
    ['an archived failure', {}, { recordState: 'ARCHIVED' }, false],
    ['a subject', { subject: 'arn:aws:iam::1:role/x' }, {}, true],
    ['an exception', { exception: { reason: 'r', owner: 'o', expires: '2027-03-31' } }, {}, true],
  ] as [string, Partial<Finding>, Partial<AsffContext>, boolean][])(
    'is known again: %s',
    (_, given, more, isOpen) => {
      const { id, check, status, severity, cluster, resource, subject, kind, exception } = told(given);
      expect(parseAsff({ ...asff(given, more), Workflow: { Status: 'NOTIFIED' } }, place)).toMatchObject({
        finding: {
          id,
          check,
          status,
          severity,
          account,
          region,
          cluster,
          resource,
          subject,
          kind,
          exception,
        },
        isOpen,
        recordState: more.recordState ?? 'ACTIVE',
        firstSeenAt: context.firstSeenAt,
        publishedAt: context.updatedAt,
        workflow: 'NOTIFIED',
      });
    },
  );

  it.each([
    ['another id', { Id: 'keyward-0000' }],
    ['another generator', { GeneratorId: 'keyward/key-rotates-too' }],
    ['another product', { ProductArn: 'arn:aws:securityhub:eu-central-1::product/aws/securityhub' }],
    ['no fields of Keyward', { ProductFields: {} }],
    ['a status that Keyward never sets', { Compliance: { Status: 'WARNING' } }],
  ])('is another tool’s with %s', (_, other) => {
    expect(parseAsff({ ...asff(), ...other }, place)).toBeUndefined();
  });
});
