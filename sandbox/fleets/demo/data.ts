/** The data teams' clusters: rotation, policies that let others in, and grants that people made. */
import { cluster, key, type Site } from '../build.ts';
import { eksGrant, roleGrant } from '../grants.ts';
import { daysBefore } from '../names.ts';
import { accountPolicy, type Statement, terraformEksPolicy } from '../policies.ts';
import { fail, type Scenario, type Severity, scenario, sealed } from '../scenario.ts';
import { accountIds, organizationId } from './accounts.ts';

const allow = (Sid: string, principal: object, Action: string[], Condition?: object): Statement => ({
  Sid,
  Effect: 'Allow',
  ...principal,
  Action,
  Resource: '*',
  ...(Condition === undefined ? {} : { Condition }),
});

/** A cluster whose key policy holds one statement too many. */
const withStatement = (
  site: Site,
  name: string,
  check: string,
  severity: Severity,
  statement: Statement,
  ...more: ReturnType<typeof fail>[]
): Scenario =>
  sealed(
    site,
    name,
    { key: { policy: terraformEksPolicy(site.account, name, statement) } },
    fail(check, severity, statement.Sid),
    ...more,
  );

const openPolicies = (site: Site): Scenario[] => {
  const isPublic = (name: string, statement: Statement, ...more: ReturnType<typeof fail>[]) =>
    withStatement(site, name, 'key-policy-has-no-public-statement', 'critical', statement, ...more);
  // Whoever there is, is the account's own principals too.
  const forEverybody = fail('key-decrypters-are-expected', 'medium', '*');
  const isForeign = (name: string, severity: Severity, statement: Statement) =>
    withStatement(site, name, 'key-policy-trusts-only-the-organization', severity, statement);
  const root = { AWS: `arn:aws:iam::${site.account}:root` };
  const partner = `arn:aws:iam::${accountIds.partner}`;
  return [
    isPublic('data-notebooks', allow('AllowAnyone', { Principal: '*' }, ['kms:Decrypt']), forEverybody),
    isPublic(
      'data-etl',
      allow('AllowThroughS3', { Principal: { AWS: '*' } }, ['kms:Decrypt'], {
        StringEquals: { 'kms:ViaService': `s3.${site.region}.amazonaws.com` },
      }),
    ),
    isPublic('data-ml', allow('AllowAllButRoot', { NotPrincipal: root }, ['kms:Decrypt']), forEverybody),
    isForeign(
      'data-share',
      'high',
      allow('AllowPartner', { Principal: { AWS: `${partner}:root` } }, ['kms:Decrypt', 'kms:DescribeKey']),
    ),
    isForeign(
      'data-exchange',
      'high',
      allow('AllowPartnerGrants', { Principal: { AWS: `${partner}:role/importer` } }, ['kms:CreateGrant']),
    ),
    isForeign(
      'data-federated',
      'high',
      allow('AllowFederation', { Principal: { Federated: `${partner}:oidc-provider/token.example.com` } }, [
        'kms:Decrypt',
      ]),
    ),
    isForeign(
      'data-functions',
      'high',
      allow('AllowLambda', { Principal: { Service: 'lambda.amazonaws.com' } }, ['kms:Decrypt']),
    ),
    isForeign(
      'data-trail',
      'medium',
      allow('AllowCloudTrail', { Principal: { Service: 'cloudtrail.amazonaws.com' } }, [
        'kms:GenerateDataKey*',
        'kms:Decrypt',
      ]),
    ),
  ];
};

/** Policies that look open and are not: to the organisation's own, each whole account's, they are. */
const closedPolicies = (site: Site): Scenario[] => {
  const isOurs = { StringEquals: { 'aws:PrincipalOrgID': organizationId } };
  const isNotOurs = { StringNotEquals: { 'aws:PrincipalOrgID': organizationId } };
  const guard: Statement = {
    ...allow('DenyOutsiders', { Principal: '*' }, ['kms:*'], isNotOurs),
    Effect: 'Deny',
  };
  const policies = {
    'data-organization': [allow('AllowOrganization', { Principal: '*' }, ['kms:Decrypt'], isOurs)],
    'data-guarded': [allow('AllowAll', { Principal: { AWS: '*' } }, ['kms:Decrypt']), guard],
  };
  return Object.entries(policies).map(([name, statements]) =>
    sealed(
      site,
      name,
      { key: { policy: terraformEksPolicy(site.account, name, ...statements) } },
      fail('key-decrypters-are-expected', 'medium', '*'),
    ),
  );
};

const rotations = (site: Site): Scenario[] => {
  const { now } = site;
  const off = { rotation: { KeyRotationEnabled: false } };
  const slow = {
    rotation: {
      KeyRotationEnabled: true,
      RotationPeriodInDays: 730,
      NextRotationDate: daysBefore(now, -400),
    },
  };
  const onDemand = {
    ...off,
    rotations: [{ RotationDate: daysBefore(now, 30), RotationType: 'ON_DEMAND' } as const],
  };
  return [
    sealed(site, 'data-lake', { key: off }, fail('key-rotates', 'medium')),
    sealed(site, 'data-warehouse', { key: slow }, fail('key-rotates', 'medium')),
    sealed(site, 'data-stream', { key: onDemand }, fail('cluster-role-can-use-key', 'low')),
    sealed(site, 'data-fresh', {
      cluster: { createdAt: daysBefore(now, 0.1) },
      key: { ...off, metadata: { CreationDate: daysBefore(now, 0.12) } },
    }),
  ];
};

const grants = (site: Site): Scenario[] => {
  const { account, region } = site;
  const role = `arn:aws:iam::${account}:role/data-export`;
  const withGrant = (name: string, grant: ReturnType<typeof roleGrant>) =>
    sealed(
      site,
      name,
      { key: { grants: [eksGrant(name, account, region), grant] } },
      fail('key-grants-are-expected', 'high', grant.GrantId),
      fail('key-decrypters-are-expected', 'medium', role),
    );
  return [
    withGrant('data-jobs', roleGrant('debug', role, account)),
    withGrant('data-replay', roleGrant('replay', role, account, 'data-replay')),
  ];
};

/** A cluster sealed with a key that lives outside the organisation, where nobody may look. */
const foreignKey = (site: Site): Scenario => {
  const home = { ...site, account: accountIds.partner };
  const foreign = key(home, 'hosted', {
    policy: accountPolicy(home.account),
    crossAccount: [site.account],
    grants: [eksGrant('data-hosted', site.account, site.region)],
  });
  const clusters = [cluster(site, 'data-hosted', { keyArn: foreign.metadata.Arn })];
  return scenario('data-hosted', { clusters, keys: [foreign] }, fail('key-owner-is-trusted', 'high'));
};

/** Everything of the data account, but for its cluster on a central key. */
export const dataScenarios = (now: Date): Scenario[] => {
  const site = { account: accountIds.data, region: 'eu-central-1', now };
  return [
    ...openPolicies(site),
    ...closedPolicies(site),
    ...rotations(site),
    ...grants(site),
    foreignKey(site),
  ];
};
