/** The configuration as a parameter of Systems Manager, for who keeps settings there. */
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { ConfigError } from '../runtime/errors.ts';

/**
 * The text of a parameter. It holds at most 4 KB, or 8 KB in the advanced tier:
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html.
 * Throws ConfigError where there is none, it may not be read, or it is no plain text.
 */
export const readConfigParameter = async (name: string, client = new SSMClient({})): Promise<string> => {
  const { Parameter } = await client
    .send(new GetParameterCommand({ Name: name }))
    .catch((error: unknown) => throwConfigError(name, error));
  if (Parameter?.Type !== 'String' || Parameter.Value === undefined)
    throw new ConfigError('CONFIG_UNREADABLE', `The parameter ${name} is of the type ${Parameter?.Type}`, {
      hint: 'Make it a String: a configuration holds no secret.',
    });
  return Parameter.Value;
};

const throwConfigError = (name: string, cause: unknown): never => {
  if (cause instanceof ParameterNotFound)
    throw new ConfigError('CONFIG_MISSING', `There is no parameter ${name} in this account and Region`, {
      hint: 'Put it there, or deploy without a name for it.',
      cause,
    });
  if (cause instanceof Error && cause.name.startsWith('AccessDenied'))
    throw new ConfigError('CONFIG_UNREADABLE', `The parameter ${name} may not be read: ${cause.message}`, {
      cause,
    });
  throw cause;
};
