import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, nodesNow, startCli, until } from '../fixtures/lab-process.ts';
import { oneLab } from '../fixtures/one-lab.ts';

/** One lab for all of these: each test leaves its two nodes free. */
const lab = oneLab('--nodes', '2');

const env = () => ({ LOLIGO_FOLDER: lab.folder });
const lock = (...args: string[]) => cli(['lock', ...args], env());

/** Writes a job for so many nodes and returns the words that run it. */
function job(name: string, nodes: number, command: string, more: object = {}): string[] {
  const roles = Array.from({ length: nodes }, (_, index) => [`node.${index}`]);
  lab.write(`${name}.yaml`, JSON.stringify({ roles, tasks: [{ exec: { 'node.0': [command] } }], ...more }));
  return ['run', join(lab.root, `${name}.yaml`)];
}

const states = async () => (await nodesNow(lab.client)).map((node) => node.state);
const allFree = () =>
  until('all nodes are free', async () => (await states()).every((state) => state === 'free'));

describe('loligo run --lock', () => {
  test('locks a node for each entry of roles, runs, and gives them back', async () => {
    const archive = join(lab.root, 'archive');
    const run = await cli([...job('pass', 2, 'echo it ran'), '--lock', '-a', archive], env());
    expect(run).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('unlocked sandbox01 sandbox02'),
    });
    const log = readFileSync(join(archive, 'teuthology.log'), 'utf8');
    expect(log).toMatch(/Locked targets:\n {2}\S+@sandbox01:/);
    expect(log).toContain('Checking locks...');
    expect(log).toContain('it ran');
    expect(readFileSync(join(archive, 'config.yaml'), 'utf8')).toMatch(/targets:\n {2}\S+@sandbox01:/);
    expect(await states()).toEqual(['free', 'free']);
  });

  test('leaves the nodes with me after a failure, and says how to reach and release them', async () => {
    const run = await cli([...job('fail', 1, 'false'), '--lock'], env());
    expect(run.exitCode).toBe(1);
    expect(run.output).toMatch(
      /(sandbox0\d) stays locked by [^]*\n {2}ssh -i \S+ -p \d+ \S+@127.0.0.1\n {2}loligo lock --unlock \1\n/,
    );
    const mine = JSON.parse((await lock('--list')).output) as { name: string; lease_until: string | null }[];
    expect(mine).toMatchObject([{ lease_until: null }]);
    expect((await lock('--unlock', mine[0]?.name ?? '')).exitCode).toBe(0);
    await allFree();
  });

  test('releases them after a failure when the job says so, and holds them for as long as it says', async () => {
    const released = await cli([...job('let-go', 1, 'false', { unlock_on_failure: true }), '--lock'], env());
    expect(released).toMatchObject({ exitCode: 1, output: expect.stringMatching(/unlocked sandbox0\d\n$/) });
    await allFree();
    await cli([...job('hold', 1, 'false', { hold_hours: 2 }), '--lock'], env());
    const [held] = JSON.parse((await lock('--list')).output) as { name: string; lease_until: string }[];
    const hours = (Date.parse(`${held?.lease_until.replace(' ', 'T')}Z`) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(1.9);
    expect(hours).toBeLessThanOrEqual(2);
    await lock('--unlock', held?.name ?? '');
    await allFree();
  });

  test('ends with a sentence when there are not enough, and waits for them with --block', async () => {
    await lock('--lock', 'sandbox01', '--desc', 'a bug');
    const words = job('two', 2, 'echo it ran');
    const refused = await cli([...words, '--lock'], env());
    expect(refused.exitCode).toBe(3);
    expect(refused.output).toMatch(
      /not enough machines are available: asked for 2 of type sandbox, 1 is free/,
    );
    expect(refused.output).toContain('DEAD');

    const waiting = startCli([...words, '--lock', '--block'], env());
    await until('it waits', async () =>
      waiting.output().includes('Could not lock enough machines, waiting: asked for 2'),
    );
    expect(await states()).toEqual(['locked', 'free']);
    await lock('--unlock', '--clean', 'sandbox01');
    expect({ code: await waiting.ended, output: waiting.output() }).toMatchObject({
      code: 0,
      output: expect.stringContaining('it ran'),
    });
    expect(await states()).toEqual(['free', 'free']);
  });

  test('leaves no lock behind when it is interrupted while it waits', async () => {
    await lock('--lock', 'sandbox01');
    const waiting = startCli([...job('two', 2, 'echo it ran'), '--lock', '--block'], env());
    await until('it waits', async () => waiting.output().includes('waiting: asked for 2'));
    waiting.kill('SIGINT');
    expect(await waiting.ended).toBe(3);
    await lock('--unlock', '--clean', 'sandbox01');
    expect(await states()).toEqual(['free', 'free']);
  });

  test('gives its nodes back to be cleaned when it is interrupted', async () => {
    const running = startCli([...job('long', 1, 'echo begun; sleep 600'), '--lock'], env());
    await until('it runs', async () => running.output().includes('stdout:begun'));
    running.kill('SIGINT');
    expect(await running.ended).toBe(3);
    expect(running.output()).toMatch(/unlocked sandbox0\d\n$/);
    await allFree();
  });

  test('killed outright, it loses its nodes with the lease, and they are cleaned', async () => {
    const running = startCli([...job('long', 2, 'echo begun; sleep 600'), '--lock'], env());
    await until('it runs', async () => running.output().includes('stdout:begun'));
    running.kill('SIGKILL');
    await running.ended;
    expect(await states()).toEqual(['locked', 'locked']);
    await allFree();
    const { history } = await lab.client.get<{ history: { event: string }[] }>('/v1/nodes/sandbox01');
    expect(history.slice(0, 3).map(({ event }) => event)).toEqual(['cleaned', 'cleaning', 'released']);
  });

  test.each<[string, string[], string, number]>([
    ['targets of its own', ['--lock'], '--lock chooses the targets', 2],
    ['more nodes than there are, even with --block', ['--lock', '--block'], 'waiting does not help', 3],
    [
      'a type that is not there',
      ['--lock', '--machine-type', 'vax'],
      'no such nodes (its types: sandbox)',
      3,
    ],
  ])('%s: a sentence', async (what, flags, part, code) => {
    const own = what === 'targets of its own' ? { targets: { 'ubuntu@a': null } } : {};
    const run = await cli([...job('odd', what.startsWith('more') ? 5 : 1, 'true', own), ...flags], env());
    expect(run).toMatchObject({ exitCode: code, output: expect.stringContaining(part) });
    expect(await states()).toEqual(['free', 'free']);
  });
});

describe('loligo run on targets of a lab', () => {
  const onTargets = (name: string, more: object = {}) =>
    job(name, 1, 'echo it ran', { targets: { 'root@sandbox01': null }, ...more });

  test('begins only when their owner has locked them and they are up', async () => {
    const unlocked = await cli(onTargets('unlocked'), env());
    expect(unlocked).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('machine root@sandbox01 is not locked'),
    });
    await lock('--lock', 'sandbox01', '--owner', 'eve@desk');
    expect((await cli(onTargets('theirs'), env())).output).toMatch(
      /machine root@sandbox01 is locked by eve@desk, not \S+@\S+/,
    );
    await lock('--update', '--status', 'down', 'sandbox01');
    expect((await cli(onTargets('down'), env())).output).toContain('machine root@sandbox01 is marked down');
    const unknown = await cli(job('unknown', 1, 'true', { targets: { 'root@nowhere': null } }), env());
    expect(unknown.output).toContain('could not read lock status for root@nowhere');
    await lock('--update', '--status', 'up', 'sandbox01');
    await allFree();
  });

  test('runs on those that I have locked', async () => {
    const taken = await lock('--lock-many', '1');
    lab.write('targets.yaml', taken.output);
    const run = await cli([...job('mine', 1, 'echo it ran'), join(lab.root, 'targets.yaml')], env());
    expect(run).toMatchObject({ exitCode: 0, output: expect.stringContaining('stdout:it ran') });
    expect(await states()).toContain('locked');
    await lock('--unlock', '--targets', join(lab.root, 'targets.yaml'));
    await allFree();
  });

  test('asks nobody with `check-locks: false`', async () => {
    const run = await cli(
      [...onTargets('unasked', { 'check-locks': false }), '--connect-attempts', '1'],
      env(),
    );
    expect(run.output).toContain('Lock checking disabled.');
  });
});
