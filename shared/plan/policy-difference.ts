/** What putting a policy would add to today's and take from it, statement by statement. */
import { z } from 'zod';
import { toUnknown, type Unknown } from '../evidence/fact.ts';
import { toCanonicalText } from '../policy/statement-id.ts';
import { type Difference, type PolicyStatement, statement } from './document.ts';

const document = z.object({ Statement: z.union([z.array(statement), statement]) });

/** One value and a list of it say the same in a policy, and so do other Sids. */
const toMeaning = ({ Sid: _, ...elements }: PolicyStatement): string => toCanonicalText(toLists(elements));

const toLists = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toLists(item)]));
  return [String(value)];
};

/** Takes today's policy as text and the one to put; gives their difference, or why there is none. */
export const toDifference = (today: string, statements: PolicyStatement[]): Difference | Unknown => {
  const parsed = document.safeParse(parseJson(today));
  if (!parsed.success) return toUnknown('unsupported', 'today’s policy is not understood');
  const { Statement: told } = parsed.data;
  const old = Array.isArray(told) ? told : [told];
  const [was, is] = [old, statements].map((all) => new Set(all.map(toMeaning)));
  return {
    added: statements.filter((one) => !was?.has(toMeaning(one))),
    removed: old.filter((one) => !is?.has(toMeaning(one))),
    kept: statements.filter((one) => was?.has(toMeaning(one))),
  };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it, and says so.
    return undefined;
  }
};
