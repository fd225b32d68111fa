import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  cli,
  jobNow,
  labScratch,
  nodesNow,
  queue,
  startUp,
  until,
  untilJob,
} from '../fixtures/lab-process.ts';

test('a job gets the node that each role requires, from the queue and from people, or is told which cannot be', async () => {
  await using scratch = labScratch();
  const { client } = await startUp(scratch.lab, '--targets', 'sandbox', '--nodes', '3');
  // Another kind of node, in the place of one of the lab's own.
  const { user = '', address = '', port = 0, host_key = null } = (await nodesNow(client))[2] ?? {};
  const identity_file = join(scratch.lab, 'nodes/sandbox/id_ed25519');
  await client.post('/v1/nodes/sandbox03/status', { status: 'down', reason: 'it is another now' });
  const arm = { machine_type: 'mira', arch: 'aarch64', user, address, port, host_key, identity_file };
  await client.put('/v1/nodes/arm01', arm);
  const kinds = async () => (await nodesNow(client)).map(({ name, state }) => `${name} ${state}`);
  await until('it is in the inventory', async () => (await kinds()).includes('arm01 free'));

  const job = {
    roles: [['mon.a'], ['client.0'], ['mon.b']],
    machine_type: 'sandbox',
    requirements: { client: { machine_type: 'mira', arch: 'aarch64' } },
    tasks: [{ exec: { 'client.0': ['echo this is {client.0}'] } }],
  };
  const queued = await untilJob(
    client,
    await queue(client, 'three', JSON.stringify(job)),
    'pass',
    'fail',
    'dead',
  );
  expect(queued).toMatchObject({ status: 'pass', machine_type: 'sandbox,mira' });
  expect(queued.nodes.map((name) => name.replace(/\d+$/, ''))).toEqual(['sandbox', 'arm', 'sandbox']);

  scratch.write('job.yaml', JSON.stringify(job));
  const env = { LOLIGO_FOLDER: scratch.lab };
  const free = async () => (await kinds()).filter((each) => each.endsWith(' free')).length;
  await until('its nodes are free again', async () => (await free()) === 3);
  const run = await cli(['run', join(scratch.root, 'job.yaml'), '--lock'], env);
  expect(run).toMatchObject({ exitCode: 0, output: expect.stringContaining('this is arm01') });

  const impossible = { ...job, requirements: { client: { arch: 'riscv64' } } };
  const stuck = await queue(client, 'stuck', JSON.stringify(impossible));
  await until('the dispatcher has looked', async () => (await jobNow(client, stuck)).why_waiting !== null);
  expect((await cli(['queue', '--why', `stuck/${stuck.jobId}`], env)).output).toContain(
    'can never start: it needs 1 node of type sandbox with riscv64 for client, the lab has 0: ',
  );
  const unknown = { ...job, requirements: { 'osd.0': { arch: 'aarch64' } } };
  await expect(queue(client, 'unknown', JSON.stringify(unknown))).rejects.toThrow(
    'requirements name osd.0, which no node plays: the roles are mon.a, client.0, mon.b',
  );
});
