import { GetKeyLastUsageCommand } from '@aws-sdk/client-kms';
import type { Fact } from '../../evidence/fact.ts';
import { type KeyLastUsage, keyLastUsage } from '../../evidence/key.ts';
import { collectFact } from '../collect-fact.ts';
import { type KeyReader, notAtHome, unlessLacking } from './collect-key.ts';

/**
 * Takes a key's ARN; gives when it last did cryptographic work, as far back as KMS keeps track of it. Told in the key's
 * own account only, and by newer endpoints only: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html
 */
export const collectLastUsage = async (reader: KeyReader, arn: string): Promise<Fact<KeyLastUsage>> =>
  reader.isHome
    ? unlessLacking(reader, 'kms:GetKeyLastUsage', () =>
        collectFact(async () => {
          const { client, abortSignal } = reader;
          return keyLastUsage.parse(
            await client.send(new GetKeyLastUsageCommand({ KeyId: arn }), { abortSignal }),
          );
        }),
      )
    : notAtHome('kms:GetKeyLastUsage');
