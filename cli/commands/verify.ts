/** `keyward verify s3://BUCKET[/PREFIX]|DIR`: whether the nights that lie there are what was signed. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { VerifyDocument } from '../../shared/chain/document.ts';
import { toPublicKey } from '../../shared/chain/public-key.ts';
import { toPrintableJson } from '../../shared/report/printable.ts';
import { toVerifyTable } from '../../shared/report/verify-table.ts';
import { toNow } from '../../shared/runtime/clock.ts';
import { UsageError } from '../../shared/runtime/errors.ts';
import { openEvidence, type Place } from '../../shared/use-cases/open-evidence.ts';
import { type Pin, verify as verifyChain } from '../../shared/use-cases/verify.ts';
import type { Values } from '../arguments.ts';
import type { Command, ExitCode } from '../command.ts';
import { parseBucket } from '../event-options.ts';
import { parseTableOrJson } from '../options.ts';
import { createProgress } from '../progress.ts';
import { toTableOptions } from '../report.ts';

export const verify: Command = async ({ values, operands }, surroundings) => {
  const { signal, folder } = surroundings;
  const [given = ''] = operands;
  const format = parseTableOrJson('verify', values);
  const from = parseFrom(values);
  const place = await parsePlace(given, folder);
  const pin = await parsePin(values, folder);
  const progress = createProgress(surroundings, values);
  const asking = { profile: values.profile, signal, onAttempt: progress.attempt };
  const { files, fetchKey, close } = await openEvidence(place, asking);
  try {
    const asked = { place: given, pin, fetchKey, from, now: toNow(), signal, onProgress: progress.show };
    const document = await verifyChain(files, asked);
    progress.clear();
    const exitCode = toExitCode(document, place);
    if (format === 'json') return { text: [`${toPrintableJson(document)}\n`], exitCode };
    return { text: toVerifyTable(document, toTableOptions(values, surroundings)), exitCode };
  } finally {
    progress.finish();
    close();
  }
};

/** A copy is of some day: that it has no later night says nothing. */
const toExitCode = ({ isComplete, summary, gaps }: VerifyDocument, { kind }: Place): ExitCode => {
  if (!isComplete || summary.unreadable > 0) return 2;
  const { altered, missing, unsigned, 'other-key': byOtherKey } = summary;
  const counted = gaps.filter((gap) => gap.kind !== 'late' || kind === 'bucket').length;
  return altered + missing + unsigned + byOtherKey + counted > 0 ? 1 : 0;
};

const parsePlace = async (given: string, folder: string): Promise<Place> => {
  if (given.startsWith('s3://')) return { kind: 'bucket', ...parseBucket('verify', given) };
  const path = resolve(folder, given);
  const found = await stat(path).catch((cause) => {
    throw new UsageError('PLACE_UNREADABLE', `${JSON.stringify(given)} can't be read`, { cause });
  });
  if (found.isDirectory()) return { kind: 'folder', path };
  throw new UsageError('PLACE_UNREADABLE', `${JSON.stringify(given)} is no folder`, {
    hint: 'Give s3://BUCKET[/PREFIX], or a folder that the bucket was copied to.',
  });
};

const parseFrom = ({ from }: Values): string | undefined => {
  if (from === undefined || (/^\d{4}-\d\d-\d\d$/.test(from) && !Number.isNaN(Date.parse(from)))) return from;
  throw new UsageError('WRONG_DATE', `--from: ${JSON.stringify(from)} is no day as YYYY-MM-DD`);
};

const keyArn = /^arn:[^:\s]+:kms:[^:\s]+:\d{12}:key\/[\w-]+$/;
const pemBlock = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** A file holds one key, or several where the key was changed. */
const parsePin = async ({ 'public-key': given }: Values, folder: string): Promise<Pin> => {
  if (given === undefined) return { by: 'manifest' };
  if (keyArn.test(given)) return { by: 'arn', arn: given };
  try {
    const blocks = (await readFile(resolve(folder, given), 'utf8')).match(pemBlock) ?? [];
    if (blocks.length === 0) throw new Error('it holds no PUBLIC KEY in PEM');
    return { by: 'file', keys: blocks.map(toPublicKey) };
  } catch (cause) {
    throw new UsageError('WRONG_PUBLIC_KEY', `--public-key: ${JSON.stringify(given)} is not taken`, {
      hint: 'Give the ARN of the key, or a file of its public key: see docs/auditors.md.',
      cause,
    });
  }
};
