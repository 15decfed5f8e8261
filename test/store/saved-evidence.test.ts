import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EvidenceError, UsageError } from '../../shared/runtime/errors.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { loadEvidence, toEvidenceLines } from '../../shared/store/saved-evidence.ts';
import { makeFolder } from './stores.ts';

const save = async (text: string) => {
  const path = join(await makeFolder(), 'evidence.jsonl');
  await writeFile(path, text);
  return path;
};
const header = '{"schema":"keyward/evidence-v1","run":"R"}';
const object = '{"name":"runs/R/accounts","body":{"a":1}}';

describe('Saved evidence', () => {
  it('comes back as it was, but for findings and other runs', async () => {
    const store = createMemoryStore();
    const bodies = { 'runs/R/accounts': '{"text":"line\\nbreak \u2028 é"}', 'runs/R/homes/1': '{}' };
    for (const [name, body] of Object.entries(bodies)) await store.put(name, body);
    await store.put('runs/R/findings/1', '[]');
    await store.put('runs/S/accounts', '{}');
    const lines: string[] = [];
    for await (const line of toEvidenceLines(store, 'R')) lines.push(line);
    const loaded = await loadEvidence(await save(lines.join('')));
    expect(loaded.run).toBe('R');
    const names: string[] = [];
    for await (const name of loaded.store.list('')) names.push(name);
    expect(names).toEqual(Object.keys(bodies));
    for (const [name, body] of Object.entries(bodies))
      expect(JSON.parse((await loaded.store.get(name))?.body ?? '')).toEqual(JSON.parse(body));
  });

  it.each([
    ['has blank lines at its end', `${header}\n${object}\n\n \n`],
    ['has Windows line ends', `${header}\r\n${object}\r\n\r\n`],
    ['begins with a byte order mark', `\uFEFF${header}\n${object}\n`],
    ['lacks its last line end', `${header}\n${object}`],
  ])('that %s is accepted', async (_, text) => {
    const { run, store } = await loadEvidence(await save(text));
    expect({ run, stored: await store.get('runs/R/accounts') }).toMatchObject({
      run: 'R',
      stored: { body: '{"a":1}' },
    });
  });

  it.each<[string, string, number, (typeof EvidenceError | typeof UsageError)?]>([
    ['is empty', '', 1, UsageError],
    ['is blank', '\n', 1, UsageError],
    ['is not JSON', 'hello', 1, UsageError],
    ['is not JSON after a blank line', '\nhello', 1, UsageError],
    ['is JSON of something else', '{"schema":"keyward/v1"}\n', 1, UsageError],
    ['has no header', `${object}\n`, 1, UsageError],
    ['is of another version', '{"schema":"keyward/evidence-v2","run":"R"}\n', 1],
    ['has a line that is no object of a store', `${header}\n${object}\n{"name":1}\n`, 3],
    ['has a line that is not JSON', `${header}\n${object}\n\n${object}\n`, 3],
    ['is cut off', `${header}\n${object}\n${object.slice(0, -10)}`, 3],
  ])('that %s is refused, the line named', async (_, text, line, Kind = EvidenceError) => {
    const path = await save(text);
    const error = await loadEvidence(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Kind);
    expect(String(error)).toContain(`evidence.jsonl, line ${line}:`);
  });
});
