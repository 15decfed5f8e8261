import { describe, expect, it } from 'vitest';
import {
  type KeyUseQuestion,
  toBucketFolder,
  toKeyUseQuery,
} from '../../../shared/collect/cloudtrail/athena-query.ts';

const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
const question: KeyUseQuestion = {
  table: 'keyward_prod.trail',
  homes: [{ account: '111122223333', keyIds: [keyId] }, { account: '444455556666' }],
  regions: ['eu-central-1', 'us-gov-west-1'],
  from: '2026-11-23T00:00:00.000Z',
  to: '2026-11-25T02:00:09.000Z',
  location: "s3://runs/runs/it's a run/key-use/0/a/",
};

describe('the query', () => {
  it('reads only the folders of the homes, Regions and days that are asked for', () => {
    const query = toKeyUseQuery(question);
    expect(query).toContain('FROM "keyward_prod"."trail"');
    expect(query).toContain("WHERE account IN ('111122223333', '444455556666')");
    expect(query).toContain("AND day BETWEEN '2026/11/23' AND '2026/11/25'");
    expect(query).toContain("AND region IN ('eu-central-1', 'us-gov-west-1')");
    expect(toKeyUseQuery({ ...question, regions: undefined })).not.toContain('region IN');
  });

  it('counts the time that is asked for, to the second', () => {
    const query = toKeyUseQuery(question);
    expect(query).toContain("AND substr(eventtime, 1, 19) >= '2026-11-23T00:00:00'");
    expect(query).toContain("AND substr(eventtime, 1, 19) < '2026-11-25T02:00:09'");
  });

  it('keeps the keys that are asked for, all of a home that names none, and every alias', () => {
    expect(toKeyUseQuery(question)).toContain(
      `(regexp_extract(key_name, '[^/]+$') IN ('${keyId}') OR account IN ('444455556666') OR key_name LIKE '%alias/%')`,
    );
  });

  it('asks for every event by which a key is used', () => {
    expect(toKeyUseQuery(question)).toContain(
      "eventname IN ('Decrypt', 'ReEncrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext')",
    );
  });

  it('reads the records once: what WITH names is read again wherever it stands', () => {
    const read = [...toKeyUseQuery(question).matchAll(/\bFROM (["\w.]+)/g)].map(([, from]) => from);
    expect(read).toEqual(['"keyward_prod"."trail"', 'records', 'told', 'calls', 'uses']);
  });

  it('writes to its location, a quote in its name doubled', () => {
    expect(toKeyUseQuery(question)).toMatch(
      /\) AS tallies\) TO 's3:\/\/runs\/runs\/it''s a run\/key-use\/0\/a\/'\nWITH \(format = 'JSON', partitioned_by = ARRAY\['bucket'\]\)$/,
    );
  });

  it.each<[string, Partial<KeyUseQuestion>]>([
    ['a table', { table: 'a.b" WHERE 1=1 --' }],
    ['a table without its database', { table: 'trail' }],
    ['an account', { homes: [{ account: "111122223333') OR ('' = '" }] }],
    ['a key id', { homes: [{ account: '111122223333', keyIds: ["x') --"] }] }],
    ['a Region', { regions: ["eu-central-1') --"] }],
    ['a beginning', { from: '2026-11-23' }],
    ['a fraction of a second', { to: '2026-11-25T02:00:09.250Z' }],
    ['a location', { location: '/tmp/' }],
    ['a location that is no folder', { location: 's3://runs/a' }],
  ])('is not made with %s of another form', (_what, wrong) => {
    expect(() => toKeyUseQuery({ ...question, ...wrong })).toThrow(RangeError);
  });
});

describe('toBucketFolder', () => {
  it('is one of 64 folders, the same for an account every time', () => {
    expect(toBucketFolder('111122223333')).toBe(`bucket=${111122223333 % 64}/`);
    expect(toBucketFolder('000000000065')).toBe('bucket=1/');
  });
});
