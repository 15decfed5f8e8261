/** What `keyward verify` reads: a runs bucket, or a folder that it was copied to; and the public key, if nobody gave it. */
import { type PublicKey, toPublicKey } from '../chain/public-key.ts';
import { collectPublicKey } from '../collect/kms/public-key.ts';
import { parseArn } from '../evidence/arn.ts';
import { openAws } from '../runtime/aws.ts';
import { KeywardError } from '../runtime/errors.ts';
import type { Files } from '../store/files.ts';
import { openFolderFiles } from '../store/folder-files.ts';
import { openS3Files, openS3FilesBelow } from '../store/s3-files.ts';
import { openCallersS3 } from './open-callers-s3.ts';

export type Place = { kind: 'bucket'; bucket: string; prefix: string } | { kind: 'folder'; path: string };

/** Takes where to read, and as whom. No AWS is asked for a folder until a key is. */
export const openEvidence = async (
  place: Place,
  { profile, signal }: { profile: string | undefined; signal: AbortSignal },
): Promise<{ files: Files; fetchKey: (arn: string) => Promise<PublicKey>; close: () => void }> => {
  const open = (region?: string) => openAws({ profile, region, isGentle: false, signal });
  const aws = place.kind === 'bucket' ? await open() : undefined;
  const files =
    place.kind === 'folder'
      ? openFolderFiles(place.path)
      : openS3FilesBelow(place.prefix, openS3Files(place.bucket, aws && (await openCallersS3(aws)), signal));
  const fetchKey = async (arn: string): Promise<PublicKey> => {
    try {
      const { region } = parseArn(arn) ?? {};
      const asked = aws ?? (await open(region));
      const caller = await asked.getAccess(asked.caller.account);
      return toPublicKey(await collectPublicKey(asked.kms(caller, region ?? asked.region), arn, signal));
    } catch (cause) {
      throw new KeywardError('KEY_UNREADABLE', `the public key of ${arn} can't be read`, {
        hint: 'It takes kms:GetPublicKey; or give the key: --public-key FILE.pem.',
        cause,
      });
    }
  };
  return { files, fetchKey, close: () => aws?.close() };
};
