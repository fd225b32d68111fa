import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';
import type { Task } from '../engine/task.ts';
import { checks } from './tests.ts';

const roles = 'roles: [[node.a, client.0], [node.b, client.1]]';

describe.each(['openssh', 'ssh2'] as const)('tasks on hosts of %s', (server) => {
  let bench: JobBench;
  beforeAll(async () => {
    bench = await startJobBench(2, { server });
  });
  afterAll(() => bench.stop());

  const run = (tasks: string, extra: Readonly<Record<string, Task>> = {}): Promise<BenchResult> =>
    bench.run(`${roles}\ntasks:\n${tasks}`, { tasks: extra });

  test('tests finds that the remote layer keeps its promises', async () => {
    const { failureReason, lines } = await run('- tests:\n');
    expect(failureReason).toBe(null);
    const passed = lines.flatMap((line) => /^INFO:teuthology\.task\.tests:PASS (.*)/.exec(line)?.[1] ?? []);
    const expected = ['target1', 'target2'].flatMap((host) => checks.map(({ name }) => `${host}: ${name}`));
    expect(passed.sort()).toEqual(expected.sort());
  });

  test('localdir makes a folder for each client and takes it away again', async () => {
    let during: boolean[] = [];
    const look: Task = async () => {
      during = bench.hosts.endpoints.map(({ home }, id) => existsSync(join(home, `cephtest/mnt.${id}`)));
    };
    const result = await run('- localdir:\n- look:\n- exec: {client.0: [touch $TESTDIR/mnt.0/left]}\n', {
      look,
    });
    expect([result.failureReason, during]).toEqual([null, [true, true]]);
    await run('- localdir: [client.1]\n- look:\n', { look });
    expect(during).toEqual([false, true]);
  });

  test('localdir refuses what is no list of clients', async () => {
    const { failureReason } = await run('- localdir: {client.0: null}\n');
    expect(failureReason).toBe(
      'localdir: its config must be a list of clients, or nothing, not the map {"client.0":null}',
    );
  });

  test('ssh_keys gives the hosts one key and puts back what was there', async () => {
    const homes = bench.hosts.endpoints.map(({ home }) => join(home, '.ssh'));
    const [one = '', other = ''] = homes;
    await mkdir(one, { recursive: true });
    await writeFile(join(one, 'config'), 'Host mine\n');
    const before = [await readdir(one), await readdir(other).catch(() => [])];
    const text = (name: string): Promise<string[]> =>
      Promise.all(homes.map((home) => readFile(join(home, name), 'utf8')));
    const look: Task = async () => {
      const [key, sameKey] = await text('id_rsa');
      expect(key).toMatch(/^-----BEGIN .*PRIVATE KEY-----/);
      expect(key).toBe(sameKey);
      expect((await stat(join(one, 'id_rsa'))).mode & 0o777).toBe(0o500);
      const [authorized = ''] = await text('authorized_keys');
      const [publicKey = '', otherPublicKey = ''] = await text('id_rsa.pub');
      expect(authorized).toContain(publicKey);
      expect(authorized).toContain(otherPublicKey);
      expect(publicKey).toMatch(/^ssh-rsa \S+ ssh-keys-user@target1\n$/);
      expect(await text('config')).toEqual(
        Array.from({ length: 2 }, () => 'StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n'),
      );
    };
    const { failureReason, lines } = await run('- ssh_keys:\n- look:\n', { look });
    expect(failureReason).toBe(null);
    expect(await readFile(join(one, 'config'), 'utf8')).toBe('Host mine\n');
    expect([await readdir(one), await readdir(other).catch(() => [])]).toEqual(before);
    expect(lines.filter((line) => line.includes('PRIVATE KEY'))).toEqual([]);
  });
});
