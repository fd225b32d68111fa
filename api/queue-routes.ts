import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { queuePage } from '../core/operations/queue-page.ts';
import { deleteQueued, prioritizeQueued } from '../core/operations/queued-jobs-acts.ts';
import type { QueuedJobsWish } from '../core/operations/queued-jobs-acts.ts';
import { jobsWish, jsonBody, reasonWish } from './bodies.ts';
import { cutPage, fromCursor, nextLink, nextSchema, pageQuery } from './paging.ts';
import type { ApiPorts } from './ports.ts';
import { problemResponses } from './problem.ts';
import { jobSchema, jobView } from './views.ts';
import type { ApiEnv } from './writes.ts';

const text = z.string().min(1).max(1000);
const security = [{ token: [] }];
const touched = z.object({ jobs: z.array(z.object({ run: z.string(), job_id: z.number().int() })) });

const listRoute = createRoute({
  method: 'get',
  path: '/v1/queue',
  summary:
    'Queued jobs in the order in which they are served, with why they wait; nothing is taken from the queue',
  request: {
    query: pageQuery.omit({ offset: true }).extend({
      machine_type: text.optional().describe('Default: all queues as one.'),
    }),
  },
  responses: {
    200: {
      description: 'One page',
      content: { 'application/json': { schema: z.object({ jobs: z.array(jobSchema), next: nextSchema }) } },
    },
    ...problemResponses(422),
  },
});

const deleteRoute = createRoute({
  method: 'post',
  path: '/v1/queue/delete',
  summary: 'Take queued jobs out of the queue; they become dead',
  security,
  request: {
    body: jsonBody(
      z
        .strictObject({
          ...jobsWish,
          run_contains: text.nullable().default(null).describe('A part of the names of runs.'),
          reason: reasonWish,
        })
        .refine(
          (body) => body.run !== null || body.run_contains !== null || body.owner !== null,
          'give a run, a part of its name, or an owner',
        )
        .openapi('QueueDelete'),
    ),
  },
  responses: {
    200: { description: 'What was deleted', content: { 'application/json': { schema: touched } } },
    ...problemResponses(401, 403, 422),
  },
});

const priorityRoute = createRoute({
  method: 'post',
  path: '/v1/queue/priority',
  summary: 'Give queued jobs of a run or an owner another priority; lower is sooner',
  security,
  request: {
    body: jsonBody(
      z
        .strictObject({ ...jobsWish, priority: z.number().int().min(0).max(1_000_000) })
        .refine((body) => body.run !== null || body.owner !== null, 'give a run or an owner')
        .openapi('QueuePriority'),
    ),
  },
  responses: {
    200: { description: 'What was moved', content: { 'application/json': { schema: touched } } },
    ...problemResponses(401, 403, 422),
  },
});

/** Adds the routes that show the queue and act on what is in it. Every change leaves a line in the lab's log. */
export function queueRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor, machine_type: machineType = null } = c.req.valid('query');
    const [priority, jobId] = cursor === undefined ? [] : fromCursor(cursor, ['number', 'number']);
    const after = priority === undefined || jobId === undefined ? {} : { after: { priority, jobId } };
    const jobs = await queuePage(ports.jobs, { machineType, limit: limit + 1, ...after });
    const { page, next } = cutPage(jobs, limit, (job) => [job.priority, job.jobId]);
    return c.json({ jobs: page.map((job) => jobView(job, ports)), next }, 200, nextLink(c.req.url, next));
  });
  app.openapi(deleteRoute, async (c) => {
    const actor = c.get('caller');
    const { run_contains: runContains, reason, ...body } = c.req.valid('json');
    const order = {
      actor,
      wish: { ...wishOf(body), runContains },
      reason: reason ?? `deleted from the queue by ${actor.name}`,
    };
    const deleted = await deleteQueued(ports, order);
    ports.log.info(`${actor.name} deleted ${deleted.length} jobs from the queue: ${order.reason}`);
    return c.json({ jobs: deleted.map(({ run, jobId }) => ({ run, job_id: jobId })) }, 200);
  });
  app.openapi(priorityRoute, async (c) => {
    const actor = c.get('caller');
    const { priority, ...body } = c.req.valid('json');
    const moved = await prioritizeQueued(ports, { actor, wish: wishOf(body), priority });
    ports.log.info(`${actor.name} gave ${moved.length} queued jobs the priority ${priority}`);
    return c.json({ jobs: moved.map(({ run, jobId }) => ({ run, job_id: jobId })) }, 200);
  });
}

function wishOf(body: {
  machine_type: string | null;
  run: string | null;
  owner: string | null;
}): QueuedJobsWish {
  return { machineType: body.machine_type, run: body.run, owner: body.owner, runContains: null };
}
