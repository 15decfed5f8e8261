/** The key that manifests are signed with. It never leaves KMS, and nothing else is signed with it. */
import { createHash } from 'node:crypto';
import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { KeywardError } from '../runtime/errors.ts';

export type Sign = (bytes: Uint8Array) => Promise<Uint8Array>;

/**
 * Takes a key's ARN; gives what signs with it (ECDSA on P-256, DER). KMS is sent the digest: it takes messages of at most 4096 bytes,
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html.
 */
export const openSigner =
  (KeyId: string, client = new KMSClient({})): Sign =>
  async (bytes) => {
    const { Signature } = await client.send(
      new SignCommand({
        KeyId,
        Message: createHash('sha256').update(bytes).digest(),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      }),
    );
    if (!Signature) throw new KeywardError('NOT_SIGNED', `KMS gave no signature by ${KeyId}`);
    return Signature;
  };
