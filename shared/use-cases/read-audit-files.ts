import type { AuditReading } from '../activity/cluster-history.ts';
import { type AuditFilesReading, collectFromAuditFiles } from '../collect/audit-log/audit-files.ts';
import { openAuditFolder } from '../collect/audit-log/audit-folder.ts';
import type { AuditSource } from '../collect/audit-log/audit-source.ts';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { toUnknown, type Unknown } from '../evidence/fact.ts';
import type { Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { UsageError } from '../runtime/errors.ts';
import type { AuditLogLocation, ClusterOfRun, ReadsOptions } from './collect-reads.ts';
import { openCallersS3 } from './open-callers-s3.ts';

type FilesLocation = Exclude<AuditLogLocation, { kind: 'cloudwatch' }>;

interface FilesOptions extends ReadsOptions {
  since: string | undefined;
}

/**
 * Reads the files of an audit log for the clusters of a run: where they lie in folders that are named like clusters,
 * each cluster's own; else all for the only cluster. Throws UsageError where it is not the only one.
 */
export const readAuditFiles = async (
  aws: Aws,
  clusters: readonly ClusterOfRun[],
  { log, ...options }: FilesOptions & { log: FilesLocation },
  add: (cluster: ClusterOfRun, reading: AuditReading) => Promise<void>,
): Promise<void> => {
  const root = await openSource(aws, log, options.signal);
  const folders = await root.listFolders().catch(toUnknownFact);
  if (!Array.isArray(folders)) {
    options.signal.throwIfAborted();
    for (const cluster of clusters)
      await add(cluster, toBlindReading(options.since, toUnlisted(root, folders)));
    return;
  }
  const named = new Set(folders);
  if (!clusters.some(({ name }) => named.has(name))) {
    const [only, ...others] = clusters;
    if (!only || others.length > 0) throw toNotOne(root, clusters);
    return add(only, await readAuditSource(root, options));
  }
  for (const cluster of clusters) {
    const { name } = cluster;
    const sameNamed = clusters.filter((other) => other.name === name);
    await add(
      cluster,
      !named.has(name)
        ? toBlindReading(
            options.since,
            toUnknown('not-found', `no folder of the audit logs is named ${name}`),
          )
        : sameNamed.length > 1
          ? toBlindReading(options.since, toUnknown('failed', toTwice(root, name, sameNamed.length)))
          : await readAuditSource(root.open(name), options),
    );
  }
};

/** Opens where an audit log is, of which nobody says whose it is: a context's own folder, or all of it. */
export const openAuditLog = async (path: string, cluster: string): Promise<AuditSource> => {
  const root = openAuditFolder(path);
  const folders = await root.listFolders();
  return folders.includes(cluster) ? root.open(cluster) : root;
};

/** Reads one cluster's files; says what of them is damaged, whose names and times are gaps of the evidence. */
export const readAuditSource = async (
  source: AuditSource,
  { since, only, signal, isGentle, onProgress, onNotice }: FilesOptions,
): Promise<AuditReading> => {
  let done = 0;
  const read = await collectFromAuditFiles(source, {
    ...(since === undefined ? {} : { since }),
    ...(only === undefined ? {} : { only }),
    now: toNow(),
    signal,
    filesAtOnce: isGentle ? 2 : 4,
    onFile: () => {
      done += 1;
      onProgress?.({ step: 'audit', done, total: done });
    },
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  if (!read) return toBlindReading(since, interrupted);
  const { reading, counts } = read;
  const notice = toNotice(counts);
  if (notice !== undefined) onNotice?.(`audit log: ${notice} in ${source.name}`);
  return reading;
};

const interrupted = toUnknown('failed', 'the run was interrupted before the audit log was read');

const toNotice = (counts: AuditFilesReading['counts']): string | undefined => {
  const told = [
    counts.damaged > 0 ? `${counts.damaged} of ${counts.read} files could not be read whole` : '',
    counts.unreadableLines > 0 ? `${counts.unreadableLines} lines can’t be read` : '',
    counts.tooLongLines > 0 ? `${counts.tooLongLines} lines are too long` : '',
    counts.untimely > 0 ? `${counts.untimely} requests are of a time that can’t be` : '',
    counts.other > 0 ? `${counts.other} of ${counts.read} files hold no audit log` : '',
  ].filter((part) => part !== '');
  return told.length > 0 ? told.join(', ') : undefined;
};

/** What is told where nothing could be read: of all the time that was asked for, or of now. */
export const toBlindReading = (
  since: string | undefined,
  { unknown: reason, detail: what }: Unknown,
  source: AuditReading['source'] = 'audit-log-files',
): AuditReading => {
  const to = toNow();
  const from = since ?? new Date(Date.parse(to) - 1).toISOString();
  return { source, from, to, gaps: [{ from, to, reason, what }], days: new Map() };
};

const toUnlisted = ({ name }: AuditSource, { unknown, detail }: Unknown): Unknown =>
  toUnknown(unknown, `${name} could not be listed: ${detail}`);

const toTwice = ({ name }: AuditSource, cluster: string, count: number): string =>
  `${count} clusters are called ${cluster}, and of which of them the log in ${name} is, it does not tell`;

const toNotOne = ({ name }: AuditSource, clusters: readonly ClusterOfRun[]): UsageError =>
  new UsageError(
    'NOT_ONE_CLUSTER',
    `--audit-log: ${name} has no folder that is named like one of the ${clusters.length} clusters, so it is one cluster’s log, and which one’s nobody said`,
    { hint: `Name the cluster with --clusters, such as --clusters ${clusters[0]?.name ?? 'NAME'}.` },
  );

const openSource = async (aws: Aws, log: FilesLocation, signal: AbortSignal): Promise<AuditSource> => {
  if (log.kind === 'folder') return openAuditFolder(log.path);
  const { openAuditBucket } = await import('../collect/audit-log/audit-bucket.ts');
  return openAuditBucket({ ...log, client: await openCallersS3(aws), signal });
};
