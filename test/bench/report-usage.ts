/** Loaded before what is measured (`--import`): tells its peak memory on file descriptor 3. */
import { writeSync } from 'node:fs';

process.on('exit', () => {
  writeSync(3, JSON.stringify({ peakMegabytes: process.resourceUsage().maxRSS / 1024 }));
});
