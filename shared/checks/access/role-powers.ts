/** What one role may do with the key, in the session that a pod gets of it. */

import type { IamInventory, IamRole } from '../../evidence/iam.ts';
import { toPrincipalName } from '../../evidence/principal-arn.ts';
import { toGiving } from '../../policy/held-in-words.ts';
import type { Asked, Held, KeyQuestion } from '../../policy/holding.ts';
import { findHoldings } from '../../policy/key-holders.ts';
import { toWitnessJson, type WitnessJson } from '../../policy/witness-json.ts';

export interface Use<Name extends string> {
  power: Name;
  action: string;
  by: string[];
  witness: WitnessJson;
}

export interface RoleUses<Name extends string> {
  uses: Use<Name>[];
  /** Powers of which nobody can tell. */
  unsettled: Name[];
}

/** How the session differs from the role itself. */
export interface PodSession {
  tags: Record<string, string>;
  /** A session policy: both it and the role's own must allow. */
  policy?: string;
}

/** A name that no policy of an account has. */
const sessionPolicyArn = 'session-policy';

/** By plain calls alone, as link 3 has it. */
export const findRoleUses = <Name extends string>(
  question: KeyQuestion,
  asked: Asked<Name>,
  role: IamRole,
  { tags, policy }: PodSession,
): RoleUses<Name> => {
  const tagged = {
    ...role,
    Tags: [
      ...role.Tags.filter(({ Key }) => !(Key in tags)),
      ...Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    ],
  };
  const own = askAboutOne(question, asked, tagged, []);
  if (policy === undefined) return own;
  // A session policy takes away what it does not allow, as a boundary does.
  const bound = askAboutOne(
    question,
    asked,
    { ...tagged, PermissionsBoundary: { PermissionsBoundaryArn: sessionPolicyArn } },
    [{ Arn: sessionPolicyArn, Document: policy }],
  );
  const isLeft = (power: Name) =>
    bound.uses.some((use) => use.power === power) || bound.unsettled.includes(power);
  return {
    uses: own.uses.filter(({ power }) => isLeft(power) && !bound.unsettled.includes(power)),
    unsettled: [
      ...own.unsettled.filter(isLeft),
      ...bound.unsettled.filter((power) => own.uses.some((use) => use.power === power)),
    ],
  };
};

const askAboutOne = <Name extends string>(
  question: KeyQuestion,
  asked: Asked<Name>,
  role: IamRole,
  more: IamInventory['policies'],
): RoleUses<Name> => {
  const result: RoleUses<Name> = { uses: [], unsettled: [] };
  const accounts = question.accounts
    .filter(({ account }) => account === role.Arn.split(':')[4])
    .map((one) => ({
      ...one,
      inventory: {
        ...one.inventory,
        users: [],
        roles: [role],
        policies: [...one.inventory.policies, ...more],
      },
    }));
  for (const holding of findHoldings({ ...question, accounts }, asked)) {
    if (holding.holder === null || toPrincipalName(holding.principal) !== toPrincipalName(role.Arn)) continue;
    for (const power in holding.powers) {
      const told = holding.powers[power];
      if (!told || (told.power !== 'yes' && told.isShown)) continue;
      const held = holding.show(power);
      if (told.power === 'yes' && held?.witness) result.uses.push(toUse(power, held, held.witness));
      else result.unsettled.push(power);
    }
  }
  return result;
};

const toUse = <Name extends string>(
  power: Name,
  held: Held,
  request: NonNullable<Held['witness']>,
): Use<Name> => {
  const witness = toWitnessJson(request);
  return { power, action: witness.action, by: toGiving(held), witness };
};
