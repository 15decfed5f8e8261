import { posix } from 'node:path';
import { type Settings, settings } from '../evidence/settings.ts';
import { parseConfig } from '../runtime/config.ts';
import { ConfigError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';

/**
 * The settings of the service: the configuration that lies in the store under a name, or the defaults where none is
 * named. Throws ConfigError where it is missing or has mistakes.
 */
export const loadSettings = async (
  store: Store,
  name: string | undefined,
  checkIds: readonly string[],
): Promise<Settings> => {
  if (name === undefined) return settings.parse({});
  const read = async (object: string): Promise<string> => {
    const stored = await store.get(object);
    if (stored) return stored.body;
    throw new ConfigError('CONFIG_MISSING', `There is no object ${object} in the runs bucket`, {
      hint: 'Put it there, or deploy without a name for it.',
    });
  };
  return parseConfig(await read(name), name, checkIds, (beside) =>
    read(posix.join(posix.dirname(name), beside)),
  );
};
