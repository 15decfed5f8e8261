import { accessFacts } from '../checks/access/key-access.ts';
import type { FactName, Subject, Verdict } from '../checks/check.ts';
import { checks } from '../checks/index.ts';
import { parseArn } from '../evidence/arn.ts';
import { type ClusterEvidence, type RegionEvidence, regionEvidence } from '../evidence/cluster.ts';
import { isKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import { isExcluded, type RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { parsePolicy } from '../policy/policy-document.ts';
import { PolicyError } from '../policy/policy-error.ts';
import { TargetError, UsageError } from '../runtime/errors.ts';
import { toNearestName } from '../runtime/nearest-name.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';
import { isOfKey, type KeySubject, toNotVisible } from '../who/access.ts';
import { toAnalyzed } from '../who/analyzer-agreement.ts';
import { toCan } from '../who/can.ts';
import type { CanDocument, WhoDocument } from '../who/document.ts';
import { toKeyAction } from '../who/key-actions.ts';
import { type Timeline, toTimeline } from '../who/timeline.ts';
import { toWhatIf } from '../who/what-if.ts';
import { toWhoMay } from '../who/who-may.ts';
import { toWhoRead } from '../who/who-read.ts';
import { toWhoUsed } from '../who/who-used.ts';
import { type CollectOptions, collectRun, toNoClusterMatches } from './collect-run.ts';
import { createSubjectReader, type SubjectsOfCluster } from './subjects.ts';

export interface WhoOptions extends Omit<CollectOptions, 'clusters'> {
  /** A cluster's name, or its ARN. */
  cluster: string;
  /** Whether this principal may do this, instead of who may what. */
  can?: { principal: string; action: string };
  /** What if this were the key's policy. Given the key's ARN, gives the text. */
  readPolicy?: (keyArn: string) => string;
}

export interface WhoAnswer {
  answer: WhoDocument | CanDocument;
  /** What happened to the key, where events were asked for. */
  timeline?: Timeline;
}

// Everything that the checks of a key policy read: the what-if judges by them.
const asking: { facts: readonly FactName[] }[] = [{ facts: [...accessFacts, 'key.accessAnalyzer'] }];

/**
 * Reads one cluster and its key with everything that has a say in who may use it; gives the answer,
 * and its timeline where that is asked for. Throws UsageError
 * where there is no such action, no such cluster, or more than one, and TargetError where it could not be read.
 */
export const who = async (store: Store, options: WhoOptions): Promise<WhoAnswer> => {
  const { settings, readPolicy } = options;
  const can = options.can && { ...options.can, action: parseAction(options.can.action) };
  // When a key was last used tells whether a look-up by the key is blind to it.
  const asked = options.events ? [...asking, { facts: ['key.lastUsage'] as const }] : asking;
  const [first, ...others] = await collectCluster(store, options, asked);
  const cluster = first.cluster.arn;
  if (!isOfKey(first)) {
    const keyless = toKeyless(first, settings);
    if (can || readPolicy) throw toTargetError(cluster, keyless.may);
    return { answer: keyless };
  }
  const family: [KeySubject, ...KeySubject[]] = [first, ...others.filter(isOfKey)];
  if (can) {
    const answer = toCan(family, settings, can.principal, can.action);
    if ('unknown' in answer) throw toTargetError(cluster, answer);
    return { answer };
  }
  const may = toWhoMay(family, settings);
  const { agreements, missing } = toAnalyzed(family, may);
  const document: WhoDocument = {
    schema: 'keyward/who-v1',
    cluster,
    key: first.key.arn,
    may,
    used: options.events ? toWhoUsed(family, settings) : usedNotAsked,
    read: toWhoRead(first, settings),
    notVisible: [...toNotVisible(first), ...missing],
    ...(agreements ? { accessAnalyzer: agreements } : {}),
  };
  if (!readPolicy) {
    const timeline = options.events && toTimeline(family, settings, judgeOpenings(family, settings));
    return { answer: document, ...(timeline ? { timeline } : {}) };
  }
  const policy = readPolicy(first.key.arn);
  assertPolicy(policy);
  return { answer: { ...document, ...toWhatIf(family, policy, may, settings, checks) } };
};

/** The times in which the key's policy or a grant let somebody in who should not be. */
const judgeOpenings = (family: readonly KeySubject[], settings: Settings): Verdict[] =>
  checks
    .filter(({ id }) => id === 'key-was-not-opened')
    .flatMap((check) => family.flatMap((subject) => check.judge(subject, settings)));

const parseAction = (action: string): string => {
  const known = toKeyAction(action);
  if (known !== undefined) return known;
  throw new UsageError('WRONG_ACTION', `--action: ${JSON.stringify(action)} is no action on a key of KMS`, {
    hint: 'Give one, such as kms:Decrypt. ReEncrypt is authorised as kms:ReEncryptFrom and kms:ReEncryptTo.',
  });
};

const assertPolicy = (policy: string): void => {
  try {
    parsePolicy(policy);
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause;
    throw new UsageError('KEY_POLICY_INVALID', `--key-policy: ${cause.message}`, { cause });
  }
};

const usedNotAsked = toUnknown('incomplete-window', 'nothing was asked of CloudTrail (--since)');

/** A cluster of which it is not known that it has a key of its owner's. */
const toKeyless = (subject: Subject, settings: Settings): WhoDocument & { may: Unknown } => {
  const { cluster, facts } = subject;
  const { cluster: description, 'key.metadata': metadata } = facts;
  if (!description || !isKnown(description))
    throw toTargetError(cluster.arn, description ?? toUnknown('failed', 'the cluster was not read'));
  // An alias that could not be followed to a key.
  if (metadata && !isKnown(metadata)) throw toTargetError(cluster.arn, metadata);
  return {
    schema: 'keyward/who-v1',
    cluster: cluster.arn,
    key: null,
    may: toUnknown('not-found', 'The cluster names no key of KMS: AWS holds what its data is sealed with'),
    used: toUnknown(
      'not-found',
      'The cluster names no key of KMS: nobody sees the use of the one that AWS owns',
    ),
    read: toWhoRead(subject, settings),
    notVisible: [],
  };
};

export const toTargetError = (cluster: string, { unknown, detail }: Unknown): TargetError =>
  new TargetError('CLUSTER_UNREADABLE', `${cluster}: ${unknown}: ${detail}`, {
    hint: 'docs/permissions.md lists what each answer needs.',
  });

/** Reads one cluster, its key and everything that has a say in it; gives its subjects. Throws as `who` does. */
export const collectCluster = async (
  store: Store,
  options: Omit<WhoOptions, 'can' | 'readPolicy'>,
  asking: readonly { facts: readonly FactName[] }[],
): Promise<SubjectsOfCluster> => (await collectClusterOfRun(store, options, asking)).subjects;

/** The same, with who asked. */
export const collectClusterOfRun = async (
  store: Store,
  options: Omit<WhoOptions, 'can' | 'readPolicy'>,
  asking: readonly { facts: readonly FactName[] }[],
): Promise<{ subjects: SubjectsOfCluster; caller: string }> => {
  const arn = parseArn(options.cluster);
  const name = arn ? arn.resource.replace(/^cluster\//, '') : options.cluster;
  const targets = arn
    ? {
        accounts: options.accounts === 'caller' ? [arn.account] : options.accounts,
        regions: options.regions ?? [arn.region],
      }
    : {};
  const start = await collectRun(store, { ...options, ...targets, clusters: name }, asking);
  const found = (await listClusters(store, start)).filter(
    ({ cluster }) => !arn || cluster.arn === options.cluster,
  );
  const [only, ...more] = found;
  if (!only) throw await toNotFound(store, start, options.cluster);
  if (more.length > 0)
    throw new UsageError('AMBIGUOUS_CLUSTER', `${found.length} clusters are called ${JSON.stringify(name)}`, {
      hint: `Give the ARN of one: ${found.map(({ cluster }) => cluster.arn).join(', ')}`,
    });
  const readSubjects = await createSubjectReader(store, start.id);
  const subjects = await readSubjects(only.region, only.cluster, options.planned?.key);
  return { subjects, caller: start.caller };
};

const listRegions = async (store: Store, { id, accounts }: RunStart): Promise<RegionEvidence[]> => {
  const names = toRunNames(id);
  const regions: RegionEvidence[] = [];
  for (const account of accounts)
    for await (const name of store.list(names.clustersOf(account))) {
      const region = await readObject(store, name, regionEvidence);
      if (region) regions.push(region);
    }
  return regions;
};

const listClusters = async (
  store: Store,
  start: RunStart,
): Promise<{ region: RegionEvidence; cluster: ClusterEvidence }[]> =>
  (await listRegions(store, start)).flatMap((region) =>
    region.clusters.map((cluster) => ({ region, cluster })),
  );

/** Reasons enough to go and look. */
const mostGaps = 3;

/** The cluster may be where nobody could look; a Region that the organisation forbids holds none. */
const toNotFound = async (store: Store, start: RunStart, cluster: string): Promise<Error> => {
  const regions = await listRegions(store, start);
  const gaps = regions.flatMap((evidence) => {
    const { account, region, listing } = evidence;
    const place = `${account} / ${region}`;
    if (isKnown(listing)) return listing.missing.map(({ what }) => `${place}: ${what}`);
    if (isExcluded(evidence, start)) return [];
    return [`${place}: ${listing.unknown}: ${listing.detail}`];
  });
  const name = JSON.stringify(cluster);
  const names = regions.flatMap(({ listing }) => (isKnown(listing) ? listing.value : []));
  if (gaps.length === 0) return toNoClusterMatches(cluster, names);
  const nearest = toNearestName(cluster, names);
  const rest = gaps.length > mostGaps ? `; and ${gaps.length - mostGaps} more` : '';
  return new TargetError(
    'CLUSTER_UNREADABLE',
    `no cluster called ${name} was found, and not everything could be listed: ${gaps.slice(0, mostGaps).join('; ')}${rest}`,
    {
      hint: nearest
        ? `Did you mean ${nearest}?`
        : 'Name its account and Region: --accounts, --regions, or give its ARN.',
    },
  );
};
