/** Who has a power, sorted into those to be told one by one, those who are let in with everybody, and the rest. */
import { toPrincipalName } from '../../evidence/principal-arn.ts';
import { isForEverybody, toConditionWords } from '../../policy/held-in-words.ts';
import type { Held, Holding } from '../../policy/holding.ts';
import { toUnreadRefs } from '../../policy/policies.ts';

/** Names enough to go and look; more would drown the finding. */
const mostNames = 20;

export interface Named {
  count: number;
  principals: string[];
}

/** Who has the power too, and does not fail: the groups, and those who have it only under conditions. */
export interface Others {
  administrators: Named;
  awsServices: Named;
  conditional: Named & { conditions: Record<string, string[]> };
}

/** Somebody who has a power by a plain call, and the request that shows it. */
export interface PlainHolder {
  name: string;
  holding: Pick<Holding<string>, 'account' | 'kind' | 'holder'>;
  held: Held & { witness: NonNullable<Held['witness']> };
}

interface Tally {
  single: PlainHolder[];
  /** Let in by statements for whoever there is, the first of them shown. */
  everybody: (Named & { first: PlainHolder }) | null;
  others: Others;
  /** Of whom nobody can tell: what gives them the power could not be read, or is too much to weigh. With its names. */
  unsettled: string[];
}

/** Takes who holds what, a principal perhaps more than once; gives each once, by the strongest that he has. */
export const tally = <Name extends string>(
  holdings: readonly Holding<Name>[],
  powers: readonly Name[],
): Tally => {
  const strongest = new Map<string, { holding: Holding<Name>; power: Name; isPlain: boolean }>();
  for (const holding of holdings)
    for (const power of powers) {
      const held = holding.powers[power];
      const name = toPrincipalName(holding.principal);
      const known = strongest.get(name);
      const isPlain = held?.power === 'yes';
      if (held && (!known || (isPlain && !known.isPlain))) strongest.set(name, { holding, power, isPlain });
    }
  const having = [...strongest].map(([name, one]) => ({ name, ...one }));
  const ungrouped = having.filter(({ holding }) => holding.group === null);
  const plain: PlainHolder[] = [];
  const unsettled: string[] = [];
  for (const { name, holding, power, isPlain } of ungrouped) {
    if (!isPlain && (holding.holder === null || holding.powers[power]?.isShown)) continue;
    const held = holding.show(power);
    if (isPlain && held?.witness) plain.push({ name, holding, held: { ...held, witness: held.witness } });
    else {
      const unread = held ? toUnreadRefs(held.policies) : [];
      unsettled.push(unread.length > 0 ? `${name} by ${unread.join(', ')}` : name);
    }
  }
  const open = plain.filter(({ held }) => isForEverybody(held));
  const [first] = open;
  const ofGroup = (group: Holding<Name>['group']) =>
    toNamed(having.flatMap(({ name, holding }) => (holding.group === group ? name : [])));
  const conditional = ungrouped.filter(({ isPlain }) => !isPlain);
  return {
    unsettled,
    single: plain.filter((one) => !open.includes(one)),
    everybody: first ? { ...toNamed(open.map(({ name }) => name)), first } : null,
    others: {
      administrators: ofGroup('administrators'),
      awsServices: ofGroup('aws-services'),
      conditional: {
        ...toNamed(conditional.map(({ name }) => name)),
        conditions: Object.fromEntries(
          conditional.slice(0, mostNames).map(({ name, holding, power }) => {
            const held = holding.show(power);
            return [name, held ? toConditionWords(held) : []];
          }),
        ),
      },
    },
  };
};

const toNamed = (names: string[]): Named => ({ count: names.length, principals: names.slice(0, mostNames) });

/** What a check says of those of whom nobody can tell. */
export const toUnsettled = (unsettled: string[], power: string) => ({
  unknown: 'failed' as const,
  detail: `whether ${toNames(toNamed(unsettled))} may ${power} hangs on policies that could not be read or weighed`,
});

export const toNames = ({ count, principals }: Named): string =>
  count > principals.length
    ? `${principals.join(', ')} and ${count - principals.length} more`
    : principals.join(', ');
