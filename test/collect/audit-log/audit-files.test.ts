import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { collectFromAuditFiles } from '../../../shared/collect/audit-log/audit-files.ts';
import { openAuditFolder } from '../../../shared/collect/audit-log/audit-folder.ts';
import { recordedLines, toLine, toServiceAccount } from '../../activity/audit-lines.ts';
import { type Files, toExport, toMembers, toPrinted, toText, writeFolder } from './log-layouts.ts';

const now = '2026-11-21T00:00:00.000Z';

const read = async (
  files: Files,
  { since, below = '', at = now }: { since?: string; below?: string; at?: string } = {},
) => {
  const source = openAuditFolder(join(await writeFolder(files), below));
  return collectFromAuditFiles(source, {
    ...(since ? { since } : {}),
    now: at,
    signal: new AbortController().signal,
    filesAtOnce: 2,
  });
};

const toMinute = (minute: number): string => new Date(Date.UTC(2026, 10, 20, 10, minute)).toISOString();
const at = (minute: number, more: object = {}) => toLine({ at: toMinute(minute), ...more });
const other = (minute: number) =>
  at(minute, { objectRef: { resource: 'leases', apiGroup: 'coordination.k8s.io' }, verb: 'update' });
const lines = [
  other(0),
  at(1),
  at(2, { user: toServiceAccount('shop', 'api'), verb: 'list', objectRef: { name: undefined } }),
  at(3, { code: 403 }),
  ...Array.from({ length: 50 }, (_, minute) => other(4 + minute / 10)),
];

const countAll = ({ reading }: Awaited<ReturnType<typeof read>>): number =>
  [...reading.days.values()].flat().reduce((sum, { count }) => sum + count, 0);
const gapsOf = ({ reading }: Awaited<ReturnType<typeof read>>) => reading.gaps.map(({ what }) => what);

describe('files of an audit log', () => {
  const layouts: [what: string, files: Files][] = [
    ['JSON lines', { 'audit.log': toText(lines) }],
    ['JSON lines whose last has no end', { 'audit.log': toText(lines).trimEnd() }],
    ['JSON lines with CR', { 'audit.log': toText(lines).replaceAll('\n', '\r\n') }],
    ['JSON lines with blanks', { 'audit.log': toText(lines).replaceAll('"resource":', '"resource": ') }],
    ['JSON lines after a mark of UTF-8', { 'audit.log': `\uFEFF${toText(lines)}` }],
    ['gzip', { 'audit.log.gz': gzipSync(toText(lines)) }],
    ['gzip of any name', { 'audit.log.1': gzipSync(toText(lines)) }],
    ['many members of gzip', { 'audit.log.gz': toMembers(lines) }],
    [
      'an export of CloudWatch',
      {
        'exportedlogs/aws-logs-write-test': 'Permission Check Successful',
        'exportedlogs/5e4f/kube-apiserver-audit-1/000000.gz': gzipSync(toExport(lines.slice(0, 2))),
        'exportedlogs/5e4f/kube-apiserver-audit-2/000000.gz': gzipSync(toExport(lines.slice(2))),
        'exportedlogs/5e4f/authenticator-1/000000.gz': gzipSync(
          '2026-11-20T10:00:00.000Z time="2026-11-20T10:00:00Z" level=info msg="access granted"\n'.repeat(
            1500,
          ),
        ),
      },
    ],
    ['what filter-log-events prints', { 'events.json': toPrinted(lines, 4) }],
    ['the same in one line', { 'events.json': toPrinted(lines) }],
    ['the same compressed', { 'events.json.gz': gzipSync(toPrinted(lines, 4)) }],
    ['a copy beside it', { a: toText(lines), b: toText(lines) }],
  ];

  it.each(layouts)('tell the same as %s', async (_, files) => {
    const result = await read(files);
    expect(countAll(result)).toBe(3);
    expect(result.reading.gaps).toEqual([]);
    expect(result.reading.from).toBe(toMinute(0));
    expect(result.reading.to).toBe(toMinute(8.9).replace('000Z', '001Z'));
    expect(result.reading.days.get('2026-11-20')).toEqual(
      (await read({ 'audit.log': toText(lines) })).reading.days.get('2026-11-20'),
    );
  });

  it('tell what a real API server wrote', async () => {
    const result = await read({ log: toText(recordedLines) }, { at: '2026-11-25T00:00:00.000Z' });
    expect(result.reading.gaps).toEqual([]);
    expect(countAll(result)).toBe(10);
  });

  it('may be one alone', async () => {
    expect(
      countAll(await read({ 'a/audit.log': toText(lines), b: toText([at(1)]) }, { below: 'a/audit.log' })),
    ).toBe(3);
  });

  it('are read the same however their bytes are cut', async () => {
    const long = Array.from({ length: 3000 }, (_, index) =>
      at(index / 100, index % 7 === 0 ? {} : { objectRef: { resource: 'pods' } }),
    );
    const files = [
      { log: toText(long) },
      { log: gzipSync(toText(long)) },
      { log: toPrinted(long, 4) },
      { log: toPrinted(long) },
    ];
    for (const one of files) expect(countAll(await read(one))).toBe(Math.ceil(3000 / 7));
  });

  it('end in a torn line, which is no hole', async () => {
    for (const text of [toText(lines), toPrinted(lines, 4), toPrinted(lines)]) {
      const torn = text.slice(0, -300);
      const result = await read({ log: torn });
      expect(result.reading.gaps).toEqual([]);
      expect(countAll(result)).toBe(3);
    }
  });

  it.each<[what: string, next: string, to: string]>([
    ['to where the next begins', toMinute(5), toMinute(5)],
    [
      'of a second, where the next begins with an earlier line',
      '2026-11-20T10:02:59.700Z',
      '2026-11-20T10:03:01.000Z',
    ],
  ])('with one torn in the middle of a rotation leave a gap from its last line %s', async (_, next, to) => {
    const torn = (text: string, layout: typeof toText) => text + layout([at(4)]).slice(0, 300);
    for (const layout of [toText, toExport]) {
      const result = await read({
        'audit-1.log': torn(layout([other(0), at(3)]), layout),
        'audit-2.log': layout([at(0, { at: next, code: 404 }), at(7)]),
        'audit.log': torn(layout([other(8), at(9)]), layout),
      });
      expect(countAll(result)).toBe(4);
      expect(result.reading.gaps).toEqual([
        { from: toMinute(3), to, reason: 'failed', what: 'audit-1.log ends in a line that is cut off' },
      ]);
    }
    const printed = await read({
      a: toPrinted([other(0), at(3), at(4)], 4).slice(0, -300),
      b: toPrinted([at(0, { at: next, code: 404 }), at(7)], 4),
    });
    expect(printed.reading.gaps).toMatchObject([{ from: toMinute(3), to }]);
  });

  it('that are still written to side by side are torn without a hole', async () => {
    const torn = toText([at(10)]).slice(0, 300);
    const result = await read({
      'one.log': toText([other(0), at(9)]) + torn,
      'two.log': toText([other(1), at(9, { at: '2026-11-20T10:09:05.000Z' })]) + torn,
      'two.log.other': 'I1120 10:00:00.000000 1 main.go:1] "started"',
    });
    expect(result.reading.gaps).toEqual([]);
    expect((await read({ 'one.log': toText([at(9)]) + torn })).reading.gaps).toEqual([]);
  });

  it('with another program’s words at an end are whole', async () => {
    const result = await read({ a: `${toText([at(0)])}I1120 10:00 main.go:1] "sto`, b: toText([at(5)]) });
    expect(result.reading.gaps).toEqual([]);
  });

  it('reach to their last whole line, though a torn one has begun with its time', async () => {
    const whole = await read({ log: toExport(lines) });
    const torn = await read({ log: `${toExport(lines)}2026-11-20T10:09:0` });
    expect(torn.reading).toEqual(whole.reading);
    expect(torn.reading.to).toBe(toMinute(8.9).replace('000Z', '001Z'));
  });

  it('with interleaved lines are counted and named, at their time', async () => {
    const [first = '', second = ''] = toText([at(1), at(2)]).split('\n');
    const mixed = `${toText([other(0)])}${first.slice(0, 150)}${second}\n${first.slice(150)}\n${toText([other(3)])}`;
    const result = await read({ log: mixed });
    expect(result.counts.unreadableLines).toBe(2);
    expect(result.reading.gaps).toMatchObject([
      {
        from: toMinute(1),
        reason: 'failed',
        what: expect.stringMatching(/^log has 2 lines .* can’t be read/),
      },
    ]);
  });

  it('with a message that is cut off before it says what it is about say so', async () => {
    const printed = toPrinted([other(0), at(1), other(2)], 4);
    const message = JSON.stringify(JSON.stringify(at(1))).slice(1, -1);
    const begun = printed.replace(
      /(audit-\d+\\",\\"stage\\":\\"ResponseComplete\\",\\"requestURI\\":\\"\/api\/v1\/namespaces\/payments\/secrets\/stripe\\",\\"verb\\":\\"get\\").*?(",\n)/,
      '$1$2',
    );
    expect(begun).not.toContain(message);
    const result = await read({ log: begun });
    expect(result.counts.unreadableLines).toBe(1);
    expect(gapsOf(result)).toEqual([expect.stringContaining('can’t be read')]);
  });

  it('without a request about Secrets for more than an hour do not say that nobody read any', async () => {
    const minutes = Array.from({ length: 80 }, (_, minute) => other(minute));
    expect((await read({ log: toText(minutes) })).reading.gaps).toEqual([
      {
        from: toMinute(0),
        to: toMinute(79).replace('000Z', '001Z'),
        reason: 'incomplete-window',
        what: 'the audit log holds no request about Secrets of this time, not even the control plane’s own',
      },
    ]);
    expect((await read({ log: toText([...minutes, at(30)]) })).reading.gaps).toEqual([]);
    expect((await read({ log: toText(minutes.slice(0, 50)) })).reading.gaps).toEqual([]);
  });

  it('with a line that lacks what such lines have say so', async () => {
    const result = await read({ log: toText([other(0), at(1, { responseStatus: undefined }), other(2)]) });
    expect(result.counts.unreadableLines).toBe(1);
    expect(gapsOf(result)).toHaveLength(1);
  });

  it('with another program’s words between say nothing of them', async () => {
    const result = await read({
      log: toText(lines).replaceAll('\n', '\nI1120 10:00:00.000000 1 main.go:1] "started"\n'),
    });
    expect(result.reading.gaps).toEqual([]);
    expect(countAll(result)).toBe(3);
  });

  it('with a line too long to be held are counted and named, and read on', async () => {
    const long = JSON.stringify({ ...at(1), requestObject: 'x'.repeat(6 * 1024 * 1024) });
    for (const text of [
      `${toText([other(0)])}${long}\n${toText([at(2)])}`,
      toPrinted([other(0), { ...at(1), requestObject: 'x'.repeat(6e6) }, at(2)]),
    ]) {
      const result = await read({ log: text });
      expect(result.counts.tooLongLines).toBe(1);
      expect(gapsOf(result)).toEqual([expect.stringContaining('log has a line too long to be read')]);
      expect(countAll(result)).toBe(1);
    }
    const alone = await read({ log: long });
    expect(alone.counts).toMatchObject({ tooLongLines: 1, other: 0 });
    expect(gapsOf(alone)).toEqual([expect.stringContaining('log has a line too long to be read')]);
  });

  it('that are cut off or damaged tell what comes before, and name the rest', async () => {
    const packed = gzipSync(
      toText(Array.from({ length: 2000 }, (_, index) => at(index / 1000, { auditID: crypto.randomUUID() }))),
    );
    const cut = await read({
      'a.gz': packed.subarray(0, Math.floor(packed.length / 2)),
      b: toText([other(5)]),
    });
    expect(countAll(cut)).toBeGreaterThan(100);
    expect(cut.reading.gaps).toMatchObject([{ what: 'a.gz is cut off', reason: 'failed', to: toMinute(5) }]);
    const damaged = Buffer.from(packed);
    damaged.fill(0, Math.floor(packed.length / 2), Math.floor(packed.length / 2) + 100);
    expect(gapsOf(await read({ 'a.gz': damaged, b: toText([other(0)]) }))).toContain('a.gz is damaged');
  });

  it('that may not be read are named', async () => {
    const path = await writeFolder({ a: toText(lines), b: toText(lines) });
    await chmod(join(path, 'b'), 0o000);
    const result = await collectFromAuditFiles(openAuditFolder(path), {
      now,
      signal: new AbortController().signal,
      filesAtOnce: 1,
    });
    // Root may read whatever it likes.
    if (process.getuid?.() !== 0) expect(result.reading.gaps).toMatchObject([{ reason: 'access-denied' }]);
    expect(countAll(result)).toBe(3);
  });

  it.each<[what: string, files: Files]>([
    ['an empty file', { log: '' }],
    ['a folder without one', { 'below/.keep': '' }],
    ['another log', { log: 'I1120 10:00:00.000000 1 main.go:1] "started"\n' }],
    ['JSON of something else', { log: '{"Records":[{"eventName":"Decrypt"}]}' }],
  ])('without a line are unknown: %s', async (_, files) => {
    const result = await read(files);
    expect(result.reading.gaps).toMatchObject([
      { from: result.reading.from, to: result.reading.to, reason: 'incomplete-window' },
    ]);
    expect(gapsOf(result)[0]).toContain('holds no line of an audit log');
    expect(result.reading.days.size).toBe(0);
  });

  it('tell of hours that none of them has', async () => {
    const result = await read({ a: toText([at(0), other(9)]), b: toText([other(120), at(130)]) });
    expect(result.reading.gaps).toMatchObject([
      { from: toMinute(9), to: toMinute(120), what: 'no file of the audit log has a line of this time' },
    ]);
  });

  it('are judged as far back as is asked for', async () => {
    const result = await read(
      { log: toText([at(0), at(100), other(180)]) },
      { since: toMinute(90), at: toMinute(200) },
    );
    expect(countAll(result)).toBe(1);
    expect(result.reading).toMatchObject({
      from: toMinute(90),
      to: toMinute(180).replace('000Z', '001Z'),
      gaps: [],
    });
  });

  it('that end long before now leave the rest of what was asked for open', async () => {
    const result = await read(
      { log: toText([at(0), other(10)]) },
      { since: toMinute(-60), at: toMinute(600) },
    );
    expect(result.reading.gaps).toMatchObject([
      { from: toMinute(-60), to: toMinute(0) },
      { from: toMinute(10), to: toMinute(600) },
    ]);
  });

  it('of a clock that jumped say so, and keep what is of a time that can be', async () => {
    const result = await read({
      log: toText([other(0), at(1), toLine({ at: '2031-01-01T00:00:00.000000Z' }), other(2)]),
    });
    expect(result.counts.untimely).toBe(1);
    expect(countAll(result)).toBe(1);
    expect(result.reading.to <= now).toBe(true);
    expect(gapsOf(result)).toEqual(['log has 1 requests of a time that can’t be']);
  });

  it('stop with the signal', async () => {
    const source = openAuditFolder(await writeFolder({ log: toText(lines) }));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(collectFromAuditFiles(source, { now, signal, filesAtOnce: 1 })).rejects.toThrow('enough');
  });
});
