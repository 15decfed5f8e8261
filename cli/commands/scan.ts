/** `keyward scan`: reads the targets asked for and judges what it read. */
import type { Settings } from '../../shared/evidence/settings.ts';
import { loadConfig } from '../../shared/runtime/config.ts';
import { scan as scanTargets } from '../../shared/use-cases/scan.ts';
import { answerRun } from '../answer-run.ts';
import type { Values } from '../arguments.ts';
import { parseReads } from '../audit-options.ts';
import { loadBaseline } from '../baseline.ts';
import { checks as allChecks, checkIds } from '../check-ids.ts';
import type { Answer, Command, Surroundings } from '../command.ts';
import { parseEvents } from '../event-options.ts';
import { parseKubernetes } from '../kubernetes-options.ts';
import { parseChecks, parseClusters, parseFailOn } from '../options.ts';
import { openReport } from '../report.ts';
import { parseTargets } from '../target-options.ts';

export const scan: Command = ({ values }, surroundings) =>
  runScan(values, surroundings, () => loadConfig(values.config, { ...surroundings, checkIds }));

/** Takes what was asked for and where the settings come from; validates all of it, then scans. */
export const runScan = async (
  values: Values,
  surroundings: Surroundings,
  loadSettings: () => Promise<{ settings: Settings; name?: string }>,
): Promise<Answer> => {
  const failOn = parseFailOn(values);
  const checks = parseChecks(values, checkIds);
  const clusters = parseClusters(values);
  const targets = parseTargets(values);
  const events = await parseEvents(values, surroundings.folder);
  const reads = await parseReads(values, surroundings.folder);
  const kubernetes = parseKubernetes(values, surroundings);
  const { settings, name: configuration } = await loadSettings();
  const baseline = await loadBaseline(values, surroundings);
  const report = await openReport(values, surroundings);
  return answerRun(values, surroundings, { report, failOn, baseline }, (store, watch) =>
    scanTargets(store, allChecks, {
      ...targets,
      profile: values.profile,
      clusters,
      checks,
      configuration,
      settings,
      events,
      kubernetes,
      reads,
      isGentle: values.gentle === true,
      ...watch,
    }),
  );
};
