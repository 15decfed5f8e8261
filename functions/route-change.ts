import { z } from 'zod';
import { defineHandler } from '../shared/runtime/lambda.ts';
export const handler = defineHandler(z.object({}), async () => ({}));
