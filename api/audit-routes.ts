import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AuditRecord } from '../core/ports/audit.ts';
import type { ApiPorts } from './ports.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { knownCaller } from './writes.ts';
import type { ApiEnv } from './writes.ts';

const recordSchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.string(),
    action: z.string(),
    subject: z.string().describe('A run, RUN/JOB, nodes separated by spaces, or the id of a token.'),
    detail: z.string(),
  })
  .openapi('AuditRecord');
export type AuditView = z.infer<typeof recordSchema>;

/** What the `id` of a record looks like, in every store. */
export const auditCursor = /^\d[\da-f.-]{0,99}$/;

const auditRoute = createRoute({
  method: 'get',
  path: '/v1/audit',
  summary: 'Who changed what, newest first; operators only',
  security: [{ token: [] }],
  request: {
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      cursor: z.string().regex(auditCursor, 'a cursor is the `next` of an earlier page').optional(),
      actor: z.string().max(255).optional(),
      subject: z.string().max(1000).optional(),
    }),
  },
  responses: {
    200: {
      description: 'One page; `next` is the cursor of the page behind it, null at the end',
      content: {
        'application/json': {
          schema: z.object({ records: z.array(recordSchema), next: z.string().nullable() }),
        },
      },
    },
    ...problemResponses(401, 403, 422),
  },
});

/** Adds the route that shows the audit record. A page costs its own length, however long the record is. */
export function auditRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(auditRoute, async (c) => {
    const reader = await knownCaller(ports, c.req.header('authorization') ?? null);
    if (!reader.operator)
      throw new ProblemError(403, `${reader.name} may not read the audit record: only operators may`);
    const { limit, cursor, actor, subject } = c.req.valid('query');
    const filter = {
      ...(cursor && { before: cursor }),
      ...(actor && { actor }),
      ...(subject && { subject }),
    };
    const records = await ports.audit.list(limit + 1, filter);
    const shown = records.slice(0, limit);
    const next = records.length > limit ? (shown.at(-1)?.id ?? null) : null;
    return c.json({ records: shown.map(auditView), next }, 200);
  });
}

function auditView({ id, at, actor, action, subject, detail }: AuditRecord): AuditView {
  return { id, at: new Date(at).toISOString(), actor, action, subject, detail };
}
