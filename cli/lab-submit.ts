import { directorySource } from '../adapters/git/directory-source.ts';
import { readJobText } from '../adapters/yaml/job-files.ts';
import type { JobRequest, Submit, SubmitResult, SuiteRequest } from '../api/ports.ts';
import { ProblemError } from '../api/problem.ts';
import { mergeJobSources } from '../core/config/merge-job.ts';
import type { YamlMap, YamlValue } from '../core/config/yaml-value.ts';
import type { SubmissionContext } from '../core/operations/submission.ts';
import { submitJob } from '../core/operations/submit-job.ts';
import { submitSuite } from '../core/operations/submit-suite.ts';
import type { SubmitSuitePorts } from '../core/operations/submit-suite.ts';
import type { MergeScripts } from '../core/ports/merge-scripts.ts';
import type { NodeStore } from '../core/ports/node-store.ts';
import { expandSuite } from '../core/suites/expand.ts';
import type { ExpandedJob } from '../core/suites/expand.ts';
import { parseSubset } from '../core/suites/subset.ts';

export interface SubmitPorts extends SubmitSuitePorts {
  readonly nodes: NodeStore;
  readonly scripts: MergeScripts;
  readonly random: () => number; // in [0, 1)
  readonly defaultMachineType: string | null; // null = the one that the lab has
  readonly maxJobSeconds: number;
}

const mostDescriptions = 10_000;

/** How an embedded lab takes submissions: suites from folders of this machine. */
export function labSubmit(ports: SubmitPorts): Submit {
  return {
    suite: async (request, context) => await suite(ports, request, context),
    job: async (request, context) => await job(ports, request, context),
  };
}

async function suite(
  ports: SubmitPorts,
  request: SuiteRequest,
  context: SubmissionContext,
): Promise<SubmitResult> {
  const machineType = request.machineType ?? (await onlyMachineType(ports));
  const drawn = request.seed ?? Math.floor(ports.random() * 10_000);
  const counts = { dropped: 0 };
  const expand = (seed: number) => expanded(ports, { request, machineType, seed, counts });
  if (request.dryRun) return await dryRun(expand(drawn), { request, seed: drawn, counts });
  const submission = {
    ...request,
    ...buildNames,
    machineType,
    seed: drawn,
    copies: request.num,
    sha1: null,
    maxSeconds: ports.maxJobSeconds,
    expand,
  };
  const { run, jobIds, seed } = await submitSuite(ports, submission, context);
  return { run, jobIds, jobs: jobIds.length, dropped: counts.dropped, seed, descriptions: [] };
}

/** What stands in run names for the build under test, which an embedded lab does not choose. */
const buildNames = { branch: 'main', kernel: 'distro', flavor: 'default' } as const;

/** The jobs of a suite with the base configuration below their fragments and the documents of the request above them. */
async function* expanded(
  ports: SubmitPorts,
  params: { request: SuiteRequest; machineType: string; seed: number; counts: { dropped: number } },
): AsyncGenerator<ExpandedJob> {
  const { request, seed, counts } = params;
  const above = request.configYaml.map((text, index) => {
    const file = `config_yaml[${index}]`;
    return { file, value: ports.yaml.parse(text, file) };
  });
  const jobs = expandSuite({
    source: directorySource(request.suiteDir),
    suite: request.suite,
    seed,
    subset: request.subset === null ? null : parseSubset(request.subset),
    noNestedSubset: request.noNestedSubset,
    filters: {
      in: request.filterIn,
      out: request.filterOut,
      all: request.filterAll,
      fragments: request.filterFragments,
    },
    baseConfig: baseConfig(params),
    yaml: ports.yaml,
    scripts: ports.scripts,
    onFiltered: () => {
      counts.dropped += 1;
    },
  });
  for await (const each of jobs) {
    const config =
      above.length === 0 ? each.config : mergeJobSources([{ file: null, value: each.config }, ...above]);
    yield { ...each, config };
  }
}

function baseConfig({
  request,
  machineType,
  seed,
}: {
  request: SuiteRequest;
  machineType: string;
  seed: number;
}): YamlMap {
  const base: [string, YamlValue][] = [
    ['machine_type', machineType],
    ['suite', request.suite.replaceAll('/', ':')],
    ['suite_path', request.suiteDir],
    ['seed', seed],
    ['sleep_before_teardown', request.sleepBeforeTeardown],
  ];
  const given: [string, YamlValue][] = [
    ['subset', request.subset],
    ['email', request.email],
    ['os_type', request.distro?.toLowerCase() ?? null],
    ['os_version', request.distroVersion?.toLowerCase() ?? null],
  ];
  return new Map([...base, ...given.filter(([, value]) => value !== null)]);
}

async function dryRun(
  jobs: AsyncIterable<ExpandedJob>,
  params: { request: SuiteRequest; seed: number; counts: { dropped: number } },
): Promise<SubmitResult> {
  const { limit, num } = params.request;
  const descriptions: string[] = [];
  let count = 0;
  for await (const { description } of jobs) {
    count += 1;
    if (descriptions.length < mostDescriptions) descriptions.push(description);
    if (count === limit) break;
  }
  const { dropped } = params.counts;
  return { run: 'dry-run', jobIds: [], jobs: count * num, dropped, seed: params.seed, descriptions };
}

async function job(
  ports: SubmitPorts,
  request: JobRequest,
  context: SubmissionContext,
): Promise<SubmitResult> {
  const { config } = readJobText(request.yaml);
  const asked =
    request.machineType === null
      ? config
      : new Map([...config, ['machine_type', request.machineType] as const]);
  const named = asked.has('machine_type') || asked.has('machine-type');
  const needsNodes = Array.isArray(asked.get('roles'));
  const submission = {
    config: asked,
    name: request.name,
    description: request.description,
    machineType: named || !needsNodes ? (request.machineType ?? 'none') : await onlyMachineType(ports),
    priority: request.priority,
    maxSeconds: ports.maxJobSeconds,
    copies: request.num,
  };
  const { run, jobIds } = await submitJob(ports, submission, context);
  return { run, jobIds, jobs: jobIds.length, dropped: 0, seed: null, descriptions: [] };
}

/** The machine type for a request that names none. */
async function onlyMachineType(ports: SubmitPorts): Promise<string> {
  if (ports.defaultMachineType !== null) return ports.defaultMachineType;
  const types = [...new Set((await ports.nodes.list()).map((node) => node.machineType))];
  const [only] = types;
  if (only !== undefined && types.length === 1) return only;
  const has = types.length === 0 ? 'the lab has no nodes' : `the lab has ${types.join(', ')}`;
  throw new ProblemError(422, `which machine type? ${has}, and the request names none`);
}
