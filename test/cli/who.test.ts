import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { cluster } from '../../sandbox/fleets/build.ts';
import { scenario, sealed } from '../../sandbox/fleets/scenario.ts';
import { region, site, toFleet, workload } from '../use-cases/fleets.ts';
import { makeFolder, serveFleet, startKeyward } from './start-keyward.ts';

const schema = (name: string) =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, `../../docs/schema/${name}.json`), 'utf8'));
const valid = (name: string, document: unknown) => {
  const validate = new Ajv2020({ strict: false }).compile(schema(name));
  validate(document);
  return validate.errors ?? [];
};
const twins = ['a', 'b'].map((name) =>
  sealed({ ...site, region: name === 'a' ? region : 'eu-west-1' }, 'twin'),
);
const ask = async (
  words: string[],
  faults: Parameters<typeof serveFleet>[1] = [],
  files: Record<string, string> = {},
) => {
  const fleet = toFleet([
    sealed(site, 'a'),
    scenario('bare', { clusters: [cluster(site, 'bare', {})], keys: [] }),
    ...twins,
  ]);
  const accounts = fleet.accounts.map((account) => ({ ...account, regions: [region, 'eu-west-1'] }));
  const { env } = await serveFleet({ ...fleet, accounts }, faults);
  const folder = makeFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const targets = [
    '--accounts',
    workload,
    '--role-name',
    'keyward-member',
    '--regions',
    `${region},eu-west-1`,
  ];
  const { ended } = startKeyward(['who', ...words, ...targets], { folder, env });
  return ended;
};
const openPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Sid: 'Open', Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
});

describe('keyward who', () => {
  it('says of a Secret who may read it, as its own published schema has it', async () => {
    const { stdout, status } = await ask(['bare', '--secret', 'payments/db', '--format', 'json']);
    const answer = JSON.parse(stdout);
    expect(valid('keyward-who-secret-v1', answer)).toEqual([]);
    expect(answer).toMatchObject({
      secret: 'payments/db',
      exists: false,
      read: { unknown: 'incomplete-window' },
    });
    expect(answer.may.identities).toContainEqual(
      expect.objectContaining({
        identity: 'system:masters',
        kind: 'group',
        how: 'reads',
        group: 'control-plane',
      }),
    );
    expect(status).toBe(0);
  });

  it('says of a Secret who did read that one, by the audit log', async () => {
    const log = resolve(import.meta.dirname, '../recorded/kubernetes/audit-events.jsonl');
    const askOf = async (secret: string) => {
      const words = ['bare', '--secret', secret, '--audit-log', log, '--format', 'json'];
      const { stdout, stderr } = await ask(words);
      const answer = JSON.parse(stdout);
      expect(valid('keyward-who-secret-v1', answer), stderr).toEqual([]);
      const identities: { identity: string; verbs: object }[] = answer.read.identities;
      return identities.map(({ identity, verbs }) => [identity, verbs]);
    };
    expect(await askOf('payments/stripe')).toContainEqual(['system:serviceaccount:payments:api', { get: 1 }]);
    // Only lists of everything may have given another's.
    expect(await askOf('elsewhere/db')).toEqual([
      ['system:serviceaccount:argocd:argocd-application-controller', { list: 1 }],
    ]);
  });

  it('says that it is not known who may read a Secret where nothing can be listed, and ends with 2', async () => {
    const forbidden = { service: 'kubernetes', kind: 'access-denied' } as const;
    const { stdout, status } = await ask(['bare', '--secret', 'payments/db'], [forbidden]);
    expect(stdout).toMatch(/unknown +access-denied/);
    expect(status).toBe(2);
  });

  it('prints JSON of the published schema', async () => {
    const { stdout, stderr, status } = await ask(['a', '--format', 'json']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const answer = JSON.parse(stdout);
    expect(valid('keyward-who-v1', answer)).toEqual([]);
    expect(answer.cluster).toMatch(/:cluster\/a$/);
    expect(answer.may.principals.length).toBeGreaterThan(0);
  });

  it('prints a table that names the cluster, the key and who may', async () => {
    const { stdout, status } = await ask(['a']);
    expect(stdout).toMatch(/cluster\/a\n.*:key\/.*\n\nWho may\n/);
    expect(stdout).toMatch(/administrators by effect/);
    expect(status).toBe(0);
  });

  it('reasons about one principal, whether it exists or not', async () => {
    const principal = `arn:aws:iam::${workload}:role/nobody-yet`;
    const { stdout, status } = await ask([
      'a',
      '--can',
      principal,
      '--action',
      'kms:Decrypt',
      '--format',
      'json',
    ]);
    const answer = JSON.parse(stdout);
    expect(valid('keyward-can-v1', answer)).toEqual([]);
    expect(answer).toMatchObject({ principal, action: 'kms:Decrypt', answer: 'no' });
    expect(status).toBe(0);
  });

  it.each([
    ['a policy', 'policy.json', openPolicy],
    [
      'a Terraform plan',
      'plan.json',
      JSON.stringify({
        format_version: '1.2',
        resource_changes: [
          {
            address: 'aws_kms_key.a',
            type: 'aws_kms_key',
            change: { before: { arn: 'KEY' }, after: { policy: openPolicy } },
          },
        ],
      }),
    ],
    [
      'a Terraform plan of a replica, beside its primary of the same key id',
      'plan.json',
      JSON.stringify({
        format_version: '1.2',
        resource_changes: [
          {
            address: 'aws_kms_key.primary',
            type: 'aws_kms_key',
            change: { before: { arn: 'arn:aws:kms:ap-south-1:KEY', key_id: 'ID' }, after: { policy: '{}' } },
          },
          {
            address: 'aws_kms_replica_key.a',
            type: 'aws_kms_replica_key',
            change: { before: { arn: 'KEY', key_id: 'ID' }, after: { policy: openPolicy } },
          },
        ],
      }),
    ],
  ])('says what would change under %s', async (_, name, content) => {
    const { stdout: now } = await ask(['a', '--format', 'json']);
    const { key } = JSON.parse(now);
    const file = content.replaceAll('KEY', key).replaceAll('ID', key.replace(/^.*\//, ''));
    const { stdout, status } = await ask(['a', '--key-policy', name, '--format', 'json'], [], {
      [name]: file,
    });
    const { whatIf } = JSON.parse(stdout);
    expect(whatIf.gains).toContainEqual({ principal: '*', power: 'decrypt', from: 'no', to: 'yes' });
    expect(whatIf.keepsAdministrator).toBe(false);
    expect(status).toBe(0);
  });

  it.each<[string, string[], RegExp, Record<string, string>]>([
    ['no such cluster', ['nope'], /no cluster is called "nope"/, {}],
    [
      'a name that two clusters have',
      ['twin'],
      /2 clusters are called "twin"\nGive the ARN of one: arn:aws:eks:.*, arn:/,
      {},
    ],
    ['a glob for a cluster', ['tw*'], /"tw\*" is no name and no ARN of a cluster/, {}],
    ['no principal', ['a', '--can', 'nobody'], /"nobody" is no principal/, {}],
    [
      'a group, as whom nobody calls',
      ['a', '--can', `arn:aws:iam::${workload}:group/admins`],
      /group\/admins" is no principal/,
      {},
    ],
    ['half a service', ['a', '--can', 'lambda.amazonaws.com!'], /is no principal/, {}],
    [
      'a misspelt action',
      ['a', '--can', '111122223333', '--action', 'kms:ReEncrypt'],
      /"kms:ReEncrypt" is no action on a key of KMS\n.*kms:ReEncryptFrom/,
      {},
    ],
    [
      'no action',
      ['a', '--can', '111122223333', '--action', 'Decrypt'],
      /"Decrypt" is no action on a key of KMS/,
      {},
    ],
    ['an action of nobody', ['a', '--action', 'kms:Decrypt'], /--action needs --can/, {}],
    ['two questions', ['a', '--can', '111122223333', '--key-policy', 'p'], /exclude each other/, {}],
    ['no Secret', ['a', '--secret', 'payments'], /"payments" is no name of a Secret\n.*NAMESPACE\/NAME/, {}],
    [
      'a question about a Secret and one about the key',
      ['a', '--secret', 'payments/db', '--can', '111122223333'],
      /--secret and --can exclude each other/,
      {},
    ],
    [
      'a time that nothing is asked of',
      ['a', '--secret', 'payments/db', '--since', '24h'],
      /--secret and --since exclude each other without --audit-log/,
      {},
    ],
    ['no file', ['a', '--key-policy', 'p.json'], /p\.json can't be read/, {}],
    ['no JSON', ['a', '--key-policy', 'p'], /p is not JSON/, { p: 'no' }],
    [
      'neither policy nor plan',
      ['a', '--key-policy', 'p'],
      /neither a key policy nor a Terraform plan/,
      { p: '{}' },
    ],
    [
      'a broken policy',
      ['a', '--key-policy', 'p'],
      /--key-policy: /,
      { p: '{"Statement":[{"Effect":"Perhaps"}]}' },
    ],
    [
      'a plan without the key',
      ['a', '--key-policy', 'p'],
      /plans no policy for arn:aws:kms:.*\nIt plans no key at all/,
      { p: '{"format_version":"1.2","resource_changes":[]}' },
    ],
    ['another format', ['a', '--format', 'jsonl'], /one of table and json/, {}],
  ])('is wrong usage with %s', async (_, words, message, files) => {
    const { stdout, stderr, status } = await ask(words, [], files);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at |--clusters/);
    expect({ stdout, status }).toEqual({ stdout: '', status: 64 });
  });

  it('picks the one of several that an ARN names', async () => {
    const { stderr } = await ask(['twin']);
    const [arn = ''] = /arn:aws:eks:eu-west-1[^,\s]*/.exec(stderr) ?? [];
    const { stdout, status } = await ask([arn, '--format', 'json']);
    expect(JSON.parse(stdout).cluster).toBe(arn);
    expect(status).toBe(0);
  });

  it.each([
    ['the cluster could not be described', 'DescribeCluster'],
    ['the clusters could not be listed', 'ListClusters'],
    ['the key policy could not be read', 'GetKeyPolicy'],
  ])('ends with 2 where %s', async (_, operation) => {
    const { status } = await ask(['a'], [{ kind: 'access-denied', operation }]);
    expect(status).toBe(2);
  });

  it('asks whether another was meant also where not everything could be listed', async () => {
    const { stderr, status } = await ask(
      ['bar'],
      [{ kind: 'access-denied', operation: 'ListClusters', region: 'eu-west-1' }],
    );
    expect(stderr).toMatch(/"bar" was found, and not everything could be listed: .*\nDid you mean bare\?\n$/);
    expect(status).toBe(2);
  });

  it('ends with 2 for a cluster that names no key, and says so', async () => {
    const { stdout, status } = await ask(['bare', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ key: null, may: { unknown: 'not-found' } });
    expect(status).toBe(2);
  });

  it.each([
    ['a principal', ['--can', '111122223333']],
    ['a policy', ['--key-policy', 'policy.json']],
  ])('has no answer about %s where the cluster names no key', async (_, words) => {
    const { stdout, stderr, status } = await ask(['bare', ...words], [], { 'policy.json': openPolicy });
    expect(stderr).toMatch(/names no key of KMS/);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
  });

  it('knows an action in any case', async () => {
    const { stdout } = await ask(['a', '--can', workload, '--action', 'KMS:decrypt', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ action: 'kms:Decrypt' });
  });

  it('ends with 2 where it was interrupted, with what is known', async () => {
    const forever = 10 * 60 * 1000;
    const { sandbox, env } = await serveFleet(toFleet([sealed(site, 'a')]), [
      { kind: 'slow', operation: 'GetAccountAuthorizationDetails', latencyMs: forever },
    ]);
    const words = ['who', 'a', '--accounts', workload, '--role-name', 'keyward-member', '--regions', region];
    const { child, ended } = startKeyward([...words, '--format', 'json'], { env });
    while (!sandbox.requests.counts.has('iam:GetAccountAuthorizationDetails')) await sleep(20);
    await sleep(500);
    child.kill('SIGINT');
    const { stdout, status } = await ended;
    expect(JSON.parse(stdout).may.missing).toContainEqual(
      expect.objectContaining({ account: workload, reason: expect.stringContaining('interrupted') }),
    );
    expect(status).toBe(2);
  });

  it('never turns IAM that it could not read into a no', async () => {
    const denied = [{ kind: 'access-denied', operation: 'GetAccountAuthorizationDetails' }] as const;
    const { stdout, status } = await ask(['a', '--format', 'json'], [...denied]);
    const { may } = JSON.parse(stdout);
    expect(may.missing).toContainEqual(expect.objectContaining({ account: workload }));
    expect(may.principals).toContainEqual(
      expect.objectContaining({ principal: workload, kind: 'account', decrypt: 'conditional' }),
    );
    expect(status).toBe(0);
  });
});
