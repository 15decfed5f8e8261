/** Systems Manager: the parameters of an account and Region. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
import { GetParameter$, type GetParameterCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../aws-error.ts';
import type { Call, Service } from '../service.ts';
import { awsJson } from '../wire/aws-json.ts';

const getParameter = ({ Name = '' }: GetParameterCommandInput, { caller, region, world }: Call) => {
  const parameter = world.parameters.get(`${caller.account}/${region}${Name}`);
  // AWS says nothing else of it, not even its name.
  if (parameter === undefined) throw new AwsError('ParameterNotFound', '');
  return { Parameter: { Name, Version: 1, ...parameter } };
};

export const ssm: Service = {
  name: 'ssm',
  namespace: 'com.amazonaws.ssm',
  protocol: awsJson('AmazonSSM'),
  operations: [{ schema: GetParameter$, answer: getParameter }],
};
