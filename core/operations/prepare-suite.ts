import type { SuiteSettings } from '../config/suite-settings.ts';
import { isYamlMap } from '../config/yaml-value.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import type { Commits } from '../ports/commits.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { MergeScripts } from '../ports/merge-scripts.ts';
import type { NodeStore } from '../ports/node-store.ts';
import type { PackageIndex } from '../ports/package-index.ts';
import type { SuiteSource } from '../ports/suite-source.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { baseConfig } from '../suites/base-config.ts';
import type { BuildUnderTest, RunFacts } from '../suites/base-config.ts';
import { osVersion } from '../suites/os-version.ts';
import { buildAt, chooseBuild } from './choose-build.ts';
import type { SuiteRevision } from './choose-build.ts';
import { commitWithPackages, packageCheck } from './check-packages.ts';
import { expireTime } from './expire-time.ts';
import { archOf, machineTypeOf } from './machine-choice.ts';
import { rerunBasis } from './rerun.ts';
import type { RerunBasis } from './rerun.ts';
import { loginOf, runName, timestamp } from './run-name.ts';
import type { SubmissionContext } from './submission.ts';
import type { SuiteSubmission } from './submit-suite.ts';
import { suiteJobs } from './suite-jobs.ts';
import type { SuiteJobs } from './suite-jobs.ts';
import { SuiteOrderError } from './suite-order.ts';
import type { SuiteOrder } from './suite-order.ts';

export interface PrepareSuitePorts {
  readonly jobs: JobStore;
  readonly nodes: NodeStore;
  readonly yaml: YamlCodec;
  readonly scripts: MergeScripts;
  readonly commits: Commits;
  readonly settings: SuiteSettings;
  /** The index at a URL; nothing is asked of it yet. */
  readonly packageIndex: (url: string) => PackageIndex;
  readonly openSource: (wish: SourceWish) => Promise<OpenedSource>;
  readonly random: () => number; // in [0, 1)
  readonly defaultMachineType: string | null; // null = the one that the lab has
  readonly maxJobSeconds: number;
}

/** Where the tree of suites is to come from: the folder when there is one, else git. */
export interface SourceWish extends SuiteRevision {
  readonly suiteDir: string | null;
  readonly suiteRelpath: string | null;
}

export interface OpenedSource {
  readonly source: SuiteSource; // holds `suites`
  readonly relpath: string; // where that is in the repository or folder
  readonly suitePath: string | null; // a folder from which tasks can be loaded, or the URL of a tarball with it
}

/** A suite that is ready to be queued; nothing has been. */
export interface PreparedSuite {
  readonly submission: SuiteSubmission & { readonly name: string };
  readonly base: YamlMap;
  readonly generated: number; // jobs before filters
  /** Sentences for whoever submits; complete once the suite has been expanded. */
  readonly notes: () => readonly string[];
}

/**
 * Decides everything about a suite's run: what to repeat, the build under test, the base config, and that there are packages, for which
 * the suite is expanded once per build looked at. Throws SuiteOrderError, RerunError, BuildNotFoundError, NoPackagesError,
 * ExpireTimeError, SuiteError and what the ports throw.
 */
export async function prepareSuite(
  ports: PrepareSuitePorts,
  order: SuiteOrder,
  context: SubmissionContext,
): Promise<PreparedSuite> {
  const rerun = order.rerun === null ? null : await rerunBasis(ports.jobs, { ...order, ...order.rerun });
  const suite = (rerun?.suite ?? order.suite)?.replaceAll('/', ':') ?? null;
  if (suite === null)
    throw new SuiteOrderError('which suite? the request names neither one nor a run to repeat');
  const machineType = await machineTypeOf(ports, order);
  const settled = { suite, machineType, name: nameOf(order, { suite, machineType }, context) };
  const opening = sourceOpener(ports, order);
  const earlier = await earlierHashes(ports, settled.name, context);
  const wishes = { ...order, ...earlier };
  const { build, notes } = await chooseBuild(wishes, {
    ...ports,
    packages: indexOf(ports, order),
    branchInSuite: async (revision) => branchFile((await opening(revision)).source),
  });
  const facts = await runFacts(ports, { order, context, rerun, build, ...settled }, await opening(build));
  const limit = order.limit === 0 && order.sleepBeforeTeardown > 0 ? 1 : order.limit;
  if (limit !== order.limit) notes.push('machines are to be kept after their job: only one job is queued');
  notes.push(...(await absentNote(ports.nodes, machineType)));
  const checked = earlier.sha1 !== undefined;
  const draft: Draft = { ports, order, rerun, facts, limit, opened: await opening(build), notes, checked };
  return await settle(draft);
}

/** Jobs for machines that come later are welcome, but a mistyped name should not wait for ever in silence. */
async function absentNote(nodes: NodeStore, machineType: string): Promise<string[]> {
  const wanted = machineType.split(',');
  const present = (await nodes.list()).some((node) => wanted.includes(node.machineType));
  return present ? [] : [`the lab has no machines of type ${machineType}: the jobs wait until it has`];
}

interface Draft {
  readonly ports: PrepareSuitePorts;
  readonly order: SuiteOrder;
  readonly rerun: RerunBasis | null;
  readonly facts: RunFacts;
  readonly limit: number;
  readonly opened: OpenedSource;
  readonly notes: string[];
  readonly checked: boolean; // an earlier try of the submission has looked for packages, and queued jobs
}

async function settle(draft: Draft): Promise<PreparedSuite> {
  const arch = await archOf(draft.ports, draft.order, draft.facts.machineType);
  const facts = { ...draft.facts, build: await buildWithPackages(draft, arch) };
  const { submission, expansion } = submissionOf(draft, facts, arch);
  return {
    submission,
    base: baseConfig(facts),
    generated: expansion.size(facts.seed),
    notes: () => [...draft.notes, ...vanishedNote(draft, expansion)],
  };
}

function submissionOf(
  draft: Draft,
  facts: RunFacts,
  arch: string | null,
): { submission: PreparedSuite['submission']; expansion: SuiteJobs } {
  const { order, ports, rerun } = draft;
  const { build } = facts;
  const noNestedSubset = rerun?.noNestedSubset ?? order.noNestedSubset ?? false;
  const expansion = suiteJobs(ports, {
    order,
    facts,
    arch,
    noNestedSubset,
    source: draft.opened.source,
    only: rerun?.descriptions ?? null,
  });
  const submission = {
    ...facts,
    branch: build.branch,
    kernel: build.kernel === null ? '-' : build.kernel.branch,
    flavor: build.flavor,
    noNestedSubset,
    sha1: build.suiteSha1 ?? draft.opened.source.id,
    copies: order.num,
    limit: draft.limit,
    maxSeconds: ports.maxJobSeconds,
    forcePriority: order.forcePriority,
    jobThreshold: order.jobThreshold ?? ports.settings.jobThreshold,
    expand: expansion.jobs,
  };
  return { submission, expansion };
}

async function buildWithPackages(draft: Draft, arch: string | null): Promise<BuildUnderTest> {
  const { ports, order, facts, notes } = draft;
  const { build } = facts;
  if (draft.checked) return build;
  const index = indexOf(ports, order);
  const start = build.sha1;
  if (index === null || start === null || ports.settings.allowMissingPackages) {
    notes.push(uncheckedNote(index, start));
    return build;
  }
  const check = packageCheck(index, { arch, verify: ports.settings.verifyCephHash });
  const missing = async (sha1: string): Promise<string | null> => {
    const { submission } = submissionOf(draft, { ...facts, build: buildAt(build, sha1) }, arch);
    let taken = 0;
    for await (const { config } of submission.expand(facts.seed)) {
      const lack = await check(config, sha1);
      if (lack !== null) return lack;
      taken += 1;
      if (taken === draft.limit) break;
    }
    return null;
  };
  const parents = async (count: number) =>
    build.repo === null ? [] : await ports.commits.parents(build.repo, start, count);
  const { sha1, back } = await commitWithPackages({ start, newest: order.newest, parents, missing });
  if (back === 0) return build;
  notes.push(`went back ${back} commits, to ${sha1}, for which there are packages`);
  return buildAt(build, sha1);
}

function uncheckedNote(index: PackageIndex | null, sha1: string | null): string {
  if (index === null) return 'no package index is configured: whether the jobs have packages is not checked';
  if (sha1 === null) return 'the ceph hash is not known: whether the jobs have packages is not checked';
  return 'packages may be missing here: whether the jobs have them is not checked';
}

/** The suite may have changed since the run that is repeated. */
function vanishedNote({ rerun, limit, order }: Draft, { vanished }: SuiteJobs): string[] {
  if (rerun === null || order.compat || limit > 0) return [];
  const gone = vanished().length;
  return gone === 0
    ? []
    : [
        `${gone} of the ${rerun.descriptions.size} jobs to repeat are left out: by filters, or the suite has changed`,
      ];
}

async function runFacts(
  ports: PrepareSuitePorts,
  given: {
    order: SuiteOrder;
    context: SubmissionContext;
    rerun: RerunBasis | null;
    build: BuildUnderTest;
    suite: string;
    machineType: string;
    name: string;
  },
  opened: OpenedSource,
): Promise<RunFacts> {
  const { order, context, rerun, build, name } = given;
  const earlier = context.resumed ? await ports.jobs.getRun(name) : null;
  const osType = order.distro?.toLowerCase() ?? null;
  return {
    build,
    name,
    suite: given.suite,
    machineType: given.machineType,
    user: loginOf(context.owner),
    owner: context.owner,
    timestamp: timestamp(context.now),
    priority: order.priority,
    seed: earlier?.seed ?? rerun?.seed ?? order.seed ?? Math.floor(ports.random() * 10_000),
    subset: rerun === null ? order.subset : rerun.subset,
    suiteRelpath: opened.relpath,
    suitePath: opened.suitePath,
    osType,
    osVersion: order.distroVersion === null ? null : osVersion(order.distroVersion, osType),
    expire: order.expire === null ? null : expireTime(order.expire, context.now),
    email: order.email,
    rocketchat: order.rocketchat,
    sleepBeforeTeardown: order.sleepBeforeTeardown,
    archiveUpload: order.archiveUpload ?? ports.settings.archiveUpload,
    archiveUploadKey: ports.settings.archiveUploadKey,
  };
}

/** Branches may have moved since the first try of a submission; its jobs go on with the commits that it began with. */
async function earlierHashes(
  ports: PrepareSuitePorts,
  run: string,
  context: SubmissionContext,
): Promise<Partial<SuiteOrder>> {
  const [job] = context.resumed ? await ports.jobs.listJobs({ run, limit: 1 }) : [];
  const config = job === undefined ? null : ports.yaml.parse(job.config);
  if (!isYamlMap(config)) return {};
  const sha1 = textOf(config, 'sha1');
  const suiteSha1 = textOf(config, 'suite_sha1');
  return { ...(sha1 !== null && { sha1, validateSha1: false }), ...(suiteSha1 !== null && { suiteSha1 }) };
}

function textOf(config: YamlMap, key: string): string | null {
  const value = config.get(key);
  return typeof value === 'string' ? value : null;
}

function nameOf(
  order: SuiteOrder,
  run: { suite: string; machineType: string },
  context: SubmissionContext,
): string {
  const kernel = order.kernel === '' ? '-' : order.kernel;
  const parts = { ...run, kernel, branch: order.cephBranch, flavor: order.flavor };
  return order.name ?? runName({ ...parts, user: context.owner, now: context.now });
}

/** Opens the source once, whoever asks first. */
function sourceOpener(
  ports: PrepareSuitePorts,
  order: SuiteOrder,
): (revision: SuiteRevision) => Promise<OpenedSource> {
  let opening: Promise<OpenedSource> | null = null;
  const { suiteDir, suiteRelpath } = order;
  return async ({ suiteRepo, suiteBranch, suiteSha1 }) =>
    await (opening ??= ports.openSource({ suiteDir, suiteRelpath, suiteRepo, suiteBranch, suiteSha1 }));
}

function indexOf(ports: PrepareSuitePorts, order: SuiteOrder): PackageIndex | null {
  const url = order.packageIndex ?? ports.settings.packageIndexUrl;
  return url === null ? null : ports.packageIndex(url);
}

function branchFile(source: SuiteSource): string | null {
  const file = '.teuthology_branch';
  return source.stat(file) === 'file' ? source.read(file).trim() || null : null;
}
