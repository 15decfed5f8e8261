import { describe, expect, it } from 'vitest';
import { clusterReportsNoKeyIssue } from '../../shared/checks/cluster-reports-no-key-issue.ts';
import { denied, type Given, judge, keyArn, saysDenied } from './cases.ts';

const reporting = (...codes: string[]) => ({
  cluster: { health: { issues: codes.map((code) => ({ code, message: `about ${code}`, resourceIds: [] })) } },
});

describe('cluster-reports-no-key-issue', () => {
  it('passes when EKS reports nothing', () => {
    expect(judge(clusterReportsNoKeyIssue)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each([
    ['KmsKeyNotFound', 'no recovery'],
    ['KmsGrantRevoked', 'no recovery'],
    ['KmsKeyMarkedForDeletion', 'Cancel the deletion'],
    ['KmsKeyDisabled', 'within 30 days'],
  ])('fails on %s and says how it ends', (code, words) => {
    const [verdict] = judge(clusterReportsNoKeyIssue, reporting(code));
    const evidence = { codes: [code], details: [`about ${code}`] };
    expect(verdict).toMatchObject({ status: 'fail', severity: 'critical', subject: null, evidence });
    expect(verdict?.message).toContain(code);
    expect(verdict?.message).toContain(words);
  });

  it('tells several issues as one finding, by the worst', () => {
    const verdicts = judge(clusterReportsNoKeyIssue, reporting('KmsKeyDisabled', 'KmsGrantRevoked'));
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]?.message).toMatch(/KmsGrantRevoked \(and KmsKeyDisabled\).*no recovery/);
  });

  it.each([
    ['KmsKeyMarkedForDeletion', 'cancel-key-deletion'],
    ['KmsKeyDisabled', 'enable-key'],
  ])('gives a command that names the key of %s, never its alias', (code, verb) => {
    const { health } = reporting(code).cluster;
    const toFix = (named: string, more: Given = {}) =>
      judge(clusterReportsNoKeyIssue, {
        cluster: { health, encryptionConfig: [{ provider: { keyArn: named } }] },
        ...more,
      })[0];
    const withKey = { fix: expect.stringContaining(`aws kms ${verb} --region eu-west-1 --key-id ${keyArn}`) };
    const withoutKey = { fix: expect.stringContaining(`aws kms ${verb} --key-id KEY`) };
    const alias = 'arn:aws:kms:eu-west-1:111122223333:alias/shop';
    expect(toFix(alias)).toMatchObject(withKey);
    expect(toFix(alias)).toMatchObject({ evidence: { key: alias, keyArn } });
    for (const unnamed of [alias, 'alias/shop'])
      expect(toFix(unnamed, { metadata: denied })).toMatchObject(withoutKey);
    for (const named of [keyArn, keyArn.split('/')[1] ?? ''])
      expect(toFix(named, { metadata: denied })).toMatchObject(withKey);
  });

  it('is unknown when the cluster could not be read, or came without a health report', () => {
    expect(judge(clusterReportsNoKeyIssue, { cluster: denied })).toMatchObject(saysDenied);
    expect(judge(clusterReportsNoKeyIssue, { cluster: { health: undefined } })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
  });

  it('does not apply to a cluster without a key of its own', () => {
    expect(judge(clusterReportsNoKeyIssue, { cluster: { encryptionConfig: [] }, key: null })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it('still fails for a cluster that is being deleted: without its key it cannot be', () => {
    const { health } = reporting('KmsKeyMarkedForDeletion').cluster;
    expect(judge(clusterReportsNoKeyIssue, { cluster: { status: 'DELETING', health } })).toMatchObject([
      { status: 'fail' },
    ]);
  });

  it('does not judge issues that are not about the key', () => {
    expect(judge(clusterReportsNoKeyIssue, reporting('IamRoleNotFound', 'AccessDenied'))).toMatchObject([
      { status: 'pass' },
    ]);
  });
});
