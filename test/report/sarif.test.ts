import rawSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../cli/check-ids.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import type { Result } from '../../shared/report/result.ts';
import { toSarif } from '../../shared/report/sarif.ts';
import { acting, findings, hostileName, keyArn, result, toFinding } from './findings.ts';

// The schema of SARIF 2.1.0 as Microsoft's types carry it. It names draft 4, which Ajv does not speak; nothing in it differs from draft 7.
const { $schema: _, id: __, ...schema } = rawSchema;
const ajv = new Ajv({ strict: false, unicodeRegExp: false });
addFormats.default(ajv);
const validate = ajv.compile(schema);

const toText = async (given: Partial<Result> = {}) =>
  (await Array.fromAsync(toSarif({ ...result, ...given }, { rules: catalogue }))).join('');
const toRun = async (given: Partial<Result> = {}) => {
  const log = JSON.parse(await toText(given));
  expect(validate(log), JSON.stringify(validate.errors, null, 1)).toBe(true);
  return log.runs[0];
};
const toResults = async (...given: Finding[]) => (await toRun({ findings: given })).results;

describe('toSarif', () => {
  it('gives one result for each finding, in order, known by its id', async () => {
    const { results } = await toRun();
    expect(results.map((one: { partialFingerprints: object }) => one.partialFingerprints)).toEqual(
      findings.map(({ id }) => ({ 'keywardFindingId/v1': id })),
    );
  });

  it('is valid without a finding', async () => {
    expect(await toResults()).toEqual([]);
  });

  it.each([
    ['pass', 'critical', 'pass', 'none'],
    ['fail', 'critical', 'fail', 'error'],
    ['fail', 'high', 'fail', 'error'],
    ['fail', 'medium', 'fail', 'warning'],
    ['fail', 'low', 'fail', 'note'],
    ['fail', 'info', 'fail', 'note'],
    ['unknown', 'critical', 'open', 'none'],
    ['not-applicable', 'critical', 'notApplicable', 'none'],
  ] as const)(
    'gives %s of severity %s the kind %s and the level %s',
    async (status, severity, kind, level) => {
      const reason = status === 'unknown' ? { reason: 'throttled' } : {};
      expect(await toResults(toFinding({ status, severity, ...reason }))).toMatchObject([{ kind, level }]);
    },
  );

  it('has one rule a check, to which each result points, with help and its requirements', async () => {
    const { tool, results } = await toRun();
    const { rules } = tool.driver;
    expect(rules.map(({ id }: { id: string }) => id)).toEqual(catalogue.map(({ id }) => id));
    for (const { ruleId, ruleIndex } of results) expect(rules[ruleIndex].id).toBe(ruleId);
    expect(rules[results[0].ruleIndex]).toMatchObject({
      id: 'key-rotates',
      name: 'KeyRotates',
      help: { text: expect.stringContaining('rotat') },
      helpUri: expect.stringMatching(/^https:/),
      properties: { tags: expect.arrayContaining(['security', 'state']) },
    });
  });

  it('names the check of another version without pointing to a rule', async () => {
    const [one] = await toResults(toFinding({ check: 'a-check-of-old' }));
    expect(one).toMatchObject({ ruleId: 'a-check-of-old' });
    expect(one).not.toHaveProperty('ruleIndex');
  });

  it('places what stands in a manifest in its file and line', async () => {
    const [one] = await toResults(
      toFinding({
        resource: 'file:deploy/a b#c.yaml#secret/shop/db',
        origin: { file: 'deploy/a b#c.yaml', line: 12 },
      }),
    );
    expect(one.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'deploy/a%20b%23c.yaml' },
          region: { startLine: 12 },
        },
        logicalLocations: [{ fullyQualifiedName: 'file:deploy/a b#c.yaml#secret/shop/db', kind: 'resource' }],
      },
    ]);
  });

  it.each([
    ['a manifest of an absolute path', '/srv/a:b.yaml', 'file:///srv/a%3Ab.yaml'],
    ['a manifest with a colon in its name', 'c:d.yaml', 'c%3Ad.yaml'],
  ])('places %s', async (_, file, uri) => {
    const [one] = await toResults(toFinding({ resource: `file:${file}#a//b`, origin: { file, line: 1 } }));
    expect(one.locations[0].physicalLocation.artifactLocation).toEqual({ uri });
  });

  it.each([
    ['a key', { resource: keyArn }],
    ['an object of a cluster', { resource: 'arn:aws:eks:r:1:cluster/a#secret/shop/db' }],
    ['a manifest from standard input', { resource: 'file:-#secret//db', origin: { file: '-', line: 3 } }],
  ])('places %s by name alone', async (_, given) => {
    const [one] = await toResults(toFinding(given));
    expect(one.locations).toEqual([
      { logicalLocations: [{ fullyQualifiedName: given.resource, kind: 'resource' }] },
    ]);
  });

  it('tells why something is unknown, and who accepted a failure', async () => {
    const results = await toResults(...findings);
    expect(results[3].message.text).toBe('access-denied: kms:ListGrants was refused.');
    expect(results[4].suppressions).toEqual([
      {
        kind: 'external',
        status: 'accepted',
        justification: 'until 2027-03-31 by platform: shared on purpose',
      },
    ]);
  });

  it('tells which targets could not be scanned', async () => {
    expect((await toRun()).invocations).toEqual([
      {
        executionSuccessful: false,
        startTimeUtc: '2026-11-24T02:00:00.000Z',
        endTimeUtc: '2026-11-24T02:00:02.400Z',
        toolExecutionNotifications: [
          {
            level: 'error',
            message: { text: '444455556666 / eu-central-1 could not be scanned: the role was refused.' },
          },
        ],
      },
    ]);
  });

  it('says what is new since an earlier run, and what is gone', async () => {
    const { status: _, evidence: __, remediation: ___, references: ____, ...told } = toFinding({});
    const gone = (['fixed', 'not seen'] as const).map((baseline, index) => ({
      ...told,
      id: `gone-${index}`,
      baseline,
    }));
    const { results } = await toRun({
      findings: [toFinding({ baseline: 'new' }), toFinding({ baseline: 'unchanged' })],
      baseline: {
        run: null,
        newBySeverity: { critical: 0, high: 0, medium: 1, low: 0, info: 0 },
        unchanged: 1,
        gone,
      },
    });
    expect(results.map((one: Record<string, unknown>) => [one.baselineState, one.kind, one.level])).toEqual([
      ['new', 'fail', 'warning'],
      ['unchanged', 'fail', 'warning'],
      ['absent', 'pass', 'none'],
      ['absent', 'open', 'none'],
    ]);
  });

  it('keeps names as they are and lets no acting character through, nor into what is shown', async () => {
    const hostile = toFinding({ subject: hostileName, message: `Policy of ${hostileName}` });
    const text = await toText({ findings: [hostile] });
    expect(text).not.toMatch(acting);
    const [one] = JSON.parse(text).runs[0].results;
    expect(one.properties.subject).toBe(hostileName);
    expect(one.message.text).not.toMatch(acting);
  });
});
