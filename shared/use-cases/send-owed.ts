import type { Check } from '../checks/check.ts';
import { settle } from '../findings/settle.ts';
import type { TrackedFinding } from '../findings/tracked.ts';
import { findingsAtOnce, type Place, type Refusal, type SecurityHub } from '../publish/security-hub.ts';
import { type Asff, toAsff } from '../report/asff.ts';
import { readState, updateState } from '../store/state.ts';
import type { ErasableStore } from '../store/store.ts';

/** An account and Region whose findings are to be told, where they are kept, and whom they are told to. */
export interface Publisher {
  store: ErasableStore;
  place: Place;
  hub: SecurityHub;
  /** The frameworks of each check, by its id. */
  frameworks: ReadonlyMap<string, Check['frameworks']>;
}

export interface Sending {
  sent: number;
  /** What did not arrive, and why, of the first. */
  owed: number;
  failure?: string;
  refused?: Refusal;
  isUnfinished?: boolean;
}

/**
 * Sends what is owed, as it is owed at that moment and by whichever run, and ticks off what arrives. Where it grows late
 * before all was offered, the rest stays owed.
 */
export const sendOwed = async (
  publisher: Publisher,
  isLate: () => boolean = () => false,
): Promise<Sending> => {
  const { store, place, hub } = publisher;
  const tried = new Set<string>();
  let sent = 0;
  let failure: string | undefined;
  for (;;) {
    const stored = await readState(store, place.account, place.region);
    const owed = stored?.state.findings.flatMap((tracked) => toPublication(publisher, tracked) ?? []) ?? [];
    const batch = owed.filter((one) => !tried.has(toOffer(one))).slice(0, findingsAtOnce);
    const told: Sending = { sent, owed: owed.length, ...(failure ? { failure } : {}) };
    if (batch.length === 0) return told;
    if (isLate()) return { ...told, isUnfinished: true };
    for (const one of batch) tried.add(toOffer(one));
    const failed = await hub.publish(batch);
    if (!(failed instanceof Map)) return { sent, owed: owed.length, refused: failed };
    failure ??= failed.values().next().value;
    const arrived = batch.filter(({ Id }) => !failed.has(Id));
    sent += arrived.length;
    const moments = new Map(arrived.map(({ Id, UpdatedAt }) => [Id, UpdatedAt]));
    await updateState(store, place.account, place.region, (state) =>
      state ? { ...state, findings: settle(state.findings, moments) } : undefined,
    );
  }
};

const toPublication = (
  { place, frameworks }: Publisher,
  { finding, firstSeenAt, owedAt, recordState, isReopened }: TrackedFinding,
): Asff | undefined =>
  owedAt === undefined
    ? undefined
    : toAsff(finding, {
        partition: place.partition,
        firstSeenAt,
        updatedAt: owedAt,
        recordState: isReopened ? 'ARCHIVED' : recordState,
        frameworks: frameworks.get(finding.check) ?? {},
      });

const toOffer = ({ Id, UpdatedAt, RecordState }: Asff): string => `${Id} ${UpdatedAt} ${RecordState}`;
