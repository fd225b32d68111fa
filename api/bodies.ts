import { z } from '@hono/zod-openapi';
import type { ZodType } from 'zod';

const text = z.string().min(1).max(1000);

/** A request body that must be there, as JSON. */
export function jsonBody<Schema extends ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** Which jobs somebody means who does not name them one by one. */
export const jobsWish = {
  machine_type: text.nullable().default(null).describe('That the jobs accept.'),
  run: text.nullable().default(null).describe('The name of a run.'),
  owner: text.nullable().default(null).describe('Of the runs.'),
};

/** Why, for others to read. */
export const reasonWish = text.nullable().default(null);

/** For how long and why. */
export const timeWish = {
  seconds: z
    .number()
    .positive()
    .max(366 * 24 * 3600),
  reason: text,
};
