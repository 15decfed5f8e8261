import { describe, expect, it } from 'vitest';
import { compareRuns, type EarlierFinding, earlierFinding } from '../../shared/findings/baseline.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import { keyArn, toFinding } from '../report/findings.ts';

const run = { id: 'run-0', startedAt: '2026-11-01T02:00:00.000Z' };
const exception = { reason: 'r', owner: 'o', expires: '2027-01-01' };
const compare = async (
  before: Finding[],
  now: Finding[],
  isLookedAt: (failure: EarlierFinding) => boolean = () => true,
) => {
  const earlier = { run, findings: before.map((finding) => earlierFinding.parse(finding)) };
  const { findings, baseline } = await compareRuns(now, earlier, isLookedAt);
  const told = await Array.fromAsync(findings);
  return { ...baseline, told, marks: told.map((finding) => finding.baseline) };
};
const unknown = { status: 'unknown', reason: 'access-denied' } as const;

describe('A finding', () => {
  it.each<[string, string, Partial<Finding> | undefined, Partial<Finding>]>([
    ['new', 'a failure that nobody knew', undefined, {}],
    ['unchanged', 'the same failure', {}, {}],
    ['unchanged', 'the same failure in other words', { message: 'before' }, { message: 'now' }],
    ['new', 'a failure that was a pass', { status: 'pass' }, {}],
    ['new', 'a failure of which nothing was known', unknown, {}],
    ['new', 'a failure that grew worse', { severity: 'medium' }, { severity: 'high' }],
    ['unchanged', 'a failure that grew milder', { severity: 'high' }, { severity: 'medium' }],
    ['new', 'a failure that nobody stands behind any more', { exception }, {}],
    ['unchanged', 'a failure that somebody accepted since', {}, { exception }],
    ['unchanged', 'a failure that is accepted as it was', { exception }, { exception }],
    ['unchanged', 'the same pass', { status: 'pass' }, { status: 'pass' }],
    ['new', 'a pass that was a failure', {}, { status: 'pass' }],
    ['unchanged', 'the same unknown', unknown, unknown],
  ])('is %s: %s', async (expected, _, before, now) => {
    const { marks } = await compare(before ? [toFinding(before)] : [], [toFinding(now)]);
    expect(marks).toEqual([expected]);
  });

  it('is otherwise told as it was', async () => {
    const { told } = await compare([], [toFinding({})]);
    expect(told).toEqual([{ ...toFinding({}), baseline: 'new' }]);
  });
});

describe('Counts', () => {
  it('are of failures that no exception covers, the new ones by severity', async () => {
    const known = toFinding({ subject: 'known' });
    const {
      newBySeverity,
      unchanged,
      run: of,
    } = await compare(
      [known],
      [
        known,
        toFinding({ subject: 'a', severity: 'critical' }),
        toFinding({ subject: 'b', severity: 'high' }),
        toFinding({ subject: 'c', severity: 'high' }),
        toFinding({ subject: 'd', severity: 'critical', exception }),
        toFinding({ subject: 'e', severity: 'critical', ...unknown }),
        toFinding({ cluster: 'other', status: 'pass' }),
      ],
    );
    expect({ newBySeverity, unchanged, of }).toEqual({
      newBySeverity: { critical: 1, high: 2, medium: 0, low: 0, info: 0 },
      unchanged: 1,
      of: run,
    });
  });
});

describe('A failure that is gone', () => {
  const cluster = 'arn:aws:eks:eu-central-1:111122223333:cluster/payments';
  const pass = { status: 'pass', message: 'All is well.' } as const;
  const manifest = { account: null, region: null, cluster: null };
  const inFile = (file: string) => ({
    ...manifest,
    resource: `file:${file}#secret/shop/db`,
    origin: { file, line: 1 },
  });

  it.each<[string, string, Partial<Finding>, Partial<Finding>[]]>([
    ['fixed', 'the check passes there', {}, [pass]],
    ['fixed', 'the check passes on the very finding', { subject: null }, [{ ...pass, subject: null }]],
    ['fixed', 'others fail there still', { subject: 'a' }, [{ subject: 'b' }]],
    [
      'fixed',
      'it is of an object, and the cluster passes',
      { resource: `${cluster}#pod/a/b` },
      [{ ...pass, resource: cluster }],
    ],
    [
      'fixed',
      'it is of a manifest, and the manifests pass',
      inFile('a.yaml'),
      [{ ...manifest, ...pass, resource: 'manifests' }],
    ],
    ['fixed', 'it is of a manifest, and another one fails', inFile('a.yaml'), [inFile('b.yaml')]],
    ['fixed', 'it was accepted', { exception }, [pass]],
    ['not seen', 'nothing was found there', {}, []],
    [
      'not seen',
      'the check could not see everything',
      { subject: 'a' },
      [{ subject: 'b' }, { ...unknown, subject: null }],
    ],
    [
      'not seen',
      'the check could not see everything, said first',
      { subject: 'a' },
      [{ ...unknown, subject: null }, { subject: 'b' }],
    ],
    ['not seen', 'the check is unknown', {}, [unknown]],
    ['not seen', 'the check does not apply any more', {}, [{ status: 'not-applicable', reason: 'r' }]],
    ['not seen', 'another check passes there', {}, [{ ...pass, check: 'key-is-usable' }]],
    ['not seen', 'another cluster passes on that key', {}, [{ ...pass, cluster: 'other' }]],
    ['not seen', 'a cluster of that name passes in another Region', {}, [{ ...pass, region: 'us-east-1' }]],
    ['not seen', 'a cluster of that name passes in another account', {}, [{ ...pass, account: '1' }]],
    ['not seen', 'the cluster passes on another key', {}, [{ ...pass, resource: `${keyArn}0` }]],
    [
      'not seen',
      'it is of events, which are not undone by a pass',
      { kind: 'event' },
      [{ ...pass, kind: 'event' }],
    ],
  ])('is %s where %s', async (expected, _, before, now) => {
    const { gone } = await compare([toFinding(before)], now.map(toFinding));
    expect(gone.map(({ id, baseline }) => ({ id, baseline }))).toEqual([
      { id: toFinding(before).id, baseline: expected },
    ]);
  });

  it('is not seen where this run did not look, whatever passes beside it', async () => {
    const asked: string[] = [];
    const { gone } = await compare([toFinding({ subject: 'a' })], [toFinding(pass)], ({ resource }) => {
      asked.push(resource);
      return false;
    });
    expect(gone).toMatchObject([{ baseline: 'not seen', subject: 'a' }]);
    expect(asked).toEqual([keyArn]);
  });

  it('is told without what it would be mistaken for a finding by', async () => {
    const { gone } = await compare([toFinding({ exception })], []);
    expect(Object.keys(gone[0] ?? {}).sort()).toEqual([
      ...[
        'account',
        'baseline',
        'check',
        'cluster',
        'id',
        'kind',
        'message',
        'region',
        'resource',
        'severity',
      ],
      ...['subject', 'title'],
    ]);
  });

  it('is none where it passed or was unknown before', async () => {
    expect((await compare([toFinding(pass), toFinding({ ...unknown, subject: 'a' })], [])).gone).toEqual([]);
  });
});
