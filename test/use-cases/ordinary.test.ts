import { expect, it } from 'vitest';
import { ordinaryFleet } from '../../sandbox/fleets/ordinary.ts';
import { isGlobMatch } from '../../shared/evidence/glob.ts';
import { scanFleet } from './scan-fleet.ts';

/** What is true of a company that broke nothing, and worth a line all the same. */
const truths = [
  { check: 'secrets-use-customer-key', severity: 'medium', clusters: 'default-*' },
  { check: 'control-plane-audit-log-is-on', severity: 'medium', clusters: 'default-*' },
  // The nodes' volumes and AWS Backup hang on the cluster's key.
  { check: 'key-is-dedicated', severity: 'low', clusters: 'eksctl-*' },
];

it('A company that broke nothing hears nothing above medium, nothing false, and one unknown that only a look inside settles', async () => {
  const fleet = ordinaryFleet(new Date());
  const bucket = fleet.trails?.[0]?.S3BucketName ?? '';
  const events = { sinceHours: 17 * 24, logs: { kind: 'bucket', bucket, prefix: '' } } as const;
  const { result } = await scanFleet(fleet, { events });
  // Nobody looks into these clusters, nor at their audit logs.
  expect(result.run.notAsked.filter((why) => !/\(--(kubernetes|audit-log)\)$/.test(why))).toEqual([]);
  const untrue = result.findings.filter(
    ({ check, severity, status, cluster }) =>
      status === 'fail' &&
      !truths.some(
        (truth) =>
          truth.check === check && truth.severity === severity && isGlobMatch(truth.clusters, cluster ?? ''),
      ),
  );
  expect(untrue.map(({ message }) => message)).toEqual([]);
  // Whom the ConfigMap aws-auth lets in, which counts besides, can be seen only from within.
  const unknowns = result.findings.filter(({ status }) => status === 'unknown');
  expect(unknowns.map(({ check }) => check)).toEqual(Array(6).fill('access-policies-limit-secret-readers'));
  expect(unknowns.every(({ cluster }) => isGlobMatch('terraform-*', cluster ?? ''))).toBe(true);
  expect(new Set(result.run.targets.map(({ status }) => status))).toEqual(new Set(['scanned']));
  // Quiet is not blind: each truth is told of every cluster it holds for.
  for (const { check, clusters } of truths) {
    const told = result.findings.filter((finding) => finding.check === check && finding.status === 'fail');
    expect(told.map(({ cluster }) => isGlobMatch(clusters, cluster ?? ''))).toEqual(Array(6).fill(true));
  }
}, 120_000);
