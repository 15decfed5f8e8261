/** `keyward learn CLUSTER`: whom a person might expect to use its key, as configuration to review. */
import { toLearnedYaml } from '../../shared/report/learned-yaml.ts';
import { loadConfig } from '../../shared/runtime/config.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { learn as learnCluster } from '../../shared/use-cases/learn.ts';
import { parseReads } from '../audit-options.ts';
import { checkIds } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { parseEvents } from '../event-options.ts';
import { parseCluster } from '../options.ts';
import { createProgress } from '../progress.ts';
import { parseTargets } from '../target-options.ts';

/** Long enough to see what a day does; LookupEvents' budget seldom reaches further. */
const otherwiseSince = '24h';

/** Whether nothing of the time could be seen; where a source was asked and when it answered may be seconds apart. */
const isBlind = ({ coverage }: Awaited<ReturnType<typeof learnCluster>>): boolean =>
  !coverage ||
  coverage.gaps.some(
    ({ from, to }) => from <= coverage.from && Date.parse(to) >= Date.parse(coverage.to) - 60_000,
  );

export const learn: Command = async ({ values, operands }, surroundings) => {
  const { signal, folder } = surroundings;
  const cluster = parseCluster(operands);
  const targets = parseTargets(values);
  const events =
    (await parseEvents(values, folder)) ?? (await parseEvents({ ...values, since: otherwiseSince }, folder));
  const reads = await parseReads(
    // What is asked by the gigabyte is asked for as much as the rest.
    values['audit-log'] === 'cloudwatch' ? { ...values, since: values.since ?? otherwiseSince } : values,
    folder,
  );
  const { settings } = await loadConfig(values.config, { folder, checkIds, signal });
  const progress = createProgress(surroundings, values);
  try {
    const learned = await learnCluster(createMemoryStore(), {
      ...targets,
      cluster,
      profile: values.profile,
      settings,
      events,
      reads,
      isGentle: values.gentle === true,
      signal,
      onProgress: progress.show,
      onNotice: progress.note,
      onAttempt: progress.attempt,
    });
    progress.clear();
    return { text: [toLearnedYaml(learned)], exitCode: signal.aborted || isBlind(learned) ? 2 : 0 };
  } finally {
    progress.finish();
  }
};
