import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultSite } from '../../core/config/site-settings.ts';
import { SiteSettingsError, readSiteSettings } from './site-settings.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'loligo-home-'));
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

async function settingsFile(name: string, content: string): Promise<string> {
  const path = join(home, name);
  await writeFile(path, content);
  return path;
}

test('without a file everything has its default', async () => {
  expect(await readSiteSettings({ home, environment: {} })).toEqual({ settings: defaultSite, file: null });
});

test('the file of the original serves, with its names', async () => {
  const file = await settingsFile(
    '.teuthology.yaml',
    [
      'lab_domain: front.sepia.example',
      'test_path: /tmp/cephtest',
      'ssh_key: ~/.ssh/lab',
      'verify_host_keys: no',
      'ceph_cm_ansible_git_url: https://example.org/ansible.git',
      'default_machine_type: smithi',
      'max_job_time: 43200',
      'lock_server: http://paddles.example/',
    ].join('\n'),
  );
  expect(await readSiteSettings({ home, environment: {} })).toEqual({
    file,
    settings: {
      ...defaultSite,
      labDomain: 'front.sepia.example',
      testPath: '/tmp/cephtest',
      sshKey: join(home, '.ssh/lab'),
      verifyHostKeys: false,
      cephCmAnsibleRepo: 'https://example.org/ansible.git',
      defaultMachineType: 'smithi',
      maxJobSeconds: 43200,
    },
  });
});

test('our own file wins, and the two are not merged', async () => {
  await settingsFile('.teuthology.yaml', 'lab_domain: old.example\ntest_path: /old\n');
  const file = await settingsFile('.loligo.yaml', 'lab_domain: new.example\n');
  const read = await readSiteSettings({ home, environment: {} });
  expect(read).toEqual({ file, settings: { ...defaultSite, labDomain: 'new.example' } });
});

test('a file that is named is the only one read, and must exist', async () => {
  await settingsFile('.loligo.yaml', 'lab_domain: home.example\n');
  const file = await settingsFile('other.yaml', 'test_user: root\n');
  expect(
    (await readSiteSettings({ home, environment: { LOLIGO_CONFIG: file, SSH_AUTH_SOCK: '' } })).settings,
  ).toEqual({ ...defaultSite, testUser: 'root' });
  await expect(readSiteSettings({ home, environment: { TEUTHOLOGY_CONFIG: `${file}.bak` } })).rejects.toThrow(
    `${file}.bak: no such settings file`,
  );
});

test('an empty file and null settings are defaults', async () => {
  await settingsFile('.loligo.yaml', 'lab_domain:\nssh_key: null\n');
  expect((await readSiteSettings({ home, environment: {} })).settings).toEqual(defaultSite);
  await settingsFile('.loligo.yaml', '# nothing yet\n');
  expect((await readSiteSettings({ home, environment: {} })).settings).toEqual(defaultSite);
});

test('every wrong setting gets a sentence with its line', async () => {
  const file = await settingsFile(
    '.loligo.yaml',
    '# site\ntest_path: 7\nmax_job_time: -5\nverify_host_keys: sometimes\n',
  );
  const failure = readSiteSettings({ home, environment: {} });
  await expect(failure).rejects.toThrow(SiteSettingsError);
  await expect(failure).rejects.toThrow(
    [
      `${file}:2: test_path must be text, found 7`,
      `${file}:4: verify_host_keys must be true or false, found 'sometimes'`,
      `${file}:3: max_job_time must be more than 0, found -5`,
    ].join('\n'),
  );
});

test('a file that is no map is refused', async () => {
  const file = await settingsFile('.loligo.yaml', '- lab_domain\n');
  await expect(readSiteSettings({ home, environment: {} })).rejects.toThrow(
    `${file}: settings must be a map of keys, found ["lab_domain"]`,
  );
});

test('broken YAML is named with its line', async () => {
  const file = await settingsFile('.loligo.yaml', 'a: 1\nb: c: d\n');
  await expect(readSiteSettings({ home, environment: {} })).rejects.toThrow(`${file}:2:5: `);
});

test('takes the agent from SSH_AUTH_SOCK', async () => {
  const { settings } = await readSiteSettings({ home, environment: { SSH_AUTH_SOCK: '/run/agent.sock' } });
  expect(settings.agentSocket).toBe('/run/agent.sock');
});

test('mail settings have the names of the original, and a sender is an address', async () => {
  const file = await settingsFile(
    'mail.yaml',
    'results_email: qa@lab\nresults_sending_email: teuthology\nresults_timeout: 60\nsmtp_url: smtp://localhost:25\n',
  );
  const { settings } = await readSiteSettings({ home, environment: { LOLIGO_CONFIG: file } });
  expect(settings.mail).toEqual({
    to: 'qa@lab',
    from: 'teuthology@localhost',
    timeoutSeconds: 60,
    smtpUrl: 'smtp://localhost:25',
  });
  const bad = await settingsFile('bad.yaml', 'smtp_url: http://x\n');
  await expect(readSiteSettings({ home, environment: { LOLIGO_CONFIG: bad } })).rejects.toThrow(
    'smtp_url must be an smtp or smtps URL',
  );
});

test('the rules of the queue are read, and what is wrong with them is said', async () => {
  const file = await settingsFile(
    '.loligo.yaml',
    'reserve_machines: 5\nowner_quota: {all: 40, smithi: 20}\nfair_share: true\npatience_hours: 12\n',
  );
  const { settings } = await readSiteSettings({ home, environment: {} });
  expect(settings.queueRules).toEqual({
    reserveMachines: 5,
    quota: { all: 40, byType: new Map([['smithi', 20]]) },
    fairShare: true,
    patienceMs: 12 * 3_600_000,
  });
  await writeFile(file, 'owner_quota: 7\n');
  const short = await readSiteSettings({ home, environment: {} });
  expect(short.settings.queueRules.quota).toEqual({ all: 7, byType: new Map() });
  await writeFile(file, 'reserve_machines: -1\nowner_quota: {smithi: many}\n');
  await expect(readSiteSettings({ home, environment: {} })).rejects.toThrow(
    /1: reserve_machines must not be negative, found -1\n.*2: owner_quota must be a number of nodes, or a map/,
  );
});

test('retention is on where it is named, and what it leaves out is as in the original', async () => {
  await settingsFile('.loligo.yaml', 'retention_days: {fail: 90}\n');
  const { settings } = await readSiteSettings({ home, environment: {} });
  expect(settings.retention).toEqual({ pass: 14, fail: 90, remotes: 60, compress: 30 });
  const file = await settingsFile('.loligo.yaml', 'retention_days: {fial: 90}\n');
  await expect(readSiteSettings({ home, environment: {} })).rejects.toThrow(`${file}:1: retention_days`);
});
