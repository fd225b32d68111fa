import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodesNow, queue, shellJob, until, untilJob } from '../fixtures/lab-process.ts';
import { oneLab } from '../fixtures/one-lab.ts';
import { allNodes } from '../../cli/client/every-page.ts';

/** One lab for all of these: each test leaves its three nodes free. */
const lab = oneLab('--nodes', '3');

const word =
  (name: string) =>
  async (...args: string[]) =>
    lab.word(name, ...args);
const lock = word('lock');
const states = async () => (await nodesNow(lab.client)).map((node) => `${node.name} ${node.state}`);
const allFree = () =>
  until('all nodes are free', async () => (await states()).every((state) => state.endsWith(' free')));

describe('loligo lock', () => {
  test('takes several nodes as targets, shows them as mine, and gives them back one by one', async () => {
    const taken = await lock('--lock-many', '2', '--desc', 'test foo');
    expect(taken).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/^targets:\n {2}\S+@sandbox01:\n/),
    });
    const mine = JSON.parse((await lock('--list')).output) as { name: string; locked_by: string }[];
    expect(mine.map((node) => node.name)).toEqual(['sandbox01', 'sandbox02']);
    expect((await lock('--list-targets')).output).toBe(taken.output);
    expect((await lock('--unlock', 'ubuntu@sandbox01')).exitCode).toBe(0);
    expect((await lock('--brief', '--desc-pattern', 'foo')).output).toMatch(
      /^sandbox02 up {3}locked {3}\S+@\S+ "test foo"\n$/,
    );
    expect((await lock('--unlock', 'sandbox02')).exitCode).toBe(0);
    expect((await lock('--list')).output).toBe('[]\n');
    await allFree();
  });

  test('locks named nodes all or none, and with -f as many as it can', async () => {
    expect((await lock('--lock', 'sandbox02')).exitCode).toBe(0);
    const both = await lock('--lock', 'sandbox01', 'sandbox02');
    expect(both).toMatchObject({ exitCode: 1, output: expect.stringContaining('sandbox02 is locked by') });
    expect(await states()).toContain('sandbox01 free');
    const forced = await lock('--lock', '-f', 'sandbox02', 'sandbox01');
    expect(forced).toMatchObject({ exitCode: 1, output: expect.stringContaining('locked sandbox01 for') });
    expect((await lock('--unlock', '-f', 'sandbox03', 'sandbox01', 'sandbox02')).exitCode).toBe(1);
    await allFree();
  });

  test('narrows listings by every option, and counts', async () => {
    await lock('--lock', 'sandbox01', '--desc', 'a crash in osd.3');
    const first = (await nodesNow(lab.client))[0];
    const { arch = '', os_type: osType = '', os_version: osVersion = '' } = first ?? {};
    const owner = first?.locked_by ?? '';
    lab.write('one.yaml', JSON.stringify({ targets: { 'ubuntu@sandbox02': null } }));
    lab.write('query.json', JSON.stringify({ locked: true, os_type: osType }));
    const names = async (...args: string[]) => {
      const listed = await lock('--list', ...args);
      expect(listed.exitCode).toBe(0);
      return (JSON.parse(listed.output) as { name: string }[]).map((node) =>
        node.name.replace('sandbox', ''),
      );
    };
    expect(await names()).toEqual(['01']);
    expect(await names('-a')).toEqual(['01', '02', '03']);
    expect(await names('--owner', owner)).toEqual(['01']);
    expect(await names('--owner', 'nobody@there')).toEqual([]);
    expect(await names('sandbox03')).toEqual(['03']);
    expect(await names('-t', join(lab.root, 'one.yaml'))).toEqual(['02']);
    expect(await names('-a', '--locked', 'true')).toEqual(['01']);
    expect(await names('-a', '--locked', 'false')).toEqual(['02', '03']);
    expect(await names('-a', '--status', 'up')).toEqual(['01', '02', '03']);
    expect(await names('-a', '--status', 'down')).toEqual([]);
    expect(await names('-a', '-m', 'vax,sandbox')).toEqual(['01', '02', '03']);
    expect(await names('-a', '-m', 'vax')).toEqual([]);
    expect(await names('-a', '--os-type', osType, '--os-version', osVersion, '--arch', arch)).toHaveLength(3);
    expect(await names('-a', '--os-type', 'plan9')).toEqual([]);
    expect(await names('-a', '--os-version', '0.1')).toEqual([]);
    expect(await names('-a', '--arch', 's390x')).toEqual([]);
    expect(await names('-a', '--desc-pattern', 'osd.3')).toEqual(['01']);
    expect(await names('-a', '--json-query', '{"locked": true}')).toEqual(['01']);
    expect(await names('-a', '--json-query', join(lab.root, 'query.json'))).toEqual(['01']);
    expect((await lock('--list')).output).toMatch(/^\[\n {4}\{\n {8}"name": "sandbox01",/);
    expect((await lock('-a', '--brief', '--locked', 'false')).output).toBe(
      ['02', '03'].map((name) => `sandbox${name} up   unlocked None ""\n`).join(''),
    );
    expect((await lock('--list-targets', 'sandbox03')).output).toMatch(/^targets:\n {2}\S+@sandbox03:\n/);
    expect((await lock('--summary')).output.split('\n')).toEqual([
      'TYPE     COUNT  UP  OWNER',
      `sandbox    1    1  ${owner}`,
      'sandbox    2    2  (free)',
      '         ---  ---',
      '           3    3',
      '',
    ]);
    expect((await lock('--unlock', 'sandbox01', '--desc', 'something else')).exitCode).toBe(1);
    expect((await lock('--update', 'sandbox01', '--desc', 'still looking')).exitCode).toBe(0);
    expect((await lock('--unlock', 'sandbox01', '--desc', 'still looking')).exitCode).toBe(0);
    await allFree();
  });

  test('says why there are not enough, and locks none', async () => {
    await lock('--lock', 'sandbox02', '--desc', 'a bug');
    const refused = await lock('--lock-many', '3', '-m', 'sandbox');
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toMatch(
      /asked for 3 of type sandbox, 2 are free: sandbox02 is locked by \S+ \(a bug\)/,
    );
    expect((await states()).filter((state) => state.endsWith('locked'))).toEqual(['sandbox02 locked']);
    await lock('--unlock', '--clean', 'sandbox02');
    expect(await states()).toContain('sandbox02 free');
  });

  test('marks a node down, so that nobody gets it, and brings it back', async () => {
    const down = await lock('--update', '--status', 'down', '--desc', 'bad disk', 'sandbox03');
    expect(down.output).toBe('sandbox03 is quarantined (bad disk)\n');
    expect((await lock('-a', '--brief', '--status', 'down')).output).toContain('sandbox03 down unlocked');
    expect((await lock('--lock-many', '3')).output).toContain('sandbox03 is quarantined (bad disk)');
    expect((await lock('--update', '--status', 'up', 'sandbox03')).exitCode).toBe(0);
    await allFree();
  });

  test('leaves the node of a job to the job, unless it is forced', async () => {
    const job = await queue(lab.client, 'busy', shellJob('sleep 600'));
    await untilJob(lab.client, job, 'running');
    const name = (await nodesNow(lab.client)).find((node) => node.job !== null)?.name ?? '';
    const refused = await lock('--unlock', name);
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining('loligo kill busy/') });
    expect((await lock('--unlock', '-f', name)).exitCode).toBe(0);
    expect(await untilJob(lab.client, job, 'dead')).toMatchObject({
      failure_reason: expect.stringContaining(`unlocked its node ${name} by force`),
    });
    await allFree();
  });

  test('a lock for a while ends by itself, and the node is cleaned', async () => {
    expect((await lock('--lock', 'sandbox01', '--for', '2s')).exitCode).toBe(0);
    await until('the lease is over', async () => (await states())[0] !== 'sandbox01 locked');
    await allFree();
  });

  test.each([
    [[], 'exactly one of'],
    [['--lock', 'nowhere'], "no node named 'nowhere'"],
    [['--lock-many', '1', '-m', 'vax'], 'no such nodes (its types: sandbox)'],
    [['--list', '--json-query', '[]'], '--json-query must be an object'],
    [['--lock', 'sandbox01', '--os-type', 'rhel'], 'has debian, not rhel'],
  ])('%j is refused with status 1', async (args, part) => {
    const refused = await lock(...args);
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(part) });
    expect((await states()).filter((state) => state.endsWith('locked'))).toEqual([]);
  });
});

test('loligo reimage gets a held node back as new', async () => {
  await lock('--lock', 'sandbox01');
  const done = await word('reimage')('sandbox01', '--wait');
  expect(done).toMatchObject({ exitCode: 0, output: expect.stringContaining('sandbox01 is free') });
});

test('loligo updatekeys finds keys unchanged, stores the right one, and fails for what does not answer', async () => {
  const updatekeys = word('updatekeys');
  const [first] = await nodesNow(lab.client);
  expect(await updatekeys('sandbox01')).toEqual({ exitCode: 0, output: 'sandbox01: unchanged\n' });
  await lab.client.put('/v1/nodes/sandbox01/host-key', { host_key: 'ssh-ed25519 AAAA' });
  expect((await updatekeys('--all')).output).toContain(
    `sandbox01: ${first?.host_key} (was ssh-ed25519 AAAA)`,
  );
  expect((await nodesNow(lab.client))[0]?.host_key).toBe(first?.host_key);

  await using closed = await closedPort();
  const spec = { machine_type: 'rack', address: '127.0.0.1', port: closed.port, arch: 'x86_64' };
  await lab.client.put('/v1/nodes/dead01', spec);
  const failed = await updatekeys('dead01', '--tries', '1');
  expect(failed).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('dead01: no host key in 1 tries'),
  });
  expect((await word('inventory')('remove', 'dead01')).exitCode).toBe(0);
});

/** A port that was free a moment ago. */
async function closedPort() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  server.close();
  return { port, [Symbol.asyncDispose]: async () => {} };
}

test('loligo inventory enters machines, which outlast a restart of the lab, and takes them out', async () => {
  const [first] = await nodesNow(lab.client);
  const { address, port, user } = first ?? { address: '', port: 0, user: '' };
  lab.write(
    'rack.yaml',
    JSON.stringify({ machineType: 'rack', nodes: [{ name: 'rack01', address, port, user }] }),
  );
  const inventory = word('inventory');
  const added = await inventory('add', `${lab.root}/rack.yaml`);
  expect(added).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining(`pinned the host key it shows`),
  });
  await lab.restart();
  const rack = (await nodesNow(lab.client)).find((node) => node.name === 'rack01');
  expect(rack).toMatchObject({ machine_type: 'rack', provider: 'enrolled', host_key: first?.host_key });
  expect(rack?.os_type).toBe('');
  const known = await allNodes(lab.client, { identified: true });
  const key = known.find((node) => node.name === 'sandbox01')?.identity_file ?? '';
  const asked = await inventory('update', 'rack01', 'sandbox01', '--identity', key);
  expect(asked.output).toMatch(/^rack01 is in the inventory: \S+ \S+ \S+, type rack, ssh-ed25519 \S+\n/);
  expect(asked).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('it cannot be entered by hand'),
  });
  expect((await nodesNow(lab.client)).find((node) => node.name === 'rack01')).toMatchObject({
    machine_type: 'rack',
    os_type: first?.os_type,
    os_version: first?.os_version.split('.').slice(0, 2).join('.'),
    arch: first?.arch,
  });
  expect((await inventory('remove', 'rack01')).exitCode).toBe(0);
  expect((await inventory('list')).output).not.toContain('rack01');
});
