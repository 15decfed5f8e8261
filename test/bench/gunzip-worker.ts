/** The baseline of `logs.ts` in a thread. */
import { serveFiles } from '../../shared/collect/cloudtrail/log-pool.ts';
import { inflate } from './inflate.ts';

serveFiles(inflate);
