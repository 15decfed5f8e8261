/** A small run as data, hostile names included. */
import type { Finding } from '../../shared/findings/finding.ts';
import { toFindingId } from '../../shared/findings/finding-id.ts';
import type { Result } from '../../shared/report/result.ts';

export const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const hostileName = 'a\u001b[31mred\nnew\u202Eline\u0007\u009b';

/** Whatever a terminal acts upon, but the ends of our own lines. */
export const acting = /[^\P{Cc}\n]|\p{Cf}|\p{Zl}|\p{Zp}/u;

export const toFinding = (given: Partial<Finding>): Finding => {
  const finding: Finding = {
    id: '',
    check: 'key-rotates',
    status: 'fail',
    severity: 'medium',
    account: '111122223333',
    region: 'eu-central-1',
    cluster: 'payments',
    resource: keyArn,
    subject: null,
    kind: 'state',
    title: 'The key is rotated often enough',
    message: 'Automatic rotation of the key is off and it was never rotated; allowed are 365 days.',
    evidence: { allowedDays: 365 },
    remediation: { text: 'Switch automatic rotation on. It breaks nothing.', url: 'https://example.com/fix' },
    references: ['https://example.com/rotation'],
    ...given,
  };
  return { ...finding, id: toFindingId(finding.check, finding.resource, finding.cluster, finding.subject) };
};

export const findings: Finding[] = [
  toFinding({}),
  toFinding({ check: 'key-is-dedicated', severity: 'low', status: 'pass' }),
  toFinding({
    cluster: 'ledger',
    check: 'key-is-usable',
    severity: 'critical',
    message: 'The key is disabled.',
  }),
  toFinding({
    cluster: 'ledger',
    check: 'key-grants-are-expected',
    severity: 'high',
    status: 'unknown',
    reason: 'access-denied',
    message: 'kms:ListGrants was refused',
  }),
  toFinding({
    cluster: 'test-1',
    check: 'key-is-dedicated',
    severity: 'low',
    exception: { reason: 'shared on purpose', owner: 'platform', expires: '2027-03-31' },
  }),
  toFinding({ cluster: 'calm', status: 'pass' }),
  toFinding({ cluster: 'calm', check: 'key-material-does-not-expire', status: 'not-applicable' }),
  toFinding({ cluster: hostileName, subject: hostileName, message: `Policy of ${hostileName}` }),
];

export const result = {
  run: {
    id: 'run-1',
    startedAt: '2026-11-24T02:00:00.000Z',
    finishedAt: '2026-11-24T02:00:02.400Z',
    version: '0.1.0',
    notAsked: ['key-is-in-use'],
    targets: [
      { account: '111122223333', region: 'eu-central-1', status: 'scanned' },
      {
        account: '111122223333',
        region: 'us-west-2',
        status: 'excluded',
        reason: 'denied-by-organization: long',
      },
      { account: '444455556666', region: 'eu-central-1', status: 'failed', reason: 'the role was refused' },
    ],
  },
  findings,
  clusters: 5,
  summary: {
    byStatus: { fail: 4, pass: 2, unknown: 1, 'not-applicable': 1 },
    bySeverity: { critical: 1, high: 0, medium: 2, low: 0, info: 0 },
    unknownReasons: { 'access-denied': 1 },
  },
} satisfies Result;
