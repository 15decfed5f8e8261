import { describe, expect, it } from 'vitest';
import { defineCheck } from '../../shared/checks/check.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { toFindings } from '../../shared/findings/to-findings.ts';

const check = defineCheck({
  id: 'door-is-shut',
  kind: 'state',
  link: 1,
  scope: 'cluster',
  subject: 'principal',
  facts: [],
  title: 'The door is shut',
  rationale: 'Doors.',
  remediation: { text: 'Shut it.', url: 'https://example.com/door' },
  references: ['https://example.com/doors'],
  frameworks: {},
  outcomes: {
    ajar: { severity: 'low', message: ({ door }: { door: string }) => `${door} is ajar.` },
    open: {
      severity: 'high',
      message: ({ door }: { door: string }) => `${door} is open.`,
      fix: ({ door }: { door: string }) => `Shut ${door}.`,
    },
  },
  pass: 'The door is shut.',
  *evaluate(_, { thresholds }) {
    if (thresholds.rotationDays === 1) return;
    yield { outcome: 'ajar', subject: 'a', evidence: { door: 'a' } };
    yield { outcome: 'open', subject: 'b', evidence: { door: 'b' } };
  },
});

const cluster = {
  arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/shop',
  name: 'shop',
  account: '111122223333',
  region: 'eu-west-1',
};
const subject = { cluster, facts: {}, collectedAt: '2026-11-24T02:00:00.000Z' };

describe('toFindings', () => {
  it('says what to do in just that case, else what the check says', () => {
    const findings = toFindings(check, subject, settings.parse({}));
    expect(findings.map(({ remediation }) => remediation)).toEqual([
      { text: 'Shut it.', url: 'https://example.com/door' },
      { text: 'Shut b.', url: 'https://example.com/door' },
    ]);
  });

  it('tells subjects apart by id and names the cluster as its resource', () => {
    const findings = toFindings(check, subject, settings.parse({}));
    expect(new Set(findings.map(({ id }) => id)).size).toBe(2);
    expect(findings).toMatchObject([
      { severity: 'low', resource: cluster.arn, cluster: 'shop', subject: 'a', message: 'a is ajar.' },
      { severity: 'high', resource: cluster.arn, cluster: 'shop', subject: 'b', message: 'b is open.' },
    ]);
  });

  it('gives a pass the worst that the check can say', () => {
    const findings = toFindings(check, subject, settings.parse({ thresholds: { rotationDays: 1 } }));
    expect(findings).toMatchObject([{ status: 'pass', severity: 'high', subject: null }]);
  });

  it.each(['pass', 'fail'])('lets a configured severity replace all, on a %s', (status) => {
    const configured = settings.parse({
      checks: { 'door-is-shut': { severity: 'info' } },
      thresholds: { rotationDays: status === 'pass' ? 1 : 365 },
    });
    for (const finding of toFindings(check, subject, configured))
      expect(finding).toMatchObject({ status, severity: 'info' });
  });
});
