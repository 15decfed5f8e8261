import type { Check } from '../checks/check.ts';
import { checks } from '../checks/index.ts';
import { getNamedKeyArn } from '../evidence/cluster.ts';
import { isKnown, toUnknown } from '../evidence/fact.ts';
import type { PlanDocument } from '../plan/document.ts';
import { toPlannedChecks } from '../plan/judged.ts';
import { toShellWord } from '../plan/place.ts';
import { toPlan } from '../plan/plan.ts';
import { UsageError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import type { CollectOptions } from './collect-run.ts';
import { collectClusterOfRun, toTargetError } from './who.ts';

export interface PlanOptions extends Omit<CollectOptions, 'clusters' | 'planned' | 'events' | 'reads'> {
  /** A cluster's name, or its ARN. */
  cluster: string;
  /** The ARN of the key that a cluster without one is to be given; not given: one that is yet to be made. */
  key?: string;
}

/**
 * Reads one cluster and the key that it has or is to be given; gives what to do, in order, and changes nothing. Throws
 * UsageError where there is no such cluster, more than one, or one that has another key already, and TargetError where
 * it could not be read.
 */
export const plan = async (store: Store, options: PlanOptions): Promise<PlanDocument> => {
  const { key = null, settings } = options;
  const on: Check[] = checks.filter(({ id }) => settings.checks[id] !== 'off');
  const { subjects, caller } = await collectClusterOfRun(
    store,
    { ...options, planned: { key } },
    // What a check does not say is asked all the same: the pre-flight needs it.
    toPlannedChecks(checks),
  );
  const [first] = subjects;
  const { arn } = first.cluster;
  const { cluster: description, 'key.metadata': metadata } = first.facts;
  if (!description || !isKnown(description))
    throw toTargetError(arn, description ?? toUnknown('failed', 'the cluster was not read'));
  const named = getNamedKeyArn(description.value);
  if (key !== null && named !== undefined && key !== named && key !== first.key?.arn)
    throw new UsageError('KEY_IS_FIXED', `--key: ${arn} is sealed with ${named} for its life`, {
      hint: 'The key of a cluster can never be changed. Without --key the plan is about the one that it has.',
    });
  // An alias that could not be followed to a key.
  if (!first.key && metadata && !isKnown(metadata)) throw toTargetError(arn, metadata);
  return toPlan({
    subjects,
    described: description.value,
    isCandidate: named === undefined,
    caller,
    asking: toWords(options),
    settings,
    checks: on,
  });
};

/** By which credentials and role it was read; the cluster's ARN says the rest. */
const toWords = ({ profile, roleName }: PlanOptions): string[] => [
  ...(profile === undefined ? [] : ['--profile', toShellWord(profile)]),
  ...(roleName === undefined ? [] : ['--role-name', toShellWord(roleName)]),
];
