/** Completion for zsh, once compinit has run. */
import { type CommandWords, toSpellings, type Value } from './words.ts';

const toReply = (value: Value): string => {
  switch (value.kind) {
    case 'words':
      return `compadd -- ${value.words.join(' ')}`;
    case 'list':
      return `compset -P '*,'; compadd -- ${value.words.join(' ')}`;
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
    case 'text':
      return ':';
  }
};

const toNames = ({ options }: CommandWords): string => options.flatMap(toSpellings).join(' ');

const toCase = (command: CommandWords): string => {
  const { name, options, operand } = command;
  const valued = options.flatMap((option) =>
    option.value ? `        ${toSpellings(option).join('|')}) ${toReply(option.value)}; return ;;\n` : [],
  );
  return `    ${name})
      case $option in
${valued.join('')}      esac
      if [[ $current == -* ]]; then
        compadd -- ${toNames(command)}
      else
        ${operand ? toReply(operand) : ':'}
      fi
      ;;
`;
};

const toDescribed = ({ name, description }: CommandWords): string =>
  `'${name}:${description.replaceAll("'", "'\\''")}'`;

/** Takes the command line's words; gives the script to source. */
export const toZshScript = (commands: readonly CommandWords[]): string => `#compdef keyward
_keyward() {
  local current=$words[CURRENT] option=$words[CURRENT-1]
  local -a commands=(${commands.map(toDescribed).join(' ')})
  if ((CURRENT == 2)); then
    _describe command commands
    compadd -- help --help --version
    return
  fi
  if [[ $current == --*=* ]]; then
    option=\${current%%=*}
    compset -P 1 '*='
    current=$PREFIX
  fi
  case $words[2] in
    help) _describe command commands ;;
${commands.map(toCase).join('')}  esac
}
compdef _keyward keyward
`;
