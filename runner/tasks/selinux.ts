import { withOverrides } from '../../core/config/overrides.ts';
import type { Remote, Task, TaskContext } from '../engine/task.ts';
import { quoteWord } from '../remote/quote.ts';
import { argument, taskArguments } from './args.ts';
import { optional, texts } from './argument-kinds.ts';
import type { ArgumentKind } from './argument-kinds.ts';
import { hostFacts } from './internal/host-facts.ts';
import { remotesNamed } from './named-hosts.ts';

const modeKind: ArgumentKind<'permissive' | 'enforcing'> = {
  name: "'permissive' or 'enforcing'",
  read: (value) => (value === 'permissive' || value === 'enforcing' ? value : undefined),
};

export const selinuxArguments = taskArguments('selinux', {
  mode: argument({
    usage: 'what SELinux does while the tasks below it run',
    kind: modeKind,
    fallback: 'permissive',
  }),
  allowlist: argument({
    usage: 'texts; denials that have one of them are no failure',
    kind: texts,
    fallback: [],
  }),
  hosts: argument({
    usage: 'only these: roles, host names or short names; all hosts of the job',
    kind: optional(texts),
    fallback: null,
  }),
});

/** SELinux denied something, or a host has none. */
class SELinuxError extends Error {
  override readonly name = 'SELinuxError';
}

// Denials of the machine's own services, which say nothing about a test.
const known = [
  'comm="dmidecode"',
  'chronyd.service',
  'name="cephtest"',
  'scontext=system_u:system_r:nrpe_t:s0',
  'scontext=system_u:system_r:pcp_pmlogger_t',
  'scontext=system_u:system_r:pcp_pmcd_t:s0',
  'comm="rhsmd"',
  'scontext=system_u:system_r:syslogd_t:s0',
  'tcontext=system_u:system_r:nrpe_t:s0',
  'comm="updatedb"',
  'comm="smartd"',
  'comm="rhsmcertd-worke"',
  'comm="setroubleshootd"',
  'comm="rpm"',
];

/** Sets the mode of SELinux while the tasks below it run, and fails the job when something new was denied meanwhile. For hosts of the rpm family. */
export const task: Task = async (ctx, config) => {
  const { mode, allowlist, hosts } = selinuxArguments.read(withOverrides(ctx.job, 'selinux', config));
  const remotes = remotesNamed({ task: 'selinux', cluster: ctx.cluster, names: hosts });
  await Promise.all(remotes.map(requireSelinux));
  const allowed = [...known, ...allowlist];
  await Promise.all(remotes.map((remote) => watch(ctx, remote, { mode, allowed })));
};

async function requireSelinux(remote: Remote): Promise<void> {
  const { container, sandbox } = await hostFacts(remote);
  const { packageType, name } = await remote.os();
  const advice = "; name the hosts that have it with 'hosts'";
  const refuse = (why: string): SELinuxError =>
    new SELinuxError(`selinux: ${remote.shortname} ${why}${advice}`);
  if (sandbox || container)
    throw refuse(`is a ${sandbox ? 'sandbox node' : 'container'}, whose kernel belongs to its machine`);
  if (packageType !== 'rpm' || /suse|sle/.test(name)) throw refuse(`runs ${name}, which has no SELinux`);
}

async function watch(
  ctx: TaskContext,
  remote: Remote,
  { mode, allowed }: { mode: string; allowed: readonly string[] },
): Promise<void> {
  const { shortname, testDir } = remote;
  await remote.run('sudo service auditd rotate', { check: false, signal: ctx.signal });
  const before = (await remote.sh('/usr/sbin/getenforce', { signal: ctx.signal })).trim().toLowerCase();
  if (before === 'disabled') {
    ctx.log.info(`${shortname}: SELinux is disabled and stays so`);
    return;
  }
  const earlier = new Set(await denials(remote, allowed));
  ctx.defer(async (failure) => {
    const found = (await denials(remote, allowed)).filter((line) => !earlier.has(line));
    const folder = quoteWord(`${testDir}/archive/audit`);
    const keep = `mkdir -p ${folder} && sudo cp /var/log/audit/audit.log ${folder} && sudo chown $(id -un) ${folder}/audit.log && gzip -5 ${folder}/audit.log`;
    await remote.run(keep, { check: false, label: 'selinux: archive the audit log' });
    if (found.length === 0) return;
    for (const line of found) ctx.log.error(`${shortname}: ${line}`);
    if (failure === null)
      throw new SELinuxError(`SELinux denials found on ${remote.name}: ${JSON.stringify(found)}`);
  });
  if (before === mode) return;
  ctx.defer(async () => {
    await remote.run(['sudo', '/usr/sbin/setenforce', before], { label: 'selinux: restore' });
  });
  await remote.run(['sudo', '/usr/sbin/setenforce', mode], { signal: ctx.signal });
}

async function denials(remote: Remote, allowed: readonly string[]): Promise<string[]> {
  const script = "sudo grep -a 'avc: .*denied' /var/log/audit/audit.log || true";
  const lines = (await remote.sh(script, { quiet: true, label: 'selinux: denials' })).split('\n');
  return lines.filter((line) => line !== '' && !allowed.some((text) => line.includes(text)));
}
