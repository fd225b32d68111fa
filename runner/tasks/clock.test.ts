import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { JobBench } from '../../test/fixtures/job-bench.ts';
import { peersScript, synchronizeScript } from './clock.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clock-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a script with fake programs, each of which notes its words and then does what is given for it; the others do not exist. */
async function runWith(
  script: string,
  fakes: Readonly<Record<string, string>>,
): Promise<{ status: number | null; calls: string[] }> {
  for (const [name, act] of Object.entries(fakes)) {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\necho ${name} "$@" >>${folder}/calls\n${act}\n`);
    await chmod(file, 0o755);
  }
  const here = script.replace('PATH=/usr/bin:/usr/sbin:$PATH;', '');
  const { status } = spawnSync('/bin/sh', ['-c', here], { env: { PATH: folder } });
  const calls = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
  return { status, calls: calls.split('\n').filter((line) => line !== '' && !line.startsWith('sudo')) };
}

describe('the scripts of clock', () => {
  const sudo = '"$@"';

  test('stop the service, set the clock, start the service and show its peers', async () => {
    const { status, calls } = await runWith(synchronizeScript, {
      sudo,
      systemctl: 'exit 0',
      ntpd: 'exit 0',
      ntpq: 'exit 0',
    });
    expect(calls).toEqual([
      'systemctl stop ntp.service',
      'ntpd -gq',
      'systemctl start ntp.service',
      'ntpq -p',
    ]);
    expect(status).toBe(0);
  });

  test('find the service that a host has', async () => {
    const { status, calls } = await runWith(synchronizeScript, {
      sudo,
      systemctl: '[ "$2" = chronyd.service ]',
      chronyc: 'exit 0',
    });
    expect(calls.filter((call) => !/ntpd?\.service/.test(call))).toEqual([
      'systemctl stop chronyd.service',
      'chronyc makestep',
      'systemctl start chronyd.service',
      'chronyc sources',
    ]);
    expect(status).toBe(0);
  });

  test.each([[synchronizeScript], [peersScript]])(
    'pass on a host that has nothing of all this',
    async (script) => {
      expect(await runWith(script, {})).toEqual({ status: 0, calls: [] });
    },
  );
});

describe('clock', () => {
  let bench: JobBench;
  beforeAll(async () => {
    bench = await startJobBench(1);
  });
  afterAll(() => bench.stop());

  test('leaves a clock alone that the host shares with its machine', async () => {
    const { status, lines } = await bench.run('roles: [[node.a]]\ntasks: [{clock.check: null}]');
    expect(status).toBe('pass');
    const left = 'target1: its clock is left alone (a sandbox node)';
    expect(lines.filter((line) => line.endsWith(left))).toHaveLength(2); // as an initial task, and as one of the job's own
    expect(lines.filter((line) => /ntpd|chronyc|systemctl/.test(line))).toEqual([]);
    expect(lines.filter((line) => line.includes('Checking final clock skew...'))).toHaveLength(2);
  });
});
