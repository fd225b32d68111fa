import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labId } from '../../cli/lab/targets.ts';
import { engineThings, everyThing } from '../fixtures/engine-things.ts';
import { labScratch, nodesNow, queue, startUp, until, untilJob } from '../fixtures/lab-process.ts';
import { forgetSnapshots } from '../fixtures/snapshot-images.ts';
import { describeWith } from '../requirements.ts';

describeWith(['docker', 'debootstrap'], 'deaths around a job on containers', () => {
  const name = `slow-thing-${process.pid}`;

  test(
    'a runner that is killed while it makes a snapshot, and then the lab: no container, network or right is left',
    { timeout: 400_000 },
    async () => {
      await using scratch = labScratch();
      scratch.write(
        'suite/tasks/thing.ts',
        `export const task = async (ctx) => {
          await ctx.snapshot({ name: '${name}', key: '${name}' }, async (remotes) => {
            for (const remote of remotes) await remote.sh('sleep ' + (ctx.job.seconds ?? 0));
          });
        };\n`,
      );
      const targets = ['--targets', 'docker', '--nodes', '2'];
      const first = await startUp(scratch.lab, ...targets);
      const lab = labId(readFileSync(join(scratch.lab, 'token'), 'utf8').trim());
      const job = (seconds: number): string =>
        JSON.stringify({
          roles: [['a']],
          suite_path: join(scratch.root, 'suite'),
          tasks: [{ thing: null }],
          seconds,
        });
      const making = (): string[] => engineThings('container', lab, 'loligo.maker');
      const ofJobs = (): string[] => engineThings('network', lab, 'loligo.job');

      const long = await queue(first.client, 'long', job(1000));
      await until('it makes the snapshot', async () => making().length === 1);
      expect(ofJobs()).toHaveLength(1);
      process.kill(runnerOf(scratch.lab, long), 'SIGKILL');
      const dead = await untilJob(first.client, long, 'dead');
      expect(dead.failure_reason).not.toBe(null);
      await until('its node is as new', async () =>
        (await nodesNow(first.client)).every(({ state }) => state === 'free'),
      );
      expect([making(), ofJobs()]).toEqual([[], []]);

      // Nobody waits for the dead one.
      const next = await queue(first.client, 'next', job(0));
      await untilJob(first.client, next, 'pass');
      expect(
        readFileSync(join(scratch.lab, 'archive/next', String(next.jobId), 'teuthology.log'), 'utf8'),
      ).toContain(`made image ${name}`);

      first.kill('SIGKILL');
      await first.ended;
      const second = await startUp(scratch.lab, ...targets);
      second.kill('SIGINT');
      await second.ended;
      expect(everyThing(lab)).toEqual([]);
      await forgetSnapshots(name);
    },
  );
});

/** The pid that a job has in its archive. */
function runnerOf(folder: string, { run, jobId }: { run: string; jobId: number }): number {
  const archive = join(folder, 'archive', run, String(jobId));
  expect(readdirSync(archive)).toContain('pid');
  return Number(readFileSync(join(archive, 'pid'), 'utf8'));
}
