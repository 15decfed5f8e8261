import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { cluster, key } from '../../sandbox/fleets/build.ts';
import { accountPolicy } from '../../sandbox/fleets/policies.ts';
import { scenario, sealed } from '../../sandbox/fleets/scenario.ts';
import { judgeCluster, judgeKey } from '../../shared/plan/preflight.ts';
import { region, site, toFleet, workload } from '../use-cases/fleets.ts';
import { toKeySubject } from '../who/key-subject.ts';
import { makeFolder, serveFleet, startKeyward } from './start-keyward.ts';

const candidate = key(site, 'candidate', { policy: accountPolicy(workload) });
const keyArn = candidate.metadata.Arn;
const schema = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../docs/schema/keyward-plan-v1.json'), 'utf8'),
);
const toErrors = (document: unknown) => {
  const validate = new Ajv2020({ strict: false }).compile(schema);
  validate(document);
  return validate.errors ?? [];
};

const start = async (words: string[], faults: Parameters<typeof serveFleet>[1] = []) => {
  const fleet = toFleet([
    sealed(site, 'shop'),
    scenario('bare', { clusters: [cluster(site, 'bare', {})], keys: [candidate] }),
  ]);
  const { env, sandbox } = await serveFleet(fleet, faults);
  const folder = makeFolder();
  const targets = ['--accounts', workload, '--role-name', 'keyward-member', '--regions', region];
  const run = (more: string[]) => startKeyward([...more, ...targets], { folder, env }).ended;
  return { folder, sandbox, run, ended: run(['plan', ...words]) };
};

describe('keyward plan', () => {
  it.each<[string, string[], 'stdout' | 'stderr' | 'neither']>([
    ['below the table', [], 'stdout'],
    ['on standard error beside JSON', ['--format', 'json'], 'stderr'],
    ['nowhere with JSON and --quiet', ['--format', 'json', '--quiet'], 'neither'],
  ])('tells what was refused %s', async (_, words, where) => {
    const { ended } = await start(['shop', ...words], [{ kind: 'access-denied', operation: 'ListGrants' }]);
    const output = await ended;
    const told =
      /Ran as arn:aws:iam::111122223333:user\/ci, and as keyward-member in 1 other account\.\n {2}refused {3}kms:ListGrants: 1 key in 123456789012 eu-central-1\nWhat each is for: docs\/permissions\.md\n$/;
    expect([told.test(output.stdout), told.test(output.stderr)]).toEqual([
      where === 'stdout',
      where === 'stderr',
    ]);
    if (where !== 'stdout') expect(() => JSON.parse(output.stdout)).not.toThrow();
  });

  it.each([
    ['a sealed cluster', ['shop'], 'customer-key'],
    ['a cluster without a key', ['bare'], 'no-customer-key'],
    ['a cluster and the key that it is to be given', ['bare', '--key', keyArn], 'no-customer-key'],
  ])('prints JSON of the published schema for %s', async (_, words, sealedWith) => {
    const { ended } = await start([...words, '--format', 'json']);
    const { stdout, stderr, status } = await ended;
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const plan = JSON.parse(stdout);
    expect(toErrors(plan)).toEqual([]);
    expect(plan).toMatchObject({
      sealedWith,
      policy: { keepsAdministrator: true, roleSeesKey: true, brings: [] },
    });
  });

  it('judges the very key that is to be given', async () => {
    const { ended } = await start(['bare', '--key', keyArn, '--format', 'json']);
    const { key: planned, preflight, policy } = JSON.parse((await ended).stdout);
    expect(planned).toBe(keyArn);
    expect(preflight).toContainEqual(expect.objectContaining({ id: 'key-is-enabled', answer: 'ready' }));
    expect(policy.difference.removed).toHaveLength(1);
    expect(policy.eksKeepsKey).toBe(true);
  });

  it('proposes a policy that who --key-policy weighs alike', async () => {
    const { ended, folder, run } = await start(['shop', '--format', 'json']);
    const { policy } = JSON.parse((await ended).stdout);
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy.document));
    const { stdout } = await run(['who', 'shop', '--key-policy', 'policy.json', '--format', 'json']);
    const { gains, losses, keepsAdministrator, clusterKeepsKey } = JSON.parse(stdout).whatIf;
    expect({ changes: { gains, losses }, keepsAdministrator, eksKeepsKey: clusterKeepsKey }).toEqual({
      changes: policy.changes,
      keepsAdministrator: policy.keepsAdministrator,
      eksKeepsKey: policy.eksKeepsKey,
    });
  });

  it('prints a table whose commands stand on lines of their own, whole', async () => {
    const { ended, sandbox } = await start(['bare', '--key', keyArn]);
    const { stdout, status } = await ended;
    const lines = stdout.split('\n').map((line) => line.trim());
    expect(lines).toContain(
      `eksctl      eksctl utils enable-secrets-encryption --cluster bare --key-arn ${keyArn} --region ${region} --encrypt-existing-secrets=false`,
    );
    expect(stdout).toMatch(/cannot be undone/);
    expect(stdout).toMatch(/could not be decided/);
    expect(status).toBe(0);
    // It only tells.
    const verbs = [...sandbox.requests.counts.keys()].map((name) => name.replace(/^.*:/, ''));
    expect(verbs.filter((verb) => !/^(Get|List|Describe|AssumeRole)/.test(verb))).toEqual([]);
  });

  it('ends with 2 where the key could not be read', async () => {
    const denied = { kind: 'access-denied', service: 'kms' } as const;
    const { ended } = await start(['shop'], [denied]);
    const { stdout, status } = await ended;
    expect(stdout).toMatch(/could not be decided: access-denied/);
    expect(status).toBe(2);
  });

  it.each([
    ['another key for a sealed cluster', ['shop', '--key', keyArn], /is sealed with .* for its life/],
    ['a key that is none', ['bare', '--key', 'candidate'], /is no ARN of a key/],
    ['a cluster that is not there', ['nowhere'], /no cluster is called "nowhere"/],
    ['a format of findings', ['shop', '--format', 'csv'], /gives one of table and json/],
    ['no cluster', [], /needs CLUSTER/],
  ])('calls %s wrong usage', async (_, words, message) => {
    const { ended } = await start(words);
    const { stderr, status } = await ended;
    expect(stderr).toMatch(message);
    expect(status).toBe(64);
  });
});

describe('What has to hold before a cluster is given a key', () => {
  it.each([
    [undefined, 'unknown'],
    ['ACTIVE', 'ready'],
    ['UPDATING', 'blocked'],
  ])('is, of a cluster in state %s, %s', (status, answer) => {
    expect(judgeCluster({ name: 'bare', arn: 'bare', status, version: '1.33' })).toContainEqual(
      expect.objectContaining({ id: 'cluster-is-active', answer }),
    );
  });

  it.each([
    [undefined, 'unknown'],
    ['Enabled', 'ready'],
    ['Disabled', 'blocked'],
  ])('is, of a key in state %s, %s', (KeyState, answer) => {
    expect(judgeKey(toKeySubject({ metadata: { KeyState } }))).toContainEqual(
      expect.objectContaining({ id: 'key-is-enabled', answer }),
    );
  });
});
