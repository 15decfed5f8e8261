import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../shared/findings/finding.ts';
import { toCsv } from '../../shared/report/csv.ts';
import { acting, findings, hostileName, toFinding } from './findings.ts';

const toText = async (given: Finding[]) => (await Array.fromAsync(toCsv({ findings: given }))).join('');
const read = async (given: Finding[]): Promise<Record<string, string>[]> =>
  parse(await toText(given), { columns: true });

describe('toCsv', () => {
  it('has the columns that other programs rely on, in their order', async () => {
    expect((await toText([])).trimEnd().replaceAll('"', '').split(',')).toEqual([
      ...['id', 'check', 'kind', 'status', 'severity', 'account', 'region', 'cluster', 'resource', 'subject'],
      ...['title', 'message', 'reason', 'remediation', 'exception'],
    ]);
  });

  it('tells every finding, whatever its status, in the order of the result', async () => {
    const rows = await read(findings);
    expect(rows.map(({ id, status }) => ({ id, status }))).toEqual(
      findings.map(({ id, status }) => ({ id, status })),
    );
    expect(rows[4]?.exception).toBe('until 2027-03-31 by platform: shared on purpose');
    expect(rows[3]?.reason).toBe('access-denied');
  });

  it('leaves empty what there is none of', async () => {
    const [row] = await read([toFinding({ account: null, region: null, cluster: null })]);
    expect(row).toMatchObject({
      account: '',
      region: '',
      cluster: '',
      subject: '',
      reason: '',
      exception: '',
    });
  });

  it.each(['=HYPERLINK("http://x")', '+1', '-2+3', '@SUM(1)', ' =1', '＝1', '－1', '＋1', '＠1', '\u00a0=1'])(
    'gives %j as text that no spreadsheet runs',
    async (cell) => {
      const [row] = await read([toFinding({ cluster: cell, message: cell })]);
      expect(row).toMatchObject({ cluster: `'${cell}`, message: `'${cell}` });
    },
  );

  it.each(['a=1', 'system:node', '"quoted", and; more', "it's"])('leaves %j as it is', async (cell) => {
    expect((await read([toFinding({ subject: cell })]))[0]?.subject).toBe(cell);
  });

  it('keeps a hostile name on its line, visible and without effect', async () => {
    const text = await toText([toFinding({ subject: hostileName }), toFinding({ cluster: '\t=1' })]);
    expect(text.trimEnd().split('\r\n')).toHaveLength(3);
    expect(text.replaceAll('\r\n', '')).not.toMatch(acting);
    expect(text).toContain('a\\u001b[31mred\\nnew\\u202eline');
  });
});
