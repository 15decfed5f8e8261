import { GetPublicKeyCommand, type KMSClient } from '@aws-sdk/client-kms';

/** The public key of an asymmetric key, as DER. Throws what KMS says. */
export const collectPublicKey = async (
  client: KMSClient,
  keyArn: string,
  abortSignal: AbortSignal,
): Promise<Uint8Array> =>
  (await client.send(new GetPublicKeyCommand({ KeyId: keyArn }), { abortSignal })).PublicKey ??
  new Uint8Array();
