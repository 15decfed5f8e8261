/** Another implementation's answers: iam-simulate, used by tests alone (its licence is AGPL). */
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';
import type { Request } from '../../shared/policy/decide.ts';
import { toIdentityContext } from '../../shared/policy/identity-context.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { keyAccountId } from './policies.ts';

const everything = {
  name: 'everything',
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
};

function toOraclePrincipal(principal: Principal) {
  switch (principal.kind) {
    case 'anonymous':
      return anonymousPrincipal;
    case 'service':
      return principal.service;
    case 'federated':
      return principal.provider;
    case 'role-session':
    case 'role':
    case 'user':
    case 'account-root':
      return principal.arn;
  }
}

/** Whether the oracle lets a request in, with no IAM policy at all or with one that allows everything. */
export async function isAllowedByOracle(
  request: Request,
  policy: object,
  hasIdentityPolicy: boolean,
): Promise<boolean> {
  const { principal, action, resource } = request;
  const context = { ...toIdentityContext(principal), ...request.context };
  const isIam = !['service', 'anonymous', 'federated'].includes(principal.kind);
  const answer = await runSimulation(
    {
      request: {
        principal: toOraclePrincipal(principal),
        action,
        resource: { resource, accountId: keyAccountId },
        contextVariables: Object.fromEntries(
          Object.entries(context).map(([key, values]) => [key, toOracleValue(key, values)]),
        ),
      },
      identityPolicies: hasIdentityPolicy && isIam ? [everything] : [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: policy,
    },
    {},
  );
  if (answer.resultType === 'error') {
    throw new Error(JSON.stringify(answer.errors));
  }
  return answer.overallResult === 'Allowed';
}

const listKeys = /orgpaths$|calledvia$|tagkeys$|nameslist$|encryptioncontextkeys$/i;

function toOracleValue(key: string, values: string[]): string | string[] {
  return listKeys.test(key) ? values : (values[0] ?? '');
}
