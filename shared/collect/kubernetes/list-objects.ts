/** Lists of a Kubernetes API, page by page: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
import { z } from 'zod';
import { type Fact, isKnown, type MissingPart, toKnown, type Unknown } from '../../evidence/fact.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { RefusedError, toKubernetesUnknown } from './kubernetes-error.ts';

const pageSize = 500;
/** Half a million objects: more than etcd holds of a kind. A server that always has another page is not followed. */
const mostPages = 1000;
/** How often in a row a listing may expire before its next page was read. */
const mostExpiries = 3;

const page = z.looseObject({ metadata: z.object({ continue: z.string().nullish() }).nullish() });
export type Page = z.infer<typeof page>;

export interface ListToRead<Item> {
  /** What is listed, in words: `list secrets`. */
  what: string;
  /** With what is asked beside the page. */
  path: string;
  accept?: string;
  /** Throws where the page is of another shape. An object that is of another shape is left out and counted. */
  toItems: (page: Page, onOdd: (complaint: string) => void) => Item[];
}

/**
 * Reads all pages. A listing that expires between two is gone on with where the server offers that (objects that
 * changed meanwhile show as they are by now), else begun again once. What was read before a failure is kept, and the
 * rest is missing by name.
 */
export const listObjects = async <Item>(
  api: KubernetesApi,
  { what, path, accept, toItems }: ListToRead<Item>,
): Promise<Fact<Item[]>> => {
  let items: Item[] = [];
  let odd: string[] = [];
  let pageNumber = 1;
  let token: string | undefined;
  let expiries = 0;
  let hasBegunAgain = false;
  const toMissing = (rest: MissingPart[]) => [
    ...(odd[0] === undefined
      ? []
      : [{ what: `${odd.length} of ${what} could not be understood: ${odd[0]}`, reason: 'failed' as const }]),
    ...rest,
  ];
  const ask = (from?: string): Promise<unknown> => {
    const answer = api.get(toPagePath(path, from), accept);
    // Whoever waits for it hears of a failure; that nobody waits yet is no mistake.
    answer.catch(() => {});
    return answer;
  };
  let asked = ask();
  for (;;) {
    try {
      const read = page.parse(await asked);
      const next = read.metadata?.continue || undefined;
      const isNew = next !== undefined && next !== token && pageNumber < mostPages;
      // The server lists the next page while this one is read.
      if (isNew) asked = ask(next);
      items.push(...toItems(read, (complaint) => odd.push(complaint)));
      if (next === undefined) return toKnown(items, toMissing([]));
      if (next === token) throw new Error('the API server gives the same page again and again');
      if (!isNew) {
        const rest = `page ${pageNumber + 1} and later: ${what}: there are more than ${mostPages} pages`;
        return toKnown(items, toMissing([{ what: rest, reason: 'over-budget' }]));
      }
      token = next;
      pageNumber += 1;
      expiries = 0;
    } catch (error) {
      const isExpired = token !== undefined && error instanceof RefusedError && error.statusCode === 410;
      const offered = isExpired ? error.status?.metadata?.continue : undefined;
      expiries += 1;
      if (offered && expiries <= mostExpiries) {
        token = offered;
        asked = ask(token);
        continue;
      }
      if (isExpired && !hasBegunAgain) {
        hasBegunAgain = true;
        [items, odd, pageNumber, token, expiries] = [[], [], 1, undefined, 0];
        asked = ask();
        continue;
      }
      const unknown = toKubernetesUnknown(error, what);
      if (pageNumber === 1) return unknown;
      const rest = `page ${pageNumber} and later: ${unknown.detail}`;
      return toKnown(items, toMissing([{ what: rest, reason: unknown.unknown }]));
    }
  }
};

const toPagePath = (path: string, token: string | undefined): string => {
  const query = new URLSearchParams({
    limit: String(pageSize),
    ...(token === undefined ? {} : { continue: token }),
  });
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
};

const objects = z.object({ items: z.array(z.unknown()).nullish() });

/** Takes the shape of an object; gives what a list of such comes to. */
export const toItemsOf =
  <S extends z.ZodType>(shape: S): ListToRead<z.output<S>>['toItems'] =>
  (read, onOdd) =>
    (objects.parse(read).items ?? []).flatMap((item) => parseObject(shape, item, onOdd) ?? []);

/** The object, or undefined where it is not of the shape. The complaint tells where and why, and quotes nothing. */
export const parseObject = <S extends z.ZodType>(
  shape: S,
  value: unknown,
  onOdd: (complaint: string) => void,
): z.output<S> | undefined => {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  onOdd(`${issue?.path.join('.')}: ${issue?.message}`);
  return undefined;
};

/** Several lists as one: what could not be read of one is missing of all, unless nothing could be read. */
export const joinLists = <Item>(facts: readonly Fact<Item[]>[]): Fact<Item[]> => {
  const known = facts.filter(isKnown);
  const unknown = facts.filter((fact): fact is Unknown => !isKnown(fact));
  const [first] = unknown;
  if (known.length === 0 && first) return first;
  return toKnown(
    known.flatMap(({ value }) => value),
    [
      ...known.flatMap(({ missing }) => missing),
      ...unknown.map(({ unknown: reason, detail }) => ({ what: detail, reason })),
    ],
  );
};
