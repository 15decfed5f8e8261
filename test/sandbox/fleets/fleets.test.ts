import { describe, expect, it } from 'vitest';
import { demoFaults, demoFleet } from '../../../sandbox/fleets/demo.ts';
import { generateFleet } from '../../../sandbox/fleets/generated.ts';
import { ordinaryFleet } from '../../../sandbox/fleets/ordinary.ts';
import { parseArn } from '../../../sandbox/world.ts';

const now = new Date('2026-11-24T12:00:00Z');
const size = { seed: 7, accounts: 3, regions: ['eu-central-1', 'eu-west-1'], clusters: 100, keys: 30, now };
const fleets = { demo: demoFleet(now), ordinary: ordinaryFleet(now), generated: generateFleet(size) };

describe.each(Object.entries(fleets))('The %s fleet', (_, fleet) => {
  it('has every cluster, key and alias once', () => {
    const arns = [...fleet.clusters.map(({ arn }) => arn), ...fleet.keys.map(({ metadata }) => metadata.Arn)];
    const aliases = fleet.keys.flatMap(({ metadata, aliases: names }) =>
      names.map((name) => metadata.Arn.replace(/key\/.*/, name)),
    );
    expect(new Set([...arns, ...aliases]).size).toBe(arns.length + aliases.length);
  });

  it('keeps every cluster and key in one of its accounts', () => {
    const accounts = new Set(fleet.accounts.map(({ id }) => id));
    const arns = [...fleet.clusters.map(({ arn }) => arn), ...fleet.keys.map(({ metadata }) => metadata.Arn)];
    expect(arns.filter((arn) => !accounts.has(parseArn(arn)?.account ?? ''))).toEqual([]);
  });

  it('has policies that are JSON, and grants that know their key', () => {
    for (const { policy, grants, metadata } of fleet.keys) {
      expect(JSON.parse(policy).Version).toBe('2012-10-17');
      expect(grants.every(({ KeyId }) => KeyId === metadata.Arn)).toBe(true);
      expect(new Set(grants.map(({ GrantId }) => GrantId)).size).toBe(grants.length);
    }
  });
});

describe('The demo fleet', () => {
  it('seeds findings of clusters that it has, each once', () => {
    const names = new Set(fleets.demo.clusters.map(({ name }) => name));
    expect(demoFaults.filter(({ cluster }) => !names.has(cluster))).toEqual([]);
    expect(new Set(demoFaults.map((finding) => JSON.stringify(finding))).size).toBe(demoFaults.length);
  });

  it('seeds every check of links 1 to 3 that exist, the one of trails, and those of link 5 that look from outside', () => {
    expect([...new Set(demoFaults.map(({ check }) => check))].sort()).toEqual([
      'access-policies-limit-secret-readers',
      'cluster-grant-is-in-place',
      'cluster-reports-no-key-issue',
      'cluster-role-can-use-key',
      'control-plane-audit-log-is-on',
      'key-administrators-cannot-decrypt',
      'key-decrypters-are-expected',
      'key-destroyers-are-expected',
      'key-grants-are-expected',
      'key-is-dedicated',
      'key-is-usable',
      'key-material-does-not-expire',
      'key-owner-is-trusted',
      'key-policy-has-no-public-statement',
      'key-policy-keeps-an-administrator',
      'key-policy-trusts-only-the-organization',
      'key-replicas-are-expected',
      'key-rotates',
      'secret-copies-are-sealed',
      'secrets-use-customer-key',
      'trail-records-key-use',
    ]);
  });

  it('finds every named key of a cluster but the deleted one', () => {
    const arns = new Set(fleets.demo.keys.map(({ metadata }) => metadata.Arn));
    const lost = fleets.demo.clusters.filter(({ encryptionConfig }) => {
      const arn = encryptionConfig?.[0]?.provider?.keyArn;
      return arn !== undefined && !arns.has(arn);
    });
    expect(lost.map(({ name }) => name)).toEqual(['payments-archive']);
  });
});

describe('A generated fleet', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(generateFleet(size)).toEqual(fleets.generated);
    expect(generateFleet({ ...size, seed: 8 })).not.toEqual(fleets.generated);
  });

  it('has the size asked for, every key used in its own place', () => {
    expect([fleets.generated.clusters.length, fleets.generated.keys.length]).toEqual([100, 30]);
    const used = new Set(
      fleets.generated.clusters.map(({ encryptionConfig }) => encryptionConfig?.[0]?.provider?.keyArn),
    );
    expect(used.size).toBe(30);
    for (const { arn, encryptionConfig } of fleets.generated.clusters) {
      const place = parseArn(encryptionConfig?.[0]?.provider?.keyArn ?? '');
      expect(place).toMatchObject({ account: parseArn(arn)?.account, region: parseArn(arn)?.region });
    }
  });
});
