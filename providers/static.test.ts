import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NodeSpec } from '../core/locks/node.ts';
import type { Logger } from '../core/ports/logger.ts';
import { unusedNode } from '../core/locks/node.ts';
import { silentLogger } from '../test/fixtures/silent-logger.ts';
import { startEndpoints } from '../test/fixtures/ssh-endpoints.ts';
import type { SshEndpoints } from '../test/fixtures/ssh-endpoints.ts';
import { startEndpoint } from './sandbox/endpoint.ts';
import { ReimageError, staticNodes } from './static.ts';

let machines: SshEndpoints;
let folder: string;
let lines: string[];
beforeAll(async () => {
  machines = await startEndpoints(2, { server: 'ssh2' });
  folder = await mkdtemp(join(tmpdir(), 'loligo-static-'));
});
beforeEach(() => {
  lines = [];
});
afterAll(async () => {
  await machines.stop();
  await rm(folder, { recursive: true, force: true });
});

const listed = (index: number, more: Record<string, unknown> = {}) => {
  const { name, address, port, user } = machines.endpoints[index] as SshEndpoints['endpoints'][0];
  return { name, address, port, user, ...more };
};

function open(options: Record<string, unknown>, lab = 'test') {
  const logger: Logger = {
    ...silentLogger,
    warn: (line) => lines.push(line),
    error: (line) => lines.push(line),
  };
  return staticNodes.open({ answerSeconds: 5, ...options }, { lab, folder: join(folder, lab), logger });
}

test('nodes that are up are given as listed, with the key they were listed with', async () => {
  const hostKey = machines.endpoints[0]?.hostKey;
  const nodes = [
    listed(0, { hostKey, osType: 'debian', osVersion: '12', arch: 'x86_64', machineType: 'plana' }),
    listed(1, { identityFile: '/keys/id' }),
  ];
  const [first, second] = await open({ nodes }).start();
  expect(first).toMatchObject({
    name: 'target1',
    provider: 'static',
    machineType: 'plana',
    hostKey,
    osVersion: '12',
  });
  expect(second).toMatchObject({ name: 'target2', machineType: 'static', identityFile: '/keys/id' });
  expect(second?.hostKey).toBe(machines.endpoints[1]?.hostKey);
});

test('a node that does not answer, or shows another key than listed, is left out with a line that says why', async () => {
  const wrong = machines.endpoints[1]?.hostKey;
  const nodes = [listed(0, { hostKey: wrong }), { name: 'down1', address: '127.0.0.1', port: 9 }, listed(1)];
  const specs = await open({ nodes, answerSeconds: 3 }, 'picky').start();
  expect(specs.map(({ name }) => name)).toEqual(['target2']);
  expect(lines).toContainEqual(
    expect.stringMatching(/^node target1 is left out: it shows host key 'ssh-ed25519 \S+', not the pinned/),
  );
  expect(lines).toContainEqual(expect.stringMatching(/^node down1 is left out: .*127\.0\.0\.1:9/));
});

test('the first key that an unlisted node shows is pinned for good', async () => {
  await using other = await startEndpoints(1, { server: 'ssh2' });
  const node = { ...listed(0), port: other.endpoints[0]?.port };
  expect(await open({ nodes: [node] }, 'first-use').start()).toHaveLength(1);
  expect(lines.join()).toContain('pinned the host key it shows');
  await other.endpoints[0]?.stop();
  await rm(join(other.folder, 'target1', 'host_key'));
  await startEndpoint({ folder: other.folder, name: 'target1', port: node.port ?? 0 });
  expect(await open({ nodes: [node] }, 'first-use').start()).toEqual([]);
  expect(lines.join()).toContain('not the pinned');
});

test('without a reimage command nodes cannot be cleaned, and say so', async () => {
  const provider = open({ nodes: [listed(0)] });
  expect(provider.capabilities.clean).toBe(false);
  const [spec] = await provider.start();
  await expect(provider.clean(unusedNode(spec as NodeSpec), 1)).rejects.toThrow(ReimageError);
});

test('the reimage command gets the node, and its failure is told with its last words', async () => {
  const reimage = 'echo noise >&2; echo "no image for "{name}" at "{address} >&2; exit 3';
  const provider = open({ nodes: [listed(0)], reimage }, 'failing');
  const [spec] = await provider.start();
  const cleaning = provider.clean(unusedNode(spec as NodeSpec), 1);
  await expect(cleaning).rejects.toThrow(ReimageError);
  await expect(cleaning).rejects.toThrow('no image for target1 at 127.0.0.1');
});

test('a node that does not come back from its reimage is an error', async () => {
  await using other = await startEndpoints(1, { server: 'ssh2' });
  const { port, pid } = other.endpoints[0] as SshEndpoints['endpoints'][0];
  const options = { nodes: [{ ...listed(0), port }], reimage: `kill -9 ${pid}`, answerSeconds: 1 };
  const provider = open(options, 'lost');
  const [spec] = await provider.start();
  await expect(provider.clean(unusedNode(spec as NodeSpec), 1)).rejects.toMatchObject({
    kind: 'unreachable',
  });
});

test('destroy leaves the machines up', async () => {
  await open({ nodes: [listed(0)] }, 'gone').destroy();
  expect(await machines.endpoints[0]?.alive()).toBe(true);
});
