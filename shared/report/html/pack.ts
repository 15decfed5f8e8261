/** Findings and access as rows of numbers, each text told once: what makes a report of 1,000 clusters small. */
import type { Finding } from '../../findings/finding.ts';
import { toPrintable } from '../printable.ts';
import { isOpenFailure, toExceptionText } from '../result.ts';
import { type Rule, toRulesById } from '../rule.ts';
import { isWebAddress, toPrintableLines, toScriptJson } from './escape.ts';
import { createAccessPacker } from './pack-access.ts';
import type {
  CheckRow,
  ClusterRow,
  CountRow,
  LoudDetail,
  LoudRow,
  Outcome,
  QuietRow,
  Text,
} from './page-data.ts';

/** Between two rows or texts of the file. */
const separatorBytes = 2;
/** A row of counts is of five short numbers or words. */
const bytesOfCount = 30;

/**
 * Gives what turns findings and access into rows, or counts them, and `rest`: what the rows refer to and the counts,
 * complete once all are packed.
 */
export const createPacker = (rules: readonly Rule[]) => {
  const known = toRulesById(rules);
  const texts = createIndex<string>((text) => text);
  const clusters = createIndex<ClusterRow>(JSON.stringify);
  const checks = createIndex<CheckRow>(({ id }) => String(id));
  const counts = new Map<string, CountRow>();

  const addText = (text: string): Text => texts.add(toPrintable(text));
  const addMaybe = (text: string | null | undefined): Text | null => (text == null ? null : addText(text));
  const addLines = (text: string): Text => texts.add(toPrintableLines(text));
  const addCluster = ({
    account,
    region,
    cluster,
  }: Pick<Finding, 'account' | 'region' | 'cluster'>): number =>
    clusters.add([addMaybe(account), addMaybe(region), addMaybe(cluster)]);
  const addCheck = ({ check, title, references }: Finding): number =>
    checks.add({
      id: addText(check),
      title: addText(title),
      link: known.get(check)?.link ?? null,
      references: references.filter(isWebAddress).map(addText),
    });

  const toDetail = (finding: Finding): LoudDetail => {
    const { patch, ...evidence } = finding.evidence;
    const { url, text } = finding.remediation;
    return {
      id: addText(finding.id),
      severity: finding.severity,
      resource: addText(finding.resource),
      subject: addMaybe(finding.subject),
      reason: addMaybe(finding.reason),
      fix: addText(text),
      url: url !== undefined && isWebAddress(url) ? addText(url) : null,
      evidence: addLines(JSON.stringify(evidence, null, 1)),
      patch: typeof patch === 'string' ? addLines(patch) : null,
      exception: finding.exception ? addText(toExceptionText(finding.exception)) : null,
      isNew: finding.baseline === 'new',
    };
  };

  const packFinding = (finding: Finding): QuietRow | LoudRow => {
    const { status, message, reason } = finding;
    const said = status === 'not-applicable' ? (reason ?? message) : message;
    const quiet: QuietRow = [addCluster(finding), addCheck(finding), status, addText(said)];
    return status === 'fail' || status === 'unknown' ? [...quiet, toDetail(finding)] : quiet;
  };

  const countFinding = (finding: Finding): void => {
    const { check, status, severity } = finding;
    const failed = isOpenFailure(finding) ? severity : 'excepted';
    const outcome: Outcome = status === 'fail' ? failed : status;
    const row: CountRow = [addCluster(finding), known.get(check)?.link ?? null, outcome, 0];
    const key = JSON.stringify(row);
    const counted = counts.get(key) ?? row;
    counted[3] += 1;
    counts.set(key, counted);
  };

  const packAccess = createAccessPacker({ addText, addMaybe, addCluster });

  return {
    packFinding,
    countFinding,
    packAccess,
    /** What the rows refer to takes up to now, and the counts. */
    countBytes: () => texts.countBytes() + clusters.countBytes() + counts.size * bytesOfCount,
    rest: () => ({
      counts: [...counts.values()],
      clusters: clusters.all,
      checks: checks.all,
      texts: texts.all,
    }),
  };
};

/** Gives each thing its number, the same for one that is told again. */
const createIndex = <T>(toKey: (one: T) => string) => {
  const numbers = new Map<string, number>();
  const all: T[] = [];
  let bytes = 0;
  const add = (one: T): number => {
    const key = toKey(one);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    bytes += Buffer.byteLength(toScriptJson(one)) + separatorBytes;
    numbers.set(key, all.length);
    return all.push(one) - 1;
  };
  return { add, all, countBytes: () => bytes };
};
