import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { recordAct } from '../core/operations/actor.ts';
import { jsonBody } from './bodies.ts';
import type { ApiPorts, Caller } from './ports.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { existingJob, jobParams, runParams } from './run-routes.ts';
import { jobSchema, jobView } from './views.ts';
import type { ApiEnv } from './writes.ts';

const killBody = z
  .strictObject({ reason: z.string().min(1).max(1000).nullable().default(null) })
  .openapi('KillRequest');
const killed = {
  description: 'The jobs that were asked to end; those already over are left alone',
  content: {
    'application/json': { schema: z.object({ run: z.string(), job_ids: z.array(z.number().int()) }) },
  },
};
const security = [{ token: [] }];
const body = jsonBody(killBody);

const killRunRoute = createRoute({
  method: 'post',
  path: '/v1/runs/{run}/kill',
  summary: 'End every job of a run',
  security,
  request: { params: runParams, body },
  responses: { 200: killed, ...problemResponses(401, 403, 404, 422) },
});

const killJobRoute = createRoute({
  method: 'post',
  path: '/v1/runs/{run}/jobs/{job}/kill',
  summary: 'End one job',
  security,
  request: { params: jobParams, body },
  responses: { 200: killed, ...problemResponses(401, 403, 404, 422) },
});

const priorityRoute = createRoute({
  method: 'put',
  path: '/v1/runs/{run}/jobs/{job}/priority',
  summary: 'Change the place of a queued job',
  security,
  request: {
    params: jobParams,
    body: jsonBody(z.strictObject({ priority: z.number().int().min(0).max(1_000_000) }).openapi('Priority')),
  },
  responses: {
    200: { description: 'The job', content: { 'application/json': { schema: jobSchema } } },
    ...problemResponses(401, 403, 404, 409, 422),
  },
});

/** Adds the routes that act on runs and jobs that exist. Each act leaves a line in the lab's log. */
export function jobActions(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  const kill = async (caller: Caller, run: string, jobId: number | null, given: string | null) => {
    const reason = given ?? `killed by ${caller.name}`;
    const jobIds = await ports.kill({ run, jobId, actor: caller.name, operator: caller.operator, reason });
    ports.log.info(
      `${caller.name} killed ${jobIds.length} jobs of run ${run} (${jobIds.join(', ')}): ${reason}`,
    );
    return { run, job_ids: jobIds };
  };

  app.openapi(killRunRoute, async (c) => {
    return c.json(
      await kill(c.get('caller'), c.req.valid('param').run, null, c.req.valid('json').reason),
      200,
    );
  });
  app.openapi(killJobRoute, async (c) => {
    const job = await existingJob(ports, c.req.valid('param'));
    return c.json(await kill(c.get('caller'), job.run, job.jobId, c.req.valid('json').reason), 200);
  });
  app.openapi(priorityRoute, async (c) => {
    const job = await existingJob(ports, c.req.valid('param'));
    mayActFor(c.get('caller'), job.owner, `move job ${job.jobId}`);
    const { priority } = c.req.valid('json');
    const { run, jobId } = job;
    const moved = await ports.jobs.setPriority({ run, jobId, priority, now: ports.clock.now() });
    if (moved === 'stale')
      throw new ProblemError(409, `job ${jobId} is ${job.status}: only queued jobs have a place`);
    await recordAct(ports, {
      actor: c.get('caller'),
      action: 'priority',
      subject: `${run}/${jobId}`,
      detail: `${job.priority} became ${priority}`,
    });
    ports.log.info(`${c.get('caller').name} gave job ${jobId} of run ${run} the priority ${priority}`);
    return c.json(jobView({ ...job, priority }, ports), 200);
  });
}

function mayActFor(caller: Caller, owner: string, act: string): void {
  if (caller.operator || caller.name === owner) return;
  throw new ProblemError(403, `${caller.name} may not ${act}, which belongs to ${owner}`);
}
