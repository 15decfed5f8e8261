import { describe, expect, it } from 'vitest';
import { toKnown } from '../../shared/evidence/fact.ts';
import { settings } from '../../shared/evidence/settings.ts';
import type { WhoUsed } from '../../shared/who/document.ts';
import { toWhoUsed } from '../../shared/who/who-used.ts';
import { toEksGrant } from '../checks/cases.ts';
import { toKeySubject } from './key-subject.ts';
import { context, controlPlane, strayContext, strayUse, tally, toRole, toUsedKey } from './used.ts';

const defaults = settings.parse({});
const known = (used: WhoUsed) => {
  if ('unknown' in used) throw new Error(used.detail);
  return used;
};

describe('toWhoUsed', () => {
  it('sums up what each principal did, over days, contexts and outcomes', () => {
    const other = { 'aws:ebs:id': 'vol-1' };
    const key = toUsedKey([
      tally(toRole('reader'), { count: 2 }),
      tally(toRole('reader'), { first: '2026-11-22T05:00:00.000Z', last: '2026-11-22T06:00:00.000Z' }),
      tally(toRole('reader'), { operation: 'Encrypt', context: other }),
      tally(toRole('reader'), { outcome: 'AccessDenied', count: 3 }),
    ]);
    expect(known(toWhoUsed([key], defaults)).principals).toEqual([
      {
        principal: toRole('reader'),
        operations: { Decrypt: 3, Encrypt: 1 },
        denied: 3,
        first: '2026-11-21T02:10:00.000Z',
        last: '2026-11-22T06:00:00.000Z',
        sources: ['203.0.113.9'],
        contexts: [other, context],
        expected: false,
      },
    ]);
  });

  it.each([
    ['the control plane', controlPlane, {}, true],
    ['a role under the cluster’s own context', tally(toRole('thief')), {}, false],
    [
      'a role that the configuration expects',
      tally(toRole('backup')),
      { expected: { decrypters: ['*/backup'] } },
      true,
    ],
    [
      'a service under another context',
      tally('ec2.amazonaws.com', { context: { 'aws:ebs:id': 'vol-1' } }),
      {},
      true,
    ],
    [
      'a role that only seals, and whom nobody named',
      tally(toRole('writer'), { operation: 'GenerateDataKey', context: {} }),
      {},
      false,
    ],
    ['a role that only failed', tally(toRole('prober'), { outcome: 'AccessDenied', context: {} }), {}, false],
  ])('says whether somebody is expected: %s', (_name, use, given, expected) => {
    const { principals } = known(toWhoUsed([toUsedKey([use])], settings.parse(given)));
    expect(principals.map((one) => one.expected)).toEqual([expected]);
  });

  it('names whom nobody expects first', () => {
    const { principals } = known(toWhoUsed([toUsedKey([controlPlane, tally(toRole('thief'))])], defaults));
    expect(principals.map(({ principal }) => principal)).toEqual([toRole('thief'), 'eks.amazonaws.com']);
  });

  it('tells what EKS did under a context that no grant has apart from the rest, as the check does', () => {
    const { principals } = known(toWhoUsed([toUsedKey([controlPlane, strayUse])], defaults));
    expect(
      principals.map(({ principal, operations, contexts, expected }) => [
        principal,
        operations,
        contexts,
        expected,
      ]),
    ).toEqual([
      ['eks.amazonaws.com', { Decrypt: 56 }, [strayContext], false],
      ['eks.amazonaws.com', { Decrypt: 48 }, [context], true],
    ]);
  });

  it('claims nothing of a context where a grant of EKS is bound to none', () => {
    const subject = toUsedKey([strayUse]);
    const grants = toKnown([{ ...toEksGrant('shop', 'x'), Constraints: {} }]);
    const unbound = { ...subject, facts: { ...subject.facts, 'key.grants': grants } };
    expect(known(toWhoUsed([unbound], defaults)).principals).toMatchObject([{ expected: true }]);
  });

  it('says of which time it knows, from which source, and what of it is missing', () => {
    const missing = [
      {
        what: 'older ones',
        reason: 'over-budget' as const,
        from: '2026-11-20T00:00:00.000Z',
        to: '2026-11-21T00:00:00.000Z',
      },
    ];
    expect(known(toWhoUsed([toUsedKey([], [], missing)], defaults)).coverage).toEqual({
      from: '2026-11-20T00:00:00.000Z',
      to: '2026-11-24T00:00:00.000Z',
      source: 'log-files',
      gaps: [
        {
          from: '2026-11-20T00:00:00.000Z',
          to: '2026-11-21T00:00:00.000Z',
          reason: 'over-budget: older ones',
        },
      ],
    });
  });

  it('counts a replica’s use too, and a replica whose events are unread as a gap', () => {
    const replica = toUsedKey([tally(toRole('thief'))]);
    const unread = toKeySubject();
    const used = known(toWhoUsed([toUsedKey([controlPlane]), replica, unread], defaults));
    expect(used.principals.map(({ principal }) => principal)).toEqual([toRole('thief'), 'eks.amazonaws.com']);
    expect(used.coverage.gaps).toMatchObject([
      { reason: expect.stringContaining('key.use was not collected') },
    ]);
  });

  it('is unknown where no member’s events were read', () => {
    expect(toWhoUsed([toKeySubject()], defaults)).toMatchObject({ unknown: 'failed' });
  });
});
