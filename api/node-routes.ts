import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiPorts } from './ports.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { evidenceView, nodeDetailSchema, nodeEventView, nodeSchema, nodeViewFor } from './views.ts';
import type { ApiEnv } from './writes.ts';

const nodesRoute = createRoute({
  method: 'get',
  path: '/v1/nodes',
  summary: 'The inventory in name order',
  request: {
    query: z.object({
      machine_type: z.string().max(200).optional(),
      state: nodeSchema.shape.state.optional(),
    }),
  },
  responses: {
    200: {
      description: 'The nodes',
      content: { 'application/json': { schema: z.object({ nodes: z.array(nodeSchema) }) } },
    },
    ...problemResponses(422),
  },
});

const nodeRoute = createRoute({
  method: 'get',
  path: '/v1/nodes/{name}',
  summary: 'One node, what happened to it, and what jobs say against it',
  request: { params: z.object({ name: z.string().max(255) }) },
  responses: {
    200: {
      description: 'The node',
      content: { 'application/json': { schema: nodeDetailSchema } },
    },
    ...problemResponses(404),
  },
});

const historyLength = 50;

/** Adds the routes that show the inventory. */
export function nodeRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(nodesRoute, async (c) => {
    const { machine_type: machineType, state } = c.req.valid('query');
    const nodes = await ports.nodes.list({ ...(machineType && { machineType }), ...(state && { state }) });
    const reader = await ports.authenticate(c.req.header('authorization') ?? null);
    return c.json({ nodes: nodes.map((node) => nodeViewFor(reader, node)) }, 200);
  });
  app.openapi(nodeRoute, async (c) => {
    const { name } = c.req.valid('param');
    const node = await ports.nodes.get(name);
    if (node === null) throw new ProblemError(404, `no node named '${name}'`);
    const reader = await ports.authenticate(c.req.header('authorization') ?? null);
    const history = await ports.nodes.history(name, historyLength);
    const evidence = (await ports.evidence.about(name)).map(evidenceView);
    return c.json({ ...nodeViewFor(reader, node), history: history.map(nodeEventView), evidence }, 200);
  });
}
