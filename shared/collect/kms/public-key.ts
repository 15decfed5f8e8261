import { GetPublicKeyCommand, type KMSClient } from '@aws-sdk/client-kms';

/** The public key of an asymmetric key, as DER. Throws what KMS says. */
export const collectPublicKey = async (client: KMSClient, keyArn: string): Promise<Uint8Array> =>
  (await client.send(new GetPublicKeyCommand({ KeyId: keyArn }))).PublicKey ?? new Uint8Array();
