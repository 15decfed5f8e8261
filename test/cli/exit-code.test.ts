import { describe, expect, it } from 'vitest';
import { toExitCode } from '../../cli/exit-code.ts';
import { toCounts } from '../../shared/findings/counts.ts';
import type { Target } from '../../shared/findings/finding.ts';
import { result, toFinding } from '../report/findings.ts';

const exception = { reason: 'r', owner: 'o', expires: '2027-01-01' };
const judging = { failOn: 'high', isStrict: false, isInterrupted: false } as const;

describe('toExitCode', () => {
  it.each([
    ['nothing', [], 'scanned', {}, 0],
    ['a medium failure', [toFinding({ severity: 'medium' })], 'scanned', {}, 0],
    ['a medium failure, asked for', [toFinding({ severity: 'medium' })], 'scanned', { failOn: 'medium' }, 1],
    ['a high failure', [toFinding({ severity: 'high' })], 'scanned', {}, 1],
    ['a critical failure', [toFinding({ severity: 'critical' })], 'scanned', {}, 1],
    ['an excepted failure', [toFinding({ severity: 'critical', exception })], 'scanned', {}, 0],
    [
      'an unknown',
      [toFinding({ severity: 'critical', status: 'unknown', reason: 'failed' })],
      'scanned',
      {},
      0,
    ],
    ['a listing that broke off, strictly', [], 'partial', { isStrict: true }, 2],
    ['a listing that broke off', [], 'partial', {}, 0],
    [
      'an unknown, strictly',
      [toFinding({ status: 'unknown', reason: 'failed' })],
      'scanned',
      { isStrict: true },
      2,
    ],
    ['a failed target and a failure', [toFinding({ severity: 'high' })], 'failed', {}, 2],
    ['an excluded target', [], 'excluded', {}, 0],
    ['a partial target', [], 'partial', {}, 0],
    ['an interruption', [], 'scanned', { isInterrupted: true }, 2],
  ] as const)('answers %s', (_, findings, status: Target['status'], changes, expected) => {
    const targets = [{ account: '111122223333', region: 'eu-central-1', status }];
    const run = { ...result.run, targets };
    expect(toExitCode({ run, summary: toCounts(findings, []).summary }, { ...judging, ...changes })).toBe(
      expected,
    );
  });

  it.each([
    ['new', { critical: 0, high: 1 }, 1],
    ['known', { critical: 0, high: 0 }, 0],
  ])('counts only what is new where an earlier run is compared with: all is %s', (_, added, expected) => {
    const { summary } = toCounts([toFinding({ severity: 'critical' })], []);
    const newBySeverity = { medium: 0, low: 0, info: 0, ...added };
    const baseline = { run: null, newBySeverity, unchanged: 1, gone: [] };
    const run = { ...result.run, targets: [] };
    expect(toExitCode({ run, summary, baseline }, judging)).toBe(expected);
  });
});
