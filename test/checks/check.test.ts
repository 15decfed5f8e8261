import { describe, expect, it } from 'vitest';
import { defineCheck, getWorstSeverity } from '../../shared/checks/check.ts';
import type { Grant } from '../../shared/evidence/key.ts';
import { denied, judge, keyArn } from './cases.ts';

const metadata = {
  id: 'example',
  kind: 'state',
  link: 2,
  subject: 'grant',
  title: 'Example',
  rationale: 'An example.',
  remediation: { text: 'Nothing.' },
  references: [],
  frameworks: {},
  pass: 'All grants are fine.',
  outcomes: {
    odd: { severity: 'low', message: ({ id }: { id: string }) => `Grant ${id} is odd.` },
    bad: { severity: 'high', message: ({ count }: { count: number }) => `${count} grants are bad.` },
  },
} as const;

const toGrants = (...ids: string[]) => ids.map((GrantId) => ({ GrantId }));
const isOdd = (grant: Grant) => grant.GrantId.startsWith('odd');

/** Each odd grant is a finding of its own; a bad one makes the whole key fail. */
const example = defineCheck({
  ...metadata,
  scope: 'key',
  facts: ['key.grants', 'key.policy'],
  *evaluate({ read, peek, key }) {
    const grants = read('key.grants');
    if (grants.some(({ GrantId }) => GrantId === 'none')) return yield { notApplicable: 'not today' };
    if (grants.some(({ GrantId }) => GrantId === 'throws')) throw new TypeError('no such thing');
    for (const grant of grants.filter(isOdd))
      yield { outcome: 'odd', subject: grant.GrantId, evidence: { id: grant.GrantId } };
    if (grants.some(({ GrantId }) => GrantId === 'unclear'))
      yield { unknown: 'unsupported', detail: key.arn };
    if ('unknown' in peek('key.policy')) return yield { outcome: 'bad', evidence: { count: grants.length } };
  },
});

const ofCluster = defineCheck({
  ...metadata,
  scope: 'cluster',
  facts: ['cluster'],
  *evaluate({ read, cluster }) {
    if (read('cluster').name !== cluster.name) yield { outcome: 'bad', evidence: { count: 1 } };
  },
});

describe('defineCheck', () => {
  it('says pass, once and without a subject, when nothing fails', () => {
    expect(judge(example)).toEqual([
      { status: 'pass', subject: null, message: 'All grants are fine.', evidence: {} },
    ]);
  });

  it('gives each failure its subject, severity, message and evidence', () => {
    expect(judge(example, { grants: toGrants('odd-1', 'even', 'odd-2') })).toEqual(
      ['odd-1', 'odd-2'].map((id) => ({
        status: 'fail',
        severity: 'low',
        subject: id,
        message: `Grant ${id} is odd.`,
        evidence: { id },
      })),
    );
  });

  it.each([
    ['could not be read', { grants: denied }, 'access-denied', 'not allowed to ask'],
    ['was not collected', { absent: ['key.grants' as const] }, 'failed', 'key.grants was not collected'],
    ['has a part missing', { missing: ['key.grants' as const] }, 'throttled', 'page 2'],
  ])('says unknown when a fact %s', (_, given, reason, message) => {
    expect(judge(example, given)).toEqual([
      { status: 'unknown', subject: null, reason, message, evidence: {} },
    ]);
  });

  it('says both the failures it saw and, once, that it could not see all', () => {
    expect(judge(example, { grants: toGrants('odd-1', 'unclear'), missing: ['key.grants'] })).toMatchObject([
      { status: 'fail', subject: 'odd-1' },
      { status: 'unknown', reason: 'throttled', message: `page 2; ${keyArn}` },
    ]);
  });

  it('lets a failure without a subject stand for the whole resource, hiding what is unknown', () => {
    const verdicts = judge(example, { policy: denied, missing: ['key.grants'] });
    expect(verdicts).toMatchObject([
      { status: 'fail', severity: 'high', subject: null, evidence: { count: 1 } },
    ]);
  });

  it('lets a check peek at an unknown fact, or at one with a part missing, without stopping', () => {
    expect(judge(example, { policy: denied })).toMatchObject([{ status: 'fail' }]);
    expect(judge(example, { missing: ['key.policy'] })).toMatchObject([{ status: 'pass' }]);
  });

  it('turns an error that a check throws into its own unknown', () => {
    expect(judge(example, { grants: toGrants('throws') })).toMatchObject([
      { status: 'unknown', reason: 'failed', message: 'no such thing' },
    ]);
  });

  it('says not applicable with the reason', () => {
    expect(judge(example, { grants: toGrants('none') })).toMatchObject([
      { status: 'not-applicable', subject: null, reason: 'not today', message: 'not today' },
    ]);
  });

  it('does not apply a check of a key to a cluster that names none', () => {
    expect(judge(example, { cluster: { encryptionConfig: [] }, key: null })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it.each([
    [
      'the cluster could not be described',
      { cluster: denied, absent: ['key.metadata' as const] },
      'access-denied',
    ],
    ['nothing was described', { absent: ['cluster' as const] }, 'failed'],
    ['the alias it names could not be looked up', { metadata: denied }, 'access-denied'],
    ['the key it names was never resolved', { absent: ['key.metadata' as const] }, 'failed'],
  ])('says unknown, not "not applicable", without a key when %s', (_, given, reason) => {
    expect(judge(example, { ...given, key: null })).toMatchObject([{ status: 'unknown', reason }]);
  });

  it('judges a check of a cluster without any key', () => {
    expect(judge(ofCluster, { key: null })).toMatchObject([{ status: 'pass' }]);
    expect(judge(ofCluster, { cluster: { name: 'other' }, key: null })).toMatchObject([{ status: 'fail' }]);
  });

  it('keeps the metadata and drops the rule', () => {
    expect(example).toMatchObject({ id: 'example', facts: ['key.grants', 'key.policy'] });
    expect(example).not.toHaveProperty('evaluate');
  });
});

describe('getWorstSeverity', () => {
  it('gives the worst severity that a check can say, which its passes carry', () => {
    expect(getWorstSeverity(example)).toBe('high');
    expect(getWorstSeverity({ outcomes: {} })).toBe('info');
  });
});
