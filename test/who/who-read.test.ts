import { describe, expect, it } from 'vitest';
import { mostIdentities } from '../../shared/activity/read-tally.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { toReadLines } from '../../shared/report/read-table.ts';
import { type WhoRead, whoDocument } from '../../shared/who/document.ts';
import { toWhoRead } from '../../shared/who/who-read.ts';
import { toSession } from '../activity/audit-lines.ts';
import { denied, type Given, toSubject } from '../checks/cases.ts';
import { toRole } from '../checks/policies.ts';
import { acrossAll, callers, kubelet, ofAll, quietLines, readBy, times, toReads } from '../checks/reads.ts';

const stripe = { namespace: 'payments', name: 'stripe' };
const ask = (
  lines: readonly object[],
  given: Given & { own?: string[] } = {},
  secret?: typeof stripe,
): WhoRead => {
  const { own = [], ...more } = given;
  const reads = toReads(lines, { own });
  return toWhoRead(toSubject({ reads, ...more }), settings.parse(given.settings ?? {}), secret);
};
const known = (read: WhoRead) => {
  if ('unknown' in read) throw new Error(read.detail);
  return read;
};

describe('toWhoRead', () => {
  const told = known(
    ask([
      ...quietLines,
      readBy(callers.ana),
      readBy(callers.ana, { code: 403, verb: 'list', objectRef: acrossAll }),
      readBy(callers.ana, { code: 404, objectRef: { name: 'gone' } }),
      readBy(callers.ana, { verb: 'delete' }),
      readBy(callers.ana, { impersonatedUser: callers.api, at: '2026-11-21T02:10:00Z' }),
    ]),
  );

  it('names who was answered or refused, whom nobody expects first', () => {
    expect(
      told.identities.map(({ identity, impersonator, expected }) => [identity, impersonator, expected]),
    ).toEqual([
      [toRole('Developer'), undefined, false],
      [callers.api.username, toRole('Developer'), false],
      [toRole('node'), undefined, true],
      [
        'arn:aws:iam::927209226484:role/AWSWesleyClusterManagerLambda-Add-AddonManagerRole-X',
        undefined,
        true,
      ],
      ['eks:certificate-controller', undefined, true],
      ['system:apiserver', undefined, true],
      ['system:kube-controller-manager', undefined, true],
      ['system:kube-scheduler', undefined, true],
      [callers.garbageCollector.username, undefined, true],
      [callers.api.username, undefined, true],
    ]);
  });

  it('tells of more than are told apart how often they asked, and as whose others', () => {
    const of = (toUser: (username: string) => object) =>
      times(mostIdentities + 3, (index) => toUser(`u-${index}`));
    const read = known(
      ask([
        ...of((username) => readBy(callers.ana, { impersonatedUser: { username } })),
        ...of((username) => readBy({ username }, { code: 403 })),
      ]),
    );
    const others = read.identities.filter(({ identity }) => identity === '*');
    expect(others).toMatchObject([
      { denied: 3, expected: false, verbs: {} },
      { impersonator: toRole('Developer'), expected: false, verbs: { get: 3 } },
    ]);
    const text = [...toReadLines({ ...read, identities: others }, 200, (_, line) => line)].join('\n');
    expect(text).toContain('not known   others than the 2000 identities that are told apart\n');
    expect(text).toContain(
      `others than the 2000 identities that are told apart, impersonated by ${toRole('Developer')}`,
    );
    expect(text).not.toContain('unexpected');
  });

  it('says of each what, how often, when, from where and with what', () => {
    expect(told.identities[0]).toEqual({
      identity: toRole('Developer'),
      groups: ['developers', 'system:authenticated'],
      verbs: { get: 1 },
      denied: 1,
      secrets: ['*/*', 'payments/stripe'],
      agents: ['kubectl/v1.35.4 (linux/amd64)'],
      sources: ['192.0.2.10'],
      sessions: ['ana'],
      first: '2026-11-20T10:00:00.000Z',
      last: '2026-11-20T10:00:00.000Z',
      expected: false,
      isKeyward: false,
    });
  });

  it('says whom the configuration expects, and which requests were Keyward’s', () => {
    const listed = readBy(callers.ana, { userAgent: 'keyward/1.0.0', verb: 'list', objectRef: acrossAll });
    const own = [toRole('Developer')];
    expect(known(ask([listed], { own })).identities).toMatchObject([{ expected: true, isKeyward: true }]);
    expect(known(ask([listed, readBy(callers.ana)], { own })).identities).toMatchObject([
      { expected: false, isKeyward: false },
    ]);
    const expecting: Given = { settings: { expected: { secretReaders: ['*/Developer'] } } };
    expect(known(ask([readBy(callers.ana)], expecting)).identities).toMatchObject([
      { expected: true, isKeyward: false },
    ]);
  });

  it('of one Secret names who asked for it, its namespace or all, and nobody else', () => {
    const lines = [
      readBy(callers.ana),
      readBy(callers.oidc, { objectRef: { name: 'db' } }),
      readBy(callers.mirror, { verb: 'list', objectRef: ofAll }),
      readBy(callers.certManager, { verb: 'list', objectRef: { ...ofAll, namespace: 'shop' } }),
      readBy(callers.argo, { verb: 'watch', objectRef: acrossAll }),
      readBy(callers.coreDns, { objectRef: { namespace: 'shop' } }),
    ];
    const { secret, identities } = known(ask(lines, {}, stripe));
    expect(secret).toBe('payments/stripe');
    expect(identities.map(({ identity }) => identity)).toEqual([
      toRole('Developer'),
      callers.argo.username,
      callers.mirror.username,
    ]);
  });

  it('of one Secret leaves nobody out of whom a page of others is named', () => {
    const lines = times(30, (index) => readBy(callers.ana, { objectRef: { name: `a-${index}` } }));
    expect(known(ask([...lines, readBy(callers.ana)], {}, stripe)).identities).toHaveLength(1);
  });

  it('says of which time it is known, and what of it is missing', () => {
    const { coverage } = known(ask([], { missing: ['secret.reads'] }));
    expect(coverage).toEqual({
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-24T00:00:00.000Z',
      source: 'cloudwatch-logs',
      gaps: [
        { from: '2026-11-01T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z', reason: 'throttled: page 2' },
      ],
    });
  });

  it('is unknown where nothing was asked, or nothing could be read', () => {
    expect(ask([], { reads: denied })).toEqual(denied);
    expect(toWhoRead(toSubject(), settings.parse({}))).toMatchObject({
      unknown: 'incomplete-window',
      detail: expect.stringContaining('--audit-log'),
    });
  });

  it('has the published shape', () => {
    expect(whoDocument.shape.read.parse(JSON.parse(JSON.stringify(told)))).toEqual(told);
    const one = ask([readBy(callers.ana)], {}, stripe);
    expect(whoDocument.shape.read.parse(one)).toEqual(one);
  });
});

describe('The table of who read Secrets', () => {
  const tell = (read: WhoRead) => [...toReadLines(read, 100, (_, text) => text)].join('');

  it('says who, how often, what, as whom and from where, and never who used the key', () => {
    const text = tell(
      ask([
        ...times(3, (index) => readBy(toSession('Developer', `s-${index}`))),
        readBy(callers.ana, { code: 403 }),
        readBy(callers.node, { userAgent: kubelet }),
        readBy(callers.oidc, { impersonatedUser: callers.api, at: '2026-11-21T02:10:00Z' }),
      ]),
    );
    expect(text).toContain(
      'Who did read Secrets, 2026-11-01 00:00 to 2026-11-24 00:00 UTC by cloudwatch-logs',
    );
    expect(text).toMatch(
      /unexpected +arn:aws:iam::111122223333:role\/Developer\n +get 3 times, 1 refused, at 2026-11-20 10:00/,
    );
    expect(text).toMatch(/ +payments\/stripe\n +as ana, s-0, s-1, s-2\n +from 192\.0\.2\.10, kubectl/);
    expect(text).toMatch(/unexpected +system:serviceaccount:payments:api, impersonated by lee/);
    expect(text).toMatch(/expected +arn:aws:iam::111122223333:role\/node/);
    expect(text).not.toMatch(/key/);
  });

  it('says of one Secret which it is, and of Keyward that it is', () => {
    const own = [toRole('Developer')];
    const text = tell(ask([readBy(callers.ana, { userAgent: 'keyward/1' })], { own }, stripe));
    expect(text).toContain('Who did read the Secret payments/stripe, ');
    expect(text).toContain('role/Developer (Keyward itself)');
  });

  it('says that nobody was seen, which time was not, and no more than some of those', () => {
    const read = known(ask([]));
    const gap = { from: read.coverage.from, to: read.coverage.to, reason: 'throttled: a query' };
    const text = tell({ ...read, coverage: { ...read.coverage, gaps: Array(7).fill(gap) } });
    expect(text).toContain('Nobody, by what was seen.');
    expect(text.match(/not seen/g)).toHaveLength(6);
    expect(text).toContain('and 2 more times that were not seen');
  });

  it('says why nothing is known', () => {
    expect(tell({ unknown: 'access-denied', detail: 'not allowed to ask' })).toContain(
      'Who did read Secrets: not allowed to ask',
    );
  });
});
