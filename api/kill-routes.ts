import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { jobsWish, jsonBody, reasonWish } from './bodies.ts';
import type { ApiPorts } from './ports.ts';
import { problemResponses } from './problem.ts';
import { existingRun } from './run-routes.ts';
import type { ApiEnv } from './writes.ts';

const body = z
  .strictObject({
    ...jobsWish,
    preserve_queue: z.boolean().default(false).describe('Leave queued jobs alone.'),
    reason: reasonWish,
  })
  .refine((wish) => wish.run !== null || wish.owner !== null, 'give a run, or an owner')
  .openapi('KillManyRequest');

const route = createRoute({
  method: 'post',
  path: '/v1/kill',
  summary: 'End the jobs of a run or an owner that fit',
  security: [{ token: [] }],
  request: { body: jsonBody(body) },
  responses: {
    200: {
      description: 'The jobs that were asked to end; those already over are left alone',
      content: {
        'application/json': {
          schema: z.object({
            killed: z.array(z.object({ run: z.string(), job_ids: z.array(z.number().int()) })),
          }),
        },
      },
    },
    ...problemResponses(401, 403, 404, 422),
  },
});

/** Adds the route that ends jobs by what they are. Each run leaves a line in the lab's log. */
export function killRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(route, async (c) => {
    const actor = c.get('caller');
    const {
      run,
      owner,
      machine_type: machineType,
      preserve_queue: preserveQueue,
      reason: given,
    } = c.req.valid('json');
    if (run !== null) await existingRun(ports, run);
    const reason = given ?? `killed by ${actor.name}`;
    const killed = await ports.killMany({ actor, run, owner, machineType, preserveQueue, reason });
    for (const each of killed)
      ports.log.info(`${actor.name} killed jobs ${each.jobIds.join(', ')} of run ${each.run}: ${reason}`);
    return c.json({ killed: killed.map((each) => ({ run: each.run, job_ids: [...each.jobIds] })) }, 200);
  });
}
