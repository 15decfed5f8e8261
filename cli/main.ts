/** The command line: parse → run → report → exit code. Nothing below this file prints or exits. */
import { type CommandName, parseArguments, parseCommand } from './arguments.ts';
import type { Answer, Command, ExitCode } from './command.ts';

// Loaded when named: help must not wait for the AWS SDK.
const commands: Record<CommandName, () => Promise<Command>> = {
  scan: async () => (await import('./commands/scan.ts')).scan,
  demo: async () => (await import('./commands/demo.ts')).demo,
  check: async () => (await import('./commands/check.ts')).check,
  secrets: async () => (await import('./commands/secrets.ts')).secrets,
  lint: async () => (await import('./commands/lint.ts')).lint,
  who: async () => (await import('./commands/who.ts')).who,
  plan: async () => (await import('./commands/plan.ts')).plan,
  learn: async () => (await import('./commands/learn.ts')).learn,
  report: async () => (await import('./commands/report.ts')).report,
  verify: async () => (await import('./commands/verify.ts')).verify,
  checks: async () => (await import('./commands/checks.ts')).checks,
  explain: async () => (await import('./commands/explain.ts')).explain,
  completion: async () => (await import('./commands/completion.ts')).completion,
};

const answer = async (words: string[], signal: AbortSignal): Promise<Answer> => {
  const [name = '--help', ...rest] = words;
  if (name === '--version') {
    const { version } = await import('../shared/runtime/version.ts');
    return { text: [`${version}\n`], exitCode: 0 };
  }
  const isHelp = name === 'help' || name === '--help' || name === '-h';
  const command = isHelp ? rest[0] && parseCommand(rest[0]) : parseCommand(name);
  const parsed = command && !isHelp ? parseArguments(command, rest) : undefined;
  if (!parsed || parsed.values.help) {
    const { commandHelp, overview } = await import('./help.ts');
    return { text: [command ? commandHelp[command] : overview], exitCode: 0 };
  }
  const run = await commands[parsed.command]();
  const { env, stdout, stderr } = process;
  return run(parsed, { env, folder: process.cwd(), signal, stdout, stderr });
};

/** Writes as fast as the reader takes it; one that went away (`| head`) has what it wanted. */
const print = async (text: Answer['text']): Promise<void> => {
  const [{ pipeline }, { Readable }, { gather }] = await Promise.all([
    import('node:stream/promises'),
    import('node:stream'),
    import('./output.ts'),
  ]);
  try {
    await pipeline(Readable.from(gather(text)), process.stdout, { end: false });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && 'syscall' in cause)) throw cause;
    if (cause.code === 'EPIPE') return;
    const { KeywardError } = await import('../shared/runtime/errors.ts');
    throw new KeywardError('OUTPUT_FAILED', 'standard output could not be written', { cause });
  }
};

/** Whether an error only says that Ctrl-C came before there was anything to tell. */
const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || isAbort(error.cause));

const main = async (words: string[], signal: AbortSignal): Promise<ExitCode> => {
  try {
    const { text, notice, exitCode } = await answer(words, signal);
    await print(text);
    if (notice) process.stderr.write(`${notice}\n`);
    return exitCode;
  } catch (error) {
    if (signal.aborted && isAbort(error)) {
      process.stderr.write('keyward: interrupted before anything was read\n');
      return 2;
    }
    const { toErrorCode, toErrorText } = await import('./error-text.ts');
    process.stderr.write(toErrorText(error, words.includes('--verbose')));
    return toErrorCode(error);
  }
};

const interruption = new AbortController();
const endingSignals = ['SIGINT', 'SIGTERM'] as const;

/** Ends the process whatever still waits. Node waits for its threads even so: from here on a signal does its default. */
const endNow = (exitCode: number): never => {
  for (const name of endingSignals) process.removeAllListeners(name);
  process.exit(exitCode);
};

for (const name of endingSignals)
  process.on(name, () => {
    if (interruption.signal.aborted) endNow(130);
    process.stderr.write('keyward: finishing with what is known; interrupt again to end at once\n');
    interruption.abort();
  });
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
process.exitCode = await main(process.argv.slice(2), interruption.signal);
// A retry or a sign-in that an interrupted run left waiting must not keep it alive.
if (interruption.signal.aborted) endNow(process.exitCode);
