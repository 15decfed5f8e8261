/** Changes of a key that are ordinary, whoever made them: grants that come and go with resources, and what mends. */
import { isEksGrant } from '../evidence/eks-grant.ts';
import type { KeyChange } from '../evidence/events.ts';

const grantNames: ReadonlySet<string> = new Set(['CreateGrant', 'RevokeGrant', 'RetireGrant']);
/** Of all that is read as a change, these mend. */
const mendingNames: ReadonlySet<string> = new Set(['EnableKey', 'CancelKeyDeletion']);

export const isOfGrants = ({ name }: KeyChange): boolean => grantNames.has(name);
export const isMending = ({ name }: KeyChange): boolean => mendingNames.has(name);

/** A grant to EKS alone lets in nobody: EKS makes it in the name of whoever creates the cluster. */
export const isToEks = ({ grant }: KeyChange): boolean =>
  grant !== undefined && isEksGrant({ GrantId: '', ...grant });
