/** Which trails keep an account's events of a Region, and which events they keep. */
import {
  CloudTrailARNInvalidException,
  type CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  TrailNotFoundException,
} from '@aws-sdk/client-cloudtrail';
import { type Fact, isKnown, toKnown, toUnknown } from '../../evidence/fact.ts';
import {
  type Trail,
  type TrailSelectors,
  type TrailStatus,
  trail,
  trailSelectors,
  trailStatus,
} from '../../evidence/trail.ts';
import { collectFact, toUnknownFact } from '../collect-fact.ts';

const describedTrail = trail.omit({ status: true, selectors: true });
export type DescribedTrail = Omit<Trail, 'status' | 'selectors'>;

/** Asks the account that an organisation's trail belongs to what it keeps: no member is told. */
export type AskOwner = (trail: DescribedTrail) => Promise<Fact<TrailSelectors>>;

/**
 * Takes how to ask CloudTrail in a Region of one account, and the owner of an organisation's trail; gives a function that tells the trails that show in a
 * Region, with the shadows of other Regions' trails and of the organisation's.
 */
export const createTrailReader = (
  openClient: (region: string) => CloudTrailClient,
  askOwner: AskOwner,
  abortSignal: AbortSignal,
): ((region: string) => Promise<Fact<Trail[]>>) => {
  const clients = new Map<string, CloudTrailClient>();
  const getClient = (region: string): CloudTrailClient => {
    const client = clients.get(region) ?? openClient(region);
    clients.set(region, client);
    return client;
  };
  // A trail has one set of selectors, wherever its shadow shows.
  const selectors = new Map<string, Promise<Fact<TrailSelectors>>>();
  const readSelectors = (one: DescribedTrail, home: string) => {
    const read = async () => {
      const told = await collectSelectors(getClient(home), one, abortSignal);
      const isWithheld = one.IsOrganizationTrail && !isKnown(told) && told.unknown === 'access-denied';
      return isWithheld ? askOwner(one) : told;
    };
    const known = selectors.get(one.TrailARN) ?? read();
    selectors.set(one.TrailARN, known);
    return known;
  };

  return async (region) => {
    const described = await collectFact(async () => {
      const { trailList = [] } = await getClient(region).send(new DescribeTrailsCommand({}), { abortSignal });
      return trailList.map((entry) => describedTrail.parse(entry));
    });
    if (!isKnown(described)) return described;
    const trails = described.value.map(async (one): Promise<Trail> => {
      const { TrailARN: arn, HomeRegion: home = region } = one;
      const [status, ofTrail] = await Promise.all([
        collectStatus(getClient(region), getClient(home), arn, abortSignal),
        readSelectors(one, home),
      ]);
      return { ...one, status, selectors: ofTrail };
    });
    return toKnown(await Promise.all(trails));
  };
};

/**
 * The status is a Region's own: whether what happens there is delivered. A shadow's is told to who gives its ARN:
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html. Where a Region does not know
 * it after all, the trail's home does.
 */
const collectStatus = (
  here: CloudTrailClient,
  home: CloudTrailClient,
  arn: string,
  abortSignal: AbortSignal,
): Promise<Fact<TrailStatus>> =>
  collectFact(async () => {
    const ask = (client: CloudTrailClient) =>
      client.send(new GetTrailStatusCommand({ Name: arn }), { abortSignal });
    const answer = await ask(here).catch((error) => {
      if (error instanceof TrailNotFoundException && home !== here) return ask(home);
      throw error;
    });
    return trailStatus.parse(answer);
  });

/**
 * Only the trail's home tells them, and only to its own account. A member that asks for its organisation's is told that
 * the account in the ARN is wrong, or that there is no such trail, though it was just shown one: it may not know.
 */
export const collectSelectors = async (
  client: CloudTrailClient,
  { TrailARN: arn, IsOrganizationTrail: isOfOrganization = false }: DescribedTrail,
  abortSignal: AbortSignal,
): Promise<Fact<TrailSelectors>> => {
  try {
    const command = new GetEventSelectorsCommand({ TrailName: arn });
    return toKnown(trailSelectors.parse(await client.send(command, { abortSignal })));
  } catch (error) {
    const { unknown, detail } = toUnknownFact(error);
    const isRefused =
      error instanceof CloudTrailARNInvalidException ||
      (isOfOrganization && error instanceof TrailNotFoundException);
    return toUnknown(isRefused ? 'access-denied' : unknown, detail);
  }
};
