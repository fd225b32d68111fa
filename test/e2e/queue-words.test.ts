import { expect, test } from 'vitest';
import { queue, shellJob, until, untilJob } from '../fixtures/lab-process.ts';
import { oneLab } from '../fixtures/one-lab.ts';

const lab = oneLab('--nodes', '1');

const word = async (...args: string[]) => lab.word('queue', ...args);

test('a paused queue starts nothing, is listed, moved and thinned out, and goes on when it is resumed', async () => {
  const paused = await word('--pause', '1h', '--reason', 'new images');
  expect(paused.output).toMatch(/^every queue is paused until \S+Z: new images\n$/);
  const first = await queue(lab.client, 'ann-first', shellJob('true'));
  const second = await queue(lab.client, 'ann-second', shellJob('true'));
  const third = await queue(lab.client, 'wrong', shellJob('true'));
  await until('the dispatcher has looked', async () =>
    (await word('--why', `ann-first/${first.jobId}`)).output.includes('paused by'),
  );
  expect((await word('-P', '7', '-R', 'ann-second')).output).toBe(
    `Priority 7 for ann-second/${second.jobId}\n`,
  );
  expect((await word('-D', 'wron')).output).toBe(`Deleting wrong/${third.jobId}\n`);
  expect((await word()).output.split('\n')).toEqual([
    `Job: ${String(second.jobId).padStart(4)} priority:    7 ann-second/${second.jobId}`,
    `Job: ${String(first.jobId).padStart(4)} priority: 1000 ann-first/${first.jobId}`,
    '',
  ]);
  expect((await word('--runs')).output).toBe('ann-second\nann-first\n');
  expect((await word('--full')).output).toContain('\troles:');
  expect(JSON.parse((await word('--status', '-m', 'sandbox')).output)).toMatchObject({
    name: 'sandbox',
    count: 2,
    paused: true,
    pause: { reason: 'new images' },
  });
  expect((await word('--pause', '0')).output).toBe('every queue is not paused any more\n');
  await untilJob(lab.client, second, 'pass');
  await untilJob(lab.client, first, 'pass');
  expect((await word()).output).toBe('');
  expect((await word('--why', `ann-first/${first.jobId}`)).output).toBe(
    `job ann-first/${first.jobId} does not wait: it is pass\n`,
  );
});

test.each([
  [['--why', 'nothing'], "'nothing' is not RUN/JOB"],
  [['--pause', 'soon'], "'soon' is neither a number of seconds nor a time"],
  [['--pause', '0'], 'not all queues are paused'],
  [['-P', '5'], 'whose priority?'],
  [['--runs', '--status'], '--status and --runs do not go together'],
  [['-R', 'x'], 'whose --priority changes'],
])('%j is refused with one sentence', async (args, part) => {
  const refused = await word(...args);
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(part) });
});
