/** The demo's report in every format, judged by validators that others wrote; the same counts in all of them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type RunDocument, runDocument } from '../../shared/findings/finding.ts';
import { toData } from '../report/page.ts';

const python = z.string().parse(process.env.EMULATORS_PYTHON);
const root = resolve(import.meta.dirname, '../..');
const formats = ['json', 'csv', 'asff', 'ocsf', 'sarif', 'junit', 'markdown', 'html'] as const;
const folder = mkdtempSync(join(tmpdir(), 'keyward-formats-'));
const toPath = (format: string) => join(folder, `report.${format}`);

const manifest = `apiVersion: v1
kind: Pod
metadata: {name: app, namespace: shop}
spec:
  containers:
    - name: app
      image: app
      envFrom: [{secretRef: {name: db}}]
`;

const judge = (format: string, path = toPath(format)): Record<string, number> =>
  z
    .record(z.string(), z.int())
    .parse(
      JSON.parse(
        execFileSync(python, [join(root, 'test/emulators/formats.py'), format, path], { encoding: 'utf8' }),
      ),
    );

let told: RunDocument;
let ofAccounts: RunDocument['findings'];

beforeAll(() => {
  const wanted = formats.flatMap((format) => ['--format', `${format}=${toPath(format)}`]);
  execFileSync(process.execPath, [join(root, 'cli/main.ts'), 'demo', '--quiet', ...wanted]);
  told = runDocument.parse(JSON.parse(readFileSync(toPath('json'), 'utf8')));
  ofAccounts = told.findings.filter(({ account }) => account !== null);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

const count = (findings: RunDocument['findings'], status: string) =>
  findings.filter((finding) => finding.status === status).length;

describe('The demo', () => {
  it('gives ASFF that Security Hub takes', () => {
    expect(judge('asff')).toEqual({
      FAILED: count(ofAccounts, 'fail'),
      PASSED: count(ofAccounts, 'pass'),
      NOT_AVAILABLE: count(ofAccounts, 'unknown'),
    });
  });

  it('gives CSV that nothing in a spreadsheet runs', () => {
    expect(judge('csv')).toEqual(told.summary.byStatus);
  });

  it("gives OCSF that its schema and Prowler's models take", () => {
    const { pass, fail, unknown } = told.summary.byStatus;
    expect(judge('ocsf')).toEqual({ Pass: pass, Fail: fail, Unknown: unknown });
  });

  it('gives a page of at most 1.5 MB that holds every finding', () => {
    const page = readFileSync(toPath('html'), 'utf8');
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(1_500_000);
    const { findings } = toData(page);
    const byStatus = Map.groupBy(findings, ([, , status]) => status);
    expect(Object.fromEntries([...byStatus].map(([status, rows]) => [status, rows.length]))).toEqual(
      told.summary.byStatus,
    );
  });

  it('gives JUnit XML that is read as what it tells', () => {
    const { byStatus } = told.summary;
    const ofTargets = (status: string) =>
      told.run.targets.filter((target) => target.status === status).length;
    expect(judge('junit')).toEqual({
      Passed: byStatus.pass,
      Failure: byStatus.fail,
      Error: ofTargets('failed'),
      Skipped: byStatus.unknown + byStatus['not-applicable'] + ofTargets('partial'),
    });
  });

  it('gives Markdown without HTML and pictures', () => {
    const clusters = new Set(
      told.findings
        .filter(({ status }) => status === 'fail' || status === 'unknown')
        .map(({ account, region, cluster, resource }) =>
          cluster === null ? resource : `${account}${region}${cluster}`,
        ),
    );
    const sections = ['Not scanned, or only in part', ...(told.run.notAsked.length > 0 ? ['Not asked'] : [])];
    expect(judge('markdown')).toEqual({ h1: 1, h2: clusters.size + sections.length });
  });
});

const multitool = z.object({
  runs: z.tuple([
    z.object({ results: z.array(z.object({ ruleId: z.string(), level: z.string().default('warning') })) }),
  ]),
});

/** What Microsoft's validator has to say of a log. */
const validateSarif = (path: string): string[] => {
  const output = `${path}.validated`;
  // It ends with 1 where it finds anything at all.
  execFileSync('npx', ['--yes', '@microsoft/sarif-multitool@5.7.0', 'validate', path, '--output', output], {
    cwd: folder,
    stdio: 'ignore',
  });
  return multitool
    .parse(JSON.parse(readFileSync(output, 'utf8')))
    .runs[0].results.map(({ ruleId, level }) => `${ruleId} ${level}`);
};

describe('SARIF', () => {
  // The tool has no page of its own yet.
  const noPage = 'SARIF2005 warning';

  it('of the demo is right to the letter', () => {
    expect(validateSarif(toPath('sarif'))).toEqual([noPage]);
    const { results } = JSON.parse(readFileSync(toPath('sarif'), 'utf8')).runs[0];
    expect(results).toHaveLength(told.findings.length);
  }, 180_000);

  it('of a manifest is right to the letter, and a broken one is not', () => {
    writeFileSync(join(folder, 'pod.yaml'), manifest);
    const words = ['lint', 'pod.yaml', '--fail-on', 'critical', '--format', 'sarif=lint.sarif'];
    execFileSync(process.execPath, [join(root, 'cli/main.ts'), ...words], { cwd: folder, stdio: 'ignore' });
    const text = readFileSync(join(folder, 'lint.sarif'), 'utf8');
    expect(text).toContain(
      '"physicalLocation":{"artifactLocation":{"uri":"pod.yaml"},"region":{"startLine":1}}',
    );
    expect(validateSarif(join(folder, 'lint.sarif'))).toEqual([noPage]);
    writeFileSync(join(folder, 'broken.sarif'), text.replace('"startLine":1', '"startLine":0'));
    expect(validateSarif(join(folder, 'broken.sarif'))).toContain('SARIF1007 error');
  }, 180_000);
});
