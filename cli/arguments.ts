/** The command line, parsed strictly: an option that is not known, not of the command, or given twice is an error. */
import { parseArgs } from 'node:util';
import { UsageError } from '../shared/runtime/errors.ts';
import { toNearestName } from '../shared/runtime/nearest-name.ts';

export const options = {
  profile: { type: 'string' },
  regions: { type: 'string' },
  accounts: { type: 'string' },
  organization: { type: 'boolean' },
  'role-name': { type: 'string' },
  clusters: { type: 'string' },
  checks: { type: 'string' },
  since: { type: 'string' },
  trail: { type: 'string' },
  logs: { type: 'string' },
  'audit-log': { type: 'string' },
  'audit-budget-gb': { type: 'string' },
  timeline: { type: 'boolean' },
  kubernetes: { type: 'boolean' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string' },
  'no-metadata': { type: 'boolean' },
  config: { type: 'string' },
  gentle: { type: 'boolean' },
  'save-evidence': { type: 'string' },
  format: { type: 'string', multiple: true },
  output: { type: 'string', short: 'o' },
  baseline: { type: 'string' },
  'fail-on': { type: 'string' },
  strict: { type: 'boolean' },
  can: { type: 'string' },
  action: { type: 'string' },
  'key-policy': { type: 'string' },
  secret: { type: 'string' },
  key: { type: 'string' },
  'public-key': { type: 'string' },
  from: { type: 'string' },
  quiet: { type: 'boolean' },
  verbose: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type OptionName = keyof typeof options;

const reporting = ['format', 'quiet', 'verbose', 'no-color', 'help'] as const;
const judging = ['checks', 'config', 'baseline', 'fail-on', 'strict', ...reporting] as const;

const targets = ['profile', 'regions', 'accounts', 'organization', 'role-name', 'gentle'] as const;

const events = ['since', 'trail', 'logs'] as const;

const reads = ['audit-log', 'audit-budget-gb'] as const;

const inside = ['kubernetes', 'kubeconfig', 'context', 'no-metadata'] as const;

export const commands = {
  scan: {
    operands: [],
    options: [...targets, ...events, ...reads, ...inside, 'clusters', 'save-evidence', ...judging],
  },
  demo: { operands: [], options: ['clusters', 'checks', 'config', 'save-evidence', ...reporting] },
  check: { operands: ['FILE'], options: judging },
  secrets: {
    operands: [],
    options: [
      'kubeconfig',
      'context',
      'namespace',
      'no-metadata',
      'audit-log',
      'since',
      'save-evidence',
      ...judging,
    ],
  },
  lint: { operands: ['PATH…'], options: judging },
  who: {
    operands: ['CLUSTER'],
    options: [
      ...targets,
      ...events,
      ...reads,
      ...inside,
      'can',
      'action',
      'key-policy',
      'secret',
      'timeline',
      'config',
      ...reporting,
    ],
  },
  plan: { operands: ['CLUSTER'], options: [...targets, 'key', 'config', ...reporting] },
  learn: {
    operands: ['CLUSTER'],
    options: [...targets, ...events, ...reads, 'config', 'quiet', 'verbose', 'no-color', 'help'],
  },
  report: { operands: ['FILE'], options: ['output', 'quiet', 'verbose', 'no-color', 'help'] },
  verify: { operands: ['PLACE'], options: ['profile', 'public-key', 'from', ...reporting] },
  checks: { operands: [], options: ['format', 'verbose', 'no-color', 'help'] },
  explain: { operands: ['CHECK'], options: ['verbose', 'no-color', 'help'] },
  completion: { operands: ['SHELL'], options: ['verbose', 'help'] },
} as const satisfies Record<string, { operands: readonly string[]; options: readonly OptionName[] }>;

export type CommandName = keyof typeof commands;
export type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

export interface ParsedArguments {
  command: CommandName;
  values: Values;
  /** As many as the command's operands, or more where they end in `…`; fewer only with --help. */
  operands: string[];
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

/** Takes what was typed as a command; gives its name. Throws UsageError with the nearest one. */
export const parseCommand = (name: string): CommandName => {
  if (isCommand(name)) return name;
  const what = name.startsWith('-') ? 'option' : 'command';
  throw new UsageError('UNKNOWN_COMMAND', `there is no ${what} ${name}`, {
    hint: toHint(name, [...Object.keys(commands), 'help', '--help', '--version'], 'keyward --help'),
  });
};

/** Takes a command and the words behind it; gives its options and operands. Throws UsageError. */
export const parseArguments = (command: CommandName, words: string[]): ParsedArguments => {
  const allowed: readonly string[] = commands[command].options;
  const expected: readonly string[] = commands[command].operands;
  const help = `keyward ${command} --help`;
  const { tokens } = parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!allowed.includes(token.name)) {
      const names = allowed.map((name) => `--${name}`);
      throw new UsageError('UNKNOWN_OPTION', `keyward ${command} has no option ${token.rawName}`, {
        hint: toHint(token.rawName, names, help),
      });
    }
    if (seen.has(token.name) && token.name !== 'format')
      throw new UsageError('REPEATED_OPTION', `--${token.name} is given twice`, { hint: `See ${help}.` });
    seen.add(token.name);
  }
  const { values, positionals } = parseStrictly(words, help);
  const isOpenEnded = expected.at(-1)?.endsWith('…') === true;
  const isFit = isOpenEnded ? positionals.length >= expected.length : positionals.length === expected.length;
  if (!values.help && !isFit) {
    const surplus = positionals[expected.length];
    const message = surplus
      ? `keyward ${command} does not expect ${JSON.stringify(surplus)}`
      : `keyward ${command} needs ${expected[positionals.length]?.replace('…', '')}`;
    throw new UsageError('WRONG_OPERANDS', message, { hint: `See ${help}.` });
  }
  if (values.quiet && values.verbose)
    throw new UsageError('CONTRADICTION', '--quiet and --verbose exclude each other');
  return { command, values, operands: positionals };
};

const parseStrictly = (args: string[], help: string) => {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // What is left for Node to find is a value that lacks or is too many; its first line says so.
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UsageError('WRONG_OPTION', message.replace(/\.$/, ''), { hint: `See ${help}.` });
  }
};

const toHint = (name: string, known: readonly string[], help: string) => {
  const nearest = toNearestName(name, known);
  return nearest ? `Did you mean ${nearest}? See ${help}.` : `See ${help}.`;
};
