import { describe, expect, it } from 'vitest';
import { commands, parseArguments, parseCommand } from '../../cli/arguments.ts';
import { checkIds } from '../../cli/check-ids.ts';
import { commandHelp, overview } from '../../cli/help.ts';
import { parseChecks, parseFailOn } from '../../cli/options.ts';
import { formatsOfManifests, formats as formatsOfScans } from '../../cli/report.ts';
import { parseTargets } from '../../cli/target-options.ts';

/** The words that keyward is given in each example, whatever a shell does around it. */
const toExamples = (help: string): string[][] =>
  (help.split('\nExamples:\n')[1] ?? '')
    .split('\n')
    .flatMap((line) => /\bkeyward ([^|>)]*)/.exec(line)?.[1] ?? [])
    .map((command) =>
      [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? ''),
    );

const pages = Object.entries({ ...commandHelp, '': overview });
const examples = pages.flatMap(([command, help]) =>
  toExamples(help).map((words) => [command, words] as const),
);

describe('Help', () => {
  it.each(pages)('of keyward %s fits 80 columns', (_, help) => {
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it.each(Object.keys(commands))('of keyward %s has two examples or more', (command) => {
    expect(examples.filter(([page]) => page === command).length).toBeGreaterThanOrEqual(2);
  });

  it.each(examples)('of keyward %s shows %j, which is right usage', (_, [name = '', ...words]) => {
    const { values } = parseArguments(parseCommand(name), words);
    parseTargets(values);
    parseChecks(values, checkIds);
    parseFailOn(values);
    const known = new Set([...formatsOfScans.keys(), ...formatsOfManifests.keys()]);
    for (const format of values.format ?? []) expect(known).toContain(format.split('=')[0]);
  });

  it.each(Object.entries(commands))('of keyward %s names each of its options', (name, { options }) => {
    const help = commandHelp[parseCommand(name)];
    for (const option of options) expect(help).toMatch(new RegExp(`--${option}\\b`));
  });
});
