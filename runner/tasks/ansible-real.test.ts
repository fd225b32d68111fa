import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';
import { describeWith } from '../../test/requirements.ts';

const playbook = `
- hosts: all
  roles: [common]
  tasks:
  - copy: {content: "{{ word }} {{ flavour }} {{ ansible_system }}", dest: "{{ place }}-{{ inventory_hostname }}"}
`;

describeWith(['sshd', 'git', 'ansible'], 'Ansible itself', () => {
  let bench: JobBench;
  let folder = '';
  beforeAll(async () => {
    bench = await startJobBench(2);
    folder = await mkdtemp(join(tmpdir(), 'ansible-real-'));
    const files = {
      'repo/site.yml': playbook,
      'repo/requirements.yml': `- {src: 'git+file://${folder}/role', name: common}\n`,
      'role/tasks/main.yml': '- set_fact: {place: "{{ playbook_dir }}/../made"}\n',
      'role/meta/main.yml':
        'galaxy_info: {author: me, description: x, license: MIT, min_ansible_version: "2.9"}\n',
      'lost/site.yml': '[]\n',
      'lost/requirements.yml': `- {src: 'git+file://${folder}/no-such-role', name: lost}\n`,
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    const git = (...words: string[]): void => {
      const who = ['-c', 'user.name=me', '-c', 'user.email=me@here'];
      execFileSync('git', ['-C', join(folder, 'role'), ...who, ...words], { stdio: 'ignore' });
    };
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'role');
  });
  afterAll(async () => {
    await bench.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (config: string): Promise<BenchResult> =>
    bench.run(`ceph_cm_ansible: false\nroles: [[node.a], [node.b]]\ntasks:\n- ansible: ${config}\n`);

  test('plays a repository with a role that it requires, with variables and facts, on every host', async () => {
    const { failureReason, file } = await run(
      `{repo: ${folder}/repo, playbook: site.yml, vars: {word: hello}, group_vars: {all: {flavour: sour}}}`,
    );
    const log = await file('ansible.log');
    expect([failureReason, log.includes('common was installed')]).toEqual([null, true]);
    const made = ['target1', 'target2'].map((host) =>
      execFileSync('cat', [`${folder}/made-${host}`], { encoding: 'utf8' }),
    );
    expect(made).toEqual(['hello sour Linux', 'hello sour Linux']);
  }, 120_000);

  test('says what failed, with the log of the failures', async () => {
    const plays =
      '[{hosts: all, gather_facts: false, tasks: [{shell: "echo no room >&2; exit 3", ignore_errors: true}, {shell: "echo no more room >&2; exit 3"}]}]';
    const { status, failureReason, file } = await run(`{playbook: ${plays}}`);
    expect([status, failureReason]).toEqual(['fail', 'no more room']);
    const failures = await file('ansible_failures.yaml');
    expect(failures).toMatch(/target1.*no more room/);
    expect(failures).toMatch(/target2.*no more room/);
  }, 120_000);

  test('says which requirement cannot be had, after three tries', async () => {
    const { failureReason, file } = await run(`{repo: ${folder}/lost, playbook: site.yml}`);
    expect(failureReason).toMatch(
      /^ansible: what \S+\/lost\/requirements.yml names cannot be installed: .*(no-such-role|lost)/,
    );
    expect((await file('ansible.log')).match(/lost was NOT installed/g)).toHaveLength(3);
  }, 120_000);
});
