import { describe, expect, it } from 'vitest';
import type { Finding } from '../../shared/findings/finding.ts';
import { toFindingId } from '../../shared/findings/finding-id.ts';
import { type Look, reconcile } from '../../shared/findings/reconcile.ts';
import type { TrackedFinding } from '../../shared/findings/tracked.ts';
import { keyArn, toFinding } from '../report/findings.ts';

const toDay = (day: number) => new Date(Date.UTC(2026, 10, 1 + day)).toISOString();
const otherKey = keyArn.replace('1234abcd', '9999abcd');

/** A verdict of one check on the cluster payments. */
const verdict = (given: Partial<Finding> = {}): Finding => {
  const finding = toFinding(given);
  return { ...finding, id: toFindingId(finding.check, finding.resource, finding.cluster, finding.subject) };
};
const fail = (given: Partial<Finding> = {}) => verdict({ status: 'fail', ...given });
const pass = (given: Partial<Finding> = {}) => verdict({ status: 'pass', message: 'It is well.', ...given });
const unknown = (given: Partial<Finding> = {}) =>
  verdict({ status: 'unknown', reason: 'access-denied', message: 'It was refused.', ...given });
const notApplicable = (given: Partial<Finding> = {}) => verdict({ status: 'not-applicable', ...given });
const event = (last: string, given: Partial<Finding> = {}) =>
  fail({ check: 'key-changes', kind: 'event', subject: 'mallory', evidence: { last }, ...given });

/** A check of objects: it fails for one, and passes or is unknown for the whole cluster. */
const secrets = { check: 'key-grants', resource: 'cluster' };
const object = (name: string) =>
  fail({ ...secrets, resource: `cluster#secret/shop/${name}`, subject: name, id: name });
const sees = (...names: string[]): Partial<Look> => ({
  hasObject: (_, path) => names.some((name) => path === `secret/shop/${name}`),
});

const look = (day: number, findings: Finding[], more: Partial<Look> = {}): Look => ({
  collectedAt: toDay(day),
  findings,
  listed: new Set(['payments']),
  known: new Set(['payments']),
  isAsked: (check) => ['key-rotates', 'key-grants', 'key-changes'].includes(check),
  hasObject: () => undefined,
  publish: { passed: false, minimumSeverity: 'low' },
  ...more,
});

/** Everything owed has arrived. */
const publish = (tracked: TrackedFinding[]): TrackedFinding[] =>
  tracked.map(({ owedAt, isReopened: _, ...one }) => ({ ...one, publishedAt: owedAt ?? one.publishedAt }));

/** Looks one after the other, all publications between them arriving; gives what the last one made of it. */
const follow = (...looks: Look[]) => {
  let tracked: TrackedFinding[] = [];
  let transitions: string[] = [];
  for (const one of looks) {
    const next = reconcile(publish(tracked), one);
    tracked = next.tracked;
    transitions = next.transitions.map(({ kind, finding }) =>
      [kind, finding.subject ?? finding.check].join(' '),
    );
  }
  const told = tracked.map(({ finding, recordState, owedAt, isOpen }) =>
    [
      finding.subject ?? finding.check,
      finding.status,
      ...(recordState === 'ARCHIVED' ? ['archived'] : []),
      ...(isOpen ? ['open'] : []),
      ...(owedAt ? ['owed'] : []),
    ].join(' '),
  );
  return { tracked, told: told.sort(), transitions };
};

const one = { check: 'key-grants', subject: 'one' };
const two = { check: 'key-grants', subject: 'two' };
const grants = { check: 'key-grants' };
const exception = { reason: 'known', owner: 'platform', expires: '2027-03-31' };
const nothing = { listed: undefined, known: new Set<string>() };

describe('What was open and what a run found', () => {
  it.each<[string, Look[], string[], string[]]>([
    [
      'shows a failure and says that it is new',
      [look(0, [fail()])],
      ['key-rotates fail open owed'],
      ['new key-rotates'],
    ],
    [
      'says nothing of a failure that stays as it is',
      [look(0, [fail()]), look(1, [fail()])],
      ['key-rotates fail open'],
      [],
    ],
    [
      'shows what a failure says now, without an alert',
      [look(0, [fail()]), look(1, [fail({ message: 'Six days are left.' })])],
      ['key-rotates fail open owed'],
      [],
    ],
    [
      'says that a failure got worse',
      [look(0, [fail()]), look(1, [fail({ severity: 'critical' })])],
      ['key-rotates fail open owed'],
      ['worse key-rotates'],
    ],
    [
      'says nothing where a failure got less bad',
      [look(0, [fail()]), look(1, [fail({ severity: 'low' })])],
      ['key-rotates fail open owed'],
      [],
    ],
    [
      'passes a failure that was fixed',
      [look(0, [fail()]), look(1, [pass()])],
      ['key-rotates pass owed'],
      ['resolved key-rotates'],
    ],
    [
      'passes a subject that is not named any more beside one that is',
      [look(0, [fail(one), fail(two)]), look(1, [fail(two)])],
      ['one pass owed', 'two fail open'],
      ['resolved one'],
    ],
    [
      'passes every subject where the check passes',
      [look(0, [fail(one), fail(two)]), look(1, [pass(grants)])],
      ['one pass owed', 'two pass owed'],
      ['resolved one', 'resolved two'],
    ],
    [
      'closes nothing where something is unknown',
      [look(0, [fail(one), fail(two)]), look(1, [fail(two), unknown(grants)])],
      ['one fail open', 'two fail open'],
      [],
    ],
    [
      'keeps a failure over an unknown of the same id, and says nothing once it is seen again',
      [look(0, [fail()]), look(1, [unknown()]), look(2, [fail()])],
      ['key-rotates fail open'],
      [],
    ],
    [
      'does not tell an unknown anew whose time alone moved on',
      [
        look(0, [unknown({ message: 'Not seen: 2026-11-01T00:00:00.000Z to 2026-11-02T00:00:00Z.' })]),
        look(1, [unknown({ message: 'Not seen: 2026-11-02T00:00:00.000Z to 2026-11-03T00:00:00Z.' })]),
      ],
      ['key-rotates unknown open'],
      [],
    ],
    [
      'tells an unknown anew that has another cause',
      [look(0, [unknown()]), look(1, [unknown({ message: 'Somebody else refused it.' })])],
      ['key-rotates unknown open owed'],
      [],
    ],
    ['shows an unknown where nothing is open', [look(0, [unknown()])], ['key-rotates unknown open owed'], []],
    [
      'says that a failure is new that was unknown before',
      [look(0, [unknown()]), look(1, [fail()])],
      ['key-rotates fail open owed'],
      ['new key-rotates'],
    ],
    [
      'passes what was unknown, and tells nobody',
      [look(0, [unknown()]), look(1, [pass()])],
      ['key-rotates pass owed'],
      [],
    ],
    [
      'archives an unknown once a subject is open there, seen whole or not',
      [look(0, [unknown(grants)]), look(1, [fail(one), unknown(grants)])],
      ['key-grants unknown archived owed', 'one fail open owed'],
      ['new one'],
    ],
    [
      'archives an unknown where only subjects fail from now on',
      [look(0, [unknown(grants)]), look(1, [fail(one)])],
      ['key-grants unknown archived owed', 'one fail open owed'],
      ['new one'],
    ],
    [
      'archives what the check does not apply to any more',
      [look(0, [fail(one)]), look(1, [notApplicable(grants)])],
      ['one fail archived owed'],
      ['resolved one'],
    ],
    [
      'archives what hangs on a cluster that is gone, also where its check did not run',
      [look(0, [fail()]), look(1, [], { listed: new Set(), known: new Set(), isAsked: () => false })],
      ['key-rotates fail archived owed'],
      ['resolved key-rotates'],
    ],
    [
      'archives a pass that is still shown of a cluster that is gone',
      [look(0, [fail()]), look(1, [pass()]), look(2, [], { listed: new Set(), known: new Set() })],
      ['key-rotates pass archived owed'],
      [],
    ],
    [
      'archives what it said of a key that the cluster has no more',
      [look(0, [fail()]), look(1, [pass({ resource: otherKey })])],
      ['key-rotates fail archived owed'],
      ['resolved key-rotates'],
    ],
    [
      'keeps what it said of a key where the cluster’s key is not known',
      [look(0, [fail()]), look(1, [unknown({ resource: 'cluster' })], { known: new Set() })],
      ['key-rotates fail open', 'key-rotates unknown open owed'],
      [],
    ],
    [
      'keeps everything where the Region was not listed',
      [look(0, [fail()]), look(1, [], nothing)],
      ['key-rotates fail open'],
      [],
    ],
    [
      'closes one object of a cluster where the check fails for another, or passes for all',
      [look(0, [object('a'), object('b')]), look(1, [object('b')], sees('a', 'b'))],
      ['a pass owed', 'b fail open'],
      ['resolved a'],
    ],
    [
      'archives what it said of an object that is gone',
      [look(0, [object('a'), object('b')]), look(1, [pass(secrets)], sees('a'))],
      ['a pass owed', 'b fail archived owed'],
      ['resolved b', 'resolved a'],
    ],
    [
      'closes no object where one of the cluster could not be seen',
      [look(0, [object('a')]), look(1, [unknown(secrets)], sees())],
      ['a fail open'],
      [],
    ],
    [
      'keeps what belongs to a check that did not run',
      [look(0, [fail()]), look(1, [], { isAsked: (check) => check === 'key-grants' })],
      ['key-rotates fail open'],
      [],
    ],
    [
      'keeps what belongs to a cluster that was listed and not looked at',
      [look(0, [fail()]), look(1, [], { known: new Set() })],
      ['key-rotates fail open'],
      [],
    ],
    ['shows no pass of what never failed', [look(0, [pass()])], [], []],
    [
      'shows every pass by setting',
      [look(0, [pass()], { publish: { passed: true, minimumSeverity: 'low' } })],
      ['key-rotates pass owed'],
      [],
    ],
    ['says nothing of what never applied', [look(0, [notApplicable()])], [], []],
    [
      'knows of what is below the least severity, and neither shows nor tells it',
      [look(0, [fail({ severity: 'info' })])],
      ['key-rotates fail archived open'],
      [],
    ],
    [
      'archives what falls below the least severity, and does not call it new again',
      [
        look(0, [fail()]),
        look(1, [fail()], { publish: { passed: false, minimumSeverity: 'high' } }),
        look(2, [fail()]),
      ],
      ['key-rotates fail open owed'],
      [],
    ],
    [
      'shows a failure under an exception without an alert',
      [look(0, [fail({ exception })])],
      ['key-rotates fail open owed'],
      [],
    ],
    [
      'says that an exception ended while it still fails',
      [look(0, [fail({ exception })]), look(1, [fail()])],
      ['key-rotates fail open owed'],
      ['exception-ended key-rotates'],
    ],
    [
      'does not say that something is resolved that was under an exception',
      [look(0, [fail({ exception })]), look(1, [pass()])],
      ['key-rotates pass owed'],
      [],
    ],
    [
      'archives an event finding whose last event is long ago, and never passes it',
      [look(0, [event(toDay(0))]), look(1, [pass({ check: 'key-changes', kind: 'event' })])],
      ['mallory fail archived owed'],
      [],
    ],
    [
      'archives an event finding beside another that goes on',
      [look(0, [event(toDay(0)), event(toDay(0), { subject: 'eve' })]), look(1, [event(toDay(0))])],
      ['eve fail archived owed', 'mallory fail open'],
      [],
    ],
    [
      'says that an open event finding has new events',
      [look(0, [event(toDay(0))]), look(1, [event(toDay(1), { message: 'twice' })])],
      ['mallory fail open owed'],
      ['again mallory'],
    ],
    [
      'says nothing of an event finding without new events',
      [look(0, [event(toDay(0))]), look(1, [event(toDay(0))])],
      ['mallory fail open'],
      [],
    ],
    [
      'refreshes what would expire',
      [look(0, [fail()]), look(29, [fail()]), look(31, [fail()])],
      ['key-rotates fail open owed'],
      [],
    ],
    [
      'refreshes what would expire while it is unknown, and keeps its answer',
      [look(0, [fail()]), look(31, [unknown()])],
      ['key-rotates fail open owed'],
      [],
    ],
    [
      'refreshes nothing of a check that is off',
      [look(0, [fail()]), look(31, [], { isAsked: () => false })],
      ['key-rotates fail open'],
      [],
    ],
    [
      'does not refresh what passed',
      [look(0, [fail()]), look(1, [pass()]), look(32, [pass()])],
      ['key-rotates pass'],
      [],
    ],
    [
      'forgets what passed when Security Hub does',
      [look(0, [fail()]), look(1, [pass()]), look(92, [pass()])],
      [],
      [],
    ],
  ])('%s', (_sentence, looks, told, transitions) => {
    expect(follow(...looks)).toMatchObject({ told, transitions });
  });

  it('keeps the first date of what fails again', () => {
    const { tracked, transitions } = follow(look(0, [fail()]), look(1, [pass()]), look(60, [fail()]));
    expect(tracked).toMatchObject([{ firstSeenAt: toDay(0), owedAt: toDay(60) }]);
    expect(transitions).toEqual(['new key-rotates']);
  });

  it.each([
    ['RESOLVED', true, ['again']],
    ['NOTIFIED', undefined, ['again']],
    ['SUPPRESSED', undefined, []],
  ])('opens an event finding that a person set to %s anew: %s', (workflow, isReopened, kinds) => {
    const first = publish(reconcile([], look(0, [event(toDay(0))])).tracked);
    const seen = first.map((tracked) => ({ ...tracked, workflow }));
    const { tracked, transitions } = reconcile(seen, look(1, [event(toDay(1))]));
    expect(tracked[0]?.isReopened).toBe(isReopened);
    expect(tracked[0]?.workflow).toBe(workflow);
    expect(transitions.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('still owes what did not arrive, with the date of the look that first said so', () => {
    const { tracked } = reconcile(reconcile([], look(0, [fail()])).tracked, look(1, [fail()]));
    expect(tracked).toMatchObject([{ owedAt: toDay(0) }]);
  });

  it('owes the pass of a failure that may have arrived before its sender was killed', () => {
    const { tracked } = reconcile(reconcile([], look(0, [fail()])).tracked, look(1, [pass()]));
    expect(tracked).toMatchObject([{ finding: { status: 'pass' }, owedAt: toDay(1) }]);
  });

  it('does not owe twice what one look says twice', () => {
    const first = reconcile([], look(0, [fail(), fail(one)]));
    const again = reconcile(first.tracked, look(0, [fail(), fail(one)]));
    expect(again).toEqual({ tracked: first.tracked, transitions: [] });
  });

  it('gives a resolved failure its own severity, and says why it is closed', () => {
    const { transitions } = reconcile(
      reconcile([], look(0, [fail({ severity: 'critical' })])).tracked,
      look(1, [pass({ severity: 'medium' })]),
    );
    expect(transitions).toMatchObject([
      { kind: 'resolved', finding: { severity: 'critical', message: 'It is well.' } },
    ]);
  });
});
