/** Where accounts stand in the organisation: the root first, each unit, the account last. */
import {
  ListParentsCommand,
  type OrganizationsClient,
  paginateListAccountsForParent,
  paginateListOrganizationalUnitsForParent,
} from '@aws-sdk/client-organizations';
import { type Fact, isKnown, toKnown } from '../../evidence/fact.ts';
import { askOnce } from '../ask-once.ts';
import { collectFact } from '../collect-fact.ts';

const childrenPerPage = 20;

/**
 * Gives a function that tells the path of one of the accounts that will be asked about. The tree is walked from its
 * root, where a request names up to 20 children, until all are found or as many requests are spent as there are
 * accounts; whoever was not found by then is asked for its parent. So few accounts in a large organisation cost their
 * own paths, and many cost its units.
 */
export const createPathAsker = (
  client: OrganizationsClient,
  root: string,
  accounts: readonly string[],
  abortSignal: AbortSignal,
): ((account: string) => Promise<Fact<string[]>>) => {
  const found = walk(client, root, accounts, abortSignal);
  const askParent = askOnce((child) =>
    collectFact(async () => {
      const { Parents } = await client.send(new ListParentsCommand({ ChildId: child }), { abortSignal });
      const parent = Parents?.[0]?.Id;
      if (!parent || parent === child)
        throw new Error(`organizations:ListParents gave no parent of ${child}`);
      return parent;
    }),
  );
  const getPath = async (target: string): Promise<Fact<string[]>> => {
    if (target === root) return toKnown([root]);
    const seen = (await found).get(target);
    const parent = seen === undefined ? await askParent(target) : toKnown(seen);
    if (!isKnown(parent)) return parent;
    const above = await getPath(parent.value);
    return isKnown(above) ? toKnown([...above.value, target]) : above;
  };
  return getPath;
};

/** The parents of the accounts and units that were met. What a refused or broken page hides is asked for singly. */
const walk = async (
  client: OrganizationsClient,
  root: string,
  accounts: readonly string[],
  abortSignal: AbortSignal,
): Promise<Map<string, string>> => {
  const parents = new Map<string, string>();
  const sought = new Set(accounts);
  const units = [root];
  let requests = 0;
  const isOver = (further = 1) => sought.size === 0 || requests + further > accounts.length;
  const list = async <Page>(pages: AsyncIterable<Page>, record: (page: Page) => void): Promise<void> => {
    for await (const page of pages) {
      requests += 1;
      record(page);
      if (isOver()) return;
    }
  };
  const config = { client, pageSize: childrenPerPage };
  try {
    for (const unit of units) {
      if (isOver(2)) break;
      const of = { ParentId: unit };
      await Promise.all([
        list(paginateListAccountsForParent(config, of, { abortSignal }), ({ Accounts = [] }) => {
          for (const { Id = '' } of Accounts) if (sought.delete(Id)) parents.set(Id, unit);
        }),
        list(
          paginateListOrganizationalUnitsForParent(config, of, { abortSignal }),
          ({ OrganizationalUnits = [] }) => {
            for (const { Id = '' } of OrganizationalUnits) {
              parents.set(Id, unit);
              units.push(Id);
            }
          },
        ),
      ]);
    }
  } catch {
    // ListParents is next, and says why if it fails as well.
  }
  return parents;
};
