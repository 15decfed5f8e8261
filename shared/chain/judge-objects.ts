/** What can be said of a night by its objects. */
import type { Night } from './document.ts';
import type { Fault } from './judge.ts';

/** How long objects are kept, and whether the first of them may have gone by now. */
export interface Age {
  retentionDays: number;
  isOver: boolean;
}

type Told = Omit<NonNullable<Night['objects']>, 'expired'>;

/** The bucket's own rule deletes what is old enough; what is gone before, somebody has deleted. */
export const toGone = (what: string, { retentionDays, isOver }: Age): Fault =>
  isOver
    ? { status: 'expired', reason: `${what} gone, after ${retentionDays} days` }
    : { status: 'missing', reason: `${what} gone before the ${retentionDays} days that it is kept` };

/** Takes what became of each listed object; gives it as it is told, and what is wrong with it. */
export const toObjectFaults = (told: Told, age: Age): { told: Night['objects']; faults: Fault[] } => {
  const { altered, missing, added, unreadable } = told;
  const toFaults = (names: readonly string[], toFault: (objects: string) => Fault): Fault[] =>
    names.length === 0 ? [] : [toFault(names.length === 1 ? '1 object' : `${names.length} objects`)];
  const are = (names: readonly string[]) => (names.length === 1 ? 'is' : 'are');
  const faults = [
    ...toFaults(altered, (objects) => ({
      status: 'altered',
      reason: `${objects} ${are(altered)} not what was signed`,
    })),
    ...toFaults(added, (objects) => ({ status: 'altered', reason: `${objects} came afterwards` })),
    ...toFaults(missing, (objects) => toGone(`${objects} ${are(missing)}`, age)),
    ...toFaults(unreadable, (objects) => ({ status: 'unreadable', reason: `${objects} could not be read` })),
  ];
  return {
    told: {
      ...told,
      expired: age.isOver ? missing.length : 0,
      missing: age.isOver ? [] : missing.sort(),
      altered: altered.sort(),
      unreadable: unreadable.sort(),
    },
    faults,
  };
};
