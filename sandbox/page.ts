/** One page of a list behind an opaque marker, as AWS's list operations give it. */

/** Takes the items, the page's size and the caller's marker; gives the page and the next marker, if there is one. */
export const toPage = <T>(items: T[], size: number, marker: string | undefined, refuse: () => Error) => {
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, 'base64url').toString('utf8'));
  if (!Number.isInteger(start) || start < 0 || start > items.length) throw refuse();
  const end = start + size;
  const next = end < items.length ? Buffer.from(String(end)).toString('base64url') : undefined;
  return { items: items.slice(start, end), next };
};

/** The size asked for, or the default; refused outside 1 … maximum, as the API's reference says. */
export const toPageSize = (
  asked: number | undefined,
  otherwise: number,
  maximum: number,
  refuse: () => Error,
) => {
  const size = asked ?? otherwise;
  if (!Number.isInteger(size) || size < 1 || size > maximum) throw refuse();
  return size;
};
