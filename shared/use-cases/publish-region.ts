import type { SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { Check } from '../checks/check.ts';
import { settle } from '../findings/settle.ts';
import type { TrackedFinding } from '../findings/tracked.ts';
import {
  collectPublished,
  findingsAtOnce,
  openSecurityHub,
  publishFindings,
  type Refusal,
  toRefusal,
} from '../publish/security-hub.ts';
import { type Asff, toAsff } from '../report/asff.ts';
import type { Aws } from '../runtime/aws.ts';
import { readState, updateState } from '../store/state.ts';
import type { Store } from '../store/store.ts';

/** Security Hub of one account and Region, and what is to be told there. */
export interface Publisher {
  store: Store;
  place: { partition: string; account: string; region: string };
  /** What Security Hub knows of Keyward's findings, or why it does not say. */
  readBack: () => Promise<TrackedFinding[] | Refusal>;
  /** Sends what is owed, as it is owed at that moment and by whichever run, and ticks off what arrives. */
  sendOwed: () => Promise<{ sent: number; owed: number; failure?: string; refused?: Refusal }>;
}

export const openPublisher = (
  store: Store,
  aws: Aws,
  place: Publisher['place'],
  checks: readonly Check[],
  signal: AbortSignal,
): Publisher => {
  const { account, region } = place;
  const frameworks = new Map(checks.map((check) => [check.id, check.frameworks]));
  let client: Promise<SecurityHubClient> | undefined;
  const open = () => {
    client ??= aws.getAccess(account).then((access) => openSecurityHub(aws, access, region));
    return client;
  };
  const toPublication = ({ finding, firstSeenAt, owedAt, recordState, isReopened }: TrackedFinding) =>
    owedAt === undefined
      ? undefined
      : toAsff(finding, {
          partition: place.partition,
          firstSeenAt,
          updatedAt: owedAt,
          recordState: isReopened ? 'ARCHIVED' : recordState,
          frameworks: frameworks.get(finding.check) ?? {},
        });

  const ask = async <T>(call: (hub: SecurityHubClient) => Promise<T>): Promise<T | Refusal> => {
    try {
      return await call(await open());
    } catch (error) {
      signal.throwIfAborted();
      return toRefusal(error);
    }
  };
  const offer = (batch: Asff[]) => ask((hub) => publishFindings(hub, batch, signal));

  return {
    store,
    place,
    readBack: () => ask((hub) => collectPublished(hub, place, signal)),
    sendOwed: async () => {
      const tried = new Set<string>();
      let sent = 0;
      let failure: string | undefined;
      for (;;) {
        const stored = await readState(store, account, region);
        const owed = stored?.state.findings.flatMap((tracked) => toPublication(tracked) ?? []) ?? [];
        const batch = owed.filter((one) => !tried.has(toOffer(one))).slice(0, findingsAtOnce);
        if (batch.length === 0) return { sent, owed: owed.length, ...(failure ? { failure } : {}) };
        for (const one of batch) tried.add(toOffer(one));
        const failed = await offer(batch);
        if (!(failed instanceof Map)) return { sent, owed: owed.length, refused: failed };
        failure ??= failed.values().next().value;
        const arrived = batch.filter(({ Id }) => !failed.has(Id));
        sent += arrived.length;
        const moments = new Map(arrived.map(({ Id, UpdatedAt }) => [Id, UpdatedAt]));
        await updateState(store, account, region, (state) =>
          state ? { ...state, findings: settle(state.findings, moments) } : undefined,
        );
      }
    },
  };
};

const toOffer = ({ Id, UpdatedAt, RecordState }: Asff): string => `${Id} ${UpdatedAt} ${RecordState}`;
