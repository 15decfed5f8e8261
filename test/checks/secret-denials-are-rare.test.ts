import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostIdentities } from '../../shared/activity/read-tally.ts';
import { secretDenialsAreRare } from '../../shared/checks/secret-denials-are-rare.ts';
import { toServiceAccount, toSession } from '../activity/audit-lines.ts';
import { toRuns } from '../runs.ts';
import { denied, type Given, judge, saysDenied } from './cases.ts';
import { toRole } from './policies.ts';
import { acrossAll, callers, kubelet, lookAlikes, quietLines, readBy, times, toReads } from './reads.ts';

const ask = (lines: readonly object[], more: Given = {}) =>
  judge(secretDenialsAreRare, { reads: toReads(lines), ...more });
const refused = (user: object, count: number, more: object = {}) =>
  times(count, () => readBy(user, { code: 403, ...more }));
const onDay = (day: string) => ({ at: `2026-11-${day}T10:00:00Z` });

describe('secret-denials-are-rare', () => {
  it.each<[string, object[], Given?]>([
    ['no requests', []],
    ['what a cluster does of its own accord', quietLines],
    ['as many as are allowed', refused(callers.ana, 10)],
    ['many, but few a day', ['18', '19', '20', '21'].flatMap((day) => refused(callers.ana, 9, onDay(day)))],
    [
      'many in all, but few of each',
      times(30, (index) => readBy(toSession(`r-${index}`, 'x'), { code: 403 })),
    ],
    ['a kubelet whose pods are gone', refused(callers.node, 500, { userAgent: kubelet })],
    ['the control plane', refused(callers.controllerManager, 500, { verb: 'watch', objectRef: acrossAll })],
    ['EKS’s own', refused(callers.addOns, 500)],
    ['tokens that nobody has', refused({}, 500, { code: 401 })],
    ['Secrets that are not there', refused(callers.ana, 500, { code: 404 })],
    ['a server that is too busy', refused(callers.ana, 500, { code: 429 })],
    ['successes', refused(callers.ana, 500, { code: 200 })],
    ['changes', refused(callers.ana, 500, { verb: 'patch' })],
    [
      'somebody whom the configuration names',
      refused(callers.ana, 500),
      { settings: { expected: { secretReaders: ['*:role/Developer'] } } },
    ],
  ])('passes for %s', (_, lines, more) => {
    expect(ask(lines, more)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('counts all that one asker was refused, as however many others, and nothing of askers that are not told apart', () => {
    const names = times(mostIdentities + 50, (index) => ({ username: `u-${index}` }));
    const asMany = names.flatMap((impersonatedUser) => refused(callers.ana, 1, { impersonatedUser }));
    expect(ask(asMany)).toMatchObject([
      {
        status: 'fail',
        subject: toRole('Developer'),
        message: expect.stringContaining(
          `${mostIdentities + 50} times on 2026-11-20 (more than 10 a day on 1 day), as 20 others or more by impersonation`,
        ),
      },
    ]);
    expect(ask(names.flatMap((user) => refused(user, 1)))).toMatchObject([{ status: 'pass' }]);
  });

  it('fails for more than is allowed on one day, and names the worst', () => {
    const lines = [
      ...refused(callers.ana, 8, onDay('20')),
      ...refused(callers.ana, 6, { ...onDay('20'), verb: 'list', objectRef: acrossAll }),
      ...refused(callers.ana, 40, onDay('21')),
      ...refused(callers.ana, 2, onDay('22')),
      ...quietLines,
    ];
    expect(ask(lines)).toMatchObject([
      {
        status: 'fail',
        severity: 'medium',
        subject: toRole('Developer'),
        message:
          'arn:aws:iam::111122223333:role/Developer was refused the Secret payments/stripe and Secrets of all namespaces by list or watch 40 times on 2026-11-21 (more than 10 a day on 2 days); in all 56 times (session ana) between 2026-11-20 10:00 UTC and 2026-11-22 10:00 UTC, from 192.0.2.10, with kubectl/v1.35.4 (linux/amd64).',
        evidence: {
          day: '2026-11-21',
          onThatDay: 40,
          days: 2,
          allowed: 10,
          count: 56,
          denied: 56,
          verbs: {},
        },
      },
    ]);
  });

  it.each<[string, object[], string]>([
    [
      'new sessions of one role',
      times(11, (index) => readBy(toSession('Developer', `s-${index}`), { code: 403 })),
      toRole('Developer'),
    ],
    [
      'namespaces that do not exist',
      times(40, (index) => readBy(callers.ana, { code: 403, objectRef: { namespace: `n-${index}` } })),
      toRole('Developer'),
    ],
    ['anonymous', refused(callers.anonymous, 11), 'system:anonymous'],
    ['a pod that tries its own namespace', refused(callers.api, 11), callers.api.username],
    ['a node without kubelet', refused(callers.node, 11), toRole('node')],
    [
      'a node that asks for all, whatever it calls itself',
      refused(callers.node, 11, { userAgent: kubelet, verb: 'list', objectRef: acrossAll }),
      toRole('node'),
    ],
    [
      'one who tries as many others',
      times(11, (index) =>
        readBy(callers.ana, { code: 403, impersonatedUser: toServiceAccount('shop', `sa-${index}`) }),
      ),
      toRole('Developer'),
    ],
    [
      'one who tries as the API server',
      refused(callers.ana, 11, { impersonatedUser: callers.apiServer, userAgent: kubelet }),
      toRole('Developer'),
    ],
  ])('fails for %s', (_, lines, subject) => {
    expect(ask([...lines, ...quietLines])).toMatchObject([{ status: 'fail', subject }]);
  });

  it.each(lookAlikes)('takes for a person %s', (_, user) => {
    expect(ask(refused(user, 11, { userAgent: kubelet }))).toMatchObject([{ status: 'fail' }]);
  });

  it('says as whom somebody tried', () => {
    const asOne = refused(callers.ana, 11, { impersonatedUser: callers.api });
    expect(ask(asOne)[0]?.message).toContain('as system:serviceaccount:payments:api by impersonation');
    const asTwo = [...asOne, ...refused(callers.ana, 11, { impersonatedUser: callers.mirror })];
    expect(ask(asTwo)).toMatchObject([
      {
        message: expect.stringContaining('as 2 others by impersonation'),
        evidence: { asWhom: [callers.mirror.username, callers.api.username], onThatDay: 22 },
      },
    ]);
  });

  it('counts by the threshold of the settings', () => {
    const settings = { thresholds: { deniedReads: 0 } };
    expect(ask(refused(callers.ana, 1), { settings })).toMatchObject([{ status: 'fail' }]);
  });

  it('claims nothing of what a kubelet is refused', () => {
    expect(secretDenialsAreRare.rationale).toContain('What was refused was not read');
    expect(ask(refused(callers.node, 99, { userAgent: kubelet }))).toMatchObject([{ status: 'pass' }]);
  });

  it('is unknown where the log could not be read, and never passes over a part of it', () => {
    expect(ask([], { reads: denied })).toMatchObject(saysDenied);
    expect(ask([], { missing: ['secret.reads'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled' },
    ]);
    expect(ask(refused(callers.ana, 11), { missing: ['secret.reads'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown' },
    ]);
  });

  it('says the same in whatever order lines come, and however often they are told', () => {
    const line = fc
      .record({
        user: fc.constantFrom(callers.ana, callers.api, callers.oidc),
        at: fc.constantFrom('2026-11-20T10:00:00.000001Z', '2026-11-21T10:00:00.000001Z'),
        code: fc.constantFrom(200, 403),
      })
      .map(({ user, ...more }) => readBy(user, more));
    const bySubject = (verdicts: ReturnType<typeof ask>) =>
      [...verdicts].sort((a, b) => ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        const settings = { thresholds: { deniedReads: 3 } };
        expect(bySubject(ask([...lines.toReversed(), ...lines], { settings }))).toEqual(
          bySubject(ask(lines, { settings })),
        );
      }),
      { numRuns: toRuns(50) },
    );
  });
});
