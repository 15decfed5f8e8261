/** Completion for zsh, once compinit has run. */
import { toCase } from './case.ts';
import type { CommandWords, Value } from './words.ts';

const toChoice = (words: string): string => `compadd -- ${words}`;

const toReply = (value: Value): string => {
  switch (value.kind) {
    case 'words':
      return toChoice(value.words.join(' '));
    case 'list':
      return `compset -P '*,'; ${toChoice(value.words.join(' '))}`;
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
    case 'text':
      return ':';
  }
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
    ${toChoice('help --help --version')}
    return
  fi
  if [[ $current == --*=* ]]; then
    option=\${current%%=*}
    compset -P 1 '*='
    current=$PREFIX
  fi
  case $words[2] in
    help) _describe command commands ;;
${commands.map((command) => toCase(command, { toReply, toChoice })).join('')}  esac
}
compdef _keyward keyward
`;
