import { closest, distance } from 'fastest-levenshtein';

/** The name that was probably meant, or undefined where nothing known is near enough to be it. */
export const toNearestName = (unknown: string, names: readonly string[]): string | undefined => {
  if (names.length === 0) return undefined;
  const nearest = closest(unknown.toLowerCase(), names);
  const allowed = Math.max(2, Math.floor(nearest.length / 3));
  return distance(unknown.toLowerCase(), nearest.toLowerCase()) <= allowed ? nearest : undefined;
};
