/** What `keyward verify` reads: a runs bucket, or a folder that it was copied to; and the public key, if nobody gave it. */
import { KMSClient } from '@aws-sdk/client-kms';
import { type PublicKey, toPublicKey } from '../chain/public-key.ts';
import { collectPublicKey } from '../collect/kms/public-key.ts';
import { parseArn } from '../evidence/arn.ts';
import { type Aws, type AwsOptions, openAws } from '../runtime/aws.ts';
import { KeywardError } from '../runtime/errors.ts';
import type { Files } from '../store/files.ts';
import { openFolderFiles } from '../store/folder-files.ts';
import { openS3Files, openS3FilesBelow } from '../store/s3-files.ts';
import { openCallersS3 } from './open-callers-s3.ts';

export type Place = { kind: 'bucket'; bucket: string; prefix: string } | { kind: 'folder'; path: string };

/** Takes where to read, and as whom. No AWS is asked for a folder until a key is. */
export const openEvidence = async (
  place: Place,
  { profile, signal, onAttempt }: Pick<AwsOptions, 'profile' | 'signal' | 'onAttempt'>,
): Promise<{ files: Files; fetchKey: (arn: string) => Promise<PublicKey>; close: () => void }> => {
  let opened: Aws | undefined;
  const open = async (region?: string): Promise<Aws> => {
    opened ??= await openAws({ profile, region, isGentle: false, signal, onAttempt });
    return opened;
  };
  const files =
    place.kind === 'folder'
      ? openFolderFiles(place.path)
      : openS3FilesBelow(place.prefix, openS3Files(place.bucket, await openCallersS3(await open()), signal));
  const fetchKey = async (arn: string): Promise<PublicKey> => {
    try {
      const { region } = parseArn(arn) ?? {};
      const aws = await open(region);
      const client = aws.open(KMSClient, aws.access, region ?? aws.region);
      return toPublicKey(await collectPublicKey(client, arn, signal));
    } catch (cause) {
      throw new KeywardError('KEY_UNREADABLE', `the public key of ${arn} can't be read`, {
        hint: 'It takes kms:GetPublicKey; or give the key: --public-key FILE.pem.',
        cause,
      });
    }
  };
  return { files, fetchKey, close: () => opened?.close() };
};
