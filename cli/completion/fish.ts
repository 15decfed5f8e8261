/** Completion for fish. */
import type { CommandWords, Value } from './words.ts';

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const toValue = (value: Value): string => {
  switch (value.kind) {
    case 'words':
      return `-x -a ${quote(value.words.join(' '))}`;
    case 'list':
      // What stands before the last comma is kept in front of each word.
      return `-x -a ${quote(`(commandline -ct | string match -r '^(?:.*=)?\\K.*,' | read -l before; printf '%s\\n' $before{${value.words.join(',')}${value.words.length === 1 ? ',' : ''}})`)}`;
    case 'files':
      return '-r -F';
    case 'folders':
      return "-x -a '(__fish_complete_directories)'";
    case 'text':
      return '-x';
  }
};

const toLines = ({ name, description, options, operand }: CommandWords): string[] => {
  const within = `-n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
  const toOperand = (value: Value) =>
    value.kind === 'files'
      ? `complete -c keyward ${within} -F`
      : value.kind === 'words'
        ? `complete -c keyward ${within} -a ${quote(value.words.join(' '))}`
        : [];
  return [
    `complete -c keyward -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
    ...options.map(({ name: option, short, value }) =>
      ['complete -c keyward', within, `-l ${option}`, short ? `-s ${short}` : [], value ? toValue(value) : []]
        .flat()
        .join(' '),
    ),
    ...(operand ? [toOperand(operand)].flat() : []),
  ];
};

/** Takes the command line's words; gives the script to put among fish's completions. */
export const toFishScript = (commands: readonly CommandWords[]): string => {
  const names = commands.map(({ name }) => name).join(' ');
  return [
    '# keyward completion fish',
    'complete -c keyward -f',
    'complete -c keyward -n __fish_use_subcommand -l version',
    'complete -c keyward -n __fish_use_subcommand -l help',
    `complete -c keyward -n __fish_use_subcommand -a help -d ${quote('What keyward says of itself, or of a command')}`,
    `complete -c keyward -n ${quote('__fish_seen_subcommand_from help')} -a ${quote(names)}`,
    ...commands.flatMap(toLines),
    '',
  ].join('\n');
};
