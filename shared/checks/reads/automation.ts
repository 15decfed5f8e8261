/** Whether programs alone can be a role, by its trust policy: names of roles prove nothing. */
import type { IamInventory } from '../../evidence/iam.ts';
import { toPrincipalName } from '../../evidence/principal-arn.ts';
import { type Assumer, toAssumers } from '../../policy/trust-policy.ts';

/**
 * Providers that tell who a program is, never who a person is: pods of EKS, jobs of GitHub, an enterprise's own issuer
 * included, GitLab, Bitbucket, CircleCI and Buildkite, runs of HCP Terraform.
 * https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
 * https://docs.github.com/en/actions/concepts/security/openid-connect
 */
const ofPrograms =
  /:oidc-provider\/(oidc\.eks\.[^/]+\/id\/|token\.actions\.githubusercontent\.com(\/[^/]+)?$|gitlab\.com$|api\.bitbucket\.org\/2\.0\/workspaces\/[^/]+\/pipelines-config\/|oidc\.circleci\.com\/org\/|agent\.buildkite\.com$|app\.terraform\.io$)/;

/** Takes a principal and the IAM of an account; false, too, for a role that is not in it. */
export const isAutomation = (principal: string, inventory: IamInventory): boolean => {
  const roles = ofInventories.get(inventory) ?? indexRoles(inventory);
  ofInventories.set(inventory, roles);
  return roles.get(principal)?.() ?? false;
};

/** A busy cluster has thousands of tallies: each trust policy is understood once, and only if it is asked for. */
const ofInventories = new WeakMap<IamInventory, Map<string, () => boolean>>();

const indexRoles = ({ roles }: IamInventory): Map<string, () => boolean> => {
  const index = new Map<string, () => boolean>();
  for (const { Arn, AssumeRolePolicyDocument } of roles) {
    const name = toPrincipalName(Arn);
    let known: boolean | undefined;
    index.set(name, () => {
      if (known !== undefined) return known;
      // Roles that can only become each other are nobody's.
      known = false;
      // A role that may become itself again lets in nobody else.
      const isOther = ({ principal }: Assumer) => toPrincipalName(principal) !== name;
      const assumers = (toAssumers(AssumeRolePolicyDocument) ?? []).filter(isOther);
      known = assumers.length > 0 && assumers.every((assumer) => isProgram(assumer, index));
      return known;
    });
  }
  return index;
};

const isProgram = ({ kind, principal }: Assumer, index: ReadonlyMap<string, () => boolean>): boolean =>
  kind === 'service' ||
  (kind === 'federated' && ofPrograms.test(principal)) ||
  (kind === 'principal' && index.get(toPrincipalName(principal))?.() === true);
