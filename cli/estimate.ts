/** How long a step may still take, where that can be told honestly: by its pace, once all of it is known. */

interface Tick {
  at: number;
  done: number;
}

/** The pace is that of the last so many parts. */
const mostTicks = 20;
const leastTicks = 5;
const leastMilliseconds = 3_000;
/** A total that grew just now will grow again. */
const settledMilliseconds = 3_000;

/** Coarse on purpose: what is told seldom changes, and claims no more than is known. */
const rungsSeconds = [10, 20, 30, 45, 60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600];
/** It grows only where it was far off. */
const tolerance = 1.5;

export interface Estimate {
  add: (done: number, total: number, now: number) => void;
  /** `about 20 s`; undefined where nothing honest can be said, or hardly anything is left. */
  tell: (now: number) => string | undefined;
}

export const createEstimate = (): Estimate => {
  const ticks: Tick[] = [];
  let total = 0;
  let grownAt = 0;
  let shown = Number.POSITIVE_INFINITY;
  return {
    add: (done, wanted, now) => {
      if (wanted !== total) grownAt = now;
      total = wanted;
      if (done === ticks.at(-1)?.done) return;
      ticks.push({ at: now, done });
      if (ticks.length > mostTicks) ticks.shift();
    },
    tell: (now) => {
      const [first] = ticks;
      const done = ticks.at(-1)?.done ?? 0;
      // What has stood still for long counts as slow: time goes on whether or not something is done.
      if (!first || ticks.length < leastTicks || now - first.at < leastMilliseconds) return undefined;
      if (now - grownAt < settledMilliseconds) return undefined;
      const seconds = ((total - done) * (now - first.at)) / (done - first.done) / 1000;
      if (seconds < 5) return undefined;
      const rung = rungsSeconds.find((one) => seconds <= one);
      if (rung === undefined) return 'more than an hour';
      if (rung < shown || seconds > shown * tolerance) shown = rung;
      return shown < 60 ? `about ${shown} s` : `about ${shown / 60} min`;
    },
  };
};
