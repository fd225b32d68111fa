import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../adapters/embedded/database.ts';
import { sqliteRunReports } from '../../adapters/embedded/run-reports.ts';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { defaultSite } from '../../core/config/site-settings.ts';
import { defaultSuiteSettings } from '../../core/config/suite-settings.ts';
import { isYamlMap } from '../../core/config/yaml-value.ts';
import type { Mail } from '../../core/ports/notifier.ts';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import { order } from '../../test/fixtures/suite-orders.ts';
import { describeWith } from '../../test/requirements.ts';
import { labSubmit } from '../../api/lab-submit.ts';
import { localSources } from './submit-ports.ts';

const context = { owner: 'alice@desk', now: Date.parse('2026-01-02T03:04:05Z'), resumed: false };

describeWith(['git'], 'a lab takes suites', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-submit-'));
  const repo = join(folder, 'repo');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repo, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      encoding: 'utf8',
    }).trim();
  const commits: string[] = [];
  const built = new Set<string>();
  let index: Server;

  beforeAll(async () => {
    mkdirSync(join(repo, 'qa/suites/smoke'), { recursive: true });
    git('init', '--quiet', '--initial-branch=main');
    for (const number of [1, 2, 3]) {
      writeFileSync(join(repo, 'qa/suites/smoke/a.yaml'), `number: ${number}\ntasks: [{nop: }]\n`);
      git('add', '.');
      git('commit', '--quiet', '-m', `number ${number}`);
      commits.unshift(git('rev-parse', 'HEAD'));
    }
    // A fake of a package index: it knows what is in `built`.
    index = createServer((request, response) => {
      const sha1 = new URL(request.url ?? '', 'http://x').searchParams.get('sha1') ?? '';
      response.end(JSON.stringify(built.has(sha1) ? [{ sha1 }] : []));
    }).listen(0, '127.0.0.1');
    await once(index, 'listening');
  });
  afterAll(() => {
    index.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function makeLab() {
    const lab = fakeLab();
    const sent: Mail[] = [];
    const notifier = { send: async (mail: Mail) => void sent.push(mail) };
    const reports = sqliteRunReports(openDatabase(':memory:'));
    const submit = labSubmit({
      ...lab,
      yaml: pyYaml,
      scripts: luaMergeScripts(),
      random: () => 0,
      defaultMachineType: 'box',
      maxJobSeconds: 60,
      ...localSources(join(folder, 'lab')),
      suiteSettings: async () => defaultSuiteSettings,
      desk: { reports, notifier, mail: { ...defaultSite.mail, to: 'lab@lab' }, log: silentLogger },
    });
    const suite = async (changes: object) =>
      await submit.suite({ ...order, dryRun: false, details: false, ...changes }, context);
    return { ...lab, suite, sent, reports };
  }

  test('from a repository, at the commit that its branch has now, with its tasks on disk', async () => {
    const lab = makeLab();
    const { run, jobIds } = await lab.suite({ suiteDir: null, suiteRepo: `file://${repo}` });
    const config = pyYaml.parse((await lab.jobs.getJob(run, jobIds[0] ?? 0))?.config ?? '');
    const keys = isYamlMap(config) ? config : new Map();
    expect([keys.get('suite_sha1'), keys.get('suite_branch'), keys.get('number')]).toEqual([
      commits[0],
      'main',
      3,
    ]);
    expect(existsSync(join(String(keys.get('suite_path')), 'suites/smoke/a.yaml'))).toBe(true);
    expect((await lab.jobs.getRun(run))?.sha1).toBe(commits[0]);
  });

  test('and notes who is to get the results, and when at the latest', async () => {
    const lab = makeLab();
    const { run } = await lab.suite({ suiteDir: repo, email: 'bob@lab', resultsTimeout: 60 });
    expect(await lab.reports.open()).toEqual([{ run, email: 'bob@lab', mailBy: context.now + 60_000 }]);
    expect(lab.sent).toEqual([]);
  });

  test('and mails that one was refused, unless it was a dry run', async () => {
    const lab = makeLab();
    const wish = { suiteDir: repo, suite: 'nope' };
    await expect(lab.suite({ ...wish, dryRun: true })).rejects.toThrow('nope');
    expect(lab.sent).toEqual([]);
    await expect(lab.suite(wish)).rejects.toThrow('nope');
    expect(lab.sent).toMatchObject([{ to: 'lab@lab', subject: 'Failed to schedule nope' }]);
    expect(lab.sent[0]?.text).toContain('nope was not scheduled:');
  });

  test('with packages of an earlier commit, when it is to go back for them', async () => {
    const lab = makeLab();
    const packageIndex = `http://127.0.0.1:${(index.address() as AddressInfo).port}/api/`;
    const wish = { suiteDir: repo, cephRepo: `file://${repo}`, packageIndex };
    await expect(lab.suite(wish)).rejects.toThrow(`do not exist for hash ${commits[0]}`);
    built.add(commits[2] ?? '');
    await expect(lab.suite({ ...wish, newest: 1 })).rejects.toThrow('Exceeded 1 backtracks');
    expect(await lab.jobs.listRuns({ limit: 9 })).toEqual([]);
    const dry = await lab.suite({ ...wish, newest: 5, dryRun: true, details: true });
    expect(dry.configs?.[0]).toContain(`\nsha1: ${commits[2]}\n`);
    expect(dry).toMatchObject({ jobs: 1, jobIds: [], dropped: 0, generated: 1, descriptions: ['smoke/a'] });
    expect(await lab.jobs.listRuns({ limit: 9 })).toEqual([]);
  });

  test('from a folder, with suites below qa or at its top', async () => {
    const lab = makeLab();
    const dry = { dryRun: true, details: true };
    expect((await lab.suite({ suiteDir: repo, ...dry })).configs?.[0]).toContain('suite_relpath: qa\n');
    const top = await lab.suite({ suiteDir: join(repo, 'qa'), ...dry });
    expect(top.configs?.[0]).toContain(`suite_path: ${join(repo, 'qa')}\n`);
    await expect(lab.suite({ suiteDir: repo, suiteRelpath: 'nosuch' })).rejects.toThrow('suites/smoke');
  });

  test('only from somewhere', async () => {
    await expect(makeLab().suite({ suiteDir: null })).rejects.toThrow('where are the suites?');
    await expect(makeLab().suite({ suiteDir: null, suiteRepo: `file://${folder}/nosuch` })).rejects.toThrow(
      'nosuch',
    );
  });
});
