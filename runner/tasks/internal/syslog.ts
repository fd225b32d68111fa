import type { Remote } from '../../remote/remote.ts';
import { quoteWord } from '../../remote/quote.ts';
import { setStatus, statusOf } from '../../engine/verdict.ts';
import type { Task, TaskContext } from '../../engine/task.ts';
import { hostFacts } from './host-facts.ts';
import { jobRunOf } from '../../job/job-run.ts';
import { findHardwareComplaint, findKernelComplaint } from './kernel-complaints.ts';

const config = '/etc/rsyslog.d/80-cephtest.conf';

/**
 * Collects the system log of every host in the archive, and fails the job for what the kernel complained about. Skipped where
 * nothing would be archived and on hosts without rsyslog or root.
 */
export const syslog: Task = async (ctx) => {
  const log = ctx.log.child('syslog');
  if (ctx.archive === null) {
    log.info('The system logs are not collected (no archive)');
    return;
  }
  await ctx.cluster.each(async (remote) => {
    const { root, container, rsyslog } = await hostFacts(remote);
    if (!root || container || !rsyslog) {
      const why = container ? 'a container' : root ? 'no rsyslog' : 'no root here';
      log.info(`${remote.shortname}: the system log is not collected (${why})`);
      return;
    }
    log.info(`Starting syslog monitoring on ${remote.shortname}...`);
    await collectSyslog(ctx, remote);
  });
};

async function collectSyslog(ctx: TaskContext, remote: Remote): Promise<void> {
  const dir = `${remote.testDir}/archive/syslog`;
  ctx.defer(() => stopSyslog(ctx, remote));
  const logs = ['kern.log', 'misc.log'].map((name) => quoteWord(`${dir}/${name}`)).join(' ');
  await remote.run(
    `install -d -m0755 -- ${quoteWord(dir)} && install -m0666 -- /dev/null ${quoteWord(`${dir}/kern.log`)} && install -m0666 -- /dev/null ${quoteWord(`${dir}/misc.log`)} && chmod 0666 ${logs}`,
  );
  await remote.writeFile(
    config,
    `kern.* -${dir}/kern.log;RSYSLOG_FileFormat\n*.*;kern.none -${dir}/misc.log;RSYSLOG_FileFormat\n`,
    { sudo: true, mode: '0644' },
  );
  await restartRsyslog(remote);
}

async function stopSyslog(ctx: TaskContext, remote: Remote): Promise<void> {
  const log = ctx.log.child('syslog');
  const dir = `${remote.testDir}/archive/syslog`;
  log.info(`Shutting down syslog monitoring on ${remote.shortname}...`);
  await remote.run(['sudo', 'rm', '-f', '--', config]);
  await restartRsyslog(remote);
  log.info('Checking logs for errors...');
  const complaint = await findKernelComplaint(remote, `${dir}/kern.log`);
  if (complaint !== null) {
    log.error(`Error in syslog on ${remote.name}: ${complaint}`);
    if (statusOf(ctx.summary) !== 'dead') setStatus(ctx.summary, 'fail');
    ctx.summary.failure_reason ??= `'${complaint}' in syslog`;
  }
  const hardware = await findHardwareComplaint(remote, `${dir}/kern.log`);
  if (hardware !== null) {
    log.error(`The kernel of ${remote.name} tells of broken hardware: ${hardware}`);
    jobRunOf(ctx).blame(remote, `its kernel tells of broken hardware: ${hardware}`);
  }
  await remote.run(
    `if command -v journalctl >/dev/null; then sudo journalctl > ${quoteWord(`${dir}/journalctl.log`)}; fi`,
    {
      check: false,
    },
  );
  log.info('Compressing syslogs...');
  await remote.run(
    `sudo find ${quoteWord(dir)} -name '*.log' -print0 | sudo xargs -0 --max-args=1 --max-procs=0 --no-run-if-empty -- gzip -5 --`,
  );
}

async function restartRsyslog(remote: Remote): Promise<void> {
  await remote.run('sudo systemctl restart rsyslog 2>/dev/null || sudo service rsyslog restart');
}
