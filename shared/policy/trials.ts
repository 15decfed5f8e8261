import type { Applicable, Entry, Layer } from './applicable.ts';
import type { Statement } from './policy.ts';
import type { Lookup } from './policy-variables.ts';
import { type Principal, toPrincipalAccountId } from './principal.ts';
import { matchResource } from './statement.ts';

/** One way through the policies: one Allow of each that is needed, and every Deny. */
export type Trial = {
  applicable: Applicable;
  /** Whatever the way hangs on. */
  statements: Statement[];
  /** The encryption context that a grant's constraints ask for. */
  pairs: Record<string, string>;
  /** The constraint allows no other pairs. */
  isWholeContext: boolean;
};

const nothing = { direct: [], byRole: [], delegating: [], grants: [] };

/** Every way in which the policies could let the caller in. */
export function toTrials(everything: Applicable, principal: Principal, keyArn: string): Trial[] {
  const all = toAbout(everything, keyArn);
  const isForeign = toPrincipalAccountId(principal) !== keyArn.split(':')[4];
  const levels = toLevelChoices(all.serviceControl ?? []);
  const boundaries = toChoices(all.boundary);
  // What was not seen stays so.
  const identities = all.identity === undefined ? [undefined] : toChoices(all.identity);
  const ways = (part: Partial<Applicable>, needsIam: boolean, needsBoundary: boolean): Applicable[] =>
    (needsIam ? identities : [null]).flatMap((identity) =>
      (needsBoundary ? boundaries : [null]).map((boundary) => ({
        ...all,
        ...nothing,
        ...part,
        identity,
        boundary,
      })),
    );
  const found = [
    ...all.direct.flatMap((entry) => ways({ direct: [entry] }, isForeign, isForeign)),
    ...all.byRole.flatMap((entry) => ways({ byRole: [entry] }, isForeign, true)),
    ...all.delegating.flatMap((entry) => ways({ delegating: [entry] }, true, true)),
    ...all.grants.flatMap((grant) => ways({ grants: [grant] }, grant.isDelegating, grant.isDelegating)),
  ];
  return found.flatMap((applicable) =>
    levels.map((serviceControl) =>
      toTrial({ ...applicable, serviceControl: all.serviceControl && serviceControl }),
    ),
  );
}

const anything: Lookup = () => 'unknown';

/** Without the statements that are about other keys alone, of which a principal can have thousands. */
function toAbout(all: Applicable, keyArn: string): Applicable {
  const select = (entries: Entry[]) =>
    entries.filter(
      ({ statement, policy }) => matchResource(statement, policy.version, keyArn, anything) !== false,
    );
  const toLayer = (layer: Layer): Layer => ({ ...layer, allows: select(layer.allows) });
  return {
    ...all,
    denies: select(all.denies),
    identity: all.identity && toLayer(all.identity),
    boundary: all.boundary && toLayer(all.boundary),
    serviceControl: all.serviceControl?.map(toLayer) ?? all.serviceControl,
  };
}

function toTrial(applicable: Applicable): Trial {
  const { denies, direct, byRole, delegating, grants, identity, boundary, serviceControl } = applicable;
  const layers = [identity, boundary, ...(serviceControl ?? [])];
  const entries = [
    ...direct,
    ...byRole,
    ...delegating,
    ...layers.flatMap((layer) => layer?.allows ?? []),
    ...denies,
  ];
  const [constraints] = grants.map(({ grant }) => grant.Constraints);
  const equal = constraints?.EncryptionContextEquals ?? {};
  return {
    applicable,
    statements: entries.map(({ statement }) => statement),
    pairs: { ...constraints?.EncryptionContextSubset, ...equal },
    isWholeContext: Object.keys(equal).length > 0,
  };
}

/** The layer with each of its Allows alone; where one is unread, that it may allow is a way of its own. */
function toChoices(layer: Layer | null): (Layer | null)[] {
  if (layer === null) {
    return [null];
  }
  const alone = layer.allows.map((entry: Entry) => ({ ...layer, allows: [entry], unread: [] }));
  // An Allow without conditions is as good as all of them.
  const free = alone.filter(({ allows }) => allows.every(({ statement }) => isFree(statement)));
  return free.length > 0 ? free.slice(0, 1) : alone;
}

function toLevelChoices(levels: Layer[]): Layer[][] {
  return levels.reduce<Layer[][]>(
    (choices, level) =>
      choices.flatMap((choice) =>
        toChoices(level).flatMap((next) => (next === null ? [] : [[...choice, next]])),
      ),
    [[]],
  );
}

function isFree({ conditions, resources }: Statement): boolean {
  return conditions.length === 0 && (resources ?? []).includes('*');
}
