import { describe, expect, it } from 'vitest';
import { toUsedLines } from '../../shared/report/used-table.ts';
import { toCanTable, toWhoTable } from '../../shared/report/who-table.ts';
import type { CanDocument, WhoDocument, WhoPrincipal } from '../../shared/who/document.ts';
import { account, clusterArn, keyArn } from '../checks/cases.ts';

const central = '777788889999';
const options = { width: 100, colour: false };
const unread = { unknown: 'unsupported' as const, detail: 'not read' };
const principal = (name: string, more: Partial<WhoPrincipal> = {}): WhoPrincipal => ({
  principal: `arn:aws:iam::${account}:role/${name}`,
  kind: 'role',
  decrypt: 'yes',
  administer: 'no',
  destroy: 'no',
  expected: { decrypt: false, administer: false, destroy: false },
  via: [{ source: 'key-policy', ref: 'Open', actions: ['kms:Decrypt'] }],
  conditions: [],
  assumableBy: [],
  group: null,
  ...more,
});
const expected = { decrypt: true, administer: true, destroy: true };
const tell = (...principals: WhoPrincipal[]) => tellAll({ may: { principals, missing: [] } });
const tellAll = (more: Partial<WhoDocument>) => {
  const answer: WhoDocument = {
    schema: 'keyward/who-v1',
    cluster: clusterArn,
    key: keyArn,
    may: { principals: [], missing: [] },
    used: unread,
    read: unread,
    notVisible: [],
    ...more,
  };
  return [...toWhoTable(answer, options)].join('');
};

describe('toWhoTable', () => {
  it('tells as one those whom one statement lets in alike, by their number', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `app-${index}`);
    const told = tell(...names.map((name) => principal(name)));
    expect(told).toMatch(/unexpected +5000 alike \(role\)\n +decrypt yes/);
    expect(told).toMatch(/by key-policy Open: kms:Decrypt\n/);
    expect(told).toMatch(/app-0, app-1, .* and 4990 more/s);
    expect(told.split('\n').length).toBeLessThan(30);
  });

  it('tells few alike, and those who differ, one by one', () => {
    const told = tell(
      principal('a'),
      principal('b'),
      principal('c', { conditions: ['aws:SourceVpc StringEquals vpc-1'] }),
    );
    for (const name of ['a', 'b', 'c']) expect(told).toContain(`role/${name} (role)\n`);
  });

  it('tells as one those who gain alike by another policy, and by itself who is none of them', () => {
    const names = Array.from({ length: 30 }, (_, index) => principal(`app-${index}`).principal);
    const gains = ['*', ...names].map((name) => ({
      principal: name,
      power: 'decrypt' as const,
      from: 'no' as const,
      to: 'yes' as const,
    }));
    const whatIf = { gains, losses: [], keepsAdministrator: true, clusterKeepsKey: true, checks: [] };
    const told = tellAll({ whatIf });
    expect(told).toMatch(/gains +\*: decrypt no → yes\n/);
    expect(told).toMatch(/gains +30 alike: decrypt no → yes\n +app-0, app-1, .* and 20 more/s);
  });

  it('keeps what can’t be seen at all apart from what was asked', () => {
    const told = tellAll({ notVisible: [{ what: 'session policies', reason: 'kept nowhere' }] });
    expect(told).toMatch(/not read\n\n {2}not visible session policies: kept nowhere\n$/);
  });

  it('says of which account the members of a group are, where there are two', () => {
    const administrators = [account, central].map((id) =>
      principal('Admin', { principal: `arn:aws:iam::${id}:role/Admin`, group: 'administrators', expected }),
    );
    expect(tell(...administrators)).toMatch(
      new RegExp(`2 administrators by effect\\n.*: Admin of ${account}\\n.*: Admin of ${central}\\n`),
    );
    expect(tell(...administrators.slice(0, 1))).toMatch(/decrypt yes, .*: Admin\n/);
  });

  it('tells a service that nobody expects by itself', () => {
    const service = (name: string, more: Partial<WhoPrincipal>) =>
      principal(name, {
        principal: `${name}.amazonaws.com`,
        kind: 'service',
        group: 'aws-services',
        ...more,
      });
    const told = tell(service('lambda', {}), service('eks', { expected }));
    expect(told).toMatch(/unexpected +lambda\.amazonaws\.com \(service\)/);
    expect(told).toMatch(/expected +1 service of AWS\n +.*: eks\.amazonaws\.com\n/);
  });

  it('lets no control character of a policy into the terminal', () => {
    const told = tell(principal('a\u001b[2J', { via: [{ source: 'grant', ref: 'x\nfake', actions: [] }] }));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through.
    expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f]|\n *fake/);
  });
});

describe('toCanTable', () => {
  it.each([
    ['yes', 'may kms:Decrypt with'],
    ['conditional', 'may, under conditions, kms:Decrypt with'],
    ['no', 'may not kms:Decrypt with'],
  ] as const)('says %s as "%s"', (answer, words) => {
    const document: CanDocument = {
      schema: 'keyward/can-v1',
      principal: 'eks.amazonaws.com',
      action: 'kms:Decrypt',
      key: keyArn,
      answer,
      because: [],
      notVisible: [],
    };
    expect([...toCanTable(document, options)].join('')).toContain(`eks.amazonaws.com ${words}`);
  });
});

describe('toUsedLines', () => {
  const day = '2026-11-20T';
  const gap = (hour: number) => ({
    from: `${day}1${hour}:00:00.000Z`,
    to: `${day}1${hour}:30:00.000Z`,
    reason: 'failed',
  });
  const tellUsed = (last: string, gaps: number) => {
    const coverage = { from: `${day}00:00:00.000Z`, to: `${day}23:00:00.000Z`, source: 'trail' };
    const lines = toUsedLines(
      {
        coverage: { ...coverage, gaps: Array.from({ length: gaps }, (_, hour) => gap(hour)) },
        principals: [
          {
            principal: `arn:aws:iam::${account}:role/app`,
            operations: { Decrypt: 2 },
            denied: 0,
            first: `${day}10:00:01Z`,
            last,
            sources: [],
            contexts: [],
            expected: false,
          },
        ],
      },
      100,
      (_, text) => text,
    );
    return [...lines].join('');
  };

  it('tells calls of one minute by that minute, and others from when to when', () => {
    expect(tellUsed(`${day}10:00:59Z`, 0)).toContain('Decrypt 2 times, at 2026-11-20 10:00\n');
    expect(tellUsed(`${day}10:01:00Z`, 0)).toContain(
      'Decrypt 2 times, 2026-11-20 10:00 to 2026-11-20 10:01\n',
    );
  });

  it('tells five times that were not seen, and how many more there are', () => {
    const five = tellUsed(`${day}10:01:00Z`, 5);
    expect(five).toMatch(/not seen +2026-11-20 14:00 to 2026-11-20 14:30: failed\n/);
    expect(five).not.toContain('more times');
    const seven = tellUsed(`${day}10:01:00Z`, 7);
    expect(seven).toContain('and 2 more times that were not seen');
    expect(seven).not.toContain('15:00');
  });
});
