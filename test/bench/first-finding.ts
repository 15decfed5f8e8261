/** A scan that tells, in milliseconds since its process began, when the findings of the first account were there. */
import { checks } from '../../shared/checks/index.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import type { Store } from '../../shared/store/store.ts';
import { scan } from '../../shared/use-cases/scan.ts';
import { memberRole } from './fleet.ts';

const memory = createMemoryStore();
let firstFindingMilliseconds: number | undefined;
const store: Store = {
  ...memory,
  put: (name, body, condition) => {
    if (name.includes('/findings/')) firstFindingMilliseconds ??= performance.now();
    return memory.put(name, body, condition);
  },
};
await scan(store, checks, {
  accounts: 'organization',
  regions: 'all',
  roleName: memberRole,
  settings: settings.parse({}),
  isGentle: false,
  signal: new AbortController().signal,
});
process.stdout.write(JSON.stringify({ firstFindingMilliseconds }));
