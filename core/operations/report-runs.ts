import { isYamlMap } from '../config/yaml-value.ts';
import type { Archive } from '../ports/archive.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobRecord } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { Mail, Notifier } from '../ports/notifier.ts';
import type { RunReports, WantedReport } from '../ports/run-reports.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { junitXml } from '../results/junit.ts';
import { resultsMail } from '../results/results-mail.ts';
import { isRunOver } from '../results/run-status.ts';
import { scrapeText } from '../results/scrape-text.ts';
import { runFailures, runResults, unreportedFailures } from './run-results.ts';
import type { ResultsPorts, RunResults } from './run-results.ts';

export interface ReportPorts extends ResultsPorts {
  readonly reports: RunReports;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Logger;
  readonly yaml: YamlCodec;
}

const firstPauseMs = 15_000;
const longestPauseMs = 600_000;
const giveUpAfterMs = 24 * 3600_000;

/** Reports on runs, pass by pass. */
export interface Reporter {
  /**
   * Mails failures of jobs that ask for it and runs that are late, and for each run that is over writes `junit.xml`, `results.log` and
   * `scrape.log` into its archive and sends the mail about it. What has been sent is recorded: when the lab dies in between,
   * a mail may be sent again under the same id, and none is left out. Trouble is logged and tried again, for a day; it never fails a run.
   * Costs one read of the run for each that is open and has not had another failure since the pass before.
   */
  pass(): Promise<void>;
}

export function createReporter(ports: ReportPorts): Reporter {
  const trouble = new Map<string, { since: number; pauseMs: number; nextAt: number }>();
  const seen = new Map<string, Set<number>>(); // of each open run, the failed jobs that were looked at
  return {
    async pass() {
      const open = await ports.reports.open();
      const names = new Set(open.map((report) => report.run));
      for (const run of seen.keys()) if (!names.has(run)) seen.delete(run);
      for (const report of open) {
        const now = ports.clock.now();
        const before = trouble.get(report.run);
        if (before !== undefined && now < before.nextAt) continue;
        try {
          const failures = seen.get(report.run) ?? new Set();
          seen.set(report.run, failures);
          await reportOn(ports, report, failures);
          trouble.delete(report.run);
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          const since = before?.since ?? now;
          const pauseMs = Math.min(longestPauseMs, (before?.pauseMs ?? firstPauseMs / 2) * 2);
          trouble.set(report.run, { since, pauseMs, nextAt: now + pauseMs });
          const over = now - since > giveUpAfterMs;
          ports.log.warn(
            `run '${report.run}' could not be reported: ${text}${over ? '; it is given up' : ''}`,
          );
          if (over) await ports.reports.close(report.run);
        }
      }
    },
  };
}

async function reportOn(ports: ReportPorts, report: WantedReport, seen: Set<number>): Promise<void> {
  const record = await ports.jobs.getRun(report.run);
  if (record === null) return await ports.reports.close(report.run);
  const over = isRunOver(record);
  const { fail, dead } = record.counts;
  const isLate = report.email !== null && ports.clock.now() >= report.mailBy;
  if (!over && !isLate && fail + dead === seen.size) return;
  const marks = await ports.reports.marks(report.run);
  const sendOnce = async (what: string, mail: Omit<Mail, 'id'>) => {
    if (marks.has(what)) return;
    await ports.notifier.send({ ...mail, id: `${what} ${report.run}` });
    await ports.reports.mark(report.run, what);
  };
  for (const job of await unreportedFailures(ports.jobs, report.run, seen)) {
    const to = errorAddress(ports.yaml, job);
    if (to !== null) await sendOnce(`job ${job.jobId}`, { to, ...(await errorMail(ports.archive, job)) });
    seen.add(job.jobId);
  }
  if (!over && (!isLate || marks.has('deadline'))) return;
  const results = await runResults(ports, report.run);
  const mail = resultsMail(results.run, results.jobs);
  if (!over) return await sendOnce('deadline', { to: report.email ?? '', ...mail });
  await writeFiles(ports, results);
  if (report.email !== null) await sendOnce('results', { to: report.email, ...mail });
  await ports.reports.close(report.run);
}

function errorAddress(yaml: YamlCodec, job: JobRecord): string | null {
  if (!job.config.includes('email-on-error')) return null;
  const config = yaml.parse(job.config);
  const address = isYamlMap(config) ? config.get('email-on-error') : null;
  return typeof address === 'string' && address !== '' ? address : null;
}

/** The archive has the config with its secrets masked; a job that never ran has none there. */
async function errorMail(archive: Archive, job: JobRecord): Promise<{ subject: string; text: string }> {
  const reason = job.failureReason ?? `job ${job.jobId} is ${job.status}`;
  const parts: string[] = [];
  for (const name of ['summary.yaml', 'config.yaml']) {
    const file = await archive.read(`${job.run}/${job.jobId}/${name}`);
    if (file !== null) parts.push(await textOf(file.content));
  }
  const about = `${job.run}/${job.jobId}: ${job.status}\n${job.description}\n\n${reason}\n`;
  return { subject: `Teuthology error -- ${reason.split('\n', 1)[0]}`, text: [about, ...parts].join('\n') };
}

async function writeFiles(ports: ReportPorts, { record, run, jobs }: RunResults): Promise<void> {
  const put = (name: string, text: string) =>
    ports.archive.put(`${run.name}/${name}`, new TextEncoder().encode(text));
  const clusters = await runFailures(ports, { run, jobs });
  const memo = [
    ...(record.subset === null ? [] : [`subset: '${record.subset}'`]),
    ...(record.seed === null ? [] : [`no_nested_subset: ${record.noNestedSubset}`, `seed: '${record.seed}'`]),
  ];
  const { subject, text } = resultsMail(run, jobs);
  await put('junit.xml', junitXml(run, jobs));
  await put('scrape.log', scrapeText(jobs.length, clusters));
  await put('results.log', [...memo, subject, '', text].join('\n'));
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of content) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}
