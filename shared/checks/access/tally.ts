/** Who has a power, sorted into those to be told one by one, those who are let in with everybody, and the rest. */
import { toPrincipalName } from '../../evidence/principal-arn.ts';
import { isForEverybody, toConditionWords } from '../../policy/held-in-words.ts';
import type { Held, Holding } from '../../policy/key-holders.ts';

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
  holding: Holding<string>;
  held: Held & { witness: NonNullable<Held['witness']> };
}

interface Tally {
  single: PlainHolder[];
  /** Let in by statements for whoever there is, the first of them shown. */
  everybody: (Named & { first: PlainHolder }) | null;
  others: Others;
  /** Of whom nobody can tell: what gives them the power could not be read, or is too much to weigh. */
  unsettled: string[];
}

/** Takes who holds what, a principal perhaps more than once; gives each once, by the strongest that he has. */
export const tally = <Name extends string>(
  holdings: readonly Holding<Name>[],
  powers: readonly Name[],
): Tally => {
  const strongest = new Map<string, { holding: Holding<Name>; held: Held }>();
  for (const holding of holdings)
    for (const power of powers) {
      const held: Held | undefined = holding.powers[power];
      const name = toPrincipalName(holding.principal);
      const known = strongest.get(name)?.held.power;
      if (held && (!known || (known === 'conditional' && held.power === 'yes')))
        strongest.set(name, { holding, held });
    }
  const having = [...strongest].map(([name, one]) => ({ name, ...one }));
  const ungrouped = having.filter(({ holding }) => holding.group === null);
  const plain = ungrouped.flatMap(({ name, holding, held: { power, witness, policies } }) =>
    power === 'yes' && witness ? { name, holding, held: { power, witness, policies } } : [],
  );
  const open = plain.filter(({ held }) => isForEverybody(held));
  const [first] = open;
  const ofGroup = (group: Holding<Name>['group']) =>
    toNamed(having.flatMap(({ name, holding }) => (holding.group === group ? name : [])));
  const conditional = ungrouped.filter(({ held }) => held.power === 'conditional');
  return {
    unsettled: conditional.flatMap(({ name, holding, held }) =>
      holding.holder !== null && held.witness === null ? name : [],
    ),
    single: plain.filter((one) => !open.includes(one)),
    everybody: first ? { ...toNamed(open.map(({ name }) => name)), first } : null,
    others: {
      administrators: ofGroup('administrators'),
      awsServices: ofGroup('aws-services'),
      conditional: {
        ...toNamed(conditional.map(({ name }) => name)),
        conditions: Object.fromEntries(
          conditional.slice(0, mostNames).map(({ name, held }) => [name, toConditionWords(held)]),
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
