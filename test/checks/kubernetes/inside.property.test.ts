import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checks } from '../../../shared/checks/index.ts';
import { settings } from '../../../shared/evidence/settings.ts';
import { finding } from '../../../shared/findings/finding.ts';
import { toFindings } from '../../../shared/findings/to-findings.ts';
import { longest, toRuns } from '../../runs.ts';
import { toSubject } from './cases.ts';
import { inside } from './generators.ts';

const objectChecks = checks.filter(
  ({ scope, facts }) =>
    scope === 'object' && (facts[0] === 'kubernetes.secrets' || facts[0] === 'kubernetes.workloads'),
);
const places = [toSubject(), toSubject({ isLint: true })];
const allSettings = [settings.parse({}), settings.parse({ expected: { secretVariables: true } })];

describe('checks of Secrets and workloads', () => {
  it('are twelve', () => {
    expect(objectChecks).toHaveLength(12);
  });

  it.each(objectChecks)(
    '$id throws over no evidence, names no two findings alike, passes only alone and prints patches that are YAML',
    (check) => {
      fc.assert(
        fc.property(
          inside,
          fc.constantFrom(...places),
          fc.constantFrom(...allSettings),
          (facts, place, how) => {
            const found = toFindings(check, { ...place, facts }, how);
            // No fact was left out, so only an error of the check itself is a failure to know.
            expect(found.filter(({ reason }) => reason === 'failed')).toEqual([]);
            expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
            for (const one of found) expect(finding.parse(one)).toEqual(one);
            if (found.some(({ status }) => status === 'pass')) expect(found).toHaveLength(1);
            for (const { evidence } of found)
              if (typeof evidence.patch === 'string') expect(parse(evidence.patch)).toHaveProperty('spec');
          },
        ),
        { numRuns: toRuns(100) },
      );
    },
    longest,
  );
});
