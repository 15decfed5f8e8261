import { describe, expect, it } from 'vitest';
import { checks } from '../../shared/checks/index.ts';
import { toRefusedLines } from '../../shared/report/refused.ts';
import { createRequestLog } from '../../shared/use-cases/request-log.ts';
import { management, region, threeClusters, toFleet, workload } from './fleets.ts';
import { scanFleet, type Weather } from './scan-fleet.ts';

/** What ends the table of a scan of three clusters in such weather; few checks, so that little is asked. */
const tell = async (weather: Weather): Promise<string> => {
  const requests = createRequestLog();
  const { result } = await scanFleet(toFleet(threeClusters()), {
    checks: ['cluster-grant-is-in-place', 'key-grants-are-expected', 'key-policy-has-no-public-statement'],
    ...weather,
    regions: [region],
    onAttempt: requests.add,
  });
  const about = { findings: result.findings, rules: checks };
  const lines = toRefusedLines(requests.toAsked(), about, 200, (_style, text) => text);
  return (await Array.fromAsync(lines)).join('');
};

describe('What was refused', () => {
  it('is told with who asked, by permission, place and the checks that are unknown for it', async () => {
    expect(await tell({ faults: [{ kind: 'access-denied', operation: 'ListGrants' }] })).toBe(
      [
        '',
        `Ran as arn:aws:iam::${management}:user/ci, and as keyward-member in 2 other accounts.`,
        `  refused   kms:ListGrants: 3 keys in ${workload} ${region}`,
        '            unknown for it: cluster-grant-is-in-place, key-grants-are-expected',
        'What each is for: docs/permissions.md',
        '',
      ].join('\n'),
    );
  });

  it.each<[string, Weather, RegExp]>([
    [
      'of one cluster alone',
      { faults: [{ kind: 'access-denied', operation: 'DescribeCluster', resource: '"name":"a"' }] },
      /eks:DescribeCluster: 1 cluster in 123456789012 eu-central-1\n +unknown for it: cluster-grant/,
    ],
    [
      'of IAM, which has no Region',
      {
        faults: [{ kind: 'access-denied', operation: 'GetAccountAuthorizationDetails' }],
        checks: ['cluster-role-can-use-key'],
      },
      /iam:GetAccountAuthorizationDetails: in 123456789012\n +unknown for it: cluster-role-can-use-key\n/,
    ],
    [
      'of a listing, whose target fails',
      { faults: [{ kind: 'access-denied', operation: 'ListClusters', account: workload }] },
      /eks:ListClusters: in 123456789012 eu-central-1\nWhat/,
    ],
    [
      'as a policy of the organisation where that forbids it',
      { faults: [{ kind: 'denied-by-scp', operation: 'GetKeyPolicy' }] },
      /forbidden +kms:GetKeyPolicy: 3 keys in .*, by a policy of the organisation\n +unknown for it: key-policy-has/,
    ],
  ])('is told %s', async (_, weather, expected) => {
    expect(await tell(weather)).toMatch(expected);
  });

  it.each<[string, Weather]>([
    ['AWS throttles', { faults: [{ kind: 'throttle', operation: 'ListGrants' }] }],
    [
      'a Region is shut by the organisation',
      { faults: [{ kind: 'denied-by-scp', operation: 'ListClusters' }] },
    ],
    [
      'a role can’t be assumed, which its failed target tells',
      { faults: [{ kind: 'access-denied', operation: 'AssumeRole' }] },
    ],
    [
      'the organisation is closed to the caller, as it is by design',
      { accounts: [workload], faults: [{ kind: 'access-denied', operation: 'ListAccounts' }] },
    ],
  ])('is nothing where %s', async (_, weather) => {
    expect(await tell(weather)).toBe('');
  });
});
