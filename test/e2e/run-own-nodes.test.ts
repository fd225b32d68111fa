import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { everyThing } from '../fixtures/engine-things.ts';
import { cli, labScratch, startCli, until } from '../fixtures/lab-process.ts';
import { forgetSnapshots } from '../fixtures/snapshot-images.ts';
import { describeWith } from '../requirements.ts';

const main = join(import.meta.dirname, '..', '..', 'bin', 'loligo.js');

describe('a job that is run by hand on nodes of its own', () => {
  test('stops at the prompt of the original’s three-node example, and leaves nothing', async () => {
    await using scratch = labScratch();
    const targets = { 'ubuntu@host07.example.com': null, 'ubuntu@host08.example.com': null };
    const tasks = [{ exec: { 'client.0': ['echo from the client'] } }, { interactive: null }];
    scratch.write('job.yaml', JSON.stringify({ roles: [['mon.0'], ['client.0']], targets, tasks }));
    const words = [process.execPath, main, 'run', '--targets', 'sandbox', join(scratch.root, 'job.yaml')];
    // `script` gives the command a terminal of its own.
    const child = spawn('script', ['-qec', words.join(' '), '/dev/null'], {
      env: { ...process.env, LOLIGO_FOLDER: scratch.lab },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until('the prompt is there', async () => output.includes('>>> '));
    expect(readdirSync(join(scratch.lab, 'runs'))).toHaveLength(1);
    child.stdin.write('"hosts " + ctx.cluster.remotes.map((each) => each.shortname)\r');
    await until('the prompt answers', async () => output.includes('hosts sandbox01,sandbox02'));
    child.stdin.write('\u0004');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output).toContain('from the client');
    expect(output).toMatch(/INFO:teuthology\.run:pass/);
    expect(readdirSync(join(scratch.lab, 'runs'))).toEqual([]);
  });

  test('needs roles, and no lab', async () => {
    await using scratch = labScratch();
    scratch.write('none.yaml', 'tasks: [{nop: }]\n');
    scratch.write('one.yaml', 'roles: [[a]]\ntasks: [{nop: }]\n');
    const env = { LOLIGO_FOLDER: scratch.lab };
    const noRoles = await cli(['run', '--targets', 'docker', join(scratch.root, 'none.yaml')], env);
    expect(noRoles).toEqual({
      exitCode: 2,
      output: '--targets makes a machine for each entry of roles: the job has none\n',
    });
    const both = await cli(['run', '--targets', 'docker', '--lock', join(scratch.root, 'one.yaml')], env);
    expect(both).toEqual({
      exitCode: 2,
      output: '--lock takes machines of a lab, --targets makes some: give one of them\n',
    });
    const noEngine = await cli(['run', '--targets', 'docker', join(scratch.root, 'one.yaml')], {
      ...env,
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    });
    expect(noEngine.exitCode).toBe(3);
    expect(noEngine.output).toMatch(
      /failure_reason: .*no container engine answers on the default socket \(or DOCKER_HOST\): .*\n[^]*status: dead/,
    );
  });
});

describeWith(['docker', 'debootstrap'], 'a job that is run by hand on containers of its own', () => {
  const name = `thing-${process.pid}`;
  afterAll(() => forgetSnapshots(name));

  test(
    'has snapshots as in a lab; what a killed one left is taken away by the next',
    { timeout: 400_000 },
    async () => {
      await using scratch = labScratch();
      scratch.write(
        'suite/tasks/thing.ts',
        `export const task = async (ctx) => {
        const verify = async (remote) => (await remote.sh('cat /opt/thing || true')) === '${name}';
        await ctx.snapshot({ name: '${name}', key: '${name}', verify }, async (remotes) => {
          for (const remote of remotes) await remote.sh('printf %s ${name} | sudo tee /opt/thing');
        });
      };\n`,
      );
      const roles = [['mon.a'], ['mon.b']];
      const both = {
        exec: {
          'mon.a': ['cat /opt/thing; exec 3<>/dev/tcp/{mon.b}/22; head -c 4 <&3'],
          'mon.b': ['hostname'],
        },
      };
      scratch.write('job.yaml', JSON.stringify({ roles, tasks: [{ thing: null }, both] }));
      scratch.write('long.yaml', JSON.stringify({ roles, tasks: [{ exec: { 'mon.a': ['sleep 1000'] } }] }));
      const env = { LOLIGO_FOLDER: scratch.lab };
      const words = (file: string): string[] => {
        const archive = join(scratch.root, `archive-${file}`);
        return [
          'run',
          '--targets',
          'docker',
          '--suite-path',
          join(scratch.root, 'suite'),
          '-a',
          archive,
          join(scratch.root, file),
        ];
      };
      const runs = (): string[] => readdirSync(join(scratch.lab, 'runs'));

      const first = await cli(words('job.yaml'), env);
      expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining(`made image ${name}`) });
      expect(runs()).toEqual([]);

      const long = startCli(words('long.yaml'), env);
      await until('it runs', async () => long.output().includes('Running commands on role mon.a'));
      const [lab = ''] = runs();
      long.kill('SIGKILL');
      await long.ended;
      expect(everyThing(lab)).not.toEqual([]);

      const again = await cli(words('job.yaml'), env);
      expect(again).toMatchObject({
        exitCode: 0,
        output: expect.stringContaining(`reusing existing image ${name}`),
      });
      expect(again.output).toContain(`stdout:${name}SSH-`);
      expect([runs(), everyThing(lab)]).toEqual([[], []]);
      expect(readFileSync(join(scratch.root, 'archive-job.yaml/summary.yaml'), 'utf8')).toContain(
        'success: true',
      );
    },
  );
});
