/** The Secrets that were listed, to be found by those who refer to them. */
import { type Fact, getGap, isKnown, type Unknown } from '../../evidence/fact.ts';
import { type ObjectReference, toObjectPath } from '../../evidence/kubernetes/object.ts';
import type { Secret } from '../../evidence/kubernetes/secret.ts';

/** Whoever refers to a Secret: Secrets are found in its own namespace alone. */
type Referrer = Pick<Secret, 'namespace' | 'origin'>;

export interface SecretIndex {
  /** The Secret of that name, of the same manifest where several files hold one. */
  find: (referrer: Referrer, name: string) => Secret | undefined;
  /** Why a Secret may be there that is not in the listing. */
  gap: Unknown | undefined;
}

/** Takes the listing, or why there is none; a listing that failed finds nothing and says so by its gap. */
export const indexSecrets = (listing: Fact<Secret[]>): SecretIndex => {
  const byName = Map.groupBy(isKnown(listing) ? listing.value : [], toKey);
  return {
    find: (referrer, name) => {
      const found = byName.get(toKey({ namespace: referrer.namespace, name }));
      return found?.find(({ origin }) => origin?.file === referrer.origin?.file) ?? found?.[0];
    },
    gap: getGap(listing),
  };
};

/** A Secret's name in the whole cluster, as a key of a map. */
export const toKey = ({ namespace, name }: Pick<Secret, 'namespace' | 'name'>): string =>
  JSON.stringify([namespace, name]);

export const toSecretReference = ({ namespace, name, origin }: Omit<ObjectReference, 'kind'>) => ({
  kind: 'Secret',
  namespace,
  name,
  ...(origin ? { origin } : {}),
});

/** Where an object stands: two of one place are one object, in a manifest written twice. */
export const toPlace = (object: ObjectReference): string =>
  `${object.origin?.file ?? ''}#${toObjectPath(object)}`;

/** The Secrets of a listing, each once: of one that a manifest holds twice, the last stands after `kubectl apply`. */
export const getDistinctSecrets = (secrets: readonly Secret[]): Secret[] => [
  ...new Map(secrets.map((secret) => [toPlace(toSecretReference(secret)), secret])).values(),
];
