import { describe, expect, it } from 'vitest';
import { type Settings, settings } from '../../shared/evidence/settings.ts';
import { applyExceptions, findNeededExceptions, judgeExceptions } from '../../shared/findings/exceptions.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import { keyArn, toFinding } from '../report/findings.ts';

/** As a run does it: the exceptions applied to its findings, then judged by what they matched. */
const exceptWhole = (
  findings: Finding[],
  given: Settings,
  context: Parameters<typeof judgeExceptions>[2],
): Finding[] => {
  const needed = new Set(findNeededExceptions(findings, given.exceptions));
  return [
    ...applyExceptions(findings, given.exceptions, context.today),
    ...judgeExceptions(given, needed, context),
  ];
};
const context = { today: '2026-11-24', isWholeRun: true };
const given = { check: 'key-rotates', reason: 'on purpose', owner: 'platform', expires: '2026-11-24' };
const apply = (exceptions: object[], findings = [toFinding({})], changes: object = {}, checks: object = {}) =>
  exceptWhole(findings, settings.parse({ exceptions, checks }), { ...context, ...changes });
const ofExceptions = (findings: ReturnType<typeof apply>) =>
  findings.filter(({ check }) => check === 'exceptions-are-in-date');

describe('applyExceptions', () => {
  it.each([
    ['its check alone', {}, true],
    ['a glob on the ARN', { resource: 'arn:aws:kms:*:*:key/*' }, true],
    ['the cluster', { cluster: 'pay*' }, true],
    ['another cluster', { cluster: 'test-*' }, false],
    ['another check', { check: 'key-is-usable' }, false],
    ['another resource', { resource: `${keyArn}x` }, false],
    ['a subject that the finding lacks', { subject: 'arn:*' }, false],
    ['its last day', { expires: '2026-11-24' }, true],
    ['a day that is past', { expires: '2026-11-23' }, false],
  ])('decides by %s', (_, changes, isExcepted) => {
    const [finding] = apply([{ ...given, ...changes }]);
    expect(finding?.status).toBe('fail');
    expect(finding?.exception !== undefined).toBe(isExcepted);
  });

  it.each(['pass', 'unknown', 'not-applicable'] as const)('excuses no %s', (status) => {
    expect(apply([given], [toFinding({ status })])[0]?.exception).toBeUndefined();
  });

  it('fails an exception past its day, medium, about the configuration', () => {
    expect(ofExceptions(apply([{ ...given, expires: '2026-11-23' }]))).toMatchObject([
      {
        status: 'fail',
        severity: 'medium',
        account: null,
        region: null,
        cluster: null,
        resource: 'keyward.config.yaml',
      },
    ]);
  });

  it('fails an exception that matches nothing in a whole run, low', () => {
    expect(ofExceptions(apply([given], []))).toMatchObject([{ status: 'fail', severity: 'low' }]);
  });

  it('does not call an exception stale in a filtered run, nor where its check is unknown', () => {
    expect(ofExceptions(apply([given], [], { isWholeRun: false }))).toMatchObject([{ status: 'pass' }]);
    expect(ofExceptions(apply([given], [toFinding({ status: 'unknown' })]))).toMatchObject([
      { status: 'pass' },
    ]);
  });

  it('says one thing of two exceptions of the same globs: the worse', () => {
    const findings = ofExceptions(apply([given, { ...given, expires: '2026-01-01' }], []));
    expect(findings).toMatchObject([{ severity: 'medium' }]);
  });

  it('is silent without exceptions or when off, and takes a configured severity', () => {
    expect(ofExceptions(apply([]))).toEqual([]);
    expect(ofExceptions(apply([given], [], {}, { 'exceptions-are-in-date': 'off' }))).toEqual([]);
    const checks = { 'exceptions-are-in-date': { severity: 'high' } };
    expect(ofExceptions(apply([given], [], {}, checks))).toMatchObject([{ severity: 'high' }]);
  });
});
