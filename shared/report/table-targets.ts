/** The part of the table that says which targets could not be scanned, or only partly, and why. */
import type { Target } from '../findings/finding.ts';
import { labelWidth, type Paint, toBlock } from './block.ts';
import { toCount } from './result.ts';

/** Takes a run's targets; gives nothing where all were scanned. */
export function* toTargetLines(targets: readonly Target[], width: number, paint: Paint): Iterable<string> {
  const ofStatus = (status: Target['status']) => targets.filter((target) => target.status === status);
  // Nobody asked for these Regions by name: one line for all accounts that are kept out of the same ones.
  const excluded = Map.groupBy(
    Map.groupBy(ofStatus('excluded'), ({ account }) => account).values(),
    (regions) => regions.map(({ region }) => region).join(', '),
  );
  const toLines = (alike: Target[]) =>
    [...Map.groupBy(alike, ({ account, reason }) => JSON.stringify([account, reason])).values()].map(
      (regions) => {
        const reason = regions[0]?.reason?.replace(/^failed: /, '');
        const place = `${regions[0]?.account} / ${regions.map(({ region }) => region).join(', ')}`;
        return reason ? `${place}: ${reason}` : place;
      },
    );
  const parts = [
    { label: paint('red', 'failed'), lines: toLines(ofStatus('failed')) },
    { label: paint('magenta', 'partial'), lines: toLines(ofStatus('partial')) },
    {
      label: paint('dim', 'excluded'),
      lines: [...excluded].map(
        ([regions, accounts]) =>
          `${regions}: denied by the organisation in ${toCount(accounts.length, 'account')}`,
      ),
    },
  ];
  for (const { label, lines } of parts)
    for (const line of lines) yield* toBlock(label, line, width, labelWidth);
  if (parts.some(({ lines }) => lines.length > 0)) yield '\n';
}
