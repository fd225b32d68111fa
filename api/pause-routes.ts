import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { pauseQueue, resumeQueue } from '../core/operations/pause-queues.ts';
import { everyQueue } from '../core/ports/pauses.ts';
import type { Pause } from '../core/ports/pauses.ts';
import { jsonBody, timeWish } from './bodies.ts';
import type { ApiPorts } from './ports.ts';
import { problemResponses } from './problem.ts';
import type { ApiEnv } from './writes.ts';

const security = [{ token: [] }];
const params = z.object({
  type: z.string().min(1).max(255).describe(`A machine type, or ${everyQueue} for every queue.`),
});

/** A pause as the API shows it. */
export const pauseSchema = z
  .object({
    machine_type: z.string().describe(`${everyQueue}: every queue.`),
    by: z.string(),
    reason: z.string(),
    since: z.iso.datetime(),
    until: z.iso.datetime(),
  })
  .openapi('Pause');
export type PauseView = z.infer<typeof pauseSchema>;

const listRoute = createRoute({
  method: 'get',
  path: '/v1/pauses',
  summary: 'Queues that people have stopped: who, why, and until when',
  responses: {
    200: {
      description: 'The pauses',
      content: { 'application/json': { schema: z.object({ pauses: z.array(pauseSchema) }) } },
    },
  },
});

const pauseRoute = createRoute({
  method: 'put',
  path: '/v1/queues/{type}/pause',
  summary: 'Stop a queue for a time; running jobs go on',
  security,
  request: {
    params,
    body: jsonBody(z.strictObject(timeWish).openapi('PauseRequest')),
  },
  responses: {
    200: { description: 'The pause', content: { 'application/json': { schema: pauseSchema } } },
    ...problemResponses(401, 403, 422),
  },
});

const resumeRoute = createRoute({
  method: 'post',
  path: '/v1/queues/{type}/resume',
  summary: 'End the pause of a queue',
  security,
  request: {
    params,
    body: jsonBody(z.strictObject({})),
  },
  responses: {
    200: {
      description: 'The queue',
      content: { 'application/json': { schema: z.object({ machine_type: z.string() }) } },
    },
    ...problemResponses(401, 403, 409, 422),
  },
});

/** Adds the routes that stop queues. Every change leaves a line in the lab's log. */
export function pauseRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(listRoute, async (c) => {
    const pauses = await ports.pauses.list(ports.clock.now());
    return c.json({ pauses: pauses.map(pauseView) }, 200);
  });
  app.openapi(pauseRoute, async (c) => {
    const actor = c.get('caller');
    const { seconds, reason } = c.req.valid('json');
    const machineType = c.req.valid('param').type;
    const pause = await pauseQueue(ports, { actor, machineType, reason, ms: seconds * 1000 });
    ports.log.info(`${actor.name} paused queue ${machineType} for ${seconds} s: ${reason}`);
    return c.json(pauseView(pause), 200);
  });
  app.openapi(resumeRoute, async (c) => {
    const actor = c.get('caller');
    const machineType = c.req.valid('param').type;
    await resumeQueue(ports, { actor, machineType });
    ports.log.info(`${actor.name} resumed queue ${machineType}`);
    return c.json({ machine_type: machineType }, 200);
  });
}

/** The same, of a record. */
export function pauseView({ machineType, by, reason, since, until }: Pause): PauseView {
  const iso = (at: number) => new Date(at).toISOString();
  return { machine_type: machineType, by, reason, since: iso(since), until: iso(until) };
}
