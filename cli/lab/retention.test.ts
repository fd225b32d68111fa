import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addRun, apiLab, nodeSpec, startJob } from '../../test/fixtures/api-lab.ts';
import type { ApiLab } from '../../test/fixtures/api-lab.ts';
import { startRetention } from './retention.ts';

const dayMs = 86_400_000;
const retention = { pass: 14, fail: 90, remotes: 60, compress: -1 };
let lab: ApiLab;
let archive: string;
beforeEach(() => {
  lab = apiLab();
  archive = join(lab.folder, 'archive');
});
afterEach(() => lab.close());

/** A run whose jobs ended so, with a log and something of a host in the archive of each. */
async function runOf(name: string, ...ends: readonly ('pass' | 'fail')[]): Promise<number[]> {
  const ids = await addRun(lab, name, ends.length);
  for (const [index, status] of ends.entries()) {
    const jobId = ids[index] ?? 0;
    await lab.ports.nodes.register([nodeSpec(`n${jobId}`)], lab.ports.clock.now());
    const attempt = await startJob(lab, name, jobId, `n${jobId}`);
    await mkdir(join(archive, name, String(jobId), 'remote', 'a'), { recursive: true });
    await writeFile(join(archive, name, String(jobId), 'teuthology.log'), 'x');
    const outcome = { actor: 'runner', durationSeconds: 1, nodesClean: true, now: lab.ports.clock.now() };
    await lab.ports.jobs.finish(attempt, {
      ...outcome,
      status,
      failureReason: status === 'fail' ? 'no' : null,
    });
  }
  return ids;
}

/** One round of the loop. */
async function round(): Promise<void> {
  const loop = startRetention({ ...lab.ports, folder: archive, retention });
  await loop?.stop();
}

const has = (...path: readonly (string | number)[]) => existsSync(join(archive, ...path.map(String)));
const prunes = async () =>
  (await lab.ports.audit.list(100))
    .filter((each) => each.action === 'prune')
    .map(({ subject, detail }) => [subject, detail]);

test('what has had its time goes by tiers, with a line in the log and a record of each', async () => {
  const [passed = 0, failed = 0] = await runOf('r', 'pass', 'fail');
  await runOf('kept', 'pass');
  await writeFile(join(archive, 'kept', '.preserve'), '');
  const [open = 0] = await addRun(lab, 'open', 1);
  await mkdir(join(archive, 'open', String(open)), { recursive: true });
  lab.pass(13 * dayMs);
  await round();
  expect([has('r', passed), await prunes()]).toEqual([true, []]);
  lab.pass(48 * dayMs);
  await round();
  expect([has('r', passed), has('r', failed, 'remote'), has('r', failed, 'teuthology.log')]).toEqual([
    false,
    false,
    true,
  ]);
  expect(await prunes()).toEqual([
    [`r/${failed}`, 'remote/ of its archive: fail 61 days ago'],
    [`r/${passed}`, 'its archive: pass 61 days ago'],
  ]);
  expect(lab.logged).toContain(`r/${passed} has left the archive: pass 61 days ago`);
  lab.pass(40 * dayMs);
  await round();
  expect([has('r', failed), has('kept'), has('open', open)]).toEqual([false, true, true]);
});

test('a round that was killed in the middle is finished by the next', async () => {
  const [first = 0, second = 0] = await runOf('r', 'pass', 'pass');
  lab.pass(20 * dayMs);
  // Killed after the folder of the first was moved aside: what is left of it is no job any more, and goes.
  await rename(join(archive, 'r', String(first)), join(archive, 'r', `.pruned-${first}`));
  await round();
  expect([has('r', `.pruned-${first}`), has('r', second)]).toEqual([false, false]);
  // Killed while its hosts' files went: the log still says what it was.
  const [third = 0] = await runOf('s', 'fail');
  lab.pass(61 * dayMs);
  await mkdir(join(archive, 's', String(third), 'data'), { recursive: true });
  await round();
  await round();
  expect([has('s', third, 'remote'), has('s', third, 'data'), has('s', third, 'teuthology.log')]).toEqual([
    false,
    false,
    true,
  ]);
});

test('a round whose record cannot be written takes nothing away', async () => {
  const [id] = await runOf('r', 'pass');
  lab.pass(20 * dayMs);
  const audit = { ...lab.ports.audit, record: async () => Promise.reject(new Error('disk full')) };
  await startRetention({ ...lab.ports, audit, folder: archive, retention })?.stop();
  expect(has('r', id ?? 0, 'teuthology.log')).toBe(true);
  expect(lab.logged.join('\n')).not.toContain('has left the archive');
});

test('a site that says nothing keeps everything', () => {
  expect(startRetention({ ...lab.ports, folder: archive, retention: null })).toBeNull();
});
