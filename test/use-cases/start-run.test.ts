import type { ParameterType } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { checks } from '../../shared/checks/index.ts';
import { openAws } from '../../shared/runtime/aws.ts';
import { ConfigError } from '../../shared/runtime/errors.ts';
import { readConfigParameter } from '../../shared/store/config-parameter.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { indexNames, toRunNames } from '../../shared/store/names.ts';
import { toConfigPlace } from '../../shared/use-cases/load-settings.ts';
import { readRun } from '../../shared/use-cases/read-run.ts';
import { executionStart, startRun, toRunId } from '../../shared/use-cases/start-run.ts';
import { central, management, region, threeClusters, toFleet, west, workload } from './fleets.ts';
import { serveFleet } from './scan-fleet.ts';

const signal = new AbortController().signal;
const deployed = {
  accounts: [workload, workload, central],
  regions: 'all' as const,
  configuration: undefined,
  readParameter: readConfigParameter,
  checkIds: checks.map(({ id }) => id),
  keyUseDays: 0,
  kubernetesClusters: '',
};
const toEvent = (input: object, execution = 'first') =>
  executionStart.parse({ execution, startedAt: '2026-11-24T02:00:03.456Z', input });
const night = { scheduledTime: '2026-11-24T02:00:00Z' };
const change = {
  change: { account: central, region, minute: '2026-11-24T02:00:00Z' },
  scanAt: '2026-11-24T02:01:30Z',
};

const open = async () => {
  const sandbox = await serveFleet(toFleet(threeClusters()));
  const store = createMemoryStore();
  const aws = await openAws({ roleName: 'keyward-member', isGentle: false, signal });
  const start = (input: object, execution?: string, changes: Partial<Parameters<typeof startRun>[3]> = {}) =>
    startRun(store, aws, toEvent(input, execution), { ...deployed, ...changes }, signal);
  const putParameter = (name: string, Value: string, Type: ParameterType = 'String') =>
    sandbox.world.parameters.set(`${management}/${region}${name}`, { Type, Value });
  return { sandbox, store, start, putParameter };
};

describe('A run', () => {
  it.each([
    ['its night', night, '2026-11-24T020000Z'],
    ['its execution, started by hand', {}, 'first'],
    ['its execution, started by a change', change, 'first'],
  ])('is named after %s', (_, input, run) => {
    expect(toRunId(toEvent(input))).toBe(run);
  });

  it.each([
    ['a misspelt name', { scheduleTime: '2026-11-24T02:00:00Z' }],
    ['no moment', { scheduledTime: 'tonight' }],
    ['no account', { accounts: ['12'] }],
    ['no accounts at all', { accounts: [] }],
    ['a change without its minute', { change: { account: central, region }, scanAt: '2026-11-24T02:01:30Z' }],
  ])('is not started by %s', (_, input) => {
    expect(() => toEvent(input)).toThrow();
  });

  it('has the targets of the deployment, each once', async () => {
    const { store, start } = await open();
    expect(await start(night)).toMatchObject({ id: '2026-11-24T020000Z' });
    const { start: begun } = await readRun(store, '2026-11-24T020000Z');
    expect(begun).toMatchObject({ accounts: [workload, central].sort(), regions: 'all', execution: 'first' });
  });

  it.each<[string, object, number, object | undefined]>([
    ['where no trail is known', night, 0, undefined],
    ['of a night', night, 7, { source: 'athena', from: '2026-11-17T00:00:00.000Z' }],
    ['by hand', {}, 7, { source: 'athena', from: '2026-11-17T00:00:00.000Z' }],
    ['for a change', change, 7, undefined],
  ])('asks Athena who used the keys, or not, %s', async (_, input, keyUseDays, use) => {
    const { store, start } = await open();
    await start(input, 'first', { keyUseDays });
    expect((await readRun(store, toRunId(toEvent(input)))).start.events?.use).toEqual(use);
  });

  it.each<[string, object, string, object | undefined]>([
    ['no cluster where none is named', night, '', undefined],
    ['those that the deployment names, of a night', night, 'prod-*', { clusters: 'prod-*', metadata: true }],
    ['none for a change', change, 'prod-*', undefined],
  ])('reads within %s', async (_, input, kubernetesClusters, kubernetes) => {
    const { store, start } = await open();
    await start(input, 'first', { kubernetesClusters });
    expect((await readRun(store, toRunId(toEvent(input)))).start.kubernetes).toEqual(kubernetes);
  });

  it('has the targets that were asked for by hand', async () => {
    const { store, start } = await open();
    await start({ accounts: [central], regions: [west] });
    expect((await readRun(store, 'first')).start).toMatchObject({ accounts: [central], regions: [west] });
  });

  it('has every account whose clusters hang on a key where something changed', async () => {
    const { store, start } = await open();
    const key = `arn:aws:kms:${region}:${central}:key/one`;
    await store.put(indexNames.at(key, workload, region, 'a'), '{}');
    await start(change);
    expect((await readRun(store, 'first')).start).toMatchObject({
      accounts: [workload, central].sort(),
      regions: [region],
    });
  });

  it('is the first execution’s that comes to it, and goes on when that is called again', async () => {
    const { store, start } = await open();
    expect(await start(night, 'first')).toBeDefined();
    expect(await start(night, 'second', { accounts: [management] })).toBeUndefined();
    expect(await start(night, 'first')).toBeDefined();
    const { start: begun } = await readRun(store, '2026-11-24T020000Z');
    expect(begun.accounts).toEqual([workload, central].sort());
  });

  it('leaves its maps a home to read, though no cluster names a key', async () => {
    const { store, start } = await open();
    await start(night);
    const { homes } = toRunNames('2026-11-24T020000Z');
    expect(await Array.fromAsync(store.list(homes))).toEqual([`${homes}${management}`]);
  });
});

describe('The configuration of a run', () => {
  const object = 'config/keyward.config.yaml';
  const configuration = toConfigPlace(object, '');

  it('lies in the store, its list of accounts beside it, and judges all of the run', async () => {
    const { store, start } = await open();
    await store.put(object, 'organizationAccounts: accounts.txt\nthresholds: { rotationDays: 90 }\n');
    await store.put('config/accounts.txt', `${workload} # ours\n`);
    await start(night, 'first', { configuration });
    const { settings } = await readRun(store, '2026-11-24T020000Z');
    expect(settings).toMatchObject({ organizationAccounts: [workload], thresholds: { rotationDays: 90 } });
  });

  it.each([
    ['is missing', undefined, /There is no object config\/keyward\.config\.yaml/],
    [
      'has a mistake',
      'thresholds: { rotationDay: 3 }',
      /config\/keyward\.config\.yaml, line 1.*rotationDays/,
    ],
  ])('ends the run where it %s', async (_, text, message) => {
    const { store, start } = await open();
    if (text) await store.put(object, text);
    const failure = start(night, 'first', { configuration });
    await expect(failure).rejects.toBeInstanceOf(ConfigError);
    await expect(failure).rejects.toThrow(message);
  });

  const name = '/keyward/config';
  const parameter = toConfigPlace('', name);

  it('lies in a parameter, and judges all of the run', async () => {
    const { store, start, putParameter } = await open();
    putParameter(name, 'thresholds: { rotationDays: 90 }');
    await start(night, 'first', { configuration: parameter });
    const { start: begun, settings } = await readRun(store, '2026-11-24T020000Z');
    expect(settings.thresholds.rotationDays).toBe(90);
    expect(begun.configuration).toBe(name);
  });

  it.each<[string, [text: string, type?: ParameterType] | undefined, RegExp]>([
    ['is missing', undefined, /There is no parameter \/keyward\/config in this account and Region/],
    [
      'has a mistake',
      ['thresholds: { rotationDay: 3 }'],
      /^\/keyward\/config, line 1, column 15: .*rotationDays/,
    ],
    ['is sealed', ['AQICAHg', 'SecureString'], /is of the type SecureString/],
    [
      'names a file',
      ['organizationAccounts: accounts.txt'],
      /line 1.*there is no file accounts\.txt beside a parameter; list the accounts/,
    ],
  ])('ends the run where its parameter %s', async (_, given, message) => {
    const { start, putParameter } = await open();
    if (given) putParameter(name, ...given);
    const failure = start(night, 'first', { configuration: parameter });
    await expect(failure).rejects.toBeInstanceOf(ConfigError);
    await expect(failure).rejects.toThrow(message);
  });

  it('ends the run where its parameter may not be read, and is asked for again where AWS is out of order', async () => {
    const { start, sandbox } = await open();
    sandbox.setFaults([{ kind: 'access-denied', service: 'ssm' }]);
    await expect(start(night, 'first', { configuration: parameter })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('may not be read: '),
    });
    sandbox.setFaults([{ kind: 'server-error', service: 'ssm' }]);
    await expect(start(night, 'first', { configuration: parameter })).rejects.not.toBeInstanceOf(ConfigError);
  });

  it('is one of the two, or neither', () => {
    expect(toConfigPlace('', '')).toBeUndefined();
    expect(() => toConfigPlace(object, name)).toThrow(ConfigError);
  });
});
