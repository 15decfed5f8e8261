/** The catalogue: every check over evidence, and the one that is computed from all findings. */
import { checks } from '../shared/checks/index.ts';
import { exceptionsAreInDate } from '../shared/findings/exceptions.ts';

export const catalogue = [...checks, exceptionsAreInDate].sort((a, b) => (a.id < b.id ? -1 : 1));

export const checkIds: readonly string[] = catalogue.map(({ id }) => id);

export { checks };
