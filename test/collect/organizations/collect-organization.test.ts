import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { describe, expect, it } from 'vitest';
import { sealed } from '../../../sandbox/fleets/scenario.ts';
import { collectOrganization } from '../../../shared/collect/organizations/collect-organization.ts';
import { isKnown } from '../../../shared/evidence/fact.ts';
import { settings } from '../../../shared/evidence/settings.ts';
import { site, toFleet, workload } from '../../use-cases/fleets.ts';
import { pick, scanFleet } from '../../use-cases/scan-fleet.ts';
import { serveJson } from '../serve-json.ts';

const never = new AbortController().signal;

describe('collectOrganization', () => {
  it.each([
    // A suspended account keeps its old Status for as long as the endpoint sends it.
    [{ State: 'SUSPENDED', Status: 'ACTIVE' }, false],
    [{ State: 'ACTIVE', Status: 'SUSPENDED' }, true],
    [{ State: 'PENDING_CLOSURE' }, false],
    [{ State: 'ACTIVE' }, true],
    [{ Status: 'ACTIVE' }, true],
    [{ Status: 'SUSPENDED' }, false],
    [{}, false],
  ])('calls an account that is %j active: %s', async (state, isActive) => {
    const client = new OrganizationsClient(
      await serveJson(({ operation }) =>
        operation === 'ListAccounts'
          ? { Accounts: [{ Id: workload, ...state }] }
          : { Organization: { Id: 'o-exampleorgid' } },
      ),
    );
    const listing = await collectOrganization(client, never);
    expect(isKnown(listing) && listing.value).toEqual({
      id: 'o-exampleorgid',
      accounts: [{ id: workload, isActive }],
    });
  });
});

describe('An organisation whose accounts can’t be listed', () => {
  it('is known by its id all the same, to any of its members', async () => {
    const client = new OrganizationsClient(
      await serveJson(({ operation }) =>
        operation === 'ListAccounts'
          ? Object.assign(new Error('not yours to ask'), { name: 'AccessDeniedException' })
          : { Organization: { Id: 'o-exampleorgid' } },
      ),
    );
    expect(await collectOrganization(client, never)).toEqual({
      value: { id: 'o-exampleorgid', accounts: [] },
      missing: [{ what: expect.stringContaining('not yours to ask'), reason: 'access-denied' }],
    });
  });
});

describe('An organisation that can’t be described', () => {
  const trusting = (id: string) =>
    JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${workload}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
        {
          Sid: 'Organisation',
          Effect: 'Allow',
          Principal: '*',
          Action: 'kms:Decrypt',
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalOrgID': id } },
        },
      ],
    });
  const fleet = toFleet([
    sealed(site, 'whole', { key: { policy: trusting('o-exampleorgid') } }),
    sealed(site, 'plain'),
  ]);
  const check = 'key-policy-trusts-only-the-organization';
  const faults = [{ kind: 'access-denied', operation: 'DescribeOrganization' }] as const;

  it('is named as the reason where its id would have decided, and only there', async () => {
    const { result } = await scanFleet(fleet, { faults: [...faults] });
    expect(pick(result.findings, 'whole', check)).toEqual([
      expect.objectContaining({
        status: 'unknown',
        reason: 'access-denied',
        message: expect.stringMatching(
          /lets in organisation o-exampleorgid; .* not known: .*organizations:DescribeOrganization/,
        ),
      }),
    ]);
    expect(pick(result.findings, 'plain', check)).toEqual([expect.objectContaining({ status: 'pass' })]);
  });

  it('is not missed where the configuration has its id', async () => {
    const { result } = await scanFleet(fleet, {
      faults: [...faults],
      settings: settings.parse({ organizationId: 'o-exampleorgid' }),
    });
    expect(pick(result.findings, 'whole', check)).toEqual([expect.objectContaining({ status: 'pass' })]);
  });
});
