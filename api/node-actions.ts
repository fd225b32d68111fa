import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { enrollNode, removeNode, setHostKey } from '../core/operations/enroll-nodes.ts';
import { describeNode, markDown, markUp, reimage } from '../core/operations/mark-nodes.ts';
import { unlockNode } from '../core/operations/release-nodes.ts';
import { jsonBody } from './bodies.ts';
import type { ApiPorts } from './ports.ts';
import { problemResponses } from './problem.ts';
import { nodeSchema, nodeViewFor } from './views.ts';
import type { ApiEnv } from './writes.ts';

const text = z.string().min(1).max(1000);
const hostKey = z
  .string()
  .max(10_000)
  .regex(/^[\w@.-]+ [A-Za-z0-9+/]+=*$/, "a host key is 'ssh-ed25519 AAAA...'");
const params = z.object({ name: z.string().max(255) });
const nodeName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i, "a node name has letters, digits, '-' and '.' only");
const answer = { description: 'The node', content: { 'application/json': { schema: nodeSchema } } };

function nodeAct<Schema extends z.ZodType>(
  method: 'put' | 'post',
  act: string,
  summary: string,
  body: Schema,
) {
  return createRoute({
    method,
    path: `/v1/nodes/{name}${act}`,
    summary,
    security: [{ token: [] }],
    request: { params, body: jsonBody(body) },
    responses: { 200: answer, ...problemResponses(401, 403, 404, 409, 422) },
  });
}

const unlockBody = z
  .strictObject({
    owner: text.nullable().default(null).describe('Whose lock it is, if not the caller’s; operators only.'),
    force: z.boolean().default(false).describe('End the job that holds it; operators only.'),
    clean: z.boolean().default(false).describe('It is as it was, and needs no cleaning.'),
  })
  .openapi('UnlockRequest');
const unlockRoute = createRoute({
  ...nodeAct('post', '/unlock', 'Give one node back', unlockBody),
  responses: {
    200: {
      description: 'The node, and the job that was ended for it',
      content: {
        'application/json': {
          schema: z.object({
            node: nodeSchema,
            killed: z.object({ run: z.string(), job_id: z.number().int() }).nullable(),
          }),
        },
      },
    },
    ...problemResponses(401, 403, 404, 409, 422),
  },
});

const statusBody = z
  .strictObject({ status: z.enum(['up', 'down']), reason: text.nullable().default(null) })
  .openapi('NodeStatus');
const statusRoute = nodeAct('post', '/status', 'Keep a node out of use, or bring it back', statusBody);
const reimageRoute = nodeAct('post', '/reimage', 'Have a node made as new', z.strictObject({}));
const descriptionBody = z.strictObject({ description: z.string().max(1000).nullable() });
const describeRoute = nodeAct('put', '/description', 'Say what a node is used for', descriptionBody);
const hostKeyRoute = nodeAct(
  'put',
  '/host-key',
  'Store the host key of a node',
  z.strictObject({ host_key: hostKey }),
);

const specBody = z
  .strictObject({
    machine_type: text,
    user: text.default('ubuntu'),
    address: text,
    port: z.number().int().min(1).max(65_535).default(22),
    host_key: hostKey.nullable().default(null),
    identity_file: text.nullable().default(null),
    arch: text,
    os_type: z.string().max(100).default(''),
    os_version: z.string().max(100).default(''),
  })
  .openapi('NodeSpec');
const enrollRoute = createRoute({
  ...nodeAct('put', '', 'Enter a node into the inventory', specBody),
  request: {
    params: z.object({ name: nodeName }),
    body: jsonBody(specBody),
  },
});
const removeRoute = createRoute({
  ...nodeAct('post', '/remove', 'Take a node out of the inventory', z.strictObject({})),
  responses: {
    200: {
      description: 'Its name',
      content: { 'application/json': { schema: z.object({ name: z.string() }) } },
    },
    ...problemResponses(401, 403, 404, 409, 422),
  },
});

/** Adds the routes that act on single nodes. Every act leaves a line in the lab's log. */
export function nodeActions(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  const note = (actor: { name: string }, act: string) => ports.log.info(`${actor.name} ${act}`);
  unlockAct(app, ports, note);
  inventoryActs(app, ports, note);
  app.openapi(statusRoute, async (c) => {
    const actor = c.get('caller');
    const { name: node } = c.req.valid('param');
    const { status, reason } = c.req.valid('json');
    const order = { node, actor, reason: reason ?? `marked ${status} by ${actor.name}` };
    const after = status === 'down' ? await markDown(ports, order) : await markUp(ports, order);
    note(actor, `marked node ${node} ${status}: ${order.reason}`);
    return c.json(nodeViewFor(actor, after), 200);
  });
  app.openapi(reimageRoute, async (c) => {
    const actor = c.get('caller');
    const node = await reimage(ports, { node: c.req.valid('param').name, actor });
    note(actor, `asked for node ${node.name} to be made new`);
    return c.json(nodeViewFor(actor, node), 200);
  });
  app.openapi(describeRoute, async (c) => {
    const actor = c.get('caller');
    const { description } = c.req.valid('json');
    const node = await describeNode(ports, { node: c.req.valid('param').name, actor, description });
    return c.json(nodeViewFor(actor, node), 200);
  });
}

type Note = (actor: { name: string }, act: string) => void;

function unlockAct(app: OpenAPIHono<ApiEnv>, ports: ApiPorts, note: Note): void {
  app.openapi(unlockRoute, async (c) => {
    const actor = c.get('caller');
    const { name } = c.req.valid('param');
    const done = await unlockNode(ports, { ...c.req.valid('json'), node: name, actor });
    const job = done.kind === 'killed' ? done.job : null;
    note(actor, `unlocked node ${name}${job === null ? '' : `, ending job ${job.run}/${job.jobId}`}`);
    const node = await ports.nodes.get(name);
    if (node === null) throw new Error(`node ${name} left the inventory while it was unlocked`);
    const killed = job === null ? null : { run: job.run, job_id: job.jobId };
    return c.json({ node: nodeViewFor(actor, node), killed }, 200);
  });
}

function inventoryActs(app: OpenAPIHono<ApiEnv>, ports: ApiPorts, note: Note): void {
  app.openapi(enrollRoute, async (c) => {
    const actor = c.get('caller');
    const { name } = c.req.valid('param');
    const body = c.req.valid('json');
    const spec = {
      name,
      machineType: body.machine_type,
      user: body.user,
      address: body.address,
      port: body.port,
      hostKey: body.host_key,
      identityFile: body.identity_file,
      arch: body.arch,
      osType: body.os_type,
      osVersion: body.os_version,
    };
    const node = await enrollNode(ports, { actor, spec });
    note(actor, `entered node ${name} into the inventory`);
    return c.json(nodeViewFor(actor, node), 200);
  });
  app.openapi(removeRoute, async (c) => {
    const actor = c.get('caller');
    const { name } = c.req.valid('param');
    await removeNode(ports, { actor, node: name });
    note(actor, `took node ${name} out of the inventory`);
    return c.json({ name }, 200);
  });
  app.openapi(hostKeyRoute, async (c) => {
    const actor = c.get('caller');
    const { name } = c.req.valid('param');
    const node = await setHostKey(ports, { actor, node: name, hostKey: c.req.valid('json').host_key });
    note(actor, `stored host key ${node.hostKey} of node ${name}`);
    return c.json(nodeViewFor(actor, node), 200);
  });
}
