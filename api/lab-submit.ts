import type { SuiteSettings } from '../core/config/suite-settings.ts';
import { onlyMachineType } from '../core/operations/machine-choice.ts';
import { prepareSuite } from '../core/operations/prepare-suite.ts';
import type {
  OpenedSource,
  PrepareSuitePorts,
  PreparedSuite,
  SourceWish,
} from '../core/operations/prepare-suite.ts';
import type { SubmissionContext } from '../core/operations/submission.ts';
import { submitJob } from '../core/operations/submit-job.ts';
import { submitSlice, surveySuite } from '../core/operations/submit-suite.ts';
import type { QueuedSlice, SubmitSuitePorts, SuiteSlice } from '../core/operations/submit-suite.ts';
import { queuedDocument } from '../core/operations/job-document.ts';
import type { Commits } from '../core/ports/commits.ts';
import type { MergeScripts } from '../core/ports/merge-scripts.ts';
import type { NodeStore } from '../core/ports/node-store.ts';
import type { PackageIndex } from '../core/ports/package-index.ts';
import type { YamlMap } from '../core/config/yaml-value.ts';
import type { JobRequest, Submit, SubmitResult, SuiteRequest } from './ports.ts';
import { mailingRefusal, wantReport } from './results-desk.ts';
import type { ResultsDesk } from './results-desk.ts';

export interface SubmitPorts extends SubmitSuitePorts {
  readonly nodes: NodeStore;
  readonly scripts: MergeScripts;
  readonly random: () => number; // in [0, 1)
  readonly defaultMachineType: string | null; // null = the one that the lab has
  readonly maxJobSeconds: number;
  /** Opens the tree of suites that a request means; a dry run makes no checkout. */
  readonly openSource: (wish: SourceWish, how: { readonly dryRun: boolean }) => Promise<OpenedSource>;
  /** The job in a YAML text; throws YamlError. */
  readonly readJob: (text: string) => YamlMap;
  readonly suiteSettings: () => Promise<SuiteSettings>; // asked at each submission
  readonly desk?: ResultsDesk; // without one nobody is told about results
  readonly commits: Commits;
  readonly packageIndex: (url: string) => PackageIndex;
}

const mostDescriptions = 10_000;
const mostConfigs = 2000;

/** How a lab carries out submissions itself, when they are made. */
export function labSubmit(ports: SubmitPorts): Submit {
  return {
    suite: async (request, context) =>
      await mailingRefusal(ports.desk, request, () => suite(ports, request, context)),
    job: async (request, context) => await job(ports, request, context),
  };
}

async function suite(
  ports: SubmitPorts,
  request: SuiteRequest,
  context: SubmissionContext,
): Promise<SubmitResult> {
  const prepared = await prepareSuite(await preparePorts(ports, request.dryRun), request, context);
  if (request.dryRun) return await dryRun(ports, { request, prepared, context });
  const whole = { from: 0, mayGoOn: () => true };
  const { run, jobIds, seed } = await queuePrepared(ports, { request, prepared, context }, whole);
  return {
    run,
    jobIds,
    jobs: jobIds.length,
    seed,
    descriptions: [],
    ...counted(prepared, jobIds.length / request.num),
  };
}

/**
 * A part of what `suite` of `labSubmit` does, for whoever has not the time for all of a big suite; see `submitSlice`. Trouble is mailed to
 * nobody.
 */
export async function submitSuiteSlice(
  ports: SubmitPorts,
  request: SuiteRequest,
  context: SubmissionContext,
  slice: SuiteSlice,
): Promise<QueuedSlice> {
  const prepared = await prepareSuite(await preparePorts(ports, false), request, context);
  return await queuePrepared(ports, { request, prepared, context }, slice);
}

interface PreparedOrder {
  readonly request: SuiteRequest;
  readonly prepared: PreparedSuite;
  readonly context: SubmissionContext;
}

async function queuePrepared(
  ports: SubmitPorts,
  { request, prepared, context }: PreparedOrder,
  slice: SuiteSlice,
): Promise<QueuedSlice> {
  const queued = await submitSlice(ports, prepared.submission, context, slice);
  const { email, resultsTimeout } = request;
  if (queued.jobIds.length > 0)
    await wantReport(ports.desk, {
      run: queued.run,
      email,
      timeout: resultsTimeout ?? null,
      now: context.now,
    });
  return queued;
}

async function preparePorts(ports: SubmitPorts, dryRun: boolean): Promise<PrepareSuitePorts> {
  return {
    ...ports,
    settings: await ports.suiteSettings(),
    openSource: async (wish) => await ports.openSource(wish, { dryRun }),
  };
}

async function dryRun(
  ports: SubmitPorts,
  { request, prepared, context }: PreparedOrder,
): Promise<SubmitResult> {
  const { submission } = prepared;
  const descriptions: string[] = [];
  const configs: string[] = [];
  const run = { name: submission.name, owner: context.owner, submittedAt: context.now };
  const jobs = await surveySuite(submission, submission.seed, (each) => {
    if (descriptions.length < mostDescriptions) descriptions.push(each.description);
    if (!request.details || configs.length >= mostConfigs) return;
    configs.push(ports.yaml.print(queuedDocument({ ...submission, ...each, run })));
  });
  const counts = counted(prepared, jobs);
  const cut =
    request.details && configs.length < jobs ? [`only the first ${mostConfigs} jobs are printed`] : [];
  return {
    run: run.name,
    jobIds: [],
    jobs: jobs * request.num,
    seed: submission.seed,
    descriptions,
    ...(request.details && { configs, base: ports.yaml.print(prepared.base) }),
    ...counts,
    notes: [...counts.notes, ...cut],
  };
}

function counted(prepared: PreparedSuite, jobs: number) {
  const nothing = jobs === 0 ? ['no job is left: nothing is queued'] : [];
  return {
    generated: prepared.generated,
    dropped: prepared.generated - jobs,
    notes: [...prepared.notes(), ...nothing],
  };
}

async function job(
  ports: SubmitPorts,
  request: JobRequest,
  context: SubmissionContext,
): Promise<SubmitResult> {
  const config = ports.readJob(request.yaml);
  const asked =
    request.machineType === null
      ? config
      : new Map([...config, ['machine_type', request.machineType] as const]);
  const named = asked.has('machine_type') || asked.has('machine-type');
  const needsNodes = Array.isArray(asked.get('roles'));
  const fallback = async () => ports.defaultMachineType ?? (await onlyMachineType(ports.nodes));
  const submission = {
    config: asked,
    name: request.name,
    description: request.description,
    machineType: named || !needsNodes ? (request.machineType ?? 'none') : await fallback(),
    priority: request.priority,
    maxSeconds: ports.maxJobSeconds,
    copies: request.num,
  };
  const { run, jobIds } = await submitJob(ports, submission, context);
  const email = asked.get('email');
  const timeout = asked.get('results_timeout');
  await wantReport(ports.desk, {
    run,
    email: typeof email === 'string' ? email : null,
    timeout: typeof timeout === 'number' ? timeout : null,
    now: context.now,
  });
  return { run, jobIds, jobs: jobIds.length, dropped: 0, seed: null, descriptions: [] };
}
