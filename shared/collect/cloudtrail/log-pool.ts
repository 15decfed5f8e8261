/** Threads that read files side by side, and what they tell, in the files' own order. */
import * as nodeModule from 'node:module';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parentPort, Worker } from 'node:worker_threads';
import type { LogBytes } from './log-bytes.ts';

/** What a thread tells of a file: some of it, or the last of it. */
interface Told<Part> {
  file: number;
  part: Part;
  isLast: boolean;
}

/** Reads a file; may tell parts of it before the last, which it gives. */
export type ReadFile<Part> = (bytes: LogBytes, tell: (part: Part) => void) => Promise<Part>;

/** Reads one file after the other. */
const createQueue = <Part>(read: ReadFile<Part>, tell: (told: Told<Part>) => void) => {
  let before: Promise<void> = Promise.resolve();
  return (file: number, bytes: LogBytes): Promise<void> => {
    before = before.then(async () => {
      const part = await read(bytes, (some) => tell({ file, part: some, isLast: false }));
      tell({ file, part, isLast: true });
    });
    return before;
  };
};

/** In a thread: answers each file that it is sent. */
export const serveFiles = <Part>(read: ReadFile<Part>): void => {
  const add = createQueue(read, (told) => parentPort?.postMessage(told));
  parentPort?.on('message', ({ file, bytes }: { file: number; bytes: LogBytes }) => add(file, bytes));
};

export interface PoolOptions<File, Part, Taken> {
  /** So many threads read. This one is one of them: alone it needs no other, and each costs thirty megabytes. */
  threads: number;
  read: ReadFile<Part>;
  /** What runs in each other thread: a module that calls `serveFiles`. */
  worker: URL;
  workerData: unknown;
  /** So many files are fetched, read, or wait for an earlier one, at once. */
  filesAtOnce: number;
  signal: AbortSignal;
  fetch: (file: File) => Promise<LogBytes>;
  /** As soon as a thread tells it: what is kept of it until the file's turn comes. */
  take: (part: Part, thread: number) => Taken;
  onTaken: (file: File, taken: Taken) => void;
  /** The file could not be fetched. */
  onFailure: (file: File, error: unknown) => void;
  onDone: (file: File) => void;
}

/** Reads all files. Stops with the signal's reason, or with what a thread threw. */
export const readFiles = async <File, Part, Taken>(
  files: AsyncIterable<File> | Iterable<File>,
  options: PoolOptions<File, Part, Taken>,
): Promise<void> => {
  const { threads, filesAtOnce, signal } = options;
  const inOrder = createOrder(options);
  const onTold = (thread: number, { file, part, isLast }: Told<Part>) => {
    inOrder.add(file, options.take(part, thread));
    if (!isLast) return;
    load[thread] = (load[thread] ?? 1) - 1;
    inOrder.end(file);
  };
  // Node.js 22.0 has none yet, and could not even import it by name.
  const compiled = nodeModule.getCompileCacheDir?.();
  // What Node compiled for one of them it need not compile for another.
  const env = { ...process.env, ...(compiled ? { NODE_COMPILE_CACHE: dirname(compiled) } : {}) };
  const workers = Array.from({ length: threads - 1 }, (_, thread) => {
    const worker = new Worker(options.worker, { workerData: options.workerData, env });
    worker.on('error', inOrder.fail);
    worker.on('message', (told: Told<Part>) => onTold(thread, told));
    return worker;
  });
  const addOwn = createQueue<Part>(
    async (bytes, tell) => {
      // What else waits has its turn between one file and the next.
      await setImmediate();
      signal.throwIfAborted();
      return options.read(bytes, tell);
    },
    (told) => onTold(workers.length, told),
  );
  const load = Array.from({ length: threads }, () => 0);
  const interrupt = () => inOrder.fail(signal.reason);
  signal.addEventListener('abort', interrupt, { once: true });

  const send = async (number: number, file: File) => {
    try {
      const bytes = await options.fetch(file);
      const thread = load.indexOf(Math.min(...load));
      load[thread] = (load[thread] ?? 0) + 1;
      const worker = workers[thread];
      if (worker) post(worker, number, bytes);
      else addOwn(number, bytes).catch(inOrder.fail);
    } catch (error) {
      options.onFailure(file, error);
      inOrder.end(number);
    }
  };

  try {
    signal.throwIfAborted();
    let number = 0;
    for await (const file of files) {
      inOrder.begin(number, file);
      void send(number, file);
      number += 1;
      signal.throwIfAborted();
      await inOrder.untilFewerThan(filesAtOnce);
    }
    await inOrder.untilFewerThan(1);
  } finally {
    signal.removeEventListener('abort', interrupt);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
};

/** A file's bytes move to the thread; only what stands in memory with others is copied. */
const post = (worker: Worker, file: number, bytes: LogBytes): void => {
  if (!(bytes instanceof Uint8Array)) {
    worker.postMessage({ file, bytes }, [bytes]);
    return;
  }
  const { buffer } = bytes;
  const isAlone = bytes.byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  const own = isAlone ? buffer : new Uint8Array(bytes).buffer;
  worker.postMessage({ file, bytes: new Uint8Array(own) }, [own]);
};

/** Files that were begun and are not over, and what was told of those whose turn has not come. */
const createOrder = <File, Part, Taken>({ onTaken, onDone }: PoolOptions<File, Part, Taken>) => {
  const open = new Map<number, { file: File; taken: Taken[]; isOver: boolean }>();
  let next = 0;
  let failure: { error: unknown } | undefined;
  let room: { limit: number; resolve: () => void; reject: (error: unknown) => void } | undefined;
  const flush = () => {
    if (failure) return;
    for (let first = open.get(next); first; first = open.get(next)) {
      for (const taken of first.taken.splice(0)) onTaken(first.file, taken);
      if (!first.isOver) break;
      onDone(first.file);
      open.delete(next);
      next += 1;
    }
    if (room && open.size < room.limit) room.resolve();
  };
  return {
    begin: (number: number, file: File) => open.set(number, { file, taken: [], isOver: false }),
    add: (number: number, taken: Taken) => {
      open.get(number)?.taken.push(taken);
      flush();
    },
    end: (number: number) => {
      const ended = open.get(number);
      if (ended) ended.isOver = true;
      flush();
    },
    /** Nothing more is awaited. */
    fail: (error: unknown) => {
      failure ??= { error };
      room?.reject(error);
    },
    untilFewerThan: async (limit: number): Promise<void> => {
      if (failure) throw failure.error;
      if (open.size < limit) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      room = { limit, resolve, reject };
      // Not raced with a promise that outlives it: that one would remember each file.
      await promise;
    },
  };
};
