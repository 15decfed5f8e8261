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
    homes: `${prefix}/homes/`,
    home: (account: string) => `${prefix}/homes/${account}`,
    wantedKeys: `${prefix}/wanted/`,
    wantedOf: (home: string) => `${prefix}/wanted/${home}/`,
    /** One object for each cluster that names a key, so that a key knows its clusters without anybody's list of all. */
    wanted: (home: string, region: string, key: string, clusterArn: string) =>
      `${prefix}/wanted/${home}/${region}/${encode(key)}/${encode(clusterArn)}`,
    clustersOf: (account: string) => `${prefix}/clusters/${account}/`,
    clusters: (account: string, region: string) => `${prefix}/clusters/${account}/${region}`,
    key: (account: string, region: string, key: string) =>
      `${prefix}/keys/${account}/${region}/${encode(key)}`,
    iam: (account: string) => `${prefix}/iam/${account}`,
    findings: (account: string) => `${prefix}/findings/${account}`,
    counts: (account: string) => `${prefix}/counts/${account}`,
  };
};
export type RunNames = ReturnType<typeof toRunNames>;

/** The last parts of a name below a prefix, decoded. */
export const toNameParts = (name: string, prefix: string): string[] =>
  name.slice(prefix.length).split('/').map(decodeURIComponent);
