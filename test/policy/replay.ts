import { z } from 'zod';
import type { Request } from '../../shared/policy/decide.ts';
import type { Principal } from '../../shared/policy/principal.ts';

const witness = z.object({
  principal: z.string(),
  action: z.string(),
  resource: z.string(),
  context: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
});

/** The request that a finding's witness describes, read from its JSON alone, as anybody who replays it reads it. */
export function toReplay(told: unknown): Request {
  const { principal, context, ...request } = witness.parse(told);
  const values = Object.fromEntries(Object.entries(context).map(([key, value]) => [key, [value].flat()]));
  const roleArn = Object.entries(values).find(([key]) => key.toLowerCase() === 'aws:principalarn')?.[1][0];
  return { ...request, principal: toPrincipal(principal, roleArn), context: values, isClosed: true };
}

function toPrincipal(text: string, roleArn: string | undefined): Principal {
  const accountId = text.split(':')[4] ?? '';
  if (text === 'anonymous') {
    return { kind: 'anonymous' };
  }
  if (text.includes(':assumed-role/')) {
    return { kind: 'role-session', arn: text, roleArn: roleArn ?? '', accountId };
  }
  if (text.endsWith(':root')) {
    return { kind: 'account-root', arn: text, accountId };
  }
  if (text.includes('-provider/') || text === 'accounts.google.com') {
    return { kind: 'federated', provider: text, accountId: /^\d+$/.test(accountId) ? accountId : null };
  }
  return text.startsWith('arn:')
    ? { kind: 'user', arn: text, accountId }
    : { kind: 'service', service: text };
}
