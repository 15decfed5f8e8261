import type { Condition } from './policy.ts';
import { parseTrustPolicy } from './policy-document.ts';
import { PolicyError } from './policy-error.ts';
import { hasAction } from './statement.ts';

/** Who may become a role, by one statement of its trust policy, and what that asks of him besides. */
export type Assumer = {
  principal: string;
  kind: 'principal' | 'service' | 'federated' | 'public';
  conditions: Condition[];
};

const waysIn = ['sts:AssumeRole', 'sts:AssumeRoleWithSAML', 'sts:AssumeRoleWithWebIdentity'];

/** One hop back from a role. Null where its trust policy is not understood. Its Denies are not weighed. */
export function toAssumers(trustPolicy: string): Assumer[] | null {
  try {
    return parseTrustPolicy(trustPolicy)
      .statements.filter(
        (statement) => statement.effect === 'Allow' && waysIn.some((action) => hasAction(statement, action)),
      )
      .flatMap(({ principals, conditions }) =>
        // Whoever is not named by NotPrincipal is everybody else.
        (principals ?? [{ type: 'AWS' as const, value: '*' }]).map(({ type, value }) => ({
          principal: value,
          kind: value === '*' ? 'public' : toKind(type),
          conditions,
        })),
      );
  } catch (error) {
    if (error instanceof PolicyError) {
      return null;
    }
    throw error;
  }
}

function toKind(type: 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'): Assumer['kind'] {
  return type === 'Service' ? 'service' : type === 'Federated' ? 'federated' : 'principal';
}

// Where customers' own code runs. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html for pods.eks.
const workloadService = /^(ec2|lambda|ecs-tasks|pods\.eks)\.amazonaws\.com(\.cn)?$/;
const clusterProvider = /:oidc-provider\/oidc\.eks\.[^/]+\/id\//;

/** What runs as a role, where that is a workload: its service, or the provider of the cluster whose pods it is for. */
export function findWorkload(trustPolicy: string): string | undefined {
  return toAssumers(trustPolicy)?.find(
    ({ kind, principal }) =>
      (kind === 'service' && workloadService.test(principal)) ||
      (kind === 'federated' && clusterProvider.test(principal)),
  )?.principal;
}
