/** What goes wrong on request: rules that pick calls, and how each kind of trouble looks on the wire. */

type FaultKind =
  | 'access-denied'
  | 'denied-by-scp'
  | 'throttle'
  | 'server-error'
  | 'not-found'
  | 'conflict'
  /** Of Kubernetes: a listing's next page is asked for too late. */
  | 'expired'
  | 'drop-connection'
  | 'malformed-body'
  | 'slow';

/** A rule names the calls it is about; what it leaves out, it doesn't ask for. */
export type Fault = {
  kind: FaultKind;
  /** The name in the credential scope (eks, kms, sts, …); kubernetes for what a cluster's API server answers. */
  service?: string;
  /** Of Kubernetes: `list secrets`, `get configmaps`. */
  operation?: string;
  /** The caller's account. */
  account?: string;
  region?: string;
  /** A part of the input: a cluster's name, a key's id or ARN. */
  resource?: string;
  /** Only the first so many matching calls. */
  times?: number;
  /** Only each so-manieth matching call. */
  every?: number;
  /** How long a slow call takes. */
  latencyMs?: number;
};

export type FaultSubject = {
  service: string;
  operation: string;
  account: string;
  region: string;
  input: object;
};

const isAbout = (fault: Fault, subject: FaultSubject): boolean =>
  (fault.service === undefined || fault.service === subject.service) &&
  (fault.operation === undefined || fault.operation === subject.operation) &&
  (fault.account === undefined || fault.account === subject.account) &&
  (fault.region === undefined || fault.region === subject.region) &&
  (fault.resource === undefined || JSON.stringify(subject.input).includes(fault.resource));

/** Takes rules and gives a function that picks the faults of a call, counting, so that the same calls meet the same ones. */
export const toFaultPicker = (faults: Fault[]): ((subject: FaultSubject) => Fault[]) => {
  const counts = new Map<Fault, number>();
  return (subject) =>
    faults.filter((fault) => {
      if (!isAbout(fault, subject)) return false;
      const count = (counts.get(fault) ?? 0) + 1;
      counts.set(fault, count);
      return (
        (fault.times === undefined || count <= fault.times) &&
        (fault.every === undefined || count % fault.every === 0)
      );
    });
};
