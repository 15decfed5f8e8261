import { type RunStart, runStart } from '../evidence/run.ts';
import { type Settings, settings as settingsShape } from '../evidence/settings.ts';
import { EvidenceError } from '../runtime/errors.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';

/** What a run was asked and by what settings it judges: what each step but the first begins with. */
export const readRun = async (
  store: Store,
  run: string,
): Promise<{ start: RunStart; settings: Settings }> => {
  const names = toRunNames(run);
  const start = await readObject(store, names.accounts, runStart);
  const settings = await readObject(store, names.settings, settingsShape);
  if (!start || !settings)
    throw new EvidenceError('RUN_UNKNOWN', `There is no run ${run}, or it has no targets or settings`);
  return { start, settings };
};
