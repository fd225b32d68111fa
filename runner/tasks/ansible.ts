import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { withOverrides } from '../../core/config/overrides.ts';
import { parseTargets } from '../../core/config/targets.ts';
import type { Task, TaskContext } from '../engine/task.ts';
import type { Remote } from '../remote/remote.ts';
import { ansibleArguments } from './ansible-config.ts';
import type { AnsibleConfig } from './ansible-config.ts';
import { playbookArguments, playbookEnvironment } from './ansible-command.ts';
import { installRequirements } from './ansible-requirements.ts';
import { ansibleFailures, AnsibleFailedError } from './ansible-failures.ts';
import { writeInventory } from './ansible-inventory.ts';
import { remotesNamed } from './named-hosts.ts';
import { LocalCommandFailedError, runLocally } from './local-program.ts';

/** Runs a playbook from this machine on the hosts of the job; its output goes to `ansible.log`, its failures to `ansible_failures.yaml`. */
export const task: Task = async (ctx, config) => {
  await runAnsible(ctx, ansibleArguments.read(withOverrides(ctx.job, 'ansible', config)), null);
};

/** Prepares the hosts with the site's own repository of playbooks, if it has one. A failure here is the lab's, not the test's: the job is dead. */
export const cephlab: Task = async (ctx, config) => {
  const given = ansibleArguments.read(withOverrides(ctx.job, 'ansible.cephlab', config));
  const repo = given.repo ?? ctx.site.cephCmAnsibleRepo;
  if (repo === null) {
    ctx.log.info('ansible.cephlab: no ansible repository is configured for this site, skipping');
    return;
  }
  if (ctx.cluster.remotes.length === 0) return;
  await (await open(join(homedir(), '.vault_pass.txt'), 'a', 0o600)).close();
  try {
    await runAnsible(ctx, { ...given, repo, playbook: given.playbook ?? 'cephlab.yml' }, 'testnodes');
  } catch (error) {
    if (!ctx.signal.aborted) Object.assign(ctx.summary, { status: 'dead', success: false });
    throw error;
  }
};

async function runAnsible(ctx: TaskContext, config: AnsibleConfig, group: string | null): Promise<void> {
  const remotes = remotesNamed({ task: 'ansible', cluster: ctx.cluster, names: config.hosts });
  const folder = await mkdtemp(join(tmpdir(), 'ansible-'));
  ctx.defer(() => rm(folder, { recursive: true, force: true }));
  const repo = await checkOut({ ctx, folder, repo: config.repo ?? '.', branch: config.branch });
  const playbook = await findPlaybook({ folder, repo, playbook: config.playbook });
  const inventory = config.inventory ?? (await defaultInventory({ ctx, folder, remotes, group, config }));
  const play = (vars: AnsibleConfig['vars']): Promise<void> =>
    runPlaybook({ ctx, config: { ...config, vars }, folder, repo, playbook, inventory, remotes });
  if (config.cleanup) ctx.defer(() => play({ ...config.vars, cleanup: true }));
  await play(config.vars);
}

async function checkOut(params: {
  ctx: TaskContext;
  folder: string;
  repo: string;
  branch: string;
}): Promise<string> {
  const { ctx, folder, repo, branch } = params;
  if (existsSync(repo)) return resolve(repo);
  const clone = join(folder, 'repo');
  ctx.log.info(`Fetching ${repo} branch ${branch}...`);
  await runLocally({
    program: 'git',
    args: ['clone', '--quiet', '--depth', '1', '--branch', branch, '--', repo, clone],
    signal: ctx.signal,
    output: async (chunk) => ctx.log.info(chunk.toString().trimEnd()),
    advice: 'install git',
  });
  return clone;
}

/** A playbook was named that is neither in the repository nor here. */
class PlaybookNotFoundError extends Error {
  override readonly name = 'PlaybookNotFoundError';
}

async function findPlaybook(params: {
  folder: string;
  repo: string;
  playbook: AnsibleConfig['playbook'];
}): Promise<string> {
  const { folder, repo, playbook } = params;
  if (playbook === null)
    throw new PlaybookNotFoundError("ansible: 'playbook' must say which playbook to run");
  const written = join(folder, 'playbook.yml');
  if (typeof playbook !== 'string') {
    await writeFile(written, JSON.stringify(playbook, null, 2)); // JSON is YAML
    return written;
  }
  if (/^https?:\/\//.test(playbook)) {
    const answer = await fetch(playbook);
    if (!answer.ok) throw new PlaybookNotFoundError(`ansible: ${playbook} answers ${answer.status}`);
    await writeFile(written, await answer.text());
    return written;
  }
  const found = [resolve(repo, playbook), resolve(playbook)].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new PlaybookNotFoundError(
    `ansible: there is no playbook '${playbook}' in ${repo} or in ${process.cwd()}`,
  );
}

async function defaultInventory(params: {
  ctx: TaskContext;
  folder: string;
  remotes: readonly Remote[];
  group: string | null;
  config: AnsibleConfig;
}): Promise<string> {
  const { ctx, folder, remotes, group, config } = params;
  if (existsSync('/etc/ansible/hosts')) return '/etc/ansible/hosts';
  return writeInventory(folder, {
    hosts: remotes.map(({ hostname }) => hostname),
    group,
    targets: parseTargets(ctx.job['targets'] ?? null, {
      labDomain: ctx.site.labDomain,
      defaultUser: 'ubuntu',
    }),
    groupVars: config.group_vars,
    ignoreHostKeys: ctx.job['sshkeys'] === 'ignore' || !ctx.site.verifyHostKeys,
  });
}

async function runPlaybook(params: {
  ctx: TaskContext;
  config: AnsibleConfig;
  folder: string;
  repo: string;
  playbook: string;
  inventory: string;
  remotes: readonly Remote[];
}): Promise<void> {
  const { ctx, config, repo, remotes } = params;
  const failureLog = join(params.folder, 'failures.yaml');
  const args = playbookArguments({
    ...params,
    ...config,
    playbook: params.playbook,
    inventory: params.inventory,
    hosts: remotes.map(({ hostname }) => hostname),
    user: remotes[0]?.user ?? 'ubuntu',
    skipTags: config.skip_tags,
    privateKey: ctx.site.sshKey,
  });
  const env = playbookEnvironment({ repo, folder: params.folder, failureLog });
  const output = (chunk: Buffer): Promise<void> => keep(ctx, () => ctx.archive?.append('ansible.log', chunk));
  await installRequirements({ repo, env, signal: ctx.signal, output });
  ctx.log.info(`Running playbook ${params.playbook}; its output is in ansible.log`);
  try {
    await runLocally({
      program: 'ansible-playbook',
      args,
      cwd: repo,
      env,
      signal: ctx.signal,
      output,
      advice: 'install Ansible (the package ansible-core)',
    });
  } catch (error) {
    throw error instanceof LocalCommandFailedError ? await reasonOf(ctx, failureLog, error) : error;
  }
  if (config.reconnect) for (const remote of remotes) await remote.reconnect({ signal: ctx.signal });
}

async function reasonOf(
  ctx: TaskContext,
  failureLog: string,
  failure: LocalCommandFailedError,
): Promise<Error> {
  if (!existsSync(failureLog)) return failure;
  const log = await readFile(failureLog, 'utf8');
  await keep(ctx, () => ctx.archive?.put('ansible_failures.yaml', log));
  const failures = ansibleFailures(log);
  return failures.length > 0 ? new AnsibleFailedError(failures) : failure;
}

/** Writes to the archive; trouble with that is told and never fails the job. */
async function keep(ctx: TaskContext, write: () => Promise<void> | undefined): Promise<void> {
  try {
    await write();
  } catch (error) {
    ctx.log.warn(`ansible: the archive did not take the output: ${String(error)}`);
  }
}
