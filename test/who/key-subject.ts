/** The key of the cases' cluster, as `who` asks about it. */
import type { KeySubject } from '../../shared/who/access.ts';
import { type Given, toSubject } from '../checks/cases.ts';

export const toKeySubject = (given: Given = {}): KeySubject => {
  const { key, ...subject } = toSubject(given);
  if (!key) throw new Error('a cluster without a key');
  return { ...subject, key };
};
