import { describe, expect, it } from 'vitest';
import { demoFleet, demoInsideFaults, demoMemberRole } from '../../sandbox/fleets/demo.ts';
import { secretValue } from '../../sandbox/fleets/kubernetes/build.ts';
import { checks } from '../../shared/checks/index.ts';
import { regionEvidence } from '../../shared/evidence/cluster.ts';
import { getGap, isKnown } from '../../shared/evidence/fact.ts';
import { kubernetesEvidence } from '../../shared/evidence/kubernetes/evidence.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { toEvidenceLines } from '../../shared/store/saved-evidence.ts';
import { readObject } from '../../shared/store/store.ts';
import { scanFleet } from './scan-fleet.ts';

/** Checks about what stands inside clusters. */
const insideChecks = checks.filter(({ facts }) => facts[0]?.startsWith('kubernetes.')).map(({ id }) => id);

describe('A scan of the demo’s fleet that reads inside its clusters', () => {
  it('reads every cluster that it could describe, and fails in there what was seeded', async () => {
    const { result, store } = await scanFleet(demoFleet(new Date()), {
      roleName: demoMemberRole,
      attempts: 2,
      checks: insideChecks,
      kubernetes: { isByEks: true, isWithMetadata: true },
    });
    const found = result.findings
      .filter(
        ({ status, severity, check }) =>
          status === 'fail' && severity !== 'info' && insideChecks.includes(check),
      )
      // Whom access entries let read: the same in every cluster.
      .filter(({ subject }) => !subject?.startsWith('arn:aws:iam'));
    const toLine = ({
      check,
      cluster,
      severity,
      subject,
    }: {
      check: string;
      cluster: string | null;
      severity?: string;
      subject?: string | null;
    }) => [check, cluster, severity, subject ?? ''].join(' ').trim();
    const ofLeaky = found.filter(({ cluster }) => cluster === 'payments-hsm');
    expect(ofLeaky.map(toLine).toSorted()).toEqual(demoInsideFaults.map(toLine).toSorted());
    const loud = found.filter(
      ({ cluster, severity }) => cluster !== 'payments-hsm' && ['critical', 'high'].includes(severity),
    );
    expect(loud.map(toLine)).toEqual([]);

    const names = toRunNames(result.run.id);
    const unread: string[] = [];
    for await (const name of store.list(`${names.prefix}clusters/`)) {
      const place = await readObject(store, name, regionEvidence);
      for (const { name: cluster, description } of place?.clusters ?? []) {
        if (!place || !isKnown(description)) continue;
        const inside = await readObject(
          store,
          names.kubernetes(place.account, place.region, cluster),
          kubernetesEvidence,
        );
        const gap = inside ? getGap(inside.secrets) : 'it was not read';
        if (gap) unread.push(`${cluster}: ${JSON.stringify(gap)}`);
      }
    }
    expect(unread).toEqual([]);
    let saved = '';
    for await (const line of toEvidenceLines(store, result.run.id)) saved += line;
    for (const text of [saved, JSON.stringify(result.findings)]) {
      expect(text).not.toContain(secretValue);
      expect(text).not.toContain(Buffer.from(secretValue).toString('base64'));
    }
  }, 120_000);
});
