import { describe, expect, it } from 'vitest';
import { checks } from '../../shared/checks/index.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { toWhatIf } from '../../shared/who/what-if.ts';
import { toWhoMay } from '../../shared/who/who-may.ts';
import { type Given, toEksGrant } from '../checks/cases.ts';
import {
  allow,
  delegation,
  deny,
  inventory,
  keyPolicy,
  named,
  role,
  toRoleArn,
} from '../checks/iam-cases.ts';
import { toKeySubject } from './key-subject.ts';

const given: Given = {
  iam: inventory({
    roles: [role('reader', [allow('kms:Decrypt')]), role('shop-cluster', [allow('kms:Describe*')])],
  }),
  grants: [toEksGrant('shop', 'context-1')],
};
const ask = (...statements: object[]) => {
  const subject = toKeySubject(given);
  const judged = settings.parse({});
  const before = toWhoMay([subject], judged);
  return toWhatIf([subject], JSON.stringify(keyPolicy(...statements)), before, judged, checks).whatIf;
};
const reader = toRoleArn('reader');

describe('toWhatIf', () => {
  it('changes nothing under the policy of today', () => {
    expect(ask(delegation)).toEqual({
      gains: [],
      losses: [],
      keepsAdministrator: true,
      clusterKeepsKey: true,
      checks: [],
    });
  });

  it('tells who gains, and what checks would say', () => {
    const theirs = 'arn:aws:iam::444455556666:role/theirs';
    const { gains, losses, checks: said } = ask(delegation, named(theirs, 'kms:Decrypt'));
    expect(gains).toEqual([{ principal: theirs, power: 'decrypt', from: 'no', to: 'conditional' }]);
    expect(losses).toEqual([]);
    expect(said.map(({ check }) => check)).toContain('key-policy-trusts-only-the-organization');
  });

  it('tells who loses, and that nobody is left to change the policy', () => {
    const { losses, keepsAdministrator, checks: said } = ask(named(toRoleArn('gone'), 'kms:*'));
    expect(losses).toContainEqual({ principal: reader, power: 'decrypt', from: 'yes', to: 'no' });
    expect(keepsAdministrator).toBe(false);
    expect(said.map(({ check }) => check)).toContain('key-policy-keeps-an-administrator');
  });

  it('tells that a Deny takes the key from the cluster, for all its grant', () => {
    const { clusterKeepsKey } = ask(delegation, deny('kms:Decrypt', { Principal: '*' }));
    expect(clusterKeepsKey).toBe(false);
  });

  it('does not know whether the cluster keeps its key where no grant of it was seen', () => {
    const subject = toKeySubject({ ...given, grants: [] });
    const judged = settings.parse({});
    const { whatIf } = toWhatIf(
      [subject],
      JSON.stringify(keyPolicy(delegation)),
      toWhoMay([subject], judged),
      judged,
      checks,
    );
    expect(whatIf.clusterKeepsKey).toMatchObject({ unknown: 'failed' });
  });
});
