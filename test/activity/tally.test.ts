import { describe, expect, it } from 'vitest';
import { parseKeyEvents } from '../../shared/activity/key-event.ts';
import { createTally } from '../../shared/activity/tally.ts';
import { mostNamed } from '../../shared/evidence/events.ts';
import { alice, context, decrypt, keyArn, otherKeyArn } from './records.ts';

const window = { from: '2026-11-19T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z' };
const count = (records: object[], keys = [{ arn: keyArn }]) => {
  const tally = createTally(keys, window);
  for (const record of records) for (const event of parseKeyEvents(record)) tally.add(event);
  return tally.get(keyArn);
};
const at = (eventTime: string, eventID: string, more: object = {}) => ({
  ...decrypt,
  eventTime,
  eventID,
  ...more,
});

describe('a tally', () => {
  it('counts calls that agree together, by UTC day', () => {
    const days = count([
      at('2026-11-20T23:59:59Z', 'b'),
      at('2026-11-20T10:00:00Z', 'a'),
      at('2026-11-21T00:00:00Z', 'c'),
    ]);
    expect([...days.keys()].sort()).toEqual(['2026-11-20', '2026-11-21']);
    expect(days.get('2026-11-20')?.uses).toMatchObject([
      { count: 2, first: '2026-11-20T10:00:00.000Z', last: '2026-11-20T23:59:59.000Z', events: ['a', 'b'] },
    ]);
  });

  it.each([
    ['who called', { userIdentity: alice }],
    ['the operation', { eventName: 'Encrypt' }],
    ['the context', { requestParameters: { encryptionContext: { 'aws:eks:context': 'other' } } }],
    ['the outcome', { errorCode: 'AccessDenied' }],
  ])('tells apart by %s', (_what, difference) => {
    const days = count([at('2026-11-20T10:00:00Z', 'a'), at('2026-11-20T10:00:00Z', 'b', difference)]);
    expect(days.get('2026-11-20')?.uses).toHaveLength(2);
  });

  it('counts an event that is delivered twice once', () => {
    const twice = at('2026-11-20T10:00:00Z', 'a');
    expect(count([twice, twice]).get('2026-11-20')?.uses[0]?.count).toBe(1);
  });

  it('counts both sides of a ReEncrypt with one key on each', () => {
    const record = at('2026-11-20T10:00:00Z', 'a', {
      eventName: 'ReEncrypt',
      requestParameters: { sourceEncryptionContext: context, destinationEncryptionContext: { b: 'c' } },
      resources: [{ ARN: keyArn }, { ARN: keyArn }],
    });
    expect(
      count([record])
        .get('2026-11-20')
        ?.uses.map(({ operation }) => operation),
    ).toEqual(['ReEncryptFrom', 'ReEncryptTo']);
  });

  it('names no more events than twenty, and counts all', () => {
    const many = Array.from({ length: 25 }, (_, index) => at('2026-11-20T10:00:00Z', `e${index}`));
    const [use] = count(many).get('2026-11-20')?.uses ?? [];
    expect(use?.count).toBe(25);
    expect(use?.events).toHaveLength(mostNamed);
  });

  it('names the earliest events, whichever order they come in', () => {
    const many = Array.from({ length: 25 }, (_, index) =>
      at(`2026-11-20T10:00:${String(index).padStart(2, '0')}Z`, `id-${99 - index}`),
    );
    const [forwards] = count(many).get('2026-11-20')?.uses ?? [];
    expect(forwards?.events.slice(0, 2)).toEqual(['id-99', 'id-98']);
    expect(count(many.toReversed()).get('2026-11-20')?.uses).toEqual([forwards]);
  });

  it('tells calls under many contexts by the contexts’ names, and under many names by none', () => {
    const under = (encryptionContext: object, id: string) =>
      at('2026-11-20T10:00:00Z', id, { requestParameters: { encryptionContext } });
    const volumes = Array.from({ length: 30 }, (_, index) =>
      under({ 'aws:ebs:id': `vol-${index}` }, `v${index}`),
    );
    const toTold = (records: object[]) =>
      count(records)
        .get('2026-11-20')
        ?.uses.map((use) => [use.context, use.count]);
    expect(toTold(volumes)).toEqual([[{ 'aws:ebs:id': '*' }, 30]]);
    const invented = Array.from({ length: 30 }, (_, index) => under({ [`name-${index}`]: 'a' }, `n${index}`));
    expect(toTold([...volumes, ...invented])).toEqual([[{ '*': '*' }, 60]]);
  });

  it('never folds contexts of EKS: they decide how bad a use is', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      at('2026-11-20T10:00:00Z', `e${index}`, {
        requestParameters: { encryptionContext: { 'aws:eks:context': `cluster-${index}` } },
      }),
    );
    expect(count(many).get('2026-11-20')?.uses).toHaveLength(30);
  });

  it.each([
    ['of another key', { resources: [{ ARN: otherKeyArn }] }],
    ['before the window', { eventTime: '2026-11-18T23:59:59Z' }],
    ['after the window', { eventTime: '2026-11-22T00:00:00Z' }],
  ])('leaves out what is %s', (_what, difference) => {
    expect(count([at('2026-11-20T10:00:00Z', 'a', difference)]).size).toBe(0);
  });

  it.each([
    ['its bare id', '1234abcd-12ab-34cd-56ef-1234567890ab'],
    ['an alias', 'alias/ledger'],
    ['an alias’s ARN', 'arn:aws:kms:us-west-2:111122223333:alias/ledger'],
    ['its custom key store', 'cks-1234567890abcdef0'],
  ])('finds the key of a change by %s', (_what, named) => {
    const isStore = named.startsWith('cks-');
    const record = at('2026-11-20T10:00:00Z', 'a', {
      eventName: isStore ? 'DisconnectCustomKeyStore' : 'DisableKey',
      requestParameters: isStore ? { customKeyStoreId: named } : { keyId: named },
      resources: null,
    });
    const key = { arn: keyArn, aliases: ['alias/ledger'], customKeyStoreId: 'cks-1234567890abcdef0' };
    expect(count([record], [key]).get('2026-11-20')?.changes).toHaveLength(1);
  });

  it('takes a bare id of another account or Region for another key', () => {
    const record = at('2026-11-20T10:00:00Z', 'a', {
      eventName: 'DisableKey',
      requestParameters: { keyId: '1234abcd-12ab-34cd-56ef-1234567890ab' },
      resources: null,
      recipientAccountId: '444455556666',
    });
    expect(count([record]).size).toBe(0);
  });

  it('keeps changes in the order of their time', () => {
    const toChange = (time: string, id: string) =>
      at(time, id, { eventName: 'DisableKey', requestParameters: { keyId: keyArn } });
    const days = count([toChange('2026-11-20T12:00:00Z', 'b'), toChange('2026-11-20T11:00:00Z', 'a')]);
    expect(days.get('2026-11-20')?.changes.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});
