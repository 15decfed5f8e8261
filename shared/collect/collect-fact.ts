/** From calls to facts: what a call gave, or why it gave nothing. An error ends here, at the one thing it is about. */
import { isThrottlingError } from '@smithy/core/retry';
import { ZodError } from 'zod';
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
  if (error instanceof ZodError) return toUnknown('failed', toShapeComplaint(error));
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
  if (
    /^(UnknownOperation|UnsupportedOperation|NotImplemented|InvalidAction)/.test(name) ||
    getHttpStatus(error) === 501
  )
    return 'unsupported';
  return 'failed';
};

const getHttpStatus = (error: Error): unknown =>
  '$metadata' in error && typeof error.$metadata === 'object' && error.$metadata !== null
    ? 'httpStatusCode' in error.$metadata && error.$metadata.httpStatusCode
    : undefined;

const toDetail = (error: Error): string => {
  if (error.name === 'AbortError') return 'the scan was interrupted before this was read';
  const words = `${error.name}: ${error.message}`.replace(/\s+/g, ' ').trim();
  return words.length > longestDetail ? `${words.slice(0, longestDetail)}…` : words;
};

const toShapeComplaint = (error: ZodError): string => {
  const issue = error.issues[0];
  return `the answer is not of the documented shape: ${issue?.path.join('.')}: ${issue?.message}`;
};
