/** A small fleet on a running sandbox, and clients for it: what the sandbox's tests share. */
import { onTestFinished } from 'vitest';
import { cluster, key } from '../../sandbox/fleets/build.ts';
import type { Fleet } from '../../sandbox/fleets/fleet.ts';
import { ebsGrants, eksGrant } from '../../sandbox/fleets/grants.ts';
import { startSandbox } from '../../sandbox/start-sandbox.ts';

export const management = '111122223333';
export const workload = '123456789012';
const region = 'eu-central-1';
const now = new Date('2026-11-24T12:00:00Z');
const site = { account: management, region, now };

export const ownKey = key(site, 'own', {
  grants: [eksGrant('own', management, region), ...ebsGrants(120, management, 'own')],
  rotations: Array.from({ length: 3 }, () => ({ RotationDate: now, RotationType: 'AUTOMATIC' as const })),
  metadata: { KeyId: '11111111-2222-4333-a444-555555555555' },
});
export const signingKey = key(site, 'signing', {
  metadata: { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
  publicKey: new Uint8Array([1, 2, 3]),
});
export const leavingKey = key(site, 'leaving', { metadata: { KeyState: 'PendingDeletion' } });
export const openKey = key({ ...site, account: workload }, 'open', { crossAccount: [management] });
export const closedKey = key({ ...site, account: workload }, 'closed');

const smallFleet: Fleet = {
  organization: { id: 'o-exampleorgid', managementAccount: management, hasEmptyPages: true },
  accounts: [
    {
      id: management,
      name: 'management',
      alias: 'example-management',
      regions: [region, 'eu-west-1'],
      roles: Array.from({ length: 150 }, (_, index) => ({ name: `role-${index}`, trustedAccounts: [] })),
    },
    {
      id: workload,
      name: 'workload',
      regions: [region],
      roles: [
        { name: 'keyward-member', trustedAccounts: [management] },
        { name: 'guarded', trustedAccounts: [management], externalId: 'open-sesame' },
        { name: 'closed', trustedAccounts: [] },
      ],
    },
    ...Array.from({ length: 28 }, (_, index) => ({
      id: String(200000000000 + index),
      name: `account-${index}`,
      regions: [],
      roles: [],
    })),
    { id: '666677778888', name: 'partner', isOutside: true, regions: [region], roles: [] },
  ],
  credentials: [
    {
      accessKeyId: 'AKIAMANAGEMENT',
      secretAccessKey: 'secret',
      account: management,
      arn: `arn:aws:iam::${management}:user/ci`,
    },
    {
      accessKeyId: 'AKIAWORKLOAD',
      secretAccessKey: 'secret',
      account: workload,
      arn: `arn:aws:iam::${workload}:user/ci`,
    },
    {
      accessKeyId: 'AKIAEXPIRED',
      secretAccessKey: 'secret',
      account: management,
      arn: `arn:aws:iam::${management}:user/old`,
      isExpired: true,
    },
  ],
  clusters: [
    ...Array.from({ length: 130 }, (_, index) => cluster(site, `c-${String(index).padStart(3, '0')}`)),
    cluster({ ...site, region: 'eu-west-1' }, 'western', {
      accessConfig: { authenticationMode: 'CONFIG_MAP' },
    }),
    cluster({ ...site, account: workload }, 'working'),
  ],
  keys: [ownKey, signingKey, leavingKey, openKey, closedKey],
};

/** Serves the small fleet for one test; gives the sandbox and what a client needs to reach it. */
export const serve = async (options: Parameters<typeof startSandbox>[1] = {}) => {
  const sandbox = await startSandbox(smallFleet, options);
  onTestFinished(() => sandbox.close());
  const toConfig = (accessKeyId = 'AKIAMANAGEMENT', inRegion = region) => ({
    endpoint: sandbox.endpoint,
    region: inRegion,
    credentials: { accessKeyId, secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  return { sandbox, toConfig };
};

/** All pages of one of the SDK's paginators. */
export const collectPages = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const collected: T[] = [];
  for await (const page of pages) collected.push(page);
  return collected;
};
