import { createServer } from 'node:http';
import { IAMClient, type RoleDetail } from '@aws-sdk/client-iam';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SandboxAccount } from '../../../sandbox/fleets/fleet.ts';
import {
  administratorAccess,
  awsPolicies,
  s3ReadOnlyAccess,
} from '../../../sandbox/fleets/iam/aws-policies.ts';
import {
  allow,
  attach,
  inline,
  managed,
  role,
  toDocument,
  trustService,
} from '../../../sandbox/fleets/iam/documents.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { collectInventory } from '../../../shared/collect/iam/collect-inventory.ts';
import { type Fact, isKnown } from '../../../shared/evidence/fact.ts';
import type { IamInventory } from '../../../shared/evidence/iam.ts';

const account = '111122223333';
const never = new AbortController().signal;
const trust = trustService('ec2');

const collect = async (
  iam: SandboxAccount['iam'],
  faults: NonNullable<Parameters<typeof startSandbox>[1]>['faults'] = [],
) => {
  const sandbox = await startSandbox(
    {
      accounts: [{ id: account, name: 'one', regions: [], roles: [], iam }],
      credentials: [
        { accessKeyId: 'AKIAONE', secretAccessKey: 's', account, arn: `arn:aws:iam::${account}:user/ci` },
      ],
      clusters: [],
      keys: [],
    },
    { faults },
  );
  onTestFinished(() => sandbox.close());
  const client = new IAMClient({
    endpoint: sandbox.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIAONE', secretAccessKey: 's' },
    maxAttempts: 1,
  });
  return { fact: await collectInventory(client, never), requests: sandbox.requests.total };
};

const getValue = (fact: Fact<IamInventory>): IamInventory => {
  if (!isKnown(fact)) throw new Error(fact.detail);
  return fact.value;
};

const manyRoles = (count: number): RoleDetail[] =>
  Array.from({ length: count }, (_, index) => role(account, `role-${String(index).padStart(4, '0')}`, trust));

describe('collectInventory', () => {
  it('reads all pages, 200 entries each, and sorts what they hold', async () => {
    const { fact, requests } = await collect({ roles: manyRoles(1200).reverse() });
    const { roles } = getValue(fact);
    expect([roles.length, requests]).toEqual([1200, 6]);
    expect([roles[0]?.RoleName, roles.at(-1)?.RoleName]).toEqual(['role-0000', 'role-1199']);
    expect(fact).toMatchObject({ missing: [] });
  });

  it('keeps what it has when a later page fails, and says what is missing', async () => {
    const { fact } = await collect({ roles: manyRoles(700) }, [
      { kind: 'access-denied', service: 'iam', every: 2 },
    ]);
    expect(getValue(fact).roles).toHaveLength(200);
    expect(fact).toMatchObject({
      missing: [
        { reason: 'access-denied', what: expect.stringMatching(/^page 2 and later of iam:GetAccountAuth/) },
      ],
    });
  });

  it.each([
    ['access-denied', 'access-denied'],
    ['denied-by-scp', 'denied-by-organization'],
    ['throttle', 'throttled'],
  ] as const)('is unknown when the first page meets %s', async (kind, reason) => {
    const { fact } = await collect({}, [{ kind, service: 'iam' }]);
    expect(fact).toMatchObject({ unknown: reason });
  });

  it('gives documents, names and tags as they were written', async () => {
    const text = toDocument({ ...allow('kms:Decrypt'), Sid: "Schlüssel für (Ö) 鍵 100%+1 'a' <&>" });
    const { fact } = await collect({
      roles: [
        role(account, 'Größe/leser', trust, {
          RolePolicyList: [{ PolicyName: 'lesen', PolicyDocument: text }],
          Tags: [{ Key: 'Team', Value: 'Netz & <Plattform> 🔑' }],
        }),
      ],
    });
    expect(getValue(fact).roles[0]).toMatchObject({
      Arn: `arn:aws:iam::${account}:role/Größe/leser`,
      AssumeRolePolicyDocument: toDocument(trust),
      RolePolicyList: [{ PolicyName: 'lesen', PolicyDocument: text }],
      Tags: [{ Key: 'Team', Value: 'Netz & <Plattform> 🔑' }],
    });
  });

  it('leaves out policies that nobody carries, and those that say nothing of KMS with their attachments', async () => {
    const boundary = managed(account, 'boundary', 'v2', allow('s3:*'));
    const { fact } = await collect({
      roles: [
        role(account, 'a', trust, {
          AttachedManagedPolicies: attach(administratorAccess, s3ReadOnlyAccess),
          RolePolicyList: [inline('queue', allow('sqs:*')), inline('see', allow('kms:DescribeKey'))],
          PermissionsBoundary: { PermissionsBoundaryArn: boundary.Arn },
        }),
      ],
      policies: [...awsPolicies, boundary],
    });
    const { roles, policies } = getValue(fact);
    expect(policies.map(({ Arn }) => Arn)).toEqual([boundary.Arn, administratorAccess.Arn].sort());
    expect(roles[0]?.AttachedManagedPolicies).toEqual(attach(administratorAccess));
    expect(roles[0]?.RolePolicyList.map(({ PolicyName }) => PolicyName)).toEqual(['see']);
  });

  it('keeps an attachment whose policy was not given, and the default version alone', async () => {
    const versions = managed(account, 'versions', 'v2', allow('kms:Decrypt'));
    const old = { VersionId: 'v1', IsDefaultVersion: false, Document: toDocument(allow('kms:*')) };
    const lost = { Arn: `arn:aws:iam::${account}:policy/lost` };
    const { fact } = await collect({
      groups: [
        {
          Arn: `arn:aws:iam::${account}:group/g`,
          GroupName: 'g',
          AttachedManagedPolicies: attach(versions, lost),
        },
      ],
      policies: [{ ...versions, PolicyVersionList: [old, ...(versions.PolicyVersionList ?? [])] }],
    });
    const { groups, policies } = getValue(fact);
    expect(groups[0]?.AttachedManagedPolicies).toEqual(attach(versions, lost));
    expect(policies).toEqual([
      { Arn: versions.Arn, DefaultVersionId: 'v2', Document: toDocument(allow('kms:Decrypt')) },
    ]);
  });

  it('names an entry that is not of the documented shape, and keeps its neighbours', async () => {
    const [broken, whole] = manyRoles(2);
    const { fact } = await collect({ roles: [{ ...broken, RoleName: undefined }, { ...whole }] });
    expect(getValue(fact).roles.map(({ Arn }) => Arn)).toEqual([whole?.Arn]);
    expect(fact).toMatchObject({
      missing: [{ reason: 'failed', what: expect.stringContaining(`${broken?.Arn}: the answer is not of`) }],
    });
  });

  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html: members are left
  // out where they are empty, and the example's documents are plain.
  it('reads an answer as the API reference shows one', async () => {
    const billing =
      '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"aws-portal:*","Resource":"*"}}';
    const everything =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
    const ec2 =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}';
    const answer = `<GetAccountAuthorizationDetailsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
      <GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated>
        <UserDetailList>
          <member><GroupList><member>Admins</member></GroupList><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Path>/</Path>
            <UserName>Alice</UserName><Arn>arn:aws:iam::123456789012:user/Alice</Arn><CreateDate>2013-10-14T18:32:24Z</CreateDate></member>
          <member><GroupList><member>Admins</member></GroupList><UserPolicyList><member><PolicyName>DenyBillingPolicy</PolicyName>
            <PolicyDocument>${billing}</PolicyDocument></member></UserPolicyList><UserId>AIDACKCEVSQ6C3EXAMPLE</UserId><Path>/</Path>
            <UserName>Bob</UserName><Arn>arn:aws:iam::123456789012:user/Bob</Arn><CreateDate>2013-10-14T18:32:25Z</CreateDate></member>
        </UserDetailList>
        <GroupDetailList><member><GroupId>AIDACKCEVSQ6C7EXAMPLE</GroupId><GroupPolicyList><member><PolicyName>AdminPolicy</PolicyName>
          <PolicyDocument>${encodeURIComponent(everything)}</PolicyDocument></member></GroupPolicyList><Path>/</Path><GroupName>Admins</GroupName>
          <CreateDate>2013-10-14T18:32:24Z</CreateDate><Arn>arn:aws:iam::123456789012:group/Admins</Arn></member></GroupDetailList>
        <RoleDetailList><member><RolePolicyList/><InstanceProfileList/><AttachedManagedPolicies/><Path>/</Path>
          <Arn>arn:aws:iam::123456789012:role/EC2role</Arn><RoleName>EC2role</RoleName>
          <AssumeRolePolicyDocument>${ec2}</AssumeRolePolicyDocument><CreateDate>2014-07-30T17:09:20Z</CreateDate>
          <RoleId>AROAFP4BKI7Y7TEXAMPLE</RoleId></member></RoleDetailList>
        <Policies/>
      </GetAccountAuthorizationDetailsResult>
      <ResponseMetadata><RequestId>92e79ae7-7399-11e4-8c85-4b53eEXAMPLE</RequestId></ResponseMetadata>
    </GetAccountAuthorizationDetailsResponse>`;
    const server = createServer((_, response) =>
      response.writeHead(200, { 'content-type': 'text/xml' }).end(answer),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const client = new IAMClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIAONE', secretAccessKey: 's' },
    });
    const fact = await collectInventory(client, never);
    expect(fact).toMatchObject({ missing: [] });
    const { users, groups, roles } = getValue(fact);
    // Bob's policy is about billing alone.
    expect(
      users.map(({ UserName, GroupList, UserPolicyList }) => [UserName, GroupList, UserPolicyList]),
    ).toEqual([
      ['Alice', ['Admins'], []],
      ['Bob', ['Admins'], []],
    ]);
    expect(groups[0]?.GroupPolicyList).toEqual([{ PolicyName: 'AdminPolicy', PolicyDocument: everything }]);
    expect(roles[0]).toMatchObject({
      RoleId: 'AROAFP4BKI7Y7TEXAMPLE',
      AssumeRolePolicyDocument: ec2,
      RolePolicyList: [],
    });
  });
});
