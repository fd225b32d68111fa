import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openDatabase } from '../adapters/embedded/database.ts';
import { fileArchive } from '../adapters/embedded/file-archive.ts';
import { sqliteHolds } from '../adapters/embedded/holds.ts';
import { sqliteJobStore } from '../adapters/embedded/job-store.ts';
import { sqliteNodeEvidence } from '../adapters/embedded/node-evidence.ts';
import { sqliteNodeStore } from '../adapters/embedded/node-store.ts';
import { labFolder } from '../adapters/embedded/lab-folder.ts';
import { processIdentity } from '../adapters/embedded/process-identity.ts';
import { suiteFolder } from '../adapters/git/suite-folder.ts';
import { httpArchive } from '../adapters/http/archive.ts';
import { httpStores } from '../adapters/http/job-store.ts';
import type { RunnerStores } from '../adapters/http/job-store.ts';
import { attemptCalls } from '../adapters/http/lab-calls.ts';
import { readSiteSettings } from '../adapters/yaml/site-settings.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { systemWishes } from '../core/config/job-requirements.ts';
import type { YamlMap } from '../core/config/yaml-value.ts';
import type { Node, NodeSpec } from '../core/locks/node.ts';
import type { Archive } from '../core/ports/archive.ts';
import type { Transition } from '../core/ports/job-store.ts';
import type { Logger } from '../core/ports/logger.ts';
import { unpreparedNodes } from './job/unprepared-nodes.ts';
import { leaseMs } from '../core/operations/lab-ports.ts';
import { createJobLog } from './archive/job-log.ts';
import { createMask } from './archive/mask.ts';
import { configOfRecord } from './attempt/config-of-record.ts';
import { runAttempt } from './attempt/run-attempt.ts';
import type { AttemptEnd, AttemptParams } from './attempt/run-attempt.ts';
import { jobNodes } from './job/job-nodes.ts';
import { likenessOf } from './job/likeness.ts';
import type { JobNodes } from './job/job-nodes.ts';
import { runJob } from './job/run-job.ts';
import { builtInTasks } from './tasks/built-in.ts';

const renewEveryMs = 15_000;

const attemptSchema = z.object({
  attempt: z.object({ run: z.string().min(1), jobId: z.number().int(), fence: z.number().int() }),
  attemptNumber: z.number().int(),
  nodes: z.array(z.custom<Node>((node) => typeof node === 'object' && node !== null && 'name' in node)),
});

/** From the lab of a folder on this machine. */
const localSchema = attemptSchema.extend({
  folder: z.string().min(1),
  archiveUrl: z.string().nullable(),
  providers: z
    .array(
      z.object({ provider: z.string(), options: z.unknown(), lab: z.string(), folder: z.string().min(1) }),
    )
    .default([]),
});

const assignmentSchema = z.union([
  localSchema,
  /** From a lab elsewhere, by its URL; LOLIGO_TOKEN is the credential. */
  attemptSchema.extend({ lab: z.url() }),
]);

type Assignment = z.infer<typeof assignmentSchema>;
type LocalAssignment = z.infer<typeof localSchema>;

/** The lab as an attempt sees it. */
interface LabOfAttempt extends RunnerStores {
  readonly archive: Pick<Archive, 'append' | 'put' | 'url'>;
  /** Tells the inventory what a node has become; null = the lab is not asked to keep that. */
  readonly moved: ((spec: NodeSpec) => Promise<Transition>) | null;
  readonly archivePath: string; // how the archive's folder of the job is named, in messages and the archived config
  readonly runner: string; // who we are, as the launcher finds us
  readonly sshKey?: string | null; // the lab's private key as text; not given = that of the site
  /** Called when the attempt is over, whatever came of it. */
  close(): Promise<void>;
}

/** What this process is to do, and for which lab. */
interface Task {
  readonly assignment: Pick<Assignment, 'attempt' | 'attemptNumber' | 'nodes'> & {
    readonly providers?: LocalAssignment['providers'];
  };
  readonly lab: LabOfAttempt;
}

async function openTask(file: string): Promise<Task> {
  const assignment = assignmentSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const runner = await processIdentity(process.pid);
  if (runner === null) throw new Error('this process cannot find itself among the processes');
  const lab = { ...openLab(assignment), runner };
  const close = async () => {
    lab.close();
    await rm(file, { force: true });
  };
  return { assignment, lab: { ...lab, close } };
}

/** Null when the attempt is over. */
async function openAwsTask(): Promise<Task | null> {
  // Only here, because other runners need nothing of it.
  const { openRunnerLab } = await import('../adapters/aws/runner-lab.ts');
  const lab = await openRunnerLab(process.env, consoleLog());
  return lab === null ? null : { assignment: lab, lab };
}

function consoleLog(): Logger {
  const mask = createMask({ secrets: [], config: null });
  return createJobLog({ clock, mask, file: null, console: print, verbose: false });
}

function openLab(assignment: Assignment): Omit<LabOfAttempt, 'runner' | 'close'> & { close(): void } {
  const { run, jobId } = assignment.attempt;
  const folder = `${run}/${jobId}`;
  if ('lab' in assignment) {
    const url = assignment.lab;
    const token = process.env['LOLIGO_TOKEN'] ?? '';
    const calls = attemptCalls({ url, token }, assignment.attempt);
    const archive = httpArchive({ calls, folder, baseUrl: `${url}/archive` });
    return {
      ...httpStores(calls),
      archive,
      moved: null,
      archivePath: archive.url(folder) ?? folder,
      close: () => undefined,
    };
  }
  const paths = labFolder(assignment.folder);
  const database = openDatabase(paths.database);
  return {
    jobs: sqliteJobStore(database),
    evidence: sqliteNodeEvidence(database),
    holds: sqliteHolds(database),
    archive: fileArchive({ folder: paths.archive, baseUrl: assignment.archiveUrl }),
    moved: (spec) => sqliteNodeStore(database).moved(assignment.attempt, { spec, now: clock.now() }),
    archivePath: join(paths.archive, folder),
    close: () => database.close(),
  };
}

const clock = { now: () => Date.now() };
const print = (line: string): void => void process.stdout.write(line);
// What cannot be printed, on a full disk for instance, is no failure of the job; its log is kept elsewhere.
process.stdout.on('error', () => undefined);

/** What nearly every job needs and only its course would load: its first tasks, and the one that most jobs consist of. */
export async function loadAhead(): Promise<void> {
  const { internal, clock, ansible, exec } = builtInTasks;
  await Promise.all([internal, clock, ansible, exec].map((load) => load()));
}

/**
 * Executes the attempt that a file assigns, or on AWS (null) the environment, from its start to its end in the store. Signals are those
 * of the job from now on.
 */
export async function runAssignment(file: string | null): Promise<AttemptEnd> {
  const signals = untilAsked();
  const task = file === null ? await openAwsTask() : await openTask(file);
  if (task === null) return 'lost';
  const { assignment, lab } = task;
  const { settings } = await readSiteSettings({ home: homedir(), environment: process.env });
  const site = { ...settings, sshKey: (await keyFile(lab.sshKey ?? null)) ?? settings.sshKey };
  try {
    return await runAttempt({
      ...assignment,
      runner: lab.runner,
      clock,
      jobs: lab.jobs,
      evidence: lab.evidence,
      holds: lab.holds,
      log: consoleLog(),
      ...signals,
      leaseMs,
      renewEveryMs,
      holdMs: settings.holdHours * 3_600_000,
      execute: (params) => execute({ ...params, assignment, lab, site }),
    });
  } finally {
    await lab.close();
  }
}

/** A file of our own with the key in it, for SSH clients that want one. */
async function keyFile(key: string | null): Promise<string | null> {
  if (key === null) return null;
  const file = join(await mkdtemp(join(tmpdir(), 'loligo-key-')), 'key');
  await writeFile(file, key, { mode: 0o600 });
  return file;
}

async function execute({
  record,
  signal,
  giveUp,
  assignment,
  lab,
  site,
}: Parameters<AttemptParams['execute']>[0] & {
  assignment: Task['assignment'];
  lab: LabOfAttempt;
  site: Awaited<ReturnType<typeof readSiteSettings>>['settings'];
}): ReturnType<AttemptParams['execute']> {
  const prefix = `${record.run}/${record.jobId}`;
  const { archivePath } = lab;
  const config = configOfRecord(pyYaml, { record, nodes: assignment.nodes, archivePath });
  const suitePath = await suitePathOf(config);
  const nodes = await nodesOfJob({ assignment, config, lab });
  const result = await runJob({
    config,
    archive: lab.archive,
    archivePrefix: prefix,
    archiveLocation: archivePath,
    yaml: pyYaml,
    site,
    options: {
      owner: record.owner,
      name: record.run,
      jobId: record.jobId,
      description: record.description,
      verbose: config.get('verbose') === true,
      suitePath,
      interactiveOnError: false,
    },
    clock,
    builtInTasks,
    signal,
    giveUp,
    console: print,
    maxSeconds: record.maxSeconds,
    ...(nodes && { nodes }),
  });
  return { ...result, durationSeconds: result.summary.duration ?? null, config };
}

/** Where the tasks of the job's suite are on this machine; those of a lab on AWS come as a tarball. */
async function suitePathOf(config: YamlMap): Promise<string | null> {
  const given = config.get('suite_path');
  if (typeof given !== 'string') return null;
  const relpath = config.get('suite_relpath');
  return await suiteFolder(given, {
    relpath: typeof relpath === 'string' ? relpath : '',
    cacheFolder: join(tmpdir(), 'loligo-suites'),
    fetchers: {
      s3: async (url, signal) =>
        await (await import('../adapters/aws/s3-tarball.ts')).s3Tarballs()(url, signal),
    },
  });
}

/** The nodes of the attempt whose providers make them what the job asks for; null when there are none. */
async function nodesOfJob(params: {
  assignment: Task['assignment'];
  config: YamlMap;
  lab: LabOfAttempt;
}): Promise<JobNodes | null> {
  const { assignment, config, lab } = params;
  const assigned = assignment.providers ?? [];
  if (assigned.length === 0) return unpreparedNodes(assignment.nodes, config);
  const needed = assigned.filter(({ provider }) =>
    assignment.nodes.some((node) => node.provider === provider),
  );
  if (needed.length === 0) return null;
  // Only here, because most runners need none of them.
  const { openProvider } = await import('../providers/registry.ts');
  const logger = consoleLog();
  return jobNodes({
    nodes: assignment.nodes,
    providers: new Map(
      needed.map(({ provider, options, ...place }) => [
        provider,
        openProvider(provider, options, { ...place, logger }),
      ]),
    ),
    attempt: assignment.attempt,
    systems: systemWishes(config),
    like: likenessOf(config),
    moved: lab.moved,
  });
}

/** SIGTERM asks the job to unwind, a second one not even to do that; so do the signals that a terminal sends, though a runner has none. */
function untilAsked(): { asked: AbortSignal; askedAgain: AbortSignal } {
  const asked = new AbortController();
  const again = new AbortController();
  const ask = () => (asked.signal.aborted ? again : asked).abort();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, ask);
  process.on('SIGHUP', () => {});
  return { asked: asked.signal, askedAgain: again.signal };
}
