import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { RoleWish } from '../core/locks/match.ts';
import { lockNodes } from '../core/operations/lock-nodes.ts';
import type { LockOrder } from '../core/operations/lock-nodes.ts';
import { releaseLock, renewLock } from '../core/operations/release-nodes.ts';
import { jsonBody } from './bodies.ts';
import type { ApiPorts } from './ports.ts';
import { problemResponses } from './problem.ts';
import { nodeSchema, nodeView, nodeViewFor } from './views.ts';
import { knownCaller } from './writes.ts';
import type { ApiEnv } from './writes.ts';

const text = z.string().min(1).max(1000);
const name = z.string().min(1).max(255);
const longestSeconds = 10 * 366 * 24 * 3600;
const seconds = z.number().positive().max(longestSeconds).nullable();
const security = [{ token: [] }];
const params = z.object({
  lock: z.string().regex(/^[\w.:-]{8,100}$/, 'a lock id is 8 to 100 letters, digits, or . : _ -'),
});

const lockBody = z
  .strictObject({
    nodes: z.array(name).min(1).max(1000).optional().describe('These nodes, all or none.'),
    count: z.number().int().min(1).max(1000).optional().describe('Or this many that fit.'),
    machine_type: text.optional().describe('With count: one type, or several separated by commas.'),
    roles: z
      .array(
        z.strictObject({
          role: text.describe('Named when there is no such node.'),
          machine_type: text.nullable().default(null),
          os_type: text.nullable().default(null),
          os_version: text.nullable().default(null),
          arch: text.nullable().default(null),
        }),
      )
      .max(1000)
      .nullable()
      .default(null)
      .describe(
        'With count: what each of the nodes must be, in the order in which they are answered. A machine_type that is null is that of the order.',
      ),
    os_type: text.nullable().default(null),
    os_version: text.nullable().default(null),
    arch: text.nullable().default(null),
    owner: text.nullable().default(null).describe('Another owner than the caller; operators only.'),
    description: z.string().max(1000).nullable().default(null),
    lease_seconds: seconds.default(null).describe('Null: until released.'),
  })
  .refine((body) => (body.nodes === undefined) !== (body.count === undefined), 'give either nodes or count')
  .refine((body) => (body.roles?.length ?? body.count) === body.count, 'count must be the number of roles')
  .refine((body) => body.count === undefined || body.machine_type !== undefined, 'count needs a machine_type')
  .openapi('LockRequest');

const lockSchema = z
  .object({ lock_id: z.string(), owner: z.string(), nodes: z.array(nodeSchema) })
  .openapi('Lock');
const lockAnswer = {
  description: 'The nodes of the lock',
  content: { 'application/json': { schema: lockSchema } },
};

const whoamiRoute = createRoute({
  method: 'get',
  path: '/v1/whoami',
  summary: 'Who the lab takes the caller for',
  security,
  responses: {
    200: {
      description: 'The caller',
      content: {
        'application/json': {
          schema: z.object({ name: z.string(), operator: z.boolean(), pool: z.string().nullable() }),
        },
      },
    },
    ...problemResponses(401),
  },
});

const lockRoute = createRoute({
  method: 'put',
  path: '/v1/locks/{lock}',
  summary: 'Lock nodes, all or none; repeating it under the same id, which the caller draws, changes nothing',
  security,
  request: { params, body: jsonBody(lockBody) },
  responses: { 200: lockAnswer, ...problemResponses(401, 403, 404, 409, 422) },
});

const leaseRoute = createRoute({
  method: 'put',
  path: '/v1/locks/{lock}/lease',
  summary: 'Set how long a lock lasts from now on; null: until released',
  security,
  request: {
    params,
    body: jsonBody(z.strictObject({ seconds })),
  },
  responses: {
    200: {
      description: 'The end of the lease',
      content: { 'application/json': { schema: z.object({ lease_until: z.iso.datetime().nullable() }) } },
    },
    ...problemResponses(401, 403, 409, 422),
  },
});

const releaseRoute = createRoute({
  method: 'post',
  path: '/v1/locks/{lock}/release',
  summary: 'Give back all the nodes of a lock',
  security,
  request: {
    params,
    body: jsonBody(z.strictObject({ clean: z.boolean().default(false) })),
  },
  responses: { 200: lockAnswer, ...problemResponses(401, 403, 409, 422) },
});

/** Adds the routes for locks of people. Every change leaves a line in the lab's log. */
export function lockRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(whoamiRoute, async (c) => {
    const { name, operator, pool } = await knownCaller(ports, c.req.header('authorization') ?? null);
    return c.json({ name, operator, pool: pool ?? null }, 200);
  });
  app.openapi(lockRoute, async (c) => {
    const actor = c.get('caller');
    const lockId = c.req.valid('param').lock;
    const order = { ...lockOrder(c.req.valid('json'), ports.clock.now()), lockId, actor };
    const nodes = await lockNodes(ports, order);
    const owner = order.owner ?? actor.name;
    ports.log.info(`${actor.name} locked ${nodes.map((node) => node.name).join(', ')} for ${owner}`);
    return c.json({ lock_id: lockId, owner, nodes: nodes.map((node) => nodeViewFor(actor, node)) }, 200);
  });
  app.openapi(leaseRoute, async (c) => {
    const { seconds } = c.req.valid('json');
    const leaseUntil = seconds === null ? null : ports.clock.now() + seconds * 1000;
    await renewLock(ports, { lockId: c.req.valid('param').lock, actor: c.get('caller'), leaseUntil });
    return c.json({ lease_until: leaseUntil === null ? null : new Date(leaseUntil).toISOString() }, 200);
  });
  app.openapi(releaseRoute, async (c) => {
    const actor = c.get('caller');
    const lockId = c.req.valid('param').lock;
    const nodes = await releaseLock(ports, { lockId, actor, clean: c.req.valid('json').clean });
    ports.log.info(`${actor.name} gave back ${nodes.map((node) => node.name).join(', ')}`);
    const owner = nodes[0]?.lock?.owner ?? actor.name;
    return c.json({ lock_id: lockId, owner, nodes: nodes.map((node) => nodeView(node)) }, 200);
  });
}

function lockOrder(body: z.output<typeof lockBody>, now: number): Omit<LockOrder, 'lockId' | 'actor'> {
  const { count = 0, machine_type: machineType = '', os_type: osType, os_version: osVersion, arch } = body;
  return {
    wanted:
      body.nodes === undefined
        ? {
            kind: 'some',
            count,
            wish: { machineType, osType, osVersion, arch },
            roleWishes: body.roles === null ? null : body.roles.map((role) => roleWish(role, machineType)),
          }
        : { kind: 'named', names: body.nodes },
    owner: body.owner,
    description: body.description,
    leaseUntil: body.lease_seconds === null ? null : now + body.lease_seconds * 1000,
  };
}

function roleWish(
  body: NonNullable<z.output<typeof lockBody>['roles']>[number],
  machineType: string,
): RoleWish {
  const { role, os_type: osType, os_version: osVersion, arch } = body;
  return { role, machineType: body.machine_type ?? machineType, osType, osVersion, arch };
}
