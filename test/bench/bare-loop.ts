/**
 * The baseline: an SDK loop that makes the calls a scan can't do without and keeps their answers, nothing more. The
 * same SDK, clients, credentials, retries, rates (`openAws`) and concurrency as the scan; nothing is checked.
 */
import { paginateListRegions } from '@aws-sdk/client-account';
import { DescribeClusterCommand, paginateListClusters } from '@aws-sdk/client-eks';
import { paginateGetAccountAuthorizationDetails } from '@aws-sdk/client-iam';
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  paginateListGrants,
  paginateListKeyRotations,
} from '@aws-sdk/client-kms';
import {
  DescribeOrganizationCommand,
  DescribePolicyCommand,
  type PolicyType,
  paginateListAccounts,
  paginateListAccountsForParent,
  paginateListOrganizationalUnitsForParent,
  paginateListPolicies,
  paginateListRoots,
  paginateListTargetsForPolicy,
} from '@aws-sdk/client-organizations';
import pMap from 'p-map';
import { openAws } from '../../shared/runtime/aws.ts';
import { memberRole } from './fleet.ts';

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

const organizations = aws.organizations();
const accounts = await listAll(
  paginateListAccounts({ client: organizations, pageSize: 20 }, {}),
  ({ Accounts }) => Accounts,
);
await organizations.send(new DescribeOrganizationCommand({}));

const readRegion = async (account: string, region: string) => {
  const client = aws.eks(await aws.getAccess(account), region);
  const names = await listAll(
    paginateListClusters({ client, pageSize: 100 }, {}),
    ({ clusters }) => clusters,
  );
  return pMap(names, async (name) => (await client.send(new DescribeClusterCommand({ name }))).cluster, {
    concurrency: 5,
  });
};

const readAccount = async (account: string) => {
  const client = aws.account(await aws.getAccess(account));
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

const readKey = async (KeyId: string, client: ReturnType<typeof aws.kms>) => {
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
  const client = aws.iam(await aws.getAccess(account));
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
  // Once more: who manages the organisation, whom its policies do not bind.
  await client.send(new DescribeOrganizationCommand({}));
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

const homes = Map.groupBy(keyArns, (arn) => arn.split(':')[4] ?? '');
const readKeys = () =>
  pMap(
    homes,
    async ([account, arns]) => {
      const access = await aws.getAccess(account);
      const clients = new Map(
        [...new Set(arns.map(toRegion))].map((region) => [region, aws.kms(access, region)]),
      );
      return pMap(arns, (arn) => readKey(arn, clients.get(toRegion(arn)) ?? aws.kms(access, toRegion(arn))), {
        concurrency: 10,
      });
    },
    { concurrency: 8 },
  );
const sealed = new Set(clusters.flatMap((cluster) => cluster?.arn?.split(':')[4] ?? []));
const [keys] = await Promise.all([
  readKeys(),
  ...(process.argv.includes('--clusters-and-keys')
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
