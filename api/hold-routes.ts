import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { holdJob, listHolds, releaseHold } from '../core/operations/hold-nodes.ts';
import type { HoldState } from '../core/operations/hold-nodes.ts';
import { jsonBody, reasonWish, timeWish } from './bodies.ts';
import type { ApiPorts, Caller } from './ports.ts';
import { problemResponses } from './problem.ts';
import { existingJob, jobParams } from './run-routes.ts';
import { nodeSchema, nodeViewFor } from './views.ts';
import type { ApiEnv } from './writes.ts';

const security = [{ token: [] }];

const holdSchema = z
  .object({
    run: z.string(),
    job_id: z.number().int(),
    state: z.enum(['asked', 'held']).describe('Asked: the job is not over yet.'),
    owner: z.string(),
    until: z.iso.datetime().nullable().describe('Null: until released, or not held yet.'),
    seconds: z.number().nullable().describe('From the end of the job on; null when it is over.'),
    by: z.string().nullable().describe('Who asked.'),
    reason: z.string().nullable(),
    nodes: z.array(nodeSchema),
  })
  .openapi('Hold');
export type HoldView = z.infer<typeof holdSchema>;

const answer = { description: 'The hold', content: { 'application/json': { schema: holdSchema } } };
const holdBody = z.strictObject({ ...timeWish, reason: reasonWish }).openapi('HoldRequest');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/holds',
  summary: 'Nodes that stay with the owners of jobs, and jobs whose nodes will',
  responses: {
    200: {
      description: 'The holds',
      content: { 'application/json': { schema: z.object({ holds: z.array(holdSchema) }) } },
    },
  },
});

const holdRoute = createRoute({
  method: 'put',
  path: '/v1/runs/{run}/jobs/{job}/hold',
  summary: 'Keep the nodes of a job when it ends, or for longer',
  security,
  request: {
    params: jobParams,
    body: jsonBody(holdBody),
  },
  responses: { 200: answer, ...problemResponses(401, 403, 404, 409, 422) },
});

const releaseRoute = createRoute({
  method: 'post',
  path: '/v1/runs/{run}/jobs/{job}/hold/release',
  summary: 'Give up a hold',
  security,
  request: {
    params: jobParams,
    body: jsonBody(z.strictObject({})),
  },
  responses: {
    200: {
      description: 'The names of the nodes that were given back',
      content: { 'application/json': { schema: z.object({ nodes: z.array(z.string()) }) } },
    },
    ...problemResponses(401, 403, 404, 409, 422),
  },
});

/** Adds the routes that keep the nodes of jobs for people. Every change leaves a line in the lab's log. */
export function holdRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(listRoute, async (c) => {
    const reader = await ports.authenticate(c.req.header('authorization') ?? null);
    const holds = await listHolds(ports);
    return c.json({ holds: holds.map((hold) => holdView(hold, reader)) }, 200);
  });
  app.openapi(holdRoute, async (c) => {
    const actor = c.get('caller');
    const { run, jobId } = await existingJob(ports, c.req.valid('param'));
    const { seconds, reason } = c.req.valid('json');
    const hold = await holdJob(ports, { run, jobId, actor, seconds, reason });
    ports.log.info(`${actor.name} holds the nodes of job ${run}/${jobId} for ${seconds} s`);
    return c.json(holdView(hold, actor), 200);
  });
  app.openapi(releaseRoute, async (c) => {
    const actor = c.get('caller');
    const { run, jobId } = await existingJob(ports, c.req.valid('param'));
    const nodes = await releaseHold(ports, { run, jobId, actor });
    ports.log.info(`${actor.name} gave up the hold of job ${run}/${jobId}`);
    return c.json({ nodes: nodes.map((node) => node.name) }, 200);
  });
}

function holdView(state: HoldState, reader: Caller | null): HoldView {
  const nodes = state.nodes.map((node) => nodeViewFor(reader, node));
  const { owner } = state;
  if (state.kind === 'asked') {
    const { run, jobId, seconds, by, reason } = state.hold;
    return { run, job_id: jobId, state: 'asked', owner, until: null, seconds, by, reason, nodes };
  }
  const { run, jobId } = state.job;
  const until = state.until === null ? null : new Date(state.until).toISOString();
  return { run, job_id: jobId, state: 'held', owner, until, seconds: null, by: null, reason: null, nodes };
}
