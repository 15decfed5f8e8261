/** From calls to facts: what a call gave, or why it gave nothing. An error ends here, at the one thing it is about. */
import { isThrottlingError } from '@smithy/core/retry';
import { z } from 'zod';
import { type Fact, toKnown, toUnknown, type Unknown, type UnknownReason } from '../evidence/fact.ts';

const longestDetail = 300;

/** Runs one call. Whatever it throws becomes an unknown with its reason. */
export const collectFact = async <T>(call: () => Promise<T>): Promise<Fact<T>> => {
  try {
    return toKnown(await call());
  } catch (error) {
    return toUnknownFact(error);
  }
};

/** Reads all pages. When one fails, what came before it is kept, and the rest is missing by name. */
export const collectPages = async <Page, Item>(
  what: string,
  pages: AsyncIterable<Page>,
  toItems: (page: Page) => Item[],
): Promise<Fact<Item[]>> => {
  const items: Item[] = [];
  let pageNumber = 1;
  try {
    for await (const page of pages) {
      items.push(...toItems(page));
      pageNumber += 1;
    }
    return toKnown(items);
  } catch (error) {
    const unknown = toUnknownFact(error);
    if (pageNumber === 1) return unknown;
    const rest = `page ${pageNumber} and later of ${what}: ${unknown.detail}`;
    return toKnown(items, [{ what: rest, reason: unknown.unknown }]);
  }
};

/** Why a call gave no answer: its closed reason, and AWS's own words. */
export const toUnknownFact = (error: unknown): Unknown => {
  if (error instanceof z.ZodError) return toUnknown('failed', toShapeComplaint(error));
  if (!(error instanceof Error)) return toUnknown('failed', String(error));
  return toUnknown(toReason(error), toDetail(error));
};

const toReason = (error: Error): UnknownReason => {
  const { name, message } = error;
  if (
    /^(AccessDenied|NotAuthorized|UnauthorizedOperation|AuthorizationError|UnrecognizedClient|InvalidClientTokenId)/.test(
      name,
    )
  )
    return /explicit deny in a (service|resource) control policy/i.test(message)
      ? 'denied-by-organization'
      : 'access-denied';
  if (isThrottlingError({ ...error, name, message, cause: undefined })) return 'throttled';
  if (/^(NotFound|ResourceNotFound|ChildNotFound|TargetNotFound|NoSuchEntity)/.test(name)) return 'not-found';
  const status = getHttpStatus(error);
  if (
    /^(UnknownOperation|UnsupportedOperation|NotImplemented|InvalidAction)/.test(name) ||
    status === 501 ||
    // A path or call that an endpoint does not know is answered by its web server, not in the words of the service:
    // moto fails at a call that it lacks. AWS's own failures are told as the service's.
    ((status === 404 || status === 500) && name === 'SyntaxError')
  )
    return 'unsupported';
  return 'failed';
};

const answered = z.union([
  z
    .object({ $metadata: z.object({ httpStatusCode: z.int() }) })
    .transform((error) => error.$metadata.httpStatusCode),
  // Where the SDK could not read the answer it keeps it beside the error.
  z.object({ $response: z.object({ statusCode: z.int() }) }).transform((error) => error.$response.statusCode),
]);

const getHttpStatus = (error: Error): number | undefined => answered.safeParse(error).data;

const toDetail = (error: Error): string => {
  if (error.name === 'AbortError') return 'the scan was interrupted before this was read';
  const words = `${error.name}: ${error.message}`.replace(/\s+/g, ' ').trim();
  return words.length > longestDetail ? `${words.slice(0, longestDetail)}…` : words;
};

const toShapeComplaint = (error: z.ZodError): string => {
  const issue = error.issues[0];
  return `the answer is not of the documented shape: ${issue?.path.join('.')}: ${issue?.message}`;
};
