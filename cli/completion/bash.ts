/** Completion for bash 4 and newer. */
import { toCase } from './case.ts';
import type { CommandWords, Value } from './words.ts';

const toChoice = (words: string): string => `COMPREPLY=($(compgen -W '${words}' -- "$current"))`;

const toReply = (value: Value): string => {
  switch (value.kind) {
    case 'words':
      return toChoice(value.words.join(' '));
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
    ${toChoice(`${names} help --help --version`)}
    return
  fi
  case \${COMP_WORDS[1]} in
    help) ${toChoice(names)} ;;
${commands.map((command) => toCase(command, { toReply, toChoice })).join('')}  esac
}
complete -F _keyward keyward
`;
};
