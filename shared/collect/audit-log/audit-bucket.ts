/** An audit log in a bucket, as `aws logs create-export-task` puts it there, or as somebody copied it. */
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { readLogBytes } from '../cloudtrail/log-bytes.ts';
import { toUnknownFact } from '../collect-fact.ts';
import { type AuditSource, isNoLog } from './audit-source.ts';

export interface AuditBucket {
  client: S3Client;
  bucket: string;
  /** Empty, or what the objects' names begin with. */
  prefix: string;
  signal: AbortSignal;
}

/** Takes a bucket and a prefix; gives the objects below as a source. */
export const openAuditBucket = ({ client, bucket, prefix, signal }: AuditBucket): AuditSource => {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const name = `s3://${bucket}/${prefix}`;
  const options = { abortSignal: signal };
  return {
    name,
    listFolders: async () => {
      const folders: string[] = [];
      for await (const { CommonPrefixes = [] } of paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: folder, Delimiter: '/' },
        options,
      ))
        for (const { Prefix: below = '' } of CommonPrefixes) folders.push(below.slice(folder.length, -1));
      return folders;
    },
    open: (below) => openAuditBucket({ client, bucket, prefix: `${folder}${below}/`, signal }),
    async *listFiles(onProblem) {
      try {
        // PREFIX-2/ begins like PREFIX, and is another folder.
        for await (const { Contents = [] } of paginateListObjectsV2(
          { client },
          { Bucket: bucket, Prefix: prefix },
          options,
        ))
          for (const { Key: key = '' } of Contents)
            if ((key === prefix || key.startsWith(folder)) && !key.endsWith('/') && !isNoLog(key))
              yield { name: key, read: (onPiece) => readObject(key, onPiece) };
      } catch (error) {
        const { unknown: reason, detail } = toUnknownFact(error);
        onProblem({ file: name, reason, what: `could not be listed: ${detail}` });
      }
    },
  };

  async function readObject(key: string, onPiece: (piece: Buffer) => void): Promise<void> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), options);
    if (!Body) throw new Error('GetObject gave no body');
    await readLogBytes(Body.transformToWebStream(), onPiece);
  }
};
