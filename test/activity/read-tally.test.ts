import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuditEvent, type SecretReadEvent } from '../../shared/activity/audit-event.ts';
import {
  createReadCounter,
  mostIdentities,
  type ReadCounter,
  type SecretName,
} from '../../shared/activity/read-tally.ts';
import { mostNamed } from '../../shared/evidence/events.ts';
import { otherIdentities, type ReadTally } from '../../shared/evidence/reads.ts';
import { recordedLines, toLine, toNode, toServiceAccount, toSession } from './audit-lines.ts';

const window = { from: '2026-11-19T00:00:00.000Z', to: '2026-11-27T00:00:00.000Z' };
const count = (lines: readonly object[], only?: SecretName): Map<string, ReadTally[]> => {
  const counter = createReadCounter(window, only);
  for (const line of lines) {
    const event = parseAuditEvent(line);
    if (typeof event === 'object') counter.add(event);
  }
  return counter.get();
};
const day = '2026-11-20';
const countDay = (lines: readonly object[], only?: SecretName) => count(lines, only).get(day) ?? [];
const all = { name: undefined };

const parsed = parseAuditEvent(toLine());
if (typeof parsed !== 'object') throw new Error('no event');
const alone: SecretReadEvent = parsed;
const flooder = { identity: 'flooder', username: 'flooder', groups: ['system:authenticated'] };

describe('A count of requests', () => {
  it('has each request of a recorded log once', () => {
    const tallies = [...count(recordedLines).values()].flat();
    expect(tallies.map(({ count: requests }) => requests)).toEqual(Array(10).fill(1));
    expect(tallies.filter(({ verb }) => verb === 'watch')).toHaveLength(1);
  });

  it('counts what agrees together, by the UTC day on which the server received it', () => {
    const days = count([
      toLine({ at: '2026-11-20T23:59:59.999999Z', auditID: 'b' }),
      toLine({ at: '2026-11-20T10:00:00.000000Z', auditID: 'c', objectRef: { name: 'db' } }),
      toLine({
        at: '2026-11-21T01:00:00.000000+02:00',
        auditID: 'a',
        stageTimestamp: '2026-11-21T08:00:00Z',
      }),
      toLine({ at: '2026-11-21T00:00:00.000000Z' }),
    ]);
    expect([...days.keys()].sort()).toEqual(['2026-11-20', '2026-11-21']);
    expect(days.get(day)).toEqual([
      {
        identity: 'arn:aws:iam::111122223333:role/Developer',
        username: 'arn:aws:sts::111122223333:assumed-role/Developer/*',
        groups: ['developers', 'system:authenticated'],
        verb: 'get',
        namespace: 'payments',
        isOfOne: true,
        isOfHelm: false,
        client: 'other',
        outcome: 'success',
        count: 3,
        first: '2026-11-20T10:00:00.000Z',
        last: '2026-11-20T23:59:59.999Z',
        secrets: ['db', 'stripe'],
        events: ['c', 'a', 'b'],
        sources: ['192.0.2.10'],
        agents: ['kubectl/v1.35.4 (linux/amd64)'],
        sessions: ['ana'],
      },
    ]);
  });

  it.each<[string, object]>([
    ['who asked', { user: toServiceAccount('payments', 'api') }],
    ['what groups he had', { user: toSession('Developer', 'ana', { groups: ['system:masters'] }) }],
    ['as whom', { impersonatedUser: { username: 'lee' } }],
    ['the verb', { verb: 'patch' }],
    ['the namespace', { objectRef: { namespace: 'shop' } }],
    ['whether it names one', { objectRef: all }],
    ['whether it is Helm’s', { objectRef: { name: 'sh.helm.release.v1.shop.v1' } }],
    ['with what', { userAgent: 'kubelet/v1.35.4' }],
    ['the outcome', { code: 403 }],
  ])('tells apart by %s', (_, difference) => {
    expect(countDay([toLine(), toLine(difference)])).toHaveLength(2);
  });

  it('folds the sessions of a role, and the nodes of one', () => {
    const lines = [
      ...Array.from({ length: 30 }, (_, index) => toLine({ user: toSession('Developer', `s-${index}`) })),
      ...Array.from({ length: 30 }, (_, index) => toLine({ user: toNode(`node-${index}`) })),
    ];
    expect(countDay(lines).map((tally) => [tally.count, tally.sessions.length])).toEqual([
      [30, mostNamed],
      [30, 1],
    ]);
  });

  it('counts those apart who choose another’s audit id for their own', () => {
    const benign = toLine({ auditID: 'same', at: '2026-11-20T10:00:00.000001Z' });
    const hidden = toLine({
      auditID: 'same',
      at: '2026-11-20T10:00:00.000002Z',
      user: toSession('Thief', 'x'),
    });
    expect(countDay([benign, hidden, benign])).toHaveLength(2);
  });

  it('leaves out what is out of its time, however the clock jumped', () => {
    const jumps = ['1970-01-01T00:00:00Z', '2026-11-18T23:59:59.999999Z', window.to, '9999-12-31T23:59:59Z'];
    expect(count(jumps.map((at) => toLine({ at }))).size).toBe(0);
  });

  it('names no more Secrets than a page, and counts all', () => {
    const lines = Array.from({ length: 25 }, (_, index) => toLine({ objectRef: { name: `s-${index}` } }));
    const [tally] = countDay(lines);
    expect([tally?.count, tally?.secrets.length]).toEqual([25, mostNamed]);
  });

  it('tells no more namespaces than twenty of requests that failed, and all of those that did not', () => {
    const toMany = (code: number) =>
      Array.from({ length: 30 }, (_, index) => toLine({ code, objectRef: { namespace: `ns-${index}` } }));
    expect(countDay(toMany(403))).toMatchObject([{ namespace: '*', count: 30 }]);
    expect(countDay(toMany(200))).toHaveLength(30);
    const twenty = toMany(403).slice(0, mostNamed);
    expect(
      countDay([...twenty, toLine({ code: 403, verb: 'list', objectRef: { namespace: undefined } })]),
    ).toHaveLength(21);
  });

  type Flood = (name: string) => Partial<SecretReadEvent>;
  const asMany: Flood = (name) => ({ identity: name, username: name, groups: [], impersonator: flooder });
  const floods: [what: string, toMore: Flood, others: object, names?: number][] = [
    ['those whom somebody impersonates', asMany, { impersonator: flooder }, 9_000],
    [
      'groups that somebody claims',
      (name) => ({ ...asMany('lee'), groups: [name] }),
      { impersonator: flooder },
    ],
    [
      'those who are refused',
      (name) => ({ identity: name, username: name, outcome: '403' }),
      { outcome: '403' },
    ],
    [
      'impersonators',
      (name) => ({ ...asMany(name), impersonator: { ...flooder, identity: name } }),
      { count: 501 },
      4_500,
    ],
  ];
  /** In no order: as many are let in and put out again as can be. */
  const flood = (counter: ReadCounter, toMore: Flood, from: number, to: number): void => {
    for (let index = from; index < to; index += 1) {
      const name = `name-${(index * 7919) % (mostIdentities * 5)}`;
      counter.add({ ...alone, ...toMore(name), id: name, request: name });
    }
  };

  it.each(floods)(
    'tells no more %s apart than two thousand a day, and counts the rest',
    (_, toMore, others, names = 2_500) => {
      const counter = createReadCounter(window);
      counter.add(alone);
      flood(counter, toMore, 0, names);
      const tallies = counter.get().get(day) ?? [];
      expect(tallies.reduce((sum, { count: requests }) => sum + requests, 0)).toBe(names + 1);
      const beyond = tallies.filter(({ identity }) => identity === otherIdentities);
      expect(tallies.length - beyond.length).toBeLessThanOrEqual(mostIdentities + 1);
      expect(beyond.length).toBeLessThanOrEqual(mostIdentities + 1);
      expect(beyond).toContainEqual(expect.objectContaining(others));
      expect(tallies).toContainEqual(expect.objectContaining({ identity: alone.identity, count: 1 }));
      const once = createReadCounter(window);
      flood(once, toMore, names - 500, names);
      flood(once, toMore, 0, names);
      once.add(alone);
      expect(once.get().get(day)).toEqual(tallies);
    },
  );

  it('of one Secret has those requests alone that may have been answered with it', () => {
    const asked = [
      toLine(),
      toLine({ objectRef: { name: 'db' } }),
      toLine({ objectRef: { namespace: 'shop' } }),
      toLine({ verb: 'list', objectRef: all }),
      toLine({ verb: 'list', objectRef: { ...all, namespace: 'shop' } }),
      toLine({ verb: 'watch', objectRef: { ...all, namespace: undefined } }),
    ];
    const tallies = countDay(asked, { namespace: 'payments', name: 'stripe' });
    expect(tallies.map(({ verb, namespace, secrets }) => [verb, namespace, secrets])).toEqual(
      expect.arrayContaining([
        ['get', 'payments', ['stripe']],
        ['list', 'payments', []],
        ['watch', null, []],
      ]),
    );
    expect(tallies).toHaveLength(3);
  });

  it('joins what a source counted itself with what was counted here, within its time', () => {
    const [tally] = countDay([toLine({ auditID: 'a' })]);
    if (!tally) throw new Error('nothing counted');
    const counter = createReadCounter(window);
    counter.addCounted({ ...tally, count: 5 });
    counter.addCounted({ ...tally, count: 2, secrets: ['db'], events: ['b'] });
    counter.addCounted({ ...tally, first: '2026-11-18T00:00:00.000Z', last: '2026-11-18T01:00:00.000Z' });
    expect([...counter.get().values()].flat()).toEqual([
      { ...tally, count: 7, secrets: ['db', 'stripe'], events: ['a', 'b'] },
    ]);
  });

  it('is the same in whatever order lines come, however often, and in whatever files', () => {
    const line = fc
      .record({
        at: fc.constantFrom(
          '2026-11-20T10:00:00.000001Z',
          '2026-11-20T10:00:00.000002Z',
          '2026-11-21T00:00:00Z',
        ),
        user: fc.constantFrom(toSession('Developer', 'ana'), toSession('Developer', 'ben'), toNode()),
        code: fc.constantFrom(200, 403),
        verb: fc.constantFrom('get', 'watch'),
        name: fc.constantFrom('a', 'b', undefined),
        namespace: fc.oneof(
          fc.constant(undefined),
          fc.nat(30).map((index) => `ns-${index}`),
        ),
      })
      .map(({ name, namespace, ...more }) => toLine({ ...more, objectRef: { name, namespace } }));
    const shuffled = fc
      .array(line, { minLength: 1, maxLength: 60 })
      .chain((lines) =>
        fc.tuple(
          fc.constant(lines),
          fc.array(fc.constantFrom(...lines)),
          fc.shuffledSubarray(lines, { minLength: lines.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([lines, copies, others]) => {
        // Each watch has a stage more.
        const stages = lines.map((one) => ({ ...one, stage: 'ResponseStarted' }));
        expect(count([...copies, ...others, ...stages])).toEqual(sorted(count(lines)));
      }),
    );
  });
});

/** Maps are equal in whatever order: only that both are maps is asked for. */
const sorted = (days: Map<string, ReadTally[]>) => new Map([...days].sort());
