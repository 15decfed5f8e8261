import { describe, expect, it } from 'vitest';
import { isAdministratorByEffect } from '../../shared/policy/administrator.ts';
import { decide } from '../../shared/policy/decide.ts';
import { findPower, toPower } from '../../shared/policy/power.ts';
import { callers, type PolicyCase, policyCases, toPolicies } from './case-file.ts';
import { keyArn } from './policies.ts';

describe.each(policyCases)('the cases of $subject', ({ cases }) => {
  it.each(cases.filter(({ answer }) => answer !== undefined))('$name: $answer', (given) => {
    const { answer, delegated, because, conditions, notSeen } = given;
    const told = toDecision(given);
    expect(told.effect).toBe(answer);
    if (delegated !== undefined) expect(told.delegated).toBe(delegated);
    if (because !== undefined) expect(told.because).toEqual(because);
    if (conditions !== undefined) expect(told.conditions).toEqual(conditions);
    if (notSeen !== undefined) {
      expect(told.notSeen).toEqual(given.partial ? expect.arrayContaining(notSeen) : notSeen);
    }
  });

  it.each(cases.filter(({ power }) => power !== undefined))('$name: $power', (given) => {
    const { who, actions, tags, uniqueId, organizationId, contexts, knownContext } = given;
    const policies = toPolicies(given);
    const principal = { principal: callers[who], tags, uniqueId, organizationId };
    const found = findPower(principal, actions, policies, { keyArn, contexts, knownContext });
    expect(found.power).toBe(given.power);
    expect(toPower(principal, actions, policies, { keyArn, contexts, knownContext })).toBe(given.power);
    if (found.witness !== null) expect(decide(found.witness, policies).effect).toBe('allowed');
    if (found.power === 'yes') expect(found.witness).not.toBeNull();
  });

  it.each(cases.filter(({ administrator }) => administrator !== undefined))(
    '$name: administrator $administrator',
    (given) => {
      const { identity, serviceControl } = toPolicies(given);
      expect(identity && isAdministratorByEffect(identity, serviceControl)).toBe(given.administrator);
    },
  );
});

function toDecision(given: PolicyCase) {
  const { who, action, context, open } = given;
  const request = { principal: callers[who], action, resource: keyArn, context, isClosed: !open };
  const { effect, delegated, because, notSeen } = decide(request, toPolicies(given));
  return {
    effect,
    delegated,
    because: because.map(({ effect: way, source, ref }) => `${way} ${source} ${ref}`),
    conditions: because.flatMap((reason) => reason.conditions.map(({ originalKey }) => originalKey)),
    notSeen: notSeen.map(({ source, ref, could }) =>
      [source, ...(ref === null ? [] : [ref]), 'could', could].join(' '),
    ),
  };
}
