/** What can stand where on the command line, for shells: all of it read off the program's own tables. */
import { severities } from '../../shared/evidence/settings.ts';
import { type CommandName, commands, type OptionName, options } from '../arguments.ts';
import { checkIds } from '../check-ids.ts';
import { overview } from '../help.ts';
import { documentFormats } from '../options.ts';
import { formats, formatsOfManifests, formatsWithoutAccount } from '../report.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** What may follow an option, or be an operand; `list`: several, with commas between. */
export type Value =
  | { kind: 'words' | 'list'; words: readonly string[] }
  | { kind: 'files' | 'folders' | 'text' };

export interface CommandWords {
  name: CommandName;
  /** As `keyward help` has it. */
  description: string;
  options: { name: OptionName; short?: string; value: Value | null }[];
  operand: Value | null;
}

const files = { kind: 'files' } as const;
const text = { kind: 'text' } as const;

/** Options whose values a shell can tell; the others' are names of somebody's own. */
const values: Partial<Record<OptionName, Value>> = {
  regions: { kind: 'list', words: ['all'] },
  checks: { kind: 'list', words: checkIds },
  'fail-on': { kind: 'words', words: severities },
  config: files,
  baseline: files,
  kubeconfig: files,
  'audit-log': files,
  'key-policy': files,
  'public-key': files,
  'save-evidence': files,
  output: files,
  logs: { kind: 'folders' },
};

/** Of commands whose findings have no account, or a line. */
const formatsOf: Partial<Record<CommandName, ReadonlyMap<string, unknown>>> = {
  lint: formatsOfManifests,
  secrets: formatsWithoutAccount,
};

const toFormats = (command: CommandName): readonly string[] => {
  const own = formatsOf[command];
  if (own) return [...own.keys()];
  // Who writes findings takes --fail-on or evidence; the others give one document.
  const taken: readonly string[] = commands[command].options;
  const isOfFindings = taken.includes('fail-on') || taken.includes('save-evidence');
  return isOfFindings ? [...formats.keys()] : documentFormats;
};

const operands: Record<string, Value> = {
  CHECK: { kind: 'words', words: checkIds },
  SHELL: { kind: 'words', words: shells },
  FILE: files,
  'PATH…': files,
  PLACE: { kind: 'folders' },
};

const toOption = (command: CommandName, name: OptionName): CommandWords['options'][number] => {
  const { type, ...more } = options[name];
  const short = 'short' in more ? { short: more.short } : {};
  if (type === 'boolean') return { name, ...short, value: null };
  const value = name === 'format' ? { kind: 'words' as const, words: toFormats(command) } : values[name];
  return { name, ...short, value: value ?? text };
};

/** Each spelling of an option, as it is typed. */
export const toSpellings = ({ name, short }: CommandWords['options'][number]): string[] => [
  `--${name}`,
  ...(short ? [`-${short}`] : []),
];

/** The line of the overview about a command, or the one below it where its name is long. */
const toDescription = (command: CommandName): string =>
  new RegExp(`^  ${command}(?: [A-Z…]+)?\\s{2,}(\\S.*)$`, 'm').exec(overview)?.[1] ?? '';

export const commandWords: readonly CommandWords[] = Object.keys(commands)
  .filter((name): name is CommandName => Object.hasOwn(commands, name))
  .map((name) => {
    const [operand] = commands[name].operands;
    return {
      name,
      description: toDescription(name),
      options: commands[name].options.map((option) => toOption(name, option)),
      operand: operand === undefined ? null : (operands[operand] ?? text),
    };
  });
