import type { Told } from './pairings.ts';

/** `one`, `one and two`, `one, two and 3 more` */
export const toList = (names: readonly string[], most = 4): string => {
  const distinct = [...new Set(names)];
  const shown = distinct.length > most ? distinct.slice(0, most - 1) : distinct;
  const rest = distinct.length - shown.length;
  const last = rest > 0 ? `${rest} more` : (shown.pop() ?? '');
  return shown.length > 0 ? `${shown.join(', ')} and ${last}` : last;
};

/** `1 key`, `3 keys` */
export const toCount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `deployment/shop/api (3 pods)` */
export const toWorkloadWords = ({ workload, pods }: Told): string =>
  pods === null ? workload : `${workload} (${toCount(pods, 'pod')})`;

/** `Secret shop/db (Opaque)`, or that its type could not be seen. */
export const toSecretWords = ({ secret, type }: Told): string =>
  `Secret ${secret} (${type ?? 'not in the listing, so that only the names of its keys tell what it is'})`;
