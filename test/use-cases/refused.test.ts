import { describe, expect, it } from 'vitest';
import { checks } from '../../shared/checks/index.ts';
import { RefusedError } from '../../shared/collect/kubernetes/kubernetes-error.ts';
import { toRefusedLines } from '../../shared/report/refused.ts';
import { createRequestLog } from '../../shared/use-cases/request-log.ts';
import { toFinding } from '../report/findings.ts';
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

  it('is told of each cluster of a name, with the checks that read what namespaces had to be listed for', async () => {
    const requests = createRequestLog();
    const permission = 'list namespaces';
    const check = 'secret-type-matches-content';
    const error = new RefusedError(403, '');
    for (const account of [workload, management])
      requests.add({
        permission,
        place: { cluster: 'main', account, region },
        waitedMilliseconds: 0,
        milliseconds: 1,
        error,
      });
    const told = toFinding({ check, status: 'unknown', reason: 'access-denied', cluster: 'main' });
    const tellOf = async (account: string) => {
      const about = { findings: [{ ...told, account }], rules: checks };
      return (
        await Array.fromAsync(toRefusedLines(requests.toAsked(), about, 200, (_style, text) => text))
      ).slice(2, -1);
    };
    const places = `main (${management}, ${region}), main (${workload}, ${region})`;
    const line = `  refused   list namespaces: in ${places.replace('), ', '), in ')}\n`;
    expect(await tellOf(management)).toEqual([line, `            unknown for it: ${check}\n`]);
    expect(await tellOf('999999999999')).toEqual([line]);
  });

  it('is told by the permission that AWS names: a sealed object is opened with its bucket’s key', async () => {
    const requests = createRequestLog();
    const message = `User: arn:aws:iam::${management}:user/ci is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:${region}:${management}:key/1 because no identity-based policy allows the kms:Decrypt action`;
    requests.add({
      permission: 's3:GetObject',
      place: { account: management, region },
      waitedMilliseconds: 0,
      milliseconds: 1,
      error: Object.assign(new Error(message), { name: 'AccessDenied' }),
    });
    const check = 'decrypts-come-from-the-cluster';
    const findings = [toFinding({ check, status: 'unknown', reason: 'access-denied' })];
    const about = { findings, rules: checks };
    const lines = await Array.fromAsync(
      toRefusedLines(requests.toAsked(), about, 200, (_style, text) => text),
    );
    expect(lines.slice(2, 4)).toEqual([
      `  refused   kms:Decrypt: in ${management} ${region}\n`,
      '            unknown for it: decrypts-come-from-the-cluster\n',
    ]);
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
