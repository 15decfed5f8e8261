/** The part of the table that says which failures of an earlier run are none any more. */
import type { Comparison } from '../findings/finding.ts';
import { labelWidth, type Paint, toBlock } from './block.ts';

/** Takes what differs from an earlier run; gives nothing where nothing is gone. */
export function* toGoneLines({ gone }: Comparison, width: number, paint: Paint): Iterable<string> {
  if (gone.length === 0) return;
  yield* toBlock('', 'Gone since the earlier run', width, 0, (line) => paint('bold', line));
  for (const state of ['fixed', 'not seen'] as const)
    for (const { baseline, check, severity, account, region, cluster, resource, subject } of gone) {
      if (baseline !== state) continue;
      const place = [account, region, cluster].filter((part) => part !== null).join(' / ');
      const parts = [
        `${check} (${severity}) of ${resource}`,
        subject ?? [],
        place === '' ? [] : place,
      ].flat();
      yield* toBlock(
        paint(state === 'fixed' ? 'green' : 'magenta', state),
        parts.join(', '),
        width,
        labelWidth,
      );
    }
  yield '\n';
}
