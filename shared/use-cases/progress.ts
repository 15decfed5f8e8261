/** How far a run is, for whoever waits for it. */

export interface Progress {
  step:
    | 'accounts'
    | 'clusters'
    | 'kubernetes'
    | 'keys'
    | 'iam'
    | 'logs'
    | 'events'
    | 'audit'
    | 'evaluate'
    | 'verify';
  done: number;
  /** How many there are of the step, as far as is known. */
  total: number;
}

export type OnProgress = (progress: Progress) => void;

export interface Counter {
  /** So many more are known to be there. */
  found: (more: number) => void;
  /** One is done. */
  done: () => void;
}

/** Counts the parts of a step, of which more may be found while some are done already. */
export const toCounter = (onProgress: OnProgress | undefined, step: Progress['step'], found = 0): Counter => {
  let done = 0;
  let total = 0;
  const add = (more: number, finished: number) => {
    if (more + finished === 0) return;
    total += more;
    done += finished;
    onProgress?.({ step, done, total });
  };
  if (found > 0) add(found, 0);
  return { found: (more) => add(more, 0), done: () => add(0, 1) };
};
