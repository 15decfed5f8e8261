import { describe, expect, it } from 'vitest';
import { secretChangesAreExpected } from '../../shared/checks/secret-changes-are-expected.ts';
import { mostNamed } from '../../shared/evidence/events.ts';
import { recordedLines } from '../activity/audit-lines.ts';
import { denied, type Given, judge, saysDenied } from './cases.ts';
import { toRole } from './policies.ts';
import { callers, lookAlikes, ofAll, quietLines, readBy, times, toReads, toTrusted } from './reads.ts';

const ask = (lines: readonly object[], more: Given = {}) =>
  judge(secretChangesAreExpected, { reads: toReads(lines), ...more });
const patched = (user: object, more: object = {}) => readBy(user, { verb: 'patch', ...more });
const expecting = (...secretWriters: string[]): Given => ({ settings: { expected: { secretWriters } } });

describe('secret-changes-are-expected', () => {
  it.each<[string, object[], Given?]>([
    ['no requests', []],
    ['what a cluster does of its own accord', quietLines],
    ['a person who reads', [readBy(callers.ana)]],
    ['a change that was refused', [patched(callers.ana, { code: 403 })]],
    ['a change that came too late', [patched(callers.ana, { code: 409 })]],
    [
      'a creation that was tried out',
      [patched(callers.ana, { verb: 'create', requestURI: '/x?dryRun=All' })],
    ],
    ['a controller of another namespace', [patched(callers.certManager, { verb: 'create' })]],
    ['a node', [patched(callers.node)]],
    ['the garbage collector', [patched(callers.garbageCollector, { verb: 'delete' })]],
    ['somebody whom the configuration names', [patched(callers.ana)], expecting('*:role/Developer')],
    [
      'a role that programs alone can become',
      [patched(callers.ana)],
      { iam: { roles: [toTrusted('Developer', { Service: 'codebuild.amazonaws.com' })] } as Given['iam'] },
    ],
  ])('passes for %s', (_, lines, more) => {
    expect(ask(lines, more)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each(['create', 'update', 'patch', 'delete', 'deletecollection'])('fails for a person’s %s', (verb) => {
    expect(ask([patched(callers.ana, { verb }), ...quietLines])).toMatchObject([
      { status: 'fail', severity: 'low', subject: toRole('Developer'), evidence: { verbs: { [verb]: 1 } } },
    ]);
  });

  it.each<[string, object, string, Given?]>([
    ['anonymous', patched(callers.anonymous), 'system:anonymous'],
    [
      'who may read, and nothing else',
      patched(callers.oidc),
      'lee',
      { settings: { expected: { secretReaders: ['lee'] } } },
    ],
    ['a person as a workload', patched(callers.ana, { impersonatedUser: callers.api }), callers.api.username],
    ['a workload as a person', patched(callers.api, { impersonatedUser: callers.oidc }), 'lee'],
  ])('fails for %s', (_, line, subject, more) => {
    expect(ask([line], more)).toMatchObject([{ status: 'fail', subject }]);
  });

  it('tells once of somebody who changes them in the names of many, and says whom to ask', () => {
    const lines = times(mostNamed + 1, (index) =>
      patched(callers.ana, { impersonatedUser: { username: `u-${index}` } }),
    );
    expect(ask(lines)).toMatchObject([
      {
        subject: `${toRole('Developer')} as others`,
        message: expect.stringMatching(/^arn:\S+Developer, in 21 names of others, changed the Secret/),
        fix: expect.stringContaining(`Ask ${toRole('Developer')} what for`),
      },
    ]);
  });

  it.each(lookAlikes)('takes for a person %s', (_, user) => {
    expect(ask([patched(user)])).toMatchObject([{ status: 'fail' }]);
  });

  it('says what was changed, how, and with which line to expect it', () => {
    const lines = [
      patched(callers.ana),
      patched(callers.ana, { verb: 'deletecollection', objectRef: ofAll }),
    ];
    expect(ask(lines)).toMatchObject([
      {
        message:
          'arn:aws:iam::111122223333:role/Developer changed the Secret payments/stripe and Secrets of payments (deletecollection, patch) 2 times (session ana) at 2026-11-20 10:00 UTC, from 192.0.2.10, with kubectl/v1.35.4 (linux/amd64).',
        fix: expect.stringContaining(
          'add to expected.secretWriters: - "arn:aws:iam::111122223333:role/Developer"',
        ),
      },
    ]);
  });

  it('judges the recorded log', () => {
    const lines = recordedLines.map((line) => ({
      ...line,
      requestReceivedTimestamp: '2026-11-20T10:00:00Z',
    }));
    expect(ask(lines)).toMatchObject([
      {
        status: 'fail',
        subject: toRole('Developer'),
        evidence: { verbs: { create: 1, delete: 1 }, secrets: ['observability/grafana'] },
      },
    ]);
  });

  it('claims nothing of programs', () => {
    expect(secretChangesAreExpected.pass).toContain('no person');
  });

  it('is unknown where the log could not be read, and never passes over a part of it', () => {
    expect(ask([], { reads: denied })).toMatchObject(saysDenied);
    expect(ask(quietLines, { missing: ['secret.reads'] })).toMatchObject([{ status: 'unknown' }]);
    expect(ask([patched(callers.ana)], { missing: ['secret.reads'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown' },
    ]);
  });
});
