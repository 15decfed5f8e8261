/** The HTML page of a run of the service, beside its findings in the bucket. */
import type { Check } from '../checks/check.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Finding } from '../findings/finding.ts';
import type { ChangeGroup } from '../report/alert.ts';
import { toHtml } from '../report/html/html.ts';
import { pickTold } from '../report/html/told.ts';
import { OutOfTimeError } from '../runtime/errors.ts';
import { toRunNames } from '../store/names.ts';
import type { Store } from '../store/store.ts';
import { readAccessOfRun } from './access-of-run.ts';
import type { RunResult } from './summarise-run.ts';

/** What a browser opens within two seconds; failures and unknowns first, then who may use the keys. */
const mostBytes = 15_000_000;
const mostBytesOfFindings = 10_000_000;
const accessMilliseconds = 300_000;

/**
 * Writes `runs/RUN/report.html`: failures and unknowns one by one, the rest counted, and who may use the keys and who
 * did as far as there is room and time. `changes` marks what is new. Throws OutOfTimeError once `isLate` says so before
 * all findings are told.
 */
export const writeReport = async (
  store: Store,
  { id }: Pick<RunStart, 'id'>,
  result: RunResult,
  checks: readonly Check[],
  { changes, isLate }: { changes: readonly ChangeGroup[] | undefined; isLate: () => boolean },
): Promise<void> => {
  const findings = { [Symbol.asyncIterator]: () => toMarked(result.findings, changes ?? [], isLate) };
  const told = await pickTold(findings, mostBytesOfFindings);
  const startedAt = performance.now();
  const page = toHtml(
    { ...result, findings },
    {
      rules: checks,
      access: readAccessOfRun(store, id, { isWanted: told.isWhole }),
      changes,
      bounds: {
        told,
        mostBytes,
        isLate: () => isLate() || performance.now() - startedAt > accessMilliseconds,
      },
    },
  );
  await store.put(toRunNames(id).report, (await Array.fromAsync(page)).join(''));
};

/** The kinds of change after which a failure is not what was known. */
const freshKinds: ReadonlySet<string> = new Set(['new', 'worse', 'exception-ended']);

async function* toMarked(
  findings: AsyncIterable<Finding>,
  changes: readonly ChangeGroup[],
  isLate: () => boolean,
): AsyncGenerator<Finding> {
  const fresh = new Set(
    changes
      .filter(({ kind }) => freshKinds.has(kind))
      .flatMap(({ transitions }) => transitions.map(({ finding }) => finding.id)),
  );
  for await (const finding of findings) {
    if (isLate())
      throw new OutOfTimeError('OUT_OF_TIME', 'The findings are too many to be told in what time is left');
    yield fresh.has(finding.id) ? { ...finding, baseline: 'new' } : finding;
  }
}
