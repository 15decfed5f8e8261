/** Whether programs alone can be a role, by its trust policy: names of roles prove nothing. */
import type { IamInventory } from '../../evidence/iam.ts';
import { toPrincipalName } from '../../evidence/principal-arn.ts';
import { toAssumers } from '../../policy/trust-policy.ts';

/**
 * Providers that tell who a program is, never who a person is: pods of EKS, jobs of GitHub and GitLab.
 * https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
 * https://docs.github.com/en/actions/concepts/security/openid-connect
 */
const ofPrograms =
  /:oidc-provider\/(oidc\.eks\.[^/]+\/id\/|token\.actions\.githubusercontent\.com$|gitlab\.com$)/;

/** Takes a principal and the IAM of an account; false, too, for a role that is not in it. */
export const isAutomation = (principal: string, inventory: IamInventory): boolean => {
  const roles = ofInventories.get(inventory) ?? indexRoles(inventory);
  ofInventories.set(inventory, roles);
  return roles.get(principal)?.() ?? false;
};

/** A busy cluster has thousands of tallies: each trust policy is understood once, and only if it is asked for. */
const ofInventories = new WeakMap<IamInventory, Map<string, () => boolean>>();

const indexRoles = ({ roles }: IamInventory): Map<string, () => boolean> =>
  new Map(
    roles.map(({ Arn, AssumeRolePolicyDocument }) => {
      let known: boolean | undefined;
      return [
        toPrincipalName(Arn),
        () => {
          known ??= isOfPrograms(AssumeRolePolicyDocument);
          return known;
        },
      ];
    }),
  );

const isOfPrograms = (trustPolicy: string): boolean => {
  const assumers = toAssumers(trustPolicy) ?? [];
  return (
    assumers.length > 0 &&
    assumers.every(
      ({ kind, principal }) => kind === 'service' || (kind === 'federated' && ofPrograms.test(principal)),
    )
  );
};
