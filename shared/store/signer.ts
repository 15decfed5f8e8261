/** The key that manifests are signed with. It never leaves KMS, and nothing else is signed with it. */
import { createHash } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { KeywardError } from '../runtime/errors.ts';

export interface Signer {
  /** The key's ARN. */
  key: string;
  sign: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** Its public half, as DER. */
  getPublicKey: () => Promise<Uint8Array>;
}

/**
 * Takes a key's ARN; gives what signs with it (ECDSA on P-256, DER). KMS is sent the digest: it takes messages of at most 4096 bytes,
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html.
 */
export const openSigner = (key: string, client = new KMSClient({})): Signer => ({
  key,
  sign: async (bytes) => {
    const { Signature } = await client.send(
      new SignCommand({
        KeyId: key,
        Message: createHash('sha256').update(bytes).digest(),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      }),
    );
    if (!Signature) throw new KeywardError('NOT_SIGNED', `KMS gave no signature by ${key}`);
    return Signature;
  },
  getPublicKey: async () => {
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: key }));
    if (!PublicKey) throw new KeywardError('KEY_UNREADABLE', `KMS gave no public key of ${key}`);
    return PublicKey;
  },
});
