import { describe, expect, it } from 'vitest';
import { demoFleet, demoMemberRole } from '../../sandbox/fleets/demo.ts';
import { checks } from '../../shared/checks/index.ts';
import { getNamedKeyArn, regionEvidence } from '../../shared/evidence/cluster.ts';
import { isKnown } from '../../shared/evidence/fact.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { planDocument } from '../../shared/plan/document.ts';
import { toPlannedChecks } from '../../shared/plan/judged.ts';
import { toNewKey } from '../../shared/plan/new-key.ts';
import { toPlan } from '../../shared/plan/plan.ts';
import { withPolicy } from '../../shared/plan/proposal.ts';
import { administeringActions, crossAccountActions } from '../../shared/policy/kms-actions.ts';
import { parsePolicy } from '../../shared/policy/policy-document.ts';
import { findWitness } from '../../shared/policy/witness.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { readObject } from '../../shared/store/store.ts';
import { collectRun } from '../../shared/use-cases/collect-run.ts';
import { createSubjectReader } from '../../shared/use-cases/subjects.ts';
import { serveFleet } from './scan-fleet.ts';

/** A plan for every cluster of the demo's fleet that could be described. */
const planDemo = async () => {
  await serveFleet(demoFleet(new Date()), { attempts: 2 });
  const store = createMemoryStore();
  const judged = settings.parse({});
  const start = await collectRun(
    store,
    {
      accounts: 'organization',
      regions: 'all',
      roleName: demoMemberRole,
      settings: judged,
      isGentle: false,
      signal: new AbortController().signal,
      planned: { key: null },
    },
    toPlannedChecks(checks),
  );
  const read = await createSubjectReader(store, start.id);
  const plans = [];
  for (const account of start.accounts)
    for await (const name of store.list(toRunNames(start.id).clustersOf(account))) {
      const region = await readObject(store, name, regionEvidence);
      for (const cluster of region?.clusters ?? []) {
        if (!region || !isKnown(cluster.description)) continue;
        const described = cluster.description.value;
        const subjects = await read(region, cluster, null);
        const isCandidate = getNamedKeyArn(described) === undefined;
        plans.push({
          name: cluster.name,
          subjects,
          plan: toPlan({
            subjects,
            described,
            isCandidate,
            caller: start.caller,
            asking: [],
            settings: judged,
            checks,
          }),
        });
      }
    }
  return plans;
};

const strangers = ['key-policy-has-no-public-statement', 'key-policy-trusts-only-the-organization'];

/** Looking at a key, too, which the checks of strangers do not mind. */
const everyAction = [...crossAccountActions, ...administeringActions, 'kms:DescribeKey', 'kms:ListGrants'];

/** What the checks of strangers say of a cluster's key, or of its new one, under a policy. */
const judgeStrangers = (
  [subject]: Awaited<ReturnType<typeof planDemo>>[number]['subjects'],
  policy: string,
) =>
  checks
    .filter(({ id }) => strangers.includes(id))
    .flatMap((check) =>
      check
        .judge(withPolicy(subject.key ? subject : toNewKey(subject), policy), settings.parse({}))
        .map(({ status, message }) => `${status}: ${message}`),
    );

/** Calls that the demo's clusters make undecidable, or decided by more than the key policy; seeded on purpose. */
const lockedOut = 'staging-orphan';
const byDeny = 'data-guarded';
const byIam = 'data-core';

describe('A plan for each cluster of the demo’s fleet', () => {
  it('proposes a policy that keeps an administrator, the role and EKS, and lets no stranger in', async () => {
    const plans = await planDemo();
    const policies = plans.flatMap(({ name, subjects, plan: { policy } }) =>
      'unknown' in policy ? [] : [{ name, subjects, policy }],
    );
    expect(plans.length).toBeGreaterThan(50);
    expect(policies.length).toBeGreaterThan(plans.length - 6);
    for (const { plan } of plans) planDocument.parse(plan);
    for (const { name, subjects, policy } of policies) {
      const verdicts = judgeStrangers(subjects, JSON.stringify(policy.document));
      expect({ name, verdicts }).toEqual({
        name,
        verdicts: [expect.stringMatching(/^pass/), expect.stringMatching(/^pass/)],
      });
      const { keepsAdministrator, roleSeesKey, eksKeepsKey, brings, document, changes } = policy;
      expect({ name, keepsAdministrator, brings }).toEqual({ name, keepsAdministrator: true, brings: [] });
      const keyPolicy = parsePolicy(JSON.stringify(document));
      const [subject] = subjects;
      const { key } = subject.key ? { key: subject.key } : toNewKey(subject);
      const open = { actions: everyAction, zone: { kind: 'anyone' }, keyArn: key.arn } as const;
      expect({ name, answer: findWitness(open, { keyPolicy }) }).toEqual({ name, answer: { none: true } });
      // Not seen is not held against it, but denied is: only IAM of the role's own account may do that.
      if (name !== byIam) expect({ name, roleSeesKey }).not.toEqual({ name, roleSeesKey: false });
      expect({ name, eksKeepsKey }).not.toEqual({ name, eksKeepsKey: false });
      if ('unknown' in changes) continue;
      const gaining = [...new Set(changes.gains.map(({ principal }) => principal))];
      if (name === lockedOut) expect(gaining.every((one) => one.includes(':role/'))).toBe(true);
      else
        expect({ name, gaining }).toEqual({
          name,
          gaining: name === byDeny ? [expect.stringMatching(/^eks\./)] : [],
        });
    }
    // Most are decided, or the rest would prove nothing.
    const isDecided = ({ policy }: (typeof policies)[number]) =>
      policy.roleSeesKey === true && policy.eksKeepsKey === true && !('unknown' in policy.changes);
    expect(policies.filter(isDecided).length).toBeGreaterThan(35);
  }, 120_000);
});
