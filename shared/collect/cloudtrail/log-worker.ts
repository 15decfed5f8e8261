/** A thread that reads log files for `log-pool.ts`. */
import { workerData } from 'node:worker_threads';
import { serveFiles } from './log-pool.ts';
import { createFileReader } from './log-reader.ts';

// From `log-files.ts`: a thread of this program is told nothing by anybody else.
serveFiles(createFileReader(workerData));
