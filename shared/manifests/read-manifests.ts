import type { Readable } from 'node:stream';
import type { KubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import { UsageError } from '../runtime/errors.ts';
import { readInput } from '../runtime/read-input.ts';
import { type FoundFile, findFiles } from './find-files.ts';
import { parseManifests } from './parse-manifests.ts';
import { createEvidence, isHelms, type Problem } from './to-evidence.ts';

/** Beyond any real set of manifests: the largest charts render to a few megabytes. */
const maximumBytes = 50_000_000;

export interface ReadManifests {
  evidence: KubernetesEvidence;
  /** How many objects of Kubernetes were read, of any kind, and in how many files. */
  objects: number;
  files: number;
  /** What was not read because it is nothing of Kubernetes. */
  skipped: { documents: number; files: string[]; links: string[] };
  /** What could not be read and may be. */
  problems: Problem[];
}

interface Surroundings {
  /** The current folder. */
  folder: string;
  stdin: () => Readable;
  collectedAt: string;
  signal?: AbortSignal;
}

/**
 * Reads manifests: files, folders, `-` for standard input. A file that can't be read or parsed is a problem, and a part
 * that is missing of every fact. Throws UsageError where a path is not there.
 */
export const readManifests = async (
  paths: readonly string[],
  { folder, stdin, collectedAt, signal }: Surroundings,
): Promise<ReadManifests> => {
  const { files, links } = await findFiles(paths, folder).catch((cause: unknown) => {
    throw new UsageError('MANIFESTS_UNREADABLE', `${paths.join(', ')} can't be read`, { cause });
  });
  const evidence = createEvidence(collectedAt);
  const problems: Problem[] = [];
  const skipped = { documents: 0, files: [] as string[], links };
  for (const file of files) {
    signal?.throwIfAborted();
    const text = await readText(file, stdin, signal);
    if (typeof text !== 'string') problems.push({ file: file.shown, what: text.problem });
    else if (file.isNamed || mayHoldManifest(text)) {
      const read = readFile(file.shown, text, evidence.add);
      // In a folder much is called .json that is none, or only nearly: it is a manifest's mistake where it says so.
      const isOther = !file.isNamed && read.objects === 0 && !looksLikeManifest(text);
      if (!isOther) problems.push(...read.problems);
      if (isOther || (read.objects === 0 && read.problems.length === 0)) skipped.files.push(file.shown);
      else skipped.documents += read.others;
    } else skipped.files.push(file.shown);
  }
  return {
    evidence: evidence.finish(problems),
    objects: evidence.count(),
    files: files.length - skipped.files.length,
    skipped,
    problems,
  };
};

const readFile = (file: string, text: string, add: ReturnType<typeof createEvidence>['add']) => {
  const problems: Problem[] = [];
  let objects = 0;
  let others = 0;
  for (const parsed of parseManifests(text)) {
    const { line } = parsed;
    if ('problem' in parsed) {
      problems.push({ file, line, ...(parsed.isTemplate ? isHelms : { what: parsed.problem }) });
    } else if (!parsed.object) others += 1;
    else {
      const mistake = add(parsed.object, { file, line });
      if (mistake) problems.push({ file, line, ...mistake });
      else objects += 1;
    }
  }
  // One sentence is enough of a template: what else is wrong with it follows from that.
  const template = problems.find(({ isTemplate }) => isTemplate);
  return { objects, others, problems: template ? [template] : problems };
};

/** Whether it may name an `apiVersion`, escaped too. Packages and locks of other programs are not parsed in vain. */
const mayHoldManifest = (text: string): boolean =>
  text.includes('apiVersion') || /\\(?:[xuU]|\r?\n)/.test(text);

const looksLikeManifest = (text: string): boolean => text.includes('apiVersion') && text.includes('kind');

const readText = async (
  { path }: FoundFile,
  stdin: () => Readable,
  signal?: AbortSignal,
): Promise<string | { problem: string }> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of path === '-' ? stdin() : readInput(path, signal)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maximumBytes) return { problem: `it is larger than ${maximumBytes / 1_000_000} MB` };
    }
  } catch (cause) {
    signal?.throwIfAborted();
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it failed';
    return { problem: `it can't be read (${code})` };
  }
  return Buffer.concat(chunks).toString('utf8');
};
