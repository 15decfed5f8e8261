import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import * as errors from '../../shared/runtime/errors.ts';

const readText = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const text = readText('infra/scan.asl.json');

const state = z.looseObject({
  Type: z.string(),
  Retry: z.array(z.object({ ErrorEquals: z.array(z.string()) })).default([]),
  Catch: z.array(z.object({ ErrorEquals: z.array(z.string()), Next: z.string() })).default([]),
  Resource: z.string().optional(),
  Error: z.string().optional(),
});
const states = z.record(z.string(), state);
const machine = z.object({ States: states }).parse(JSON.parse(text));
const map = z.looseObject({
  ItemReader: z.object({ Resource: z.string() }),
  ResultWriter: z.object({ Resource: z.string() }),
  ResultSelector: z.strictObject({}),
  ToleratedFailurePercentage: z.literal(100),
  MaxConcurrencyPath: z.literal('$.concurrency'),
  ItemProcessor: z.object({
    ProcessorConfig: z.strictObject({ Mode: z.literal('DISTRIBUTED'), ExecutionType: z.literal('STANDARD') }),
    States: states,
  }),
});
const maps = Object.entries(machine.States).filter(([, { Type }]) => Type === 'Map');
const childrenOf = (one: z.infer<typeof state>) => Object.values(map.parse(one).ItemProcessor.States);
const all = [...Object.values(machine.States), ...maps.flatMap(([, one]) => childrenOf(one))];

/** Names that classes give their errors, as literals: a bundler renames the classes. */
const ownNames = Object.keys(errors).filter((name) =>
  readText('shared/runtime/errors.ts').includes(`override readonly name = '${name}';`),
);

describe('infra/scan.asl.json', () => {
  it('is a valid state machine once its substitutions are made', () => {
    const placeholder = /\$\{(\w+)\}/g;
    const values: Record<string, string> = {
      Partition: 'aws',
      RunsBucket: 'runs',
      Concurrency: '40',
      AsksKeyUse: 'true',
      KeyUseWorkGroup: 'keyward-prod',
    };
    const function_ = 'arn:aws:lambda:eu-central-1:111122223333:function:keyward';
    const made = text.replace(placeholder, (_, name: string) => values[name] ?? function_);
    const { status, stdout, stderr } = spawnSync('asl-validator', ['--json-definition', made], {
      encoding: 'utf8',
    });
    expect(status, `${stdout}${stderr}`).toBe(0);
  });

  it('is given a value for each of its substitutions, and no other', () => {
    const used = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
    const [, given = ''] =
      readText('infra/scan.yml').match(/DefinitionSubstitutions:\n((?: {8}\w+: .*\n)+)/) ?? [];
    expect([...given.matchAll(/^ {8}(\w+):/gm)].map(([, name]) => name).sort()).toEqual([...used].sort());
  });

  it('holds no null, which CloudFormation refuses', () => {
    expect(text).not.toMatch(/\bnull\b/);
  });

  it('names no error that there is not', () => {
    const named = all.flatMap(({ Retry, Catch, Error: ended }) => [
      ...[...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals),
      ...(ended ? [ended] : []),
    ]);
    const unknown = named.filter(
      (name) => !/^(States|Lambda|Athena)\.\w+$/.test(name) && !ownNames.includes(name),
    );
    expect(unknown).toEqual([]);
    expect(named).toContain('OutOfTimeError');
  });

  it('retries what may pass, with jitter, and never what a person must repair', () => {
    const tasks = all.filter(({ Resource }) => Resource?.endsWith(':lambda:invoke'));
    expect(tasks).toHaveLength(7);
    for (const { Retry } of tasks)
      expect(Retry).toEqual([
        { ErrorEquals: ['ConfigError', 'EventError', 'EvidenceError'] },
        { ErrorEquals: ['Lambda.TooManyRequestsException'] },
        { ErrorEquals: expect.arrayContaining(['OutOfTimeError', 'States.Timeout', 'States.TaskFailed']) },
      ]);
    expect(text.match(/"MaxAttempts": 0/g)).toHaveLength(tasks.length);
    expect(text.match(/"JitterStrategy": "FULL"/g)).toHaveLength(2 * tasks.length + 1);
  });

  it('asks Athena no query twice that may have begun to write, and goes on without its answer', () => {
    const { AskAthena, CollectKeyUse } = machine.States;
    expect(AskAthena?.Retry).toEqual([{ ErrorEquals: ['Athena.TooManyRequestsException'] }]);
    expect(AskAthena?.Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'CollectKeyUse' }]);
    expect(CollectKeyUse?.Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'CollectKeys' }]);
  });
});

describe.each(maps)('The map %s', (_, one) => {
  it('reads its items from the bucket, tolerates and records failures, and keeps no result', () => {
    expect(map.safeParse(one).error).toBeUndefined();
  });

  it('has children that end with {}, or fail', () => {
    const last = childrenOf(one).filter(
      ({ End, Type }) => End === true || Type === 'Fail' || Type === 'Succeed',
    );
    expect(last).toEqual([
      expect.objectContaining({ Type: 'Fail', Error: 'OutOfTimeError' }),
      expect.objectContaining({ Type: 'Pass', Parameters: {}, End: true }),
    ]);
  });
});

it('serverless.yml has a default for each parameter that is used, and no other', () => {
  const { params } = z
    .object({ params: z.object({ default: z.record(z.string(), z.unknown()) }) })
    .parse(parse(readText('serverless.yml'), { logLevel: 'error' }));
  const used = [
    ...`${readText('infra/parameters.yml')}${readText('infra/scan.yml')}${readText('infra/athena/athena.yml')}${readText('serverless.yml')}`.matchAll(
      /\$\{param:(\w+)\}/g,
    ),
  ];
  expect([...new Set(used.map(([, name]) => name))].sort()).toEqual(Object.keys(params.default).sort());
});
