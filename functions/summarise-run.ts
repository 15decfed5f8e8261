/** The last step of a run: what its accounts gave, and who is told. */
import { z } from 'zod';
import { checks } from '../shared/checks/index.ts';
import { openTopic } from '../shared/publish/sns.ts';
import { countMetrics, defineHandler, getSetting, logger } from '../shared/runtime/lambda.ts';
import { toRunNames } from '../shared/store/names.ts';
import { finishRun } from '../shared/use-cases/finish-run.ts';
import { openStore } from './open.ts';
import { openChain } from './open-chain.ts';

const event = z.object({ run: z.string(), isNightly: z.boolean() });

export const handler = defineHandler(event, async ({ run, isNightly }, { signal, isLate }) => {
  logger.appendKeys({ run });
  const topic = openTopic(getSetting('ALERTS_TOPIC_ARN'), getSetting('CHATBOT'));
  const location = `s3://${getSetting('RUNS_BUCKET')}/${toRunNames(run).prefix}`;
  const onReportError = (error: unknown) => logger.error('The report was not written', { error });
  const options = { isNightly, location, isLate, onReportError, chain: openChain() };
  const { counts, manifest } = await finishRun(openStore(signal), topic, run, checks, options);
  countMetrics(counts);
  // Whoever may write to the bucket may not write here: a second witness of what the night's manifest was.
  logger.info('The run is over', { counts, manifest });
  return {};
});
