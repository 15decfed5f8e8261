/** The public half of the key that manifests are signed with. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

export interface PublicKey {
  key: KeyObject;
  /** SHA-256 of its DER, by which people compare keys. */
  sha256: string;
}

/** Takes DER (SubjectPublicKeyInfo) or one PEM block; gives the key. Throws where it is none on the curve P-256. */
export const toPublicKey = (given: Uint8Array | string): PublicKey => {
  const key =
    typeof given === 'string'
      ? createPublicKey(given)
      : createPublicKey({ key: Buffer.from(given), format: 'der', type: 'spki' });
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error('it is no key on the curve P-256');
  const der = key.export({ format: 'der', type: 'spki' });
  return { key, sha256: createHash('sha256').update(der).digest('hex') };
};

/** The one of the keys that a signature is by. */
export const findSigner = (
  keys: readonly PublicKey[],
  signed: Buffer,
  signature: Buffer,
): PublicKey | undefined => keys.find(({ key }) => verify('sha256', signed, key, signature));
