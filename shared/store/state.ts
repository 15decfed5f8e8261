/**
 * `state/ACCOUNT/REGION`: what outlives a run. It is written before anybody is told, so what it says is owed can
 * be told by whoever comes next.
 */
import { z } from 'zod';
import { timestamp } from '../evidence/timestamp.ts';
import { trackedFinding, transition } from '../findings/tracked.ts';
import { EvidenceError, PreconditionError } from '../runtime/errors.ts';
import { stateNames } from './names.ts';
import { type Store, writeObject } from './store.ts';

const schema = 'keyward/state-v1';

const owedAlert = z.strictObject({
  transition,
  /** Who is about to tell it, and since when. Nobody else does, unless it is long ago. */
  claim: z.strictObject({ run: z.string(), at: timestamp }).optional(),
});
export type OwedAlert = z.infer<typeof owedAlert>;

const targetState = z.strictObject({
  schema: z.literal(schema),
  /** Of the evidence that it was last reconciled with: nothing older may change it. */
  collectedAt: timestamp,
  /** When Security Hub was last asked what it knows. */
  readBackAt: timestamp.optional(),
  findings: z.array(trackedFinding),
  alerts: z.array(owedAlert),
  /** The keys that each cluster hangs on, as they stand in the index. */
  keys: z.record(z.string(), z.array(z.string())),
});
export type TargetState = Omit<z.infer<typeof targetState>, 'schema'>;

const anyVersion = z.object({ schema: z.templateLiteral(['keyward/state-v', z.int()]) });

/** Throws EvidenceError, naming the object, where it is corrupt or of a version that is not known yet. */
export const readState = async (
  store: Pick<Store, 'get'>,
  account: string,
  region: string,
): Promise<{ state: TargetState; etag: string } | undefined> => {
  const name = stateNames.at(account, region);
  const stored = await store.get(name);
  if (!stored) return undefined;
  const raw = toJson(stored.body);
  const parsed = targetState.safeParse(raw);
  if (parsed.success) {
    const { schema: _, ...state } = parsed.data;
    return { state, etag: stored.etag };
  }
  const version = anyVersion.safeParse(raw).data?.schema;
  if (version !== undefined && version !== schema)
    throw new EvidenceError('STATE_VERSION', `${name} is of ${version}; this keyward knows ${schema}`, {
      hint: 'Deploy the version that wrote it, or a later one.',
    });
  const issue = parsed.error.issues[0];
  const where = raw === undefined ? 'not JSON' : `${issue?.path.join('.') || 'object'}: ${issue?.message}`;
  throw new EvidenceError('STATE_CORRUPT', `${name} is corrupt: ${where}`, {
    hint: 'Restore its last good version, or remove it: it is then made anew from Security Hub.',
  });
};

const toJson = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const attempts = 20;

/**
 * Changes the state of an account and Region. Where somebody else has written it in the meantime the change is made
 * again on what they wrote. `undefined` leaves it as it is; gives what then stands.
 */
export const updateState = async (
  store: Store,
  account: string,
  region: string,
  change: (state: TargetState | undefined) => TargetState | undefined | Promise<TargetState | undefined>,
): Promise<TargetState | undefined> => {
  for (let attempt = 1; ; attempt += 1) {
    const stored = await readState(store, account, region);
    const changed = await change(stored?.state);
    if (!changed) return stored?.state;
    try {
      const condition = stored ? ({ ifMatch: stored.etag } as const) : ({ ifNoneMatch: '*' } as const);
      await writeObject(store, stateNames.at(account, region), { schema, ...changed }, condition);
      return changed;
    } catch (error) {
      if (!(error instanceof PreconditionError) || attempt === attempts) throw error;
    }
  }
};
