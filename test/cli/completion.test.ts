import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/arguments.ts';
import { checkIds } from '../../cli/check-ids.ts';
import { toBashScript } from '../../cli/completion/bash.ts';
import { toFishScript } from '../../cli/completion/fish.ts';
import { commandWords, shells } from '../../cli/completion/words.ts';
import { toZshScript } from '../../cli/completion/zsh.ts';
import { bareEnvironment, makeFolder, startKeyward } from './start-keyward.ts';

const hasShell = (name: string) => spawnSync(name, ['-c', 'true']).status === 0;

/** Asked of every shell: what is typed, and what must be among what it offers, and what must not. */
const questions: [string, string[], string[]][] = [
  ['keyward pl', ['plan'], ['scan']],
  ['keyward scan --form', ['--format'], ['--fail-on']],
  ['keyward scan --format js', ['json', 'jsonl'], ['sarif']],
  ['keyward scan --format=sa', ['sarif'], ['json']],
  ['keyward who shop --format ', ['table', 'json'], ['csv']],
  ['keyward lint deploy --format g', ['github'], ['json']],
  ['keyward scan --fail-on ', ['critical', 'low'], ['key-rotates']],
  ['keyward scan --checks key-rotates,key-is-us', ['key-rotates,key-is-usable'], ['key-is-in-use']],
  ['keyward explain key-rot', ['key-rotates'], ['key-is-usable']],
  ['keyward completion ', [...shells], ['--verbose']],
  ['keyward plan --k', ['--key'], ['--kubeconfig']],
  ['keyward help wh', ['who'], ['plan']],
  ['keyward check evid', ['evidence.jsonl'], ['key-rotates']],
  ['keyward report evidence.jsonl --output evid', ['evidence.jsonl'], []],
  ['keyward report evidence.jsonl -o evid', ['evidence.jsonl'], []],
];

const inFolder = (script: string) => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'script'), script);
  writeFileSync(join(folder, 'evidence.jsonl'), '');
  return { cwd: folder, env: { ...bareEnvironment, HOME: folder, TERM: 'dumb' }, encoding: 'utf8' } as const;
};

const askBash = (line: string): string[] => {
  // As readline does, which takes = apart too.
  const words = line.split(/(=)|\s+/).filter((word) => word !== undefined);
  const driver = `source ./script
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }
    _keyward; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const offered = execFileSync(
    'bash',
    ['-c', driver, 'bash', ...words],
    inFolder(toBashScript(commandWords)),
  );
  return offered.trim().split('\n');
};

const askFish = (line: string): string[] => {
  const driver = 'source ./script; complete -C $argv[1]';
  const offered = execFileSync('fish', ['-c', driver, line], inFolder(toFishScript(commandWords)));
  return offered
    .trim()
    .split('\n')
    .map((told) => told.replace(/\t.*/, '').replace(/^--\w+=/, ''));
};

/** What stands on the line, and is listed below it, once the tab key was pressed. */
const askZsh = (line: string): string[] => {
  const driver = `zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z "PS1=; fpath=($fpath); autoload -U compinit; compinit -u -D; source ./script; unsetopt beep list_ambiguous; echo rea''dy"
    while zpty -r z told; do [[ $told == *ready* ]] && break; done
    zpty -n -w z "$1"$'\\t'; sleep 1
    while zpty -rt z told; do print -r -- "$told"; done
    zpty -d z`;
  const shown = execFileSync('zsh', ['-f', '-c', driver, 'zsh', line], inFolder(toZshScript(commandWords)));
  return shown.split(/[^\w=,.-]+/).map((told) => told.replace(/^--\w+=/, ''));
};

const scripts = { bash: toBashScript, zsh: toZshScript, fish: toFishScript };
const asking = { bash: askBash, zsh: askZsh, fish: askFish };

describe.each(shells)('Completion in %s', (shell) => {
  describe.skipIf(!hasShell(shell))('where it is installed', () => {
    it.each(questions)('of %j', (line, expected, unexpected) => {
      const offered = asking[shell](line);
      expect(offered).toEqual(expect.arrayContaining(expected));
      expect(offered.filter((word) => unexpected.includes(word))).toEqual([]);
    });
  });

  it('is printed by the program', async () => {
    const { stdout, stderr, status } = await startKeyward(['completion', shell]).ended;
    expect({ stdout, stderr, status }).toEqual({
      stdout: scripts[shell](commandWords),
      stderr: '',
      status: 0,
    });
  });
});

describe('The words of completion', () => {
  it('hold every command and option, each command with what help says of it', () => {
    expect(commandWords.map(({ name }) => name)).toEqual(Object.keys(commands));
    expect(commandWords.filter(({ description }) => description === '')).toEqual([]);
    for (const { name, options } of commandWords)
      expect(options.map((option) => option.name)).toEqual([...commands[name].options]);
  });

  it('hold no check that there is not', () => {
    const [explain] = commandWords.filter(({ name }) => name === 'explain');
    expect(explain?.operand).toEqual({ kind: 'words', words: checkIds });
  });

  // A format that a command refuses is wrong usage, and says so before anything else.
  describe.each(commandWords.filter(({ name }) => name !== 'demo' && name !== 'checks'))(
    '$name',
    ({ name, options, operand }) => {
      const format = options.find((option) => option.name === 'format')?.value;
      const words = format && 'words' in format ? format.words : [];
      it.runIf(words.length > 0)(
        'offers formats that it takes',
        async () => {
          for (const word of words) {
            const { stderr } = await startKeyward([name, ...(operand ? ['nothing'] : []), '--format', word])
              .ended;
            expect(stderr).not.toMatch(/--format/);
          }
        },
        60_000,
      );
    },
  );

  it('is wrong usage for a shell that there is not', async () => {
    const { stderr, status } = await startKeyward(['completion', 'tcsh']).ended;
    expect(stderr).toMatch(/There is one for bash, zsh, fish/);
    expect(status).toBe(64);
  });
});
