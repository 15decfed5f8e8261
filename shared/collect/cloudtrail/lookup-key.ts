/** What of a key's evidence decides which events it can have, and by which names they know it. */
import { changeNames } from '../../activity/key-event.ts';
import type { WatchedKey } from '../../activity/tally.ts';
import { isKnown } from '../../evidence/fact.ts';
import type { KeyEvidence } from '../../evidence/key.ts';

/** A failed call may name a key by an alias or by its custom key store. */
export const toWatchedKey = ({ arn, metadata, aliases }: KeyEvidence): WatchedKey => {
  const customKeyStoreId = isKnown(metadata) ? metadata.value.CustomKeyStoreId : undefined;
  return {
    arn,
    ...(aliases && isKnown(aliases) ? { aliases: aliases.value } : {}),
    ...(customKeyStoreId === undefined ? {} : { customKeyStoreId }),
  };
};

type ChangeName = (typeof changeNames)[number];

/** Aliases are read only where a policy looks at them. */
const hasAliases = ({ aliases }: KeyEvidence): boolean => aliases !== undefined;
/** A store that is not known could not be told from another one's. */
const hasStore = ({ metadata }: KeyEvidence): boolean =>
  isKnown(metadata) && metadata.value.CustomKeyStoreId !== undefined;
const hasOrigin =
  (origin: string) =>
  ({ metadata }: KeyEvidence): boolean =>
    !isKnown(metadata) || metadata.value.Origin === undefined || metadata.value.Origin === origin;
const isMultiRegion = ({ metadata }: KeyEvidence): boolean =>
  !isKnown(metadata) || metadata.value.MultiRegion !== false;

/** The changes that only some keys can meet: https://docs.aws.amazon.com/kms/latest/developerguide/feature-matrix.html */
const onlyOf: Partial<Record<ChangeName, (key: KeyEvidence) => boolean>> = {
  DisableKeyRotation: hasOrigin('AWS_KMS'),
  ImportKeyMaterial: hasOrigin('EXTERNAL'),
  DeleteImportedKeyMaterial: hasOrigin('EXTERNAL'),
  ReplicateKey: isMultiRegion,
  UpdatePrimaryRegion: isMultiRegion,
  DisconnectCustomKeyStore: hasStore,
  DeleteCustomKeyStore: hasStore,
  UpdateCustomKeyStore: hasStore,
  CreateAlias: hasAliases,
  UpdateAlias: hasAliases,
  DeleteAlias: hasAliases,
};

/** The names of changes that any of the keys can meet, each with those keys; what isn't known of a key may be so. */
export const toAskedNames = (keys: readonly KeyEvidence[]): { name: ChangeName; keys: KeyEvidence[] }[] =>
  changeNames
    .map((name) => ({ name, keys: keys.filter(onlyOf[name] ?? (() => true)) }))
    .filter(({ keys: concerned }) => concerned.length > 0);
