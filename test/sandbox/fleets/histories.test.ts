import { describe, expect, it } from 'vitest';
import { eventsBetween, getLastUsage } from '../../../sandbox/event-history.ts';
import { demoEarlierFaults, demoEventFaults, demoFleet } from '../../../sandbox/fleets/demo.ts';
import type { CloudTrailRecord, EventStream, Fleet } from '../../../sandbox/fleets/fleet.ts';
import { ordinaryFleet } from '../../../sandbox/fleets/ordinary.ts';
import { changeNames, type KeyEvent, parseKeyEvents } from '../../../shared/activity/key-event.ts';

const now = new Date('2026-11-24T12:00:00Z');
const day = 86_400_000;
const fleets = { demo: demoFleet(now), ordinary: ordinaryFleet(now) };
const streamsOf = ({ history }: Fleet): EventStream[] => history?.streams ?? [];
const lastDays = (fleet: Fleet, days: number) =>
  eventsBetween(streamsOf(fleet), now.getTime() - days * day, now.getTime());
const toKeyEvents = (records: CloudTrailRecord[]): KeyEvent[] =>
  records.flatMap((record) => parseKeyEvents(record));

describe.each(Object.entries(fleets))('The history of the %s fleet', (name, fleet) => {
  const recent = lastDays(fleet, 2);

  it('is the same for the same moment, and tells the same days to whoever asks later', () => {
    const make = { demo: demoFleet, ordinary: ordinaryFleet }[name] ?? demoFleet;
    const [from, to] = [now.getTime() - 2 * day, now.getTime() - day];
    const heartbeats = (of: Fleet) =>
      streamsOf(of)
        .filter(({ names }) => names.includes('Encrypt'))
        .flatMap((stream) => stream.between(from, to));
    expect(eventsBetween(streamsOf(make(now)), from, to)).toEqual(eventsBetween(streamsOf(fleet), from, to));
    const later = new Set(heartbeats(make(new Date(now.getTime() + 3600_000))).map(({ eventID }) => eventID));
    // A demo's incidents are counted back from its moment; a cluster's own life is not, but for the days it was made.
    expect(heartbeats(fleet).filter(({ eventID }) => !later.has(eventID))).toEqual([]);
  });

  it('tells the same whether it is asked in one piece or hour by hour', () => {
    const [from, to] = [now.getTime() - day, now.getTime()];
    const hours = Array.from({ length: 24 }, (_, hour) =>
      eventsBetween(streamsOf(fleet), from + hour * 3600_000, from + (hour + 1) * 3600_000),
    );
    expect(hours.flat()).toEqual(eventsBetween(streamsOf(fleet), from, to));
  });

  it('has each event once in an account, none yet to come, and none of a name that its stream does not tell', () => {
    const ids = recent.map(({ recipientAccountId, eventID }) => `${recipientAccountId} ${eventID}`);
    expect(new Set(ids).size).toBe(ids.length);
    expect(eventsBetween(streamsOf(fleet), now.getTime(), now.getTime() + day)).toEqual([]);
    for (const { names, account, region, between } of streamsOf(fleet))
      for (const record of between(now.getTime() - 2 * day, now.getTime())) {
        expect(names).toContain(record.eventName);
        expect([record.recipientAccountId, record.awsRegion]).toEqual([account, region]);
      }
  });

  it('is read by what reads CloudTrail: uses and changes of its own keys, in their account and Region', () => {
    const keys = new Set(fleet.keys.map(({ metadata }) => metadata.Arn));
    const events = toKeyEvents(recent).filter(({ key }) => keys.has(key));
    expect(events.length).toBeGreaterThan(recent.length / 5);
    for (const { kind } of events) expect(['use', 'change']).toContain(kind);
    const readers = recent.filter(({ eventSource }) => eventSource === 'kms.amazonaws.com');
    expect(readers.every(({ eventVersion }) => eventVersion === '1.11')).toBe(true);
  });

  it('has look-alikes that are about no key', () => {
    const arns = fleet.keys.map(({ metadata }) => metadata.Arn);
    const alike = recent.filter(
      (record) =>
        record.eventSource !== 'kms.amazonaws.com' &&
        arns.some((arn) => JSON.stringify(record).includes(arn)),
    );
    expect(new Set(alike.map(({ eventName }) => eventName)).size).toBeGreaterThanOrEqual(4);
    expect(toKeyEvents(alike)).toEqual([]);
  });
});

describe('The history of the ordinary fleet', () => {
  const streams = streamsOf(fleets.ordinary).filter(({ names }) =>
    changeNames.some((name) => names.includes(name)),
  );
  const month = eventsBetween(streams, now.getTime() - 30 * day, now.getTime());
  const changes = toKeyEvents(month).filter(({ kind }) => kind === 'change');

  it('has changes by AWS’s services alone, grants of volumes by the hundred', () => {
    const calls = changes.flatMap((event) => (event.kind === 'change' ? [event.change] : []));
    expect(calls.filter(({ name, invokedBy }) => !invokedBy || !/Grant$/.test(name))).toEqual([]);
    expect(calls.filter(({ name }) => name === 'CreateGrant').length).toBeGreaterThan(600);
  });
});

describe('The history of the demo fleet', () => {
  // Without what goes on all the time, which has nothing special to it.
  const isSteady = ({ names }: EventStream) =>
    ['Encrypt', 'AssumeRole', 'CreateVolume', 'TagResource'].some((name) => names.includes(name));
  const records = eventsBetween(
    streamsOf(fleets.demo).filter((stream) => !isSteady(stream)),
    now.getTime() - 30 * day,
    now.getTime(),
  );

  it('has each kind of change that it seeds, and all names are changes', () => {
    const names = new Set(
      toKeyEvents(records).flatMap((event) => (event.kind === 'change' ? [event.change.name] : [])),
    );
    expect([...names].sort()).toEqual([
      'CancelKeyDeletion',
      'CreateAlias',
      'CreateGrant',
      'DisableKey',
      'EnableKey',
      'PutKeyPolicy',
      'RetireGrant',
      'RevokeGrant',
      'ScheduleKeyDeletion',
    ]);
    expect([...names].every((name) => changeNames.some((known) => known === name))).toBe(true);
  });

  it('tells a cross-account call that succeeded to both accounts, and without a name to the key’s', () => {
    const shared = records.filter(({ eventName, sharedEventID }) => eventName === 'Decrypt' && sharedEventID);
    expect(
      shared.map(({ recipientAccountId, userIdentity }) => [recipientAccountId, userIdentity.type]),
    ).toEqual(
      expect.arrayContaining([
        ['888899990000', 'AWSAccount'],
        ['666677778888', 'AssumedRole'],
      ]),
    );
    expect(new Set(shared.map(({ sharedEventID }) => sharedEventID)).size).toBe(1);
    expect(new Set(shared.map(({ eventID }) => eventID)).size).toBe(2);
  });

  it('tells a denied cross-account call to the caller’s account alone', () => {
    const denied = records.filter(
      ({ errorCode, eventName }) => errorCode === 'AccessDenied' && eventName === 'DescribeKey',
    );
    expect(new Set(denied.map(({ recipientAccountId }) => recipientAccountId))).toEqual(
      new Set(['888899990000']),
    );
    expect(denied.every(({ errorMessage }) => String(errorMessage).includes(':777788889999:key/'))).toBe(
      true,
    );
  });

  it('seeds what happened to clusters that it has, each once, all within 90 days', () => {
    const faults = [...demoEventFaults, ...demoEarlierFaults];
    const names = new Set(fleets.demo.clusters.map(({ name }) => name));
    expect(faults.filter(({ cluster }) => !names.has(cluster))).toEqual([]);
    expect(new Set(faults.map((finding) => JSON.stringify(finding))).size).toBe(faults.length);
    expect(faults.every(({ needsDays = 0 }) => needsDays < 90)).toBe(true);
  });

  it('names as subject of an opening an event that is there', () => {
    const opened = demoEventFaults.filter(({ check }) => check === 'key-was-not-opened');
    const ids = new Set(records.map(({ eventID }) => eventID));
    expect(opened.map(({ subject = '' }) => ids.has(subject))).toEqual([true, true, true]);
  });

  it('agrees with what GetKeyLastUsage tells', () => {
    const used = fleets.demo.keys.flatMap(({ metadata }) => {
      const usage = getLastUsage(fleets.demo, metadata.Arn);
      return usage?.Timestamp === undefined ? [] : [{ arn: metadata.Arn, usage }];
    });
    expect(used.length).toBeGreaterThan(30);
    for (const { arn, usage } of used) {
      const after = toKeyEvents(
        eventsBetween(
          streamsOf(fleets.demo).filter(({ keyArn }) => keyArn === arn),
          usage.Timestamp?.getTime() ?? 0,
          now.getTime(),
        ).filter(({ errorCode }) => errorCode === undefined),
      ).filter(({ kind, key }) => kind === 'use' && key === arn);
      const last = after.map((event) => (event.kind === 'use' ? event.use : undefined)).at(-1);
      expect([last?.id, last?.operation]).toEqual([usage.CloudTrailEventId, usage.Operation]);
    }
  });
});
