/** The names of a run's objects. Parts that may hold a slash (an alias, an ARN) are percent-encoded. */
const encode = encodeURIComponent;

export const toRunNames = (run: string) => {
  const prefix = `runs/${run}`;
  return {
    prefix: `${prefix}/`,
    accounts: `${prefix}/accounts`,
    organization: `${prefix}/org`,
    settings: `${prefix}/settings`,
    end: `${prefix}/end`,
    report: `${prefix}/report.html`,
    homes: `${prefix}/homes/`,
    home: (account: string) => `${prefix}/homes/${account}`,
    wantedKeys: `${prefix}/wanted/`,
    wantedOf: (home: string) => `${prefix}/wanted/${home}/`,
    /** One object for each cluster that names a key, so that a key knows its clusters without anybody's list of all. */
    wanted: (home: string, region: string, key: string, clusterArn: string) =>
      `${prefix}/wanted/${home}/${region}/${encode(key)}/${encode(clusterArn)}`,
    clustersOf: (account: string) => `${prefix}/clusters/${account}/`,
    clusters: (account: string, region: string) => `${prefix}/clusters/${account}/${region}`,
    /** What was read inside the clusters of an account and Region. */
    kubernetesOf: (account: string, region: string) => `${prefix}/kubernetes/${account}/${region}/`,
    kubernetes: (account: string, region: string, cluster: string) =>
      `${prefix}/kubernetes/${account}/${region}/${encode(cluster)}`,
    /** The same of the cluster that a kubeconfig's context leads to. */
    kubernetesOfContext: `${prefix}/kubernetes/context`,
    keysOf: (account: string) => `${prefix}/keys/${account}/`,
    key: (account: string, region: string, key: string) =>
      `${prefix}/keys/${account}/${region}/${encode(key)}`,
    /** The trails that show in an account and Region that has a key. */
    trails: (account: string, region: string) => `${prefix}/trails/${account}/${region}`,
    /** What Athena is asked of the use of keys, in parts: which homes, where the answer lies, and how it ended. */
    keyUse: {
      plan: `${prefix}/key-use/plan`,
      asked: (part: number) => `${prefix}/key-use/${part}/asked`,
      ended: (part: number) => `${prefix}/key-use/${part}/ended`,
      answer: (part: number, attempt: string) => `${prefix}/key-use/${part}/${attempt}/`,
      /** What Athena writes of its own accord. */
      results: `${prefix}/key-use/results/`,
    },
    /** What control policies of the organisation bind an account. */
    control: (account: string) => `${prefix}/control/${account}`,
    iam: (account: string) => `${prefix}/iam/${account}`,
    findings: (account: string) => `${prefix}/findings/${account}`,
    counts: (account: string) => `${prefix}/counts/${account}`,
    /** What each cluster of an account hangs on. Once it is there, the account is judged. */
    judged: (account: string) => `${prefix}/judged/${account}`,
    judgingOf: (account: string) => `${prefix}/judging/${account}/`,
    /** What one call of several had judged of an account too large for one. */
    judging: (account: string, call: number) =>
      `${prefix}/judging/${account}/${String(call).padStart(2, '0')}`,
    /** How telling Security Hub went. */
    publishing: (account: string) => `${prefix}/publishing/${account}`,
    /** The hashes of all of them, by the hash of that list: who makes it again overwrites no other. */
    lists: `${prefix}/objects/`,
    list: (sha256: string) => `${prefix}/objects/${sha256}`,
    /** One object for each alert that the topic has taken. */
    alert: (name: string) => `${prefix}/alerts/${encode(name)}`,
  };
};
export type RunNames = ReturnType<typeof toRunNames>;

/** What happened to a key, by UTC day: it outlives a run, and its collector alone writes it. */
export const toHistoryName = ({ account, region, name }: { account: string; region: string; name: string }) =>
  `${historyPrefix}${account}/${region}/${encode(name)}`;

/** Who asked for a cluster's Secrets, by UTC day. A key's name holds no such word with a slash. */
export const toClusterHistoryName = (account: string, region: string, cluster: string) =>
  `${historyPrefix}${account}/${region}/${encode(`cluster/${cluster}`)}`;

/** The same of the cluster that a kubeconfig's context leads to. */
export const toContextHistoryName = (context: string) =>
  `${historyPrefix}context/${encode(`cluster/${context}`)}`;

export const historyPrefix = 'history/';

/** The histories of all keys of an account. */
export const toHistoryPrefix = (account: string) => `${historyPrefix}${account}/`;

/** What outlives a run: what is open in an account and Region. */
export const stateNames = {
  of: (account: string) => `state/${account}/`,
  at: (account: string, region: string) => `state/${account}/${region}`,
};

/** Which clusters hang on a key: one object for each, so that a change of a key finds them. */
export const indexNames = {
  /** All keys of an account and Region: their ARNs begin alike, and so do these names. */
  of: (partition: string, account: string, region: string) =>
    `index/${encode(`arn:${partition}:kms:${region}:${account}:`)}`,
  key: (keyArn: string) => `index/${encode(keyArn)}/`,
  at: (keyArn: string, account: string, region: string, cluster: string) =>
    `index/${encode(keyArn)}/${account}/${region}/${encode(cluster)}`,
  prefix: 'index/',
};

/** The chain of manifests: each has the number after the last, so that of two writers one finds its place taken. */
export const manifestNames = {
  prefix: 'manifests/',
  at: (number: number) => `manifests/${String(number).padStart(6, '0')}.json`,
  /** The number that an object's name stands for; undefined where it is no manifest's. */
  toNumber: (name: string): number | undefined => {
    const number = Number(/^manifests\/(\d{6})\.json$/.exec(name)?.[1]);
    return number >= 1 ? number : undefined;
  },
};

/** The last parts of a name below a prefix, decoded. */
export const toNameParts = (name: string, prefix: string): string[] =>
  name.slice(prefix.length).split('/').map(decodeURIComponent);
