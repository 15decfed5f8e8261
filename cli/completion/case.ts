/** One command's branch of the case on commands: bash and zsh write it alike. */
import { type CommandWords, toSpellings, type Value } from './words.ts';

/** How a shell is told what it may offer: a value, and words to choose from. */
interface Replies {
  toReply: (value: Value) => string;
  toChoice: (words: string) => string;
}

/** Takes a command and how its shell is told; gives the branch. */
export const toCase = ({ name, options, operand }: CommandWords, { toReply, toChoice }: Replies): string => {
  const valued = options.flatMap((option) =>
    option.value ? `        ${toSpellings(option).join('|')}) ${toReply(option.value)}; return ;;\n` : [],
  );
  return `    ${name})
      case $option in
${valued.join('')}      esac
      if [[ $current == -* ]]; then
        ${toChoice(options.flatMap(toSpellings).join(' '))}
      else
        ${operand ? toReply(operand) : ':'}
      fi
      ;;
`;
};
