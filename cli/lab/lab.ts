import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqliteAuditLog } from '../../adapters/embedded/audit-log.ts';
import { childLauncher } from '../../adapters/embedded/child-launcher.ts';
import type { ChildLauncher } from '../../adapters/embedded/child-launcher.ts';
import { openDatabase } from '../../adapters/embedded/database.ts';
import type { Database } from '../../adapters/embedded/database.ts';
import { fileArchive } from '../../adapters/embedded/file-archive.ts';
import { fileSubmissions } from '../../adapters/embedded/file-submissions.ts';
import { sqliteHolds } from '../../adapters/embedded/holds.ts';
import { sqliteJobDurations } from '../../adapters/embedded/job-durations.ts';
import { sqliteJobStore } from '../../adapters/embedded/job-store.ts';
import { localWakeups } from '../../adapters/embedded/local-wakeups.ts';
import { sqliteNodeEvidence } from '../../adapters/embedded/node-evidence.ts';
import { sqliteNodeStore } from '../../adapters/embedded/node-store.ts';
import { sqliteRunEvents } from '../../adapters/embedded/run-events.ts';
import { sqliteLabCounts } from '../../adapters/embedded/lab-counts.ts';
import { sqlitePauses } from '../../adapters/embedded/pauses.ts';
import { sqliteTokenStore } from '../../adapters/embedded/token-store.ts';
import { workerPool } from '../../adapters/embedded/worker-pool.ts';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { createApi } from '../../api/app.ts';
import { labSubmit } from '../../api/lab-submit.ts';
import type { ApiPorts } from '../../api/ports.ts';
import type { ResultsDesk } from '../../api/results-desk.ts';
import { replaySubmissions } from '../../api/writes.ts';
import { pagePath } from '../../api/views.ts';
import { createReporter } from '../../core/operations/report-runs.ts';
import { killMany } from '../../core/operations/kill-many.ts';
import { kill } from '../../core/operations/kill.ts';
import { defaultSite } from '../../core/config/site-settings.ts';
import type { SiteConfig } from '../../core/config/site-settings.ts';
import type { LabPorts } from '../../core/operations/lab-ports.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { listen } from './http.ts';
import type { LabServer } from './http.ts';
import { takeLabLock } from './folder-lock.ts';
import { labLog } from './log.ts';
import { startLoops } from './loops.ts';
import type { LabLoops, LoopPorts } from './loops.ts';
import { labPaths, lastPort, makeLabFolders, rememberPort, removeLabSign, writeLabSign } from './sign.ts';
import type { LabPaths } from './sign.ts';
import { suiteSettings } from '../environment.ts';
import { startLoop } from './loop.ts';
import { builtPages } from '../../adapters/http/built-pages.ts';
import { resultsDesk } from './results-desk.ts';
import { pruneSuiteCache } from './suite-cache.ts';
import { startRetention } from './retention.ts';
import { endJobs } from './stop.ts';
import { localSources } from './submit-ports.ts';
import { assignedProviders, openTargets, startTargets } from './targets.ts';
import type { TargetChoice } from './targets.ts';
import { labAuthenticator, labToken, localOwner } from './token.ts';

export interface LabOptions {
  readonly folder: string; // everything the lab keeps is below it
  readonly host: string; // address to listen on
  readonly port: number | null; // null = the folder's last one when it is free; 0 = any
  readonly targets: readonly TargetChoice[];
  readonly workerTypes?: readonly string[]; // machine types whose jobs are run by workers; default: none
  readonly runnerEnvironment: Readonly<Record<string, string>>;
  readonly maxRunners: number; // jobs at once; each has a process of its own on this machine
  readonly site?: Pick<
    SiteConfig,
    'defaultMachineType' | 'maxJobSeconds' | 'apiLimits' | 'mail' | 'queueRules' | 'holdHours' | 'retention'
  >; // default: those of a site without settings
  readonly temporary?: boolean; // true = nothing may outlast a start that failed
  readonly say: (line: string) => void; // for a person
}

/** A running lab. */
export interface Lab {
  readonly url: string;
  readonly token: string;
  readonly folder: string;
  readonly nodes: number;
  /**
   * Starts no more jobs, has the running ones unwound and waits for them, then closes everything. With `endQueued` the queued jobs
   * become dead too; with `hurry`, as soon as that resolves, nobody is waited for any longer. Safe to call twice.
   */
  stop(options: StopOptions): Promise<void>;
}

interface StopOptions {
  readonly destroyTargets: boolean;
  readonly endQueued?: boolean;
  readonly hurry?: Promise<void>;
}

const settleMs = 10_000;
const reportEveryMs = 3000;
const runnerMain = join(import.meta.dirname, '..', '..', 'bin', 'runner.js');

/** How many runners this machine bears; they mostly wait for their hosts. */
export function usualMostRunners(): number {
  return Math.max(16, availableParallelism() * 8);
}

/**
 * Starts the embedded lab of a folder: stores, nodes, API, and the loops that move jobs. Runners that a killed lab left behind are
 * found again through the store, and submissions that it had accepted are carried out. Throws LabRunningError when the
 * folder's lab runs already; whatever was begun is undone when the start fails.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const paths = labPaths(options.folder);
  makeLabFolders(paths);
  const undo = new AsyncDisposableStack();
  const lock = takeLabLock(paths.lock, paths.root);
  undo.defer(() => lock.release());
  try {
    return await assemble(options, paths, undo);
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

async function assemble(options: LabOptions, paths: LabPaths, undo: AsyncDisposableStack): Promise<Lab> {
  const log = labLog({ file: paths.log, say: options.say });
  undo.defer(() => log.close());
  const token = labToken(paths.token);
  const database = openDatabase(paths.database);
  undo.defer(() => database.close());
  const server = await listen({ host: options.host, port: options.port, remembered: lastPort(paths) });
  undo.defer(() => server.close());
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${server.port}`;
  const ports = await openPorts({ options, paths, database, token, url, log });
  undo.defer(() => ports.children.close());

  const nodes = await startTargets(ports).catch(async (error: unknown) => {
    if (options.temporary) await destroyTargets(ports);
    throw error;
  });
  const { holdHours, mail, queueRules, retention } = options.site ?? defaultSite;
  const loops = startLoops(
    { ...ports, yaml: pyYaml },
    { maxRunners: options.maxRunners, rules: queueRules, holdMs: holdHours * 3_600_000 },
  );
  undo.defer(() => loops.stop());
  const pruning = startLoop({
    name: 'suite cache',
    everyMs: 3_600_000,
    log,
    act: () => pruneSuiteCache({ jobs: ports.jobs, folder: paths.root }),
  });
  undo.defer(() => pruning.stop());
  const retaining = startRetention({ ...ports, retention, folder: paths.archive });
  undo.defer(() => retaining?.stop());
  const desk = resultsDesk({ database, folder: paths.root, mail, log });
  const pageUrl = (run: string, jobId?: number) =>
    `${url}${pagePath(run, ...(jobId === undefined ? [] : [jobId]))}`;
  const reporter = createReporter({ ...ports, ...desk, yaml: pyYaml, pageUrl });
  const reporting = startLoop({ name: 'reporter', everyMs: reportEveryMs, log, act: () => reporter.pass() });
  undo.defer(() => reporting.stop());
  await openApi({ ports, desk, loops, options, paths, token, url, serve: server.serve });
  rememberPort(paths, server.port);
  writeLabSign(paths, { url, pid: process.pid });
  undo.defer(() => removeLabSign(paths));
  log.info(`the lab is up at ${url}/ with ${nodes} nodes`);
  return { url, token, folder: paths.root, nodes, stop: stopper(ports, loops, undo) };
}

type Ports = LoopPorts & { readonly children: ChildLauncher } & Pick<
    ApiPorts,
    'counts' | 'events' | 'tokens' | 'workers'
  >;

async function openPorts(params: {
  options: LabOptions;
  paths: LabPaths;
  database: Database;
  token: string;
  url: string;
  log: Logger;
}): Promise<Ports> {
  const { options, paths, database, token, log } = params;
  const archiveUrl = `${params.url}/archive`;
  const exits = new Set<() => void>();
  const choices = { choices: options.targets, folder: paths.nodes, token };
  const providers = await openTargets({ ...choices, log });
  const children = childLauncher({
    providers: assignedProviders({ ...choices, opened: providers }),
    folder: paths.root,
    runnerMain,
    archiveUrl,
    env: options.runnerEnvironment,
    idle: 2,
    onExit: () => exits.forEach((listener) => listener()),
  });
  const wakeups = localWakeups();
  const pool = workerPool({
    machineTypes: options.workerTypes ?? [],
    others: children,
    onWaiting: (machineType) => void wakeups.poke(machineType),
  });
  return {
    jobs: sqliteJobStore(database),
    nodes: sqliteNodeStore(database),
    evidence: sqliteNodeEvidence(database),
    holds: sqliteHolds(database),
    pauses: sqlitePauses(database),
    durations: sqliteJobDurations(database),
    archive: fileArchive({ folder: paths.archive, baseUrl: archiveUrl }),
    audit: sqliteAuditLog(database),
    tokens: sqliteTokenStore(database),
    events: sqliteRunEvents(database),
    counts: sqliteLabCounts(database),
    clock: { now: () => Date.now() },
    children,
    ...pool,
    log,
    providers,
    wakeups,
    onRunnerExit: (listener) => void exits.add(listener),
  };
}

async function openApi(params: {
  ports: Ports;
  desk: ResultsDesk;
  loops: LabLoops;
  options: LabOptions;
  paths: LabPaths;
  token: string;
  url: string;
  serve: LabServer['serve'];
}): Promise<void> {
  const { ports, loops, options, paths, token, url } = params;
  const apiPorts = {
    ...ports,
    url,
    pages: builtPages(join(import.meta.dirname, '..', '..', 'web', 'dist')),
    notifier: params.desk.notifier,
    submissions: fileSubmissions({ folder: paths.submissions }),
    authenticate: labAuthenticator({ token, tokens: ports.tokens, clock: ports.clock }),
    limits: (options.site ?? defaultSite).apiLimits,
    whyWaiting: loops.whyWaiting,
    pulse: loops.pulse,
    kill: (order: Parameters<typeof kill>[1]) => kill(ports, order),
    killMany: (order: Parameters<typeof killMany>[1]) => killMany(ports, order),
    submit: labSubmit({
      ...ports,
      desk: params.desk,
      yaml: pyYaml,
      scripts: luaMergeScripts(),
      random: Math.random,
      ...localSources(paths.root),
      suiteSettings,
      ...(options.site ?? defaultSite),
    }),
  };
  const app = createApi(apiPorts);
  // Before anybody is let in: a client that repeats its request then meets the answer, not the request in progress.
  await replaySubmissions(apiPorts, app);
  params.serve((request, address) => app.fetch(request, address === undefined ? {} : { address }));
}

async function destroyTargets(ports: Pick<LabPorts, 'providers'>): Promise<void> {
  await Promise.all([...ports.providers.values()].map((provider) => provider.destroy()));
}

function stopper(ports: Ports, loops: LabLoops, undo: AsyncDisposableStack): Lab['stop'] {
  let stopping: Promise<void> | null = null;
  const stop = async (options: StopOptions) => {
    await loops.stopDispatching();
    await ports.children.close();
    await endJobs(ports, { ...options, actor: localOwner(), sweep: loops.sweep });
    // A runner whose claim was taken back ends by itself when it is refused, if only it has come that far.
    await Promise.race([ports.children.settled(), sleep(settleMs, undefined, { ref: false })]);
    await loops.stop();
    if (options.destroyTargets) await destroyTargets(ports);
    await undo.disposeAsync();
  };
  return (options) => (stopping ??= stop(options));
}
