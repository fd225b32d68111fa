import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';

let bench: JobBench;
let folder = '';
beforeAll(async () => {
  bench = await startJobBench(2);
});
afterAll(() => bench.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ansible-test-'));
  await mkdir(join(folder, 'repo'));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'repo/site.yml'), '[]');
  await writeFile(join(folder, 'repo/cephlab.yml'), '[]');
  vi.stubEnv('HOME', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Puts a fake ansible-playbook first in the PATH: it notes its words and its folder, then does what is given. */
async function fakeAnsible(act: string): Promise<void> {
  const file = join(folder, 'bin/ansible-playbook');
  await writeFile(
    file,
    `#!/bin/sh\nfor word; do printf '%s\\n' "$word"; done >>${folder}/words\npwd >${folder}/cwd\n${act}\n`,
  );
  await chmod(file, 0o755);
  vi.stubEnv('PATH', `${folder}/bin:${process.env['PATH']}`);
}

async function words(): Promise<string[]> {
  return (await readFile(join(folder, 'words'), 'utf8')).trim().split('\n');
}

function job(tasks: string, more = ''): Promise<BenchResult> {
  const head = `ceph_cm_ansible: false\nroles: [[node.a, client.0], [node.b]]\n${more}`;
  return bench.run(`${head}\ntasks:\n${tasks}`, { site: { cephCmAnsibleRepo: join(folder, 'repo') } });
}

describe('ansible', () => {
  test('runs the playbook on the hosts of the job, with its output in ansible.log', async () => {
    await fakeAnsible(
      `echo out; echo err >&2; cp "$5" ${folder}/inventory; env | grep ^ANSIBLE_ >${folder}/env`,
    );
    const { failureReason, file } = await job(
      `- ansible: {repo: ${folder}/repo, playbook: site.yml, tags: [a, b], vars: {x: 1}}\n`,
    );
    expect(failureReason).toBe(null);
    expect((await file('ansible.log')).split('\n').sort()).toEqual(['', 'err', 'out']);
    const given = await words();
    expect(given.slice(5)).toEqual([
      '--limit',
      'target1,target2',
      `${folder}/repo/site.yml`,
      '--tags',
      'a,b',
    ]);
    expect(JSON.parse(given[2] ?? '')).toEqual({ ansible_ssh_user: bench.hosts.endpoints[0]?.user, x: 1 });
    expect((await readFile(join(folder, 'cwd'), 'utf8')).trim()).toBe(join(folder, 'repo'));
    expect(await readFile(join(folder, 'env'), 'utf8')).toContain(`:${folder}/repo/roles\n`);
    const inventory = JSON.parse(await readFile(join(folder, 'inventory'), 'utf8'));
    expect(inventory.all.hosts.target1).toMatchObject({
      ansible_host: '127.0.0.1',
      ansible_port: bench.hosts.endpoints[0]?.port,
    });
  });

  test('keeps to the hosts that it is given, and runs again in the end for a clean-up', async () => {
    await fakeAnsible('');
    const { failureReason } = await job(
      `- ansible: {repo: ${folder}/repo, playbook: site.yml, hosts: client.0, cleanup: true}\n`,
    );
    expect(failureReason).toBe(null);
    const given = await words();
    expect(given.filter((word) => word.startsWith('target'))).toEqual(['target1', 'target1']);
    expect(given.filter((word) => word.includes('"cleanup":true'))).toHaveLength(1);
  });

  test('gives the reasons of the failure log as the reason, and keeps the log', async () => {
    await fakeAnsible(`printf 'target1:\\n  msg: no such package\\n' >"$ANSIBLE_FAILURE_LOG"; exit 2`);
    const { status, failureReason, file } = await job(
      `- ansible: {repo: ${folder}/repo, playbook: site.yml}\n`,
    );
    expect([status, failureReason]).toEqual(['fail', 'no such package']);
    expect(await file('ansible_failures.yaml')).toContain('no such package');
  });

  test('gives the command and its status where the failure log says nothing', async () => {
    await fakeAnsible('exit 4');
    const { failureReason } = await job(`- ansible: {repo: ${folder}/repo, playbook: site.yml}\n`);
    expect(failureReason).toMatch(/^Command failed with status 4: .*ansible-playbook -v --extra-vars/);
  });

  test('takes plays that stand in the job itself', async () => {
    await fakeAnsible(
      `for word; do case "$word" in */playbook.yml) cp "$word" ${folder}/plays ;; esac; done`,
    );
    const { failureReason } = await job(
      `- ansible: {repo: ${folder}/repo, playbook: [{hosts: all, roles: [common]}]}\n`,
    );
    expect(failureReason).toBe(null);
    expect(JSON.parse(await readFile(join(folder, 'plays'), 'utf8'))).toEqual([
      { hosts: 'all', roles: ['common'] },
    ]);
  });

  test.each([
    ['{}', "ansible: 'playbook' must say which playbook to run"],
    ['{playbook: none.yml}', "ansible: there is no playbook 'none.yml' in "],
    [
      '{playbook: site.yml, hosts: [client.7]}',
      "ansible: 'hosts' names 'client.7', which is no role and no host of this job",
    ],
    ['{playbook: site.yml, tag: x}', "ansible: there is no key 'tag' in its config"],
  ])('refuses %s', async (config, sentence) => {
    await fakeAnsible('');
    expect((await job(`- ansible: ${config}\n`)).failureReason).toContain(sentence);
    expect(existsSync(join(folder, 'words'))).toBe(false);
  });

  test('says what to install where Ansible is missing', async () => {
    vi.stubEnv('PATH', join(folder, 'bin'));
    const { failureReason } = await job(`- ansible: {repo: ${folder}/repo, playbook: site.yml}\n`);
    expect(failureReason).toBe(
      "'ansible-playbook' is not installed on the machine that runs this job: install Ansible (the package ansible-core)",
    );
  });
});

describe('ansible.cephlab', () => {
  test('uses the repository of the site, with the overrides of the job', async () => {
    await fakeAnsible('');
    const { failureReason } = await job(
      '- ansible.cephlab:\n',
      'overrides: {ansible.cephlab: {skip_tags: timezone}}',
    );
    expect(failureReason).toBe(null);
    expect((await words()).slice(7)).toEqual([`${folder}/repo/cephlab.yml`, '--skip-tags', 'timezone']);
    expect(existsSync(join(folder, '.vault_pass.txt'))).toBe(true);
  });

  test('makes the job dead when it fails', async () => {
    await fakeAnsible('exit 2');
    expect((await job('- ansible.cephlab:\n')).status).toBe('dead');
  });

  test('is skipped with one line where the site has no repository', async () => {
    const { status, lines } = await bench.run(
      'roles: [[node.a]]\nceph_cm_ansible: false\ntasks: [{ansible.cephlab: null}]',
    );
    expect(status).toBe('pass');
    expect(lines.filter((line) => line.includes('INFO:teuthology.task.ansible'))).toEqual([
      'INFO:teuthology.task.ansible:ansible.cephlab: no ansible repository is configured for this site, skipping',
    ]);
  });
});
