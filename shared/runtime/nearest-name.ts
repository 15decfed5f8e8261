import { closest, distance } from 'fastest-levenshtein';

/** The name that was probably meant, or undefined where nothing known is near enough to be it. */
export const toNearestName = (unknown: string, names: readonly string[]): string | undefined => {
  if (names.length === 0) return undefined;
  const beginning = unknown.toLowerCase();
  // A name that was cut short is meant whole, however long it is; a letter may be anything's.
  const whole = /\w\w/.test(beginning)
    ? names.filter((name) => name.toLowerCase().startsWith(beginning))
    : [];
  if (whole.length > 0) return closest(beginning, whole);
  const nearest = closest(beginning, names);
  const allowed = Math.max(2, Math.floor(nearest.length / 3));
  return distance(beginning, nearest.toLowerCase()) <= allowed ? nearest : undefined;
};
