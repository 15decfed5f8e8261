/** Whether a trail keeps the events of a Region that tell who opened what a key of KMS had sealed, or why it does not. */
import type { TimeWindow } from '../evidence/events.ts';
import { isKnown, type Unknown } from '../evidence/fact.ts';
import type { Trail, TrailSelectors } from '../evidence/trail.ts';

export type Coverage = { keeps: true; isValidated: boolean } | { keeps: false; why: string } | Unknown;

/**
 * What has to be kept: calls that open. CloudTrail counts Encrypt and Decrypt among the calls that only read.
 * https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
 */
const openings = ['Decrypt', 'ReEncrypt'].map(
  (eventName): Record<string, string> => ({
    eventCategory: 'Management',
    eventSource: 'kms.amazonaws.com',
    eventType: 'AwsApiCall',
    readOnly: 'true',
    eventName,
  }),
);

/** Takes a trail as it shows in a Region, and that Region; gives what it keeps of the use of keys there. */
export const toCoverage = (trail: Trail, region: string): Coverage => {
  if (!trail.IsMultiRegionTrail && trail.HomeRegion !== region)
    return { keeps: false, why: `records ${trail.HomeRegion ?? 'another Region'} alone` };
  const { status, selectors } = trail;
  if (isKnown(status) && !status.value.IsLogging) return { keeps: false, why: 'is not logging' };
  if (isKnown(status) && status.value.LatestDeliveryError)
    return { keeps: false, why: `does not deliver its files (${status.value.LatestDeliveryError})` };
  const lack = isKnown(selectors) ? findLack(selectors.value) : undefined;
  if (lack) return { keeps: false, why: lack };
  if (!isKnown(status)) return status;
  if (!isKnown(selectors)) return selectors;
  return { keeps: true, isValidated: trail.LogFileValidationEnabled === true };
};

/**
 * Takes the trails that show in a Region; gives the time in which none logged of those that may keep the use of keys
 * now, as far as the last stop of each tells. One that was stopped for minutes leaves no hour without a file.
 */
export const toStop = (trails: readonly Trail[], region: string): TimeWindow | undefined => {
  const keeping = trails.filter((trail) => {
    const coverage = toCoverage(trail, region);
    return !('keeps' in coverage) || coverage.keeps;
  });
  const stops = keeping.flatMap(({ status }) => {
    const { StopLoggingTime: from, StartLoggingTime: to } = isKnown(status) ? status.value : {};
    return from !== undefined && to !== undefined ? { from, to } : [];
  });
  const from = stops
    .map((stop) => stop.from)
    .sort()
    .at(-1);
  const [to] = stops.map((stop) => stop.to).sort();
  const isShared = stops.length === keeping.length && from !== undefined && to !== undefined && from < to;
  return isShared ? { from, to } : undefined;
};

/** Why selectors drop what has to be kept; undefined where they keep it. */
const findLack = ({
  EventSelectors: basic = [],
  AdvancedEventSelectors: advanced = [],
}: TrailSelectors): string | undefined => {
  if (advanced.length > 0)
    return openings.every((event) => advanced.some(({ FieldSelectors }) => isSelected(event, FieldSelectors)))
      ? undefined
      : 'has advanced event selectors that drop events of KMS';
  // Without selectors a trail keeps all management events:
  // https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
  if (basic.length === 0) return undefined;
  const managing = basic.filter((selector) => selector.IncludeManagementEvents !== false);
  if (managing.length === 0) return 'keeps no management events';
  const reading = managing.filter(({ ReadWriteType }) => ReadWriteType !== 'WriteOnly');
  if (reading.length === 0) return 'keeps write events alone, and Decrypt is a read event';
  const isKept = reading.some(
    ({ ExcludeManagementEventSources: excluded = [] }) => !excluded.includes('kms.amazonaws.com'),
  );
  return isKept ? undefined : 'excludes the events of KMS';
};

type FieldSelectors = NonNullable<TrailSelectors['AdvancedEventSelectors']>[number]['FieldSelectors'];

/** Whether a selector takes the event in whoever made it: a field that tells who may leave somebody out. */
const isSelected = (event: Record<string, string>, selectors: FieldSelectors): boolean =>
  selectors.every((selector) => {
    const value = event[selector.Field];
    if (value === undefined) return false;
    const { Equals = [], StartsWith = [], EndsWith = [] } = selector;
    const { NotEquals = [], NotStartsWith = [], NotEndsWith = [] } = selector;
    const isNamed =
      Equals.includes(value) ||
      StartsWith.some((start) => value.startsWith(start)) ||
      EndsWith.some((end) => value.endsWith(end));
    const isExcluded =
      NotEquals.includes(value) ||
      NotStartsWith.some((start) => value.startsWith(start)) ||
      NotEndsWith.some((end) => value.endsWith(end));
    const isOpen = Equals.length + StartsWith.length + EndsWith.length === 0;
    return (isNamed || isOpen) && !isExcluded;
  });
