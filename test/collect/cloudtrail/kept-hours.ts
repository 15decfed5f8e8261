/** The hours of a time, as Athena tells of those that a trail kept records of. */
const hourMilliseconds = 3_600_000;

/** The UTC hours that a time touches: `2026-11-24T01`. */
export const toHours = (from: string, to: string): string[] => {
  const hours: string[] = [];
  for (let at = Date.parse(`${from.slice(0, 13)}:00:00Z`); at < Date.parse(to); at += hourMilliseconds)
    hours.push(new Date(at).toISOString().slice(0, 13));
  return hours;
};

/** A row of Athena for each hour of a time, with records of KMS. */
export const toHourRows = (home: { account: string; region: string }, from: string, to: string) =>
  toHours(from, to).map((event_hour) => ({ ...home, is_use: false, event_hour, records: 2, has_kms: true }));
