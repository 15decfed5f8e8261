/** `keyward completion SHELL`: what makes a shell complete keyward's words. */
import { UsageError } from '../../shared/runtime/errors.ts';
import type { Command } from '../command.ts';
import { toBashScript } from '../completion/bash.ts';
import { toFishScript } from '../completion/fish.ts';
import { commandWords, shells } from '../completion/words.ts';
import { toZshScript } from '../completion/zsh.ts';

const scripts = { bash: toBashScript, zsh: toZshScript, fish: toFishScript };

export const completion: Command = async ({ operands: [name = ''] }) => {
  const shell = shells.find((known) => known === name);
  if (!shell)
    throw new UsageError('UNKNOWN_SHELL', `there is no completion for ${JSON.stringify(name)}`, {
      hint: `There is one for ${shells.join(', ')}.`,
    });
  return { text: [scripts[shell](commandWords)], exitCode: 0 };
};
