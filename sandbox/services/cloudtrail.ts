/** CloudTrail: the event history of the last 90 days, and trails. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference */
import {
  DescribeTrails$,
  type DescribeTrailsRequest,
  type DescribeTrailsResponse,
  GetEventSelectors$,
  type GetEventSelectorsRequest,
  type GetEventSelectorsResponse,
  GetTrailStatus$,
  type GetTrailStatusRequest,
  type GetTrailStatusResponse,
  LookupEvents$,
} from '@aws-sdk/client-cloudtrail';
import type { Call, Service } from '../service.ts';
import { awsJson } from '../wire/aws-json.ts';
import { lookupEvents } from './cloudtrail-lookup.ts';
import { findTrail, listTrails, refuseTrail, requireOwnTrail } from './cloudtrail-trails.ts';

const describeTrails = (input: DescribeTrailsRequest, call: Call): DescribeTrailsResponse => {
  const { trailNameList: names = [], includeShadowTrails = true } = input;
  const trails = listTrails(call).filter(
    ({ Name, TrailARN, HomeRegion }) =>
      (includeShadowTrails || HomeRegion === call.region) &&
      (names.length === 0 || names.includes(TrailARN) || names.includes(Name)),
  );
  return { trailList: trails.map(({ status: _, selectors: __, reaches: ___, ...trail }) => trail) };
};

/** A shadow trail's status is told where it is asked by its ARN. */
const getTrailStatus = ({ Name = '' }: GetTrailStatusRequest, call: Call): GetTrailStatusResponse => {
  const trail = findTrail(Name, call);
  if (trail.HomeRegion !== call.region && !Name.startsWith('arn:')) throw refuseTrail(Name, call);
  return trail.status;
};

const getEventSelectors = (
  { TrailName = '' }: GetEventSelectorsRequest,
  call: Call,
): GetEventSelectorsResponse => {
  const trail = findTrail(TrailName, call);
  requireOwnTrail(trail, call);
  return { TrailARN: trail.TrailARN, ...trail.selectors };
};

export const cloudtrail: Service = {
  name: 'cloudtrail',
  namespace: 'com.amazonaws.cloudtrail',
  protocol: awsJson('CloudTrail_20131101'),
  operations: [
    { schema: LookupEvents$, answer: lookupEvents },
    { schema: DescribeTrails$, answer: describeTrails },
    { schema: GetTrailStatus$, answer: getTrailStatus },
    { schema: GetEventSelectors$, answer: getEventSelectors },
  ],
};
