/** The report for people: by cluster, worst first; then targets that could not be scanned, then counts. */
import { toBlock, toPaint } from './block.ts';
import { toPrintable } from './printable.ts';
import { type Result, toCount, toCountsLine, toManifestsCount } from './result.ts';
import { byWorst, foldUnknown, toGroupLines, toGroups } from './table-clusters.ts';
import { toGoneLines } from './table-gone.ts';
import { toTargetLines } from './table-targets.ts';

export interface TableOptions {
  /** Columns to fit. */
  width: number;
  colour: boolean;
}

const narrowest = 40;

/** Takes a result; gives the table line by line, the line of counts last (the only one that may pass the width). */
export async function* toTable(result: Result, { width, colour }: TableOptions): AsyncIterable<string> {
  const paint = toPaint(colour);
  const columns = Math.max(width, narrowest);
  const groups = await toGroups(result.findings);
  const loud = foldUnknown(groups.filter(({ told }) => told.length > 0).sort(byWorst));
  for (const group of loud) {
    yield* toGroupLines(group, columns, paint);
    yield '\n';
  }
  const quiet = groups.filter(({ told, isOfCluster }) => isOfCluster && told.length === 0).length;
  if (quiet > 0) {
    const others = loud.length > 0 ? 'other ' : '';
    // Clusters that nobody came to see may lie in a target that failed.
    const isWhole = result.run.targets.every(({ status }) => status === 'scanned' || status === 'excluded');
    const what = isWhole
      ? 'nothing to fix and nothing unknown'
      : 'nothing to fix, as far as could be scanned';
    const text = `✔ ${toCount(quiet, `${others}cluster`)} with ${what}`;
    yield* toBlock('', text, columns, 0, (line) => line.replace('✔', paint('green', '✔')));
    yield '\n';
  }
  if (result.manifests && loud.length === 0) {
    const text = `✔ ${toManifestsCount(result.manifests)} with nothing to fix and nothing unknown`;
    yield* toBlock('', text, columns, 0, (line) => line.replace('✔', paint('green', '✔')));
    yield '\n';
  }
  const scanned = result.run.targets.filter(({ status }) => status === 'scanned');
  if (scanned.length > 0 && result.clusters === 0) {
    const [only] = scanned;
    const place =
      only && scanned.length === 1
        ? `${only.account} / ${only.region}; --regions all looks in every Region that is enabled`
        : 'the targets that were scanned';
    yield* toBlock('', `No cluster was found in ${place}.`, columns, 0);
    yield '\n';
  }
  if (result.baseline) yield* toGoneLines(result.baseline, columns, paint);
  yield* toTargetLines(result.run.targets, columns, paint);
  if (result.run.notAsked.length > 0) {
    const dim = (line: string) => paint('dim', line);
    yield* toBlock('', 'Not asked', columns, 0, dim);
    for (const what of result.run.notAsked) yield* toBlock('', what, columns, 2, dim);
    yield '\n';
  }
  yield `${paint('bold', toPrintable(toCountsLine(result)))}\n`;
}
