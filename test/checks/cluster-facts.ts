/** Cases of checks that read more of a cluster than its description: facts laid over those of `cases.ts`. */
import type { Check, Subject, Verdict } from '../../shared/checks/check.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { type Given, toSubject } from './cases.ts';

/** Runs one check on one case and these facts. */
export const judgeWith = (check: Check, facts: Subject['facts'], given: Given = {}): Verdict[] => {
  const subject = toSubject(given);
  return check.judge(
    { ...subject, facts: { ...subject.facts, ...facts } },
    settings.parse(given.settings ?? {}),
  );
};
