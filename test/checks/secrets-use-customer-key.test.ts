import { describe, expect, it } from 'vitest';
import { secretsUseCustomerKey } from '../../shared/checks/secrets-use-customer-key.ts';
import { denied, type Given, judge, keyArn, saysDenied } from './cases.ts';

const noKey = { encryptionConfig: undefined };

describe('secrets-use-customer-key', () => {
  it('passes when the cluster names a customer managed key', () => {
    expect(judge(secretsUseCustomerKey)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each([
    ['1.27', 'high', 'not envelope-encrypted'],
    ['1.9', 'high', 'not envelope-encrypted'],
    ['1.28', 'medium', 'with a key that AWS owns'],
    ['1.34', 'medium', 'with a key that AWS owns'],
    ['2.0', 'medium', 'with a key that AWS owns'],
  ])('fails without a key on Kubernetes %s as %s', (version, severity, words) => {
    const [verdict, ...rest] = judge(secretsUseCustomerKey, { cluster: { ...noKey, version }, key: null });
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({ status: 'fail', severity, subject: null, evidence: { version } });
    expect(verdict?.message).toContain(words);
  });

  it('never calls a cluster from 1.28 on unencrypted', () => {
    const [verdict] = judge(secretsUseCustomerKey, { cluster: { ...noKey, version: '1.28' }, key: null });
    expect(verdict?.message).toContain('EKS encrypts its Secrets all the same');
    expect(verdict?.message).not.toMatch(/not envelope-encrypted|unencrypted|plain/);
  });

  it.each([
    ['1.30', 'medium'],
    ['1.27', 'high'],
  ])('fails when the key is managed by AWS on Kubernetes %s as %s', (version, severity) => {
    const [verdict] = judge(secretsUseCustomerKey, { cluster: { version }, metadata: { KeyManager: 'AWS' } });
    expect(verdict).toMatchObject({ status: 'fail', severity, evidence: { key: keyArn, version } });
    expect(verdict?.message).toContain('AWS managed key');
  });

  it.each<[string, Given]>([
    ['an empty encryptionConfig', { cluster: { encryptionConfig: [] } }],
    [
      'a provider without a key',
      { cluster: { encryptionConfig: [{ resources: ['secrets'], provider: {} }] } },
    ],
  ])('takes %s for no key', (_, given) => {
    expect(judge(secretsUseCustomerKey, { ...given, key: null })).toMatchObject([{ status: 'fail' }]);
  });

  it.each<[string, Given]>([
    ['the cluster', { cluster: denied }],
    ['the key', { metadata: denied }],
  ])('is unknown when %s could not be read', (_, given) => {
    expect(judge(secretsUseCustomerKey, given)).toMatchObject(saysDenied);
  });

  it('fails without a key whether or not a key could be read', () => {
    expect(judge(secretsUseCustomerKey, { cluster: noKey, metadata: denied })).toMatchObject([
      { status: 'fail' },
    ]);
  });

  it('is unknown when KMS does not say who manages the key, or EKS which version runs', () => {
    expect(judge(secretsUseCustomerKey, { metadata: { KeyManager: undefined } })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
    expect(judge(secretsUseCustomerKey, { cluster: { ...noKey, version: undefined } })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
  });

  it.each<[string, Given['cluster']]>([
    ['is being deleted', { status: 'DELETING' }],
    ['could not be created', { status: 'FAILED' }],
    [
      'is local to an Outpost',
      { outpostConfig: { outpostArns: ['arn:aws:outposts:eu-west-1:111122223333:outpost/op-1'] } },
    ],
  ])('does not apply to a cluster that %s', (_, cluster) => {
    const given = { cluster: { ...noKey, ...cluster }, key: null };
    expect(judge(secretsUseCustomerKey, given)).toMatchObject([{ status: 'not-applicable' }]);
  });

  it('does not ask which resources are listed: they decide nothing any more', () => {
    const encryptionConfig = [{ resources: [], provider: { keyArn } }];
    expect(judge(secretsUseCustomerKey, { cluster: { encryptionConfig } })).toMatchObject([
      { status: 'pass' },
    ]);
  });

  it('does not ask whether the key works', () => {
    expect(judge(secretsUseCustomerKey, { metadata: { KeyState: 'Disabled' } })).toMatchObject([
      { status: 'pass' },
    ]);
  });
});
