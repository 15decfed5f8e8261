/**
 * A manifest and its signature as one object, so that neither comes without the other: the envelope of in-toto and
 * Sigstore, https://github.com/secure-systems-lab/dsse/blob/master/envelope.md. What is signed is carried as it was signed.
 */
import { z } from 'zod';
import { type Manifest, manifest } from './manifest.ts';

const payloadType = 'application/vnd.keyward.manifest+json';

const envelope = z.strictObject({
  payload: z.base64(),
  payloadType: z.literal(payloadType),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.base64() })).max(1),
});

export interface Signed {
  manifest: Manifest;
  /** What the signature is of. */
  signed: Buffer;
  /** Undefined where nobody signed it. */
  signature: Buffer | undefined;
}

/** What is signed: the type and the payload, each with its length, so that no other text reads as the same. */
const toSigned = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);

/** Takes a manifest and what signs bytes; gives the object's text. Without a key it is not signed, and says so. */
export const toEnvelope = async (
  content: Manifest,
  sign: ((bytes: Buffer) => Promise<Uint8Array>) | undefined,
): Promise<string> => {
  const payload = Buffer.from(JSON.stringify(content));
  const { key } = content;
  const signatures =
    key !== null && sign
      ? [{ keyid: key, sig: Buffer.from(await sign(toSigned(payload))).toString('base64') }]
      : [];
  return JSON.stringify({ payload: payload.toString('base64'), payloadType, signatures });
};

/**
 * Takes an object's bytes; gives what is in it, or undefined where a manifest of keyward was never written so. No byte of
 * it may be another: the newest is not named by any other, and of what is around the payload nothing is signed.
 */
export const parseEnvelope = (bytes: Uint8Array): Signed | undefined => {
  const text = Buffer.from(bytes).toString('utf8');
  const parsed = envelope.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { payload, signatures } = parsed.data;
  const decoded = Buffer.from(payload, 'base64');
  const content = manifest.safeParse(parseJson(decoded.toString('utf8')));
  if (!content.success) return undefined;
  const [signature] = signatures;
  const sig = signature && Buffer.from(signature.sig, 'base64');
  const again = JSON.stringify({
    payload: decoded.toString('base64'),
    payloadType,
    signatures: sig ? [{ keyid: content.data.key, sig: sig.toString('base64') }] : [],
  });
  if (again !== text) return undefined;
  return { manifest: content.data, signed: toSigned(decoded), signature: sig };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
