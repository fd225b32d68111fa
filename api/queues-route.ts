import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { everyQueue } from '../core/ports/pauses.ts';
import { pauseSchema, pauseView } from './pause-routes.ts';
import type { ApiPorts } from './ports.ts';
import { jobSchema, jobView, nodeSchema } from './views.ts';
import type { ApiEnv } from './writes.ts';

const count = z.number().int().min(0);
const states = nodeSchema.shape.state.options;
const queueSchema = z
  .object({
    machine_type: z.string(),
    queued: count.describe('Jobs that accept this machine type, alone or among others.'),
    running: count.describe('Likewise, of those that have nodes.'),
    nodes: z.record(nodeSchema.shape.state, count),
    pause: pauseSchema.nullable().describe('The one that stops this queue; may be that of every queue.'),
    head: jobSchema.nullable().describe('The job that is served next, with why it waits.'),
  })
  .openapi('Queue');

export type QueueView = z.infer<typeof queueSchema>;

const queuesRoute = createRoute({
  method: 'get',
  path: '/v1/queues',
  summary: 'The queue of each machine type: its length, its head, its nodes, and whether it is paused',
  responses: {
    200: {
      description: 'In code-point order',
      content: { 'application/json': { schema: z.object({ queues: z.array(queueSchema) }) } },
    },
  },
});

/** Adds the route that sums up the queues. Costs one look at every node and one query a machine type. */
export function queuesRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(queuesRoute, async (c) => {
    const [jobs, nodes, queued, pauses] = await Promise.all([
      ports.counts.jobs(),
      ports.counts.nodes(),
      ports.jobs.queuedTypes(),
      ports.pauses.list(ports.clock.now()),
    ]);
    const paused = pauses.map(({ machineType }) => machineType).filter((type) => type !== everyQueue);
    const types = [...new Set([...nodes.map((each) => each.machineType), ...queued, ...paused])].sort();
    const sum = (type: string, statuses: readonly string[]) =>
      jobs
        .filter((each) => each.machineType.split(',').includes(type) && statuses.includes(each.status))
        .reduce((total, each) => total + each.count, 0);
    const nodesIn = (type: string, state: string) =>
      nodes.find((each) => each.machineType === type && each.state === state)?.count ?? 0;
    const queues = types.map(async (type): Promise<QueueView> => {
      const [head = null] = await ports.jobs.queueHead(type, 1);
      const pause = pauses.find(({ machineType }) => machineType === type || machineType === everyQueue);
      return {
        machine_type: type,
        queued: sum(type, ['queued']),
        running: sum(type, ['waiting', 'running']),
        nodes: Object.fromEntries(states.map((state) => [state, nodesIn(type, state)])) as QueueView['nodes'],
        pause: pause === undefined ? null : pauseView(pause),
        head: head && jobView(head, ports),
      };
    });
    return c.json({ queues: await Promise.all(queues) }, 200);
  });
}
