import { format } from 'node:util';

export type Test = { id: string; run: () => unknown };

type Body = (...row: unknown[]) => unknown;

/** As much of vitest's own module as the tests of the pure rooms import. Each test's id is `file#names`. */
export function collectTests(expect: unknown) {
  let names: string[] = [];
  let tests: Test[] = [];
  const add = (name: string, run: () => unknown) => {
    const id = [...names, name].join(' > ');
    // A table may say the same of two rows.
    tests.push({ id: tests.some((test) => test.id === id) ? `${id} (${tests.length})` : id, run });
  };
  const group = (name: string, collect: () => unknown) => {
    const outer = names;
    names = [...outer, name];
    collect();
    names = outer;
  };
  const toEach =
    (one: (name: string, run: () => unknown) => void) => (table: unknown[]) => (name: string, body: Body) => {
      for (const [index, row] of table.entries()) {
        const values = Array.isArray(row) ? row : [row];
        one(`${format(name.replaceAll(/\$(?=\w)/g, ''), ...values)} #${index}`, () => body(...values));
      }
    };
  return {
    vitest: {
      expect,
      it: Object.assign(add, { each: toEach(add) }),
      describe: Object.assign(group, { each: toEach(group) }),
    },
    of(file: string, load: () => void): Test[] {
      names = [];
      tests = [];
      load();
      return tests.map(({ id, run }) => ({ id: `${file}#${id}`, run }));
    },
  };
}
