import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

export interface StartedScan {
  /** False where an execution of that name is there already, whatever became of it. */
  isNew: boolean;
}

/**
 * Starts an execution of the state machine under a name. AWS answers to the same name and input as if it were new
 * while it runs, and with ExecutionAlreadyExists for 90 days after: both are as good as started.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export const startScan =
  (stateMachineArn: string, client = new SFNClient({})) =>
  async (name: string, input: object): Promise<StartedScan> => {
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
      return { isNew: true };
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return { isNew: false };
      throw error;
    }
  };
