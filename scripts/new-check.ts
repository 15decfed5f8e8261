/**
 * Makes the two files of a new check from a template and regenerates what follows from them:
 * npm run new-check ID -- --link 2 --scope key. The check says unknown, and its test fails, until its rule is written.
 */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { listCheckIds, toExportName } from './check-catalogue.ts';

const usage = 'Usage: npm run new-check ID -- [--link 1|2|3|4|5|6] [--scope cluster|key|family]';
const wrongUsage = 64;

const toCheckSource = (id: string, link: string, scope: string): string => {
  const fact = scope === 'cluster' ? 'cluster' : 'key.metadata';
  return `/**
 * Claims that … Does not claim that …
 */
import { defineCheck } from './check.ts';

export const ${toExportName(id)} = defineCheck({
  id: '${id}',
  kind: 'state',
  link: ${link},
  scope: '${scope}',
  subject: null,
  facts: ['${fact}'],
  title: '',
  rationale: '',
  remediation: { text: '' },
  references: [],
  frameworks: {},
  outcomes: {
    broken: {
      severity: 'medium',
      message: ({ seen }: { seen: string }) => \`What was seen (\${seen}), and what stops working when.\`,
    },
  },
  pass: '',
  *evaluate({ read }) {
    read('${fact}');
    yield { unknown: 'unsupported', detail: 'the rule of ${id} is not written yet' };
  },
});
`;
};

const toTestSource = (id: string): string => {
  const name = toExportName(id);
  return `import { describe, expect, it } from 'vitest';
import { ${name} } from '../../shared/checks/${id}.ts';
import { judge } from './cases.ts';

describe('${id}', () => {
  it('passes when …', () => {
    expect(judge(${name})).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails when …', () => {
    const [verdict] = judge(${name}, { cluster: {}, metadata: {} });
    expect(verdict).toMatchObject({ status: 'fail', severity: 'medium', subject: null, evidence: {} });
    expect(verdict?.message).toContain('…');
  });
});
`;
};

interface Request {
  id: string;
  link: string;
  scope: string;
}

/** The request that the arguments make, or what is wrong with them. */
const parseRequest = (args: string[], existing: string[]): Request | { problem: string } => {
  const options = {
    link: { type: 'string', default: '2' },
    scope: { type: 'string', default: 'key' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [id, ...rest] = positionals;
    if (!id || rest.length > 0) return { problem: 'Name one check.' };
    if (!/^[a-z]+(-[a-z0-9]+)+$/.test(id))
      return { problem: `"${id}" is no id: say the condition that should hold, in lower-case-words.` };
    if (existing.includes(id)) return { problem: `shared/checks/${id}.ts is there already.` };
    if (!/^[1-6]$/.test(values.link)) return { problem: `There is no link "${values.link}".` };
    if (!['cluster', 'key', 'family'].includes(values.scope))
      return { problem: `There is no scope "${values.scope}".` };
    return { id, ...values };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};

const request = parseRequest(process.argv.slice(2), await listCheckIds());
if ('problem' in request) {
  process.stderr.write(`${request.problem}\n${usage}\n`);
  process.exitCode = wrongUsage;
} else {
  const { id, link, scope } = request;
  const files = {
    [`shared/checks/${id}.ts`]: toCheckSource(id, link, scope),
    [`test/checks/${id}.test.ts`]: toTestSource(id),
  };
  for (const [path, text] of Object.entries(files)) {
    // Never over a file that is there: it may be somebody's work.
    await writeFile(new URL(`../${path}`, import.meta.url), text, { flag: 'wx' });
    process.stdout.write(`wrote ${path}\n`);
  }
  execFileSync(process.execPath, [fileURLToPath(new URL('generate.ts', import.meta.url))], {
    stdio: 'inherit',
  });
}
