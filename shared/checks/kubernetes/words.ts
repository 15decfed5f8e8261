import type { Told } from './pairings.ts';

const most = 4;

/** `one`, `one and two`, `one, two, three and 3 more`; the total where there are more than were named. */
export const toList = (names: readonly string[], total?: number): string => {
  const distinct = [...new Set(names)];
  const count = total ?? distinct.length;
  const shown = distinct.slice(0, count > most ? most - 1 : most);
  const last = count > shown.length ? `${count - shown.length} more` : (shown.pop() ?? '');
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
