/**
 * The baseline: an SDK loop that makes the calls a scan can't do without and keeps their answers, nothing more. The
 * same SDK, clients, credentials, retries, rates (`openAws`) and concurrency as the scan; nothing is checked.
 */
import { AccountClient, paginateListRegions } from '@aws-sdk/client-account';
import { BackupClient, paginateListRecoveryPointsByResource } from '@aws-sdk/client-backup';
import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  type Trail,
} from '@aws-sdk/client-cloudtrail';
import {
  type Cluster,
  DescribeClusterCommand,
  EKSClient,
  paginateListAccessEntries,
  paginateListAssociatedAccessPolicies,
  paginateListClusters,
} from '@aws-sdk/client-eks';
import { IAMClient, paginateGetAccountAuthorizationDetails } from '@aws-sdk/client-iam';
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  paginateListGrants,
  paginateListKeyRotations,
} from '@aws-sdk/client-kms';
import {
  DescribeOrganizationCommand,
  DescribePolicyCommand,
  OrganizationsClient,
  type PolicyType,
  paginateListAccounts,
  paginateListAccountsForParent,
  paginateListOrganizationalUnitsForParent,
  paginateListPolicies,
  paginateListRoots,
  paginateListTargetsForPolicy,
} from '@aws-sdk/client-organizations';
import pMap from 'p-map';
import { type Access, openAws } from '../../shared/runtime/aws.ts';
import { memberRole } from './fleet.ts';

const isOfClustersAndKeys = process.argv.includes('--clusters-and-keys');
const { signal } = new AbortController();
const aws = await openAws({ roleName: memberRole, isGentle: false, signal });

const listAll = async <Page, Item>(
  pages: AsyncIterable<Page>,
  toItems: (page: Page) => Item[] | undefined,
): Promise<Item[]> => {
  const items: Item[] = [];
  for await (const page of pages) items.push(...(toItems(page) ?? []));
  return items;
};

const organizations = aws.open(OrganizationsClient, aws.access, aws.region);
const accounts = await listAll(
  paginateListAccounts({ client: organizations, pageSize: 20 }, {}),
  ({ Accounts }) => Accounts,
);
await organizations.send(new DescribeOrganizationCommand({}));

const readWhoEnters = async (client: EKSClient, clusterName?: string) => {
  const principals = await listAll(
    paginateListAccessEntries({ client, pageSize: 100 }, { clusterName }),
    ({ accessEntries }) => accessEntries,
  );
  return pMap(
    principals,
    (principalArn) =>
      listAll(
        paginateListAssociatedAccessPolicies({ client, pageSize: 100 }, { clusterName, principalArn }),
        ({ associatedAccessPolicies }) => associatedAccessPolicies,
      ),
    { concurrency: 5 },
  );
};

/** What is read of a cluster beside it; kept, as a scan keeps it. */
const kept: unknown[] = [];

const readRegion = async (account: string, region: string) => {
  const access = await aws.getAccess(account);
  const client = aws.open(EKSClient, access, region);
  const backup = aws.open(BackupClient, access, region);
  const names = await listAll(
    paginateListClusters({ client, pageSize: 100 }, {}),
    ({ clusters }) => clusters,
  );
  const readCluster = async (name: string): Promise<Cluster | undefined> => {
    const { cluster } = await client.send(new DescribeClusterCommand({ name }));
    if (!isOfClustersAndKeys)
      kept.push(
        ...(await Promise.all([
          readWhoEnters(client, name),
          listAll(
            paginateListRecoveryPointsByResource({ client: backup }, { ResourceArn: cluster?.arn }),
            ({ RecoveryPoints }) => RecoveryPoints,
          ),
        ])),
      );
    return cluster;
  };
  return pMap(names, readCluster, { concurrency: 5 });
};

const readAccount = async (account: string) => {
  const client = aws.open(AccountClient, await aws.getAccess(account), aws.region);
  const regions = await listAll(
    paginateListRegions(
      { client, pageSize: 50 },
      { RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'] },
    ),
    ({ Regions }) => Regions,
  );
  return pMap(regions, ({ RegionName = '' }) => readRegion(account, RegionName), { concurrency: 4 });
};

const clusters = (await pMap(accounts, ({ Id = '' }) => readAccount(Id), { concurrency: 8 })).flat(2);
const keyArns = new Set(
  clusters.flatMap((cluster) => cluster?.encryptionConfig?.[0]?.provider?.keyArn ?? []),
);

const readKey = async (KeyId: string, client: KMSClient) => {
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
  const [policy, grants, rotation, rotations] = await Promise.all([
    client.send(new GetKeyPolicyCommand({ KeyId })),
    listAll(paginateListGrants({ client, pageSize: 100 }, { KeyId }), ({ Grants }) => Grants),
    client.send(new GetKeyRotationStatusCommand({ KeyId })),
    listAll(paginateListKeyRotations({ client, pageSize: 1000 }, { KeyId }), ({ Rotations }) => Rotations),
  ]);
  return { KeyMetadata, policy, grants, rotation, rotations };
};

const readPrincipals = async (account: string) => {
  const client = aws.open(IAMClient, await aws.getAccess(account), aws.region);
  return listAll(
    paginateGetAccountAuthorizationDetails(
      { client, pageSize: 200 },
      { Filter: ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'] },
    ),
    (page) => [page],
  );
};
const readControlPolicies = async () => {
  const client = organizations;
  const [root] = await listAll(paginateListRoots({ client }, {}), ({ Roots }) => Roots);
  const ParentId = root?.Id;
  const types: PolicyType[] = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'];
  return Promise.all([
    listAll(paginateListAccountsForParent({ client }, { ParentId }), ({ Accounts }) => Accounts),
    listAll(
      paginateListOrganizationalUnitsForParent({ client }, { ParentId }),
      ({ OrganizationalUnits }) => OrganizationalUnits,
    ),
    ...types.map(async (Filter) => {
      const policies = await listAll(
        paginateListPolicies({ client }, { Filter }),
        ({ Policies }) => Policies,
      );
      return Promise.all(
        policies.map(async ({ Id: PolicyId }) => [
          await client.send(new DescribePolicyCommand({ PolicyId })),
          // The one that AWS attaches to everything of the second type can't be detached.
          Filter === 'SERVICE_CONTROL_POLICY'
            ? await listAll(paginateListTargetsForPolicy({ client }, { PolicyId }), ({ Targets }) => Targets)
            : [],
        ]),
      );
    }),
  ]);
};

const readSelectors = async (access: Access, { TrailARN: TrailName, HomeRegion = '' }: Trail) =>
  aws.open(CloudTrailClient, access, HomeRegion).send(new GetEventSelectorsCommand({ TrailName }));

let ofOwner: Promise<unknown> | undefined;
/** A member is shown its organisation's trail, and refused what the trail keeps: its owner is asked once for all. */
const readTrails = async (account: string, regions: Iterable<string>) => {
  const access = await aws.getAccess(account);
  const ofRegions = await pMap(regions, async (region) => {
    const client = aws.open(CloudTrailClient, access, region);
    const { trailList = [] } = await client.send(new DescribeTrailsCommand({}));
    const statuses = trailList.map(({ TrailARN: Name }) => client.send(new GetTrailStatusCommand({ Name })));
    return { trailList, statuses: await Promise.all(statuses) };
  });
  const [trail] = ofRegions.flatMap(({ trailList }) => trailList);
  const askOwner = async (refused: Trail) => {
    ofOwner ??= readSelectors(aws.access, refused);
    return ofOwner;
  };
  return [...ofRegions, trail && (await readSelectors(access, trail).catch(() => askOwner(trail)))];
};

const homes = Map.groupBy(keyArns, (arn) => arn.split(':')[4] ?? '');
const readKeys = () =>
  pMap(
    homes,
    async ([account, arns]) => {
      const access = await aws.getAccess(account);
      const clients = new Map(
        [...new Set(arns.map(toRegion))].map((region) => [region, aws.open(KMSClient, access, region)]),
      );
      if (!isOfClustersAndKeys) kept.push(await readTrails(account, clients.keys()));
      return pMap(
        arns,
        (arn) => readKey(arn, clients.get(toRegion(arn)) ?? aws.open(KMSClient, access, toRegion(arn))),
        {
          concurrency: 10,
        },
      );
    },
    { concurrency: 8 },
  );
const sealed = new Set(clusters.flatMap((cluster) => cluster?.arn?.split(':')[4] ?? []));
const [keys] = await Promise.all([
  readKeys(),
  ...(isOfClustersAndKeys
    ? []
    : [
        pMap(new Set([...homes.keys(), ...sealed]), readPrincipals, { concurrency: 8 }),
        readControlPolicies(),
      ]),
]);
function toRegion(arn: string): string {
  return arn.split(':')[3] ?? '';
}

aws.close();
process.stdout.write(JSON.stringify({ clusters: clusters.length, keys: keys.flat().length }));
