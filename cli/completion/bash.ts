/** Completion for bash 4 and newer. */
import { type CommandWords, toSpellings, type Value } from './words.ts';

const toReply = (value: Value): string => {
  switch (value.kind) {
    case 'words':
      return `COMPREPLY=($(compgen -W '${value.words.join(' ')}' -- "$current"))`;
    case 'list':
      return `COMPREPLY=($(compgen -P "$before" -W '${value.words.join(' ')}' -- "\${current##*,}"))`;
    case 'files':
      return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))';
    case 'folders':
      return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$current"))';
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
        COMPREPLY=($(compgen -W '${toNames(command)}' -- "$current"))
      else
        ${operand ? toReply(operand) : ':'}
      fi
      ;;
`;
};

/** Takes the command line's words; gives the script to source. */
export const toBashScript = (commands: readonly CommandWords[]): string => {
  const names = commands.map(({ name }) => name).join(' ');
  return `# keyward completion bash
_keyward() {
  local current=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD-1]} before=''
  # Bash takes --format=json apart at its equals sign.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $option == '=' ]]; then
    option=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  [[ $current == *,* ]] && before="\${current%,*},"
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${names} help --help --version' -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
    help) COMPREPLY=($(compgen -W '${names}' -- "$current")) ;;
${commands.map(toCase).join('')}  esac
}
complete -F _keyward keyward
`;
};
