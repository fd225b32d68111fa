import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { command } from './schedule.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-schedule-'));
  file = join(folder, 'job.yaml');
  writeFileSync(file, 'tasks: []\npriority: 7\ntargets: {ubuntu@h: ssh-rsa AAAA}\n');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

/** What the word prints, to stdout and to stderr. */
async function schedule(...args: string[]): Promise<{ out: string; said: string }> {
  let out = '';
  let said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(console, 'error').mockImplementation((line: string) => void (said += `${line}\n`));
  await command().parseAsync(args, { from: 'user' });
  return { out, said };
}

test('--dry-run prints the job as it would be queued, as far as that is known without a lab', async () => {
  const { out } = await schedule(
    file,
    '-n',
    'r',
    '-w',
    'smithi',
    '--email',
    'a@b',
    '--timeout',
    '9',
    '--dry-run',
  );
  expect(out).toBe(
    '---\ntasks: []\npriority: 7\nemail: a@b\nresults_timeout: 9\nname: r\nmachine_type: smithi\n',
  );
  writeFileSync(file, 'tasks: []\n');
  expect((await schedule(file, '-p', '50', '-o', 'ann', '-d', 'x', '--dry-run')).out).toBe(
    '---\ntasks: []\ndescription: x\nowner: ann\npriority: 50\n',
  );
  expect((await schedule(file, '--dry-run')).out).toBe('---\ntasks: []\npriority: 1000\n');
});

test('-b @FILE appends every copy under a number of its own', async () => {
  const queue = join(folder, 'queue.yaml');
  const { out } = await schedule(file, '-n', 'r', '-N', '2', '-b', `@${queue}`);
  expect(out).toBe('Job scheduled with name r and ID 1\nJob scheduled with name r and ID 2\n');
  const document = (id: number) => `---\njob_id: '${id}'\nname: r\npriority: 7\ntasks: []\n`;
  expect(readFileSync(queue, 'utf8')).toBe(document(1) + document(2));
  await expect(schedule(file, '-b', `@${queue}`)).rejects.toThrow('needs --name RUN');
  await expect(schedule(file, '-n', 'r', '-b', 'redis')).rejects.toThrow("'redis' is no queue");
});

test('the bracket jobs of a suite are taken and queue nothing', async () => {
  const first = ['-n', 'r', '--first-in-suite', '--seed', '7', '--subset', '1/2', '--no-nested-subset'];
  expect(await schedule(...first)).toEqual({
    out: '',
    said: 'nothing is queued: the lab keeps seed and subset of a run\n',
  });
  expect((await schedule('-n', 'r', '--last-in-suite', '--email', 'a@b')).said).toContain(
    'mails the results',
  );
  await expect(schedule(file, '--seed', '7')).rejects.toThrow('go with --first-in-suite');
  await expect(schedule('-n', 'r')).rejects.toThrow('which job?');
});
