import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';

let bench: JobBench;
beforeAll(async () => {
  bench = await startJobBench(3);
});
afterAll(() => bench.stop());

/** A job with this pexec on three hosts. */
function pexec(config: string): Promise<BenchResult> {
  return bench.run(`roles: [[node.a, client.0], [node.b, client.1], [node.c]]\ntasks:\n- pexec:\n${config}`);
}

/** The standard output of the job's own commands, in the order of the log. */
function said(result: BenchResult): string[] {
  return result.lines.flatMap((line) => /\.stdout:say (.*)/.exec(line)?.[1] ?? []);
}

describe('pexec', () => {
  test('runs the lines of a host in one shell', async () => {
    const result = await pexec(`
    client.0:
    - cd $TESTDIR
    - word=kept
    - if true; then
    - echo say $word in $PWD
    - fi
`);
    expect(result.failureReason).toBe(null);
    expect(said(result)).toEqual([`kept in ${bench.hosts.endpoints[0]?.home}/cephtest`]);
  });

  test('runs at once on all hosts, on all clients, or on single roles', async () => {
    // Each host waits for a file of every other, which none could get if they ran one after the other.
    const meet = `touch ${bench.hosts.folder}/$(hostname) && for host in`;
    const wait = `; do until [ -e ${bench.hosts.folder}/$host ]; do sleep 0.05; done; done; echo say $(hostname)`;
    const all = await pexec(`    all: ['${meet} target1 target2 target3${wait}']\n`);
    const clients = await pexec(
      `    clients: ['${meet} target1 target2${wait}']\n    node.c: [echo say alone]\n`,
    );
    expect(said(all).sort()).toEqual(['target1', 'target2', 'target3']);
    expect(said(clients).sort()).toEqual(['alone', 'target1', 'target2']);
  });

  test('uses sudo when asked to', async () => {
    const { lines } = await pexec('    sudo: true\n    client.0: [echo say hi]\n');
    const shell = `TESTDIR=${bench.hosts.endpoints[0]?.home}/cephtest bash -s`;
    expect(lines).toContain(`DEBUG:teuthology.orchestra.run.target1:> sudo ${shell}`);
  });

  test('a barrier is passed by no host before all have executed what stands above it', async () => {
    const result = await pexec(`
    client.0: [sleep 1, echo say 0 above, barrier, echo say 0 between, barrier, echo say 0 below]
    client.1: [echo say 1 above, barrier, sleep 0.5, echo say 1 between, barrier, echo say 1 below]
    node.c: [echo say 2 above, barrier, echo say 2 between, barrier, sleep 0.2, echo say 2 below]
`);
    expect(result.failureReason).toBe(null);
    const places = said(result).map((line) => line.split(' ')[1]);
    const three = (place: string): string[] => [place, place, place];
    expect(places).toEqual([...three('above'), ...three('between'), ...three('below')]);
  });

  test('a host that fails ends those that wait for it, and is the reason', async () => {
    const result = await pexec(`
    client.0: [sleep 0.5, exit 9, barrier, echo say never]
    client.1: [barrier, echo say never]
    node.c: [sleep 1000, barrier, echo say never]
`);
    expect(result.status).toBe('fail');
    expect(result.failureReason).toMatch(/^Command failed on target1 with status 9: 'TESTDIR=\S+ bash -s'$/);
    expect(said(result)).toEqual([]);
  });

  test('a shell that ends well before the others meet is a failure too', async () => {
    const { failureReason } = await pexec(
      '    client.0: [exit 0, barrier, echo x]\n    client.1: [barrier]\n',
    );
    expect(failureReason).toBe(
      'pexec: the shell of client.0 ended before barrier 1, where the others would have waited for it',
    );
  });

  test('stops at the first line that fails', async () => {
    const result = await pexec('    client.0: [echo say before, "false", echo say after]\n');
    expect(result.failureReason).toMatch(/^Command failed on target1 with status 1/);
    expect(said(result)).toEqual(['before']);
  });

  test('takes more lines than a pipe holds', async () => {
    const lines = Array.from({ length: 3000 }, () => `    - ': ${'x'.repeat(100)}'\n`).join('');
    const result = await pexec(
      `    client.0:\n    - sleep 0.5\n${lines}    - barrier\n    - echo say done\n`,
    );
    expect(said(result)).toEqual(['done']);
  });

  test.each([
    [
      '    client.0: [barrier]\n    client.1: [barrier, barrier]\n',
      "the same number of 'barrier' lines, but client.0 has 1, client.1 has 2",
    ],
    ['    sudo: maybe\n    client.0: [ls]\n', `pexec: 'sudo' must be true or false, not "maybe"`],
    ['    sudo: true\n', "pexec: its config must be a map from roles (or 'all' or 'clients') to shell lines"],
    ['    client.0: [{a: b}]\n', `pexec: 'client.0[0]' must be a shell command, not the map {"a":"b"}`],
  ])('refuses %j', async (config, sentence) => {
    const { status, failureReason } = await pexec(config);
    expect(status).toBe('fail');
    expect(failureReason).toContain(sentence);
  });
});
