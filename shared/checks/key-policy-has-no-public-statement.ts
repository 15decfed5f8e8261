/**
 * Claims that no statement of the key policy lets a stranger of any AWS account, or a service acting for one, use the
 * key or decide by grants who may. Each failure carries a concrete request that the whole policy, its Deny statements included,
 * allows. Does not claim that anybody made it, nor judge callers whom the policy names.
 */
import { getGap, isKnown } from '../evidence/fact.ts';
import { getDecidingKeys } from '../policy/condition-keys.ts';
import { crossAccountActions } from '../policy/kms-actions.ts';
import { parsePolicy } from '../policy/policy-document.ts';
import { toStatementId } from '../policy/statement-id.ts';
import { findWitness } from '../policy/witness.ts';
import { toWitnessJson, type WitnessJson } from '../policy/witness-json.ts';
import { defineCheck } from './check.ts';

interface Opening {
  key: string;
  statement: string;
  witness: WitnessJson;
}

export const keyPolicyHasNoPublicStatement = defineCheck({
  id: 'key-policy-has-no-public-statement',
  kind: 'state',
  link: 3,
  scope: 'family',
  subject: 'statement',
  facts: ['key.policy', 'key.aliases', 'organization'],
  title: 'No statement of the key policy is open to strangers',
  rationale:
    'A key that anybody in any AWS account may use, or grant on, seals nothing. Conditions help only where they bind the caller: kms:ViaService alone does not, since a stranger calls through the same service in an account of their own.',
  remediation: {
    text: 'Name the principals, or bind the statement with StringEquals on aws:PrincipalOrgID or aws:PrincipalAccount. Try the new policy before you put it.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html',
  ],
  frameworks: {
    'NIST 800-53': ['AC-6', 'SC-12'],
    'PCI DSS 4': ['3.6'],
    Prowler: ['kms_key_not_publicly_accessible'],
  },
  outcomes: {
    open: {
      severity: 'critical',
      message: ({ key, statement, witness }: Opening) =>
        `Statement ${statement} of the policy of ${key} lets anyone, from any AWS account, call ${witness.action}.`,
    },
    openToServices: {
      severity: 'high',
      message: ({ key, statement, witness }: Opening) =>
        `Statement ${statement} of the policy of ${key} lets AWS services, acting for any account, call ${witness.action}.`,
    },
  },
  pass: 'No statement of the key policy lets a stranger use the key or decide over its grants.',
  *evaluate({ read, peek, key }, settings) {
    const keyPolicy = parsePolicy(read('key.policy'));
    const aliases = peek('key.aliases');
    // Of a list that is known in part nobody can tell which alias the key does not have.
    const aliasGap = getGap(aliases);
    const organization = peek('organization');
    const organizationId =
      settings.organizationId ?? (isKnown(organization) ? organization.value.id : undefined);
    const told = new Set<string>();
    for (const statement of keyPolicy.statements.filter(({ effect }) => effect === 'Allow')) {
      const id = toStatementId(keyPolicy, statement);
      // Statements that say the same have the same id, and one finding.
      if (told.has(id)) continue;
      told.add(id);
      const result = findWitness(
        {
          actions: crossAccountActions,
          zone: { kind: 'anyone', organizationId },
          statement: statement.index,
          keyArn: key.arn,
          knownContext: isKnown(aliases) && !aliasGap ? { 'kms:ResourceAliases': aliases.value } : {},
        },
        { keyPolicy },
      );
      if ('none' in result) continue;
      if ('undecided' in result)
        yield { unknown: 'unsupported', detail: `statement ${id}: ${result.undecided}` };
      else if (aliasGap && getDecidingKeys(keyPolicy, statement).includes('kms:resourcealiases'))
        yield { unknown: aliasGap.unknown, detail: `statement ${id} hangs on aliases: ${aliasGap.detail}` };
      else
        yield {
          // Callers of accounts are tried first: where a service is found, no stranger gets in directly.
          outcome: result.found.principal.kind === 'service' ? 'openToServices' : 'open',
          subject: id,
          evidence: { key: key.arn, statement: id, witness: toWitnessJson(result.found) },
        };
    }
  },
});
