import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { Request } from '../../shared/policy/decide.ts';
import { toIdentityContext } from '../../shared/policy/identity-context.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import type { RawPolicies } from './iam-generators.ts';
import { toDocument } from './iam-parse.ts';

/** What another simulator says of the same request and documents; it knows no grants. */
export async function askOracle(request: Request, raw: RawPolicies): Promise<'allowed' | 'denied'> {
  const context = { ...toIdentityContext(request.principal), ...request.context };
  const simulation: Simulation = {
    request: {
      principal: toPrincipalText(request.principal),
      action: request.action,
      resource: { resource: request.resource, accountId: request.resource.split(':')[4] ?? '' },
      contextVariables: Object.fromEntries(
        Object.entries(context).map(([key, values]) => [
          key,
          values.length === 1 ? (values[0] ?? '') : values,
        ]),
      ),
    },
    identityPolicies: raw.identity.map((statements, index) => ({
      name: `identity-${index}`,
      policy: toDocument(statements),
    })),
    serviceControlPolicies: raw.serviceControl.map((statements, index) => ({
      orgIdentifier: `level-${index}`,
      policies: [{ name: `level-${index}`, policy: toDocument(statements) }],
    })),
    resourceControlPolicies:
      raw.resourceControl.length === 0
        ? []
        : [
            {
              orgIdentifier: 'root',
              policies: [{ name: 'perimeter', policy: toDocument(raw.resourceControl) }],
            },
          ],
    resourcePolicy: toDocument(raw.keyPolicy),
    permissionBoundaryPolicies:
      raw.boundary === null ? undefined : [{ name: 'boundary', policy: toDocument(raw.boundary) }],
  };
  const result = await runSimulation(simulation, { simulationMode: 'Strict' });
  if (result.resultType === 'error') {
    throw new Error(JSON.stringify(result.errors));
  }
  return result.overallResult === 'Allowed' ? 'allowed' : 'denied';
}

function toPrincipalText(principal: Principal): string {
  switch (principal.kind) {
    case 'service':
      return principal.service;
    case 'role-session':
    case 'role':
    case 'user':
    case 'account-root':
      return principal.arn;
    case 'federated':
    case 'anonymous':
      throw new Error(`the oracle is not asked about ${principal.kind}`);
  }
}
