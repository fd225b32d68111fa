import { z } from '@hono/zod-openapi';
import { RunNameError, checkRunName } from '../core/operations/run-name.ts';
import type { JobRequest, SuiteRequest } from './ports.ts';

const text = z.string().min(1).max(1000);
const yamlText = z.string().max(4 * 1024 * 1024);
const priority = z.number().int().min(0).max(1_000_000);

/** The rule for run names is the core's; here it only becomes a finding about a field. */
const runName = z.string().superRefine((name, context) => {
  try {
    checkRunName(name);
  } catch (error) {
    if (!(error instanceof RunNameError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

const choice = text.nullable().default(null);
const hash = z
  .string()
  .regex(/^[0-9a-f]{7,64}$/i, 'a hash is 7 to 64 hexadecimal digits')
  .nullable()
  .default(null);
/** What git and URLs take as a name; never an option. */
const branch = z
  .string()
  .max(200)
  .regex(/^[^-\s~^:?*[\\][^\s~^:?*[\\]*$/, 'is no name of a branch');
const repository = z
  .string()
  .max(500)
  .regex(/^[^-\s][^\s]*$/, 'is no repository')
  .nullable()
  .default(null);
const keywords = z.array(z.string().max(1000)).max(20_000).default([]);
const count = z.number().int().min(0);

/** `POST /v1/suites`. The names are those of the command line, with `_` for `-`. */
export const suiteRequestSchema = z
  .strictObject({
    suite: choice.describe('Path of the suite below `suites/`, with `/` or `:`. Default: that of `rerun`.'),
    rerun: choice.describe('A run whose jobs are to be repeated, with its suite, seed and subset.'),
    rerun_statuses: z.array(text).max(10).default(['fail', 'dead']).describe('Which jobs of it.'),
    suite_dir: choice.describe(
      'Folder with the suites, on the machine of the lab. Default: from `suite_repo`.',
    ),
    suite_relpath: z
      .string()
      .max(1000)
      .nullable()
      .default(null)
      .describe('Where `suites/` is in it. Default: `qa` where there is one.'),
    suite_repo: repository.describe('URL, or a name that replaces the last parts of the configured one.'),
    suite_branch: branch
      .nullable()
      .default(null)
      .describe('Default: `ceph_branch` where it exists, else main.'),
    suite_sha1: hash,
    ceph_repo: repository,
    ceph_branch: branch.default('main'),
    sha1: hash.describe('Of the build under test; wins over `ceph_branch`.'),
    validate_sha1: z.boolean().default(true),
    newest: count.max(1000).default(0).describe('How many commits to go back until there are packages.'),
    package_index: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .default(null)
      .describe('Where packages are found.'),
    kernel: branch.default('distro').describe('A branch, `distro` or `none`.'),
    kdb: z.boolean().default(true),
    flavor: text.default('default'),
    teuthology_branch: branch.nullable().default(null),
    machine_type: choice.describe('Default: the one machine type that the lab has.'),
    name: runName.nullable().default(null).describe('Run name. Default: user-time-suite-…'),
    owner: choice.describe('Another owner than the caller; operators only.'),
    priority: priority.default(1000).describe('Lower is sooner.'),
    subset: z
      .string()
      .regex(/^\d+\/\d+$/, 'a subset is M/N')
      .refine(isSubset, 'a subset M/N needs M < N')
      .nullable()
      .default(null),
    seed: z.number().int().nullable().default(null).describe('Negative or null: drawn.'),
    no_nested_subset: z.boolean().nullable().default(null),
    filters: z
      .strictObject({
        in: keywords,
        out: keywords,
        all: keywords,
        fragments: z.boolean().default(false).describe('Also match fragment paths, as Lua patterns.'),
      })
      .default({ in: [], out: [], all: [], fragments: false }),
    compat: z.boolean().default(false).describe("Filters and reruns select as the original's did."),
    limit: count.default(0).describe('0: all jobs.'),
    num: z.number().int().min(1).max(10_000).default(1).describe('Copies of each job.'),
    config_yaml: z.array(yamlText).max(100).default([]).describe('YAML documents merged over every job.'),
    email: choice.describe('Who gets the results. Default: results_email of the site.'),
    timeout: count
      .nullable()
      .default(null)
      .describe(
        'Seconds after which there is a mail although the run is not over. Default: results_timeout of the site.',
      ),
    rocketchat: choice,
    expire: choice.describe(
      'When jobs become too old to start: a time (UTC), or 90s, 30m, 1h, 3d, 1w from now.',
    ),
    sleep_before_teardown: count.default(0).describe('Seconds; without a limit, only one job is queued.'),
    archive_upload: choice,
    arch: choice.describe('Default: that of the first machine of the type.'),
    distro: choice.describe('os_type of every job, and a filter.'),
    distro_version: choice,
    job_threshold: count
      .nullable()
      .default(null)
      .describe('Refuse more jobs than this; 0: any. Default: 500.'),
    force_priority: z.boolean().default(false),
    verbose: z.boolean().default(false),
    dry_run: z.boolean().default(false).describe('Expand and check only; nothing is queued.'),
    details: z.boolean().default(false).describe('A dry run also gives the configs of the jobs.'),
  })
  .refine(saysWhere, {
    path: ['suite_dir'],
    message: 'where are the suites? name suite_dir, suite_repo, suite_branch or suite_sha1',
  })
  .openapi('SuiteRequest');

/** `POST /v1/jobs`. */
export const jobRequestSchema = z
  .strictObject({
    yaml: yamlText.describe('The job, one YAML document.'),
    name: runName.nullable().default(null).describe('Run name. Default: made from owner and time.'),
    description: text.nullable().default(null),
    owner: text.nullable().default(null).describe('Another owner than the caller; operators only.'),
    machine_type: text.nullable().default(null),
    priority: priority.nullable().default(null).describe("Default: the job's own, else 1000."),
    num: z.number().int().min(1).max(10_000).default(1),
  })
  .openapi('JobRequest');

export const submitResultSchema = z
  .object({
    run: z.string(),
    url: z.string(),
    archive_url: z.string().nullable(),
    jobs: z.number().int(),
    dropped: z.number().int().describe('Jobs that filters took away.'),
    job_ids: z.array(z.number().int()),
    seed: z.number().int().nullable(),
    descriptions: z.array(z.string()).describe('Of a dry run: what would be queued.'),
    configs: z.array(z.string()).optional().describe('Of a dry run with details: the jobs, as YAML.'),
    base: z.string().nullable().optional().describe('Likewise: what the fragments were merged over.'),
    generated: count.optional().describe('Jobs before filters.'),
    notes: z.array(z.string()).optional().describe('Sentences for whoever submits.'),
  })
  .openapi('Submitted');

/** The request in the words of the ports. */
export function suiteRequest(body: z.output<typeof suiteRequestSchema>): SuiteRequest {
  return {
    suite: body.suite,
    rerun: body.rerun === null ? null : { run: body.rerun, statuses: body.rerun_statuses },
    suiteDir: body.suite_dir,
    suiteRelpath: body.suite_relpath,
    suiteRepo: body.suite_repo,
    suiteBranch: body.suite_branch,
    suiteSha1: body.suite_sha1,
    cephRepo: body.ceph_repo,
    cephBranch: body.ceph_branch,
    sha1: body.sha1,
    validateSha1: body.validate_sha1,
    newest: body.newest,
    packageIndex: body.package_index,
    kernel: body.kernel,
    kdb: body.kdb,
    flavor: body.flavor,
    teuthologyBranch: body.teuthology_branch,
    machineType: body.machine_type,
    name: body.name,
    priority: body.priority,
    subset: body.subset,
    seed: body.seed !== null && body.seed >= 0 ? body.seed : null,
    noNestedSubset: body.no_nested_subset,
    filters: body.filters,
    compat: body.compat,
    limit: body.limit,
    num: body.num,
    configYaml: body.config_yaml,
    email: body.email,
    resultsTimeout: body.timeout,
    rocketchat: body.rocketchat,
    expire: body.expire,
    sleepBeforeTeardown: body.sleep_before_teardown,
    archiveUpload: body.archive_upload,
    arch: body.arch,
    distro: body.distro,
    distroVersion: body.distro_version,
    jobThreshold: body.job_threshold,
    forcePriority: body.force_priority,
    verbose: body.verbose,
    details: body.details,
    dryRun: body.dry_run,
  };
}

/** The request in the words of the ports. */
export function jobRequest(body: z.output<typeof jobRequestSchema>): JobRequest {
  return {
    yaml: body.yaml,
    name: body.name,
    description: body.description,
    machineType: body.machine_type,
    priority: body.priority,
    num: body.num,
  };
}

function saysWhere(body: {
  [key in 'suite_dir' | 'suite_repo' | 'suite_branch' | 'suite_sha1']: string | null;
}) {
  return (body.suite_dir ?? body.suite_repo ?? body.suite_branch ?? body.suite_sha1) !== null;
}

function isSubset(subset: string): boolean {
  const [index, of] = subset.split('/').map(BigInt);
  return index !== undefined && of !== undefined && index < of;
}
