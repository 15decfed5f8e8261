/**
 * What every Lambda function of the service has in common: its event parsed, its environment parsed once and not
 * before it is needed, logs, traces and metrics, and an end before AWS ends it.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
import { z } from 'zod';
import { ConfigError, EventError, KeywardError, OutOfTimeError } from './errors.ts';

/** From here on nothing new is begun: enough for the retries of the request that is under way. */
const lateMilliseconds = 120_000;
/** Then what is still under way is broken off, so that the log says why. */
const endMilliseconds = 5_000;

const names = { serviceName: 'keyward' };
export const logger = new Logger(names);
const tracer = new Tracer(names);
const metrics = new Metrics({ ...names, namespace: 'Keyward' });

const list = (item: RegExp, what: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.string().regex(item, `${what}, with commas between them, are expected`)));

/** What the stack tells its functions; a function that does not need a value does not get it. */
const environment = z
  .object({
    RUNS_BUCKET: z.string().min(1),
    MEMBER_ROLE_NAME: z.string().min(1),
    EXTERNAL_ID: z.string(),
    ACCOUNTS: z.union([z.literal('organization'), list(/^\d{12}$/, 'accounts of 12 digits')]),
    REGIONS: z.union([z.literal('all'), list(/^[a-z]{2}(-[a-z]+)+-\d$/, 'Regions')]),
    CONFIG_OBJECT: z.string(),
    CONFIG_PARAMETER: z.string(),
    ALERTS_TOPIC_ARN: z.string(),
    CHATBOT: z.stringbool(),
    STATE_MACHINE_ARN: z.string(),
    TRAIL_TABLE: z.string(),
    KUBERNETES_CLUSTERS: z.string(),
    /** No key: manifests are written unsigned, and say so. */
    SIGNING_KEY_ARN: z.string(),
    /** Nothing: the bucket has no Object Lock. */
    MANIFEST_LOCK: z.enum(['', 'GOVERNANCE', 'COMPLIANCE']),
    MANIFEST_LOCK_DAYS: z.coerce.number().int().min(1),
    RUN_RETENTION_DAYS: z.coerce.number().int().min(1),
    LATE_AFTER_HOURS: z.coerce.number().int().min(1),
    KEY_USE_DAYS: z.coerce.number().int().min(0).max(90),
  })
  .partial();
type Environment = z.infer<typeof environment>;

let parsedEnvironment: Environment | undefined;

/** The value of a variable. Throws ConfigError where the function was deployed without it, or with a wrong one. */
export const getSetting = <Name extends keyof Environment>(name: Name): NonNullable<Environment[Name]> => {
  parsedEnvironment ??= parseEnvironment();
  const value = parsedEnvironment[name];
  if (value === undefined) throw new ConfigError('NO_SETTING', `${name} is not set in this function`);
  return value;
};

const parseEnvironment = (): Environment => {
  const parsed = environment.safeParse(process.env);
  if (parsed.success) return parsed.data;
  throw new ConfigError('WRONG_SETTING', toComplaint(parsed.error));
};

export interface Invocation {
  /** Aborts just before the function's time is over. */
  signal: AbortSignal;
  /** Whether so little time is left that nothing new should be begun. */
  isLate: () => boolean;
}

/** Takes the shape of the event and what to do with it; gives the handler that AWS calls. */
export const defineHandler = <Shape extends z.ZodType, Result>(
  shape: Shape,
  handle: (event: z.output<Shape>, invocation: Invocation) => Promise<Result>,
) =>
  middy(
    async (
      event: unknown,
      context: { getRemainingTimeInMillis: () => number },
      { signal }: { signal: AbortSignal },
    ): Promise<Result> => {
      const startedAt = performance.now();
      try {
        return await handle(parseEvent(shape, event), {
          signal,
          isLate: () => context.getRemainingTimeInMillis() < lateMilliseconds,
        });
      } finally {
        metrics.addMetric('StepSeconds', MetricUnit.Seconds, (performance.now() - startedAt) / 1000);
      }
    },
    { timeoutEarlyInMillis: endMilliseconds, timeoutEarlyResponse: endEarly },
  )
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .use(logMetrics(metrics, { captureColdStartMetric: true }))
    .onError(({ error }) => logger.error(toTitle(error), toError(error)));

const endEarly = (): never => {
  throw new OutOfTimeError('OUT_OF_TIME', 'The time of this function is over');
};

const parseEvent = <Shape extends z.ZodType>(shape: Shape, event: unknown): z.output<Shape> => {
  const parsed = shape.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new EventError('EVENT_SHAPE', `The event is not understood: ${toComplaint(parsed.error)}`);
};

const toComplaint = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': ')).join('; ');

const toTitle = (error: unknown): string =>
  error instanceof KeywardError && error.hint ? `${error.message}. ${error.hint}` : toError(error).message;

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Adds counts to the invocation's metrics, sent when it ends. */
export const countMetrics = (counts: Readonly<Record<string, number>>): void => {
  for (const [name, count] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, count);
};
