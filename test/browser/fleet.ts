/** Runs as large and as hostile as the page must bear. */
import { checks } from '../../shared/checks/index.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import type { Result } from '../../shared/report/result.ts';
import type { ClusterAccess } from '../../shared/who/cluster-access.ts';
import { result, toFinding } from '../report/findings.ts';

export const attack = `</script><script>document.title='taken'</script><img src=x onerror="document.title='taken'">\u202E`;

const clustersOfRegion = 25;

/** What a run of a thousand clusters tells: of each two failures, two unknowns, and a pass of every other check. */
export const toFleet = (size: number): { result: Result; access: ClusterAccess[] } => {
  const places = Array.from({ length: size }, (_, number) => ({
    account: String(100_000_000_000 + Math.floor(number / (2 * clustersOfRegion))),
    region: number % 2 === 0 ? 'eu-central-1' : 'us-east-1',
    cluster: `service-${number}`,
  }));
  const findings = places.flatMap((place, number) =>
    checks.map((check, index) => toFindingOf(place, check, (index + number) % checks.length)),
  );
  const count = (status: Finding['status']) => findings.filter((one) => one.status === status).length;
  const summary = {
    byStatus: { pass: count('pass'), fail: count('fail'), unknown: count('unknown'), 'not-applicable': 0 },
    bySeverity: { critical: 0, high: count('fail'), medium: 0, low: 0, info: 0 },
    unknownReasons: { 'incomplete-window': count('unknown') },
  };
  return { result: { ...result, findings, summary, clusters: size }, access: places.map(toAccess) };
};

type Place = Pick<ClusterAccess, 'account' | 'region' | 'cluster'>;

const toFindingOf = (place: Place, { id, title, references }: (typeof checks)[number], turn: number) => {
  const resource = `arn:aws:kms:${place.region}:${place.account}:key/of-${place.cluster}`;
  const shared = { ...place, check: id, title, resource, references: [...references] };
  if (turn > 3)
    return toFinding({ ...shared, status: 'pass', message: `What ${id} asks holds.`, evidence: {} });
  if (turn > 1)
    return toFinding({
      ...shared,
      status: 'unknown',
      severity: 'high',
      reason: 'incomplete-window',
      message: `there is no log file of ${place.account}/${place.region}`,
    });
  const principals = Array.from(
    { length: 8 },
    (_, index) => `arn:aws:iam::${place.account}:role/team-${index}`,
  );
  return toFinding({
    ...shared,
    severity: 'high',
    subject: `arn:aws:iam::${place.account}:role/of-${place.cluster}`,
    message: `arn:aws:iam::${place.account}:role/of-${place.cluster} may kms:Decrypt with ${resource}.`,
    evidence: { key: resource, others: { administrators: principals }, notVisible: ['session policies'] },
  });
};

const toAccess = (place: Place): ClusterAccess => ({
  ...place,
  may: {
    principals: Array.from({ length: 20 }, (_, index) => ({
      principal: `arn:aws:iam::${place.account}:role/team-${index}`,
      kind: 'role',
      decrypt: index === 0 ? 'yes' : 'conditional',
      administer: 'no',
      destroy: 'no',
      expected: { decrypt: index > 0, administer: true, destroy: true },
      via: [{ source: 'key-policy', ref: `statement ${index}`, actions: ['kms:Decrypt'] }],
      conditions: index === 0 ? [] : ['kms:ViaService StringLike s3.*.amazonaws.com'],
      assumableBy: [],
      group: null,
    })),
    missing: [],
  },
  used: {
    coverage: {
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-30T00:00:00.000Z',
      source: 'log-files',
      gaps: [{ from: '2026-11-03T00:00:00.000Z', to: '2026-11-04T00:00:00.000Z', reason: 'no log file' }],
    },
    principals: ['stranger', 'eks.amazonaws.com'].map((principal) => ({
      principal,
      operations: { Decrypt: 3 },
      denied: 0,
      first: '2026-11-08T10:00:00.000Z',
      last: '2026-11-08T11:00:00.000Z',
      sources: [],
      contexts: [],
      expected: principal !== 'stranger',
    })),
  },
  read: { unknown: 'access-denied', detail: 'logs:StartQuery was refused' },
  notVisible: [{ what: 'session policies', reason: 'nothing tells them' }],
  timeline: {
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-11-30T00:00:00.000Z',
    days: Array.from({ length: 30 }, (_, index) => ({
      day: `2026-11-${String(index + 1).padStart(2, '0')}`,
      expected: 100 + index,
      unexpected: index === 7 ? 3 : 0,
      failed: 0,
      changes: index === 6 ? 1 : 0,
    })),
    entries: [
      { time: '2026-11-06T23:58:00.000Z', until: '2026-11-07T00:02:00.000Z', kind: 'open', text: attack },
      { time: '2026-11-07T09:00:00.000Z', kind: 'change', text: 'PutKeyPolicy by role/operator' },
      { time: '2026-11-08T10:00:00.000Z', kind: 'use', text: 'Decrypt 3 times by role/stranger' },
      ...Array.from({ length: 5 }, (_, index) => ({
        time: `2026-11-1${index}T10:00:00.000Z`,
        kind: 'change' as const,
        text: 'CreateGrant by ec2.amazonaws.com',
      })),
      { time: '2026-11-28T06:00:00.000Z', kind: 'open', text: 'a grant, until a time that is not known' },
    ],
  },
});
