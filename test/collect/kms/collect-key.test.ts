import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { collectKeyFacts, type KeyReader } from '../../../shared/collect/kms/collect-key.ts';
import { toKnown, toUnknown } from '../../../shared/evidence/fact.ts';
import { type Asked, serveJson } from '../serve-json.ts';

const arn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const customerKey = {
  Arn: arn,
  KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  KeyManager: 'CUSTOMER',
  KeySpec: 'SYMMETRIC_DEFAULT',
  Origin: 'AWS_KMS',
};
const toPolicy = (condition: object = {}) =>
  JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*', Condition: condition }],
  });

type Answers = Record<string, (input: Asked['input']) => object>;
const ordinary: Answers = {
  GetKeyPolicy: () => ({ Policy: toPolicy() }),
  ListGrants: () => ({ Grants: [] }),
  GetKeyRotationStatus: () => ({ KeyRotationEnabled: true }),
  ListKeyRotations: () => ({ Rotations: [] }),
  ListAliases: () => ({ Aliases: [{ AliasName: 'alias/a' }, {}] }),
};

/** Reads a key from an endpoint with the given answers; gives its facts and what was asked. */
const read = async (
  answers: Answers = {},
  { key = {}, ...reading }: { key?: object; isHome?: boolean; lacking?: KeyReader['lacking'] } = {},
) => {
  const asked: Asked[] = [];
  const access = await serveJson((call) => {
    asked.push(call);
    return { ...ordinary, ...answers }[call.operation]?.(call.input) ?? new Error('not asked for here');
  });
  const reader: KeyReader = {
    client: new KMSClient(access),
    isHome: true,
    lacking: new Map(),
    abortSignal: new AbortController().signal,
    ...reading,
  };
  const facts = await collectKeyFacts(reader, arn, toKnown({ ...customerKey, ...key }));
  return { facts, reader, asked, operations: asked.map(({ operation }) => operation).sort() };
};

/** Two pages, of which the second may break off. */
const inPages =
  (name: string, items: [object, object], isBroken: boolean) =>
  ({ Marker }: Asked['input']) => {
    if (Marker === undefined) return { [name]: [items[0]], Truncated: true, NextMarker: 'more' };
    return isBroken ? new Error('broken') : { [name]: [items[1]], Truncated: false };
  };

describe('collectKeyFacts', () => {
  it.each([
    ['ListGrants', 'Grants', 'grants', [{ GrantId: 'one' }, { GrantId: 'two' }], 100],
    [
      'ListKeyRotations',
      'Rotations',
      'rotations',
      [{ RotationType: 'AUTOMATIC' }, { RotationType: 'ON_DEMAND' }],
      1000,
    ],
  ] as const)(
    'reads every page of %s, and keeps what came before one that breaks off',
    async (operation, name, fact, [one, two], limit) => {
      const whole = await read({ [operation]: inPages(name, [one, two], false) });
      expect(whole.facts[fact]).toEqual({ value: [one, two], missing: [] });
      expect(whole.asked.find((call) => call.operation === operation)?.input).toMatchObject({ Limit: limit });

      const broken = await read({ [operation]: inPages(name, [one, two], true) });
      expect(broken.facts[fact]).toEqual({
        value: [one],
        missing: [
          { what: expect.stringContaining(`page 2 and later of kms:${operation}`), reason: 'failed' },
        ],
      });
    },
  );

  it.each([
    ['a customer managed symmetric key of KMS', {}, ['GetKeyRotationStatus', 'ListKeyRotations']],
    ['imported material, which never rotates by itself', { Origin: 'EXTERNAL' }, ['ListKeyRotations']],
    ['an AWS managed key', { KeyManager: 'AWS' }, []],
    ['an asymmetric key', { KeySpec: 'RSA_4096' }, []],
    ['a key of a custom key store', { Origin: 'AWS_CLOUDHSM' }, []],
    ['a key of an external key store', { Origin: 'EXTERNAL_KEY_STORE' }, []],
  ])('asks about the rotation of %s', async (_, key, expected) => {
    const { operations } = await read({}, { key });
    expect(operations).toEqual(['GetKeyPolicy', 'ListGrants', ...expected].sort());
  });

  it.each([
    ['no policy that looks at them', toPolicy(), undefined],
    [
      'a policy that looks at them',
      toPolicy({ StringEquals: { 'kms:ResourceAliases': 'alias/a' } }),
      ['alias/a'],
    ],
    ['a policy that nobody understands', 'no JSON', undefined],
  ])('asks for the aliases of a key with %s', async (_, Policy, expected) => {
    const { facts } = await read({ GetKeyPolicy: () => ({ Policy }) });
    expect(facts.aliases).toEqual(expected && toKnown(expected));
  });

  it('does not know a policy that KMS does not give', async () => {
    const { facts } = await read({ GetKeyPolicy: () => ({}) });
    expect(facts.policy).toEqual(toUnknown('failed', 'Error: GetKeyPolicy gave no policy'));
  });

  it('asks nothing from outside that KMS answers at home only', async () => {
    const { facts, operations } = await read({}, { isHome: false });
    expect(operations).toEqual(['GetKeyRotationStatus', 'ListGrants']);
    for (const [fact, action] of [
      ['policy', 'GetKeyPolicy'],
      ['rotations', 'ListKeyRotations'],
    ] as const)
      expect(facts[fact]).toEqual(
        toUnknown('access-denied', expect.stringContaining(`kms:${action} works in`)),
      );
  });

  it('does not ask again for what the endpoint turned out to lack', async () => {
    const unknownOperation = Object.assign(new Error('no such call'), { name: 'UnknownOperationException' });
    const { facts, reader } = await read({ ListKeyRotations: () => unknownOperation });
    expect(facts.rotations).toMatchObject({ unknown: 'unsupported' });
    const next = await read({}, { lacking: reader.lacking });
    expect(next.facts.rotations).toEqual(facts.rotations);
    expect(next.operations).not.toContain('ListKeyRotations');
  });

  it('asks again for what only failed', async () => {
    const { reader } = await read({ ListKeyRotations: () => new Error('broken') });
    const next = await read({}, { lacking: reader.lacking });
    expect(next.facts.rotations).toEqual(toKnown([]));
  });
});
