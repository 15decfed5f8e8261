/** Changes of a key as a finding tells them. */
import { type KeyChange, mostNamed } from '../../evidence/events.ts';

export interface ToldChange {
  event: string;
  time: string;
  name: string;
  /** What it changed: a grant, a number of days, a Region, an alias. */
  what: string | null;
  source: string;
  through: string | null;
}

export interface SummedChanges {
  count: number;
  first: string;
  last: string;
  /** How many calls of each name. */
  names: Record<string, number>;
  sources: string[];
  agents: string[];
}

export const byTime = (a: KeyChange, b: KeyChange): number =>
  a.time === b.time ? (a.id < b.id ? -1 : 1) : a.time < b.time ? -1 : 1;

export const sumChanges = (changes: readonly KeyChange[]): SummedChanges => {
  const times = changes.map(({ time }) => time).sort();
  const counts = [...Map.groupBy(changes, ({ name }) => name)].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    count: changes.length,
    first: times[0] ?? '',
    last: times.at(-1) ?? '',
    names: Object.fromEntries(counts.map(([name, those]) => [name, those.length])),
    sources: toNames(changes.map(({ source }) => source)),
    agents: toNames(changes.map(({ agent }) => agent)),
  };
};

const toNames = (names: readonly string[]): string[] => [...new Set(names)].sort().slice(0, mostNamed);

export const toToldChange = (change: KeyChange): ToldChange => ({
  event: change.id,
  time: change.time,
  name: change.name,
  what: toWhat(change),
  source: change.source,
  through: change.invokedBy ?? null,
});

const toWhat = ({ detail, grant, grantId }: KeyChange): string | null => {
  const words = [
    ...(detail ? [detail] : []),
    ...(grant ? [toGrantWords(grant)] : []),
    ...(grantId ? [`grant ${grantId}`] : []),
  ];
  return words.length > 0 ? words.join('; ') : null;
};

const toGrantWords = (grant: NonNullable<KeyChange['grant']>): string => {
  const { GrantId = 'without id', GranteePrincipal, GranteeServicePrincipal, Operations = [] } = grant;
  const grantee = GranteeServicePrincipal ?? GranteePrincipal ?? 'nobody named';
  return `grant ${GrantId} to ${grantee}: ${Operations.join(', ')}`;
};
