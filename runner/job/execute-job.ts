import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import { fromPlain } from '../../core/config/yaml-value.ts';
import { checkTasks } from '../engine/check-tasks.ts';
import { createEngine } from '../engine/engine.ts';
import { toError } from '../engine/failure.ts';
import { createStepRecorder } from '../engine/steps.ts';
import { JobStoppedError } from '../engine/stop.ts';
import type { StopControl } from '../engine/stop.ts';
import type { Summary } from '../engine/task.ts';
import { createTaskRegistry } from '../engine/task-registry.ts';
import type { TaskRegistry } from '../engine/task-registry.ts';
import { createVerdict, statusOf } from '../engine/verdict.ts';
import type { Cluster } from '../remote/cluster.ts';
import { isTransportError } from '../remote/transport-errors.ts';
import { createDocumentFile } from './document-file.ts';
import { connectEarly } from './early-connections.ts';
import { createHostFindings } from './host-findings.ts';
import { initialTasks } from './initial-tasks.ts';
import { createJobFiles, summaryDocument } from './job-files.ts';
import type { ExecuteParams, JobParts } from './job-parts.ts';
import type { JobResult } from './job-params.ts';
import { createSharedContext } from './shared-context.ts';
import { createTiming } from './timing.ts';
import type { Timing } from './timing.ts';
import { version } from './version.ts';

/** The course of a job in the original's order: its files, its tasks, its outcome. */
export async function executeJob(params: ExecuteParams): Promise<JobResult> {
  const log = params.log.child('teuthology.run');
  const { options, folder, yaml, mask, stop } = params;
  const summary: Summary = { success: true, owner: options.owner };
  if (options.description !== null) summary.description = options.description;
  const early = connectEarly(params);
  const verdict = createVerdict({ summary, isTransportError, stopped: () => stop.stopped });
  const parts: JobParts = {
    params,
    log,
    summary,
    verdict,
    findings: createHostFindings(),
    early,
    files: createJobFiles({ archive: folder, yaml, mask, log }),
  };

  log.info(`teuthology version: ${version}`);
  const identity = writeIdentity(parts);
  log.debug(indented('Config:', yaml.print(mask.value(params.config))));
  const { nodesClean, began } = await runTasks(parts).finally(() => closeAll(early.cluster));
  await Promise.all([identity, parts.files.settled()]);
  const status = verdict.close();
  await reportOutcome(parts);
  const hosts = parts.findings.close(status);
  const sound = hosts.every((finding) => finding.kind === 'works');
  return {
    status,
    failureReason: status === 'pass' ? null : (summary.failure_reason ?? status),
    summary,
    // Nodes that were made what this job asked for are not what the next one asks for.
    nodesClean: (nodesClean && sound && params.nodes === undefined) || !Array.isArray(params.job['roles']),
    hosts,
    began,
  };
}

async function writeIdentity({ params, files }: JobParts): Promise<void> {
  const { options } = params;
  const info = {
    name: options.name,
    description: options.description,
    owner: options.owner,
    pid: process.pid,
    ...(options.jobId !== null && { job_id: String(options.jobId) }),
  };
  files.addInfo(info);
  await Promise.all([
    files.put('pid', String(process.pid)),
    files.put('owner', `${options.owner}\n`),
    files.putYaml('orig.config.yaml', params.config),
  ]);
}

interface TasksEnd {
  readonly nodesClean: boolean; // the hosts are as they were before the job
  readonly began: boolean; // the first of the job's own tasks was entered
}

async function runTasks(parts: JobParts): Promise<TasksEnd> {
  const { params, log, verdict } = parts;
  const { job } = params;
  const initial = initialTasks(job, {
    lock: params.lockMachines !== undefined,
    prepare: params.nodes !== undefined,
  });
  const own = (job['tasks'] as PlainValue[] | null | undefined) ?? [];
  const tasks = createTaskRegistry({
    builtIn: params.builtInTasks,
    suitePath: params.options.suitePath ?? textOrNull(job['suite_path']),
    suite: textOrNull(job['suite']),
  });
  try {
    const lists = [
      { path: 'initial tasks', entries: initial },
      { path: 'tasks', entries: own },
    ];
    await checkTasks({ lists, job, tasks });
  } catch (error) {
    log.error(toError(error).message);
    verdict.taskFailed(toError(error));
    return { nodesClean: true, began: false };
  }
  return runList(parts, { entries: [...initial, ...own], tasks, initial: initial.length });
}

async function runList(
  parts: JobParts,
  list: { entries: readonly PlainValue[]; initial: number; tasks: TaskRegistry },
): Promise<TasksEnd> {
  const { params, log, verdict, files } = parts;
  const now = (): number => params.clock.now();
  const timingFile = createDocumentFile({
    write: () => files.putYaml('timing.yaml', fromPlain(timing.document())),
    warn: (message) => log.warn(message),
  });
  const timing: Timing = createTiming({ startedAt: now(), changed: () => timingFile.changed() });
  const shared = createSharedContext(parts, list.entries);
  let entered = 0;
  let interactiveOnError = params.options.interactiveOnError || params.job['interactive-on-error'] === true;
  const engine = createEngine({
    shared,
    tasks: list.tasks,
    stop: params.stop,
    log: params.log,
    graceMs: params.graceMs ?? 10_000,
    steps: createStepRecorder({
      now,
      sink: (event) => {
        timing.sink(event);
        if (event.kind === 'start' && event.phase === 'enter' && event.depth === 0) entered += 1;
        params.onStep?.(event);
      },
    }),
    undoFailed: (failure, depth) => verdict.undoFailed(failure, depth),
    async onFailure(failure, phase) {
      if (phase === 'execution') verdict.saw(failure);
      // What fails after a stop may be the stop's own doing.
      if (params.stop.stopped === null) parts.findings.failed(failure);
      if (!interactiveOnError) return;
      if (phase === 'execution') interactiveOnError = false;
      const reason = `Saw failure during task ${phase}, going into interactive mode...`;
      log.warn(`${reason} (${failure.message})`);
      await shared.interact(reason);
    },
  });
  const outcome = await engine.run(list.entries, {
    async entered(failure) {
      if (failure) verdict.taskFailed(failure);
      timing.mark('tasks complete', now());
      await params.flush();
      await pauseBeforeTeardown(parts);
    },
  });
  await closeAll(shared.cluster);
  await timingFile.settled();
  const { failures, abandoned } = outcome.unwinding;
  const nodesClean =
    statusOf(parts.summary) === 'pass' &&
    failures.length === 0 &&
    abandoned.length === 0 &&
    params.stop.stopped === null;
  return { nodesClean, began: entered > list.initial };
}

async function pauseBeforeTeardown({ params, log }: JobParts): Promise<void> {
  const seconds = Number(params.job['sleep_before_teardown'] ?? 0);
  if (!(seconds > 0) || params.stop.stopped !== null) return;
  log.info(`Sleeping ${seconds} seconds before the teardown (sleep_before_teardown)`);
  await sleep(seconds * 1000, undefined, { signal: params.stop.running }).catch(() => {});
}

/** Ends connections that the unwinding did not; what cannot be closed in a moment is left to the end of the process. */
async function closeAll(cluster: Cluster | null): Promise<void> {
  const closing = Promise.allSettled(cluster?.remotes.map((remote) => remote.close()) ?? []);
  const patience = new AbortController();
  await Promise.race([closing, sleep(2000, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
}

async function reportOutcome({ params, log, files, summary }: JobParts): Promise<void> {
  const status = statusOf(summary);
  const document = summaryDocument(summary);
  // After a lost lease the folder may be somebody else's to write.
  if (!lostLease(params.stop)) await files.putYaml('summary.yaml', document);
  log.info(`Summary data:\n${params.yaml.print(params.mask.value(document))}`);
  log.info(status === 'pass' ? 'pass' : status.toUpperCase());
}

/** Also when something else had stopped the job before. */
function lostLease({ stopped, unwinding }: StopControl): boolean {
  const { reason } = unwinding as { reason: unknown };
  return (
    stopped?.kind === 'lease-lost' || (reason instanceof JobStoppedError && reason.kind === 'lease-lost')
  );
}

function indented(title: string, text: string): string {
  return [title, ...text.trimEnd().split('\n')].join('\n  ');
}

function textOrNull(value: PlainValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
