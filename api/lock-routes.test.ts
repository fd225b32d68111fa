import { afterEach, describe, expect, test } from 'vitest';
import { addRun, apiLab, nodeSpec, startJob } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';
import { replaySubmissions } from './writes.ts';

const labs: ApiLab[] = [];
afterEach(() => labs.splice(0).forEach((lab) => lab.close()));

const bob = { authorization: 'Bearer user-token' };
const ann = { authorization: 'Bearer operator-token' };

/** A lab with the nodes n1, n2 and n3, whose provider can clean unless it is said to be `bare`. */
async function labWithNodes({ bare = false } = {}) {
  const capabilities = { privileged: true, clean: !bare, snapshot: false, power: false, console: false };
  const lab = apiLab({ providers: new Map([['sandbox', { capabilities }]]) });
  labs.push(lab);
  await lab.ports.nodes.register(['n1', 'n2', 'n3'].map(nodeSpec), lab.ports.clock.now());
  return lab;
}

type Json = Record<string, unknown> & { detail: string; nodes: { name: string; identity_file?: string }[] };
const read = async (response: Response): Promise<Json> => (await response.json()) as Json;

describe('a lock', () => {
  const request = { count: 2, machine_type: 'sandbox', description: 'a bug', lease_seconds: 60 };

  test('is answered with its nodes and how to log in, and again the same when the request is repeated', async () => {
    const lab = await labWithNodes();
    const response = await lab.send('PUT', '/v1/locks/lock-0001', request, bob);
    expect(response.status).toBe(200);
    const lock = await read(response);
    expect(lock).toMatchObject({
      owner: 'bob@lab',
      nodes: [
        {
          name: 'n1',
          state: 'locked',
          locked_by: 'bob@lab',
          identity_file: '/secret/key',
          description: 'a bug',
        },
        { name: 'n2', lease_until: '2026-03-04T05:07:07.000Z' },
      ],
    });
    const again = await read(await lab.send('PUT', '/v1/locks/lock-0001', request, bob));
    expect(again.nodes.map((node) => node.name)).toEqual(['n1', 'n2']);
    expect(await lab.ports.nodes.list({ state: 'free' })).toHaveLength(1);
  });

  test('for more than is free is a 409 with the reasons, for more than there is a 422', async () => {
    const lab = await labWithNodes();
    await lab.send('PUT', '/v1/locks/lock-0001', request, bob);
    const taken = await lab.send('PUT', '/v1/locks/lock-0002', request, ann);
    expect(taken.status).toBe(409);
    expect((await read(taken)).detail).toBe(
      'asked for 2 of type sandbox, 1 is free: n1 is locked by bob@lab (a bug), n2 is locked by bob@lab (a bug)',
    );
    const lacking = await lab.send('PUT', '/v1/locks/lock-0003', { ...request, count: 4 }, ann);
    expect(lacking.status).toBe(422);
    expect(await lab.ports.nodes.get('n3')).toMatchObject({ state: 'free', fence: 0 });
  });

  test.each([
    [{ nodes: ['n1'], count: 1 }, 422, 'either nodes or count'],
    [{ count: 1 }, 422, 'needs a machine_type'],
    [{ nodes: ['nope'] }, 404, "no node named 'nope'"],
    [{ nodes: ['n1', 'n1'] }, 409, 'named twice'],
    [{ nodes: ['n1'], lease_seconds: -1 }, 422, '(given: -1)'],
    [{ nodes: ['n1'], owner: 'ann@lab' }, 403, 'bob@lab may not lock nodes for ann@lab'],
  ])('%j is refused with a sentence', async (body, status, part) => {
    const lab = await labWithNodes();
    const response = await lab.send('PUT', '/v1/locks/lock-0001', body, bob);
    expect(response.status).toBe(status);
    expect((await read(response)).detail).toContain(part);
    expect(await lab.ports.nodes.list({ state: 'locked' })).toEqual([]);
  });

  test('is renewed and released by its holder, and then is over', async () => {
    const lab = await labWithNodes();
    await lab.send('PUT', '/v1/locks/lock-0001', request, ann);
    expect((await lab.send('PUT', '/v1/locks/lock-0001/lease', { seconds: 5 }, bob)).status).toBe(403);
    expect(await read(await lab.send('PUT', '/v1/locks/lock-0001/lease', { seconds: null }, ann))).toEqual({
      lease_until: null,
    });
    expect((await lab.send('POST', '/v1/locks/lock-0001/release', { clean: true }, bob)).status).toBe(403);
    expect((await lab.send('POST', '/v1/locks/lock-0001/release', { clean: true }, ann)).status).toBe(200);
    expect(await lab.ports.nodes.list({ state: 'free' })).toHaveLength(3);
    const late = await lab.send('PUT', '/v1/locks/lock-0001/lease', { seconds: 5 }, ann);
    expect(late.status).toBe(409);
    expect((await read(late)).detail).toContain("lock 'lock-0001' is over");
  });
});

test('where the private key of a node lies is told only to its holder and to operators', async () => {
  const lab = await labWithNodes();
  await lab.send('PUT', '/v1/locks/lock-0001', { nodes: ['n1'] }, bob);
  const keys = async (headers: Record<string, string>) =>
    (await read(await lab.get('/v1/nodes', headers))).nodes.map((node) => node.identity_file ?? null);
  expect(await keys({})).toEqual([null, null, null]);
  expect(await keys({ authorization: 'Bearer wrong' })).toEqual([null, null, null]);
  expect(await keys(bob)).toEqual(['/secret/key', null, null]);
  expect(await keys(ann)).toEqual(['/secret/key', '/secret/key', '/secret/key']);
});

test('the lab says who it takes a caller for', async () => {
  const lab = await labWithNodes();
  expect(await read(await lab.get('/v1/whoami', bob))).toEqual({
    name: 'bob@lab',
    operator: false,
    pool: null,
  });
  expect((await lab.get('/v1/whoami')).status).toBe(401);
});

describe('unlocking', () => {
  test('gives one node of a lock back, and the node of somebody else is refused with their name', async () => {
    const lab = await labWithNodes();
    await lab.send('PUT', '/v1/locks/lock-0001', { nodes: ['n1', 'n2'], description: 'a bug' }, ann);
    const refused = await lab.send('POST', '/v1/nodes/n1/unlock', {}, bob);
    expect(refused.status).toBe(403);
    expect((await read(refused)).detail).toContain('locked by ann@lab (a bug)');
    const done = await lab.send('POST', '/v1/nodes/n1/unlock', {}, ann);
    expect(await read(done)).toMatchObject({ node: { state: 'dirty' }, killed: null });
    expect(await lab.ports.nodes.get('n2')).toMatchObject({ state: 'locked' });
    const again = await lab.send('POST', '/v1/nodes/n1/unlock', {}, ann);
    expect(again.status).toBe(409);
  });

  test('by force ends the job on the node, for operators', async () => {
    const lab = await labWithNodes();
    const [jobId = 0] = await addRun(lab, 'r', 1, 'bob@lab');
    await startJob(lab, 'r', jobId, 'n1');
    expect((await lab.send('POST', '/v1/nodes/n1/unlock', {}, bob)).status).toBe(409);
    expect((await lab.send('POST', '/v1/nodes/n1/unlock', { force: true }, bob)).status).toBe(403);
    const done = await read(await lab.send('POST', '/v1/nodes/n1/unlock', { force: true }, ann));
    expect(done).toMatchObject({ killed: { run: 'r', job_id: jobId } });
    expect((await lab.ports.jobs.getJob('r', jobId))?.killRequested?.reason).toContain('ann@lab');
  });

  test('that was cut short is carried out again with no more rights than its caller had', async () => {
    const lab = await labWithNodes();
    await lab.send('PUT', '/v1/locks/lock-0001', { nodes: ['n1'] }, bob);
    const cut = { key: 'k1', caller: 'eve@lab', path: '/v1/nodes/n1/unlock', at: lab.ports.clock.now() };
    await lab.ports.submissions.begin({ ...cut, operator: false, body: '{"owner": "bob@lab"}' });
    await replaySubmissions(lab.ports, lab.app);
    expect(await lab.ports.nodes.get('n1')).toMatchObject({ state: 'locked' });
    await lab.ports.submissions.begin({ ...cut, key: 'k2', operator: true, body: '{"owner": "bob@lab"}' });
    await replaySubmissions(lab.ports, lab.app);
    expect(await lab.ports.nodes.get('n1')).toMatchObject({ state: 'dirty' });
  });
});

describe('a node', () => {
  test('goes down with a reason and comes up through cleaning', async () => {
    const lab = await labWithNodes();
    const down = await lab.send('POST', '/v1/nodes/n1/status', { status: 'down', reason: 'bad disk' }, bob);
    expect(await read(down)).toMatchObject({ state: 'quarantined', reason: 'bad disk' });
    expect(await read(await lab.send('POST', '/v1/nodes/n1/status', { status: 'up' }, bob))).toMatchObject({
      state: 'dirty',
    });
  });

  test('that cannot be cleaned comes up at an operator’s word, and is not reimaged', async () => {
    const lab = await labWithNodes({ bare: true });
    await lab.send('POST', '/v1/nodes/n1/status', { status: 'down' }, bob);
    expect((await lab.send('POST', '/v1/nodes/n1/status', { status: 'up' }, bob)).status).toBe(403);
    expect(await read(await lab.send('POST', '/v1/nodes/n1/status', { status: 'up' }, ann))).toMatchObject({
      state: 'free',
    });
    expect((await lab.send('POST', '/v1/nodes/n1/reimage', {}, ann)).status).toBe(409);
  });

  test('is entered and taken out by operators', async () => {
    const lab = await labWithNodes();
    const spec = { machine_type: 'rack', address: '10.0.0.7', arch: 'x86_64', host_key: 'ssh-ed25519 AAAA' };
    expect((await lab.send('PUT', '/v1/nodes/alpha', spec, bob)).status).toBe(403);
    expect(await read(await lab.send('PUT', '/v1/nodes/alpha', spec, ann))).toMatchObject({
      name: 'alpha',
      provider: 'enrolled',
      state: 'free',
      user: 'ubuntu',
    });
    expect((await lab.send('PUT', '/v1/nodes/..%2Fx', spec, ann)).status).toBe(422);
    expect((await lab.send('POST', '/v1/nodes/alpha/remove', {}, bob)).status).toBe(403);
    expect((await lab.send('POST', '/v1/nodes/alpha/remove', {}, ann)).status).toBe(200);
    expect((await lab.get('/v1/nodes/alpha')).status).toBe(404);
  });

  test('gets a new host key only in the form of one', async () => {
    const lab = await labWithNodes();
    const bad = await lab.send('PUT', '/v1/nodes/n1/host-key', { host_key: 'none' }, ann);
    expect(bad.status).toBe(422);
    const good = await lab.send('PUT', '/v1/nodes/n1/host-key', { host_key: 'ssh-ed25519 BBBB' }, ann);
    expect(await read(good)).toMatchObject({ host_key: 'ssh-ed25519 BBBB' });
  });

  test.each(['unlock', 'status', 'reimage', 'remove'])('is not touched by strangers: %s', async (act) => {
    const lab = await labWithNodes();
    expect((await lab.send('POST', `/v1/nodes/n1/${act}`, {}, { authorization: '' })).status).toBe(401);
  });
});
