import { describe, expect, it } from 'vitest';
import { cluster } from '../../../sandbox/fleets/build.ts';
import type { Fleet } from '../../../sandbox/fleets/fleet.ts';
import { secretValue } from '../../../sandbox/fleets/kubernetes/build.ts';
import { leakyFindings, leakyInside } from '../../../sandbox/fleets/kubernetes/leaky.ts';
import { platformInside } from '../../../sandbox/fleets/kubernetes/platform.ts';
import type { KubernetesObject } from '../../../sandbox/kubernetes/objects.ts';
import { isKnown } from '../../../shared/evidence/fact.ts';
import { kubernetesEvidence } from '../../../shared/evidence/kubernetes/evidence.ts';
import { toRunNames } from '../../../shared/store/names.ts';
import { readObject } from '../../../shared/store/store.ts';
import { scanFleet, type Weather } from '../../use-cases/scan-fleet.ts';

const account = '111122223333';
const region = 'eu-west-1';
const now = new Date();

const toFleet = (inside: KubernetesObject[], more: Partial<Parameters<typeof cluster>[2]> = {}): Fleet => ({
  accounts: [{ id: account, name: 'one', regions: [region], roles: [] }],
  credentials: [
    {
      accessKeyId: 'AKIAEXAMPLE000000001',
      secretAccessKey: 'example',
      account,
      arn: `arn:aws:sts::${account}:assumed-role/keyward-member/keyward`,
    },
  ],
  clusters: [cluster({ account, region, now }, 'one', { inside, ...more })],
  keys: [],
});

const scanInside = async (fleet: Fleet, weather: Weather = {}) => {
  const { result, store, sandbox } = await scanFleet(fleet, {
    accounts: 'caller',
    regions: [region],
    roleName: undefined,
    kubernetes: { isByEks: true, isWithMetadata: true },
    ...weather,
  });
  const name = toRunNames(result.run.id).kubernetes(account, region, 'one');
  const inside = await readObject(store, name, kubernetesEvidence);
  if (!inside) throw new Error('nothing was read inside');
  return { result, sandbox, inside };
};

const toSubject = (finding: object): string => ('subject' in finding ? String(finding.subject) : '');

const denied = (kind: string) =>
  [{ kind: 'access-denied', service: 'kubernetes', operation: `list ${kind}` }] as const;

describe('the inside of a sandbox cluster', () => {
  it('is read whole by EKS’s own token, over a connection that its certificate secures', async () => {
    const { inside, sandbox } = await scanInside(toFleet(platformInside(now)));
    const { collectedAt: _, ...facts } = inside;
    for (const [name, fact] of Object.entries(facts))
      expect([name, 'unknown' in fact ? fact : fact.missing]).toEqual([name, []]);
    expect(JSON.stringify(inside)).not.toContain(secretValue);
    expect(JSON.stringify(inside)).not.toContain(Buffer.from(secretValue).toString('base64'));
    expect(sandbox.requests.counts.get('kubernetes:list secrets')).toBe(1);
  });

  it('of a platform cluster fails nothing above medium', async () => {
    const { result } = await scanInside(toFleet(platformInside(now)));
    const loud = result.findings.filter(
      ({ status, severity }) => status === 'fail' && ['critical', 'high'].includes(severity),
    );
    expect(loud).toEqual([]);
  });

  it('of a leaky cluster fails what was seeded', async () => {
    const { result } = await scanInside(toFleet(leakyInside(now)));
    const failed = result.findings
      .filter(({ status, severity, cluster: one }) => status === 'fail' && severity !== 'info' && one)
      .map(({ check, severity, subject }) => `${check} ${severity} ${subject ?? ''}`.trim());
    // The cluster's key and whoever made it are none of its inside's faults.
    const others = failed.filter((line) => /^secrets-use-customer-key|arn:aws:iam/.test(line));
    expect(failed.filter((line) => !others.includes(line)).toSorted()).toEqual(
      leakyFindings
        .map((finding) => `${finding.check} ${finding.severity} ${toSubject(finding)}`.trim())
        .toSorted(),
    );
  });

  it('is unknown to whom no access entry lets in', async () => {
    const { inside } = await scanInside(toFleet([], { accessEntries: [] }));
    expect(inside.secrets).toMatchObject({ unknown: 'access-denied' });
  });

  it('lets in by aws-auth where the mode of the cluster goes by that', async () => {
    const awsAuth = (arn: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'aws-auth', namespace: 'kube-system' },
      data: { mapRoles: `- rolearn: ${arn}\n  username: keyward\n  groups: [keyward]\n` },
    });
    const mode = { accessConfig: { authenticationMode: 'CONFIG_MAP' } } as const;
    const ours = await scanInside(toFleet([awsAuth(`arn:aws:iam::${account}:role/keyward-member`)], mode));
    expect(isKnown(ours.inside.secrets)).toBe(true);
    const others = await scanInside(toFleet([awsAuth(`arn:aws:iam::${account}:role/other`)], mode));
    expect(isKnown(others.inside.secrets)).toBe(false);
  });

  it('is known but for the one kind that is refused', async () => {
    const { inside } = await scanInside(toFleet(platformInside(now)), { faults: [...denied('ingresses')] });
    expect(inside.ingresses).toMatchObject({ unknown: 'access-denied' });
    expect(isKnown(inside.secrets)).toBe(true);
  });

  it('is gone on with where a listing expires between two pages', async () => {
    const secrets = Array.from(
      { length: 1200 },
      (_, index): KubernetesObject => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `s${String(index).padStart(4, '0')}`, namespace: 'many' },
        type: 'Opaque',
        data: {},
      }),
    );
    const faults = [{ kind: 'expired', service: 'kubernetes', operation: 'list secrets', times: 2 }] as const;
    const { inside, sandbox } = await scanInside(toFleet(secrets), { faults: [...faults] });
    expect(isKnown(inside.secrets) && new Set(inside.secrets.value.map(({ name }) => name)).size).toBe(1200);
    expect(sandbox.requests.counts.get('kubernetes:list secrets')).toBeGreaterThan(3);
  });

  it('can be read without metadata', async () => {
    const { inside } = await scanInside(toFleet(leakyInside(now)), {
      kubernetes: { isByEks: true, isWithMetadata: false },
    });
    const found = isKnown(inside.secrets) ? inside.secrets.value : [];
    expect(found).toContainEqual({
      namespace: 'till',
      name: 'till-tls',
      type: 'kubernetes.io/tls',
      dataCount: 2,
    });
  });
});
