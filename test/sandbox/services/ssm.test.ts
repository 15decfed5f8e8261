import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { management, serve } from '../serve.ts';

describe('Systems Manager of the sandbox', () => {
  it('gives the parameters of an account and Region by their names, and knows no other', async () => {
    const { sandbox, toConfig } = await serve();
    sandbox.world.parameters.set(`${management}/eu-central-1/keyward/config`, {
      Type: 'String',
      Value: 'a: 1',
    });
    const client = new SSMClient(toConfig());
    const { Parameter } = await client.send(new GetParameterCommand({ Name: '/keyward/config' }));
    expect(Parameter).toMatchObject({ Name: '/keyward/config', Type: 'String', Value: 'a: 1', Version: 1 });
    const missing = client.send(new GetParameterCommand({ Name: '/keyward' }));
    await expect(missing).rejects.toBeInstanceOf(ParameterNotFound);
  });
});
