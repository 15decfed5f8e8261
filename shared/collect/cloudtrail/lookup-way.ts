/**
 * Two ways to the uses of many keys: one pass over all events of KMS, which shows every key's and everybody's noise, or
 * one look-up a key. Which is shorter depends on how much goes on, so a page of each is read first.
 */

/** How far a look-up has come, in time and in pages. */
export interface Progress {
  readMilliseconds: number;
  pages: number;
  isWhole: boolean;
}

/** What more requests are expected to show: the share of the window, and how many of them it takes. */
export interface Prospect {
  share: number;
  requests: number;
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

/** Takes look-ups that share a number of requests fairly; gives what they are expected to come to, on average. */
export const toProspect = (
  lookUps: readonly Progress[],
  windowMilliseconds: number,
  requests: number,
): Prospect => {
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
  return { share: shares / Math.max(1, lookUps.length), requests: requests - left };
};

/** Whether to look up each key rather than go on with the pass: for the larger share, then for the fewer requests. */
export const isByKeyBetter = (byKey: Prospect, pass: Prospect): boolean =>
  byKey.share > pass.share || (byKey.share === pass.share && byKey.requests < pass.requests);
