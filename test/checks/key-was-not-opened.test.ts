import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyWasNotOpened } from '../../shared/checks/key-was-not-opened.ts';
import type { KeyChange, UseTally } from '../../shared/evidence/events.ts';
import { toKnown } from '../../shared/evidence/fact.ts';
import { toRuns } from '../runs.ts';
import { clusterArn, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
import { actors, quietDays, toChange, toChanges, toTally, toUse, volumeContext } from './events.ts';
import {
  allow,
  delegation,
  deny,
  ordinaryPolicies,
  outside,
  toPolicy,
  toRole,
  toRoot,
  when,
} from './policies.ts';

const own = toEksGrant('shop', 'context-1');
const today = toPolicy(delegation);
const toAnyone = toPolicy(delegation, allow('*', { Sid: 'Open' }));
const toOutsider = toPolicy(delegation, allow({ AWS: toRoot(outside) }, { Sid: 'Guest' }));
const toService = toPolicy(delegation, allow({ Service: 'sns.amazonaws.com' }, { Sid: 'Topic' }));

const put = (
  time: string,
  policy: object | string | undefined,
  more: Partial<KeyChange> = {},
): KeyChange => ({
  ...toChange(actors.operator, 'PutKeyPolicy', { id: `put-${time}`, time: `2026-11-20T${time}:00.000Z` }),
  ...(policy === undefined ? {} : { policy: typeof policy === 'string' ? policy : JSON.stringify(policy) }),
  ...more,
});
/** Opened at ten past two, and put back four minutes later. */
const opened = (policy: object | string | undefined = toAnyone) => [
  put('02:10', policy),
  put('02:14', today),
];
const ask = (changes: KeyChange[], more: Given = {}) =>
  judge(keyWasNotOpened, {
    changes: toChanges(changes),
    use: toUse(quietDays()),
    policy: today,
    grants: [own],
    ...more,
  });

describe('key-was-not-opened', () => {
  it.each<[string, KeyChange[]]>([
    ['no change', []],
    ['today’s policy alone', [put('02:14', today)]],
    [
      'today’s policy, spaced and ordered otherwise',
      [put('02:14', JSON.stringify({ Statement: today.Statement, Version: '2012-10-17' }, null, 2))],
    ],
    ['a version that is as closed', opened(toPolicy(delegation, allow({ AWS: toRole('reader') })))],
    ['a version that was refused', [put('02:10', toAnyone, { outcome: 'AccessDenied' })]],
    ...ordinaryPolicies.map(([name, policy]): [string, KeyChange[]] => [
      `a version of ${name}`,
      opened(policy),
    ]),
  ])('passes for %s', (_, changes) => {
    expect(ask(changes)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails for a policy that stood open for four minutes, and tells who, when, how and what was used', () => {
    const use = toUse([
      ...quietDays(),
      toTally(actors.outsider, { first: '2026-11-20T02:12:00.000Z', count: 7 }),
      toTally(actors.user, { first: '2026-11-20T09:00:00.000Z' }),
    ]);
    const changes = [put('02:10', toAnyone), put('02:14', today, actors.terraform)];
    expect(ask(changes, { use })).toMatchObject([
      {
        status: 'fail',
        severity: 'critical',
        subject: 'put-02:10',
        message: `From 2026-11-20 02:10 UTC until 2026-11-20 02:14 UTC, when ${toRole('terraform')} changed it, the policy of ${keyArn}, set by ${toRole('operator')}, from 198.51.100.7, stood open: Statement Open of the policy of ${keyArn} lets anyone, from any AWS account, call kms:Decrypt. Around that time it was used by ${toRoot(outside)} (7).`,
        fix: expect.stringContaining('AttributeValue=put-02:10'),
        evidence: {
          from: '2026-11-20T02:10:00.000Z',
          to: '2026-11-20T02:14:00.000Z',
          principal: toRole('operator'),
          endedBy: { principal: toRole('terraform'), event: 'put-02:14' },
          openings: [
            {
              check: 'key-policy-has-no-public-statement',
              severity: 'critical',
              subject: 'Open',
              evidence: { witness: { action: 'kms:Decrypt', resource: keyArn } },
            },
          ],
          used: {
            principals: [{ principal: toRoot(outside), count: 7, operations: { Decrypt: 7 } }],
            isWhole: true,
          },
          coverage: {
            from: '2026-11-01T00:00:00.000Z',
            to: '2026-11-24T00:00:00.000Z',
            sources: ['log-files'],
            firstVersion: '2026-11-20T02:10:00.000Z',
          },
          last: '2026-11-20T02:14:00.000Z',
        },
      },
    ]);
  });

  it.each<[string, object, string, string]>([
    ['anyone', toAnyone, 'critical', 'key-policy-has-no-public-statement'],
    ['an outside account', toOutsider, 'high', 'key-policy-trusts-only-the-organization'],
    ['a service for just anybody', toService, 'medium', 'key-policy-trusts-only-the-organization'],
  ])('weighs a version that let in %s as link 3 does', (_, policy, severity, check) => {
    expect(ask(opened(policy))).toMatchObject([
      { status: 'fail', severity, evidence: { openings: [{ check, severity }] } },
    ]);
  });

  it('gives a version one finding with all its openings, the worst first', () => {
    const both = toPolicy(
      delegation,
      allow({ AWS: toRoot(outside) }, { Sid: 'Guest' }),
      allow('*', { Sid: 'Open' }),
    );
    expect(ask(opened(both))).toMatchObject([
      { severity: 'critical', evidence: { openings: [{ subject: 'Open' }, { subject: 'Guest' }] } },
    ]);
  });

  it('tells each version for itself, and one that was put again only once', () => {
    const changes = [
      put('02:10', toAnyone),
      put('02:11', JSON.stringify(toAnyone, null, 2)),
      put('02:12', toOutsider),
      put('02:14', today),
      put('02:20', toAnyone),
      put('02:21', today),
    ];
    expect(ask(changes).map(({ subject, evidence }) => [subject, evidence.from, evidence.to])).toEqual([
      ['put-02:10', '2026-11-20T02:10:00.000Z', '2026-11-20T02:12:00.000Z'],
      ['put-02:12', '2026-11-20T02:12:00.000Z', '2026-11-20T02:14:00.000Z'],
      ['put-02:20', '2026-11-20T02:20:00.000Z', '2026-11-20T02:21:00.000Z'],
    ]);
  });

  it('leaves to link 3 what stands today', () => {
    expect(ask([put('02:10', toAnyone)], { policy: toAnyone })).toMatchObject([{ status: 'pass' }]);
    // The opening stayed, though the rest of the policy was changed.
    const wider = toPolicy(delegation, allow('*', { Sid: 'Open' }), allow({ AWS: toRole('reader') }));
    expect(ask([put('02:10', toAnyone), put('02:14', wider)], { policy: wider })).toMatchObject([
      { status: 'pass' },
    ]);
    // Another is open today than was: its Sid is the author's to choose.
    const guestToday = toPolicy(delegation, allow({ AWS: toRoot('777788889999') }, { Sid: 'Guest' }));
    expect(ask([put('02:10', toOutsider), put('02:14', guestToday)], { policy: guestToday })).toMatchObject([
      { status: 'fail', subject: 'put-02:10' },
    ]);
  });

  describe('beside a statement that is open today', () => {
    const partner = { AWS: toRoot(outside) };
    const both = { AWS: [toRoot(outside), toRoot('777788889999')] };
    const toPartner = (more: object = {}, principal: unknown = partner) =>
      toPolicy(delegation, allow(principal, { Sid: 'Partner', ...more }));
    const ofApp = when('StringEquals', 'kms:EncryptionContext:app', 'x');
    const toThem = deny({
      Principal: partner,
      Action: 'kms:Decrypt',
      ...when('Bool', 'aws:SecureTransport', 'false'),
    });
    const change = (policy: object, now: object, more: Given = {}) =>
      ask([put('02:10', policy), put('02:14', now)], { policy: now, ...more });

    it.each<[string, object, object]>([
      ['another account is added to it', toPartner({}, both), toPartner()],
      ['another account is put first in it', toPartner({}, { AWS: both.AWS.toReversed() }), toPartner()],
      ['it is widened to every action', toPartner({ Action: 'kms:*' }), toPartner()],
      ['a condition is dropped', toPartner(), toPartner(ofApp)],
      ['strangers get another action', toPolicy(allow('*', { Action: 'kms:*' })), toPolicy(allow('*'))],
      [
        'a Deny is lifted',
        toPartner(),
        toPolicy(...toPartner().Statement, deny({ Principal: partner, Action: 'kms:Encrypt' })),
      ],
      ['the Version reads its variables otherwise', toPartner(), { ...toPartner(), Version: '2008-10-17' }],
    ])('fails where %s for a while', (_, policy, now) => {
      expect(change(policy, now)).toMatchObject([{ status: 'fail', subject: 'put-02:10' }]);
    });

    it('is unknown where another account is added and whose it is cannot be told', () => {
      const [verdict, ...rest] = change(toPartner({}, both), toPartner(), { organization: denied });
      expect(rest).toEqual([]);
      expect(verdict).toMatchObject({ status: 'unknown', reason: 'access-denied' });
      expect(verdict?.message).toContain('event put-02:10');
    });

    it('tells what was open beside it alone', () => {
      const policy = toPolicy(...toPartner().Statement, allow('*', { Sid: 'Open' }));
      const [verdict, ...rest] = change(policy, toPartner());
      expect(rest).toEqual([]);
      expect(verdict?.evidence.openings).toMatchObject([{ subject: 'Open' }]);
      expect(verdict?.evidence.openings).toHaveLength(1);
    });

    it.each<[string, object, object]>([
      ['it goes by another Sid', toPartner({ Sid: 'Before' }), toPartner()],
      [
        'it is written otherwise and in another place',
        toPolicy(allow({ AWS: [toRoot(outside)] }, { Action: ['kms:Decrypt'] }), delegation),
        toPartner(),
      ],
      [
        'the Deny statements are the same',
        toPolicy(toThem, delegation, allow({ AWS: toRole('reader') }), toPartner().Statement[1] ?? {}),
        toPolicy(...toPartner().Statement, toThem),
      ],
    ])('leaves it to link 3 where %s', (_, policy, now) => {
      expect(change(policy, now)).toMatchObject([{ status: 'pass' }]);
      expect(change(policy, now, { organization: denied })).toMatchObject([{ status: 'pass' }]);
    });
  });

  describe('of a key that is older than the cluster', () => {
    const createdAt = (time: string): Given => ({ cluster: { createdAt: `2026-11-20T${time}` } });

    it.each<[string, string, string]>([
      ['was closed before the cluster was created', '02:15:00Z', 'pass'],
      ['was closed before it, by a clock of another zone', '03:15:00+01:00', 'pass'],
      ['was closed the moment it was created', '02:14:00Z', 'fail'],
      ['still stood when it was created', '02:12:00Z', 'fail'],
      ['still stood then, by a clock of another zone', '03:12:00+01:00', 'fail'],
    ])('says of a version that %s: %s is %s', (_, time, status) => {
      expect(ask(opened(), createdAt(time))).toMatchObject([{ status }]);
    });

    it('asks nothing of a version before that it cannot judge', () => {
      const untold = [put('02:10', undefined), put('02:14', today)];
      expect(ask(untold, createdAt('02:15:00Z'))).toMatchObject([{ status: 'pass' }]);
      expect(ask(opened(toOutsider), { organization: denied, ...createdAt('02:15:00Z') })).toMatchObject([
        { status: 'pass' },
      ]);
    });

    it('says the same of grants', () => {
      const grant = { GrantId: 'gone', GranteePrincipal: toRole('thief'), Operations: ['Decrypt'] };
      const made = toChange(actors.operator, 'CreateGrant', { id: 'made', grant });
      const ended = toChange(actors.operator, 'RevokeGrant', {
        id: 'ended',
        grantId: 'gone',
        time: '2026-11-20T03:00:00.000Z',
      });
      expect(ask([made, ended], createdAt('03:00:01Z'))).toMatchObject([{ status: 'pass' }]);
      expect(ask([made, ended], createdAt('02:59:00Z'))).toMatchObject([{ status: 'fail', subject: 'made' }]);
      expect(ask([made], createdAt('03:00:01Z'))).toMatchObject([{ status: 'fail', subject: 'made' }]);
    });

    it('still learns from EKS’s grants of then whose context is another cluster’s', () => {
      const bound = {
        GrantId: 'bound',
        GranteePrincipal: toRole('thief'),
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextEquals: { 'aws:eks:context': 'context-2' } },
      };
      const pay = toEksGrant('pay', 'context-2');
      const changes = [
        toChange(actors.eks, 'CreateGrant', { id: 'pay', grant: pay }),
        toChange(actors.eks, 'RetireGrant', { id: 'ended', grantId: pay.GrantId }),
        toChange(actors.operator, 'CreateGrant', { id: 'bound', grant: bound }),
      ];
      expect(ask(changes, createdAt('03:00:00Z'))).toMatchObject([{ status: 'pass' }]);
    });
  });

  it('tells of a version that was put after today’s was read', () => {
    const changes = [put('02:10', today), put('02:14', toAnyone)];
    const [verdict] = ask(changes);
    expect(verdict).toMatchObject({ status: 'fail', subject: 'put-02:14', evidence: { to: null } });
    expect(verdict?.message).toContain('until a time that is not known');
  });

  it('is not misled by the order of events, nor by a time too late to be settled', () => {
    const late = [
      put('02:10', toAnyone, { time: '2026-11-24T01:30:00.000Z' }),
      put('02:14', today, { time: '2026-11-24T01:34:00.000Z' }),
    ];
    expect(ask(late)).toMatchObject([{ status: 'fail', severity: 'critical' }]);
    const versions = [toAnyone, toOutsider, toService, today].map((policy, index) =>
      put(`02:1${index}`, policy),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(versions, { minLength: 4 }), (changes) => {
        expect(ask(changes)).toEqual(ask(versions));
      }),
      { numRuns: toRuns(10) },
    );
  });

  describe('of what was used in that time', () => {
    const message = (tallies: UseTally[], more: Given = {}) =>
      ask(opened(), { use: toUse(tallies), ...more })[0]?.message;

    it('counts what touches the time, and not the control plane', () => {
      const spans = toTally(actors.user, {
        first: '2026-11-20T01:00:00.000Z',
        last: '2026-11-20T08:00:00.000Z',
      });
      expect(message([...quietDays(), spans])).toContain(`used by ${actors.user.principal} (1).`);
      const before = toTally(actors.user, { first: '2026-11-20T02:09:59.000Z' });
      const after = toTally(actors.user, { first: '2026-11-20T02:14:01.000Z' });
      expect(message([...quietDays(), before, after])).toContain(
        'Nobody but EKS was seen to use the key then.',
      );
    });

    it('says what it does not know', () => {
      expect(message([], { use: denied })).toContain('Who used the key then is not known.');
      expect(ask(opened(), { absent: ['key.use'] })).toMatchObject([
        { status: 'fail', evidence: { used: null } },
      ]);
      expect(message([], { missing: ['key.use'] })).toContain('by events that are known in part');
    });
  });

  it('expects whom the organisation trusts', () => {
    expect(ask(opened(toOutsider), { settings: { trustedAccounts: [outside] } })).toMatchObject([
      { status: 'pass' },
    ]);
    const organization = { accounts: ['111122223333', outside] };
    expect(ask(opened(toOutsider), { organization })).toMatchObject([{ status: 'pass' }]);
  });

  it('names the version that it cannot judge', () => {
    for (const policy of ['{"Statement":', '{"Statement":[{"Effect":"Maybe"}]}', undefined]) {
      const [verdict, ...rest] = ask(
        policy === undefined ? [put('02:10', undefined), put('02:14', today)] : opened(policy),
      );
      expect(rest).toEqual([]);
      expect(verdict).toMatchObject({ status: 'unknown', reason: 'failed' });
      expect(verdict?.message).toContain(
        `the policy that ${toRole('operator')} put at 2026-11-20T02:10:00.000Z (event put-02:10)`,
      );
    }
    const [untold] = ask([put('02:10', undefined), put('02:14', today)]);
    expect(untold?.message).toMatch(/ is not in its event$/);
    // Of the last one nothing is asked: it is today's.
    expect(ask([put('02:14', undefined)])).toMatchObject([{ status: 'pass' }]);
    expect(ask(opened(toOutsider), { organization: denied })).toMatchObject([
      { status: 'unknown', reason: 'access-denied', message: expect.stringContaining('event put-02:10') },
    ]);
  });

  it('leaves to link 3 what cannot be judged of today’s policy', () => {
    const changes = [put('02:10', toPolicy(...toOutsider.Statement)), put('02:14', toOutsider)];
    expect(ask(changes, { policy: toOutsider, organization: denied })).toMatchObject([{ status: 'pass' }]);
  });

  describe('by a grant', () => {
    const grant = { GrantId: 'gone', GranteePrincipal: toRole('thief'), Operations: ['Decrypt'] };
    const made = toChange(actors.operator, 'CreateGrant', { id: 'made', grant });
    const ended = toChange(actors.operator, 'RevokeGrant', {
      id: 'ended',
      grantId: 'gone',
      time: '2026-11-20T03:00:00.000Z',
    });

    it('fails for one that let somebody in and is gone', () => {
      expect(ask([made, ended])).toMatchObject([
        {
          status: 'fail',
          severity: 'high',
          subject: 'made',
          message: expect.stringContaining(
            `From 2026-11-20 02:10 UTC until 2026-11-20 03:00 UTC, when ${toRole('operator')} changed it, grant gone on ${keyArn}, set by ${toRole('operator')}, from 198.51.100.7, stood open: Grant gone on ${keyArn} gives ${toRole('thief')} Decrypt, without any constraint.`,
          ),
          evidence: {
            to: '2026-11-20T03:00:00.000Z',
            openings: [{ check: 'key-grants-are-expected', subject: 'gone' }],
          },
        },
      ]);
    });

    it.each<[string, KeyChange['grant']]>([
      [
        'the cluster’s context',
        { Constraints: { EncryptionContextEquals: { 'aws:eks:context': 'context-1' } } },
      ],
      ['the right to hand it on', { Operations: ['CreateGrant'] }],
    ])('fails for one with %s, also where its end is not known', (_, more) => {
      const change = { ...made, grant: { ...grant, ...more } };
      expect(ask([change])).toMatchObject([{ status: 'fail', subject: 'made', evidence: { to: null } }]);
    });

    it.each<[string, KeyChange[], Given]>([
      ['that stands today', [made], { grants: [own, grant] }],
      ['that was refused', [{ ...made, outcome: 'AccessDenied' }], {}],
      ['to somebody expected', [made, ended], { settings: { expected: { decrypters: ['*:role/thief'] } } }],
      [
        'of a deleted cluster',
        [toChange(actors.eks, 'CreateGrant', { grant: toEksGrant('test', 'context-9') })],
        {},
      ],
      [
        'of volumes by the hundred',
        Array.from({ length: 200 }, (_, index) =>
          toChange({ ...actors.operator, invokedBy: 'ec2.amazonaws.com' }, 'CreateGrant', {
            id: `made-${index}`,
            grant: {
              GrantId: `volume-${index}`,
              GranteePrincipal: 'arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-1',
              Operations: ['Decrypt'],
              Constraints: { EncryptionContextSubset: volumeContext },
            },
          }),
        ),
        {},
      ],
      [
        'bound to another cluster’s context, of which the grant is gone, too',
        [
          toChange(actors.eks, 'CreateGrant', { id: 'pay', grant: toEksGrant('pay', 'context-2') }),
          {
            ...made,
            grant: { ...grant, Constraints: { EncryptionContextEquals: { 'aws:eks:context': 'context-2' } } },
          },
        ],
        {},
      ],
    ])('passes for one %s', (_, changes, more) => {
      expect(ask(changes, more)).toMatchObject([{ status: 'pass' }]);
    });

    it('tells of that one alone, and not of what is known in part of today’s', () => {
      const harmless = toChange(actors.rds, 'CreateGrant', {
        id: 'harmless',
        time: '2026-11-19T00:00:00.000Z',
        grant: { ...grant, GrantId: 'volume', Constraints: { EncryptionContextSubset: volumeContext } },
      });
      expect(ask([harmless, made, ended])).toMatchObject([{ status: 'fail', subject: 'made' }]);
      const ofTable = {
        GrantId: 'table',
        GranteeServicePrincipal: 'dynamodb.amazonaws.com',
        Operations: ['Decrypt'],
        Constraints: { SourceArn: `arn:aws:dynamodb:eu-west-1:${outside}:table/t` },
      };
      const stands: Given = { organization: denied, grants: [own, ofTable, { ...grant, GrantId: 'stands' }] };
      expect(ask([harmless], stands)).toMatchObject([{ status: 'pass' }]);
      const isGone = toChange(actors.operator, 'CreateGrant', { grant: ofTable });
      expect(ask([isGone], { organization: denied })).toMatchObject([
        { status: 'unknown', reason: 'access-denied', message: expect.stringContaining('grant table to') },
      ]);
    });

    it('knows the cluster’s context on a replica by the key that the cluster names', () => {
      const replica = keyArn.replace('eu-west-1', 'us-east-1');
      const family = [
        { arn: keyArn, clusters: [clusterArn], grants: toKnown([own]) },
        { arn: replica, clusters: [], grants: toKnown([]) },
      ];
      const key = { arn: replica, region: 'us-east-1', isNamedByCluster: false, family };
      const bound = {
        ...grant,
        Constraints: { EncryptionContextEquals: { 'aws:eks:context': 'context-1' } },
      };
      expect(ask([{ ...made, grant: bound }, ended], { grants: [], key })).toMatchObject([
        { status: 'fail', subject: 'made', evidence: { key: replica } },
      ]);
    });

    it('is unknown where today’s grants are, since it may stand', () => {
      expect(ask([made], { grants: denied })).toMatchObject(saysDenied);
      expect(ask([made], { missing: ['key.grants'] })).toMatchObject([
        { status: 'unknown', reason: 'throttled' },
      ]);
    });
  });

  it('is unknown where a fact is, and still tells what it saw', () => {
    expect(ask([], { changes: denied })).toMatchObject(saysDenied);
    expect(ask([], { missing: ['key.changes'] })).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
    expect(ask([], { policy: denied })).toMatchObject(saysDenied);
    expect(ask(opened(), { policy: denied })).toMatchObject([
      { status: 'fail', subject: 'put-02:10' },
      { status: 'unknown', reason: 'access-denied' },
    ]);
    // The last one may be today's: link 3's to tell.
    expect(ask([put('02:10', toAnyone)], { policy: denied })).toMatchObject(saysDenied);
    expect(ask(opened(), { missing: ['key.changes'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown' },
    ]);
  });

  it('says in a pass what it does not know', () => {
    expect(keyWasNotOpened.pass).toContain('What stood before the first of them is not known.');
  });
});
