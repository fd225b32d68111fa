import { z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { forceAfterMs, leaseMs, unwindMs } from '../core/operations/lab-ports.ts';
import { machineTypes } from '../core/locks/match.ts';
import { archivePath } from '../core/ports/archive.ts';
import type { AttemptRef, JobRecord } from '../core/ports/job-store.ts';
import { isFinal } from '../core/results/job-state.ts';
import type { ApiPorts, Caller } from './ports.ts';
import { ProblemError, problemResponses } from './problem.ts';
import type { ApiEnv } from './writes.ts';

const name = z.string().min(1).max(200);
const longestWaitSeconds = 50;
const poll = z.strictObject({
  machine_type: name,
  worker: name,
  wait_seconds: z.number().min(0).max(longestWaitSeconds).default(25),
});
const start = z.strictObject({ runner: name });
const finding = z.union([
  z.strictObject({ node: name, kind: z.literal('works') }),
  z.strictObject({ node: name, kind: z.enum(['failure', 'certain']), reason: z.string().max(1000) }),
]);
const report = z.strictObject({ findings: z.array(finding).max(1000) });
const finish = z.strictObject({
  status: z.enum(['pass', 'fail', 'dead']),
  failure_reason: z.string().max(100_000).nullable(),
  actor: name,
  duration_seconds: z.number().nullable(),
  nodes_clean: z.boolean(),
  hold_seconds: z.number().positive().nullable(),
});

const handBack = z.strictObject({ actor: name, nodes_clean: z.boolean() });

const bytes = z.string().openapi({ format: 'binary' });
const acts = {
  job: { summary: 'The job of an attempt, and the wish to hold its nodes', body: z.strictObject({}) },
  start: { summary: 'Begin an attempt; from here it has effects', body: start },
  renew: { summary: 'Renew the lease, and learn of a request to end', body: z.strictObject({}) },
  report: { summary: 'Say what the attempt found out about its nodes', body: report },
  'hand-back': {
    summary: 'Put the job back into the queue, before its own tasks have begun',
    body: handBack,
  },
  finish: { summary: 'End an attempt', body: finish },
  append: { summary: 'Add bytes at the end of a file of the job (?path=)', body: bytes },
  put: { summary: 'Write a file of the job (?path=)', body: bytes },
} as const;

function describeAct(
  app: OpenAPIHono<ApiEnv>,
  { path, summary, body }: { path: string; summary: string; body: z.ZodType },
): void {
  const type = body === bytes ? 'application/octet-stream' : 'application/json';
  const params = z.object({ run: z.string(), job: z.string(), fence: z.string() });
  app.openAPIRegistry.registerPath({
    method: 'put',
    path,
    summary,
    security: [{ token: [] }],
    request: {
      ...(path.includes('{') && { params }),
      body: { required: true, content: { [type]: { schema: body } } },
    },
    responses: {
      200: {
        description: 'Done, or what it came to',
        content: { 'application/json': { schema: z.looseObject({}) } },
      },
      ...problemResponses(401, 403, 404, 409, 413, 422),
    },
  });
}

interface Held {
  readonly attempt: AttemptRef;
  readonly job: JobRecord;
}

type Ctx = Context<ApiEnv>;

/**
 * Adds what workers ask of a lab; every request is theirs to make, so that nothing has to reach them. All are PUT: none is carried
 * out again by the journal, and each says by the attempt's fence whether it still may (L3). An attempt that is over gets a 409.
 */
export function workerRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  describeAct(app, { path: '/v1/workers/poll', summary: 'Wait for an attempt to run', body: poll });
  app.put('/v1/workers/poll', async (c) => {
    const wish = poll.parse(await c.req.json());
    mayServe(c.get('caller'), [wish.machine_type]);
    const next = await ports.workers.next({
      machineType: wish.machine_type,
      worker: wish.worker,
      waitMs: wish.wait_seconds * 1000,
      signal: c.req.raw.signal,
    });
    if (next !== null)
      ports.log.info(`worker ${wish.worker} takes job ${next.attempt.run}/${next.attempt.jobId}`);
    return c.json({ assignment: next });
  });
  const act = (name: keyof typeof acts, handle: (c: Ctx, held: Held) => Promise<Response>) => {
    const path = `/v1/workers/attempts/{run}/{job}/{fence}/${name}`;
    describeAct(app, { path, ...acts[name] });
    app.put(path.replace(/\{(\w+)\}/g, ':$1'), async (c) => handle(c, await heldBy(ports, c)));
  };

  act('job', async (c, { job }) => c.json({ job, hold: await ports.holds.of(job.run, job.jobId) }));
  act('start', async (c, { attempt }) => {
    const runner = `worker ${c.get('caller').name}: ${start.parse(await c.req.json()).runner}`;
    return c.json({ result: await ports.jobs.start(attempt, { runner, now: ports.clock.now() }) });
  });
  act('renew', async (c, { attempt, job }) => {
    const now = ports.clock.now();
    // Nobody can kill its process from here: it stops when it is refused, and the sweeper ends the job when the lease is over.
    if (now - (job.killRequested?.at ?? now) > unwindMs + forceAfterMs) return c.json({ kind: 'stale' });
    return c.json(await ports.jobs.renew(attempt, { leaseUntil: now + leaseMs, now }));
  });
  act('report', async (c, { attempt }) => {
    const { findings } = report.parse(await c.req.json());
    return c.json({ result: await ports.evidence.report(attempt, findings, ports.clock.now()) });
  });
  act('hand-back', async (c, { attempt }) => {
    const { actor, nodes_clean: nodesClean } = handBack.parse(await c.req.json());
    const result = await ports.jobs.handBack(attempt, { actor, nodesClean, now: ports.clock.now() });
    return c.json({ result });
  });
  act('finish', async (c, { attempt }) => {
    const body = finish.parse(await c.req.json());
    const now = ports.clock.now();
    const result = await ports.jobs.finish(attempt, {
      status: body.status,
      failureReason: body.failure_reason,
      actor: body.actor,
      durationSeconds: body.duration_seconds,
      nodesClean: body.nodes_clean,
      holdNodesUntil: body.hold_seconds === null ? null : now + body.hold_seconds * 1000,
      now,
    });
    return c.json({ result });
  });
  act('append', async (c, held) => {
    await ports.archive.append(fileOf(c, held), await bytesOf(c));
    return c.json({});
  });
  act('put', async (c, held) => {
    await ports.archive.put(fileOf(c, held), await bytesOf(c));
    return c.json({});
  });
}

async function bytesOf(c: Ctx): Promise<Uint8Array> {
  return new Uint8Array(await c.req.arrayBuffer());
}

/** A worker writes into the folder of its job, and nowhere else. */
function fileOf(c: Ctx, { job, attempt }: Held): string {
  if (isFinal(job.status) || job.status === 'queued') throw over(attempt);
  const path = archivePath(c.req.query('path') ?? '');
  if (path === '') throw new ProblemError(422, 'path: name the file, relative to the folder of the job');
  return `${job.run}/${job.jobId}/${path}`;
}

async function heldBy(ports: ApiPorts, c: Ctx): Promise<Held> {
  const [run = '', jobId, fence] = [
    c.req.param('run'),
    Number(c.req.param('job')),
    Number(c.req.param('fence')),
  ];
  const job = Number.isInteger(jobId) ? await ports.jobs.getJob(run, jobId) : null;
  if (job === null) throw new ProblemError(404, `run '${run}' has no job '${c.req.param('job')}'`);
  mayServe(c.get('caller'), machineTypes(job.machineType));
  const attempt = { run, jobId, fence };
  if (job.fence !== fence) throw over(attempt);
  return { attempt, job };
}

function mayServe(caller: Caller, types: readonly string[]): void {
  if (caller.pool ? types.includes(caller.pool) : caller.operator) return;
  throw new ProblemError(
    403,
    `${caller.name} may not run jobs of ${types.join(', ')}: it takes a credential of that pool`,
  );
}

function over({ run, jobId, fence }: AttemptRef): ProblemError {
  return new ProblemError(409, `attempt ${fence} of job ${run}/${jobId} is over`);
}
