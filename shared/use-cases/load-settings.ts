import { posix } from 'node:path';
import { type Settings, settings } from '../evidence/settings.ts';
import { parseConfig } from '../runtime/config.ts';
import { ConfigError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';

/** Where the configuration of the service lies. */
export interface ConfigPlace {
  kind: 'object' | 'parameter';
  name: string;
}

/** Takes the names that the service was deployed with, empty where there is none. Throws ConfigError where both are given. */
export const toConfigPlace = (object: string, parameter: string): ConfigPlace | undefined => {
  if (object !== '' && parameter !== '')
    throw new ConfigError(
      'CONFIG_TWICE',
      `The configuration is to be both the object ${object} and the parameter ${parameter}`,
      { hint: 'Deploy with one of configObject and configParameter.' },
    );
  if (object !== '') return { kind: 'object', name: object };
  return parameter === '' ? undefined : { kind: 'parameter', name: parameter };
};

/**
 * The settings of the service: the configuration that lies in the store or in a parameter, or the defaults where none is
 * named. Throws ConfigError where it is missing, can't be read or has mistakes.
 */
export const loadSettings = async (
  store: Pick<Store, 'get'>,
  readParameter: (name: string) => Promise<string>,
  place: ConfigPlace | undefined,
  checkIds: readonly string[],
): Promise<Settings> => {
  if (!place) return settings.parse({});
  const { kind, name } = place;
  const readObject = async (object: string): Promise<string> => {
    const stored = await store.get(object);
    if (stored) return stored.body;
    throw new ConfigError('CONFIG_MISSING', `There is no object ${object} in the runs bucket`, {
      hint: 'Put it there, or deploy without a name for it.',
    });
  };
  if (kind === 'object')
    return parseConfig(await readObject(name), name, checkIds, (beside) =>
      readObject(posix.join(posix.dirname(name), beside)),
    );
  return parseConfig(await readParameter(name), name, checkIds, async (beside) => {
    throw new ConfigError(
      'CONFIG_INVALID',
      `there is no file ${beside} beside a parameter; list the accounts`,
    );
  });
};
