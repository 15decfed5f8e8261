import { describe, expect, it } from 'vitest';
import { keyIsInUse } from '../../shared/checks/key-is-in-use.ts';
import { toUnknown } from '../../shared/evidence/fact.ts';
import { denied, type Given, judge, keyArn, saysDenied } from './cases.ts';
import { actors, quietDays, toTally, toUse } from './events.ts';

const tracking = { TrackingStartDate: '2026-06-01T00:00:00Z' };
const usedAt = (Timestamp: string): Given['lastUsage'] => ({
  ...tracking,
  KeyLastUsage: { Operation: 'Decrypt', Timestamp, CloudTrailEventId: 'event-1' },
});
const unsupported = toUnknown('unsupported', 'kms:GetKeyLastUsage is not known here');
const nothing = toUse([]);
const ask = (given: Given) => judge(keyIsInUse, given);

describe('key-is-in-use', () => {
  it.each<[string, Given]>([
    ['KMS saw a use a minute ago', { lastUsage: usedAt('2026-11-24T01:59:00Z') }],
    ['KMS saw a use as long ago as is looked back', { lastUsage: usedAt('2026-11-17T02:00:00Z') }],
    [
      'KMS saw a use months ago, of a cluster that calls it for Secrets alone',
      { lastUsage: usedAt('2026-08-26T02:00:00Z'), cluster: { version: '1.27' } },
    ],
    ['events show a use, where KMS cannot say', { lastUsage: unsupported, use: toUse(quietDays()) }],
    ['events show a use that KMS has not told yet', { lastUsage: tracking, use: toUse(quietDays()) }],
    ['events show somebody’s use', { lastUsage: tracking, use: toUse([toTally(actors.operator)]) }],
  ])('passes when %s', (_, given) => {
    expect(ask(given)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Given, object, string]>([
    [
      'no use since KMS keeps track',
      { lastUsage: tracking },
      { since: '2026-11-17T02:00:00.000Z', lastUse: null, source: 'GetKeyLastUsage' },
      'yet GetKeyLastUsage shows no use of it since 2026-11-17 02:00 UTC.',
    ],
    [
      'no use since KMS keeps track, which is not long',
      { lastUsage: { TrackingStartDate: '2026-11-21T00:00:00Z' } },
      { since: '2026-11-21T00:00:00Z' },
      'since 2026-11-21 00:00 UTC.',
    ],
    [
      'no use since the cluster is there',
      { lastUsage: tracking, cluster: { createdAt: '2026-11-20T00:00:00Z' } },
      { since: '2026-11-20T00:00:00Z' },
      'since 2026-11-20 00:00 UTC.',
    ],
    [
      'a use long ago',
      { lastUsage: usedAt('2026-06-15T08:00:00Z') },
      { lastUse: { operation: 'Decrypt', time: '2026-06-15T08:00:00Z', event: 'event-1' } },
      'since 2026-06-15 08:00 UTC (Decrypt).',
    ],
    [
      'denied calls alone, in events',
      { lastUsage: unsupported, use: toUse([toTally(actors.eks, { outcome: 'AccessDenied' })]) },
      { since: '2026-11-01T00:00:00.000Z', source: 'log-files' },
      'yet log-files shows no use of it since 2026-11-01 00:00 UTC.',
    ],
  ])('fails for %s', (_, given, evidence, words) => {
    const [verdict, ...rest] = ask(given);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'low',
      subject: null,
      evidence: { key: keyArn, ...evidence },
    });
    expect(verdict?.message).toContain(words);
  });

  it('tells a disabled key’s silence, too, since when', () => {
    const given: Given = { lastUsage: usedAt('2026-11-01T00:00:00Z'), metadata: { KeyState: 'Disabled' } };
    expect(ask(given)).toMatchObject([{ status: 'fail', evidence: { since: '2026-11-01T00:00:00Z' } }]);
  });

  it('looks back no longer than events are kept', () => {
    const lastUsage = usedAt('2026-11-20T00:00:00Z');
    const settings = { thresholds: { eventRetentionDays: 3 } };
    expect(ask({ lastUsage })).toMatchObject([{ status: 'pass' }]);
    expect(ask({ lastUsage, settings })).toMatchObject([{ status: 'fail' }]);
    const longAgo: Given = { lastUsage: usedAt('2026-08-01T00:00:00Z'), cluster: { version: '1.27' } };
    expect(ask(longAgo)).toMatchObject([{ status: 'fail' }]);
  });

  it.each<[string, Given]>([
    ['is being made', { cluster: { status: 'CREATING' } }],
    ['is being updated', { cluster: { status: 'UPDATING' } }],
    [
      'names a key that is not there',
      { lastUsage: toUnknown('not-found', 'no such key'), use: nothing, metadata: denied },
    ],
    ['is younger than a day', { cluster: { createdAt: '2026-11-23T12:00:00Z' } }],
  ])('does not apply to a cluster that %s', (_, given) => {
    expect(ask({ lastUsage: tracking, ...given })).toMatchObject([{ status: 'not-applicable' }]);
  });

  it('claims no use by the cluster', () => {
    expect(keyIsInUse.pass).toMatch(/^The key was used for something/);
  });

  it.each<[string, Given]>([
    ['KMS may not be asked, and no events are known', { lastUsage: denied }],
    ['KMS may not be asked, and events could not be read', { lastUsage: denied, use: denied }],
    ['events are known in part', { lastUsage: denied, use: nothing, missing: ['key.use'] }],
    [
      'events are known of less than a day',
      { lastUsage: denied, use: { ...nothing, from: '2026-11-23T02:00:00.000Z' } },
    ],
    ['the cluster could not be described', { cluster: denied, lastUsage: tracking }],
  ])('is unknown when %s', (_, given) => {
    expect(ask(given)).toMatchObject(saysDenied);
  });

  it('is unknown where KMS began to keep track less than a day ago, or does not say when', () => {
    for (const lastUsage of [{ TrackingStartDate: '2026-11-23T12:00:00Z' }, {}])
      expect(ask({ lastUsage })).toMatchObject([{ status: 'unknown', reason: 'incomplete-window' }]);
  });
});
