import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { LabClient, Submitted } from './client/lab-client.ts';
import { command } from './suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'loligo-suite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answer: Submitted = {
  run: 'r',
  url: 'http://lab/r/',
  archive_url: null,
  jobs: 2,
  dropped: 3,
  generated: 5,
  job_ids: [],
  seed: 7,
  descriptions: ['s/a', 's/b'],
  configs: ['b: 1\na: 2\n', 'c: 3\n'],
  base: 'q: 1\np: 2\n',
  notes: ['mind the gap'],
};

/** Runs the word against a fake lab that takes everything. */
async function suite(args: readonly string[], says: { yes: boolean } = { yes: false }) {
  const sent: Record<string, unknown>[] = [];
  const out = { sent, stdout: [] as string[], stderr: [] as string[], questions: [] as string[] };
  const lab: Partial<LabClient> = {
    post: async <T>(_: string, body: unknown) => (sent.push(body as Record<string, unknown>), answer as T),
  };
  const word = command({
    lab: () => lab as LabClient,
    print: async (lines) => void out.stdout.push(...lines),
    say: (line) => void out.stderr.push(line),
    agrees: async (question) => (out.questions.push(question), says.yes),
  });
  word.exitOverride().configureOutput({ writeErr: () => {} });
  await word.parseAsync(['--suite-dir', folder, ...args], { from: 'user' });
  return out;
}

describe('loligo suite', () => {
  test('sends the defaults of the original', async () => {
    const { sent, stdout, stderr } = await suite(['-s', 'a:b']);
    expect(sent[0]).toMatchObject({
      suite: 'a:b',
      suite_dir: folder,
      ceph_branch: 'main',
      kernel: 'distro',
      kdb: true,
      flavor: 'default',
      newest: 0,
      validate_sha1: true,
      priority: 1000,
      num: 1,
      limit: 0,
      seed: null,
      no_nested_subset: null,
      job_threshold: null,
      rerun_statuses: ['fail', 'dead'],
      filters: { in: [], out: [], all: [], fragments: false },
      dry_run: false,
    });
    expect(stdout).toEqual([
      'Suite a:b scheduled 2 jobs as r (seed 7).',
      '3/5 jobs were filtered out.',
      'Scheduled 2 jobs in total.',
      'http://lab/r/',
    ]);
    expect(stderr).toEqual(['mind the gap']);
  });

  test('takes the options of the original, and what old scripts pass', async () => {
    const line =
      '-r old -R pass,dead -c wip -S abcdef1 -n 4 -k none --kdb No -f crimson -t tb -m smithi,gibba -d ubuntu -D jammy ' +
      '--arch aarch64 --expire 1w --rocketchat c1 -e a@b --filter x,,y -F on --no-nested-subset --suite-branch sb ' +
      '--validate-sha1 0 --job-threshold 0 --seed 0 --timeout 5 --throttle 3 -y -b beanstalk --archive-upload-url http://x';
    const { sent } = await suite(line.split(' '));
    expect(sent[0]).toMatchObject({
      rerun: 'old',
      rerun_statuses: ['pass', 'dead'],
      ceph_branch: 'wip',
      sha1: 'abcdef1',
      validate_sha1: false,
      newest: 4,
      kernel: 'none',
      kdb: false,
      flavor: 'crimson',
      teuthology_branch: 'tb',
      machine_type: 'smithi,gibba',
      distro: 'ubuntu',
      distro_version: 'jammy',
      arch: 'aarch64',
      expire: '1w',
      rocketchat: 'c1',
      email: 'a@b',
      filters: { in: ['x', '', 'y'], fragments: true },
      no_nested_subset: true,
      suite_branch: 'sb',
      job_threshold: 0,
      seed: 0,
    });
  });

  test.each([
    [[], 'which suite?'],
    [['-s', 'a', '--kdb', 'maybe'], "'maybe' is neither true nor false"],
    [['-s', 'a', '-p', '-1'], "'-1' is not a whole number"],
    [['-s', 'a', '-b', 'redis'], "'redis' is no queue"],
    [['-s', 'a', 'nosuch.yaml'], "cannot read 'nosuch.yaml'"],
    [['-s', 'a', '--nosuch'], "unknown option '--nosuch'"],
  ])('%j is refused in one sentence', async (args, sentence) => {
    await expect(suite(args)).rejects.toThrow(sentence);
  });

  test('lists more of a dry run the more it is asked', async () => {
    const dry = ['-s', 'a', '--dry-run'];
    expect((await suite(dry)).stdout.slice(0, 3)).toEqual([
      's/a',
      's/b',
      'Suite a would schedule 2 jobs as r (seed 7).',
    ]);
    expect((await suite([...dry, '-v'])).stdout.slice(0, 4)).toEqual([
      'Base job config:',
      'p: 2\nq: 1\n',
      'Scheduling s/a',
      'Scheduling s/b',
    ]);
    const all = await suite([...dry, '-vv']);
    expect(all.stdout).toEqual(['---\na: 2\nb: 1\n', '---\nc: 3\n']);
    expect(all.stderr).toContain('3/5 jobs were filtered out.');
    expect(all.sent[0]).toMatchObject({ dry_run: true, details: true, verbose: true });
  });

  test('reads its documents from here or from beside the suites', async () => {
    writeFileSync(join(folder, 'more.yaml'), 'x: 1\n');
    expect((await suite(['-s', 'a', 'more.yaml'])).sent[0]).toMatchObject({ config_yaml: ['x: 1\n'] });
  });

  test('appends to a file instead, with numbers that go on', async () => {
    const file = join(folder, 'queue.yaml');
    expect((await suite(['-s', 'a', '-b', `@${file}`])).sent[0]).toMatchObject({
      dry_run: true,
      details: true,
    });
    const second = await suite(['-s', 'a', '-b', `@${file}`]);
    expect(second.stdout).toEqual([
      'Job scheduled with name r and ID 3',
      'Job scheduled with name r and ID 4',
    ]);
    expect(readFileSync(file, 'utf8')).toBe(
      [1, 3].map((id) => `---\na: 2\nb: 1\njob_id: '${id}'\n---\nc: 3\njob_id: '${id + 1}'\n`).join(''),
    );
    expect(readFileSync(`${file}.count`, 'utf8')).toBe('4');
    writeFileSync(`${file}.count`, 'many');
    await expect(suite(['-s', 'a', '-b', `@${file}`])).rejects.toThrow("must hold a number, not 'many'");
  });

  test('asks before it keeps many machines', async () => {
    const many = ['-s', 'a', '--sleep-before-teardown', '60', '--limit', '5'];
    const no = await suite(many);
    expect([no.sent, no.questions.length]).toEqual([[], 1]);
    expect((await suite(many, { yes: true })).sent).toHaveLength(1);
    for (const harmless of [['-y'], ['--dry-run'], ['--limit', '4']]) {
      const { sent, questions } = await suite([...many, ...harmless]);
      expect([sent.length, questions]).toEqual([1, []]);
    }
  });
});
