import { AccountClient, ListRegionsCommand } from '@aws-sdk/client-account';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { openAws } from '../../shared/runtime/aws.ts';
import { management, region, threeClusters, toFleet, workload } from '../use-cases/fleets.ts';
import { serveFleet } from '../use-cases/scan-fleet.ts';

const member = 'keyward-member';

const open = async (
  roleName: string | undefined,
  { faults, attempts = 1 }: { faults?: Fault[]; attempts?: number } = {},
) => {
  const fleet = toFleet(threeClusters());
  const sandbox = await serveFleet(fleet, { faults, attempts });
  const aws = await openAws({ roleName, isGentle: false, signal: new AbortController().signal });
  onTestFinished(() => aws.close());
  return { sandbox, aws };
};

describe('The clients', () => {
  it('count each attempt against the rate of its API, not each call', async () => {
    // Ten calls that fail once are twenty requests, of which five a second are allowed.
    const { sandbox, aws } = await open(member, {
      faults: [{ kind: 'server-error', operation: 'ListRegions', times: 10 }],
      attempts: 11,
    });
    const client = aws.open(AccountClient, await aws.getAccess(management), aws.region);
    await Promise.all(Array.from({ length: 10 }, () => client.send(new ListRegionsCommand({}))));
    expect(sandbox.requests.counts.get('account:ListRegions')).toBe(20);
    const [peak] = [...sandbox.requests.peaksPerSecond].flatMap(([place, requests]) =>
      place.startsWith('account:ListRegions') ? requests : [],
    );
    expect(peak).toBeLessThanOrEqual(6);
  });

  it('ask as the caller in its own account, and by the role elsewhere, which is assumed once', async () => {
    const { sandbox, aws } = await open(member);
    for (let times = 0; times < 2; times += 1)
      await aws
        .open(EKSClient, await aws.getAccess(workload), region)
        .send(new DescribeClusterCommand({ name: 'a' }));
    expect((await aws.getAccess(management)).account).toBe(management);
    expect(sandbox.requests.counts.get('sts:AssumeRole')).toBe(1);
  });
});

describe('An account that can’t be entered', () => {
  it.each([
    ['has no such role', 'other', /account 123456789012 has no role other that trusts the caller/],
    ['needs a role that nobody named', undefined, /no role to assume there was named \(--role-name\)/],
  ])('says what to look at where it %s', async (_, roleName, message) => {
    const { aws } = await open(roleName);
    await expect(aws.getAccess(workload)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(message),
    });
  });

  it('is not told that its role is missing where the organisation denies', async () => {
    const { aws } = await open(member, { faults: [{ kind: 'denied-by-scp', operation: 'AssumeRole' }] });
    await expect(aws.getAccess(workload)).rejects.toThrow(/^User: .* service control policy/);
  });
});

describe('Credentials', () => {
  it.each<[string, NodeJS.ProcessEnv, string | undefined, object]>([
    [
      'the profile of the command line is unknown',
      {},
      'nope',
      { name: 'UsageError', message: '--profile: there is no profile "nope"' },
    ],
    [
      'the profile of the environment is unknown',
      { AWS_PROFILE: 'nope' },
      undefined,
      { name: 'UsageError', message: 'AWS_PROFILE: there is no profile "nope"' },
    ],
    ['there is no Region', { AWS_REGION: undefined }, undefined, { name: 'UsageError', code: 'NO_REGION' }],
    ['the Region is empty', { AWS_REGION: '' }, undefined, { name: 'UsageError', code: 'NO_REGION' }],
    [
      'there are none',
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      undefined,
      { name: 'CredentialsError', code: 'NO_CREDENTIALS' },
    ],
    [
      'they are refused',
      { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWNEXAMPLE00' },
      undefined,
      { name: 'CredentialsError', code: 'CALLER_UNKNOWN' },
    ],
  ])('are told of where %s', async (_, env, profile, expected) => {
    await serveFleet(toFleet([]));
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    await expect(
      openAws({ profile, isGentle: false, signal: new AbortController().signal }),
    ).rejects.toMatchObject(expected);
  });

  it('that have expired are called so', async () => {
    const fleet = toFleet([]);
    await serveFleet({
      ...fleet,
      credentials: fleet.credentials.map((credential) => ({ ...credential, isExpired: true })),
    });
    await expect(openAws({ isGentle: false, signal: new AbortController().signal })).rejects.toMatchObject({
      code: 'EXPIRED_CREDENTIALS',
    });
  });
});
