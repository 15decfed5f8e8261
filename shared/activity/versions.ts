/** What stood for a while: the versions of a key policy that were put, and the grants that were made and are gone. */
import type { KeyChange } from '../evidence/events.ts';
import type { Grant } from '../evidence/key.ts';

/** From when to when something stood, and who put it there and took it away. */
export interface Stood {
  put: KeyChange;
  from: string;
  /** Null where it is not known when it went. */
  to: string | null;
  ended: KeyChange | null;
}

export interface PolicyVersion extends Stood {
  /** Undefined where the event does not carry it. */
  policy: string | undefined;
}

export interface GoneGrant extends Stood {
  grant: Grant;
}

const byTime = (a: KeyChange, b: KeyChange): number =>
  a.time === b.time ? (a.id < b.id ? -1 : 1) : a.time < b.time ? -1 : 1;

const select = (changes: readonly KeyChange[], ...names: string[]): KeyChange[] =>
  changes.filter(({ name, outcome }) => names.includes(name) && outcome === 'success').sort(byTime);

/**
 * Every version of the policy that was put, in order: each stood until one that says something else. What stood
 * before the first of them no event tells.
 */
export const toPolicyVersions = (changes: readonly KeyChange[]): PolicyVersion[] => {
  const puts = select(changes, 'PutKeyPolicy');
  const first = puts.filter(({ policy }, index) => {
    const before = puts[index - 1]?.policy;
    return policy === undefined || before === undefined || !isSamePolicy(policy, before);
  });
  return first.map((put, index) => {
    const ended = first[index + 1] ?? null;
    return { put, policy: put.policy, from: put.time, to: ended?.time ?? null, ended };
  });
};

/** The changes by which grants ended. */
export const listEndings = (changes: readonly KeyChange[]): KeyChange[] =>
  select(changes, 'RevokeGrant', 'RetireGrant');

/** The grants that were made and are not among today's. */
export const toGoneGrants = (changes: readonly KeyChange[], today: readonly Grant[]): GoneGrant[] => {
  const standing = new Set(today.map(({ GrantId }) => GrantId));
  const endings = new Map(listEndings(changes).map((change) => [change.grantId, change]));
  return select(changes, 'CreateGrant').flatMap((put) => {
    const id = put.grant?.GrantId;
    if (id === undefined || standing.has(id)) return [];
    const ended = endings.get(id) ?? null;
    return [{ put, grant: { ...put.grant, GrantId: id }, from: put.time, to: ended?.time ?? null, ended }];
  });
};

/** Whether two policies say the same: KMS may give one back in other spacing, and with its members in another order. */
export const isSamePolicy = (one: string, other: string): boolean =>
  one === other || toNormal(one) === toNormal(other);

const toNormal = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    );
  } catch {
    return text;
  }
};
