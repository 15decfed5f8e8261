import { describe, expect, it } from 'vitest';
import { controlPlaneAuditLogIsOn } from '../../shared/checks/control-plane-audit-log-is-on.ts';
import { denied, judge, saysDenied } from './cases.ts';

const logging = (...clusterLogging: { types?: string[]; enabled?: boolean }[]) => ({
  logging: { clusterLogging },
});

describe('control-plane-audit-log-is-on', () => {
  it.each([
    ['alone', logging({ types: ['audit'], enabled: true })],
    ['in one of two lists', logging({ types: ['api'], enabled: false }, { types: ['audit'], enabled: true })],
  ])('passes when audit is enabled %s', (_, cluster) => {
    expect(judge(controlPlaneAuditLogIsOn, { cluster })).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each([
    ['nothing is on', logging({ types: ['api', 'audit'], enabled: false }), [], 'no log type is on'],
    ['nothing is listed', logging(), [], 'no log type is on'],
    [
      'others are on',
      logging({ types: ['scheduler', 'api'], enabled: true }),
      ['api', 'scheduler'],
      'on: api, scheduler',
    ],
    ['enabled is not said', logging({ types: ['audit'] }), [], 'no log type is on'],
  ])('fails when %s', (_, cluster, enabledTypes, words) => {
    const [verdict] = judge(controlPlaneAuditLogIsOn, { cluster });
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'medium',
      subject: null,
      evidence: { enabledTypes },
    });
    expect(verdict?.message).toContain('nobody can say who read a Secret');
    expect(verdict?.message).toContain(words);
  });

  it('is unknown when the cluster could not be read, or came without its logging', () => {
    expect(judge(controlPlaneAuditLogIsOn, { cluster: denied })).toMatchObject(saysDenied);
    expect(judge(controlPlaneAuditLogIsOn, { cluster: { logging: undefined } })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
  });

  it.each([
    ['is still being created', { status: 'CREATING' }],
    ['is being deleted', { status: 'DELETING' }],
    ['could not be created', { status: 'FAILED' }],
    ['is local to an Outpost', { outpostConfig: { outpostArns: [] } }],
  ])('does not apply to a cluster that %s', (_, cluster) => {
    expect(judge(controlPlaneAuditLogIsOn, { cluster: { ...logging(), ...cluster } })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it('does not ask for other types of log', () => {
    const cluster = logging(
      { types: ['audit'], enabled: true },
      { types: ['api', 'scheduler'], enabled: false },
    );
    expect(judge(controlPlaneAuditLogIsOn, { cluster })).toMatchObject([{ status: 'pass' }]);
  });
});
