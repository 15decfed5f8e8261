/** Events in the words of a finding. */
import { parseArn } from '../../evidence/arn.ts';
import type { Actor } from '../../evidence/events.ts';

/** Names enough for one sentence; the evidence has them all. */
const mostInWords = 3;

/** KMS tells a key's account of a foreign caller nothing but the account. */
export const toCallerWords = ({ principal, kind }: Pick<Actor, 'principal' | 'kind'>): string =>
  kind === 'account' ? `somebody of account ${parseArn(principal)?.account ?? principal}` : principal;

export const toTimes = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** `2026-11-21T02:10:00.000Z` as people write it. */
export const toMoment = (time: string): string =>
  `${time.slice(0, 10)} ${time.slice(11, 16) || '00:00'} UTC`.trim();

export const toSpan = (first: string, last: string): string =>
  toMoment(first) === toMoment(last)
    ? `at ${toMoment(first)}`
    : `between ${toMoment(first)} and ${toMoment(last)}`;

export const toList = (names: readonly string[]): string =>
  names.length > mostInWords
    ? `${names.slice(0, mostInWords).join(', ')} and ${names.length - mostInWords} more`
    : names.join(', ');

/** Where a call came from, where that is told. */
export const toSourceWords = (sources: readonly string[]): string => {
  const told = sources.filter((source) => source !== '');
  return told.length > 0 ? `, from ${toList(told)}` : '';
};

/** What the AWS CLI shows of an event, for 90 days: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html */
export const toLookUpCommand = (keyArn: string, event: string | undefined): string =>
  `aws cloudtrail lookup-events --region ${parseArn(keyArn)?.region} --lookup-attributes AttributeKey=EventId,AttributeValue=${event}`;
