/** How often the sandbox was asked what: benches and tests of a scanner's manners read this. */

export type RequestLog = {
  total: number;
  /** Requests by `service:Operation`. */
  counts: Map<string, number>;
  /** The most requests in any one second, by `service:Operation ACCOUNT/REGION`, the caller's account. */
  peaksPerSecond: Map<string, number>;
};

/** Gives an empty log, and the function that writes one request into it. */
export const startRequestLog = () => {
  const log: RequestLog = { total: 0, counts: new Map(), peaksPerSecond: new Map() };
  const seconds = new Map<string, { second: number; count: number }>();
  const record = (service: string, operation: string, account: string, region: string): void => {
    const name = `${service}:${operation}`;
    const place = `${name} ${account}/${region}`;
    const second = Math.floor(Date.now() / 1000);
    const last = seconds.get(place);
    const count = last?.second === second ? last.count + 1 : 1;
    seconds.set(place, { second, count });
    log.total += 1;
    log.counts.set(name, (log.counts.get(name) ?? 0) + 1);
    log.peaksPerSecond.set(place, Math.max(log.peaksPerSecond.get(place) ?? 0, count));
  };
  return { log, record };
};
