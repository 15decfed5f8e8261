/**
 * Two ways to the uses of many keys: one pass over all events of KMS, which shows every key's and everybody's noise, or
 * one look-up a key. Which reaches further depends on how much goes on, so a page of each is read first.
 */

/** How far a look-up has come, in time and in pages. */
export interface Progress {
  readMilliseconds: number;
  pages: number;
  isWhole: boolean;
}

const toPace = ({ readMilliseconds, pages }: Progress): number =>
  pages === 0 ? 0 : readMilliseconds / pages;

/** The pages that a look-up still has, if its events go on as densely as those that were read. */
export const toPagesLeft = (progress: Progress, windowMilliseconds: number): number => {
  if (progress.isWhole) return 0;
  // Where a page ended in the second of its beginning there is no end in sight.
  const left = (windowMilliseconds - progress.readMilliseconds) / toPace(progress);
  return Math.max(1, Math.ceil(left));
};

/** Takes look-ups that share a number of requests fairly; gives the share of the window that they are expected to show, on average. */
export const toShare = (
  lookUps: readonly Progress[],
  windowMilliseconds: number,
  requests: number,
): number => {
  const needs = lookUps.map((progress) => ({ progress, pages: toPagesLeft(progress, windowMilliseconds) }));
  // The least needy first: what one leaves of its part is the others'.
  needs.sort((a, b) => (a.pages < b.pages ? -1 : a.pages > b.pages ? 1 : 0));
  let left = requests;
  let shares = 0;
  for (const [index, { progress, pages }] of needs.entries()) {
    const spent = Math.min(pages, Math.floor(left / (needs.length - index)));
    left -= spent;
    const read = progress.readMilliseconds + spent * toPace(progress);
    shares += progress.isWhole || spent === pages ? 1 : Math.min(1, read / windowMilliseconds);
  }
  return shares / Math.max(1, lookUps.length);
};
