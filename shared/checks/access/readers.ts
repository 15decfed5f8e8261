/** Readers of Secrets as findings and `who` tell them: by which name, in which words, and whether they are expected. */
import { isExpectedPrincipal } from '../../evidence/expected-principal.ts';
import type { Settings } from '../../evidence/settings.ts';
import type { Reader, Way } from '../../rbac/readers.ts';

/** A step as evidence holds it. */
export interface WayJson {
  identity: string;
  how: string;
  may: string[];
  by: string[];
}

export const toWaysJson = (ways: readonly Way[]): WayJson[] =>
  ways.map(({ identity, how, may, by }) => ({ identity, how, may: [...may], by: [...by] }));

/** What the sum of those who are expected is called, among the readers. */
export const expectedReaders = 'expected readers';

/** A user can have the name of a group, an IAM principal, or of what findings call the expected, and is not the same. */
export const toReaderSubject = ({ kind, identity }: Pick<Reader, 'kind' | 'identity'>): string =>
  kind === 'group' ||
  (kind === 'user' && (/^(group|user|arn):/.test(identity) || identity === expectedReaders))
    ? `${kind}:${identity}`
    : identity;

/**
 * Whether the configuration expects somebody to read Secrets: its globs are tried on the username or the group's name,
 * of an IAM principal on its ARN and its username. Whoever writes aws-auth can give any name to any role, so that
 * those of Kubernetes' own say nothing of an IAM principal.
 */
export const isExpectedReader = (
  { identity, usernames }: Pick<Reader, 'identity' | 'usernames'>,
  clusterName: string,
  { expected }: Settings,
): boolean =>
  [identity, ...usernames.filter((name) => !name.startsWith('system:'))].some((name) =>
    isExpectedPrincipal(name, clusterName, expected.secretReaders),
  );

/** The steps in words, after the first one's name. */
export const toSentence = (ways: readonly Pick<WayJson, 'identity' | 'how' | 'may' | 'by'>[]): string =>
  ways
    .map(({ identity, how, may, by }, index) => {
      const who = index === 0 ? '' : `as ${identity} it `;
      const deed = how.startsWith('through') && index === ways.length - 1 ? `reads ${how}` : toDeed(how);
      const which = may.length > 0 ? ` (${may.slice(0, mostDeeds).join(', ')})` : '';
      return `${who}${deed}${which}${by.length > 0 ? ` by ${by.join(' and ')}` : ''}`;
    })
    .join('; ');

const mostDeeds = 3;

/** A step that does not read yet leads to somebody else. */
const toDeed = (how: string): string => (how.startsWith('through') ? `goes on ${how}` : how);
