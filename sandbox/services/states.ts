/** Step Functions: notes what was to be started. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
import { StartExecution$, type StartExecutionCommandInput } from '@aws-sdk/client-sfn';
import { AwsError } from '../aws-error.ts';
import type { Call, Service } from '../service.ts';
import { awsJson } from '../wire/aws-json.ts';

const startExecution = (input: StartExecutionCommandInput, { world }: Call) => {
  const { stateMachineArn = '', name = '', input: text = '{}' } = input;
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const known = world.executions.get(executionArn);
  if (known !== undefined && known !== text)
    throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
  world.executions.set(executionArn, text);
  return { executionArn, startDate: new Date() };
};

export const states: Service = {
  name: 'states',
  namespace: 'com.amazonaws.sfn',
  protocol: awsJson('AWSStepFunctions'),
  operations: [{ schema: StartExecution$, answer: startExecution }],
};
