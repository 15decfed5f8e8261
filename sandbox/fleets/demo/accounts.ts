/** The demo company's accounts, and who may ask them. */
import type { Credential, SandboxAccount } from '../fleet.ts';

export const organizationId = 'o-exampleorgid';
export const memberRole = 'keyward-member';

/** The organisation's units: Control Tower's Security, and Workloads with production below it. */
export const unitIds = {
  security: 'ou-exam-security',
  workloads: 'ou-exam-workloads',
  production: 'ou-exam-production',
} as const;

export const accountIds = {
  management: '111122223333',
  audit: '444455556666',
  central: '777788889999',
  platformProd: '123456789012',
  platformStaging: '210987654321',
  paymentsProd: '555566667777',
  data: '888899990000',
  sandbox: '222233334444',
  acquired: '333344445555',
  closed: '999900001111',
  partner: '666677778888',
} as const;

const regions = ['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2'];
const roles = [{ name: memberRole, trustedAccounts: [accountIds.audit] }];
const member = (id: string, name: string, unit?: string): SandboxAccount => ({
  id,
  name,
  alias: `example-${name}`,
  regions,
  roles,
  unit,
});

export const accounts: SandboxAccount[] = [
  member(accountIds.management, 'management'),
  member(accountIds.audit, 'audit', unitIds.security),
  member(accountIds.central, 'central-keys', unitIds.security),
  member(accountIds.platformProd, 'platform-prod', unitIds.production),
  member(accountIds.platformStaging, 'platform-staging', unitIds.workloads),
  member(accountIds.paymentsProd, 'payments-prod', unitIds.production),
  member(accountIds.data, 'data', unitIds.production),
  { ...member(accountIds.sandbox, 'sandbox', unitIds.workloads), regions: [...regions, 'eu-north-1'] },
  // Bought lately: nobody has given it the member role yet.
  { id: accountIds.acquired, name: 'acquired', regions, roles: [] },
  { id: accountIds.closed, name: 'old-website', state: 'CLOSED', regions: [], roles: [] },
  { id: accountIds.partner, name: 'partner', isOutside: true, regions, roles: [] },
];

/** The security engineer's session in the audit account, a delegated administrator. */
export const credentials: Credential[] = [
  {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    account: accountIds.audit,
    arn: `arn:aws:sts::${accountIds.audit}:assumed-role/platform-security/laptop`,
  },
];
