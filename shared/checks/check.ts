/**
 * What a check is, and how it is run. A check is one pure rule: it reads facts, yields what is wrong, and says
 * nothing else. Turning a missing fact into `unknown`, and the absence of failures into `pass`, happens here and
 * only here, so that no check can mistake "could not look" for "looked and found nothing".
 */
import type { AnalyzerAnswer } from '../evidence/access-analyzer.ts';
import type { AccessEntry, PodIdentityAssociation } from '../evidence/access-entry.ts';
import type { ClusterBackups } from '../evidence/backup.ts';
import { type Cluster, getNamedKeyArn } from '../evidence/cluster.ts';
import type { KeyChanges, KeyUse } from '../evidence/events.ts';
import { type Fact, isKnown, toUnknown, type UnknownReason } from '../evidence/fact.ts';
import type { ControlPolicies, IamInventory } from '../evidence/iam.ts';
import type { Grant, KeyLastUsage, KeyMetadata, KeyRotation, PastRotation } from '../evidence/key.ts';
import type { BackupLocation } from '../evidence/kubernetes/backup-location.ts';
import type { ObjectReference } from '../evidence/kubernetes/object.ts';
import type { AwsAuth, Role, RoleBinding } from '../evidence/kubernetes/rbac.ts';
import type { Secret } from '../evidence/kubernetes/secret.ts';
import type { Ingress, ServiceAccount } from '../evidence/kubernetes/service-account.ts';
import type { Workload } from '../evidence/kubernetes/workload.ts';
import type { Organization } from '../evidence/organization.ts';
import type { SecretReads } from '../evidence/reads.ts';
import { type Settings, type Severity, severities } from '../evidence/settings.ts';
import type { Trail } from '../evidence/trail.ts';

export interface Facts {
  cluster: Cluster;
  'key.metadata': KeyMetadata;
  'key.policy': string;
  'key.grants': Grant[];
  'key.rotation': KeyRotation;
  'key.rotations': PastRotation[];
  'key.aliases': string[];
  /** What the events of CloudTrail tell: who used the key, and who changed it. */
  'key.use': KeyUse;
  'key.changes': KeyChanges;
  'key.lastUsage': KeyLastUsage;
  /** The trails that show in the key's account and Region. */
  'key.trails': Trail[];
  /** What IAM Access Analyzer says of the key; `who` alone asks for it. */
  'key.accessAnalyzer': AnalyzerAnswer;
  organization: Organization;
  /** The IAM of the cluster's account, and of the account that the key lives in. */
  'iam.cluster': IamInventory;
  'iam.key': IamInventory;
  /** The service control policies that bind the principals of those accounts. */
  'serviceControl.cluster': ControlPolicies;
  'serviceControl.key': ControlPolicies;
  /** The resource control policies that bind whoever asks for the key. */
  'resourceControl.key': ControlPolicies;
  /** Whom EKS lets into the cluster; described, and so with their groups, where the cluster is read from within. */
  'cluster.accessEntries': AccessEntry[];
  'cluster.podIdentityAssociations': PodIdentityAssociation[];
  /** The copies of the cluster's state that AWS Backup holds. */
  'cluster.backups': ClusterBackups;
  /** What stands in the cluster itself, or in manifests. */
  'kubernetes.secrets': Secret[];
  'kubernetes.workloads': Workload[];
  'kubernetes.serviceAccounts': ServiceAccount[];
  'kubernetes.ingresses': Ingress[];
  'kubernetes.roles': Role[];
  'kubernetes.roleBindings': RoleBinding[];
  'kubernetes.awsAuth': AwsAuth;
  'kubernetes.backupLocations': BackupLocation[];
  /** What the cluster's audit log tells: who asked for Secrets. Not who used the key. */
  'secret.reads': SecretReads;
}
export type FactName = keyof Facts;

/** What one member of a multi-Region key shows of who shares its material. */
export interface FamilyMember {
  arn: string;
  clusters: string[];
  grants: Fact<Grant[]>;
}

/**
 * `account` and `region` are empty where no AWS stands behind it: its `arn` then is `kubernetes:CONTEXT`; of manifests
 * it is `manifests`, and the name is empty, too.
 */
export interface ClusterIdentity {
  arn: string;
  name: string;
  account: string;
  region: string;
}

/** What is judged at a time: a cluster, and for checks of a key the cluster together with one key. */
export interface Subject {
  cluster: ClusterIdentity;
  /** Absent for a cluster without a customer key, or one that could not be described. */
  key?: {
    arn: string;
    account: string;
    region: string;
    isNamedByCluster: boolean;
    clusters: string[];
    /** All members of a multi-Region key, the one that the cluster names first. Absent for a key that is alone. */
    family?: FamilyMember[];
  };
  facts: { [Name in FactName]?: Fact<Facts[Name]> };
  collectedAt: string;
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

interface Outcome {
  severity: Severity;
  message: (evidence: never) => string;
  /** What to do in just this case, where the check's remediation has to speak of all of them. */
  fix?: (evidence: never) => string;
}
type Outcomes = Record<string, Outcome>;

type FixEvidence<One extends Outcome> = One extends { fix: (evidence: infer E) => string } ? E : unknown;

type Failure<O extends Outcomes> = {
  [Name in keyof O & string]: {
    outcome: Name;
    evidence: Parameters<O[Name]['message']>[0] & FixEvidence<O[Name]>;
    subject?: string;
    /** Of a check of scope `object`: the one that is judged. Not given: the cluster. */
    object?: ObjectReference;
  };
}[keyof O & string];

type Judgement<O extends Outcomes> =
  | Failure<O>
  | { notApplicable: string }
  | { unknown: UnknownReason; detail: string };

interface Evidence<Name extends FactName> {
  /** The value of a declared fact. Where the fact is unknown, judging stops there and the check says unknown. */
  read: <N extends Name>(name: N) => Facts[N];
  /** The same fact without stopping: for checks to which its being unknown, or partial, says something too. */
  peek: <N extends Name>(name: N) => Fact<Facts[N]>;
  /** Whether anybody asked for the fact: for checks to which it merely adds, where it is there. */
  isAsked: (name: Name) => boolean;
  cluster: Subject['cluster'];
  /** The key that is judged, for checks of scope `key` or `family`. */
  key: NonNullable<Subject['key']>;
  /** The moment of collection: the only "now". */
  collectedAt: string;
  /** What another check says of the same subject, were these the facts. */
  judgeWith: (check: Check, facts: Subject['facts']) => Verdict[];
}

export interface CheckDefinition<Name extends FactName = FactName, O extends Outcomes = Outcomes> {
  id: string;
  kind: 'state' | 'event';
  /** The link of the chain Secret → consumption → etcd → key → who may → who did → who read. */
  link: 1 | 2 | 3 | 4 | 5 | 6;
  /**
   * `family`: judged for each member of a multi-Region key, since each has its own policy and grants. `object`: the
   * cluster is judged as a whole, each failure is about one of its Kubernetes objects.
   */
  scope: 'cluster' | 'key' | 'family' | 'object';
  /** What tells this check's findings about one resource apart, if there can be several. */
  subject:
    | 'principal'
    | 'grant'
    | 'statement'
    | 'replica'
    | 'context'
    | 'version'
    | 'workload'
    | 'vault'
    | 'identity'
    | null;
  /** Of those that events tell, the first is what it judges: it runs where somebody asks for that one. */
  facts: readonly Name[];
  title: string;
  rationale: string;
  remediation: { text: string; url?: string };
  references: readonly string[];
  frameworks: Readonly<Record<string, readonly string[]>>;
  outcomes: O;
  /** What a pass claims, and no more. */
  pass: string;
  evaluate: (evidence: Evidence<Name>, settings: Settings) => Generator<Judgement<O>, void>;
}

/** A check whose evaluate and outcomes agree, as the rest of the program sees it. */
export type Check = Omit<CheckDefinition, 'evaluate' | 'outcomes' | 'facts'> & {
  facts: readonly FactName[];
  outcomes: Readonly<Record<string, { severity: Severity }>>;
  judge: (subject: Subject, settings: Settings) => Verdict[];
};

export type Verdict = {
  subject: string | null;
  /** The Kubernetes object that it is about, where it is about one. */
  object?: ObjectReference;
  message: string;
  evidence: JsonObject;
} & (
  | { status: 'fail'; severity: Severity; fix?: string }
  | { status: 'pass' }
  | { status: 'unknown'; reason: UnknownReason }
  | { status: 'not-applicable'; reason: string }
);

/** Stops a check at the fact it could not read. Internal to this file. */
class UnreadFact extends Error {
  override readonly name = 'UnreadFact';
  readonly reason: UnknownReason;
  constructor(reason: UnknownReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

const byWeight = (a: Severity, b: Severity) => severities.indexOf(a) - severities.indexOf(b);

/** The worst that a check can say: what its passes and unknowns carry. */
export const getWorstSeverity = (check: Pick<Check, 'outcomes'>): Severity =>
  Object.values(check.outcomes)
    .map((outcome) => outcome.severity)
    .sort(byWeight)[0] ?? 'info';

const notApplicable = (reason: string): Verdict[] => [
  { status: 'not-applicable', subject: null, message: reason, reason, evidence: {} },
];

export const defineCheck = <const Name extends FactName, O extends Outcomes>(
  definition: CheckDefinition<Name, O>,
): Check => {
  const judge = (subject: Subject, settings: Settings): Verdict[] => {
    const failures: Verdict[] = [];
    const unknowns: { reason: UnknownReason; detail: string }[] = [];
    const peek = <N extends Name>(name: N): Fact<Facts[N]> => {
      const fact: Fact<Facts[N]> | undefined = subject.facts[name];
      return fact ?? toUnknown('failed', `${name} was not collected`);
    };
    const read = <N extends Name>(name: N): Facts[N] => {
      const fact = peek(name);
      if (!isKnown(fact)) throw new UnreadFact(fact.unknown, fact.detail);
      for (const part of fact.missing) unknowns.push({ reason: part.reason, detail: part.what });
      return fact.value;
    };
    const key = subject.key;
    if ((definition.scope === 'key' || definition.scope === 'family') && !key) return judgeKeyless(subject);
    try {
      // Checks of other scopes than `key` and `family` are given no key; the type says so by their never reading it.
      const evidence = {
        read,
        peek,
        isAsked: (name: Name) => subject.facts[name] !== undefined,
        cluster: subject.cluster,
        key: key as NonNullable<Subject['key']>,
        collectedAt: subject.collectedAt,
        judgeWith: (check: Check, facts: Subject['facts']) =>
          check.judge({ ...subject, facts: { ...subject.facts, ...facts } }, settings),
      };
      for (const judgement of definition.evaluate(evidence, settings)) {
        if ('notApplicable' in judgement) return notApplicable(judgement.notApplicable);
        if ('unknown' in judgement) unknowns.push({ reason: judgement.unknown, detail: judgement.detail });
        else failures.push(toFailure(definition.outcomes, judgement));
      }
    } catch (error) {
      if (error instanceof UnreadFact) unknowns.push({ reason: error.reason, detail: error.message });
      else
        unknowns.push({ reason: 'failed', detail: error instanceof Error ? error.message : String(error) });
    }
    // A failure without a subject is the check's whole answer about the resource; beside named subjects,
    // what could not be seen is said too.
    const isAnswered = failures.some((failure) => failure.subject === null && !failure.object);
    if (unknowns.length > 0 && !isAnswered) return [...failures, toUnknownVerdict(unknowns)];
    return failures.length > 0
      ? failures
      : [{ status: 'pass', subject: null, message: definition.pass, evidence: {} }];
  };
  const { evaluate, ...metadata } = definition;
  return { ...metadata, judge };
};

/** Without a key there is nothing to judge, unless the cluster could not be described or its key not be found out. */
const judgeKeyless = ({ facts }: Subject): Verdict[] => {
  const described = facts.cluster ?? toUnknown('failed', 'cluster was not collected');
  if (!isKnown(described))
    return [toUnknownVerdict([{ reason: described.unknown, detail: described.detail }])];
  const named = getNamedKeyArn(described.value);
  if (!named) return notApplicable('The cluster names no key of KMS.');
  const metadata = facts['key.metadata'];
  const { unknown, detail } =
    metadata && !isKnown(metadata) ? metadata : toUnknown('failed', `${named} was not resolved to a key`);
  return [toUnknownVerdict([{ reason: unknown, detail }])];
};

const toFailure = <O extends Outcomes>(outcomes: O, failure: Failure<O>): Verdict => {
  const outcome = outcomes[failure.outcome];
  if (!outcome) throw new Error(`no outcome ${failure.outcome}`);
  return {
    status: 'fail',
    severity: outcome.severity,
    subject: failure.subject ?? null,
    ...(failure.object ? { object: failure.object } : {}),
    message: outcome.message(failure.evidence as never),
    evidence: failure.evidence as JsonObject,
    ...(outcome.fix ? { fix: outcome.fix(failure.evidence as never) } : {}),
  };
};

const toUnknownVerdict = (unknowns: { reason: UnknownReason; detail: string }[]): Verdict => ({
  status: 'unknown',
  subject: null,
  reason: unknowns[0]?.reason ?? 'failed',
  message: [...new Set(unknowns.map((unknown) => unknown.detail))].join('; '),
  evidence: {},
});
