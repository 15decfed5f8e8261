import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listCheckIds, loadCatalogue, toExportName } from '../../scripts/check-catalogue.ts';
import { checks } from '../../shared/checks/index.ts';

const root = new URL('../../', import.meta.url);
const ids = await listCheckIds();
const catalogue = await loadCatalogue();
const page = readFileSync(new URL('docs/checks.md', root), 'utf8');
const sourceOf = (id: string) => readFileSync(new URL(`shared/checks/${id}.ts`, root), 'utf8');

/** What the standards name outright: https://www.cisecurity.org/benchmark/kubernetes and AWS's own controls. */
const namedByStandards: Record<string, [framework: string, control: string]> = {
  'secrets-use-customer-key': ['CIS Amazon EKS Benchmark', '5.3.1'],
  'control-plane-audit-log-is-on': ['CIS Amazon EKS Benchmark', '2.1.1'],
  'key-rotates': ['AWS Security Hub', 'KMS.4'],
  'key-is-usable': ['AWS Security Hub', 'KMS.3'],
};

describe('the catalogue of checks', () => {
  it('is the index, in the same order', () => {
    expect(checks.map(({ id }) => id)).toEqual(catalogue.map(({ check }) => check.id));
    expect(checks.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('heads nothing in its page that is no check', () => {
    expect(
      page
        .match(/^### .+$/gm)
        ?.map((heading) => heading.slice(4))
        .sort(),
    ).toEqual(ids);
  });
});

describe.each(catalogue)('$check.id', ({ check, claim }) => {
  it('is named as its file and has its test', () => {
    expect(ids).toContain(check.id);
    expect(sourceOf(check.id)).toContain(`export const ${toExportName(check.id)} = defineCheck(`);
    expect(existsSync(new URL(`test/checks/${check.id}.test.ts`, root))).toBe(true);
  });

  it('says what it claims and what it does not', () => {
    expect(claim).toMatch(/^Claims .+\. Does not claim /);
  });

  it('has a title that states a condition, and a rationale that fits', () => {
    expect(check.title.length).toBeGreaterThan(10);
    expect(check.title.length).toBeLessThanOrEqual(150);
    expect(check.title).not.toMatch(/^(ensure|check|verify|make sure)|\.$/i);
    expect(check.rationale.length).toBeGreaterThan(20);
    expect(check.rationale.length).toBeLessThanOrEqual(400);
    expect(check.pass).toMatch(/\.$/);
  });

  it('says what to do in words, and where to read on by https', () => {
    expect(check.remediation.text).not.toMatch(/^https?:/);
    expect(check.remediation.text.length).toBeGreaterThan(20);
    const links = [...check.references, ...(check.remediation.url ? [check.remediation.url] : [])];
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(new URL(link).protocol).toBe('https:');
  });

  it('maps to at least one framework, and to those that name it', () => {
    expect(Object.values(check.frameworks).flat().length).toBeGreaterThan(0);
    const [framework, control] = namedByStandards[check.id] ?? [];
    if (framework) expect(check.frameworks[framework]).toContain(control);
  });

  it('declares outcomes, and facts without repeating one', () => {
    expect(Object.keys(check.outcomes).length).toBeGreaterThan(0);
    expect(new Set(check.facts).size).toBe(check.facts.length);
    expect(check.facts.length).toBeGreaterThan(0);
  });

  it('imports no SDK, nothing of Node, and asks neither clock nor environment', () => {
    expect(sourceOf(check.id)).not.toMatch(
      /from '(node:|@aws-sdk|@smithy)|process\.|Date\.now|new Date\(\)|Math\.random/,
    );
  });
});
